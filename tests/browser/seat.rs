//! Somebody in front of the console: a platform, a daemon, and a page that has come in by an invitation.

use serde_json::json;
use tokio::time::sleep;
use wxlogin_state::public::Session;
use wxlogin_state::{Label, WId, WcId};
use wxlogind::wire::CreateSession;

use crate::browser::{Page, browse};
use crate::harness::{A_WHILE, Daemon, Host, Platform};

/// What a test has.
pub(crate) struct Seat<'a> {
    pub(crate) platform: Platform,
    pub(crate) daemon: Daemon,
    pub(crate) page: &'a Page,
}

/// A test at the console of a daemon with the usual settings.
pub(crate) async fn seated(test: impl AsyncFnOnce(&mut Seat<'_>)) {
    seated_at("en", |host| host, test).await;
}

/// The same, in another language, or with a host of the test's own.
pub(crate) async fn seated_at(
    language: &str,
    host: impl FnOnce(Host) -> Host,
    test: impl AsyncFnOnce(&mut Seat<'_>),
) {
    let platform = Platform::start().await;
    let daemon = host(Host::against(&platform).with_tcp()).start().await;
    browse(language, async |page| {
        let mut seat = Seat { platform, daemon, page };
        seat.come_in().await;
        test(&mut seat).await;
        page.has_nothing_to_complain_about().await;
    })
    .await;
}

impl Seat<'_> {
    /// Follows a fresh invitation.
    pub(crate) async fn come_in(&self) {
        let invitation = self.daemon.invite_to_console().await.unwrap();
        self.page.goto(invitation.url.reveal()).await;
        self.page.sees(".pulse", "0").await;
    }

    /// A page of the console.
    pub(crate) async fn goto(&self, hash: &str) {
        let base = format!("http://{}/", self.daemon.tcp());
        self.page.goto(&format!("{base}{hash}")).await;
    }

    /// Begins a login beside the console.
    pub(crate) async fn begin(&self, label: &str) -> WId {
        let label: Option<Label> = label.parse().ok();
        let login = CreateSession { label, ..CreateSession::default() };
        self.daemon.create(&login).await.unwrap().session.w_id
    }

    /// Brings an account online while nobody looks: a page that fetches its QR amid the scan would note that it failed.
    pub(crate) async fn online(&self, label: &str, nick_name: &str) -> Session {
        self.page.goto("about:blank").await;
        let w_id = self.begin(label).await;
        self.platform.phone_with(&w_id, "confirm", &json!({"nickName": nick_name})).await;
        let online = self.daemon.until(&w_id, wxlogin_state::StateName::Online).await;
        self.goto("").await;
        online
    }

    /// Brings an account online and lets it drop after a while.
    pub(crate) async fn lost(&self, label: &str, nick_name: &str) -> WcId {
        let wc_id = self.online(label, nick_name).await.wc_id.unwrap();
        sleep(A_WHILE).await;
        self.platform.lose(&wc_id, &json!({})).await;
        wc_id
    }

    /// Brings an account online until it has settled, and lets it drop; the login of the box that its phone shows then.
    /// Takes a host with `first_drop = "1s"`.
    pub(crate) async fn boxed(&self, label: &str, nick_name: &str) -> WId {
        let wc_id = self.online(label, nick_name).await.wc_id.unwrap();
        self.daemon.until_account(&wc_id, "it has settled", |account| account.settled).await;
        sleep(A_WHILE).await;
        self.platform.lose(&wc_id, &json!({})).await;
        self.platform.until_box(&wc_id).await
    }

    /// Types a wrong code into the step that is shown, whose remarks are there, and then the right one.
    pub(crate) async fn type_codes(&self, remarks: &str) {
        self.page.type_into("form.code input", "000000").await;
        self.page.click("form.code button", "Send").await;
        self.page.sees(remarks, "refused 1 code").await;
        self.page.type_into("form.code input", "482913\u{e007}").await;
    }

    /// The page of a slider that a login shows is opened and passed, and then the login is confirmed.
    pub(crate) async fn pass_slider(&self, w_id: &WId, link: &str) {
        let link = self.page.run(&format!("return document.querySelector('{link}').href")).await;
        assert!(link.as_str().unwrap().starts_with(&self.platform.url()), "{link}");
        self.platform.pass_slider(w_id).await;
        self.page.click("button", "I passed it").await;
        self.platform.phone(w_id, "confirm").await;
    }

    /// Waits until a QR is on the page, whole.
    pub(crate) async fn qr_is_drawn(&self) {
        self.page.until("the QR is drawn", "document.querySelector('.qr img')?.naturalWidth > 50").await;
    }

    /// The only login in flight.
    pub(crate) async fn in_flight(&self) -> WId {
        let sessions = self.daemon.everything().await;
        let mut waiting = sessions.into_iter().filter(|session| session.state.is_in_flight());
        let only = waiting.next().expect("nothing is in flight");
        assert!(waiting.next().is_none(), "more than one is in flight");
        only.w_id
    }
}
