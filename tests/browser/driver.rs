//! Chromium by chromedriver, each a process of the test's own; what is no W3C WebDriver is asked for in Chrome's own way.

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::harness::Process;

/// What is missing where there is no browser.
const MISSING: &str = "the browser tests need chromedriver and chromium: apt-get install chromium chromium-driver, or \
                       name chromedriver in CHROMEDRIVER";

/// A browser, driven; it ends with [`Driver::quit`].
#[derive(Debug)]
pub(crate) struct Driver {
    _process: Process,
    pub(crate) client: Client,
}

impl Driver {
    /// Starts chromedriver and a browser in this language, which keep all that they write in `home`.
    pub(crate) async fn start(home: &Path, language: &str) -> Self {
        let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let there = Command::new(&program).arg("--version").stdout(Stdio::null()).status();
        assert!(there.is_ok_and(|status| status.success()), "{MISSING}");
        let mut command = Command::new(&program);
        command.arg(format!("--port={}", free_port())).env("HOME", home).env("TMPDIR", home);
        let (process, mut printed) = Process::spawn_printing(command, &home.join("chromedriver"));
        let line = printed.line("was started successfully on port").await;
        let port = line.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap();
        let mut browser = ClientBuilder::new(HttpConnector::new());
        browser.capabilities(capabilities(language));
        let begun = browser.connect(&format!("http://127.0.0.1:{port}")).await;
        let client = begun.unwrap_or_else(|error| panic!("{MISSING}: {error}"));
        Self { _process: process, client }
    }

    /// One command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &str, params: Value) {
        let body = json!({"cmd": command, "params": params});
        self.ask(Chrome { path: "goog/cdp/execute", body }).await.unwrap();
    }

    /// What the browser has noted since it was last asked.
    pub(crate) async fn log(&self) -> Vec<Value> {
        let noted = self.ask(Chrome { path: "se/log", body: json!({"type": "browser"}) }).await.unwrap();
        noted.as_array().unwrap().clone()
    }

    /// Ends the browser.
    pub(crate) async fn quit(&self) {
        self.client.clone().close().await.unwrap();
    }

    async fn ask(&self, command: Chrome) -> Result<Value, CmdError> {
        self.client.issue_cmd(command).await
    }
}

/// A command of chromedriver's own.
#[derive(Debug)]
struct Chrome {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Chrome {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// A port below those that the kernel gives away: with `--port=0` chromedriver takes one for IPv6 that may be somebody's
/// by IPv4.
fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(20_000..30_000)).find(is_free).unwrap()
}

fn capabilities(language: &str) -> Capabilities {
    // Root, as in a container, has no sandbox of Chromium's; the pages are our own.
    let language_of_surface = format!("--lang={language}");
    let wanted = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--window-size=1280,900", language_of_surface,
            ],
            "prefs": {"intl.accept_languages": language},
        },
    });
    wanted.as_object().unwrap().clone()
}
