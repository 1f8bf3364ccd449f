//! Where an account stands, in words: online or not, what is on its way, what is to be expected of it.

use jiff::Timestamp;
use wxlogin_state::public::{Account, PhaseName, Relogin};
use wxlogin_state::{Method, Rest, Standing, WId};

use super::text::{Tone, plain};
use super::time::{absolute, relative};

/// Who an account is in one phrase: "贝塔同学 (wxid_a)".
pub(super) fn who(account: &Account) -> String {
    match account.profile.as_ref().and_then(|profile| profile.nick_name.as_deref()) {
        Some(name) if !name.is_empty() => format!("{} ({})", plain(name), account.wc_id),
        _ => account.wc_id.to_string(),
    }
}

/// In a word, and how that looks.
pub(super) fn state(account: &Account) -> (&'static str, Tone) {
    let standing = account.standing();
    let tone = match standing {
        Standing::Online => Tone::Good,
        Standing::LoggingIn | Standing::ScanNeeded => Tone::Waiting,
        Standing::ReloginScheduled | Standing::Resting | Standing::Offline => Tone::Bad,
    };
    (standing.as_str(), tone)
}

/// Since when it is online or not.
pub(super) fn since(account: &Account) -> Timestamp {
    match &account.last_drop {
        Some(drop) if !account.online => drop.at,
        _ => account.last_login_at,
    }
}

/// What matters now, in a few words for a table.
pub(super) fn note(account: &Account, now: Timestamp) -> String {
    let on_its_way = account.relogin.as_ref().map(|relogin| coming(relogin, now));
    if !account.online {
        return on_its_way.unwrap_or_else(|| resting(account));
    }
    let mut notes = vec![match on_its_way {
        Some(coming) => format!("another login: {coming}"),
        None => holds(account, now),
    }];
    if !account.auto_relogin {
        notes.push("auto re-login off".to_owned());
    }
    notes.join("; ")
}

/// How far a login is that is on its way.
fn coming(relogin: &Relogin, now: Timestamp) -> String {
    match (relogin.phase, relogin.method) {
        (PhaseName::Calling, Method::PopUp) => "confirm it on the phone".to_owned(),
        (PhaseName::Calling, Method::Qr) => "a QR is being fetched".to_owned(),
        (PhaseName::InFlight, _) => "somebody must complete it".to_owned(),
        (PhaseName::Offered, _) => "begins when somebody opens it".to_owned(),
        (PhaseName::Due, method) => {
            let when = if relogin.due_at > now { relative(relogin.due_at, now) } else { "now".to_owned() };
            format!("re-login by {} {when}{}", by(method), attempt(relogin))
        }
    }
}

/// "QR", "pop-up".
pub(super) fn by(method: Method) -> &'static str {
    match method {
        Method::PopUp => "pop-up",
        Method::Qr => "QR",
    }
}

/// Which attempt it is, unless it is the first.
fn attempt(relogin: &Relogin) -> String {
    if relogin.attempt > 1 { format!(", attempt {}", relogin.attempt) } else { String::new() }
}

/// Why nothing is on its way although it is offline.
fn resting(account: &Account) -> String {
    match account.rest {
        Some(Rest::LoggedOut) => "logged out here".to_owned(),
        Some(Rest::GaveUp { attempts }) => format!("given up after {attempts} attempts"),
        Some(Rest::AutoReloginOff) => "auto re-login off".to_owned(),
        Some(Rest::Disabled) => "relogin.enabled is off".to_owned(),
        None => "no login is on its way".to_owned(),
    }
}

/// How long its login is known to hold.
fn holds(account: &Account, now: Timestamp) -> String {
    match (account.first_drop_due_at, account.stable_until) {
        (Some(due), _) if due > now => format!("first drop due {}", relative(due, now)),
        (Some(_), _) => "first drop due any time now".to_owned(),
        (None, Some(until)) if account.settled => format!("stable until {}", until.strftime("%Y-%m-%d")),
        (None, _) if account.settled => "settled".to_owned(),
        (None, _) => "not settled yet".to_owned(),
    }
}

/// The login that is on its way, in a line: "by QR, attempt 2, in 5 min (2026-01-01 00:05 UTC): it went offline".
pub(super) fn relogin(relogin: &Relogin, now: Timestamp) -> String {
    let how = match relogin.phase {
        PhaseName::Due => relative(relogin.due_at, now),
        PhaseName::Offered => format!("offered {}", relative(relogin.due_at, now)),
        PhaseName::Calling => format!("begun {}", relative(relogin.due_at, now)),
        PhaseName::InFlight => format!("under way, since {}", relative(relogin.due_at, now)),
    };
    let (by, attempt, at) = (by(relogin.method), attempt(relogin), absolute(relogin.due_at));
    format!("by {by}{attempt}, {how} ({at}): {}", plain(&relogin.why))
}

/// Whether its login holds, in a line.
pub(super) fn settled(account: &Account, now: Timestamp) -> String {
    match account.stable_until.filter(|_| account.settled && account.online) {
        Some(until) => format!("yes, stable until about {} ({})", absolute(until), relative(until, now)),
        None if account.settled => "yes".to_owned(),
        None => "not yet".to_owned(),
    }
}

/// What to do now about an account whose login `shown` is told of already, and what is to be expected of it; in
/// sentences, one a line.
pub(super) fn todo(account: &Account, shown: Option<&WId>, now: Timestamp) -> Vec<String> {
    let wc_id = &account.wc_id;
    let again = format!("wxloginctl relogin {wc_id} --wait");
    let mut sentences = match &account.relogin {
        Some(Relogin { w_id: Some(w_id), .. }) if shown != Some(w_id) => {
            vec![format!("Complete its login: wxloginctl login --resume {w_id}")]
        }
        Some(Relogin { phase: PhaseName::Calling, method: Method::PopUp, .. }) => {
            vec!["Confirm the login on the phone of this account; if nobody does, a QR is next.".to_owned()]
        }
        Some(Relogin { phase: PhaseName::Due, due_at, .. }) => {
            vec![format!("It is logged in again by itself {}. Sooner: {again}", relative(*due_at, now))]
        }
        Some(Relogin { phase: PhaseName::Offered, .. }) => {
            vec![format!("Log it in again when its phone is at hand: {again}")]
        }
        None if !account.online => vec![format!("Log it in again: {again}")],
        Some(_) | None => Vec::new(),
    };
    if account.online {
        sentences.extend(expected(account, now));
    }
    sentences
}

/// What is to be expected of an account that is online, in sentences.
pub(super) fn expected(account: &Account, now: Timestamp) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(due) = account.first_drop_due_at {
        let when = if due > now {
            format!("until {}, {}", absolute(due), relative(due, now))
        } else {
            "any time now".to_owned()
        };
        sentences.push(format!("Its known first drop is still to come ({when})."));
        sentences.push(if account.auto_relogin {
            "Have its phone at hand then: a QR will have to be scanned.".to_owned()
        } else {
            format!("After it, log it in again: wxloginctl relogin {} --wait", account.wc_id)
        });
    }
    if account.moments_allowed_at > now {
        let (at, left) = (absolute(account.moments_allowed_at), relative(account.moments_allowed_at, now));
        sentences.push(format!("It may not post moments before {at}, {left}."));
    }
    sentences
}
