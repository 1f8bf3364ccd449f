//! The lists: filters by state, label and text, and pages.

use std::path::Path;

use wxlogin_state::{Answer, Input, Profile};
use wxlogind::clock::Clock;

use crate::harness::Host;
use crate::looks::look_at;
use crate::seat::{seated, seated_at};
use crate::stored::Making;

const NAMES: &str =
    "return [...document.querySelectorAll('.row .name a')].map((name) => name.textContent).sort().join()";

#[tokio::test]
async fn accounts_are_found_by_state_text_and_label() {
    seated(async |seat| {
        let page = seat.page;
        for (label, name) in [("shop", "Anna"), ("desk", "Bert"), ("night", "Cleo")] {
            seat.online(label, name).await;
        }
        let offline = seat.daemon.all_sessions(&wxlogind::client::Filter::default()).await.unwrap();
        seat.daemon.end(offline[1].w_id.as_str()).await.unwrap();
        page.sees(".row", "Cleo").await;
        let shows = async |names: &str| {
            let script = format!("(() => {{ {NAMES} }})() === '{names}'");
            page.until(&format!("the list shows {names:?}"), &script).await;
        };
        shows("Anna,Bert,Cleo").await;
        page.click(".states button", "Offline").await;
        shows("Bert").await;
        page.click(".states button", "Left offline").await;
        shows("Bert").await;
        page.click(".states button", "Needs a person").await;
        shows("").await;
        page.click(".states button", "All").await;
        page.type_into(".filters input", "CLE").await;
        shows("Cleo").await;
        page.until("the filter is in the address", "location.hash.includes('text=CLE')").await;
        page.type_into(".filters input", "x").await;
        page.click(".empty button", "Clear filters").await;
        shows("Anna,Bert,Cleo").await;
        page.click(".row button.tag", "shop").await;
        shows("Anna").await;
        page.click(".filters .tag", "Label: shop").await;
        shows("Anna,Bert,Cleo").await;
        page.click("[role=tab]", "Logins").await;
        page.click(".states button", "Ended").await;
        shows("Bert").await;
    })
    .await;
}

#[tokio::test]
async fn pages_lead_on_and_back_and_the_keyboard_finds_every_row() {
    seated_at(
        "en",
        |host| host,
        async |seat| {
            let page = seat.page;
            for n in 0..53 {
                seat.begin(&format!("login {n:02}")).await;
            }
            page.click("[role=tab]", "Logins").await;
            page.sees(".which", "1–50 of 53").await;
            page.sees(".row", "login 52").await;
            page.click(".pages button", "Next").await;
            page.sees(".which", "51–53 of 53").await;
            page.sees(".row", "login 00").await;
            page.click(".pages button", "Previous").await;
            page.sees(".which", "1–50").await;
            page.sees(".count", "53").await;
            page.click(".inbox > button", "Show more").await;
            page.until("more cards are drawn", "document.querySelectorAll('.card').length === 32").await;
        },
    )
    .await;
}

/// So many accounts that were logged out, in the store of a daemon that has not started yet.
fn lay_in(state: &Path, many: usize) {
    let mut making = Making::begin(state, Clock::system().now()).unwrap();
    for n in 0..many {
        let profile = Profile {
            nick_name: Some(format!("Ann {n:05}")),
            ..Profile::of(format!("wxid_{n:05}").parse().unwrap())
        };
        let online = Input::Answered { round: 1, answer: Answer::LoggedIn(Box::new(profile)) };
        making.login(n, vec![online, Input::Ended]).unwrap();
    }
    making.finish().unwrap();
}

#[tokio::test]
async fn ten_thousand_accounts_are_a_page_as_quickly_found_as_ten() {
    let laid_in = |host: Host| {
        lay_in(&host.state(), 10_000);
        host
    };
    seated_at("en", laid_in, async |seat| {
        let page = seat.page;
        page.sees(".pulse", "0 of 10,000 accounts online").await;
        page.sees(".which", "1–50 of 10,000").await;
        page.click(".pages button", "Next").await;
        page.sees(".which", "51–100 of 10,000").await;
        page.sees(".row", "Ann 00099").await;
        page.type_into(".filters input", "ann 07777").await;
        page.sees(".row", "Ann 07777").await;
        page.until("one row is left", "document.querySelectorAll('.row').length === 1").await;
        page.click(".row a", "Ann 07777").await;
        page.sees("h1", "Ann 07777").await;
        seat.goto("#/?list=sessions&state=dropped").await;
        page.sees(".which", "1–50 of 10,000").await;
        page.sees(".row", "Ann 09999").await;
        look_at(seat, "many").await;
    })
    .await;
}

#[tokio::test]
async fn events_without_end_do_not_keep_the_page_from_looking() {
    seated(async |seat| {
        // As a storm's events come in: the next one before the page has looked for the one before.
        let script = "return import('/assets/live.js').then(({ soon }) => new Promise((done) => {
            const looks = () => performance.getEntriesByName(`${origin}/v1/summary`).length;
            const before = looks();
            const events = setInterval(() => {
                soon(60);
                if (looks() < before + 2) return;
                clearInterval(events);
                done(true);
            }, 10);
            setTimeout(() => done(false), 8000);
        }))";
        assert_eq!(seat.page.run(script).await, true, "the page does not look");
    })
    .await;
}
