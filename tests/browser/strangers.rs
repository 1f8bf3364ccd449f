//! Pages that are not the console: what they ask of the daemon through somebody's browser is refused.

use serde_json::json;

use crate::harness::{get, over_tcp};
use crate::seat::seated;

/// Asks for something as the page that is shown, with whatever cookies the browser has, and says how that went.
fn ask(address: &str, method: &str, headers: &str) -> String {
    format!(
        "return fetch('http://{address}/v1/sessions', \
         {{method: '{method}', credentials: 'include', mode: '{}', headers: {headers}, \
         body: '{method}' === 'POST' ? '{{}}' : undefined}}).then((answer) => answer.type, () => 'refused')",
        if headers == "{}" { "no-cors" } else { "cors" }
    )
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_and_reads_nothing_although_the_cookie_goes_along() {
    seated(async |seat| {
        let page = seat.page;
        let address = seat.daemon.tcp().to_string();
        // The same site, at another port: the cookie is sent along, so that only the daemon's own look can refuse.
        page.goto(&format!("{}/sandbox/state", seat.platform.url().trim_end_matches('/'))).await;
        let simple = page.run(&ask(&address, "POST", "{}")).await;
        assert!(simple == "opaque" || simple == "refused", "{simple}");
        for headers in ["{'content-type': 'application/json'}", "{'x-wxlogind': '1'}"] {
            assert_eq!(page.run(&ask(&address, "POST", headers)).await, "refused");
        }
        assert_eq!(page.run(&ask(&address, "GET", "{'x-wxlogind': '1'}")).await, "refused");
        assert!(seat.daemon.everything().await.is_empty(), "a login was begun");
        // The platform's own page has no icon.
        page.has_complained_of(&["CORS policy", "net::ERR_FAILED", "403", "favicon.ico"]).await;
        let framed = format!(
            "const frame = document.createElement('iframe'); frame.src = 'http://{address}/'; document.body.append(frame); \
             return new Promise((done) => frame.addEventListener('load', done))"
        );
        page.run(&framed).await;
        page.has_complained_of(&["frame-ancestors"]).await;
    })
    .await;
}

#[tokio::test]
async fn the_consoles_page_itself_changes_nothing_without_its_header() {
    seated(async |seat| {
        let page = seat.page;
        let script = "return fetch('v1/sessions', {method: 'POST', headers: {'content-type': 'application/json'}, \
                      body: '{}'}).then((answer) => answer.json()).then((problem) => problem.code)";
        assert_eq!(page.run(script).await, json!("forbidden-origin"));
        assert!(seat.daemon.everything().await.is_empty());
        page.has_complained_of(&["403"]).await;
    })
    .await;
}

#[tokio::test]
async fn the_page_runs_nothing_that_is_not_a_file_of_its_own() {
    seated(async |seat| {
        let page = seat.page;
        let script = "const heard = new Promise((done) => document.addEventListener('securitypolicyviolation', \
                      (event) => done(event.effectiveDirective), {once: true})); \
                      const script = document.createElement('script'); script.textContent = 'window.ran = true'; \
                      document.body.append(script); return heard";
        assert_eq!(page.run(script).await, "script-src-elem");
        assert_eq!(page.run("return window.ran ?? false").await, false);
        page.has_complained_of(&["Content Security Policy"]).await;
    })
    .await;
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do_with_it() {
    seated(async |seat| {
        for path in ["/", "/assets/app.js", "/v1/steps", "/healthz", "/nowhere"] {
            let mut request = get(path);
            let host = seat.daemon.tcp().to_string();
            request.headers_mut().insert(hyper::header::HOST, host.parse().unwrap());
            let answer = over_tcp(seat.daemon.tcp(), request).await;
            let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
            assert!(header("content-security-policy").contains("default-src 'none'"), "{path}");
            assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("referrer-policy"), "no-referrer");
            assert!(answer.headers().get("access-control-allow-origin").is_none());
        }
    })
    .await;
}
