//! System B straight over a socket, as the documents describe it.

pub(crate) mod cases;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::failure::FAILURES;
use super::*;
use crate::exchange::{ExchangeError, Limits, exchange};
use crate::sandbox::{Sandbox, SandboxSettings};

const PATIENCE: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// The moment of the seed's first example.
const NOW: i64 = 1_745_649_979;

/// What `md5sum` says of `sandboxapp1745649979sandbox-app-secret`.
const SIGN: &str = "cc493c679252ba4018ea50b600722660";

/// A sandbox whose time of day is the test's, and the codes that it has answered with.
struct World {
    sandbox: Sandbox,
    now: Arc<AtomicI64>,
    answered: Mutex<BTreeSet<u32>>,
}

impl World {
    async fn start() -> Self {
        let now = Arc::new(AtomicI64::new(NOW));
        let told = now.clone();
        let clock = Clock::from_fn(move || Timestamp::from_second(told.load(Ordering::Relaxed)).unwrap());
        let sandbox = Sandbox::start(SandboxSettings { clock, ..SandboxSettings::default() }).await.unwrap();
        Self { sandbox, now, answered: Mutex::default() }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<(u16, Value), ExchangeError> {
        let addr = self.sandbox.addr();
        let mut request = Request::builder().method(method).uri(path).header("host", addr.to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let stream = TcpStream::connect(addr).await.unwrap();
        let limits = Limits { head: PATIENCE, read: PATIENCE, body: 1024 * 1024 };
        let response = exchange(stream, request.body(Full::new(Bytes::from(body))).unwrap(), limits).await?;
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if let Some(code) = code_of(&answer) {
            self.answered.lock().unwrap().insert(code);
        }
        Ok((response.status().as_u16(), answer))
    }

    /// A login with this body; HTTP status 200.
    async fn login(&self, media_type: &str, body: String) -> Value {
        let sent = self.send(Method::POST, LOGIN, &[("content-type", media_type)], body).await;
        let (status, answer) = sent.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// A login that is right in all but perhaps its code.
    async fn login_with(&self, code: &str) -> Value {
        self.login(JSON, signed(&json!({"code": code, "version_number": 1, "channel": "vivo"}))).await
    }

    async fn logout(&self, authorization: &str) -> Value {
        let headers = [("authorization", authorization)];
        self.send(Method::GET, LOGOUT, &headers, String::new()).await.unwrap().1
    }
}

/// JSON with the signature of the seed's first moment.
fn signed(params: &Value) -> String {
    let mut body = json!({"appkey": APPKEY, "timestamp": NOW.to_string(), "sign": SIGN});
    body.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
    body.to_string()
}

/// The code of an answer, whose type has to be as documented.
fn code_of(answer: &Value) -> Option<u32> {
    let code = &answer["code"];
    let number = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
    let is_parameters = (400_104..=400_116).contains(&number);
    assert_eq!(code.is_string(), is_parameters, "{answer}");
    u32::try_from(number).ok()
}

#[tokio::test]
async fn every_parameter_is_checked_as_the_seeds_table_says() {
    let world = World::start().await;
    let timestamp = NOW.to_string();
    let signature = [("appkey", APPKEY), ("timestamp", timestamp.as_str()), ("sign", SIGN)];
    let cases = cases::cases();
    for case in &cases {
        let answer = world.login(case.media_type(), case.body(&signature)).await;
        assert_eq!(code_of(&answer), Some(case.code), "{}: {answer}", case.what);
        let sentence =
            FAILURES.iter().find(|(code, _)| *code == case.code).map_or("success", |known| known.1);
        assert_eq!(answer["msg"], sentence, "{}", case.what);
    }
    assert_eq!(cases.len(), 350, "how many cases there are");
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn every_code_is_reached_by_what_the_help_says() {
    let world = World::start().await;
    let post = |path, body| world.send(Method::POST, path, &[("content-type", JSON)], body);
    // 200, and a code that is used a second time.
    let token = world.login_with("alice.1").await["data"]["access_token"].as_str().unwrap().to_owned();
    let again = world.login_with("alice.1").await;
    assert_eq!(
        (&again["code"], &again["msg"]),
        (&json!(400_194), &json!("微信接口调用异常: 40163 code been used"))
    );
    // Every parameter.
    let timestamp = NOW.to_string();
    let signature = [("appkey", APPKEY), ("timestamp", timestamp.as_str()), ("sign", SIGN)];
    for case in cases::cases() {
        world.login(case.media_type(), case.body(&signature)).await;
    }
    // What a code asks for, as often as one likes.
    for code in [400_193, 400_194, 400_195, 400_196, 400_197, 400_198, 400_199, 400_250, 429, 500] {
        for _ in 0..2 {
            assert_eq!(world.login_with(&format!("fail-{code}")).await["code"], code);
        }
    }
    assert_eq!(world.login_with("fail-400104").await["code"], 200, "an ordinary name");
    // The way there.
    for (method, path, status) in
        [(Method::POST, "/v1/login/qq", 404), (Method::GET, LOGIN, 405), (Method::POST, LOGOUT, 405)]
    {
        let (seen, answer) = world.send(method, path, &[], String::new()).await.unwrap();
        assert_eq!((seen, &answer["code"]), (status, &json!(status)), "{path}");
    }
    assert_eq!(post(LOGIN, " ".repeat(MAX_BODY + 1)).await.unwrap().0, 413);
    // Tokens.
    let (status, answer) = world.send(Method::GET, LOGOUT, &[], String::new()).await.unwrap();
    assert_eq!((status, answer["code"].as_u64()), (200, Some(400)));
    assert_eq!(world.logout("Bearer nonsense").await["code"], 401);
    world.now.fetch_add(864_000, Ordering::Relaxed);
    assert_eq!(world.logout(&format!("Bearer {token}")).await["code"], 402);
    let expected: BTreeSet<u32> = FAILURES.iter().map(|(code, _)| *code).chain([200]).collect();
    assert_eq!(*world.answered.lock().unwrap(), expected);
    for code in expected {
        assert!(include_str!("../help.txt").contains(&code.to_string()), "the help says nothing of {code}");
    }
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn the_signature_comes_before_the_parameters() {
    let world = World::start().await;
    for (change, code) in [
        (json!({"appkey": null}), 400),
        (json!({"appkey": ""}), 400),
        (json!({"appkey": "nobody"}), 400),
        (json!({"appkey": ["sandboxapp"]}), 400),
        (json!({"timestamp": null}), 400),
        (json!({"timestamp": "174564997"}), 400),
        (json!({"timestamp": "17456499790"}), 400),
        (json!({"timestamp": "174564997x"}), 400),
        (json!({"timestamp": "-174564997"}), 400),
        (json!({"sign": null}), 400),
        (json!({"sign": "cc493c679252ba4018ea50b600722661"}), 401),
        (json!({"sign": SIGN.to_uppercase()}), 401),
        (json!({"timestamp": "1745649980"}), 401),
    ] {
        // The parameters are wrong as well.
        let answer = world.login(JSON, signed(&change)).await;
        assert_eq!(answer["code"], code, "{change}: {answer}");
    }
    let right = signed(&json!({"timestamp": NOW}));
    assert_eq!(world.login(JSON, right.clone()).await["code"], "400104", "a timestamp may be a number");
    let twice = right.replacen('{', "{\"appkey\":\"sandboxapp\",", 1);
    assert_eq!(world.login(JSON, twice).await["code"], 400);
    for (media_type, body) in
        [("text/plain", right.as_str()), (FORM, &right), (JSON, "[]"), (JSON, "{"), (FORM, "")]
    {
        assert_eq!(world.login(media_type, body.to_owned()).await["code"], 400, "{media_type} {body}");
    }
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_clock_may_be_off_by_five_minutes_and_no_more() {
    let world = World::start().await;
    for (skew, code) in [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)] {
        world.now.store(NOW + skew, Ordering::Relaxed);
        assert_eq!(world.login_with(&format!("skew{skew}")).await["code"], code, "{skew} s");
    }
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn who_is_new_is_registered_and_keeps_the_number() {
    let world = World::start().await;
    let first = world.login_with("alice.1").await["data"].clone();
    let second = world.login_with("alice.2").await["data"].clone();
    let other = world.login_with("bob.1").await["data"].clone();
    assert_eq!(first["uid"], second["uid"]);
    assert_ne!(first["uid"], other["uid"]);
    assert_ne!(first["access_token"], second["access_token"]);
    assert_eq!(first["token_expired_at"], NOW + 864_000, "as in the seed's examples");
    let names: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "token_expired_at", "uid"]);
    // MTc0NTY0OTk3OQ== is 1745649979.
    let token = first["access_token"].as_str().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let [time, digest, _] = parts[..] else { panic!("{token}") };
    assert_eq!((time, digest.len()), ("MTc0NTY0OTk3OQ==", 32));
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_whole_user_has_every_member_of_the_seeds_example() {
    let world = World::start().await;
    let params = json!({"code": "alice", "version_number": 7, "channel": "vivo", "oaid": "o", "device_id": "d",
        "need_user_detail": 1});
    let answer = world.login(JSON, signed(&params)).await;
    let example: Value = serde_json::from_str(include_str!("../../platform/app/tests/whole.json")).unwrap();
    let names = |answer: &Value| answer["data"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&answer), names(&example));
    let user = &answer["data"];
    assert_eq!(
        [&user["nickname"], &user["version_number"], &user["channel"], &user["oaid"], &user["device_id"]],
        [&json!("alice"), &json!(7), &json!("vivo"), &json!("o"), &json!("d")]
    );
    assert_eq!(user["created_at"], "2025-04-26 14:46:19");
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_token_ends_with_its_logout() {
    let world = World::start().await;
    let answer = world.login_with("alice").await;
    let bearer = format!("Bearer {}", answer["data"]["access_token"].as_str().unwrap());
    assert_eq!(world.logout(&bearer).await, json!({"code": 200, "msg": "success"}));
    assert_eq!(world.logout(&bearer).await["code"], 401);
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn the_script_and_the_tally_serve_these_calls_too() {
    let world = World::start().await;
    let rules = json!([
        {"call": LOGIN, "fault": {"status": 502, "body": "<html>"}},
        {"call": LOGIN, "after": true, "fault": "reset"},
        {"call": LOGOUT, "fault": {"answer": {"code": 429, "message": "slow"}}},
    ]);
    let added = world.send(Method::POST, "/sandbox/script", &[], rules.to_string()).await.unwrap();
    assert_eq!(added, (200, json!({"scriptRulesLeft": 3})));
    let body = signed(&json!({"code": "alice", "version_number": 1, "channel": "vivo"}));
    let login = || world.send(Method::POST, LOGIN, &[("content-type", JSON)], body.clone());
    assert_eq!(login().await.unwrap().0, 502);
    assert!(matches!(login().await, Err(ExchangeError::Connection(_))));
    assert_eq!(
        login().await.unwrap().1["code"],
        400_194,
        "the code was used before the connection was reset"
    );
    assert_eq!(world.logout("Bearer x").await["message"], "slow");
    let (_, state) = world.send(Method::GET, "/sandbox/state", &[], String::new()).await.unwrap();
    assert_eq!((&state["calls"][LOGIN], &state["calls"][LOGOUT]), (&json!(3), &json!(1)));
    world.sandbox.shutdown().await;
}
