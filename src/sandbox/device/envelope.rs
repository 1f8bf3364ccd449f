//! The platform's envelope, and what a call brings with it.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;
use serde_json::{Map, Value};

/// Every answer, in the seed's order.
#[derive(Serialize)]
struct Envelope<'a> {
    code: &'a Value,
    message: &'a str,
    data: &'a Value,
}

/// A success: `data` of the envelope.
#[derive(Debug)]
pub(super) struct Done(pub(super) Value);

/// Why a call is not done.
#[derive(Debug)]
pub(crate) enum Refused {
    /// `1001` with this sentence.
    Said(String),
    /// What a gateway says when the platform took too long.
    GatewayTimeout,
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        spelled(&"1000".into(), &self.0)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            // HTTP 200 whatever happened (protocol.md).
            Self::Said(message) => {
                json_response(&Envelope { code: &"1001".into(), message: &message, data: &Value::Null })
            }
            Self::GatewayTimeout => (
                StatusCode::GATEWAY_TIMEOUT,
                [(CONTENT_TYPE, "text/html")],
                "<html><head><title>504 Gateway Time-out</title></head></html>",
            )
                .into_response(),
        }
    }
}

/// `1001` with this sentence.
pub(super) fn refused(message: impl Into<String>) -> Refused {
    Refused::Said(message.into())
}

/// A success whose `code` is spelled like this.
pub(super) fn spelled(code: &Value, data: &Value) -> Response {
    json_response(&Envelope { code, message: "处理成功", data })
}

/// JSON with HTTP 200.
pub(super) fn json_response(body: &impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

/// The parameters of a call, checked one by one: the first that is wrong is named.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// The parameters in a body; an object or nothing.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refused> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            _ => Err(refused("请求体必须是JSON对象")),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<&str, Refused> {
        self.optional_text(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&str>, Refused> {
        self.get(name).map(|value| value.as_str().ok_or_else(|| mistyped(name, "string"))).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refused> {
        self.get(name).ok_or_else(|| missing(name))?.as_bool().ok_or_else(|| mistyped(name, "boolean"))
    }

    pub(super) fn optional_integer(&self, name: &str) -> Result<Option<i64>, Refused> {
        self.get(name).map(|value| value.as_i64().ok_or_else(|| mistyped(name, "int"))).transpose()
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, Refused> {
        let list = self.get(name).ok_or_else(|| missing(name))?.as_array();
        list.and_then(|list| list.iter().map(Value::as_str).collect()).ok_or_else(|| mistyped(name, "list"))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Refused;

    /// The door has read them and left them with the request.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(parts.extensions.remove().unwrap_or_default())
    }
}

fn missing(name: &str) -> Refused {
    refused(format!("缺少参数{name}"))
}

fn mistyped(name: &str, kind: &str) -> Refused {
    refused(format!("参数{name}必须是{kind}"))
}
