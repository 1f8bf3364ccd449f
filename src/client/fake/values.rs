//! Sessions and accounts as a test wants them, all at one moment.

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::public::{Account, PhaseName, Relogin, Session, Slider, Verify};
use wxlogin_state::{
    Awaited, DeviceType, Drop, DropReason, Evidence, LastDrop, Method, Next, Profile, Qr, Source, StateName,
    Version, Why,
};

/// The time at which the fake's sessions are: `2026-01-01T00:00:00Z`.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// A session whose QR is to be scanned for five minutes.
pub(crate) fn session(w_id: &str) -> Session {
    Session {
        w_id: w_id.parse().unwrap(),
        state: StateName::QrIssued,
        version: Version(1),
        wc_id: None,
        label: None,
        device_type: DeviceType::Ipad,
        created_at: NOW,
        state_since: NOW,
        qr: Some(Qr { url: "http://platform/qr.png".to_owned(), issued_at: NOW, expires_at: soon() }),
        verify: None,
        slider: None,
        profile: None,
        drop: None,
        predecessor: None,
        successor: None,
    }
}

/// An account that has just logged in for the first time.
pub(crate) fn account(wc_id: &str, login: Option<&str>) -> Account {
    let mut profile = Profile::of(wc_id.parse().unwrap());
    profile.nick_name = Some("贝塔同学".to_owned());
    profile.w_account = Some("hi1212".to_owned());
    Account {
        wc_id: wc_id.parse().unwrap(),
        version: Version(1),
        label: None,
        profile: Some(profile),
        online: login.is_some(),
        current_w_id: login.map(|w_id| w_id.parse().unwrap()),
        first_login_at: NOW,
        last_login_at: NOW,
        first_drop_due_at: Some(NOW + SignedDuration::from_hours(24)),
        settled: false,
        stable_until: None,
        moments_allowed_at: NOW + SignedDuration::from_hours(72),
        auto_relogin: true,
        relogin: None,
        rest: None,
        last_drop: None,
        sessions: login.map(|w_id| w_id.parse().unwrap()).into_iter().collect(),
    }
}

fn soon() -> Timestamp {
    NOW + SignedDuration::from_mins(5)
}

pub(crate) fn online(session: &mut Session) {
    session.state = StateName::Online;
    (session.qr, session.verify, session.slider) = (None, None, None);
    session.wc_id = Some("wxid_a".parse().unwrap());
    session.profile = account("wxid_a", None).profile;
}

pub(crate) fn code_wanted(session: &mut Session) {
    session.state = StateName::AwaitingVerify;
    session.qr = None;
    let prompt = "请在iPad上输入验证码".to_owned();
    session.verify = Some(Verify { prompt, attempts: 0, in_flight: false, deadline: soon() });
}

pub(crate) fn slider_wanted(session: &mut Session) {
    session.state = StateName::Slider;
    session.qr = None;
    session.slider =
        Some(Slider { url: "http://platform/captcha".to_owned(), said_done: false, deadline: soon() });
}

pub(crate) fn dropped(session: &mut Session, reason: DropReason, detail: &str) {
    session.state = StateName::Dropped;
    (session.qr, session.verify, session.slider) = (None, None, None);
    session.drop = Some(Drop { reason, detail: detail.to_owned(), at: NOW });
}

/// An account whose login has been lost just now.
pub(crate) fn offline(wc_id: &str) -> Account {
    let last_drop = LastDrop { w_id: "w-lost".parse().unwrap(), at: NOW, reason: DropReason::Offline };
    Account {
        first_drop_due_at: None,
        settled: true,
        moments_allowed_at: NOW,
        last_drop: Some(last_drop),
        ..account(wc_id, None)
    }
}

fn relogin(method: Method, phase: PhaseName) -> Relogin {
    let why = "a person asked for it".to_owned();
    let awaits = match (phase, method) {
        (PhaseName::Offered, _) => Some(Awaited::Open),
        (PhaseName::Calling, Method::PopUp) => Some(Awaited::Confirm),
        (PhaseName::Calling | PhaseName::Due | PhaseName::InFlight, _) => None,
    };
    Relogin { due_at: NOW, attempt: 1, method, why, phase, w_id: None, awaits }
}

/// The platform is called to log it in.
pub(crate) fn calling(account: &mut Account, method: Method) {
    account.relogin = Some(relogin(method, PhaseName::Calling));
}

/// A login of it is to be completed.
pub(crate) fn in_flight(account: &mut Account, w_id: &str) {
    let w_id = Some(w_id.parse().unwrap());
    account.relogin = Some(Relogin { w_id, ..relogin(Method::Qr, PhaseName::InFlight) });
}

/// A login by QR begins by itself in so many seconds.
pub(crate) fn due(account: &mut Account, seconds: i64, why: &str) {
    let due_at = NOW + SignedDuration::from_secs(seconds);
    account.relogin = Some(Relogin { due_at, why: why.to_owned(), ..relogin(Method::Qr, PhaseName::Due) });
}

/// An account that waits for its QR to be scanned, and how that came.
pub(crate) fn why() -> Why {
    let seen = |minutes: i64, from, what: &str| Evidence {
        at: NOW - SignedDuration::from_mins(minutes),
        from,
        what: what.to_owned(),
    };
    Why {
        state: "scan-needed".to_owned(),
        since: NOW - SignedDuration::from_mins(3),
        what: "a person must complete the login w-1: it went offline".to_owned(),
        evidence: vec![
            seen(4, Source::IsOnline, "the platform says that it is offline"),
            seen(3, Source::PopUp, "the pop-up login failed: 对方拒绝了登录请求\x1b[2J"),
        ],
        next: Some(Next { at: soon(), what: "the login is given up if it is still qr-issued".to_owned() }),
        todo: Some("scan the QR and confirm on the phone (wxloginctl qr w-1)".to_owned()),
    }
}
