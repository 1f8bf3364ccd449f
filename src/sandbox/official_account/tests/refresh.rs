//! The refresh: what rotation leaves good, and when a token ends.

use serde_json::json;

use super::*;

fn dead(answer: &Value) -> &str {
    assert_eq!((&answer["code"], &answer["data"]), (&json!(5368), &Value::Null), "{answer}");
    answer["extMsg"].as_str().unwrap()
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_with_full_lives() {
    let client = Client::start().await;
    let first = client.logged_in("a").await;
    client.pass(7000);
    let answer = client.refresh(&first).await;
    assert_eq!(answer["data"]["accessToken"]["expirationTime"], BEGIN + 7000 + 7200);
    assert_eq!(answer["data"]["refreshToken"]["expirationTime"], BEGIN + 7000 + 30 * 24 * 3600);
    assert_ne!(refresh_token(&answer), first);
    client.end().await;
}

#[tokio::test]
async fn an_old_token_stays_good_until_the_new_one_is_used() {
    let client = Client::start().await;
    let r1 = client.logged_in("a").await;
    let other = client.logged_in("b").await;
    let r2 = refresh_token(&client.refresh(&r1).await);
    // The answer was lost, so the old one is used again.
    let r3 = refresh_token(&client.refresh(&r1).await);
    let exchanged = "the refresh token is unknown or has been exchanged";
    assert_eq!(dead(&client.refresh(&r2).await), exchanged, "nobody has it");
    let r4 = refresh_token(&client.refresh(&r3).await);
    assert_eq!(dead(&client.refresh(&r1).await), exchanged, "the new one was used");
    for good in [r3, other] {
        refresh_token(&client.refresh(&good).await);
    }
    assert_eq!(dead(&client.refresh(&r4).await), exchanged, "replaced by using the old one again");
    client.end().await;
}

#[tokio::test]
async fn strict_rotation_drops_the_old_one_at_once() {
    let settings = OfficialAccountSettings { strict_rotation: true, ..OfficialAccountSettings::default() };
    let client = Client::with(settings).await;
    let r1 = client.logged_in("a").await;
    let r2 = refresh_token(&client.refresh(&r1).await);
    dead(&client.refresh(&r1).await);
    refresh_token(&client.refresh(&r2).await);
    client.end().await;
}

#[tokio::test]
async fn a_refresh_token_ends_when_its_time_has_come() {
    let refresh_lifetime = Duration::from_mins(1);
    let access_lifetime = Duration::from_secs(5);
    let settings =
        OfficialAccountSettings { access_lifetime, refresh_lifetime, ..OfficialAccountSettings::default() };
    let client = Client::with(settings).await;
    let r1 = client.logged_in("a").await;
    client.pass(59);
    let answer = client.refresh(&r1).await;
    assert_eq!(answer["data"]["accessToken"]["expirationTime"], BEGIN + 59 + 5);
    let r2 = refresh_token(&answer);
    client.pass(1);
    assert_eq!(dead(&client.refresh(&r1).await), "the refresh token has expired");
    client.pass(58);
    let r3 = refresh_token(&client.refresh(&r2).await);
    client.pass(60);
    for token in [r2, r3] {
        assert_eq!(dead(&client.refresh(&token).await), "the refresh token has expired");
    }
    client.end().await;
}

#[tokio::test]
async fn a_refresh_needs_one_token_that_is_known() {
    let client = Client::start().await;
    let token = client.logged_in("a").await;
    let long = "x".repeat(2000);
    let ask = async |pairs: &[(&str, &str)]| client.ask(Method::PUT, REFRESH, pairs).await;
    assert_eq!(dead(&ask(&[]).await), "refreshToken is missing");
    assert_eq!(dead(&ask(&[("refreshToken", "")]).await), "refreshToken is missing");
    assert_eq!(dead(&ask(&[("refreshToken", token.as_str()); 2]).await), "refreshToken is repeated");
    for unknown in ["x", "令牌", &long, &token[1..], &token.to_uppercase()] {
        let expected = "the refresh token is unknown or has been exchanged";
        assert_eq!(dead(&ask(&[("refreshToken", unknown)]).await), expected, "{unknown}");
    }
    refresh_token(&ask(&[("refreshToken", &token)]).await);
    client.end().await;
}

#[tokio::test]
async fn lives_rotation_and_revocation_can_be_turned_while_it_runs() {
    let client = Client::start().await;
    let r1 = client.logged_in("a").await;
    let change = json!({"accessLifetime": "5s", "refreshLifetime": "1m", "strictRotation": true});
    assert_eq!(client.turn(&change).await, 204);
    let answer = client.refresh(&r1).await;
    assert_eq!(answer["data"]["accessToken"]["expirationTime"], BEGIN + 5);
    assert_eq!(answer["data"]["refreshToken"]["expirationTime"], BEGIN + 60);
    dead(&client.refresh(&r1).await);
    assert_eq!(client.turn(&json!({"revokeTokens": true})).await, 204);
    dead(&client.refresh(&refresh_token(&answer)).await);
    assert_eq!(client.log_in(&good("a", &signature(APP_ID, "a"))).await["code"], 5368);
    assert_eq!(client.turn(&json!({"acessLifetime": "5s"})).await, 422);
    client.end().await;
}
