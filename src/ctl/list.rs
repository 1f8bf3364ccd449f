//! `list`, `accounts` and `history`: tables.

use jiff::Timestamp;
use wxlogin_state::Transition;
use wxlogin_state::public::{Account, Session};

use super::args;
use super::failure::{Exit, Failure};
use super::table::{Cell, Column, table};
use super::text::Paint;
use super::time::{absolute, lasted, relative};
use super::{Context, find, live, standing, words};
use crate::client::Filter;
use crate::wire::{AccountPage, History, SessionPage};

/// `wxloginctl list`
pub(super) async fn sessions(context: &mut Context<'_>, which: args::List) -> Result<Exit, Failure> {
    let (page, more) = collect(context, &which).await?;
    if context.json {
        context.print_json(&page)?;
        return Ok(Exit::Done);
    }
    let sessions = page.sessions;
    if sessions.is_empty() {
        context.say(none(&which))?;
        return Ok(Exit::Done);
    }
    let rendered = render_sessions(&sessions, context.terminal.width, context.now(), context.paint);
    context.print(&rendered)?;
    if more {
        context.say(format_args!("… and more; --limit is {}", sessions.len()))?;
    }
    Ok(Exit::Done)
}

/// As many sessions as are wanted, and whether there are more. `next` is for JSON alone: to find the place behind
/// some of the live ones takes further calls.
async fn collect(context: &Context<'_>, which: &args::List) -> Result<(SessionPage, bool), Failure> {
    let client = &context.client;
    let most = which.limit.map_or(usize::MAX, usize::from);
    if which.all || which.state.is_some() {
        let filter = Filter { state: which.state, ..Filter::default() };
        let (sessions, next) = live::pages(client, filter, most).await?;
        let more = next.is_some();
        return Ok((SessionPage { sessions, next }, more));
    }
    let (sessions, more) = live::first(client, most).await?;
    let next = match sessions.last() {
        Some(last) if more && context.json => live::place_of(client, &last.w_id).await?,
        _ => None,
    };
    Ok((SessionPage { sessions, next }, more))
}

fn none(which: &args::List) -> String {
    match which.state {
        Some(state) => format!("No login is {state}."),
        None if which.all => "There are no logins yet. Begin one: wxloginctl login --wait".to_owned(),
        None => "There are no live logins. Begin one: wxloginctl login --wait".to_owned(),
    }
}

pub(super) fn render_sessions(
    sessions: &[Session],
    width: Option<usize>,
    now: Timestamp,
    paint: Paint,
) -> String {
    const COLUMNS: [Column; 6] = [
        Column::whole("WID"),
        Column::whole("STATE"),
        Column::whole("FOR"),
        Column::shrinking("LABEL"),
        Column::shrinking("ACCOUNT"),
        Column::shrinking("NOTE"),
    ];
    let row = |session: &Session| {
        [
            session.w_id.as_str().into(),
            Cell::toned(session.state.as_str(), words::tone(session.state)),
            lasted(session.state_since, now).into(),
            session.label.as_ref().map_or("", |label| label.as_str()).into(),
            words::who(session).unwrap_or_default().into(),
            words::note(session, now).into(),
        ]
    };
    let rows: Vec<_> = sessions.iter().map(row).collect();
    table(&COLUMNS, &rows, width, paint)
}

/// `wxloginctl accounts`
pub(super) async fn accounts(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let accounts = context.client.accounts().await?;
    if context.json {
        context.print_json(&AccountPage { accounts, next: None })?;
    } else if accounts.is_empty() {
        context.say("No account has logged in here yet. Begin: wxloginctl login --wait")?;
    } else {
        let rendered = render_accounts(&accounts, context.terminal.width, context.now(), context.paint);
        context.print(&rendered)?;
    }
    Ok(Exit::Done)
}

pub(super) fn render_accounts(
    accounts: &[Account],
    width: Option<usize>,
    now: Timestamp,
    paint: Paint,
) -> String {
    const COLUMNS: [Column; 6] = [
        Column::whole("WCID"),
        Column::whole("STATE"),
        Column::whole("FOR"),
        Column::shrinking("LABEL"),
        Column::shrinking("NICKNAME"),
        Column::wrapping("NOTE"),
    ];
    let row = |account: &Account| {
        let (state, tone) = standing::state(account);
        let nickname = account.profile.as_ref().and_then(|profile| profile.nick_name.as_deref());
        [
            account.wc_id.as_str().into(),
            Cell::toned(state, tone),
            lasted(standing::since(account), now).into(),
            account.label.as_ref().map_or("", |label| label.as_str()).into(),
            nickname.unwrap_or_default().into(),
            standing::note(account, now).into(),
        ]
    };
    let rows: Vec<_> = accounts.iter().map(row).collect();
    table(&COLUMNS, &rows, width, paint)
}

/// `wxloginctl history`
pub(super) async fn history(context: &mut Context<'_>, w_id: &str) -> Result<Exit, Failure> {
    let session = find::session(context, w_id).await?;
    let history = context.client.history(session.w_id.as_str()).await?;
    if context.json {
        context.print_json(&History { history })?;
    } else {
        let rendered = render_history(&history, context.terminal.width, context.now(), context.paint);
        context.print(&rendered)?;
    }
    Ok(Exit::Done)
}

pub(super) fn render_history(
    history: &[Transition],
    width: Option<usize>,
    now: Timestamp,
    paint: Paint,
) -> String {
    const COLUMNS: [Column; 4] =
        [Column::whole("AT"), Column::whole(""), Column::whole("STATE"), Column::shrinking("WHY")];
    let row = |transition: &Transition| {
        [
            absolute(transition.at).into(),
            relative(transition.at, now).into(),
            Cell::toned(transition.to.as_str(), words::tone(transition.to)),
            transition.why.as_str().into(),
        ]
    };
    let rows: Vec<_> = history.iter().map(row).collect();
    table(&COLUMNS, &rows, width, paint)
}
