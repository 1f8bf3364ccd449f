//! A platform on a loopback socket that puts every call before the test, and waits for the test's answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use wxlogin_state::{DeviceType, Proxy, Secret};

use super::world::ALLOWANCE;
use crate::config::{Device, DeviceAuth};
use crate::platform::Platform;

pub(super) const QR: &str = "/iPadLogin";
pub(super) const POLL: &str = "/getIPadLoginInfo";
pub(super) const POPUP: &str = "/secondLogin";
pub(super) const LIST: &str = "/queryLoginWx";
pub(super) const LOOK: &str = "/isOnline";
pub(super) const REASON: &str = "/offlineReason";

/// A login that nobody has: asked for by a test only.
const BARRIER: &str = "barrier";

/// A call that has not come by then does not come: no wait between two calls is as long.
const PATIENCE: Duration = Duration::from_secs(20);

type Answer = (StatusCode, String);

/// The platform. Ends with the test's runtime.
pub(super) struct Fake {
    pub(super) client: Platform,
    calls: mpsc::Receiver<Call>,
    /// Calls that came before the one the test waited for.
    earlier: Vec<Call>,
}

/// A call that waits for its answer.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) path: String,
    pub(super) body: Value,
    reply: oneshot::Sender<Answer>,
}

impl Fake {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client(&format!("http://{}", listener.local_addr().unwrap()));
        let (seen, calls) = mpsc::channel(4096);
        let router = Router::new().fallback(hear).with_state(seen);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { client, calls, earlier: Vec::new() }
    }

    /// The next call for a QR.
    pub(super) async fn asked_for_qr(&mut self) -> Call {
        self.next(|call| call.path == QR).await
    }

    /// The next long-poll of `w_id`.
    pub(super) async fn polled(&mut self, w_id: &str) -> Call {
        self.next(|call| call.path == POLL && call.body["wId"] == w_id).await
    }

    /// The next call for the list of who is online.
    pub(super) async fn asked_for_list(&mut self) -> Call {
        self.next(|call| call.path == LIST).await
    }

    /// The next question whether the login `w_id` is online.
    pub(super) async fn asked_about(&mut self, w_id: &str) -> Call {
        self.next(|call| call.path == LOOK && call.body["wId"] == w_id).await
    }

    /// The next question whether any login is online.
    pub(super) async fn asked_about_any(&mut self) -> Call {
        self.next(|call| call.path == LOOK).await
    }

    /// The next box on a phone.
    pub(super) async fn asked_to_pop_up(&mut self) -> Call {
        self.next(|call| call.path == POPUP).await
    }

    /// The next question why an account is offline.
    pub(super) async fn asked_why(&mut self) -> Call {
        self.next(|call| call.path == REASON).await
    }

    /// How many calls for a QR have come that the test has not taken.
    pub(super) fn more_qr_calls(&mut self) -> usize {
        self.more(|call| call.path == QR)
    }

    /// How many long-polls of `w_id` have come that the test has not taken.
    pub(super) fn more_polls(&mut self, w_id: &str) -> usize {
        self.more(|call| call.path == POLL && call.body["wId"] == w_id)
    }

    /// How many calls of this path have come that the test has not taken, once those that were made by now have
    /// had the time to come.
    pub(super) async fn more_of(&mut self, path: &str) -> usize {
        let client = self.client.clone();
        // It takes the way that all calls take, behind them.
        let barrier = tokio::spawn(async move { client.is_online(&BARRIER.parse().unwrap()).await });
        self.asked_about(BARRIER).await.say_online(true);
        barrier.await.unwrap().unwrap();
        self.more(|call| call.path == path)
    }

    /// How many calls have come that the test has not taken, long-polls apart.
    pub(super) async fn more_calls(&mut self) -> usize {
        self.more_of(POLL).await;
        self.more(|call| call.path != POLL)
    }

    async fn next(&mut self, wanted: impl Fn(&Call) -> bool) -> Call {
        if let Some(place) = self.earlier.iter().position(&wanted) {
            return self.earlier.remove(place);
        }
        loop {
            let call = timeout(PATIENCE, self.calls.recv()).await.unwrap().unwrap();
            if wanted(&call) {
                return call;
            }
            self.earlier.push(call);
        }
    }

    fn more(&mut self, wanted: impl Fn(&Call) -> bool) -> usize {
        while let Ok(call) = self.calls.try_recv() {
            self.earlier.push(call);
        }
        self.earlier.iter().filter(|call| wanted(call)).count()
    }
}

