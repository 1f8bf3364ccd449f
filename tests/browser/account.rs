//! An account's page: its life, why it is as it is, and what can be done with it.

use wxlogin_state::StateName;

use crate::seat::{seated, seated_at};

#[tokio::test]
async fn an_account_that_dropped_is_logged_in_again_on_its_own_page() {
    seated_at(
        "en",
        |host| host.in_haste(""),
        async |seat| {
            let page = seat.page;
            let online = seat.online("shop", "阿青").await;
            let wc_id = online.wc_id.unwrap();
            page.click(".row a", "阿青").await;
            page.sees("h1", "阿青").await;
            page.sees(".line li", "First login").await;
            page.sees(".line .ahead", "May post moments").await;
            page.click(".head button", "Log out").await;
            page.click("dialog button", "Log out").await;
            page.sees(".sub .mark", "Left offline").await;
            page.sees(".todo", "log it in").await;
            page.sees(".line .down", "Dropped").await;
            page.click(".head button", "Log in again").await;
            page.sees(".card h3", "Scan the QR").await;
            seat.qr_is_drawn().await;
            let w_id = seat.daemon.until_scan_needed(&wc_id).await;
            seat.platform.phone(&w_id, "confirm").await;
            page.sees(".sub .mark.good", "Online").await;
            page.sees(".line .up", "Logged in again").await;
            page.loses(".card h3", "Scan the QR").await;
        },
    )
    .await;
}

#[tokio::test]
async fn label_and_switch_are_changed_and_an_account_is_forgotten_after_a_question() {
    seated(async |seat| {
        let page = seat.page;
        let online = seat.online("shop", "阿青").await;
        let wc_id = online.wc_id.unwrap();
        seat.goto(&format!("#/accounts/{wc_id}")).await;
        page.click(".head button", "Rename").await;
        page.type_into("dialog input", " north").await;
        page.click("dialog button", "Save").await;
        page.sees(".sub .tag", "shop north").await;
        page.click("#auto", "").await;
        page.sees(".toast", "left offline").await;
        assert!(!seat.daemon.account(wc_id.as_str()).await.unwrap().auto_relogin);
        seat.daemon.end(online.w_id.as_str()).await.unwrap();
        page.click(".head button", "Forget").await;
        page.sees("dialog", "makes a new device of it").await;
        page.click("dialog button", "Forget").await;
        page.sees(".empty", "No account has logged in").await;
        assert!(seat.daemon.accounts().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_logins_page_shows_its_history_and_ends_it() {
    seated(async |seat| {
        let page = seat.page;
        let online = seat.online("shop", "阿青").await;
        seat.goto(&format!("#/sessions/{}", online.w_id)).await;
        page.sees("td", "the platform issued a QR").await;
        page.sees(".facts", online.w_id.as_str()).await;
        page.click(".head button", "Log out").await;
        page.click("dialog button", "Log out").await;
        page.sees(".sub .mark", "Ended").await;
        seat.daemon.until(&online.w_id, StateName::Dropped).await;
    })
    .await;
}
