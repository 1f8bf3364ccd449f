//! The client against the sandbox, and what it puts on the wire.

use std::error::Error;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::exchange::{ExchangeError, exchange};
use crate::sandbox;
use crate::sandbox::{OfficialAccountSettings, Sandbox, SandboxSettings};

/// A sandbox and the client of the account that it knows.
struct World {
    sandbox: Sandbox,
    platform: OfficialAccountPlatform,
}

impl World {
    async fn start() -> Self {
        Self::with(OfficialAccountSettings::default(), sandbox::USER_DOMAIN).await
    }

    async fn with(official_account: OfficialAccountSettings, user_domain: &str) -> Self {
        let settings = SandboxSettings { official_account, ..SandboxSettings::default() };
        let sandbox = Sandbox::start(settings).await.unwrap();
        let secret = Secret::new(sandbox::USER_DOMAIN_SECRET);
        let base_url = sandbox.base_url();
        let platform = OfficialAccountPlatform::new(base_url, sandbox::APP_ID, user_domain, &secret).unwrap();
        Self { sandbox, platform }
    }

    async fn log_in(&self, code: &str) -> Result<Answer, Trouble> {
        self.platform.login(&login(code)).await
    }

    /// Adds rules to the sandbox's script.
    async fn script(&self, rules: &Value) {
        let stream = TcpStream::connect(self.sandbox.addr()).await.unwrap();
        let request = hyper::Request::post("/sandbox/script")
            .header("host", "sandbox")
            .body(rules.to_string().into())
            .unwrap();
        let limits = Limits { head: ORDINARY, read: READ, body: LARGEST };
        assert_eq!(exchange(stream, request, limits).await.unwrap().status(), 200);
    }

    async fn end(self) {
        self.sandbox.shutdown().await;
    }
}

fn login(code: &str) -> Login {
    Login { code: Secret::new(code), mcc: None }
}

fn tokens(answer: Result<Answer, Trouble>) -> (Token, RefreshToken) {
    match answer {
        Ok(Answer::LoggedIn { access, refresh: Some(refresh), .. }) => (access, refresh),
        other => panic!("no tokens: {other:?}"),
    }
}

fn refusal(answer: Result<Answer, Trouble>) -> i64 {
    match answer {
        Ok(Answer::Refused { code, .. }) => code,
        other => panic!("no refusal: {other:?}"),
    }
}

/// The head of the request that a call makes, and what the call makes of this answer.
async fn exchanged(
    call: impl AsyncFnOnce(OfficialAccountPlatform) -> Result<Answer, Trouble>,
    answer: &str,
) -> (String, Result<Answer, Trouble>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/gate/way/", listener.local_addr().unwrap());
    let platform = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(seen).unwrap()
    };
    tokio::join!(platform, call(account(&base_url, APP_ID, DOMAIN)))
}

/// An answer that is no success, of a platform whose HTTP is all right.
const REFUSED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"code\":5368}";

#[tokio::test]
async fn a_login_is_a_post_with_everything_in_the_query_and_no_body() {
    let code = Login { code: Secret::new("授权 码&x=1%2B+/"), mcc: Some(-460) };
    let (head, answer) = exchanged(async |platform| platform.login(&code).await, REFUSED).await;
    assert_eq!(refusal(answer), 5368);
    let expected = "POST /gate/way/v2/enduser/enduserapi/wechatOffiaccountAuthLogin\
                    ?appId=wx0000000000000001\
                    &code=%E6%8E%88%E6%9D%83+%E7%A0%81%26x%3D1%252B%2B%2F\
                    &signature=139ae53d6b1fa3780983523f6dc857ec074df459c865b80cb0341530a9053dd9\
                    &userDomain=bots.sandbox&mcc=-460 HTTP/1.1\r\n";
    assert!(head.starts_with(expected), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "no body: {head}");
    assert!(!head.contains(DOMAIN_SECRET) && !head.contains("content-type"), "{head}");
}

