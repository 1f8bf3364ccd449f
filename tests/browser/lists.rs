//! The lists: filters by state, label and text, and pages.

use crate::seat::{seated, seated_at};

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
