//! Sentences about sessions: where one stands, what a person must do now, how it ended.

use jiff::Timestamp;
use wxlogin_state::public::Session;
use wxlogin_state::{DeviceType, Drop, DropReason, StateName};

use super::text::{Tone, plain};
use super::time::{absolute, relative};

/// What a QR is for.
pub(super) const SCAN: &str = "Scan the QR with WeChat on the phone, then confirm the login there.";

/// What an in-flight code waits for.
pub(super) const CHECKING: &str = "The platform is checking the code; confirm on the phone if it asks.";

/// What a passed slider page waits for.
pub(super) const ASKING: &str = "The platform is being asked; confirm the login on the phone.";

/// How a state looks.
pub(super) fn tone(state: StateName) -> Tone {
    match state {
        StateName::Online => Tone::Good,
        StateName::QrIssued | StateName::AwaitingVerify | StateName::Slider => Tone::Waiting,
        StateName::Dropped => Tone::Bad,
    }
}

/// Who a session or account is: nickname, else its own account name, else nothing.
pub(super) fn nickname(session: &Session) -> Option<&str> {
    session.profile.as_ref()?.nick_name.as_deref().filter(|name| !name.is_empty())
}

/// Who a session is in one phrase: "贝塔同学 (wxid_a)", as far as it is known.
pub(super) fn who(session: &Session) -> Option<String> {
    let wc_id = session.wc_id.as_ref()?;
    Some(match nickname(session) {
        Some(name) => format!("{} ({wc_id})", plain(name)),
        None => wc_id.to_string(),
    })
}

/// Until when a person has, where a person is waited for.
pub(super) fn deadline(session: &Session) -> Option<Timestamp> {
    let qr = session.qr.as_ref().map(|qr| qr.expires_at);
    let verify = session.verify.as_ref().map(|verify| verify.deadline);
    qr.or(verify).or(session.slider.as_ref().map(|slider| slider.deadline))
}

/// What is waited for, in a few words for a table: "scan, in 4 min".
pub(super) fn note(session: &Session, now: Timestamp) -> String {
    let what = match (&session.verify, &session.slider, &session.drop) {
        (Some(verify), _, _) if verify.in_flight => "the platform checks the code",
        (Some(_), _, _) => "enter the code",
        (_, Some(slider), _) if slider.said_done => "confirm on the phone",
        (_, Some(_), _) => "pass the slider page",
        (_, _, Some(drop)) => return how_it_ended(drop),
        _ if session.qr.is_some() => "scan the QR",
        _ => return String::new(),
    };
    match deadline(session) {
        Some(deadline) => format!("{what}, ends {}", relative(deadline, now)),
        None => what.to_owned(),
    }
}

/// What to do now about a session, in sentences, one a line. Empty where nothing is to be done.
pub(super) fn todo(session: &Session, now: Timestamp) -> Vec<String> {
    let w_id = &session.w_id;
    let mut sentences = Vec::new();
    match session.state {
        StateName::QrIssued => {
            sentences.push(SCAN.to_owned());
            sentences.push(format!("Draw it: wxloginctl qr {w_id}"));
        }
        StateName::AwaitingVerify if session.verify.as_ref().is_some_and(|verify| verify.in_flight) => {
            sentences.push(CHECKING.to_owned());
        }
        StateName::AwaitingVerify => {
            sentences.push(format!("Pass on the code that the phone shows: wxloginctl verify {w_id} CODE"));
            sentences.extend(no_code(session));
        }
        StateName::Slider if session.slider.as_ref().is_some_and(|slider| slider.said_done) => {
            sentences.push(ASKING.to_owned());
        }
        StateName::Slider => {
            let url = session.slider.as_ref().map(|slider| plain(&slider.url)).unwrap_or_default();
            sentences.push(format!("Open this page on another screen and pass it: {url}"));
            sentences.push(format!("Then say so: wxloginctl slider-done {w_id}"));
        }
        StateName::Online => {}
        StateName::Dropped => sentences.extend(after_the_end(session)),
    }
    sentences.extend(deadline(session).map(|end| time_left(end, now)));
    sentences
}

/// Until when a person has, as a sentence.
pub(super) fn time_left(end: Timestamp, now: Timestamp) -> String {
    if end <= now {
        return "The time for it has just run out.".to_owned();
    }
    format!("The time for it ends {} ({}).", relative(end, now), absolute(end))
}

/// What to do where the phone shows no code (seed 002, 新用户必看).
pub(super) fn no_code(session: &Session) -> Option<String> {
    let again = begin_again(session, Some(DeviceType::Mac));
    (session.device_type == DeviceType::Ipad).then(|| {
        format!(
            "If the phone says 在新设备完成验证 instead of a code, an ipad cannot go on; begin again: {again}"
        )
    })
}

/// The command that begins a login like this one.
fn begin_again(session: &Session, device: Option<DeviceType>) -> String {
    let wc_id = session.wc_id.as_ref().map(|wc_id| format!(" --wc-id {wc_id}")).unwrap_or_default();
    let device = device.map(|device| format!(" --device-type {device}")).unwrap_or_default();
    format!("wxloginctl login{wc_id}{device} --wait")
}

fn after_the_end(session: &Session) -> Vec<String> {
    if let Some(successor) = &session.successor {
        return vec![format!("The account went on with another login: wxloginctl status {successor}")];
    }
    let mut sentences: Vec<String> = wrong_region(session).into_iter().collect();
    sentences.push(format!("Log in again: {}", begin_again(session, None)));
    sentences
}

/// What to change first where a login was lost at once (protocol.md, "The life of an account").
pub(super) fn wrong_region(session: &Session) -> Option<String> {
    let short_lived = session.drop.as_ref().is_some_and(|drop| drop.reason == DropReason::ShortLived);
    short_lived.then(|| {
        "A drop so soon after the login comes from the wrong region or proxy; change it first (--proxy)."
            .to_owned()
    })
}

/// How sessions of this kind end, and whether the platform says more about it.
pub(super) fn ending(reason: DropReason) -> (&'static str, bool) {
    match reason {
        DropReason::Expired => ("the time ran out", true),
        DropReason::Failed => ("the platform ended the login", true),
        DropReason::Declined => ("the login was refused on the phone", true),
        DropReason::Offline => ("it went offline", true),
        DropReason::FirstNight => ("the known first drop of an account that is new here", true),
        DropReason::ShortLived => ("it was lost right after the login", true),
        DropReason::LoggedOut => ("logged out here", false),
        DropReason::Superseded => ("a newer login of the same account took its place", false),
        DropReason::Abandoned => ("ended here before it was complete", false),
    }
}

/// How a session ended, in one clause and with the platform's own words where it said any.
pub(super) fn how_it_ended(drop: &Drop) -> String {
    let (lead, told) = ending(drop.reason);
    match plain(&drop.detail) {
        detail if told && !detail.is_empty() => format!("{lead}: {detail}"),
        _ => lead.to_owned(),
    }
}

/// "1 code", "2 codes".
pub(super) fn codes(count: u32) -> String {
    if count == 1 { "1 code".to_owned() } else { format!("{count} codes") }
}
