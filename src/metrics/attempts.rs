//! How logins of known accounts end, as the difference of two committed records says it.
//!
//! One that was only due and never begun is no attempt, and does not count.

use wxlogin_state::{Account, DropReason, Method, Phase, Relogin, WId};

/// The account is online by it.
const OK: &str = "ok";

/// The box on the phone came to nothing.
const FAILED: &str = "failed";

/// The platform could not be asked for it, or refused to begin it.
const NOT_BEGUN: &str = "not-begun";

/// How the attempt that `old` was at has ended, by method and outcome; `None` where it goes on, or none had begun.
/// `reason` says how a session ended.
pub(super) fn ended(
    old: &Account,
    new: &Account,
    reason: impl FnOnce(&WId) -> Option<DropReason>,
) -> Option<(&'static str, &'static str)> {
    let attempt = old.relogin.as_ref()?;
    let goes_on = |now: &Relogin| now.method == attempt.method && is_begun(now);
    let logged_in = new.current_w_id.is_some() && new.current_w_id != old.current_w_id;
    if !is_begun(attempt) || (!logged_in && new.relogin.as_ref().is_some_and(goes_on)) {
        return None;
    }
    let outcome = match (&attempt.phase, attempt.method) {
        _ if logged_in => OK,
        (Phase::InFlight { w_id, .. }, _) => reason(w_id).map_or(FAILED, DropReason::as_str),
        (_, Method::PopUp) if new.popup_failed.is_some() => FAILED,
        _ => NOT_BEGUN,
    };
    Some((name(attempt.method), outcome))
}

/// Every method with every outcome that it may have.
pub(super) fn endings() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_popups = [OK, FAILED, NOT_BEGUN].map(|outcome| (name(Method::PopUp), outcome));
    // Only a session that was online can end by these.
    let online_only =
        [DropReason::Offline, DropReason::FirstNight, DropReason::ShortLived, DropReason::LoggedOut];
    let reasons = DropReason::ALL
        .into_iter()
        .filter(move |reason| !online_only.contains(reason))
        .map(DropReason::as_str);
    let of_qrs = [OK, NOT_BEGUN].into_iter().chain(reasons).map(|outcome| (name(Method::Qr), outcome));
    of_popups.into_iter().chain(of_qrs)
}

fn is_begun(attempt: &Relogin) -> bool {
    matches!(attempt.phase, Phase::Calling { .. } | Phase::InFlight { .. })
}

/// As the contract spells it.
fn name(method: Method) -> &'static str {
    match method {
        Method::PopUp => "popup",
        Method::Qr => "qr",
    }
}
