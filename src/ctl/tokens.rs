//! `tokens`, `token` and `rekey`: what logins by app and by official account have brought.

use jiff::Timestamp;
use wxlogin_state::TokenState;
use wxlogin_state::public::Token;

use super::Context;
use super::args;
use super::failure::{Exit, Failure};
use super::show::{Fact, block};
use super::table::{Cell, Column, table};
use super::text::{Paint, Tone, plain, sentence};
use super::time::{both, relative};
use crate::client::TokenFilter;
use crate::wire::TokenPage;

/// `wxloginctl tokens`
pub(super) async fn list(context: &mut Context<'_>, which: args::Tokens) -> Result<Exit, Failure> {
    let args::Tokens { system, app, uid, state } = which;
    let tokens = context.client.tokens(&TokenFilter { system, app, uid, state }).await?;
    if context.json {
        context.print_json(&TokenPage { tokens, next: None })?;
    } else if tokens.is_empty() {
        context.say("There are no such tokens. They come with the logins of your services' users.")?;
    } else {
        let rendered = render_list(&tokens, context.terminal.width, context.now(), context.paint);
        context.print(&rendered)?;
    }
    Ok(Exit::Done)
}

pub(super) fn render_list(tokens: &[Token], width: Option<usize>, now: Timestamp, paint: Paint) -> String {
    const COLUMNS: [Column; 7] = [
        Column::whole("TOKEN"),
        Column::whole("SYSTEM"),
        Column::shrinking("APP"),
        Column::shrinking("USER"),
        Column::whole("STATE"),
        Column::whole("ENDS"),
        Column::shrinking("NOTE"),
    ];
    let row = |token: &Token| {
        [
            token.id.as_str().into(),
            token.system.as_str().into(),
            token.app.as_str().into(),
            token.uid.as_deref().unwrap_or_default().into(),
            Cell::toned(token.state.as_str(), tone(token.state)),
            relative(token.expires_at, now).into(),
            note(token, now).into(),
        ]
    };
    let rows: Vec<_> = tokens.iter().map(row).collect();
    table(&COLUMNS, &rows, width, paint)
}

fn tone(state: TokenState) -> Tone {
    match state {
        TokenState::Active => Tone::Good,
        TokenState::Expiring => Tone::Waiting,
        TokenState::Expired => Tone::Bad,
    }
}

/// What matters now, in a few words.
fn note(token: &Token, now: Timestamp) -> String {
    match (&token.trouble, token.next_refresh_at) {
        (Some(trouble), _) => trouble.what.clone(),
        (None, Some(at)) if at <= now => "is being refreshed".to_owned(),
        (None, Some(at)) => format!("refreshed {}", relative(at, now)),
        (None, None) if token.state == TokenState::Active => String::new(),
        (None, None) => "needs a login with a new code".to_owned(),
    }
}

/// `wxloginctl token`. With `--reveal` the token alone, for scripts; in JSON with what else is known of it.
pub(super) async fn token(context: &mut Context<'_>, asked: args::Token) -> Result<Exit, Failure> {
    let id = asked.id.as_str();
    if asked.reveal {
        let revealed = context.client.reveal_token(id).await?;
        if context.json {
            context.print_json(&revealed)?;
        } else {
            context.say(revealed.access.reveal())?;
        }
        return Ok(Exit::Done);
    }
    let token = context.client.token(id).await?;
    if asked.forget {
        context.client.forget_token(id).await?;
    }
    if context.json {
        context.print_json(&token)?;
    } else if asked.forget {
        context.say(format_args!("Forgot {id}. Its user needs a login with a new code."))?;
    } else {
        let rendered = render(&token, context.now(), context.paint);
        context.print(&rendered)?;
    }
    Ok(Exit::Done)
}

/// All but the secret, then what to do.
pub(super) fn render(token: &Token, now: Timestamp, paint: Paint) -> String {
    let mut facts: Vec<Fact> = vec![
        ("Token", paint.tone(Tone::Strong, token.id.as_str())),
        ("State", paint.tone(tone(token.state), token.state.as_str())),
        ("System", token.system.to_string()),
        ("App", plain(&token.app)),
    ];
    facts.extend(token.uid.as_deref().map(|uid| ("User", plain(uid))));
    facts.push(("Obtained", both(token.obtained_at, now)));
    facts.extend(token.refreshed_at.map(|at| ("Refreshed", both(at, now))));
    facts.push(("Ends", both(token.expires_at, now)));
    facts.extend(token.next_refresh_at.map(|at| ("Next refresh", both(at, now))));
    facts.extend(token.refresh_expires_at.map(|at| ("Refreshable until", both(at, now))));
    if let Some(trouble) = &token.trouble {
        let times =
            if trouble.in_a_row == 1 { String::new() } else { format!(", {} times", trouble.in_a_row) };
        facts
            .push(("Trouble", format!("{} ({}{times})", sentence(&trouble.what), relative(trouble.at, now))));
    }
    let next = match token.state {
        _ if token.next_refresh_at.is_some() => return block(&facts),
        TokenState::Active => return block(&facts),
        TokenState::Expiring => "Only a login with a new code helps before it ends.",
        TokenState::Expired => "Its user needs a login with a new code.",
    };
    format!("{}\n{}\n  {next}\n", block(&facts), paint.tone(Tone::Strong, "Next"))
}

/// `wxloginctl rekey`
pub(super) async fn rekey(context: &mut Context<'_>) -> Result<Exit, Failure> {
    context.client.rekey().await?;
    if context.json {
        context.print_json(&serde_json::json!({"rekeyed": true}))?;
    } else {
        context.say("Every token is sealed with a new key, and the old one is gone.")?;
        context.say(
            "Back the new one up: <state directory>/state.key; a backup of the old one opens nothing new.",
        )?;
    }
    Ok(Exit::Done)
}
