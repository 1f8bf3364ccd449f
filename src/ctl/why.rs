//! `why`: what is so, what was observed, what happens next, and what a person must do.

use jiff::Timestamp;
use wxlogin_state::Why;

use super::Context;
use super::failure::{Exit, Failure};
use super::find::{Found, find};
use super::text::{Paint, Tone, plain};
use super::time::both;

/// `wxloginctl why`
pub(super) async fn why(context: &mut Context<'_>, name: &str) -> Result<Exit, Failure> {
    let (title, why) = match find(context, name).await? {
        Found::Account { account, .. } => {
            let wc_id = account.wc_id.as_str();
            (format!("account {wc_id}"), context.client.why_account(wc_id).await?)
        }
        Found::Session(session) => {
            let w_id = session.w_id.as_str();
            (format!("login {w_id}"), context.client.why_session(w_id).await?)
        }
    };
    if context.json {
        context.print_json(&why)?;
    } else {
        let rendered = render(&title, &why, context.now(), context.paint);
        context.print(&rendered)?;
    }
    Ok(Exit::Done)
}

/// Paragraphs of ended lines; what a person must do comes last.
pub(super) fn render(title: &str, why: &Why, now: Timestamp, paint: Paint) -> String {
    let (state, what) = (plain(&why.state), plain(&why.what));
    let title = paint.tone(Tone::Strong, title);
    let mut paragraphs = vec![format!("{title}: {state}, since {}\n  {what}\n", both(why.since, now))];
    let mut paragraph = |name: &str, body: String| {
        paragraphs.push(format!("{}\n{body}", paint.tone(Tone::Strong, name)));
    };
    let observed: Vec<String> = why
        .evidence
        .iter()
        .map(|seen| format!("  {}  {}\n    {}\n", both(seen.at, now), seen.from.as_str(), plain(&seen.what)))
        .collect();
    if !observed.is_empty() {
        paragraph("Observed", observed.concat());
    }
    if let Some(next) = &why.next {
        paragraph("Next", format!("  {}: {}\n", both(next.at, now), plain(&next.what)));
    }
    if let Some(todo) = &why.todo {
        paragraph("To do", format!("  {}\n", plain(todo)));
    }
    paragraphs.join("\n")
}

#[cfg(test)]
mod tests {
    use wxlogin_state::{Evidence, Next, Source};

    use super::*;

    #[test]
    fn what_a_person_must_do_comes_last_and_nothing_of_the_platforms_moves_the_cursor() {
        let now = Timestamp::UNIX_EPOCH;
        let why = Why {
            state: "scan-needed".to_owned(),
            since: now,
            what: "a login is due".to_owned(),
            evidence: vec![Evidence { at: now, from: Source::IsOnline, what: "offline\u{1b}[2J".to_owned() }],
            next: Some(Next { at: now, what: "a login begins".to_owned() }),
            todo: Some("scan the QR".to_owned()),
        };
        let text = render("account wxid_a", &why, now, Paint(false));
        assert!(text.starts_with("account wxid_a: scan-needed"), "{text}");
        assert!(text.contains("/isOnline") && !text.contains('\u{1b}'), "{text}");
        assert!(text.ends_with("To do\n  scan the QR\n"), "{text}");
    }
}
