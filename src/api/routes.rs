//! Every route there is: who serves it, and what is said about it at `/docs`.

use std::sync::Arc;

use serde_json::json;
use utoipa::openapi::Required;
use wxlogin_state::public::{Account, Session};
use wxlogin_state::{Label, Standing, StateName, System, TokenState, WcId, Why};

use super::openapi::examples as example;
use super::openapi::{
    self, Acknowledged, AppAnswer, AppLogin, Callback, OfficialAnswer, OfficialLogin, Operation, Routes,
};
use super::sessions::Order;
use super::{
    Api, accounts, app_login, backup, check, console, ending, events, official_login, qr, relogin, sessions,
    steps, system, tokens, webhooks, why,
};
use crate::platform::official_account;
use crate::wire::ProblemCode::{
    Busy, InvalidRequest, KnownAccount, NotAcceptable, NotFound, NotReady, PlatformRefused,
    PlatformUnreachable, StoreFull, StoreUnwritable, TooLarge, TooManySessions, Unauthorized,
    UnsupportedMediaType, WrongState,
};
use crate::wire::{
    AccountPage, ChangeAccount, Check, ConsoleSession, CreateSession, DeadLetterPage, EnterCode,
    EnterConsole, EventPage, Health, History, Invitation, LogInAgain, Replayed, RevealedToken, SessionPage,
    StepPage, Summary, Tested, TokenPage, Webhooks,
};

mod links;

type Table = Routes<Arc<Api>>;

/// All routes.
pub(super) fn routes() -> Table {
    let about = [
        of_sessions,
        of_steps,
        links::made,
        links::opened,
        of_accounts,
        of_events,
        of_logins,
        of_tokens,
        of_webhooks,
        of_console,
        of_system,
    ];
    about.into_iter().fold(Table::new(), |routes, add| add(routes))
}

fn of_sessions(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Sessions", name, summary);
    let list = op("list-sessions", "A page of sessions, in the order of their creation.")
        .query::<StateName>("state", "In this state only.")
        .query::<WcId>("wcId", "Of this account only.")
        .query::<Label>("label", "With this label only.")
        .query::<String>("text", "Looked for in label, nickname and identifiers.")
        .query::<Order>("order", "Where the list begins.")
        .paged()
        .answers::<SessionPage>(200, "The page.", example::page_of("sessions", &example::session()))
        .refuses(&[InvalidRequest]);
    let create = op("create-session", "Fetches a QR and starts a login.")
        .header(
            "Idempotency-Key",
            "Names the request: asked again by the same name, the same login is the answer.",
        )
        .takes::<CreateSession>(json!({"label": "shop"}))
        .answers::<Session>(201, "The login, which waits to be scanned.", example::session())
        .answers::<Session>(200, "The login that was under way already.", example::session())
        .refuses(&[InvalidRequest, NotFound, WrongState, Busy, KnownAccount, TooLarge, UnsupportedMediaType])
        .refuses(&[
            PlatformRefused,
            PlatformUnreachable,
            TooManySessions,
            NotReady,
            StoreUnwritable,
            StoreFull,
        ]);
    let read = op("read-session", "One session; with `wait`, as soon as its version exceeds `version`.")
        .query::<String>("wait", "How long to wait at most, such as `30s`; five minutes at most.")
        .query::<u64>("version", "The version that is known; the current one where it is absent.")
        .answers::<Session>(200, "The session.", example::session())
        .refuses(&[InvalidRequest, NotFound]);
    let end = op("end-session", "Logs an online session out, abandons a login in flight.")
        .answers::<Session>(200, "The session, dropped.", example::session())
        .refuses(&[NotFound, WrongState, PlatformRefused, PlatformUnreachable, StoreUnwritable, StoreFull]);
    let history = op("session-history", "The transitions of a session, oldest first.")
        .answers::<History>(200, "The transitions.", example::history())
        .refuses(&[NotFound]);
    let why = op("why-session", "Why a session is as it is, in sentences.")
        .answers::<Why>(200, "Why.", example::why())
        .refuses(&[NotFound]);
    routes
        .get("/v1/sessions", sessions::list, list)
        .post("/v1/sessions", sessions::create, create)
        .get("/v1/sessions/{w_id}", sessions::read, read)
        .delete("/v1/sessions/{w_id}", ending::end, end)
        .get("/v1/sessions/{w_id}/history", sessions::history, history)
        .get("/v1/sessions/{w_id}/why", why::of_session, why)
}

