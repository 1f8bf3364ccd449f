//! One-time links and claims: what they are made by, and what a link opens.

use serde_json::json;

use super::super::openapi::{Operation, examples as example};
use super::super::{claims, links};
use super::Table;
use crate::wire::ProblemCode::{
    Busy, InvalidRequest, NotAcceptable, NotFound, NotReady, StoreFull, StoreUnwritable, TooLarge,
    UnsupportedMediaType, WrongState,
};
use crate::wire::{ClaimStep, EnterCode, LinkedStep, MakeLink, Step, StepLink};

/// Making links, and saying who is on a step.
pub(super) fn made(routes: Table) -> Table {
    let op = |name, summary| Operation::new("Steps", name, summary);
    let link = |op: Operation| {
        op.may_take::<MakeLink>(json!({"ttl": "10m"}))
            .answers::<StepLink>(
                201,
                "The link.",
                json!({"url": "https://console.example/step/…", "expiresAt": "2026-03-01T08:10:00Z"}),
            )
            .refuses(&[InvalidRequest, NotFound, WrongState, TooLarge, UnsupportedMediaType])
            .refuses(&[NotReady, StoreUnwritable, StoreFull])
    };
    let make = link(op("make-link", "A one-time link to a page for what a person is to do for one login."));
    let make_for_account = link(op("make-account-link", "A one-time link to an account's next login.")).says(
        "To the box that its phone shows, or to a login that waits to be opened: its page fetches the QR.",
    );
    let claim = op("claim-step", "Says who is on a step, for the others to see; nothing is refused for it.")
        .takes::<ClaimStep>(json!({"by": "李"}))
        .answers::<Step>(200, "The step.", example::step())
        .refuses(&[InvalidRequest, NotFound, WrongState, TooLarge, UnsupportedMediaType]);
    let unclaim = op("unclaim-step", "Says that nobody is on a step.").answers_nothing(204, "Nobody is.");
    routes
        .post("/v1/sessions/{w_id}/link", links::make, make)
        .post("/v1/accounts/{wc_id}/link", links::make_for_account, make_for_account)
        .post("/v1/steps/{w_id}/claim", claims::claim, claim)
        .delete("/v1/steps/{w_id}/claim", claims::unclaim, unclaim)
}

/// What a link opens, for whoever has it.
pub(super) fn opened(routes: Table) -> Table {
    let op = |name, summary| Operation::new("One-time links", name, summary).open_to_all();
    let page = op("step-page", "The page of a one-time link.")
        .says("Where there is nothing to do, or no longer, a page that says so comes with 404.")
        .answers_as("The page.", &[("text/html", "<!doctype html>…")]);
    let state = op("step-state", "What is to be done; for a little while, how the login ended.")
        .answers::<LinkedStep>(
            200,
            "How things stand.",
            json!({
                "standing": "waiting", "kind": "scan", "label": "shop", "known": true, "inFlight": false,
                "deadline": "2026-03-01T08:05:00Z",
            }),
        )
        .refuses(&[NotFound]);
    let picture = op("step-qr", "The QR, in the form that `Accept` says.")
        .answers_as(
            "The QR.",
            &[("image/png", "PNG"), ("image/svg+xml", "<svg …>"), ("text/plain", "▄▄▄▄▄ ▄")],
        )
        .refuses(&[NotFound, WrongState, NotAcceptable]);
    let verify = op("step-code", "Passes the code on that the phone shows.")
        .takes::<EnterCode>(json!({"code": "123456"}))
        .answers_nothing(202, "It is passed on.")
        .refuses(&[InvalidRequest, NotFound, WrongState, Busy, TooLarge, UnsupportedMediaType]);
    let open = op("step-open", "Fetches the QR of a login that waited for somebody to open it.")
        .answers_nothing(202, "It is being fetched.")
        .refuses(&[NotFound, WrongState, Busy, StoreUnwritable, StoreFull]);
    let slider = op("step-slider-done", "Says that the slider page is passed.")
        .answers_nothing(202, "The platform is asked again.")
        .refuses(&[NotFound, WrongState]);
    routes
        .get("/step/{secret}", links::page, page)
        .get("/step/{secret}/state", links::state, state)
        .get("/step/{secret}/qr", links::picture, picture)
        .post("/step/{secret}/open", links::open, open)
        .post("/step/{secret}/verify", links::verify, verify)
        .post("/step/{secret}/slider-done", links::slider_done, slider)
}
