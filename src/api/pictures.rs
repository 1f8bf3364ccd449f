//! The platform's QR pictures, fetched once and drawn in every form.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;
use wxlogin_state::WId;

use super::problem::Refused;
use crate::logging;
use crate::platform::{Picture as Fetched, Platform};
use crate::qr;
use crate::wire::ProblemCode;

/// Pictures kept: those that people look at now. The others are fetched again.
const KEPT: usize = 64;

/// Pictures drawn at once: one takes up to some 80 MiB and a tenth of a second, whatever the platform sends.
const DRAWN_AT_ONCE: usize = 2;

/// A QR to show.
#[derive(Debug)]
pub struct Picture {
    /// A PNG: the platform's own file, or its picture in this format.
    pub png: Bytes,
    /// An SVG document.
    pub svg: Bytes,
    /// Unicode blocks for a terminal.
    pub blocks: Bytes,
    /// What the QR says; the picture's own address where the picture cannot be decoded.
    pub text: String,
}

/// Filled by the first who asks; the others wait for it.
type Slot = Arc<OnceCell<Arc<Picture>>>;

/// The pictures that were looked at last.
#[derive(Debug)]
pub(super) struct Pictures {
    kept: Mutex<VecDeque<(WId, Slot)>>,
    drawing: Semaphore,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { kept: Mutex::default(), drawing: Semaphore::new(DRAWN_AT_ONCE) }
    }
}

impl Pictures {
    /// The picture of the session `w_id`, which the platform shows at `url`.
    pub(super) async fn get(
        &self,
        platform: &Platform,
        w_id: &WId,
        url: &str,
    ) -> Result<Arc<Picture>, Refused> {
        let slot = self.slot(w_id);
        slot.get_or_try_init(|| self.fetch(platform, w_id, url)).await.cloned()
    }

    fn slot(&self, w_id: &WId) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = kept.iter().find(|(kept, _)| kept == w_id) {
            return slot.clone();
        }
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        let slot = Slot::default();
        kept.push_back((w_id.clone(), slot.clone()));
        slot
    }

    async fn fetch(&self, platform: &Platform, w_id: &WId, url: &str) -> Result<Arc<Picture>, Refused> {
        let fetched = platform.picture(url).await.map_err(|error| {
            let why = logging::chain(&error);
            tracing::warn!(wId = %w_id, error = why, "the QR picture cannot be fetched");
            Refused::new(ProblemCode::PlatformUnreachable, why)
        })?;
        let failed = |_| Refused::new(ProblemCode::Internal, "drawing the QR failed");
        let _turn = self.drawing.acquire().await.map_err(|_| {
            // The semaphore is never closed.
            Refused::new(ProblemCode::NotReady, "the daemon is stopping")
        })?;
        let (w_id, url) = (w_id.clone(), url.to_owned());
        // The other connections need not wait for the computing.
        let drawn = spawn_blocking(move || draw(&w_id, fetched, url)).await.map_err(failed)?;
        let too_long = |error: qr::TooLong| Refused::new(ProblemCode::Internal, error.to_string());
        Ok(Arc::new(drawn.map_err(too_long)?))
    }
}

fn draw(w_id: &WId, fetched: Fetched, url: String) -> Result<Picture, qr::TooLong> {
    let text = match qr::decode(&fetched.bytes) {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(
                wId = %w_id,
                error = &error as &dyn std::error::Error,
                "the QR picture cannot be decoded; its address is shown as a QR instead"
            );
            url
        }
    };
    let png = png(fetched, &text)?;
    Ok(Picture { png, svg: qr::svg(&text)?.into(), blocks: qr::blocks(&text)?.into(), text })
}

/// The picture as PNG. One that is damaged makes way for what was read from it or, failing that, its address.
fn png(fetched: Fetched, text: &str) -> Result<Bytes, qr::TooLong> {
    if fetched.format == qr::Format::Png {
        return Ok(fetched.bytes);
    }
    qr::as_png(&fetched.bytes).or_else(|_| qr::png(text)).map(Bytes::from)
}
