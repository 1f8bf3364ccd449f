//! chromedriver, by the few commands of W3C WebDriver that these tests want.
//!
//! Own code, because the clients there are change what is tested: thirtyfour turns on serde_json's `preserve_order` for
//! the daemon as well, which is built along, and fantoccini brings a second generation of Unicode tables under a licence
//! that deny.toml does not know.

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use wxlogind::exchange::{Limits, exchange};

use crate::harness::{PATIENCE, Process};

/// What chromedriver may take: a browser that starts on a busy machine is slow.
const LIMITS: Limits = Limits { head: Duration::from_mins(2), read: PATIENCE, body: 64 * 1024 * 1024 };

/// What is missing where there is no browser.
const MISSING: &str = "the browser tests need chromedriver and chromium: apt-get install chromium chromium-driver, or \
                       name chromedriver in CHROMEDRIVER";

/// The member that names an element (W3C WebDriver, "web element identifier").
pub(crate) const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser, driven; it ends with [`Driver::quit`].
#[derive(Debug)]
pub(crate) struct Driver {
    _process: Process,
    address: String,
    session: String,
}

impl Driver {
    /// Starts chromedriver and a browser in this language, with `home` to keep things in.
    pub(crate) async fn start(home: &Path, language: &str) -> Self {
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let there = Command::new(&program).arg("--version").stdout(Stdio::null()).status();
        assert!(there.is_ok_and(|status| status.success()), "{MISSING}");
        let mut command = Command::new(&program);
        command.arg(format!("--port={}", free_port())).env("HOME", home);
        let (process, mut printed) = Process::spawn_printing(command, &home.join("chromedriver"));
        let line = printed.line("was started successfully on port").await;
        let port = line.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap();
        let mut driver =
            Self { _process: process, address: format!("127.0.0.1:{port}"), session: "/session".to_owned() };
        let wanted = json!({"capabilities": {"alwaysMatch": capabilities(language)}});
        let begun =
            driver.ask(Method::POST, "", &wanted).await.unwrap_or_else(|error| panic!("{MISSING}: {error}"));
        driver.session = format!("/session/{}", begun["sessionId"].as_str().unwrap());
        driver
    }

    /// One command of the session: its value, or the error's name and message.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.ask(Method::POST, path, body).await
    }

    /// One question to the session.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, String> {
        self.ask(Method::GET, path, &Value::Null).await
    }

    /// One command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &str, params: Value) {
        let body = json!({"cmd": command, "params": params});
        self.post("/goog/cdp/execute", &body).await.unwrap();
    }

    /// Ends the browser.
    pub(crate) async fn quit(&self) {
        self.ask(Method::DELETE, "", &Value::Null).await.unwrap();
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.session));
        let request = request.header(HOST, &self.address).header(CONTENT_TYPE, "application/json");
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let answer = exchange(stream, request.body(Full::new(body)).unwrap(), LIMITS).await.unwrap();
        let value = serde_json::from_slice::<Value>(answer.body()).unwrap()["value"].take();
        if answer.status().is_success() {
            return Ok(value);
        }
        Err(format!("{}: {}", value["error"].as_str().unwrap(), value["message"].as_str().unwrap()))
    }
}

/// A port below those that the kernel gives away: with `--port=0` chromedriver takes one for IPv6 that may be somebody's
/// by IPv4.
fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(20_000..30_000)).find(is_free).unwrap()
}

fn capabilities(language: &str) -> Value {
    // Root, as in a container, has no sandbox of Chromium's; the pages are our own.
    let language_of_surface = format!("--lang={language}");
    json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--window-size=1280,900", language_of_surface,
            ],
            "prefs": {"intl.accept_languages": language},
        },
    })
}
