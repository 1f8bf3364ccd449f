//! Accounts: what matters now in a few words, what a person decides about them, and logins that mean a known one.

use jiff::SignedDuration;
use wxlogin_state::public::Account;
use wxlogin_state::{Method, Rest};

use super::Person;
use crate::client::fake::{self, Asked, Fake, NOW};
use crate::ctl::list::render_accounts;
use crate::ctl::show::render;
use crate::ctl::text::Paint;
use crate::wire::{ChangeAccount, Problem, ProblemCode};

fn fake() -> Fake {
    let fake = Fake::start();
    fake.world().accounts.push(fake::offline("wxid_a"));
    fake
}

fn with(mut account: Account, change: impl FnOnce(&mut Account)) -> Account {
    change(&mut account);
    account
}

#[test]
fn the_table_says_of_each_account_what_matters_now() {
    let stable = |account: &mut Account| {
        (account.first_drop_due_at, account.settled) = (None, true);
        account.stable_until = Some(NOW + SignedDuration::from_hours(90 * 24));
        account.auto_relogin = false;
    };
    let accounts = [
        fake::account("wxid_a", Some("w-1")),
        with(fake::account("wxid_b", Some("w-2")), stable),
        with(fake::offline("wxid_c"), |account| fake::due(account, 300, "it went offline")),
        with(fake::offline("wxid_d"), |account| fake::calling(account, Method::PopUp)),
        with(fake::offline("wxid_e"), |account| fake::in_flight(account, "w-3")),
        with(fake::offline("wxid_f"), |account| account.rest = Some(Rest::GaveUp { attempts: 3 })),
        with(fake::offline("wxid_g"), |account| {
            (account.auto_relogin, account.rest) = (false, Some(Rest::AutoReloginOff));
        }),
    ];
    assert_eq!(
        render_accounts(&accounts, Some(80), NOW, Paint(false)),
        "WCID    STATE              FOR  LABEL  NICKNAME  NOTE\n\
         wxid_a  online             0 s         贝塔同学  first drop due in 1 d\n\
         wxid_b  online             0 s         贝塔同学  stable until 2026-04-01; auto\n                                                 \
         re-login off\n\
         wxid_c  relogin-scheduled  0 s         贝塔同学  re-login by QR in 5 min\n\
         wxid_d  logging-in         0 s         贝塔同学  confirm it on the phone\n\
         wxid_e  scan-needed        0 s         贝塔同学  somebody must complete it\n\
         wxid_f  resting            0 s         贝塔同学  given up after 3 attempts\n\
         wxid_g  resting            0 s         贝塔同学  auto re-login off\n"
    );
}

#[test]
fn an_account_that_was_lost_is_shown_with_what_is_on_its_way() {
    let account = with(fake::offline("wxid_a"), |account| {
        fake::due(account, 300, "it went offline");
        account.relogin.as_mut().unwrap().attempt = 2;
    });
    assert_eq!(
        render(None, Some(&account), NOW, Paint(false)),
        "Account        wxid_a\n\
         State          relogin-scheduled\n\
         Re-login       by QR, attempt 2, in 5 min (2026-01-01 00:05 UTC): it went offline\n\
         Last drop      now (2026-01-01 00:00 UTC): it went offline\n\
         Nickname       贝塔同学\n\
         WeChat ID      hi1212\n\
         First here     now (2026-01-01 00:00 UTC)\n\
         Last login     now (2026-01-01 00:00 UTC)\n\
         Settled        yes\n\
         Auto re-login  on\n\
         Logins         0\n\
         \n\
         Next\n  \
         It is logged in again by itself in 5 min. Sooner: wxloginctl relogin wxid_a --wait\n"
    );
}

