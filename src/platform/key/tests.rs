//! The keyring under many callers, refusals and a paused clock.

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::super::trouble::Excerpt;
use super::*;

/// Counts logins, and remembers what was kept.
#[derive(Default)]
struct Platform {
    logins: AtomicUsize,
    kept: StdMutex<Vec<Secret>>,
}

impl Platform {
    fn keep(self: &Arc<Self>) -> KeepKey {
        let this = Arc::clone(self);
        Arc::new(move |key| {
            let this = Arc::clone(&this);
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                this.kept.lock().unwrap().push(key);
                Ok(())
            })
        })
    }

    /// The n-th login issues `key-n`, after a while.
    async fn login(&self) -> Result<Secret, Trouble> {
        let number = self.logins.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(Secret::new(format!("key-{number}")))
    }

    async fn frozen(&self) -> Result<Secret, Trouble> {
        self.login().await?;
        Err(Trouble::AccountFrozen)
    }

    fn logins(&self) -> usize {
        self.logins.load(Ordering::Relaxed)
    }
}

fn refusal() -> Trouble {
    Trouble::KeyRefused { body: Excerpt("refused".into()) }
}

fn key(text: &str) -> Secret {
    Secret::new(text)
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_without_a_key_cause_one_login() {
    let platform = Arc::new(Platform::default());
    let keyring = Arc::new(Keyring::renewable(None, platform.keep()));
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (keyring, platform) = (Arc::clone(&keyring), Arc::clone(&platform));
        callers.spawn(async move {
            let key = keyring.current(|| platform.login()).await.unwrap();
            assert_eq!(
                platform.kept.lock().unwrap().as_slice(),
                std::slice::from_ref(&key),
                "kept before it is used"
            );
            key
        });
    }
    assert!(callers.join_all().await.iter().all(|had| *had == key("key-1")));
    assert_eq!(platform.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_with_a_refused_key_cause_one_login() {
    let platform = Arc::new(Platform::default());
    let keyring = Arc::new(Keyring::renewable(Some(key("old")), platform.keep()));
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (keyring, platform) = (Arc::clone(&keyring), Arc::clone(&platform));
        callers.spawn(
            async move { keyring.replace(&key("old"), refusal(), || platform.login()).await.unwrap() },
        );
    }
    assert!(callers.join_all().await.iter().all(|had| *had == key("key-1")));
    assert_eq!(platform.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_from_an_earlier_run_needs_no_login() {
    let platform = Arc::new(Platform::default());
    let keyring = Keyring::renewable(Some(key("old")), platform.keep());
    assert_eq!(keyring.current(|| platform.login()).await.unwrap(), key("old"));
    assert_eq!(platform.logins(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_refused_when_new_is_trouble_and_not_another_login() {
    let platform = Arc::new(Platform::default());
    let keyring = Keyring::renewable(None, platform.keep());
    let new = keyring.current(|| platform.login()).await.unwrap();
    let refused = keyring.replace(&new, refusal(), || platform.login()).await;
    assert!(matches!(refused, Err(Trouble::KeyRefused { .. })), "{refused:?}");
    assert_eq!(platform.logins(), 1);
    tokio::time::advance(PAUSE).await;
    assert_eq!(keyring.replace(&new, refusal(), || platform.login()).await.unwrap(), key("key-2"));
}

#[tokio::test(start_paused = true)]
async fn a_failed_login_is_tried_again_after_the_pause_and_not_before() {
    let platform = Arc::new(Platform::default());
    let keyring = Keyring::renewable(None, platform.keep());
    let failed = keyring.current(|| platform.frozen()).await.unwrap_err();
    assert!(
        matches!(&failed, Trouble::LoginFailed(why) if matches!(**why, Trouble::AccountFrozen)),
        "{failed:?}"
    );
    for _ in 0..50 {
        let paused = keyring.current(|| platform.frozen()).await.unwrap_err();
        assert!(
            matches!(&paused, Trouble::LoginPaused { wait, .. } if *wait <= PAUSE) && paused.is_refusal()
        );
    }
    assert_eq!(platform.logins(), 1);
    tokio::time::advance(PAUSE).await;
    assert_eq!(keyring.current(|| platform.login()).await.unwrap(), key("key-2"));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_could_not_be_kept_is_not_used() {
    let platform = Arc::new(Platform::default());
    let keyring =
        Keyring::renewable(None, Arc::new(|_| Box::pin(async { Err("the store is full".to_owned()) })));
    let failed = keyring.current(|| platform.login()).await.unwrap_err();
    assert!(
        matches!(&failed, Trouble::LoginFailed(why) if matches!(**why, Trouble::KeyNotKept(_))),
        "{failed:?}"
    );
    assert!(keyring.held.lock().await.key.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_does_not_take_the_login_away_from_the_others() {
    let platform = Arc::new(Platform::default());
    let keyring = Keyring::renewable(None, platform.keep());
    let left = tokio::time::timeout(Duration::from_millis(50), keyring.current(|| platform.login())).await;
    assert!(left.is_err());
    assert_eq!(keyring.current(|| platform.login()).await.unwrap(), key("key-2"));
}

#[tokio::test(start_paused = true)]
async fn a_configured_key_is_never_replaced() {
    let platform = Arc::new(Platform::default());
    let keyring = Keyring::fixed(key("given"), platform.keep());
    let refused = keyring.replace(&key("given"), refusal(), || platform.login()).await;
    assert!(matches!(refused, Err(Trouble::KeyRefused { .. })), "{refused:?}");
    assert_eq!(platform.logins(), 0);
}

fn login_answer(body: &str) -> Result<Secret, Trouble> {
    issued_key(&Reply { status: 200, body: Bytes::copy_from_slice(body.as_bytes()), secrets: &[] })
}

#[test]
fn the_login_answers_with_the_key() {
    let body = r#"{"code":"1000","message":"处理成功","data":{"Authorization":"eyJh.bG","callbackUrl":null,"status":"0"}}"#;
    assert_eq!(login_answer(body).unwrap(), key("eyJh.bG"));
}

#[test]
fn an_account_that_is_frozen_or_has_expired_is_named_so() {
    let answer = |status: &str| {
        login_answer(&format!(r#"{{"code":"1000","data":{{"Authorization":"k","status":{status}}}}}"#))
    };
    assert!(matches!(answer("1"), Err(Trouble::AccountFrozen)));
    assert!(matches!(answer("\"2\""), Err(Trouble::AccountExpired)));
    assert!(answer("null").is_ok());
}

#[test]
fn a_login_without_a_usable_key_is_trouble() {
    let missing = login_answer(r#"{"code":"1000","data":{"status":0}}"#);
    assert!(matches!(missing, Err(Trouble::Incomplete { .. })), "{missing:?}");
    let broken = login_answer(r#"{"code":"1000","data":{"Authorization":"a\r\nb"}}"#);
    assert!(
        matches!(&broken, Err(Trouble::Unreadable { body, .. }) if !body.0.contains("a\\r")),
        "{broken:?}"
    );
    let refused = login_answer(r#"{"code":"1001","message":"账号或密码错误","data":null}"#);
    assert!(matches!(refused, Err(Trouble::Refused { .. })), "{refused:?}");
}