impl Call {
    pub(super) fn answer(self, status: u16, body: &str) {
        let answer = (StatusCode::from_u16(status).unwrap(), body.to_owned());
        self.reply.send(answer).unwrap();
    }

    /// Issues the QR of `w_id`.
    pub(super) fn issue(self, w_id: &str) {
        let data = format!(r#"{{"wId":"{w_id}","qrCodeUrl":"http://platform.example/{w_id}.png"}}"#);
        self.answer(200, &format!(r#"{{"code":"1000","data":{data}}}"#));
    }

    /// Somebody has scanned.
    pub(super) fn log_in(self, wc_id: &str) {
        self.answer(200, &format!(r#"{{"code":"1000","data":{{"wcId":"{wc_id}"}}}}"#));
    }

    /// Whom the platform lists as online: accounts, and by which login.
    pub(super) fn list(self, online: &[(&str, &str)]) {
        let entry = |(wc_id, w_id): &(&str, &str)| format!(r#"{{"wcId":"{wc_id}","wId":"{w_id}"}}"#);
        let entries: Vec<String> = online.iter().map(entry).collect();
        self.answer(200, &format!(r#"{{"code":"1000","data":[{}]}}"#, entries.join(",")));
    }

    /// Whether the login is online.
    pub(super) fn say_online(self, online: bool) {
        self.answer(200, &format!(r#"{{"code":"1000","data":{{"isOnline":{online}}}}}"#));
    }

    /// Somebody has confirmed on the phone; the new login is `w_id`.
    pub(super) fn confirm(self, w_id: &str) {
        let wc_id = self.body["wcId"].as_str().unwrap().to_owned();
        self.answer(200, &format!(r#"{{"code":"1000","data":{{"wcId":"{wc_id}","wId":"{w_id}"}}}}"#));
    }

    /// Why the account is offline.
    pub(super) fn explain(self, reason: &str) {
        let wc_id = self.body["wcId"].as_str().unwrap().to_owned();
        self.answer(200, &format!(r#"{{"code":"1000","data":[{{"wcId":"{wc_id}","reason":"{reason}"}}]}}"#));
    }

    /// The platform says no.
    pub(super) fn refuse(self, sentence: &str) {
        self.answer(200, &format!(r#"{{"code":"1001","message":"{sentence}","data":null}}"#));
    }

    /// Done once whoever called has hung up.
    pub(super) async fn hung_up(mut self) {
        self.reply.closed().await;
    }
}

async fn hear(State(seen): State<mpsc::Sender<Call>>, request: Request) -> Answer {
    let path = request.uri().path().to_owned();
    let body = to_bytes(request.into_body(), 64 * 1024).await.unwrap();
    let (reply, answer) = oneshot::channel();
    seen.send(Call { path, body: serde_json::from_slice(&body).unwrap(), reply }).await.unwrap();
    match answer.await {
        Ok(answer) => answer,
        // The test has no answer to it.
        Err(_) => std::future::pending().await,
    }
}

fn client(url: &str) -> Platform {
    let settings = Device {
        base_url: url.parse().unwrap(),
        auth: DeviceAuth::Key { account: None, key: Secret::new("the-key") },
        device_type: DeviceType::Ipad,
        proxy: Proxy::Region(8),
        auto_check: false,
        poll_timeout: Duration::from_secs(250),
        qr_valid_for: ALLOWANCE,
        check_interval: Duration::from_mins(1),
        confirmations: 2,
        max_polls: 10,
    };
    Platform::new(&settings, None, Arc::new(|_| Box::pin(async { Ok(()) }))).unwrap()
}
