//! Tokens: what a table and a paragraph say of one, which never is the secret.

use jiff::SignedDuration;
use wxlogin_state::public::Token;
use wxlogin_state::{Generation, System, TokenState, Trouble, Version};

use crate::client::fake::NOW;
use crate::ctl::text::Paint;
use crate::ctl::tokens::{render, render_list};

/// A token of system B that was obtained an hour ago and ends in nine days.
fn of_app() -> Token {
    Token {
        id: "app-01".parse().unwrap(),
        system: System::App,
        app: "D5fceA1sVtmaMY1x".to_owned(),
        uid: Some("1001".to_owned()),
        state: TokenState::Active,
        version: Version(1),
        generation: Generation(1),
        obtained_at: NOW - SignedDuration::from_hours(1),
        refreshed_at: None,
        expires_at: NOW + SignedDuration::from_hours(9 * 24),
        refresh_expires_at: None,
        next_refresh_at: None,
        trouble: None,
    }
}

/// One of system C that is refreshed in forty minutes.
fn of_official_account() -> Token {
    Token {
        id: "oa-02".parse().unwrap(),
        system: System::OfficialAccount,
        app: "wx0123".to_owned(),
        uid: None,
        refreshed_at: Some(NOW - SignedDuration::from_mins(60)),
        expires_at: NOW + SignedDuration::from_mins(60),
        refresh_expires_at: Some(NOW + SignedDuration::from_hours(240)),
        next_refresh_at: Some(NOW + SignedDuration::from_mins(40)),
        ..of_app()
    }
}

fn trouble() -> Trouble {
    let what = "the platform answered with HTTP status 502\x1b[2J".to_owned();
    Trouble { what, at: NOW - SignedDuration::from_mins(3), in_a_row: 2 }
}

#[test]
fn the_table_says_of_each_token_what_matters_now() {
    let tokens = [
        of_app(),
        Token { state: TokenState::Expired, expires_at: NOW - SignedDuration::from_mins(5), ..of_app() },
        of_official_account(),
        Token { next_refresh_at: Some(NOW), ..of_official_account() },
        Token { trouble: Some(trouble()), ..of_official_account() },
    ];
    assert_eq!(
        render_list(&tokens, None, NOW, Paint(false)),
        "TOKEN   SYSTEM            APP               USER  STATE    ENDS       NOTE\n\
         app-01  app               D5fceA1sVtmaMY1x  1001  active   in 9 d\n\
         app-01  app               D5fceA1sVtmaMY1x  1001  expired  5 min ago  needs a login with a new code\n\
         oa-02   official-account  wx0123                  active   in 1 h     refreshed in 40 min\n\
         oa-02   official-account  wx0123                  active   in 1 h     is being refreshed\n\
         oa-02   official-account  wx0123                  active   in 1 h     \
         the platform answered with HTTP status 502[2J\n"
    );
}

#[test]
fn a_token_is_shown_with_its_times_its_trouble_and_what_to_do() {
    let token = Token { trouble: Some(trouble()), ..of_official_account() };
    assert_eq!(
        render(&token, NOW, Paint(false)),
        "Token              oa-02\n\
         State              active\n\
         System             official-account\n\
         App                wx0123\n\
         Obtained           1 h ago (2025-12-31 23:00 UTC)\n\
         Refreshed          1 h ago (2025-12-31 23:00 UTC)\n\
         Ends               in 1 h (2026-01-01 01:00 UTC)\n\
         Next refresh       in 40 min (2026-01-01 00:40 UTC)\n\
         Refreshable until  in 10 d (2026-01-11 00:00 UTC)\n\
         Trouble            The platform answered with HTTP status 502[2J. (3 min ago, 2 times)\n"
    );
    let over = Token { state: TokenState::Expired, ..of_app() };
    assert!(render(&over, NOW, Paint(false)).ends_with("Next\n  Its user needs a login with a new code.\n"));
    assert!(!render(&of_app(), NOW, Paint(false)).contains("Next"));
}
