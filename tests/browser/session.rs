//! The console's own session: how one comes in, and how it ends.

use std::process::Command;

use crate::browser::browse;
use crate::harness::{Host, Platform, output};
use crate::seat::{seated, seated_at};

#[tokio::test]
async fn what_wxloginctl_prints_opens_the_console_once() {
    seated(async |seat| {
        let page = seat.page;
        let mut command = Command::new(env!("CARGO_BIN_EXE_wxloginctl"));
        command.arg("--socket").arg(seat.daemon.host.socket()).arg("console");
        let printed = String::from_utf8(output(command).await.stdout).unwrap();
        page.click("#leave", "").await;
        page.sees(".door", "Your session has ended").await;
        page.goto(printed.trim()).await;
        page.sees(".pulse", "online").await;
        let address = page.run("return location.hash").await;
        assert_eq!(address, "#/", "the secret stays in the address");
        assert_eq!(page.run("return document.cookie").await, "", "a script can read the cookie");
        page.click("#leave", "").await;
        page.sees(".door", "wxloginctl console").await;
        page.goto(printed.trim()).await;
        page.sees(".door", "was opened before").await;
        page.has_complained_of(&["401"]).await;
    })
    .await;
}

#[tokio::test]
async fn who_was_not_invited_sees_how_to_be() {
    let platform = Platform::start().await;
    let daemon = Host::against(&platform).with_tcp().start().await;
    browse("en", async |page| {
        page.goto(&format!("http://{}/", daemon.tcp())).await;
        page.sees(".door", "You are not signed in").await;
        page.sees(".door pre", "wxloginctl console").await;
        page.has_nothing_to_complain_about().await;
    })
    .await;
}

#[tokio::test]
async fn chinese_is_spoken_to_a_chinese_browser() {
    seated_at(
        "zh-CN",
        |host| host,
        async |seat| {
            let page = seat.page;
            seat.begin("店铺").await;
            page.sees(".inbox h2", "等待人工操作").await;
            page.sees(".card h3", "扫描二维码").await;
            assert_eq!(page.run("return document.documentElement.lang").await, "zh-CN");
        let differing = "const shape = (words) => typeof words === 'object' ? Object.fromEntries(Object.entries(words)
                .map(([name, word]) => [name, shape(word)]).sort(([a], [b]) => a < b ? -1 : 1)) : typeof words;
            return Promise.all([import('./assets/words-en.js'), import('./assets/words-zh.js')])
                .then(([{en}, {zh}]) => JSON.stringify(shape(en)) === JSON.stringify(shape(zh)))";
        assert_eq!(page.run(differing).await, true, "a word is missing in one of the languages");
        },
    )
    .await;
}

#[tokio::test]
async fn a_daemon_that_goes_away_is_missed_and_its_return_is_noticed() {
    seated(async |seat| {
        let page = seat.page;
        page.online(false).await;
        page.sees("#lost", "Lost connection").await;
        page.online(true).await;
        page.sees(".toast", "Connected again").await;
        page.loses("#lost", "").await;
        seat.daemon.kill9().await;
        page.sees("#lost", "Lost connection").await;
        page.has_complained_of(&["ERR_"]).await;
    })
    .await;
}

#[tokio::test]
async fn without_the_stream_of_events_the_page_looks_by_itself() {
    // As a browser has it where the daemon refuses the stream: closed for good, and no event ever.
    const REFUSED: &str = "window.EventSource = class extends EventTarget {
        static CLOSED = 2; readyState = 2; close() {}
        constructor() { super(); window.asked = true; setTimeout(() => this.onerror()); }
    }";
    seated(async |seat| {
        let page = seat.page;
        page.prepare(REFUSED).await;
        seat.goto("?again").await;
        page.until("the stream was asked for", "window.asked").await;
        page.sees(".empty", "Nobody is waited for").await;
        seat.begin("shop").await;
        page.sees(".card", "shop").await;
        page.loses("#lost", "").await;
    })
    .await;
}
