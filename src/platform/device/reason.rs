//! `/offlineReason`: why an account is offline (protocol.md, system A).
//!
//! The platform passes on what it was told itself: a sentence, or a sentence in XML, or either in the JSON of
//! another system. People are shown the sentence.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use serde::Serialize;
use serde_json::Value;
use wxlogin_state::WcId;

use super::{is_empty, items};
use crate::platform::envelope::Reply;
use crate::platform::json;
use crate::platform::trouble::{Fault, Trouble};

/// Body of `/offlineReason`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform) struct ReasonCall<'a> {
    pub(in crate::platform) wc_id: &'a WcId,
}

/// What `/offlineReason` answers about this account; `None` where it is online. Entries about others are passed
/// over; two about this one have to agree.
pub(in crate::platform) fn offline_reason(
    reply: &Reply<'_>,
    asked: &WcId,
) -> Result<Option<String>, Trouble> {
    let items = items(reply, reply.authorized()?)?;
    let of_asked = |item: &&Value| item.get("wcId").and_then(Value::as_str) == Some(asked.as_str());
    let mut entries = items.iter().filter(of_asked).map(|entry| entry.get("reason"));
    let reason = entries.next().ok_or_else(|| reply.incomplete("the account in data"))?;
    if entries.any(|another| another != reason) {
        return Err(reply.unreadable(Fault::Impossible("data[].reason")));
    }
    match reason {
        Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(reply.sentence(&told(text)))),
        // Nothing and an empty text might mean online, or offline for a reason that nobody knows.
        None | Some(Value::String(_)) => Err(reply.incomplete("data[].reason")),
        Some(_) => Err(reply.unreadable(Fault::Mistyped("data[].reason"))),
    }
}

/// The sentence in a reason; all of it where no sentence is found.
fn told(reason: &str) -> String {
    let sentence = in_json(reason).unwrap_or_else(|| reason.to_owned());
    in_xml(&sentence).unwrap_or(sentence)
}

/// `baseResponse.errMsg.string` of a JSON text.
fn in_json(text: &str) -> Option<String> {
    let value = json::parse(text.as_bytes()).ok()?;
    let message = value.pointer("/baseResponse/errMsg/string")?;
    message.as_str().filter(|_| !is_empty(message)).map(str::to_owned)
}

/// What the first `<Content>` that is not blank says.
fn in_xml(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut content = String::new();
    // Of elements that are open, from the `<Content>` inwards.
    let mut depth = 0_usize;
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return None,
            Event::Start(tag) => depth += usize::from(depth > 0 || tag.local_name().as_ref() == "Content"),
            Event::End(_) if depth > 0 => {
                depth -= 1;
                if depth == 0 && !content.trim().is_empty() {
                    return Some(content);
                }
            }
            Event::Text(piece) if depth > 0 => content.push_str(&piece),
            Event::CData(piece) if depth > 0 => content.push_str(&piece),
            Event::GeneralRef(reference) if depth > 0 => push_reference(&mut content, &reference),
            _ => {}
        }
    }
}

/// XML's own entities and character numbers; any other stays as it is written.
fn push_reference(content: &mut String, reference: &BytesRef<'_>) {
    match (reference.resolve_char_ref(), resolve_predefined_entity(reference)) {
        (Ok(Some(character)), _) => content.push(character),
        (_, Some(text)) => content.push_str(text),
        _ => content.extend(["&", reference, ";"]),
    }
}
