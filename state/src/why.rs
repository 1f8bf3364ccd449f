//! Why things are as they are, for people: what is so, what was observed, what happens next, and what a person
//! must do now (contract.md, `/v1/accounts/{wcId}/why`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Evidence, Method, Phase, Relogin, Rest, Stage, lead};
use crate::public::PhaseName;
use crate::rules::{Issue, Rules, after, before};
use crate::session::{Code, Session, SliderProgress, State, Transition};
use crate::standing::Standing;
use crate::words;

/// The answer to "why?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// What is so, in a word.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// What is so, in a sentence.
    pub what: String,
    /// What was observed, oldest first.
    pub evidence: Vec<Evidence>,
    /// What happens next by itself; `null` where nothing does.
    #[cfg_attr(feature = "schema", schema(required))]
    pub next: Option<Next>,
    /// What a person must do now; `null` where nothing is to be done.
    #[cfg_attr(feature = "schema", schema(required))]
    pub todo: Option<String>,
}

/// Something that happens by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Next {
    /// When.
    pub at: Timestamp,
    /// What, in a sentence.
    pub what: String,
}

impl Why {
    /// Why an account is as it is; `step` is the session of it that a person must complete, where there is one.
    pub fn of_account(account: &Account, step: Option<&Session>, rules: &Rules) -> Self {
        let evidence = account.evidence.clone();
        let (state, since, what) = standing(account, rules);
        let in_flight = step.filter(|step| step.state.name().is_in_flight());
        let next = match in_flight {
            Some(step) => next_of_session(step),
            None => next_of_account(account, rules),
        };
        let todo = match in_flight {
            Some(step) => todo_of_session(step),
            None => todo_of_account(account, rules),
        };
        Self { state: state.to_string(), since, what, evidence, next, todo }
    }

    /// Why a session is as it is: its history is the evidence.
    pub fn of_session(session: &Session) -> Self {
        let seen = |step: &Transition| Evidence { at: step.at, from: step.source, what: step.why.clone() };
        let what = session.history.last().map(|step| step.why.clone()).unwrap_or_default();
        Self {
            state: session.state.name().to_string(),
            since: session.state_since,
            what,
            evidence: session.history.iter().map(seen).collect(),
            next: next_of_session(session),
            todo: todo_of_session(session),
        }
    }
}

/// What is so: in a word, since when, in a sentence.
fn standing(account: &Account, rules: &Rules) -> (Standing, Timestamp, String) {
    let dropped_at = account.last_drop.as_ref().map_or(account.last_login_at, |drop| drop.at);
    let rest = account.resting(&rules.relogin);
    let phase = account.relogin.as_ref().map(|relogin| PhaseName::from(&relogin.phase));
    let state = Standing::of(account.current_w_id.is_some(), phase, rest.is_some());
    let coming = account.relogin.as_ref().map(|relogin| coming(account, relogin));
    if let Some(w_id) = &account.current_w_id {
        let what = match (coming, &account.stage) {
            (Some((_, coming)), _) => format!("another login is on its way: {coming}"),
            (None, Stage::FirstDay { .. }) => "it is in its first day, in which it drops once".to_owned(),
            (None, Stage::FirstDropped) => "it is to show whether it holds".to_owned(),
            (None, Stage::Settled { .. }) => "it has settled".to_owned(),
        };
        return (state, account.last_login_at, format!("it is online by the login {w_id}; {what}"));
    }
    match (coming, rest) {
        (Some((since, what)), _) => (state, since.unwrap_or(dropped_at), what),
        (None, Some(rest)) => (state, dropped_at, resting(rest)),
        (None, None) => (state, dropped_at, "it is offline".to_owned()),
    }
}

/// How far a login is that is on its way, in a sentence, and since when, where that says more than since when the
/// account is offline.
fn coming(account: &Account, relogin: &Relogin) -> (Option<Timestamp>, String) {
    let Relogin { phase, method, why, .. } = relogin;
    match phase {
        Phase::Calling { since } => {
            (Some(*since), format!("it is being logged in by {}: {why}", how(*method)))
        }
        Phase::InFlight { since, w_id } => {
            (Some(*since), format!("a person must complete the login {w_id}: {why}"))
        }
        Phase::Offered { since } => {
            (Some(*since), "a login is due, and begins when somebody opens it".to_owned())
        }
        Phase::Due { .. } => (None, format!("it is offline; attempt {} is due: {why}", account.attempt())),
    }
}

fn resting(rest: Rest) -> String {
    match rest {
        Rest::LoggedOut => "it was logged out here, so that it is left offline".to_owned(),
        Rest::GaveUp { attempts } => {
            format!("{attempts} logins in a row came to nothing, as many as relogin.max_attempts allows")
        }
        Rest::AutoReloginOff => "its autoRelogin is off, so that it is left offline".to_owned(),
        Rest::Disabled => "relogin.enabled is off, so that no account is logged in by itself".to_owned(),
    }
}

