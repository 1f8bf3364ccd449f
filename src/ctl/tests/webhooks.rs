//! `webhooks`: what is printed of receivers.

use jiff::Timestamp;
use serde_json::json;

use super::super::text::Paint;
use super::super::webhooks::render;
use crate::client::fake::NOW;
use crate::wire::Webhook;

fn webhook(more: &serde_json::Value) -> Webhook {
    let mut webhook = json!({
        "n": 1, "url": "https://bots.example/in?…", "format": "standard", "events": ["session.*"], "state": "idle",
        "done": 7, "backlog": 0, "deadLetters": 0, "letGo": 0,
    });
    webhook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(webhook).unwrap()
}

#[test]
fn receivers_are_a_table_with_what_became_of_the_last_attempt() {
    let now: Timestamp = NOW;
    let before = now - jiff::SignedDuration::from_mins(3);
    let later = now + jiff::SignedDuration::from_mins(4);
    let taken = json!({"last": {"at": before, "seq": 7, "delivered": true, "what": "HTTP status 200"}});
    let failing = json!({
        "n": 2, "format": "wecom", "url": "https://w/send?…", "state": "failing", "backlog": 12, "deadLetters": 3,
        "last": {"at": before, "seq": 8, "delivered": false, "what": "errcode 93000: invalid"}, "nextAttemptAt": later,
    });
    let webhooks = [webhook(&taken), webhook(&failing), webhook(&json!({"n": 3}))];
    assert_eq!(
        render(&webhooks, None, now, Paint(false)),
        "N  STATE    FORMAT    BACKLOG  DEAD  URL                        LAST\n\
         1  idle     standard  0        0     https://bots.example/in?…  taken, 3 min ago\n\
         2  failing  wecom     12       3     https://w/send?…           errcode 93000: invalid, 3 min ago; again in 4 min\n\
         3  idle     standard  0        0     https://bots.example/in?…\n"
    );
}
