//! A browser: chromedriver as a process of the test's own, and the page that it drives.

use std::env;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, ErrorStatus};
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::driver::Driver;
use crate::harness::PATIENCE;

/// Browsers at once: each wants a processor and a quarter of a gigabyte.
static ROOM: Semaphore = Semaphore::const_new(2);

/// The member that names an element (W3C WebDriver, "web element identifier").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Between two looks at the page.
const LOOK_AGAIN: Duration = Duration::from_millis(40);

/// A page in a browser that the test has for itself.
#[derive(Debug)]
pub(crate) struct Page {
    driver: Driver,
}

/// Runs a test with a browser in this language, and ends the browser whatever becomes of the test.
pub(crate) async fn browse(language: &str, test: impl AsyncFnOnce(&Page)) {
    let _place = ROOM.acquire().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let page = Page { driver: Driver::start(dir.path(), language).await };
    let done = AssertUnwindSafe(test(&page)).catch_unwind().await;
    page.driver.quit().await;
    if let Err(panic) = done {
        resume_unwind(panic);
    }
}

impl Page {
    pub(crate) async fn goto(&self, url: &str) {
        self.driver.client.goto(url).await.unwrap();
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.run_with(script, Vec::new()).await
    }

    /// What a script returns that is given these as `arguments`.
    pub(crate) async fn run_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.driver.client.execute(script, arguments).await.unwrap()
    }

    /// Waits for an element that is to be seen and has this text.
    pub(crate) async fn sees(&self, css: &str, text: &str) -> Element {
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

    async fn look(&self, css: &str, text: &str) -> Option<Element> {
        // Brought to where a person would use it: chromedriver takes what the page's head covers for visible.
        let script = "const found = [...document.querySelectorAll(arguments[0])].find((element) => \
            element.checkVisibility() && element.textContent.includes(arguments[1])); \
            found?.scrollIntoView({block: 'nearest'}); return found ?? null";
        let found = self.run_with(script, vec![css.into(), text.into()]).await;
        let name = ElementRef::from(found[ELEMENT].as_str()?.to_owned());
        Some(Element::from_element_id(self.driver.client.clone(), name))
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
    async fn with(&self, css: &str, text: &str, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        let mut last = None;
        let acting = async {
            loop {
                let Err(error) = act(self.sees(css, text).await).await else { return };
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
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.driver.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.driver.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Cuts the browser's network off, or lets it have it again.
    pub(crate) async fn online(&self, online: bool) {
        let network =
            json!({"offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.driver.devtools("Network.enable", json!({})).await;
        self.driver.devtools("Network.emulateNetworkConditions", network).await;
    }

    /// Runs this before the scripts of every page to come.
    pub(crate) async fn prepare(&self, script: &str) {
        let source = json!({"source": script});
        self.driver.devtools("Page.addScriptToEvaluateOnNewDocument", source).await;
    }

    /// Saves a picture of the page, where somebody wants pictures.
    pub(crate) async fn picture(&self, name: &str) {
        if let Some(dir) = env::var_os("WXLOGIND_PICTURES") {
            std::fs::create_dir_all(&dir).unwrap();
            let png = self.driver.client.screenshot().await.unwrap();
            std::fs::write(std::path::Path::new(&dir).join(name), png).unwrap();
        }
    }

    /// The browser has noted something of these kinds, and nothing else: it notes each answer that is no success. It
    /// counts no more.
    pub(crate) async fn has_complained_of(&self, parts: &[&str]) {
        let complaints = self.complaints().await;
        let is_expected = |said: &&String| parts.iter().any(|part| said.contains(part));
        let (expected, others): (Vec<_>, Vec<_>) = complaints.iter().partition(is_expected);
        assert!(!expected.is_empty(), "the browser does not complain of {parts:?}");
        assert!(others.is_empty(), "the browser complains of more than {parts:?}: {others:#?}");
    }

    /// The browser has noted no error and no violation; asked while the daemon is still there.
    pub(crate) async fn has_nothing_to_complain_about(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }

    /// What the browser has noted since it was last asked, errors and violations only.
    async fn complaints(&self) -> Vec<String> {
        let log = self.driver.log().await;
        let entries = log.iter().filter(|entry| entry["level"] == "SEVERE");
        entries.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }
}

/// Whether this is wrong with an element for a moment only, because the page draws itself anew or moves.
fn passes(error: &CmdError) -> bool {
    let CmdError::Standard(error) = error else { return false };
    matches!(
        error.error,
        ErrorStatus::StaleElementReference
            | ErrorStatus::ElementClickIntercepted
            | ErrorStatus::ElementNotInteractable
    )
}