fn of_steps(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Steps", name, summary);
    let list = op("list-steps", "What people are to do, that of the oldest login first.")
        .paged()
        .answers::<StepPage>(200, "The page.", example::page_of("steps", &example::step()))
        .refuses(&[InvalidRequest]);
    let picture = op("session-qr", "The QR of a session, in the form that `Accept` says, while it is valid.")
        .answers_as(
            "The QR.",
            &[("image/png", "PNG"), ("image/svg+xml", "<svg …>"), ("text/plain", "▄▄▄▄▄ ▄ ▄▄▄▄▄")],
        )
        .refuses(&[NotFound, WrongState, NotAcceptable, PlatformRefused, PlatformUnreachable]);
    let verify =
        op("enter-code", "Passes the code on that the phone shows; answers before the platform has.")
            .takes::<EnterCode>(json!({"code": "123456"}))
            .answers::<Session>(202, "The session as it is now.", example::session())
            .refuses(&[InvalidRequest, NotFound, WrongState, Busy, TooLarge, UnsupportedMediaType])
            .refuses(&[StoreUnwritable, StoreFull]);
    let slider = op("slider-done", "Says that the slider page is passed; the platform is asked again.")
        .answers::<Session>(202, "The session as it is now.", example::session())
        .refuses(&[NotFound, WrongState, StoreUnwritable, StoreFull]);
    routes
        .get("/v1/steps", steps::list, list)
        .get("/v1/sessions/{w_id}/qr", qr::qr, picture)
        .post("/v1/sessions/{w_id}/verify", steps::verify, verify)
        .post("/v1/sessions/{w_id}/slider-done", steps::slider_done, slider)
}

fn of_accounts(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Accounts", name, summary);
    let list = op("list-accounts", "A page of accounts, in the order of their wcId.")
        .query::<bool>("online", "Those that are online, or those that are not.")
        .query::<Standing>("standing", "Those that stand so.")
        .query::<bool>(
            "awaited",
            "Those for which a person is to do something although none of their logins is in flight: confirm the box on \
             the phone, or open the login that is due. Or the others.",
        )
        .query::<Label>("label", "With this label only.")
        .query::<String>("text", "Looked for in label, nickname and identifiers.")
        .paged()
        .answers::<AccountPage>(200, "The page.", example::page_of("accounts", &example::account()))
        .refuses(&[InvalidRequest]);
    let read = op("read-account", "One account.")
        .answers::<Account>(200, "The account.", example::account())
        .refuses(&[NotFound]);
    let change = op("change-account", "Changes what a person decides about an account.")
        .takes::<ChangeAccount>(json!({"label": "shop", "autoRelogin": false}))
        .answers::<Account>(200, "The account.", example::account())
        .refuses(&[InvalidRequest, NotFound, TooLarge, UnsupportedMediaType, StoreUnwritable, StoreFull]);
    let forget = op("forget-account", "Forgets an account that is not online.")
        .answers_nothing(204, "It is forgotten.")
        .refuses(&[NotFound, WrongState, Busy, StoreUnwritable, StoreFull]);
    let again = op("relogin-account", "Logs an account in again now; answers before the platform has.")
        .header(
            "Idempotency-Key",
            "Names the request: asked again by the name of the last one, nothing more is done.",
        )
        .may_take::<LogInAgain>(json!({"method": "qr"}))
        .answers::<Account>(202, "The account as it is now.", example::account())
        .refuses(&[InvalidRequest, NotFound, WrongState, Busy, TooLarge, UnsupportedMediaType])
        .refuses(&[StoreUnwritable, StoreFull]);
    let why = op("why-account", "Why an account is as it is, in sentences.")
        .answers::<Why>(200, "Why.", example::why())
        .refuses(&[NotFound]);
    routes
        .get("/v1/accounts", accounts::list, list)
        .get("/v1/accounts/{wc_id}", accounts::read, read)
        .patch("/v1/accounts/{wc_id}", relogin::change, change)
        .delete("/v1/accounts/{wc_id}", relogin::forget, forget)
        .post("/v1/accounts/{wc_id}/relogin", relogin::relogin, again)
        .get("/v1/accounts/{wc_id}/why", why::of_account, why)
}

fn of_events(routes: Table) -> Table {
    let events = Operation::new("Events", "events", "What happened, and what happens.")
        .says(
            "A stream of Server-Sent Events, whose `id` is the event's `seq`; where `Accept` prefers JSON, a page of \
             past events. A stream that asks for more than the journal holds begins with a `reset`.",
        )
        .query::<String>("after", "Behind this event; a stream begins now where it is absent.")
        .query::<u16>("limit", "Most rows of a page, 1 to 500.")
        .query::<String>("type", "These types only, such as `session.*,account.scan-needed`.")
        .query::<WcId>("wcId", "Of this account only.")
        .header("Last-Event-ID", "The last event that was seen, from whoever comes back to a stream.")
        .answers_or::<EventPage>(
            "The stream, or the page.",
            example::page_of("events", &example::event()),
            ("text/event-stream", "id: 17\ndata: {\"seq\":17,…}\n\n"),
        )
        .refuses(&[InvalidRequest, Busy, NotReady]);
    routes.get("/v1/events", events::events, events)
}