#[tokio::test]
async fn a_refresh_is_a_put_with_the_token_in_the_query() {
    let token = Secret::new("r+1/=令");
    let (head, _) = exchanged(async |platform| platform.refresh(&token).await, REFUSED).await;
    let expected =
        "PUT /gate/way/v2/enduser/enduserapi/refreshToken?refreshToken=r%2B1%2F%3D%E4%BB%A4 HTTP/1.1\r\n";
    assert!(head.starts_with(expected) && head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn a_user_is_logged_in_and_stays_so_through_refreshes() {
    let world = World::start().await;
    // The signature is over the code as it is, so it survives every kind of character.
    let (access, refresh) = tokens(world.log_in("授权 码&x=1%2B+/\"'<>#?").await);
    assert!(Some(access.expires_at) < refresh.expires_at);
    let (next_access, next_refresh) = tokens(world.platform.refresh(&refresh.secret).await);
    assert_ne!((&access.secret, &refresh.secret), (&next_access.secret, &next_refresh.secret));
    // The answer to that was lost; the old token still serves.
    let (_, latest) = tokens(world.platform.refresh(&refresh.secret).await);
    tokens(world.platform.refresh(&latest.secret).await);
    assert_eq!(refusal(world.platform.refresh(&refresh.secret).await), 5368);
    world.end().await;
}

#[tokio::test]
async fn the_codes_that_only_the_platform_knows_reach_the_caller_as_they_are() {
    let world = World::start().await;
    for code in [5013, 5015, 5023, 5104, 5218, 5367, 5368, 5369, 5372, 6084, 6085] {
        let asked = world.log_in(&format!("fail-{code}")).await;
        let Ok(Answer::Refused { code: read, sentence, body }) = asked else { panic!("{code}: {asked:?}") };
        let body: Value = serde_json::from_slice(body.reveal()).unwrap();
        assert_eq!((read, &body["code"], &body["msg"]), (code, &json!(code), &json!(sentence)));
    }
    for (mcc, code) in [(310, 6084), (7, 6085)] {
        let login = Login { code: Secret::new("abroad"), mcc: Some(mcc) };
        assert_eq!(refusal(world.platform.login(&login).await), code);
    }
    assert_eq!(refusal(world.log_in(&"x".repeat(129)).await), 5368);
    tokens(world.log_in("twice").await);
    assert_eq!(refusal(world.log_in("twice").await), 5368);
    world.end().await;
    for (domain, code) in [("disabled.sandbox", 5104), ("elsewhere.sandbox", 5015), ("?", 5013), ("", 5023)] {
        let world = World::with(OfficialAccountSettings::default(), domain).await;
        assert_eq!(refusal(world.log_in("c0de").await), code, "{domain}");
        world.end().await;
    }
}

#[tokio::test]
async fn whatever_breaks_on_the_way_is_trouble_and_no_outcome() {
    let world = World::start().await;
    let seed: Value = serde_json::from_str(include_str!("seed_answer.json")).unwrap();
    let faults = [
        (json!("reset"), "exchange"),
        (json!("close"), "exchange"),
        (json!("half-body"), "exchange"),
        (json!("garbage"), "unreadable"),
        (json!({"status": 200, "body": "<html>maintenance</html>"}), "unreadable"),
        (json!({"status": 504, "body": "<html>"}), "status"),
        (json!({"answer": {"status": 404, "error": "Not Found"}}), "unreadable"),
        (json!({"answer": {"code": 200, "data": null}}), "incomplete"),
        (json!({"answer": seed}), "incomplete"),
        (json!({"answer": "x".repeat(LARGEST)}), "exchange"),
    ];
    for (fault, expected) in &faults {
        world.script(&json!([{"call": LOGIN, "fault": fault}, {"call": REFRESH, "fault": fault}])).await;
        for answer in [world.log_in("c0de").await, world.platform.refresh(&Secret::new("r1")).await] {
            let trouble = answer.unwrap_err();
            let kind = match &trouble {
                Trouble::Exchange(_) => "exchange",
                Trouble::Unreadable { .. } => "unreadable",
                Trouble::Status { .. } => "status",
                Trouble::Incomplete { .. } => "incomplete",
                _ => "another",
            };
            assert_eq!(kind, *expected, "{fault}: {trouble:?}");
            assert!(!trouble.is_refusal());
        }
    }
    // None of them used the code up.
    tokens(world.log_in("c0de").await);
    world.end().await;
}

#[tokio::test]
async fn a_platform_that_says_nothing_has_half_a_minute() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let platform = account(&format!("http://{}", listener.local_addr().unwrap()), APP_ID, DOMAIN);
    let silent = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        stream.read_buf(&mut seen).await.unwrap();
        // The clock stands still, and jumps to the next deadline.
        tokio::time::pause();
        std::future::pending::<()>().await;
    };
    let login = login("c0de");
    let late = tokio::select! {
        answer = platform.login(&login) => answer.unwrap_err(),
        () = silent => unreachable!(),
    };
    assert!(matches!(late, Trouble::Exchange(ExchangeError::NoAnswer(limit)) if limit == ORDINARY));
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_told_to_the_caller_as_the_tables_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let trouble = account(&base_url, APP_ID, DOMAIN).login(&login("c0de")).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unreachable(_)), "{trouble:?}");
    assert_eq!(Refusal::NoAnswer.code(), 5367);
}

