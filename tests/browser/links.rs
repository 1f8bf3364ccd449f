//! The page of a one-time link, on a phone: without the console's cookie, and with nothing of the console.

use serde_json::json;
use wxlogin_state::{StateName, WId};
use wxlogind::wire::{MakeLink, StepLink};

use crate::looks::look_at;
use crate::seat::{Seat, seated, seated_at};

/// Opens a link to a login on a phone that nobody has signed in on.
async fn open(seat: &Seat<'_>, w_id: &WId) -> String {
    let link = seat.daemon.link(w_id.as_str(), &MakeLink::default()).await.unwrap();
    open_on_a_phone(seat, &link).await;
    link.url.reveal().to_owned()
}

async fn open_on_a_phone(seat: &Seat<'_>, link: &StepLink) {
    seat.page.click("#leave", "").await;
    seat.page.sees(".door", "Your session has ended").await;
    seat.page.show(390, 844, false).await;
    seat.page.goto(link.url.reveal()).await;
}

#[tokio::test]
async fn a_link_leads_from_the_qr_to_online_and_then_nowhere() {
    seated(async |seat| {
        let page = seat.page;
        let w_id = seat.begin("shop").await;
        seat.qr_is_drawn().await;
        let url = open(seat, &w_id).await;
        page.sees("h1", "Scan the QR").await;
        page.sees(".who", "shop").await;
        page.sees("time.left", ":").await;
        seat.qr_is_drawn().await;
        look_at(seat, "step").await;
        seat.platform.phone_with(&w_id, "confirm", &json!({"nickName": "阿青"})).await;
        page.sees(".over", "Online").await;
        assert_eq!(page.run("return document.querySelectorAll('img, form, a').length").await, 0);
        page.has_nothing_to_complain_about().await;
        page.goto(&url).await;
        page.sees(".over", "There is nothing to do here").await;
        look_at(seat, "step-over").await;
        page.has_complained_of(&["404"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_open_follows_its_login_from_the_qr_to_the_code() {
    seated(async |seat| {
        let page = seat.page;
        let w_id = seat.begin("night").await;
        seat.qr_is_drawn().await;
        open(seat, &w_id).await;
        seat.qr_is_drawn().await;
        seat.platform.phone_with(&w_id, "ask-code", &json!({"code": "482913"})).await;
        page.sees("h1", "Enter the code").await;
        page.sees(".prompt", "验证码").await;
        look_at(seat, "step-code").await;
        seat.type_codes(".how").await;
        page.sees(".over", "Online").await;
        seat.daemon.until(&w_id, StateName::Online).await;
    })
    .await;
}

#[tokio::test]
async fn a_slider_is_opened_from_the_page_and_said_to_be_passed() {
    seated(async |seat| {
        let page = seat.page;
        let w_id = seat.begin("archive").await;
        seat.qr_is_drawn().await;
        open(seat, &w_id).await;
        seat.qr_is_drawn().await;
        seat.platform.phone(&w_id, "show-slider").await;
        page.sees("h1", "Pass the slider").await;
        look_at(seat, "step-slider").await;
        seat.pass_slider(&w_id, "a.main").await;
        page.sees(".over", "Online").await;
    })
    .await;
}

#[tokio::test]
async fn the_link_of_an_account_fetches_its_qr_when_it_is_wanted() {
    seated_at(
        "en",
        |host| host.in_haste("issue = \"on-demand\""),
        async |seat| {
            let page = seat.page;
            let wc_id = seat.lost("shop", "阿青").await;
            page.sees(".card h3", "Ready to log in").await;
            let link = seat.daemon.link_to_account(wc_id.as_str(), &MakeLink::default()).await.unwrap();
            open_on_a_phone(seat, &link).await;
            page.sees("h1", "Ready to log in").await;
            look_at(seat, "step-open").await;
            page.click("button", "Fetch the QR").await;
            page.sees("h1", "Scan the QR").await;
            seat.qr_is_drawn().await;
            let w_id = seat.in_flight().await;
            seat.platform.phone(&w_id, "confirm").await;
            page.sees(".over", "Online").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_qr_that_has_expired_is_seen_to_be_and_then_there_is_nothing_to_do() {
    seated_at(
        "en",
        |host| host.with_device("qr_valid_for = \"6s\""),
        async |seat| {
            let page = seat.page;
            let w_id = seat.begin("shop").await;
            seat.qr_is_drawn().await;
            open(seat, &w_id).await;
            page.sees("h1", "Scan the QR").await;
            page.sees(".over", "There is nothing to do here").await;
            assert_eq!(page.run("return document.querySelectorAll('.qr img').length").await, 0);
        },
    )
    .await;
}

#[tokio::test]
async fn somebody_says_at_the_inbox_to_be_on_it_and_is_asked_for_a_name_once() {
    seated(async |seat| {
        let page = seat.page;
        seat.begin("shop").await;
        seat.qr_is_drawn().await;
        page.click(".claim button", "I'm on it").await;
        page.type_into("dialog input[name=by]", "Ann").await;
        page.click("dialog button", "I'm on it").await;
        page.sees(".claim", "Ann is on it").await;
        page.click(".claim button", "Not on it any more").await;
        page.loses(".claim", "Ann is on it").await;
        page.click(".claim button", "I'm on it").await;
        page.sees(".claim", "Ann is on it").await;
    })
    .await;
}
