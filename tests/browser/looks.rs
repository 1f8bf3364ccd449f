//! How the pages look: at every width nothing hangs over, everything has a name; and the README's pictures.

use serde_json::json;

use crate::harness::A_WHILE;
use crate::seat::{Seat, seated_at};

/// Sizes that people have: a desk, a phone.
const SIZES: [(u32, u32, &str); 2] = [(1280, 900, "desktop"), (390, 844, "phone")];

/// What a screen reader would find wrong, as far as a script can tell: things to use that have no name, pictures
/// without a text, names that are given twice.
const UNNAMED: &str = "
    const named = (element) => (element.getAttribute('aria-label') ?? '') + element.textContent.trim() + (element.title ?? '')
        + (element.labels?.[0]?.textContent ?? '');
    const wrong = [...document.querySelectorAll('button, a[href], input, select')].filter((element) => element.checkVisibility() && !named(element));
    const pictures = [...document.querySelectorAll('img:not([alt])')];
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
    return [...wrong, ...pictures].map((element) => element.outerHTML).concat(twice)";

/// What hangs over the page's edge.
const HANGS_OVER: &str = "
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility()
        && !element.closest('.unseen, .skip') && element.getBoundingClientRect().right > width + 1).map((element) => element.outerHTML.slice(0, 120))";

/// Looks at a page at every size, by day and night, and takes its pictures.
pub(crate) async fn look_at(seat: &Seat<'_>, name: &str) {
    let page = seat.page;
    for (width, height, size) in SIZES {
        for dark in [false, true] {
            page.show(width, height, dark).await;
            page.run("scrollTo(0, 0)").await;
            assert_eq!(page.run(UNNAMED).await, json!([]), "{name} at {width}");
            assert_eq!(page.run(HANGS_OVER).await, json!([]), "{name} at {width}");
            let shade = if dark { "dark" } else { "light" };
            page.picture(&format!("{name}-{size}-{shade}.png")).await;
        }
    }
}

/// A day at a desk: three accounts, one of which was lost, and people waited for.
pub(crate) async fn furnish(seat: &Seat<'_>) -> String {
    let page = seat.page;
    let first = seat.online("shop", "阿青").await;
    seat.online("support", "Marlene").await;
    seat.online("shop north", "小北").await;
    tokio::time::sleep(A_WHILE).await;
    page.goto("about:blank").await;
    let wc_id = first.wc_id.unwrap();
    let dropped = json!({"reason": "账号在其他设备登录"});
    seat.platform.phone_with(&first.w_id, "drop", &dropped).await;
    let again = seat.daemon.scan_and_confirm(&seat.platform, &wc_id).await;
    tokio::time::sleep(A_WHILE).await;
    seat.platform.phone_with(&again.w_id, "drop", &dropped).await;
    seat.platform.phone(&seat.begin("night bot").await, "ask-code").await;
    seat.platform.phone(&seat.begin("archive").await, "show-slider").await;
    seat.begin("new shop").await;
    seat.goto("").await;
    page.until("four people are waited for", "document.querySelectorAll('.card').length === 4").await;
    for step in ["Enter the code", "Pass the slider", "Scan the QR", "Confirm on the phone"] {
        page.sees(".card h3", step).await;
    }
    wc_id.to_string()
}

#[tokio::test]
async fn the_pages_fit_desk_and_phone_by_day_and_night() {
    seated_at(
        "en",
        |host| host.in_haste(""),
        async |seat| {
            let page = seat.page;
            page.sees(".empty", "Nobody is waited for").await;
            look_at(seat, "empty").await;
            let wc_id = furnish(seat).await;
            seat.qr_is_drawn().await;
            look_at(seat, "console").await;
            page.click("#begin", "").await;
            page.sees("dialog", "Fetch the QR").await;
            look_at(seat, "begin").await;
            page.click("dialog button", "Cancel").await;
            seat.goto(&format!("#/accounts/{wc_id}")).await;
            page.sees(".line .down", "Dropped").await;
            look_at(seat, "account").await;
        },
    )
    .await;
}

#[tokio::test]
async fn the_pages_fit_in_chinese_as_well() {
    seated_at(
        "zh-CN",
        |host| host.in_haste(""),
        async |seat| {
            let w_id = seat.begin("店铺").await;
            seat.qr_is_drawn().await;
            seat.platform.phone(&w_id, "ask-code").await;
            seat.online("客服", "阿青").await;
            seat.page.sees(".row", "阿青").await;
            seat.page.sees(".card h3", "输入验证码").await;
            look_at(seat, "chinese").await;
        },
    )
    .await;
}
