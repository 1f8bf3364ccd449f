//! Reading requests strictly: what is not known is refused by name.

use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bytes::Bytes;
use hyper::body::Body as _;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use wxlogin_state::{TokenId, WId, WcId};

use super::problem::Refused;
use crate::wire::ProblemCode;

/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(15);

/// A JSON body.
#[derive(Debug)]
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        // Anything else a browser may send without asking first (hardening: no preflight for text/plain).
        if !is_json(&request) {
            let detail = "the body must be JSON, with Content-Type: application/json";
            return Err(Refused::new(ProblemCode::UnsupportedMediaType, detail));
        }
        let bytes = whole(request, state).await?;
        // A list would be taken for the members in their order, and an empty one for a body that says nothing.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(Refused::new(ProblemCode::InvalidRequest, "the body must be a JSON object"));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let field = error.path().to_string();
            let detail = sentence(error.inner());
            if field == "." {
                Refused::new(ProblemCode::InvalidRequest, detail)
            } else {
                Refused::invalid(field, detail)
            }
        })?;
        json.end().map_err(|error| Refused::new(ProblemCode::InvalidRequest, sentence(&error)))?;
        Ok(Self(value))
    }
}

/// As [`Body`]; `None` where there is none at all.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Refused> {
        if request.body().is_end_stream() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// A body of whatever type, once all of it is there.
pub(super) async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refused> {
    let late = |_| Refused::new(ProblemCode::InvalidRequest, "the body did not arrive in time");
    timeout(ARRIVAL, Bytes::from_request(request, state)).await.map_err(late)?.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Refused::new(ProblemCode::TooLarge, format!("a body has at most {} bytes", super::BODY))
        } else {
            Refused::new(ProblemCode::InvalidRequest, "the body did not arrive whole")
        }
    })
}

/// Whether the body is said to be JSON.
pub(super) fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// What is wrong, without the offsets into a body that people did not type.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((sentence, _)) if error.is_data() => sentence.to_owned(),
        _ => text,
    }
}

/// A query string.
#[derive(Debug)]
pub(super) struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query));
        serde_path_to_error::deserialize(pairs)
            .map(Self)
            .map_err(|error| Refused::invalid(error.path().to_string(), error.inner().to_string()))
    }
}

/// The session that the path names. A name that no session can have is as unknown as any other.
#[derive(Debug)]
pub(super) struct SessionPath(pub WId);

impl<S: Send + Sync> FromRequestParts<S> for SessionPath {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let name = last_parameter(Path::from_request_parts(parts, state).await);
        let unknown = || Refused::new(ProblemCode::NotFound, format!("there is no session {name:?}"));
        name.parse().map(Self).map_err(|_| unknown())
    }
}

/// The account that the path names.
#[derive(Debug)]
pub(super) struct AccountPath(pub WcId);

impl<S: Send + Sync> FromRequestParts<S> for AccountPath {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let name = last_parameter(Path::from_request_parts(parts, state).await);
        let unknown = || Refused::new(ProblemCode::NotFound, format!("there is no account {name:?}"));
        name.parse().map(Self).map_err(|_| unknown())
    }
}

/// The token that the path names.
#[derive(Debug)]
pub(super) struct TokenPath(pub TokenId);

impl<S: Send + Sync> FromRequestParts<S> for TokenPath {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let name = last_parameter(Path::from_request_parts(parts, state).await);
        let unknown = || Refused::new(ProblemCode::NotFound, format!("there is no token {name:?}"));
        name.parse().map(Self).map_err(|_| unknown())
    }
}

fn last_parameter(path: Result<Path<String>, PathRejection>) -> String {
    path.map(|Path(name)| name).unwrap_or_default()
}
