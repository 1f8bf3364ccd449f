//! The robots of chat groups: the bodies that each of them accepts, and how it says that it did.
//!
//! | format | body | signed | said to be taken by |
//! |---|---|---|---|
//! | feishu | `interactive` card | in the body | `code` 0 |
//! | dingtalk | `markdown` | in the query | `errcode` 0 |
//! | wecom | `markdown` | – (the key is in the URL) | `errcode` 0 |
//!
//! All three answer HTTP 200 to what they refuse.

use std::time::Duration;

use hyper::Uri;
use jiff::Timestamp;
use serde_json::{Value, json};
use wxlogin_state::Secret;

use super::card::{Card, Tone};
use super::sign;
use crate::config::WebhookFormat;

/// How long a robot wants to be left alone that is told too much, unless it is DingTalk's …
const BUSY: Duration = Duration::from_mins(1);

/// … which then takes nothing for ten minutes.
const DINGTALK_BUSY: Duration = Duration::from_mins(10);

/// Longest sentence of a robot that is kept, in characters.
const SENTENCE: usize = 120;

/// What says whether a robot took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It did.
    Taken,
    /// It did not: what it said, and for how long it wants to hear nothing.
    Refused(String, Option<Duration>),
}

/// Path with query, and body, of a message that is sent now.
pub(super) fn message(
    format: WebhookFormat,
    url: &Uri,
    secret: Option<&Secret>,
    card: &Card,
    now: Timestamp,
) -> (String, Value) {
    let mut path = url.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let body = match (format, secret) {
        (WebhookFormat::Feishu, secret) => feishu(card, secret.map(|secret| sign::feishu(secret, now))),
        (WebhookFormat::Dingtalk, secret) => {
            if let Some((timestamp, sign)) = secret.map(|secret| sign::dingtalk(secret, now)) {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.append_pair("timestamp", &timestamp).append_pair("sign", &sign);
                path.push(if path.contains('?') { '&' } else { '?' });
                path.push_str(&query.finish());
            }
            json!({"msgtype": "markdown", "markdown": {"title": card.title, "text": dingtalk_text(card)}})
        }
        (WebhookFormat::Wecom | WebhookFormat::Standard, _) => {
            json!({"msgtype": "markdown", "markdown": {"content": wecom_text(card)}})
        }
    };
    (path, body)
}

fn feishu(card: &Card, signed: Option<(String, String)>) -> Value {
    let template = match card.tone {
        Tone::Urgent => "red",
        Tone::Warning => "orange",
        Tone::Calm => "green",
    };
    // Plain text, so that no nickname is taken for markup.
    let text = json!({"tag": "plain_text", "content": card.lines.join("\n")});
    let mut body = json!({
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": true},
            "header": {"title": {"tag": "plain_text", "content": card.title}, "template": template},
            "elements": [{"tag": "div", "text": text}],
        },
    });
    if !card.links.is_empty() {
        let button = |(name, url): &(String, Secret)| {
            json!({
                "tag": "button",
                "type": "primary",
                "text": {"tag": "plain_text", "content": name},
                "url": url.reveal(),
            })
        };
        let buttons: Vec<Value> = card.links.iter().map(button).collect();
        if let Some(elements) = body["card"]["elements"].as_array_mut() {
            elements.push(json!({"tag": "action", "actions": buttons}));
        }
    }
    if let Some((timestamp, sign)) = signed {
        body["timestamp"] = timestamp.into();
        body["sign"] = sign.into();
    }
    body
}

fn dingtalk_text(card: &Card) -> String {
    let lines = card.lines.iter().map(|line| format!("\n- {line}"));
    format!("### {}\n{}{}", card.title, lines.collect::<String>(), links(card, "\n- "))
}

fn wecom_text(card: &Card) -> String {
    let color = if card.tone == Tone::Calm { "info" } else { "warning" };
    let lines = card.lines.iter().map(|line| format!("\n> {line}"));
    format!(
        "### <font color=\"{color}\">{}</font>{}{}",
        card.title,
        lines.collect::<String>(),
        links(card, "\n> ")
    )
}

/// The card's links as markdown, each on a line of its own. Their names hold nothing that is markup.
fn links(card: &Card, before: &str) -> String {
    card.links.iter().map(|(name, url)| [before, "[", name, "](", url.reveal(), ")"].concat()).collect()
}

/// What a robot's answer says. One that cannot be read says nothing good.
pub(super) fn answer(format: WebhookFormat, body: &[u8]) -> Answer {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Answer::Refused(
            "HTTP status 200, and no JSON that says whether it was taken".to_owned(),
            None,
        );
    };
    let (codes, sentence) = match format {
        WebhookFormat::Feishu => (["code", "StatusCode"], "msg"),
        _ => (["errcode", "errcode"], "errmsg"),
    };
    let Some(code) = codes.iter().find_map(|key| body.get(key)).and_then(Value::as_i64) else {
        let what = format!("HTTP status 200 without {}, which would say whether it was taken", codes[0]);
        return Answer::Refused(what, None);
    };
    if code == 0 {
        return Answer::Taken;
    }
    let said = body.get(sentence).and_then(Value::as_str).unwrap_or_default();
    let said: String = said.chars().filter(|c| !c.is_control()).take(SENTENCE).collect();
    let asked = match (format, code) {
        (WebhookFormat::Dingtalk, 130_101 | 660_026) => Some(DINGTALK_BUSY),
        (WebhookFormat::Feishu, 11_232) | (WebhookFormat::Wecom, 45_009) => Some(BUSY),
        _ => None,
    };
    Answer::Refused(format!("{} {code}: {said}", codes[0]), asked)
}

#[cfg(test)]
mod tests;
