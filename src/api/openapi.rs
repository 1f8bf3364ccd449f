//! The description of the control API, OpenAPI 3.1, made of what serves it.
//!
//! ```text
//!   routes.rs: method, path, handler, operation ──► Routes ──┬─► the router
//!                                                            └─► Document ──► /openapi.json, /docs
//! ```
//!
//! A handler gets into the router with its operation or not at all. Schemas are derived from the types that the
//! handlers read and write.

use std::sync::LazyLock;

use axum::Router;
use axum::handler::Handler;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use bytes::Bytes;
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, OpenApiBuilder};

use crate::console::PAGE_POLICY;

pub(super) mod examples;
mod foreign;
mod operation;
mod page;
mod tidy;

pub(super) use foreign::{Acknowledged, AppAnswer, AppLogin, Callback, OfficialAnswer, OfficialLogin};
pub(super) use operation::Operation;
use operation::{Named, spelt};

/// Name of the one way to say who one is.
pub(super) const TOKEN: &str = "token";

/// Routes, each with its description. `S` is what the handlers work with.
pub(super) struct Routes<S> {
    router: Router<S>,
    paths: Paths,
    schemas: Vec<Named>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None.
    pub(super) fn new() -> Self {
        Self { router: Router::new(), paths: Paths::new(), schemas: Vec::new() }
    }

    /// With a route for reading.
    pub(super) fn get<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        handler: H,
        operation: Operation,
    ) -> Self {
        self.with(HttpMethod::Get, MethodFilter::GET, path, handler, operation)
    }

    /// With a route that does something.
    pub(super) fn post<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        handler: H,
        operation: Operation,
    ) -> Self {
        self.with(HttpMethod::Post, MethodFilter::POST, path, handler, operation)
    }

    /// With a route that changes something.
    pub(super) fn patch<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        handler: H,
        operation: Operation,
    ) -> Self {
        self.with(HttpMethod::Patch, MethodFilter::PATCH, path, handler, operation)
    }

    /// With a route that ends something.
    pub(super) fn delete<H: Handler<T, S>, T: 'static>(
        self,
        path: &str,
        handler: H,
        operation: Operation,
    ) -> Self {
        self.with(HttpMethod::Delete, MethodFilter::DELETE, path, handler, operation)
    }

    fn with<H: Handler<T, S>, T: 'static>(
        mut self,
        method: HttpMethod,
        filter: MethodFilter,
        path: &str,
        handler: H,
        operation: Operation,
    ) -> Self {
        let (operation, schemas) = operation.at(path);
        self.paths.add_path_operation(spelt(path), vec![method], operation);
        self.schemas.extend(schemas);
        self.router = self.router.route(path, on(filter, handler));
        self
    }

    /// The router alone.
    pub(super) fn into_router(self) -> Router<S> {
        self.router
    }

    /// The description of all of them.
    fn describe(self) -> Value {
        let mut info = Info::new("wxlogind", env!("CARGO_PKG_VERSION"));
        info.description = Some(
            "The control API: the same on the Unix socket, where the file's mode decides who comes in, and on TCP, \
             where the token does. Times are RFC 3339 UTC. Errors are RFC 9457 problems with a stable `code`."
                .to_owned(),
        );
        let mut token = Http::new(HttpAuthScheme::Bearer);
        token.description = Some("The control token, by TCP; the Unix socket needs none.".to_owned());
        let components = ComponentsBuilder::new()
            .schemas_from_iter(self.schemas)
            .security_scheme(TOKEN, SecurityScheme::Http(token));
        let document = OpenApiBuilder::new()
            .info(info)
            .paths(self.paths)
            .components(Some(components.build()))
            .security(Some([SecurityRequirement::new(TOKEN, Vec::<String>::new())]));
        // Texts, numbers and lists under names that are texts: there is nothing that could fail to be JSON.
        let mut document = serde_json::to_value(document.build()).unwrap_or_default();
        tidy::tidy(&mut document);
        document
    }
}

/// The description in both its forms, made when it is first asked for.
struct Document {
    json: Bytes,
    page: Bytes,
}

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let document = super::routes::routes().describe();
    Document { page: page::page(&document).into(), json: document.to_string().into() }
});

/// `GET /openapi.json`: the description for programs.
pub(super) async fn json() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.json.clone()).into_response()
}

/// `GET /docs`: the same for people.
pub(super) async fn docs() -> Response {
    let head =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    (head, DOCUMENT.page.clone()).into_response()
}