#[test]
fn an_ended_login_of_a_known_account_says_what_the_account_needs() {
    let mut session = fake::session("w-1");
    fake::online(&mut session);
    fake::dropped(&mut session, wxlogin_state::DropReason::ShortLived, "");
    let resting = with(fake::offline("wxid_a"), |account| account.rest = Some(Rest::LoggedOut));
    let shown = render(Some(&session), Some(&resting), NOW, Paint(false));
    assert!(shown.contains("State          resting: logged out here\n"), "{shown}");
    assert!(shown.contains("wrong region or proxy"), "{shown}");
    assert!(shown.ends_with("  Log it in again: wxloginctl relogin wxid_a --wait\n"), "{shown}");
    assert!(!shown.contains("wxloginctl login"), "{shown}");
    let waits = with(fake::offline("wxid_a"), |account| fake::in_flight(account, "w-2"));
    let shown = render(Some(&session), Some(&waits), NOW, Paint(false));
    assert!(shown.contains("Complete its login: wxloginctl login --resume w-2\n"), "{shown}");
}

#[tokio::test]
async fn a_label_and_the_re_login_by_itself_are_a_persons_to_set() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, "set wxid_a --label shop --auto-relogin off").await;
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (
            0,
            "贝塔同学 (wxid_a) is called shop now.\n\
             贝塔同学 (wxid_a) is left offline when it drops; log it in again yourself:\n  \
             wxloginctl relogin wxid_a --wait\n"
        )
    );
    let ran = Person::absent().runs(&fake, "set wxid_a --auto-relogin on --json").await;
    assert_eq!((&ran.json()["autoRelogin"], &ran.json()["label"]), (&true.into(), &"shop".into()));
    let both = ChangeAccount { label: Some("shop".parse().unwrap()), auto_relogin: Some(false) };
    assert_eq!(fake.world().asked[0], Asked::Change(both));
    assert_eq!(Person::absent().runs(&fake, "set wxid_a").await.status, 2);
}

#[tokio::test]
async fn a_forgotten_account_is_named_with_the_way_back() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, "forget wxid_a").await;
    assert!(ran.status == 0 && ran.out.starts_with("Forgot 贝塔同学 (wxid_a).\n"), "{}", ran.out);
    assert!(ran.out.ends_with("  wxloginctl login --wc-id wxid_a --wait\n"), "{}", ran.out);
    assert_eq!(Person::absent().runs(&fake, "forget wxid_a").await.status, 1);
    fake.world().accounts.push(fake::offline("wxid_a"));
    let ran = Person::absent().runs(&fake, "forget wxid_a --json").await;
    assert_eq!(ran.json()["wcId"], "wxid_a");
}

#[tokio::test]
async fn an_account_that_is_online_is_logged_out_before_it_is_forgotten() {
    let fake = fake();
    fake.world().refusal = Some(Problem::new(ProblemCode::WrongState, "the account is online"));
    let ran = Person::absent().runs(&fake, "forget wxid_a").await;
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (1, "wxloginctl: the account is online\n  Log it out first: wxloginctl logout wxid_a\n")
    );
}

#[tokio::test]
async fn a_new_login_by_the_label_of_a_known_account_is_sent_the_right_way() {
    let fake = fake();
    let known = Problem::new(ProblemCode::KnownAccount, "\"newDevice\": true");
    fake.world().refusal = Some(known.of_account("wxid_a".parse().unwrap()));
    let ran = Person::absent().runs(&fake, "login --label shop").await;
    assert_eq!(
        (ran.status, ran.err.as_str()),
        (
            1,
            "wxloginctl: shop is the label of wxid_a, which has logged in here before\n  \
             To log it in again:               wxloginctl relogin wxid_a --wait\n  \
             The same by a QR, in any case:    wxloginctl login --wc-id wxid_a --wait\n  \
             To make a new device of it, which drops once more within a day: --new-device\n"
        )
    );
    let ran = Person::absent().runs(&fake, "login --label shop --json").await;
    assert!(ran.err.contains(r#""wcId":"wxid_a""#), "{}", ran.err);
    fake.world().refusal = None;
    let ran = Person::absent().runs(&fake, "login --label shop --new-device").await;
    assert!(ran.status == 0 && fake.world().created[2].new_device, "{}", ran.err);
}