fn how(method: Method) -> &'static str {
    match method {
        Method::PopUp => "a box on its phone",
        Method::Qr => "a QR",
    }
}

fn next_of_account(account: &Account, rules: &Rules) -> Option<Next> {
    match account.relogin.as_ref().map(|relogin| (&relogin.phase, relogin.method)) {
        Some((Phase::Due { at, .. }, method)) => {
            let offered = method == Method::Qr && rules.relogin.issue == Issue::OnDemand;
            let what = if offered {
                "a login is offered".to_owned()
            } else {
                format!("a login begins, by {}", how(method))
            };
            return Some(Next { at: *at, what });
        }
        Some((Phase::Calling { since }, Method::PopUp)) => {
            let at = after(*since, rules.popup_allowance);
            return Some(Next { at, what: "the box on its phone goes away; a QR is next".to_owned() });
        }
        Some(_) => return None,
        None => {}
    }
    account.current_w_id.as_ref()?;
    let first_drop = rules.relogin.first_drop;
    match account.stage {
        Stage::FirstDay { drop_due_at, looked: false, .. } => {
            let what = "its known first drop comes by then; the daemon looks by itself".to_owned();
            Some(Next { at: drop_due_at, what })
        }
        Stage::FirstDay { .. } | Stage::FirstDropped => {
            let what = "it counts as settled if it is still online".to_owned();
            Some(Next { at: after(account.last_login_at, first_drop.saturating_mul(2)), what })
        }
        Stage::Settled { stable_until, told: false } => {
            let lead = lead(rules.relogin.renewal_lead, rules.relogin.stable_for);
            let what = format!("its renewal is announced, {} ahead", words::duration(lead));
            Some(Next { at: before(stable_until, lead), what })
        }
        Stage::Settled { stable_until, .. } => {
            Some(Next { at: stable_until, what: "it is known to hold about until then".to_owned() })
        }
    }
}

fn todo_of_account(account: &Account, rules: &Rules) -> Option<String> {
    let ask = "log it in when its phone is at hand (wxloginctl relogin)";
    match account.relogin.as_ref().map(|relogin| (&relogin.phase, relogin.method)) {
        Some((Phase::Calling { .. }, Method::PopUp)) => {
            return Some("confirm the login on the phone of this account".to_owned());
        }
        Some((Phase::Offered { .. }, _)) => return Some(ask.to_owned()),
        Some(_) => return None,
        None => {}
    }
    if account.current_w_id.is_some() {
        return match account.stage {
            Stage::FirstDay { told: true, looked: false, .. } => {
                Some("have its phone at hand: a QR will have to be scanned".to_owned())
            }
            Stage::Settled { told: true, .. } => {
                Some("log it in again at a time that suits you (wxloginctl relogin --force)".to_owned())
            }
            _ => None,
        };
    }
    match account.resting(&rules.relogin)? {
        Rest::LoggedOut | Rest::GaveUp { .. } => Some(ask.to_owned()),
        Rest::AutoReloginOff => Some(format!("{ask}, or turn its autoRelogin on")),
        Rest::Disabled => Some(format!("{ask}, or turn relogin.enabled on")),
    }
}

fn next_of_session(session: &Session) -> Option<Next> {
    let at = session.deadline()?;
    let what = format!("the login is given up if it is still {}", session.state.name());
    Some(Next { at, what })
}

fn todo_of_session(session: &Session) -> Option<String> {
    let w_id = &session.w_id;
    match &session.state {
        State::QrIssued { .. } => {
            Some(format!("scan the QR and confirm on the phone (wxloginctl qr {w_id})"))
        }
        State::AwaitingVerify { prompt, code: Code::Wanted, .. } => {
            Some(format!("enter the code that the phone shows (wxloginctl verify {w_id} CODE): {prompt}"))
        }
        State::Slider { url, progress: SliderProgress::Wanted, .. } => {
            Some(format!("pass the page {url}, then say so (wxloginctl slider-done {w_id})"))
        }
        State::AwaitingVerify { .. } | State::Slider { .. } => {
            Some("confirm on the phone if it asks".to_owned())
        }
        State::Online { .. } | State::Dropped { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Seq;
    use crate::session::{Issued, StateName};

    #[test]
    fn a_session_that_waits_says_what_for_and_until_when() {
        let now = Timestamp::UNIX_EPOCH;
        let issued = Issued::new("w1".parse().unwrap(), "http://platform/qr.png");
        let session = Session::begun(issued, Seq(1), now, &Rules::DEFAULT);
        let why = Why::of_session(&session);
        assert_eq!((&*why.state, why.since), (StateName::QrIssued.as_str(), now));
        assert_eq!(why.next.map(|next| next.at), session.deadline());
        assert!(why.todo.unwrap().contains("scan the QR"));
        assert_eq!(why.evidence.len(), 1);
    }
}