fn of_logins(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Logins of users", name, summary);
    let kept = "Whatever the outcome, it is told in the system's own envelope. The daemon keeps the token and names it \
                in the header `X-Wxlogind-Token`.";
    let (app, official) = (
        json!({"appkey": "an-appkey", "code": "a-code", "version_number": 1, "channel": "vivo"}),
        json!({"appId": "wx0123456789abcdef", "code": "a-code"}),
    );
    let app_login = op("app-login", "Logs a user in by app (system B).")
        .says(kept)
        .takes_as::<AppLogin>("application/x-www-form-urlencoded", Required::True, app.clone())
        .takes::<AppLogin>(app)
        .answers::<AppAnswer>(
            200,
            "The system's answer.",
            json!({"code": 200, "msg": "success", "data": {"uid": 1, "access_token": "…"}}),
        )
        .refuses(&[InvalidRequest, TooLarge]);
    let official_login = op("official-account-login", "Logs a user in by official account (system C).")
        .says(kept)
        .query::<String>("appId", "Which official account; here or in the body.")
        .query::<String>("code", "What WeChat gave the page; here or in the body.")
        .query::<String>("mcc", "Mobile country code; here or in the body.")
        .may_take::<OfficialLogin>(official)
        .answers::<OfficialAnswer>(
            200,
            "The system's answer.",
            json!({"code": 5367, "msg": "no answer", "extMsg": "", "data": null}),
        )
        .refuses(&[InvalidRequest, TooLarge, UnsupportedMediaType]);
    routes.post("/v1/login/wechat", app_login::app_login, app_login).post(
        official_account::LOGIN,
        official_login::official_login,
        official_login,
    )
}

fn of_tokens(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Tokens", name, summary);
    let list = op("list-tokens", "A page of tokens, in the order of their names, without the secrets.")
        .query::<System>("system", "Of this system only.")
        .query::<String>("app", "Of this app only: the appkey (B) or appId (C).")
        .query::<String>("uid", "Of this user only.")
        .query::<TokenState>("state", "In this state only.")
        .paged()
        .answers::<TokenPage>(200, "The page.", example::page_of("tokens", &example::token()))
        .refuses(&[InvalidRequest]);
    let read = op("read-token", "One token with its secret, refreshed first where it must be.")
        .query::<bool>("reveal", "`false`: without the secret, as a list shows it.")
        .answers::<RevealedToken>(200, "The token.", example::revealed_token())
        .refuses(&[InvalidRequest, NotFound, WrongState, PlatformUnreachable, StoreUnwritable, StoreFull]);
    let forget = op("forget-token", "Forgets a token; one of system B is logged out there first.")
        .answers_nothing(204, "It is forgotten.")
        .refuses(&[NotFound, PlatformRefused, PlatformUnreachable, StoreUnwritable, StoreFull]);
    let rekey = op("rekey", "A new key takes over from the one that tokens are sealed with.")
        .answers_nothing(204, "Nothing needs the old one any more.")
        .refuses(&[WrongState, StoreUnwritable, StoreFull]);
    routes
        .get("/v1/tokens", tokens::list, list)
        .get("/v1/tokens/{id}", tokens::read, read)
        .delete("/v1/tokens/{id}", tokens::forget, forget)
        .post("/v1/rekey", tokens::rekey, rekey)
}

fn of_webhooks(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Webhooks", name, summary);
    let list = op("list-webhooks", "The receivers of webhooks, in the order of the configuration.")
        .answers::<Webhooks>(200, "The receivers.", example::webhooks());
    let dead_letters = op("dead-letters", "A page of what a receiver never took, oldest first.")
        .paged()
        .answers::<DeadLetterPage>(200, "The page.", example::dead_letters())
        .refuses(&[InvalidRequest, NotFound]);
    let replay =
        op("replay-dead-letters", "Sends the dead letters again, and goes on with a receiver that was gone.")
            .answers::<Replayed>(
                202,
                "How many; it is noted, and nothing is sent yet.",
                json!({"deadLetters": 1}),
            )
            .refuses(&[NotFound]);
    let test = op("test-webhook", "Sends a test message now, and says what the receiver answered.")
        .answers::<Tested>(
            200,
            "What became of it.",
            json!({"delivered": true, "status": 204, "what": "it took the message"}),
        )
        .refuses(&[NotFound]);
    routes
        .get("/v1/webhooks", webhooks::list, list)
        .get("/v1/webhooks/{n}/dead-letters", webhooks::dead_letters, dead_letters)
        .post("/v1/webhooks/{n}/replay", webhooks::replay, replay)
        .post("/v1/webhooks/{n}/test", webhooks::test, test)
}

