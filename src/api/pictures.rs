//! The platform's QR pictures, fetched once and drawn again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::task::spawn_blocking;
use wxlogin_state::WId;

use super::problem::Refused;
use crate::platform::Platform;
use crate::qr;
use crate::wire::ProblemCode;

/// Pictures kept: those that people look at now. The others are fetched again.
const KEPT: usize = 64;

/// A QR to show.
#[derive(Debug)]
pub struct Picture {
    /// A PNG: the platform's own file, or its picture in this format.
    pub png: Bytes,
    /// What the QR says; the picture's own address where the picture cannot be decoded.
    pub text: String,
}

/// The pictures that were looked at last.
#[derive(Debug, Default)]
pub(super) struct Pictures(Mutex<VecDeque<(WId, Arc<Picture>)>>);

impl Pictures {
    /// The picture of the session `w_id`, which the platform shows at `url`.
    pub(super) async fn get(
        &self,
        platform: &Platform,
        w_id: &WId,
        url: &str,
    ) -> Result<Arc<Picture>, Refused> {
        if let Some(picture) = self.kept(w_id) {
            return Ok(picture);
        }
        let fetched = platform.picture(url).await.map_err(|error| {
            tracing::warn!(wId = %w_id, error = &error as &dyn std::error::Error, "the QR picture cannot be fetched");
            Refused::new(ProblemCode::PlatformUnreachable, format!("the QR picture cannot be fetched: {error}"))
        })?;
        let (w_id, url) = (w_id.clone(), url.to_owned());
        // Decoding takes milliseconds of computing, which the other connections need not wait for.
        let drawn = spawn_blocking({
            let w_id = w_id.clone();
            move || draw(&w_id, fetched, url)
        });
        let picture =
            drawn.await.map_err(|_| Refused::new(ProblemCode::Internal, "drawing the QR failed"))??;
        let picture = Arc::new(picture);
        self.keep(w_id, picture.clone());
        Ok(picture)
    }

    fn kept(&self, w_id: &WId) -> Option<Arc<Picture>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(kept, _)| kept == w_id).map(|(_, picture)| picture.clone())
    }

    fn keep(&self, w_id: WId, picture: Arc<Picture>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((w_id, picture));
    }
}

fn draw(w_id: &WId, fetched: crate::platform::Picture, url: String) -> Result<Picture, Refused> {
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
    Ok(Picture { png: png(fetched, &text)?, text })
}

/// The picture as PNG. One that is damaged makes way for what was read from it or, failing that, its address.
fn png(fetched: crate::platform::Picture, text: &str) -> Result<Bytes, Refused> {
    if fetched.format == qr::Format::Png {
        return Ok(fetched.bytes);
    }
    let drawn = qr::as_png(&fetched.bytes).or_else(|_| qr::png(text));
    drawn.map(Bytes::from).map_err(|error| Refused::new(ProblemCode::Internal, error.to_string()))
}
