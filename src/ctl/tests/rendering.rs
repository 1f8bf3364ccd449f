//! What a person reads, word for word.

use jiff::SignedDuration;
use wxlogin_state::{DropReason, StateName};

use crate::client::fake::{self, NOW};
use crate::ctl::list::{render_history, render_sessions};
use crate::ctl::show::render;
use crate::ctl::text::Paint;

#[test]
fn a_list_fits_the_terminal_and_names_each_next_step() {
    let mut online = fake::session("w-2");
    fake::online(&mut online);
    online.label = Some("a label of forty characters, or nearly so".parse().unwrap());
    let mut over = fake::session("w-3");
    fake::dropped(&mut over, DropReason::Failed, "失败");
    let drawn = render_sessions(&[fake::session("w-1"), online, over], Some(100), NOW, Paint(false));
    assert_eq!(
        drawn,
        "WID  STATE      FOR  LABEL                          ACCOUNT            NOTE\n\
         w-1  qr-issued  0 s                                                    scan the QR, ends in 5 min\n\
         w-2  online     0 s  a label of forty characters,…  贝塔同学 (wxid_a)\n\
         w-3  dropped    0 s                                                    the platform ended the login…\n"
    );
}

#[test]
fn a_login_that_waits_for_a_code_says_everything_about_it() {
    let mut session = fake::session("w-1");
    fake::code_wanted(&mut session);
    session.verify.as_mut().unwrap().attempts = 2;
    session.label = Some("shop".parse().unwrap());
    assert_eq!(
        render(Some(&session), None, NOW + SignedDuration::from_secs(90), Paint(false)),
        "Login     w-1\n\
         State     awaiting-verify, since 1 min 30 s ago (2026-01-01 00:00 UTC)\n\
         Label     shop\n\
         Device    ipad\n\
         Platform  请在iPad上输入验证码\n\
         Refused   2 codes so far\n\
         Begun     1 min 30 s ago (2026-01-01 00:00 UTC)\n\
         \n\
         Next\n  \
         Pass on the code that the phone shows: wxloginctl verify w-1 CODE\n  \
         If the phone says 在新设备完成验证 instead of a code, an ipad cannot go on; begin again: wxloginctl login \
         --device-type mac --wait\n  \
         The time for it ends in 3 min 30 s (2026-01-01 00:05 UTC).\n"
    );
}

#[test]
fn an_account_that_is_new_here_is_shown_with_what_is_to_be_expected() {
    let mut session = fake::session("w-1");
    fake::online(&mut session);
    let account = fake::account("wxid_a", Some("w-1"));
    let shown = render(Some(&session), Some(&account), NOW, Paint(false));
    assert_eq!(
        shown,
        "Login   w-1\n\
         State   online, since now (2026-01-01 00:00 UTC)\n\
         Who     贝塔同学 (wxid_a)\n\
         Device  ipad\n\
         Begun   now (2026-01-01 00:00 UTC)\n\
         \n\
         Account        wxid_a\n\
         State          online as w-1\n\
         Nickname       贝塔同学\n\
         WeChat ID      hi1212\n\
         First here     now (2026-01-01 00:00 UTC)\n\
         Last login     now (2026-01-01 00:00 UTC)\n\
         Settled        not yet\n\
         Auto re-login  on\n\
         Logins         1\n\
         \n\
         Next\n  \
         Its known first drop is still to come (until 2026-01-02 00:00 UTC, in 1 d).\n  \
         Have its phone at hand then: a QR will have to be scanned.\n  \
         It may not post moments before 2026-01-04 00:00 UTC, in 3 d.\n"
    );
}

#[test]
fn every_end_says_how_and_what_now() {
    for (reason, how) in [
        (DropReason::Expired, "the time ran out: detail"),
        (DropReason::Declined, "refused on the phone"),
        (DropReason::Offline, "it went offline: detail"),
        (DropReason::FirstNight, "known first drop"),
        (DropReason::ShortLived, "right after the login"),
        (DropReason::LoggedOut, "logged out here\n"),
        (DropReason::Superseded, "a newer login"),
        (DropReason::Abandoned, "before it was complete\n"),
    ] {
        let mut session = fake::session("w-1");
        fake::online(&mut session);
        fake::dropped(&mut session, reason, "detail");
        let shown = render(Some(&session), None, NOW, Paint(false));
        assert!(shown.contains(how) && shown.contains("wxloginctl login --wc-id wxid_a --wait"), "{shown}");
        assert_eq!(shown.contains("--proxy"), reason == DropReason::ShortLived, "{shown}");
    }
}

#[test]
fn a_login_that_was_replaced_points_at_the_one_that_replaced_it() {
    let mut session = fake::session("w-1");
    fake::dropped(&mut session, DropReason::Superseded, "");
    session.successor = Some("w-2".parse().unwrap());
    assert!(render(Some(&session), None, NOW, Paint(false)).contains("wxloginctl status w-2"));
}

#[test]
fn a_history_is_a_table() {
    let why = "the platform reports the login".to_owned();
    let version = wxlogin_state::Version(2);
    let (to, source) = (StateName::Online, wxlogin_state::Source::LoginInfo);
    let history =
        [wxlogin_state::Transition { at: NOW, version, from: Some(StateName::QrIssued), to, why, source }];
    assert_eq!(
        render_history(&history, None, NOW, Paint(false)),
        "AT                         STATE   WHY\n\
         2026-01-01 00:00 UTC  now  online  the platform reports the login\n"
    );
}
