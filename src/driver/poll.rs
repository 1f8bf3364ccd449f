//! A long-poll: asks the platform for one session's answer until there is one, and hands it to the driver.
//!
//! One task each, with one connection while a call is out. Ending the task closes the connection at once.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{debug, warn};
use wxlogin_state::{Answer, Call, Input, WId};

use super::handle::{Denied, Driver};
use crate::platform::{Pace, Platform, Polled, Trouble};

/// A call without an answer that came back sooner than this did not block at the platform (up to 250 s), nor at
/// a gateway in front of it (60 s, usually): asking again at once, with ten thousand others, would be a storm.
const BLOCKED: Duration = Duration::from_secs(30);

/// Troubles in a row that are only worth a debug line; a lasting one is a warning.
const QUIET_TROUBLES: u32 = 2;

/// Carries out `call` for the session `w_id`, after `delay`.
pub(super) async fn run(platform: Platform, driver: Driver, w_id: WId, call: Call, delay: Duration) {
    sleep(delay).await;
    let answer = ask(&platform, &w_id, &call).await;
    deliver(&driver, &w_id, call.round, answer).await;
}

async fn ask(platform: &Platform, w_id: &WId, call: &Call) -> Answer {
    let mut pace = Pace::new();
    let mut troubles = 0;
    loop {
        let asked = Instant::now();
        match platform.login_info(w_id, call.code.as_ref()).await {
            Ok(Polled::Answer(answer)) => return answer,
            Ok(Polled::NoAnswer) if asked.elapsed() >= BLOCKED => {
                debug!(wId = %w_id, "nothing happened during the call; asking again");
                troubles = 0;
                pace.reset();
                continue;
            }
            Ok(Polled::NoAnswer) => debug!(wId = %w_id, "the call came back at once without an answer"),
            Err(trouble) => {
                troubles += 1;
                log_trouble(w_id, &trouble, troubles);
            }
        }
        sleep(pace.wait()).await;
    }
}

/// Hands the answer over; it is a fact, so it is offered until it can be written.
async fn deliver(driver: &Driver, w_id: &WId, round: u32, answer: Answer) {
    let mut pace = Pace::new();
    while let Err(denied) = driver.apply(w_id, Input::Answered { round, answer: answer.clone() }).await {
        match denied {
            Denied::Unwritable(_) => sleep(pace.wait()).await,
            denied => {
                warn!(
                    wId = %w_id,
                    error = &denied as &dyn std::error::Error,
                    "the platform's answer could not be taken in"
                );
                return;
            }
        }
    }
}

fn log_trouble(w_id: &WId, trouble: &Trouble, in_a_row: u32) {
    let body = trouble.body_excerpt();
    let error = trouble as &dyn std::error::Error;
    if in_a_row <= QUIET_TROUBLES {
        debug!(wId = %w_id, error, body, in_a_row, "no usable answer from the platform; asking again");
    } else {
        warn!(wId = %w_id, error, body, in_a_row, "no usable answer from the platform; asking again");
    }
}
