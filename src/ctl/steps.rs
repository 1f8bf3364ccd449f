//! `qr`, `verify`, `slider-done` and `logout`: one step of one login.

use std::fs;
use std::path::Path;

use wxlogin_state::public::Session;
use wxlogin_state::{Secret, StateName};

use super::failure::{Exit, Failure};
use super::find::{self, Found};
use super::text::{Tone, plain_lines};
use super::{Context, args, words};
use crate::client::QrForm;

/// `wxloginctl qr`
pub(super) async fn qr(context: &mut Context<'_>, qr: args::Qr) -> Result<Exit, Failure> {
    let session = find::session(context, &qr.w_id).await?;
    let to = match (&qr.png, &qr.svg) {
        (Some(path), _) => Some((QrForm::Png, path)),
        (None, svg) => svg.as_ref().map(|path| (QrForm::Svg, path)),
    };
    if let Some((form, path)) = to {
        let picture = context.client.qr(session.w_id.as_str(), form).await?;
        save(context, path, &picture)?;
    }
    if context.json {
        context.print_json(&session)?;
    } else if to.is_none() {
        draw(context, &session).await?;
        scan(context, &session)?;
    }
    Ok(Exit::Done)
}

fn save(context: &mut Context<'_>, path: &Path, picture: &[u8]) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        return Ok(context.terminal.out.write_all(picture)?);
    }
    fs::write(path, picture).map_err(|source| Failure::File { path: path.to_owned(), source })?;
    context.remark(format_args!("saved {}", path.display()))
}

/// Draws a session's QR.
pub(super) async fn draw(context: &mut Context<'_>, session: &Session) -> Result<(), Failure> {
    let drawn = context.client.qr(session.w_id.as_str(), QrForm::Text).await?;
    let drawn = plain_lines(&String::from_utf8_lossy(&drawn));
    for line in drawn.lines() {
        let line = context.paint.tone(Tone::Blocks, line);
        context.say(line)?;
    }
    Ok(())
}

/// Says what the QR is for, and until when.
pub(super) fn scan(context: &mut Context<'_>, session: &Session) -> Result<(), Failure> {
    context.say(words::SCAN)?;
    match words::deadline(session) {
        Some(end) => context.say(words::time_left(end, context.now())),
        None => Ok(()),
    }
}

/// `wxloginctl verify`
pub(super) async fn verify(context: &mut Context<'_>, w_id: &str, code: String) -> Result<Exit, Failure> {
    let code = match code.as_str() {
        "-" => context.terminal.keyboard.line().await.unwrap_or_default(),
        _ => code,
    };
    let code = code.trim();
    if code.is_empty() {
        return Err(Failure::Sentence("there is no code to pass on".to_owned()));
    }
    let session = find::session(context, w_id).await?;
    let session = context.client.verify(session.w_id.as_str(), &Secret::new(code)).await?;
    let w_id = &session.w_id;
    let said = format!("The code is with the platform. What it says: wxloginctl status {w_id}");
    answer(context, &session, &said)
}

/// `wxloginctl slider-done`
pub(super) async fn slider_done(context: &mut Context<'_>, w_id: &str) -> Result<Exit, Failure> {
    let session = find::session(context, w_id).await?;
    let session = context.client.slider_done(session.w_id.as_str()).await?;
    let w_id = &session.w_id;
    let said = format!(
        "The platform is being asked; confirm the login on the phone. What it says: wxloginctl status {w_id}"
    );
    answer(context, &session, &said)
}

/// `wxloginctl logout`
pub(super) async fn logout(context: &mut Context<'_>, name: &str) -> Result<Exit, Failure> {
    let session = match find::find(context, name).await? {
        Found::Session(session) => session,
        Found::Account { session: Some(session), .. } if session.state != StateName::Dropped => session,
        Found::Account { account, .. } => {
            return Err(Failure::Sentence(format!("{} has no login to end", account.wc_id)));
        }
    };
    let was_online = session.state == StateName::Online;
    let ended = context.client.end(session.w_id.as_str()).await?;
    let what = if was_online { "Logged out" } else { "Abandoned the login" };
    let who = words::who(&ended).map(|who| format!(" of {who}")).unwrap_or_default();
    answer(context, &ended, &format!("{what} {}{who}.", ended.w_id))
}

/// The session in JSON, or a sentence.
fn answer(context: &mut Context<'_>, session: &Session, sentence: &str) -> Result<Exit, Failure> {
    if context.json {
        context.print_json(session)?;
    } else {
        context.say(sentence)?;
    }
    Ok(Exit::Done)
}
