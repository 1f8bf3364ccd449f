//! `status`: everything about one login or account, and what to do next.

use jiff::Timestamp;
use wxlogin_state::StateName;
use wxlogin_state::public::{Account, Session};

use super::failure::{Exit, Failure};
use super::find::{Found, find};
use super::text::{Paint, Tone, plain, width};
use super::time::both;
use super::{Context, standing, words};

/// `wxloginctl status`. In JSON: the session, or the account where that was named.
pub(super) async fn status(context: &mut Context<'_>, name: &str) -> Result<Exit, Failure> {
    let found = find(context, name).await?;
    if context.json {
        match found {
            Found::Session(session) => context.print_json(&session)?,
            Found::Account { account, .. } => context.print_json(&account)?,
        }
        return Ok(Exit::Done);
    }
    let (session, account) = match found {
        Found::Account { account, session } => (session, Some(*account)),
        Found::Session(session) => {
            let account = match &session.wc_id {
                // Decoration of what was asked for: where it cannot be had, the login is shown without it.
                Some(wc_id) => context.client.account(wc_id.as_str()).await.ok(),
                None => None,
            };
            (Some(session), account)
        }
    };
    let rendered = render(session.as_deref(), account.as_ref(), context.now(), context.paint);
    context.print(&rendered)?;
    Ok(Exit::Done)
}

/// A login, its account, then what to do; paragraphs of ended lines.
pub(super) fn render(
    session: Option<&Session>,
    account: Option<&Account>,
    now: Timestamp,
    paint: Paint,
) -> String {
    let mut paragraphs = Vec::new();
    paragraphs.extend(session.map(|session| block(&session_facts(session, now, paint))));
    paragraphs.extend(account.map(|account| block(&account_facts(account, now, paint))));
    let mut todo = todo(session, account, now);
    if !todo.is_empty() {
        todo.insert(0, paint.tone(Tone::Strong, "Next"));
        paragraphs.push(todo.join("\n  ") + "\n");
    }
    paragraphs.join("\n")
}

/// What to do now, and what is to be expected; in sentences, one a line. What comes after the end of a login is
/// said by its account, where that is known: it may be on its way already.
pub(super) fn todo(session: Option<&Session>, account: Option<&Account>, now: Timestamp) -> Vec<String> {
    let over = |session: &Session| session.state == StateName::Dropped && session.successor.is_none();
    let mut sentences = match session {
        Some(session) if account.is_some() && over(session) => {
            words::wrong_region(session).into_iter().collect()
        }
        Some(session) => words::todo(session, now),
        None => Vec::new(),
    };
    let shown = session.map(|session| &session.w_id);
    sentences.extend(account.map(|account| standing::todo(account, shown, now)).unwrap_or_default());
    sentences
}

/// A name and a value.
pub(super) type Fact = (&'static str, String);

fn session_facts(session: &Session, now: Timestamp, paint: Paint) -> Vec<Fact> {
    let state = paint.tone(words::tone(session.state), session.state.as_str());
    let mut facts = vec![
        ("Login", paint.tone(Tone::Strong, session.w_id.as_str())),
        ("State", format!("{state}, since {}", both(session.state_since, now))),
    ];
    facts.extend(session.drop.as_ref().map(|drop| ("Ended", words::how_it_ended(drop))));
    facts.extend(session.label.as_ref().map(|label| ("Label", plain(label.as_str()))));
    facts.extend(words::who(session).map(|who| ("Who", who)));
    facts.push(("Device", session.device_type.to_string()));
    if let Some(verify) = &session.verify {
        facts.push(("Platform", plain(&verify.prompt)));
        if verify.attempts > 0 {
            facts.push(("Refused", format!("{} so far", words::codes(verify.attempts))));
        }
    }
    facts.push(("Begun", both(session.created_at, now)));
    facts.extend(session.predecessor.as_ref().map(|w_id| ("Before it", w_id.to_string())));
    facts.extend(session.successor.as_ref().map(|w_id| ("After it", w_id.to_string())));
    facts
}

fn account_facts(account: &Account, now: Timestamp, paint: Paint) -> Vec<Fact> {
    let (state, tone) = standing::state(account);
    let state = paint.tone(tone, state);
    let state = match (&account.current_w_id, account.relogin.is_none()) {
        (Some(w_id), _) => format!("{state} as {w_id}"),
        (None, true) => format!("{state}: {}", standing::note(account, now)),
        (None, false) => state,
    };
    let mut facts = vec![("Account", account.wc_id.to_string()), ("State", state)];
    if let Some(relogin) = &account.relogin {
        facts.push(("Re-login", standing::relogin(relogin, now)));
    }
    if let Some(drop) = &account.last_drop {
        facts.push(("Last drop", format!("{}: {}", both(drop.at, now), words::ending(drop.reason).0)));
    }
    facts.extend(account.label.as_ref().map(|label| ("Label", plain(label.as_str()))));
    let profile = account.profile.as_ref();
    let said = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(plain);
    facts.extend(profile.and_then(|profile| said(&profile.nick_name)).map(|name| ("Nickname", name)));
    facts.extend(profile.and_then(|profile| said(&profile.w_account)).map(|name| ("WeChat ID", name)));
    facts.extend(profile.and_then(|profile| said(&profile.device_type)).map(|phone| ("Phone", phone)));
    facts.push(("First here", both(account.first_login_at, now)));
    facts.push(("Last login", both(account.last_login_at, now)));
    facts.push(("Settled", standing::settled(account, now)));
    facts.push(("Auto re-login", if account.auto_relogin { "on" } else { "off" }.to_owned()));
    facts.push(("Logins", account.sessions.len().to_string()));
    facts
}

/// Facts below each other, the values aligned.
pub(super) fn block(facts: &[Fact]) -> String {
    let wide = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let lines: Vec<String> = facts.iter().map(|(name, value)| format!("{name:wide$}  {value}\n")).collect();
    lines.concat()
}
