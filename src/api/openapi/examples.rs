//! What the description shows: one example of each body.

use serde_json::{Value, json};

const W_ID: &str = "0000016e-63eb-f319-0001-ed01076abf1f";
const WC_ID: &str = "wxid_ylxtxxg0p8bx22";

/// A login that waits to be scanned.
pub(in crate::api) fn session() -> Value {
    json!({
        "wId": W_ID, "state": "qr-issued", "version": 1, "label": "shop", "deviceType": "ipad",
        "createdAt": "2026-03-01T08:00:00Z", "stateSince": "2026-03-01T08:00:00Z",
        "qr": {
            "url": "https://platform.example/qr.png",
            "issuedAt": "2026-03-01T08:00:00Z", "expiresAt": "2026-03-01T08:05:00Z",
        },
    })
}

/// An account that is online.
pub(in crate::api) fn account() -> Value {
    json!({
        "wcId": WC_ID, "version": 2, "label": "shop", "profile": {"wcId": WC_ID, "nickName": "小店"},
        "online": true, "currentWId": W_ID,
        "firstLoginAt": "2026-03-01T08:00:30Z", "lastLoginAt": "2026-03-01T08:00:30Z",
        "firstDropDueAt": "2026-03-02T08:00:30Z", "settled": false,
        "momentsAllowedAt": "2026-03-04T08:00:30Z", "autoRelogin": true, "sessions": [W_ID],
    })
}

/// A token of system C.
pub(in crate::api) fn token() -> Value {
    json!({
        "id": "app-0000018d2f6c", "system": "official-account", "app": "wx0123456789abcdef", "state": "active",
        "version": 1, "generation": 1,
        "obtainedAt": "2026-03-01T08:00:00Z", "expiresAt": "2026-03-01T10:00:00Z",
        "refreshExpiresAt": "2026-03-31T08:00:00Z", "nextRefreshAt": "2026-03-01T09:48:00Z",
    })
}

/// The same with its secret.
pub(in crate::api) fn revealed_token() -> Value {
    let mut token = token();
    token["token"] = "an-access-token".into();
    token
}

/// What happened.
pub(in crate::api) fn event() -> Value {
    json!({
        "seq": 17, "at": "2026-03-01T08:00:00Z", "type": "session.qr-issued", "wId": W_ID, "session": session(),
    })
}

/// A page with one row.
pub(in crate::api) fn page_of(name: &str, row: &Value) -> Value {
    json!({name: [row], "next": null})
}

/// A code to enter.
pub(in crate::api) fn step() -> Value {
    json!({
        "wId": W_ID, "wcId": WC_ID, "label": "shop", "nickName": "小店", "kind": "code", "prompt": "请在iPad上输入验证码",
        "attempts": 0, "inFlight": false, "since": "2026-03-01T08:00:20Z", "deadline": "2026-03-01T08:05:20Z",
    })
}

/// How a login began.
pub(in crate::api) fn history() -> Value {
    json!({"history": [{
        "at": "2026-03-01T08:00:00Z", "version": 1, "to": "qr-issued", "why": "the platform issued a QR",
        "source": "/iPadLogin",
    }]})
}

/// Why an account is offline.
pub(in crate::api) fn why() -> Value {
    json!({
        "state": "relogin-scheduled", "since": "2026-03-02T05:00:00Z", "what": "it dropped for the first time",
        "evidence": [{"at": "2026-03-02T05:00:00Z", "from": "/isOnline", "what": "the platform says it is offline"}],
        "next": {"at": "2026-03-02T05:01:00Z", "what": "a QR is fetched"}, "todo": null,
    })
}

/// How many there are.
pub(in crate::api) fn summary() -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "accounts": {"known": 3, "online": 2, "standing": {
            "online": 2, "logging-in": 0, "scan-needed": 1, "relogin-scheduled": 0, "resting": 0, "offline": 0,
        }},
        "sessions": {"qr-issued": 1, "awaiting-verify": 0, "slider": 0, "online": 2, "dropped": 5},
    })
}

/// A receiver that has everything.
pub(in crate::api) fn webhooks() -> Value {
    json!({"webhooks": [{
        "n": 1, "url": "https://alerts.example/…", "format": "standard", "events": ["session.*"], "state": "idle",
        "done": 17, "backlog": 0, "deadLetters": 0, "letGo": 0,
    }]})
}

/// What a receiver never took.
pub(in crate::api) fn dead_letters() -> Value {
    let letter = json!({"since": "2026-03-04T08:00:00Z", "what": "it answered 503", "event": event()});
    page_of("deadLetters", &letter)
}

/// A daemon in good order.
pub(in crate::api) fn check() -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"), "store": {"writable": true, "bytes": 524_288},
        "platform": {"answers": true}, "accounts": 3, "accountsOnline": 2, "sessionsOnline": 2,
        "sessionsInFlight": 1, "tokens": 4,
    })
}
