//! The console's files, as they are in `src/console/`: part of the program, so that there is nothing to install.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What a page of the console may do: show, run and ask for what comes from this very daemon, and nothing else
/// (hardening.md, 9).
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What an answer of the API may do where a browser shows it as a page: nothing.
pub const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const MODULE: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Declares the files once: under which path each of them is served, and as what.
macro_rules! files {
    ($($path:literal $kind:ident $file:literal;)*) => {
        /// Path, media type, content.
        const FILES: &[(&str, &str, &str)] = &[$(($path, $kind, include_str!($file)),)*];
    };
}

files! {
    "/" HTML "index.html";
    "/assets/base.css" STYLE "base.css";
    "/assets/parts.css" STYLE "parts.css";
    "/assets/docs.css" STYLE "docs.css";
    "/assets/icon.svg" SVG "icon.svg";
    "/assets/app.js" MODULE "app.js";
    "/assets/api.js" MODULE "api.js";
    "/assets/live.js" MODULE "live.js";
    "/assets/dom.js" MODULE "dom.js";
    "/assets/time.js" MODULE "time.js";
    "/assets/words.js" MODULE "words.js";
    "/assets/words-en.js" MODULE "words-en.js";
    "/assets/words-zh.js" MODULE "words-zh.js";
    "/assets/card.js" MODULE "card.js";
    "/assets/steps.js" MODULE "steps.js";
    "/assets/claim.js" MODULE "claim.js";
    "/assets/inbox.js" MODULE "inbox.js";
    "/assets/lists.js" MODULE "lists.js";
    "/assets/rows.js" MODULE "rows.js";
    "/assets/account.js" MODULE "account.js";
    "/assets/timeline.js" MODULE "timeline.js";
    "/assets/session.js" MODULE "session.js";
    "/assets/dialogs.js" MODULE "dialogs.js";
    "/assets/step.html" HTML "step.html";
    "/assets/gone.html" HTML "gone.html";
    "/assets/step.js" MODULE "step.js";
    "/assets/gone.js" MODULE "gone.js";
    "/assets/over.js" MODULE "over.js";
    "/assets/step.css" STYLE "step.css";
}

/// Whether `path` is one of the console's files, which everybody may have: there is nothing in them but what is in
/// this program.
pub fn is_file(path: &str) -> bool {
    FILES.iter().any(|(known, ..)| *known == path)
}

/// The file at `path`; 304 where the caller has it already.
pub fn file(path: &str, asked: &HeaderMap) -> Option<Response> {
    let (_, kind, content) = FILES.iter().find(|(known, ..)| *known == path)?;
    let tag = tag(content);
    let headers: [(HeaderName, &str); 7] = [
        (header::CONTENT_TYPE, kind),
        (header::ETAG, &tag),
        // Asked for again every time, so that page and daemon are of the same version.
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
    Some(if is_known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, *content).into_response()
    })
}

/// What a one-time link opens: the page of its step, or one that says that there is nothing to do. The browser keeps
/// neither.
pub fn step_page(is_open: bool) -> Response {
    let (status, content) = if is_open {
        (StatusCode::OK, include_str!("step.html"))
    } else {
        (StatusCode::NOT_FOUND, include_str!("gone.html"))
    };
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // What is open now is not found by a search machine that a chat application feeds.
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, content).into_response()
}

/// Changes with the content.
fn tag(content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        let page = file("/", &HeaderMap::new()).unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let tag = page.headers()[header::ETAG].clone();
        let again = |tag: HeaderValue| {
            let asked = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
            file("/", &asked).unwrap().status()
        };
        assert_eq!(again(tag), StatusCode::NOT_MODIFIED);
        assert_eq!(again(HeaderValue::from_static("\"0\"")), StatusCode::OK);
        assert!(file("/assets/../console.rs", &HeaderMap::new()).is_none());
    }

    /// How files name each other, from where they are.
    const PLACES: [(&str, &str); 3] =
        [("./", "/assets/"), ("assets/", "/assets/"), ("../assets/", "/assets/")];

    #[test]
    fn every_file_that_a_file_names_is_there() {
        for (path, _, content) in FILES {
            for named in
                content.split('"').filter(|text| PLACES.iter().any(|(place, _)| text.starts_with(place)))
            {
                let place = PLACES.iter().find(|(place, _)| named.starts_with(place)).unwrap();
                let absolute = named.replacen(place.0, place.1, 1);
                assert!(is_file(&absolute), "{path} names {named}");
            }
        }
    }

    #[test]
    fn nothing_in_a_file_needs_what_its_policy_forbids() {
        for (path, kind, content) in FILES {
            assert!(!content.contains("innerHTML") && !content.contains("eval("), "{path}");
            if *kind == HTML {
                assert!(
                    !content.contains("style=")
                        && !content.contains("<style")
                        && !content.contains("onclick")
                );
                assert_eq!(
                    content.matches("<script").count(),
                    content.matches("<script type=\"module\" src=").count()
                );
            }
        }
    }
}