fn of_console(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Console", name, summary);
    let page = op("console", "The console.")
        .open_to_all()
        .answers_as("The page.", &[("text/html", "<!doctype html>…")]);
    let file = op("console-file", "A file of the console.")
        .open_to_all()
        .answers_as(
            "The file.",
            &[("text/css", ":root { … }"), ("text/javascript", "import …"), ("image/svg+xml", "<svg …>")],
        )
        .refuses(&[NotFound]);
    let invite = op("invite", "A URL that opens the console, once, for some minutes.")
        .answers::<Invitation>(
            201,
            "The URL.",
            json!({"url": "http://127.0.0.1:7430/#enter=…", "expiresAt": "2026-03-01T08:05:00Z"}),
        )
        .refuses(&[NotReady]);
    let standing = op("console-session", "Whether the caller is let in.")
        .open_to_all()
        .answers::<ConsoleSession>(200, "Whether.", json!({"signedIn": true}));
    let enter = op("enter-console", "Follows an invitation.")
        .open_to_all()
        .takes::<EnterConsole>(json!({"secret": "…"}))
        .answers_nothing(204, "The cookie of a session is in `Set-Cookie`.")
        .refuses(&[InvalidRequest, Unauthorized, TooLarge, UnsupportedMediaType]);
    let leave =
        op("leave-console", "Ends the console's session.").open_to_all().answers_nothing(204, "It is over.");
    let summary = op("summary", "How many accounts and sessions there are.").answers::<Summary>(
        200,
        "The figures.",
        example::summary(),
    );
    routes
        .get("/", console::page, page)
        .get("/assets/{file}", console::page, file)
        .post("/v1/console/login", console::invite, invite)
        .get("/v1/console/session", console::standing, standing)
        .post("/v1/console/session", console::enter, enter)
        .delete("/v1/console/session", console::leave, leave)
        .get("/v1/summary", console::summary, summary)
}

fn of_system(routes: Table) -> Table {
    let op = |name, summary| Operation::new("System", name, summary);
    let callback = op("platform-callback", "Takes a platform callback from whoever received it.")
        .says("413, 408 or 400 without a body where it does not come whole.")
        .takes::<Callback>(
            json!({"messageType": "30000", "wcId": "wxid_ylxtxxg0p8bx22", "data": {"reason": "…"}}),
        )
        .answers::<Acknowledged>(200, "Acknowledged, whatever it was.", json!({"code": "1000"}));
    let healthz = op("healthz", "Answers for as long as the process does.").open_to_all().answers::<Health>(
        200,
        "Alive.",
        json!({"status": "ok"}),
    );
    let readyz = op("readyz", "Whether changes are taken.")
        .open_to_all()
        .answers::<Health>(200, "They are.", json!({"status": "ready"}))
        .refuses(&[NotReady]);
    let metrics = op("metrics", "What Prometheus reads.").answers_as(
        "The metrics.",
        &[("application/openmetrics-text", "wxlogind_sessions{state=\"online\"} 2\n# EOF\n")],
    );
    let description = op("openapi", "This description.").answers::<serde_json::Value>(
        200,
        "OpenAPI 3.1.",
        json!({"openapi": "3.1.0"}),
    );
    let docs =
        op("docs", "The same for people.").answers_as("The page.", &[("text/html", "<!doctype html>…")]);
    let backup = op("backup", "The whole state as one export, taken while the daemon runs.")
        .says("It holds the platform's key in plain, and tokens as they are sealed; their key is not in it.")
        .answers_as("The export, a line for each record.", &[("application/x-ndjson", "{…}\n")])
        .refuses(&[Busy, NotReady]);
    let check = op("check", "How the daemon stands: store, platform, and how much there is of everything.")
        .answers::<Check>(200, "How it stands.", example::check())
        .refuses(&[NotReady]);
    routes
        .get("/v1/backup", backup::backup, backup)
        .get("/v1/check", check::check, check)
        .post("/v1/platform/callback", system::callback, callback)
        .get("/healthz", system::healthz, healthz)
        .get("/readyz", system::readyz, readyz)
        .get("/metrics", system::metrics, metrics)
        .get("/openapi.json", openapi::json, description)
        .get("/docs", openapi::docs, docs)
}
