//! What people do at the inbox: scan, type, pass the slider.

use serde_json::json;
use wxlogin_state::StateName;

use crate::seat::{seated, seated_at};

/// The picture of a QR that is there and whole.
const QR_IS_DRAWN: &str = "document.querySelector('.qr img')?.naturalWidth > 50";

#[tokio::test]
async fn a_login_that_is_begun_here_goes_from_its_qr_to_online() {
    seated(async |seat| {
        let page = seat.page;
        page.sees(".empty", "Nobody is waited for").await;
        page.click("#begin", "").await;
        page.type_into("dialog input[name=label]", "shop").await;
        page.click("dialog button", "Fetch the QR").await;
        page.sees(".card h3", "Scan the QR").await;
        page.until("the QR is drawn", QR_IS_DRAWN).await;
        page.sees(".card .left", ":").await;
        let w_id = seat.in_flight().await;
        seat.platform.phone_with(&w_id, "confirm", &json!({"nickName": "阿青"})).await;
        page.sees(".card", "shop is online").await;
        page.sees(".row", "阿青").await;
        page.sees(".row .mark.good", "Online").await;
        page.sees(".pulse", "1 of 1 account online").await;
        page.sees(".empty", "Nobody is waited for").await;
    })
    .await;
}

#[tokio::test]
async fn a_code_is_typed_where_the_focus_is_already_and_a_wrong_one_is_said_to_be() {
    seated(async |seat| {
        let page = seat.page;
        let w_id = seat.begin("night").await;
        page.sees(".card h3", "Scan the QR").await;
        seat.qr_is_drawn().await;
        seat.platform.phone_with(&w_id, "ask-code", &json!({"code": "482913"})).await;
        page.sees(".card h3", "Enter the code").await;
        page.until("the field has the focus", "document.activeElement?.matches('form.code input')").await;
        seat.type_codes(".card .how").await;
        page.sees(".card", "night is online").await;
        seat.daemon.until(&w_id, StateName::Online).await;
    })
    .await;
}

#[tokio::test]
async fn a_slider_is_a_link_and_a_word_that_it_is_passed() {
    seated(async |seat| {
        let page = seat.page;
        let w_id = seat.begin("archive").await;
        seat.qr_is_drawn().await;
        seat.platform.phone(&w_id, "show-slider").await;
        page.sees(".card h3", "Pass the slider").await;
        seat.pass_slider(&w_id, ".card a.main").await;
        page.sees(".card", "archive is online").await;
    })
    .await;
}

#[tokio::test]
async fn a_stale_qr_is_seen_to_be_and_makes_way_for_the_next_one() {
    seated_at(
        "en",
        |host| host.with_device("qr_valid_for = \"4s\""),
        async |seat| {
            let page = seat.page;
            page.click("#begin", "").await;
            page.click("dialog button", "Fetch the QR").await;
            page.until("the QR is drawn", QR_IS_DRAWN).await;
            page.run("location.reload()").await;
            page.until("the QR is drawn", QR_IS_DRAWN).await;
            let source = "return document.querySelector('.qr img')?.src ?? ''";
            let first = page.run(source).await;
            page.sees(".qr.old", "Expired").await;
            assert_eq!(page.run("return document.querySelectorAll('.qr img').length").await, 0);
            page.until("another QR is drawn", QR_IS_DRAWN).await;
            assert_ne!(page.run(source).await, first);
            assert_eq!(page.run("return document.querySelectorAll('.card').length").await, 1);
        },
    )
    .await;
}

#[tokio::test]
async fn a_login_that_waits_to_be_opened_is_opened_here() {
    seated_at(
        "en",
        |host| host.in_haste("issue = \"on-demand\""),
        async |seat| {
            let page = seat.page;
            seat.lost("shop", "阿青").await;
            page.sees(".card h3", "Ready to log in").await;
            page.sees(".inbox .count", "1").await;
            seat.platform.script(&json!({"call": "/iPadLogin", "delay": "3s"})).await;
            page.click(".card button", "Fetch the QR").await;
            page.sees(".card h3", "One moment").await;
            page.sees(".card h3", "Scan the QR").await;
            page.until("the QR is drawn", QR_IS_DRAWN).await;
            assert_eq!(page.run("return document.querySelectorAll('.card').length").await, 1);
            let w_id = seat.in_flight().await;
            seat.platform.phone(&w_id, "confirm").await;
            page.sees(".card", "shop is online").await;
            page.sees(".empty", "Nobody is waited for").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_box_on_the_phone_is_waited_for_here_and_on_the_page_of_its_account() {
    seated_at(
        "en",
        |host| host.in_haste("first_drop = \"1s\""),
        async |seat| {
            let page = seat.page;
            let w_id = seat.boxed("shop", "阿青").await;
            page.sees(".card h3", "Confirm on the phone").await;
            page.click(".card a.who", "shop").await;
            page.sees(".page .card h3", "Confirm on the phone").await;
            page.click(".crumb a", "All accounts").await;
            page.sees(".inbox .card h3", "Confirm on the phone").await;
            seat.platform.phone(&w_id, "confirm").await;
            page.sees(".card", "shop is online").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_box_that_is_declined_is_followed_by_a_qr_in_the_same_place() {
    seated_at(
        "en",
        |host| host.in_haste("first_drop = \"1s\""),
        async |seat| {
            let page = seat.page;
            let w_id = seat.boxed("shop", "阿青").await;
            page.sees(".card h3", "Confirm on the phone").await;
            seat.platform.script(&json!({"call": "/iPadLogin", "delay": "3s"})).await;
            seat.platform.phone(&w_id, "decline").await;
            page.sees(".card h3", "One moment").await;
            page.sees(".card h3", "Scan the QR").await;
            page.sees(".inbox .count", "1").await;
            assert_eq!(page.run("return document.querySelectorAll('.card').length").await, 1);
        },
    )
    .await;
}

#[tokio::test]
async fn a_login_that_is_given_up_is_asked_about_first() {
    seated(async |seat| {
        let page = seat.page;
        let w_id = seat.begin("shop").await;
        page.click(".card-foot button", "Give up").await;
        page.click("dialog button", "Cancel").await;
        page.loses("dialog", "").await;
        page.click(".card-foot button", "Give up").await;
        page.click("dialog button", "Give up").await;
        page.sees(".empty", "Nobody is waited for").await;
        assert_eq!(seat.daemon.session(w_id.as_str()).await.unwrap().state, StateName::Dropped);
    })
    .await;
}

#[tokio::test]
async fn a_label_that_is_known_is_not_made_a_new_device_of_by_a_slip() {
    seated(async |seat| {
        let page = seat.page;
        let online = seat.online("shop", "阿青").await;
        page.click("#begin", "").await;
        page.type_into("dialog input[name=label]", "shop").await;
        page.click("dialog button", "Fetch the QR").await;
        page.sees("dialog [role=alert]", "belongs to the account").await;
        page.sees("dialog button", online.wc_id.unwrap().as_str()).await;
        page.sees("dialog button", "It is a new device").await;
        page.has_complained_of(&["409"]).await;
    })
    .await;
}
