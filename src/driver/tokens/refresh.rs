//! A refresh: asks the system once for the pair after the one there is, and hands over what came of it.
//!
//! The pair that was sent may be worthless once it is answered, so what comes is a fact: it is offered until it can
//! be written.

use std::error::Error;

use tokio::time::sleep;
use tracing::warn;
use wxlogin_state::{Generation, Plain, Secret, TokenId};

use crate::driver::handle::{Denied, Driver};
use crate::logging;
use crate::platform::Pace;
use crate::platform::official_account::{Answer, OfficialAccountPlatform, plain};

/// The code by which system C says that a refresh token is of no use (protocol.md names none for refreshing; of the
/// seed's codes it is the one for an identity that is not given).
const NO_IDENTITY: i64 = 5368;

/// What came of asking.
#[derive(Debug, Clone)]
pub(in crate::driver) enum Came {
    /// The next pair.
    Pair(Plain),
    /// The system refuses this refresh token, recognisably.
    Refused(String),
    /// The system could not be asked, or its answer is of no use; that says nothing about the token.
    Failed(String),
}

/// Refreshes the token `id` as of `generation` by its refresh token; `client` is `None` where its app is configured no
/// more.
pub(super) async fn run(
    client: Option<OfficialAccountPlatform>,
    driver: Driver,
    id: TokenId,
    generation: Generation,
    refresh: Secret,
) {
    let came = ask(client, &id, &refresh).await;
    let mut pace = Pace::new();
    // What cannot be taken in for another reason has been logged by the driver.
    while let Err(Denied::Unwritable(_)) = driver.refreshed(&id, generation, came.clone()).await {
        sleep(pace.wait()).await;
    }
}

async fn ask(client: Option<OfficialAccountPlatform>, id: &TokenId, refresh: &Secret) -> Came {
    let Some(client) = client else {
        let what = "no [[official_account]] with this app_id is configured".to_owned();
        warn!(token = %id, what, "a token was not refreshed");
        return Came::Failed(what);
    };
    match client.refresh(refresh).await {
        Ok(Answer::LoggedIn { access, refresh, .. }) => Came::Pair(plain(access, refresh)),
        Ok(Answer::Refused { code: NO_IDENTITY, sentence, .. }) => {
            let what = format!("the system refuses the refresh token: {sentence}");
            warn!(token = %id, what, "a token cannot be refreshed any more");
            Came::Refused(what)
        }
        Ok(Answer::Refused { code, sentence, .. }) => {
            let what = format!("the system refuses with {code}: {sentence}");
            warn!(token = %id, what, "a token was not refreshed");
            Came::Failed(what)
        }
        Err(trouble) => {
            let body = trouble.body_excerpt();
            warn!(token = %id, error = &trouble as &dyn Error, body, "a token was not refreshed");
            Came::Failed(logging::chain(&trouble))
        }
    }
}
