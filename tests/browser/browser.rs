//! A browser: chromedriver as a process of the test's own, and the page that it drives.

use std::env;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::Full;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::error::{WebDriverError, WebDriverErrorInner};
use thirtyfour::prelude::{WebDriverResult, WebElement};
use thirtyfour::session::http::{Body, HttpClient};
use thirtyfour::{Capabilities, RequestData, SessionId, WebDriver};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use wxlogind::exchange::{Limits, exchange};

use crate::harness::{PATIENCE, Process};

/// Browsers at once: each wants a processor and a quarter of a gigabyte.
static ROOM: Semaphore = Semaphore::const_new(2);

/// Between two looks at the page.
const LOOK_AGAIN: Duration = Duration::from_millis(40);

/// What chromedriver may take: a browser that starts on a busy machine is slow.
const LIMITS: Limits = Limits { head: Duration::from_mins(2), read: PATIENCE, body: 64 * 1024 * 1024 };

/// What is missing where there is no browser.
const MISSING: &str = "the browser tests need chromedriver and chromium: apt-get install chromium chromium-driver, or \
                       name chromedriver in CHROMEDRIVER";

/// A page in a browser that the test has for itself.
#[derive(Debug)]
pub(crate) struct Page {
    driver: WebDriver,
}

/// Runs a test with a browser in this language, and ends the browser whatever becomes of the test.
pub(crate) async fn browse(language: &str, test: impl AsyncFnOnce(&Page)) {
    let _place = ROOM.acquire().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
    let mut command = Command::new(&program);
    assert!(
        command.arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()),
        "{MISSING}"
    );
    let mut command = Command::new(&program);
    command.arg("--port=0").env("HOME", dir.path());
    let (_process, mut printed) = Process::spawn_printing(command, &dir.path().join("chromedriver"));
    let line = printed.line("was started successfully on port").await;
    let port = line.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap();
    let address = format!("http://127.0.0.1:{port}");
    let driver =
        WebDriver::builder(address, capabilities(language)).client(OwnHttp).connect().await.expect(MISSING);
    let page = Page { driver };
    let done = AssertUnwindSafe(test(&page)).catch_unwind().await;
    page.driver.quit().await.unwrap();
    if let Err(panic) = done {
        resume_unwind(panic);
    }
}

fn capabilities(language: &str) -> Capabilities {
    // Root, as in a container, has no sandbox of Chromium's; the pages are our own.
    let args = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--window-size=1280,900",
    ];
    let capabilities = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL"},
        "goog:chromeOptions": {
            "args": args.map(str::to_owned).into_iter().chain([format!("--lang={language}")]).collect::<Vec<_>>(),
            "prefs": {"intl.accept_languages": language},
        },
    });
    let Value::Object(capabilities) = capabilities else { unreachable!("it is one") };
    capabilities.into()
}

