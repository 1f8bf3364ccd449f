//! `webhooks`: how it goes with those who are told of events, and what to do where it goes badly.

use jiff::Timestamp;

use super::failure::{Exit, Failure};
use super::table::{Cell, Column, table};
use super::text::{Paint, Tone, plain};
use super::time::{absolute, relative};
use super::{Context, args};
use crate::wire::{DeadLetter, DeadLetterPage, Replayed, Webhook, WebhookState, Webhooks};

/// `wxloginctl webhooks`
pub(super) async fn webhooks(context: &mut Context<'_>, asked: args::Webhooks) -> Result<Exit, Failure> {
    match asked {
        args::Webhooks { replay: Some(n), .. } => replay(context, n).await,
        args::Webhooks { test: Some(n), .. } => test(context, n).await,
        args::Webhooks { dead: Some(n), .. } => dead(context, n).await,
        _ => list(context).await,
    }
}

async fn list(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let webhooks = context.client.webhooks().await?;
    if context.json {
        context.print_json(&Webhooks { webhooks })?;
    } else if webhooks.is_empty() {
        context.say("Nobody is told of events. Add a [[webhook]] to the configuration, then reload it.")?;
    } else {
        let rendered = render(&webhooks, context.terminal.width, context.now(), context.paint);
        context.print(&rendered)?;
        for webhook in webhooks.iter().filter(|webhook| webhook.dead_letters > 0) {
            let Webhook { n, dead_letters, .. } = webhook;
            context.say(format_args!(
                "{n} never took {dead_letters}; see them: wxloginctl webhooks --dead {n}"
            ))?;
        }
        for webhook in webhooks.iter().filter(|webhook| webhook.state == WebhookState::Gone) {
            let n = webhook.n;
            context.say(format_args!(
                "{n} said that it is gone; call it again: wxloginctl webhooks --replay {n}"
            ))?;
        }
    }
    Ok(Exit::Done)
}

pub(super) fn render(webhooks: &[Webhook], width: Option<usize>, now: Timestamp, paint: Paint) -> String {
    const COLUMNS: [Column; 7] = [
        Column::whole("N"),
        Column::whole("STATE"),
        Column::whole("FORMAT"),
        Column::whole("BACKLOG"),
        Column::whole("DEAD"),
        Column::shrinking("URL"),
        Column::wrapping("LAST"),
    ];
    let row = |webhook: &Webhook| {
        [
            webhook.n.to_string().into(),
            Cell::toned(webhook.state.as_str(), tone(webhook.state)),
            webhook.format.as_str().into(),
            webhook.backlog.to_string().into(),
            webhook.dead_letters.to_string().into(),
            webhook.url.as_str().into(),
            last(webhook, now).into(),
        ]
    };
    let rows: Vec<_> = webhooks.iter().map(row).collect();
    table(&COLUMNS, &rows, width, paint)
}

fn tone(state: WebhookState) -> Tone {
    match state {
        WebhookState::Idle | WebhookState::Delivering => Tone::Good,
        WebhookState::Replaying => Tone::Waiting,
        WebhookState::Failing | WebhookState::Gone => Tone::Bad,
    }
}

/// What became of the last attempt, and when the next one is.
fn last(webhook: &Webhook, now: Timestamp) -> String {
    let Some(last) = &webhook.last else { return String::new() };
    let what = if last.delivered { "taken" } else { last.what.as_str() };
    let next = webhook.next_attempt_at.map(|at| format!("; again {}", relative(at, now))).unwrap_or_default();
    format!("{what}, {}{next}", relative(last.at, now))
}

async fn dead(context: &mut Context<'_>, n: usize) -> Result<Exit, Failure> {
    let letters = context.client.dead_letters(n).await?;
    if context.json {
        context.print_json(&DeadLetterPage { dead_letters: letters, next: None })?;
    } else if letters.is_empty() {
        context.say(format_args!("{n} has taken everything."))?;
    } else {
        let rendered = render_dead(&letters, context.terminal.width, context.paint);
        context.print(&rendered)?;
        context.say(format_args!("Send them again: wxloginctl webhooks --replay {n}"))?;
    }
    Ok(Exit::Done)
}

fn render_dead(letters: &[DeadLetter], width: Option<usize>, paint: Paint) -> String {
    const COLUMNS: [Column; 5] = [
        Column::whole("SEQ"),
        Column::whole("AT"),
        Column::whole("TYPE"),
        Column::shrinking("ACCOUNT"),
        Column::wrapping("NOT TAKEN"),
    ];
    let row = |letter: &DeadLetter| {
        let event = &letter.event;
        [
            event.seq.to_string().into(),
            absolute(event.at).into(),
            event.kind.as_str().into(),
            event.wc_id.as_ref().map_or("", |wc_id| wc_id.as_str()).into(),
            letter.what.as_str().into(),
        ]
    };
    let rows: Vec<_> = letters.iter().map(row).collect();
    table(&COLUMNS, &rows, width, paint)
}

async fn replay(context: &mut Context<'_>, n: usize) -> Result<Exit, Failure> {
    let dead_letters = context.client.replay(n).await?;
    if context.json {
        context.print_json(&Replayed { dead_letters })?;
    } else {
        let what = match dead_letters {
            0 => format!("{n} has no dead letters; it is called again where it was not."),
            1 => format!("1 dead letter is sent to {n} again."),
            many => format!("{many} dead letters are sent to {n} again."),
        };
        context.say(what)?;
        context.say("See how it goes: wxloginctl webhooks")?;
    }
    Ok(Exit::Done)
}

async fn test(context: &mut Context<'_>, n: usize) -> Result<Exit, Failure> {
    let tested = context.client.test_webhook(n).await?;
    let exit = if tested.delivered { Exit::Done } else { Exit::Failed };
    if context.json {
        context.print_json(&tested)?;
    } else if tested.delivered {
        context.say(format_args!("{n} took the test message ({}).", plain(&tested.what)))?;
    } else {
        context.say(format_args!("{n} did not take the test message: {}", plain(&tested.what)))?;
    }
    Ok(exit)
}
