//! `steps`: the inbox of what people are waited for.

use jiff::Timestamp;
use serde::Serialize;
use wxlogin_state::Awaited;
use wxlogin_state::public::Account;

use super::failure::{Exit, Failure};
use super::table::{Cell, Column, table};
use super::text::{Paint, Tone, plain};
use super::time::relative;
use super::{Context, standing};
use crate::wire::{Step, StepKind, StepPage};

/// All that people are waited for.
#[derive(Debug, Serialize)]
struct Inbox {
    /// The logins in flight, the oldest first.
    #[serde(flatten)]
    page: StepPage,
    /// The accounts whose phone shows a box, or whose login waits to be opened.
    accounts: Vec<Account>,
}

/// `wxloginctl steps`
pub(super) async fn steps(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let steps = context.client.steps().await?;
    let mut accounts = context.client.awaited_accounts().await?;
    // The two are not of one moment: what was a login's step is not an account's any more, or not yet.
    accounts.retain(|account| steps.iter().all(|step| step.wc_id.as_ref() != Some(&account.wc_id)));
    let inbox = Inbox { page: StepPage { steps, next: None }, accounts };
    if context.json {
        context.print_json(&inbox)?;
    } else if inbox.page.steps.is_empty() && inbox.accounts.is_empty() {
        context.say("Nobody is waited for.")?;
    } else {
        let rendered = render(&inbox, context.terminal.width, context.now(), context.paint);
        context.print(&rendered)?;
    }
    Ok(Exit::Done)
}

fn render(inbox: &Inbox, width: Option<usize>, now: Timestamp, paint: Paint) -> String {
    const COLUMNS: [Column; 6] = [
        Column::whole("WID"),
        Column::whole("TO DO"),
        Column::whole("ENDS"),
        Column::shrinking("LABEL"),
        Column::shrinking("ACCOUNT"),
        Column::shrinking("NOTE"),
    ];
    let of_login = |step: &Step| {
        let (todo, tone) = match (step.in_flight, step.kind) {
            (true, _) => ("wait", Tone::Normal),
            (false, StepKind::Scan) => ("scan the QR", Tone::Waiting),
            (false, StepKind::Code) => ("enter the code", Tone::Waiting),
            (false, StepKind::Slider) => ("pass the slider", Tone::Waiting),
        };
        [
            step.w_id.as_str().into(),
            Cell::toned(todo, tone),
            relative(step.deadline, now).into(),
            step.label.as_ref().map_or("", |label| label.as_str()).into(),
            who(step).into(),
            note(step, now).into(),
        ]
    };
    let of_account = |account: &Account| {
        let (todo, note) = match account.relogin.as_ref().and_then(|relogin| relogin.awaits) {
            Some(Awaited::Open) => ("open the login", format!("wxloginctl relogin {} --wait", account.wc_id)),
            Some(Awaited::Confirm) => ("confirm on phone", "if nobody does, a QR is next".to_owned()),
            None => ("nothing any more", String::new()),
        };
        [
            "-".into(),
            Cell::toned(todo, Tone::Waiting),
            "-".into(),
            account.label.as_ref().map_or("", |label| label.as_str()).into(),
            standing::who(account).into(),
            note.into(),
        ]
    };
    let logins = inbox.page.steps.iter().map(of_login);
    let rows: Vec<_> = logins.chain(inbox.accounts.iter().map(of_account)).collect();
    table(&COLUMNS, &rows, width, paint)
}

fn who(step: &Step) -> String {
    match (&step.nick_name, &step.wc_id) {
        (Some(name), Some(wc_id)) => format!("{} ({wc_id})", plain(name)),
        (_, Some(wc_id)) => wc_id.to_string(),
        _ => String::new(),
    }
}

/// Who is on it, and else how it is done.
fn note(step: &Step, now: Timestamp) -> String {
    if let Some(claim) = &step.claim {
        return format!("{} is on it, since {}", plain(&claim.by), relative(claim.at, now));
    }
    let w_id = &step.w_id;
    match step.kind {
        _ if step.in_flight => "the platform is being asked".to_owned(),
        StepKind::Scan => format!("wxloginctl qr {w_id}"),
        StepKind::Code => format!("wxloginctl verify {w_id} CODE"),
        StepKind::Slider => format!("wxloginctl status {w_id}"),
    }
}
