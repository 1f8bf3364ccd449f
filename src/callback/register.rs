//! Tells the platform where to call back.

use std::error::Error;

use tokio::time::sleep;
use tracing::{debug, info, warn};
use wxlogin_state::Secret;

use crate::platform::{Pace, Platform, Trouble};

/// Tells the platform that `url` is where to call back (`/setHttpCallbackUrl`), until it has taken that in. Until
/// then drops are noticed by looking alone.
pub async fn register(platform: Platform, url: Secret) {
    let mut pace = Pace::new();
    let mut told = false;
    while let Err(trouble) = platform.set_callback(url.reveal()).await {
        log_trouble(&trouble, told);
        told = true;
        sleep(pace.wait()).await;
    }
    info!("the platform was told where to call back");
}

fn log_trouble(trouble: &Trouble, again: bool) {
    let (error, body) = (trouble as &dyn Error, trouble.body_excerpt());
    if again {
        debug!(error, body, "the platform was not told where to call back");
    } else {
        warn!(error, body, "the platform was not told where to call back; trying on");
    }
}
