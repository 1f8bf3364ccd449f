//! The client against a fake daemon on a real socket.

use std::time::Duration;

use wxlogin_state::{Method, Secret, StateName, Version};

use super::fake::{self, Asked, Fake};
use super::{Advice, Client, ClientError, Filter, QrForm, Target};
use crate::wire::{ChangeAccount, CreateSession, LogInAgain, Problem, ProblemCode};

#[tokio::test]
async fn a_login_goes_from_its_qr_to_its_end() {
    let fake = Fake::start();
    let client = fake.client();
    let created = client.create(&CreateSession::default()).await.unwrap();
    assert!(created.fresh);
    let w_id = created.session.w_id.as_str();
    assert_eq!(client.qr(w_id, QrForm::Text).await.unwrap(), fake::BLOCKS);
    fake.change(w_id, fake::code_wanted);
    assert!(client.verify(w_id, &Secret::new(fake::CODE)).await.unwrap().verify.unwrap().in_flight);
    assert_eq!(client.session(w_id).await.unwrap().state, StateName::Online);
    assert_eq!(client.end(w_id).await.unwrap().state, StateName::Dropped);
    assert_eq!(client.history(w_id).await.unwrap().len(), 1);
    assert!(!client.create(&CreateSession::default()).await.unwrap().fresh);
}

#[tokio::test]
async fn a_blocking_read_ends_with_the_change_or_with_its_time() {
    let fake = Fake::start();
    fake.world().sessions.push(fake::session("w"));
    let client = fake.client();
    let unchanged = client.session_after("w", Version(1), Duration::from_millis(20)).await.unwrap();
    assert_eq!(unchanged.version, Version(1));
    let wait = Duration::from_secs(30);
    let (changed, ()) = tokio::join!(client.session_after("w", Version(1), wait), async {
        fake.read_times(2).await;
        fake.change("w", fake::slider_wanted);
    });
    assert_eq!(changed.unwrap().state, StateName::Slider);
    assert_eq!(client.slider_done("w").await.unwrap().state, StateName::Online);
}

#[tokio::test]
async fn all_sessions_come_page_after_page() {
    let fake = Fake::start();
    fake.world().sessions.extend((0..7).map(|n| fake::session(&format!("w{n}"))));
    let client = fake.client();
    let page = client.sessions(&Filter { limit: Some(3), ..Filter::default() }).await.unwrap();
    assert_eq!((page.sessions.len(), page.next.as_deref()), (3, Some("3")));
    let all = client.all_sessions(&Filter { limit: Some(3), ..Filter::default() }).await.unwrap();
    assert_eq!(all.len(), 7);
    let none = Filter { state: Some(StateName::Online), ..Filter::default() };
    assert!(client.all_sessions(&none).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_account_is_logged_in_again_changed_explained_and_forgotten() {
    let fake = Fake::start();
    fake.world().accounts.push(fake::offline("wxid_a"));
    let client = fake.client();
    let how = LogInAgain { method: Some(Method::PopUp), force: true };
    let relogin = client.relogin("wxid_a", &how).await.unwrap().relogin.unwrap();
    assert_eq!(relogin.method, Method::PopUp);
    let change = ChangeAccount { label: Some("shop".parse().unwrap()), auto_relogin: Some(false) };
    let changed = client.change_account("wxid_a", &change).await.unwrap();
    assert!(changed.label.is_some() && !changed.auto_relogin);
    assert!(client.why_account("wxid_a").await.unwrap_err().is_not_found());
    fake.world().why = Some(fake::why());
    assert_eq!(client.why_account("wxid_a").await.unwrap(), fake::why());
    assert_eq!(client.why_session("w-1").await.unwrap(), fake::why());
    client.forget("wxid_a").await.unwrap();
    assert!(client.forget("wxid_a").await.unwrap_err().is_not_found());
    let asked = [Asked::Relogin(how), Asked::Change(change), Asked::Forget, Asked::Forget];
    assert_eq!(fake.world().asked, asked);
}

#[tokio::test]
async fn a_refusal_keeps_its_code_field_and_state() {
    let fake = Fake::start();
    fake.world().sessions.push(fake::session("w"));
    let refused = fake.client().verify("w", &Secret::new("1")).await.unwrap_err();
    let problem = refused.problem().unwrap();
    assert_eq!((&problem.code, problem.state), (&ProblemCode::WrongState, Some(StateName::QrIssued)));
    fake.world().refusal = Some(Problem::new(ProblemCode::InvalidRequest, "too long").at_field("label"));
    let refused = fake.client().create(&CreateSession::default()).await.unwrap_err();
    assert_eq!(refused.to_string(), "label: too long");
    assert!(fake.client().session("nobody").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_shown_not_trusted() {
    let fake = Fake::start();
    fake.client().health().await.unwrap();
    let error = fake.client().ready().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreadable { status: 502, .. }), "{error}");
    assert!(error.to_string().contains("<html>"));
}

#[tokio::test]
async fn a_missing_daemon_is_told_from_a_forbidden_one() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = Target::Socket(dir.path().join("control.sock"));
    let error = Client::new(nowhere).health().await.unwrap_err();
    assert!(
        error.is_unreachable() && error.to_string().contains("is it running? (systemctl status wxlogind")
    );
    let advice = Advice::NotAllowed { group: Some("wxlogind".to_owned()) };
    assert!(advice.to_string().contains("usermod -aG wxlogind"));
    assert!(!Advice::NotAllowed { group: None }.to_string().contains("usermod"));
}

#[tokio::test]
async fn a_daemon_that_hangs_up_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let client = Client::new(Target::Url { host, token: Secret::new("t0ken") });
    let (result, request) = tokio::join!(client.health(), async {
        use tokio::io::AsyncReadExt;
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = vec![0; 1024];
        let read = stream.read(&mut seen).await.unwrap();
        String::from_utf8_lossy(&seen[..read]).to_ascii_lowercase()
    });
    assert!(request.contains("authorization: bearer t0ken\r\n"), "{request}");
    assert!(result.unwrap_err().to_string().contains("gave no complete answer"));
}
