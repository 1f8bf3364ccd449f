//! The QR of a session, in the form that the caller can show.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use wxlogin_state::{Qr, Session, StateName};

use super::Api;
use super::body::SessionPath;
use super::problem::Refused;
use crate::wire::ProblemCode;

/// The forms there are, the preferred one first.
const FORMS: [(&str, Form); 3] =
    [("image/png", Form::Png), ("image/svg+xml", Form::Svg), ("text/plain", Form::Text)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Png,
    Svg,
    Text,
}

/// `GET /v1/sessions/{wId}/qr`: PNG, SVG or Unicode blocks, as `Accept` says. Only while it can be scanned: an
/// old QR is never shown as a fresh one.
pub(super) async fn qr(
    State(api): State<Arc<Api>>,
    SessionPath(w_id): SessionPath,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let session = api.view.session(&w_id).ok_or_else(|| Refused::no_session(&w_id))?;
    shown(&api, &session, &headers).await
}

/// The QR of a session, in the form that the headers ask for.
pub(super) async fn shown(api: &Api, session: &Session, headers: &HeaderMap) -> Result<Response, Refused> {
    let state = session.state.name();
    // The clock as well as the state: a session is dropped a little after its time, and not at all while nothing
    // can be written.
    let current = |qr: &&Qr| state == StateName::QrIssued && api.clock.now() < qr.expires_at;
    let Some(qr) = session.qr.as_ref().filter(current) else {
        let detail = format!("the session is {state}; it has no QR that is valid");
        return Err(Refused::wrong_state(state, detail));
    };
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("*/*");
    let form = form(accept).ok_or_else(|| {
        Refused::new(ProblemCode::NotAcceptable, "a QR comes as image/png, image/svg+xml or text/plain")
    })?;
    let picture = api.picture(&session.w_id, qr).await?;
    let (content_type, bytes) = match form {
        Form::Png => ("image/png", picture.png.clone()),
        Form::Svg => ("image/svg+xml", picture.svg.clone()),
        Form::Text => ("text/plain; charset=utf-8", picture.blocks.clone()),
    };
    Ok(([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], bytes).into_response())
}

/// The form that `accept` weighs most; among equals the first of [`FORMS`].
fn form(accept: &str) -> Option<Form> {
    let mut best: Option<(f32, Form)> = None;
    for (name, form) in FORMS {
        let weight = weight(accept, name);
        if weight > 0.0 && best.is_none_or(|(best, _)| weight > best) {
            best = Some((weight, form));
        }
    }
    best.map(|(_, form)| form)
}

/// How much `accept` wants `name`: the weight of the most specific range that covers it (RFC 9110, 12.5.1).
pub(super) fn weight(accept: &str, name: &str) -> f32 {
    let kind = name.split('/').next().unwrap_or_default();
    let mut found = (0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let precision = match media {
            "*/*" => 1,
            _ if media.strip_suffix("/*").is_some_and(|range| range.eq_ignore_ascii_case(kind)) => 2,
            _ if media.eq_ignore_ascii_case(name) => 3,
            _ => continue,
        };
        let quality =
            parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if precision > found.0 {
            found = (precision, quality);
        }
    }
    found.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_accept() {
        for (accept, expected) in [
            ("*/*", Some(Form::Png)),
            ("image/*", Some(Form::Png)),
            ("image/svg+xml", Some(Form::Svg)),
            ("text/plain", Some(Form::Text)),
            ("text/*;q=0.5, image/svg+xml;q=0.4", Some(Form::Text)),
            ("text/html, image/avif, image/webp, */*;q=0.1", Some(Form::Png)),
            ("image/png;q=0, image/*", Some(Form::Svg)),
            ("application/json", None),
            ("", None),
        ] {
            assert_eq!(form(accept), expected, "{accept}");
        }
    }
}