impl Page {
    pub(crate) async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Waits for an element that is to be seen and has this text.
    pub(crate) async fn sees(&self, css: &str, text: &str) -> WebElement {
        let looking = async {
            loop {
                if let Some(element) = self.look(css, text).await {
                    return element;
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        if let Ok(element) = timeout(PATIENCE, looking).await {
            return element;
        }
        panic!("{css} never says {text:?}; the page says:\n{}", self.text().await)
    }

    /// Waits until there is no such element to be seen.
    pub(crate) async fn loses(&self, css: &str, text: &str) {
        let looking = async {
            while self.look(css, text).await.is_some() {
                sleep(LOOK_AGAIN).await;
            }
        };
        let looked = timeout(PATIENCE, looking).await;
        assert!(looked.is_ok(), "{css} goes on saying {text:?}; the page says:\n{}", self.text().await);
    }

    async fn look(&self, css: &str, text: &str) -> Option<WebElement> {
        // Brought to where a person would use it: chromedriver takes what the page's head covers for visible.
        let script = "const found = [...document.querySelectorAll(arguments[0])].find((element) => \
            element.checkVisibility() && element.textContent.includes(arguments[1])); \
            found?.scrollIntoView({block: 'nearest'}); return found ?? null";
        let found = self.driver.execute(script, vec![json!(css), json!(text)]).await.unwrap();
        if found.json().is_null() { None } else { found.element().ok() }
    }

    /// Waits until a script returns true.
    pub(crate) async fn until(&self, what: &str, script: &str) {
        let looking = async {
            while self.run(&format!("return Boolean({script})")).await != true {
                sleep(LOOK_AGAIN).await;
            }
        };
        let looked = timeout(PATIENCE, looking).await;
        assert!(looked.is_ok(), "never came true: {what}; the page says:\n{}", self.text().await);
    }

    /// Presses what is there, or comes.
    pub(crate) async fn click(&self, css: &str, text: &str) {
        self.with(css, text, async |element| element.click().await).await;
    }

    /// Types into a field that is there, or comes.
    pub(crate) async fn type_into(&self, css: &str, keys: &str) {
        self.with(css, "", async |element| element.send_keys(keys).await).await;
    }

    /// The page draws itself anew at times: an element that went meanwhile is looked for again.
    async fn with(&self, css: &str, text: &str, act: impl AsyncFn(&WebElement) -> WebDriverResult<()>) {
        let mut last = None;
        let acting = async {
            while let Err(error) = act(&self.sees(css, text).await).await {
                assert!(passes(&error), "{css} {text:?}: {error}");
                last = Some(error);
                sleep(LOOK_AGAIN).await;
            }
        };
        let acted = timeout(PATIENCE, acting).await;
        assert!(acted.is_ok(), "{css} {text:?} cannot be used: {last:?}");
    }

    /// Everything that the page says.
    pub(crate) async fn text(&self) -> String {
        let text = self.run("return location.href + '\\n' + document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Makes the window this size, of a screen that is light or dark.
    pub(crate) async fn show(&self, width: u32, height: u32, dark: bool) {
        let tools = self.driver.cdp();
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        tools.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        tools.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    }

    /// Cuts the browser's network off, or lets it have it again.
    pub(crate) async fn online(&self, online: bool) {
        let tools = self.driver.cdp();
        let network =
            json!({"offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        tools.send_raw("Network.enable", json!({})).await.unwrap();
        tools.send_raw("Network.emulateNetworkConditions", network).await.unwrap();
    }

    /// Runs this before the scripts of every page to come.
    pub(crate) async fn prepare(&self, script: &str) {
        let source = json!({"source": script});
        self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await.unwrap();
    }

    /// Saves a picture of the page, where somebody wants pictures.
    pub(crate) async fn picture(&self, name: &str) {
        if let Some(dir) = env::var_os("WXLOGIND_PICTURES") {
            std::fs::create_dir_all(&dir).unwrap();
            let png = self.driver.screenshot_as_png().await.unwrap();
            std::fs::write(std::path::Path::new(&dir).join(name), png).unwrap();
        }
    }

    /// The browser has noted this, as it notes each answer that is no success; it counts no more.
    pub(crate) async fn has_complained_of(&self, part: &str) {
        let complaints = self.complaints().await;
        let (expected, others): (Vec<_>, Vec<_>) = complaints.iter().partition(|said| said.contains(part));
        assert!(!expected.is_empty(), "the browser does not complain of {part:?}");
        assert!(others.is_empty(), "the browser complains of more than {part:?}: {others:#?}");
    }

    /// The browser has noted no error and no violation; asked while the daemon is still there.
    pub(crate) async fn has_nothing_to_complain_about(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }

    /// What the browser has noted since it was last asked, errors and violations only.
    async fn complaints(&self) -> Vec<String> {
        let log: Value = self.driver.handle().cmd(BrowserLog).await.unwrap().value().unwrap();
        let entries = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        entries.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }
}

fn passes(error: &WebDriverError) -> bool {
    matches!(
        error.as_inner(),
        WebDriverErrorInner::StaleElementReference(_)
            | WebDriverErrorInner::ElementClickIntercepted(_)
            | WebDriverErrorInner::ElementNotInteractable(_)
    )
}

/// chromedriver's own command for the browser's log.
#[derive(Debug)]
struct BrowserLog;

impl FormatRequestData for BrowserLog {
    fn format_request(&self, session_id: &SessionId) -> RequestData {
        let data = RequestData::new(Method::POST, format!("session/{session_id}/se/log"));
        data.add_body(json!({"type": "browser"}))
    }
}

/// The tests' own HTTP for the driver.
#[derive(Debug, Clone)]
struct OwnHttp;

type Answer<'a> = Pin<Box<dyn Future<Output = WebDriverResult<Response<Bytes>>> + Send + 'a>>;

impl HttpClient for OwnHttp {
    fn send<'s, 'b, 'f>(&'s self, request: Request<Body<'b>>) -> Answer<'f>
    where
        's: 'f,
        'b: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let authority = head.uri.authority().unwrap().to_string();
            let body = match body {
                Body::Empty => Bytes::new(),
                Body::Json(json) => Bytes::from(json.to_string()),
            };
            head.headers.insert(hyper::header::HOST, authority.parse().unwrap());
            head.uri = head.uri.path_and_query().unwrap().as_str().parse().unwrap();
            let stream = TcpStream::connect(authority).await?;
            let answer = exchange(stream, Request::from_parts(head, Full::new(body)), LIMITS).await;
            answer.map_err(|error| WebDriverError::RequestFailed(error.to_string()))
        })
    }

    fn new<'s, 'f>(&'s self) -> Pin<Box<dyn Future<Output = Arc<dyn HttpClient>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async { Arc::new(Self) as Arc<dyn HttpClient> })
    }
}