#[tokio::test]
async fn no_code_signature_secret_or_token_is_shown_by_anything() {
    let echo = |words: &str| format!("HTTP/1.1 502 No\r\nconnection: close\r\n\r\n<p>cannot {words}");
    let asked = login("c0de-canary 令");
    let quoted = "code c0de-canary 令, c0de-canary+%E4%BB%A4, domain secret sandbox-user-domain-secret";
    let (head, echoed) = exchanged(async |platform| platform.login(&asked).await, &echo(quoted)).await;
    let signature = head.split("signature=").nth(1).unwrap().split('&').next().unwrap();
    let page = echo(&format!("signed {signature}, asked {}", head.lines().next().unwrap()));
    let (_, quoting) = exchanged(async |platform| platform.login(&asked).await, &page).await;
    let token = Secret::new("t0ken-canary 令");
    let page = echo("t0ken-canary 令 and t0ken-canary+%E4%BB%A4");
    let (_, refreshing) = exchanged(async |platform| platform.refresh(&token).await, &page).await;
    let world = World::start().await;
    let logged_in = world.log_in("c0de-canary 令").await;
    let refused = world.log_in("c0de-canary 令").await;
    let own = format!("{asked:?} {:?}", world.platform);
    world.end().await;
    let troubles = [&echoed, &quoting, &refreshing].map(describe);
    let shown = [own, describe(&logged_in), describe(&refused), troubles.join("\n")].join("\n");
    let (access, refresh) = tokens(logged_in);
    for secret in ["canary", DOMAIN_SECRET, signature, access.secret.reveal(), refresh.secret.reveal()] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    for trouble in troubles {
        assert!(trouble.contains("<p>cannot") && trouble.contains("…"), "{trouble}");
    }
}

/// Everything that an outcome says of itself.
fn describe(answer: &Result<Answer, Trouble>) -> String {
    let trouble = answer.as_ref().err();
    let words = trouble.map(|trouble| (trouble.to_string(), trouble.source(), trouble.body_excerpt()));
    format!("{answer:?} {words:?}")
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let world = World::start().await;
    world.script(&json!({"call": LOGIN, "delay": "50ms"})).await;
    let began = tokio::time::Instant::now();
    tokens(world.log_in("slow").await);
    assert!(began.elapsed() >= Duration::from_millis(50));
    world.end().await;
}
