//! The caller's own account at the platform: its password, its key, and where its callbacks go.

use hyper::Uri;
use serde::{Deserialize, Serialize};
use wxlogin_state::Secret;

use super::world::uuid;

/// The one member of this platform.
#[derive(Debug)]
pub(super) struct Member {
    account: String,
    password: Secret,
    status: Status,
    /// Issued by the first `/member/login`, and valid for good (protocol.md) unless it is revoked.
    key: Option<Secret>,
    keys_issued: u32,
    callback: Option<Uri>,
}

/// `data.status` of `/member/login`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// 0
    #[default]
    Normal,
    /// 1
    Frozen,
    /// 2
    Expired,
}

/// What can be seen of the member. The key guards nothing but a simulation, so tests may read it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberView {
    account: String,
    status: Status,
    key: Option<Secret>,
    keys_issued: u32,
    callback_url: Option<String>,
}

impl Member {
    pub(super) fn new(account: String, password: Secret) -> Self {
        Self { account, password, status: Status::Normal, key: None, keys_issued: 0, callback: None }
    }

    /// Checks the password and gives the key.
    pub(super) fn sign_in(&mut self, account: &str, password: &str) -> Option<Secret> {
        if account != self.account || password != self.password.reveal() {
            return None;
        }
        let issued = &mut self.keys_issued;
        let key = self.key.get_or_insert_with(|| {
            *issued += 1;
            Secret::new(uuid())
        });
        Some(key.clone())
    }

    pub(super) fn knows(&self, key: &str) -> bool {
        self.key.as_ref().is_some_and(|known| known.reveal() == key)
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    pub(super) fn status(&self) -> Status {
        self.status
    }

    pub(super) fn set_status(&mut self, status: Status) {
        self.status = status;
    }

    /// Makes the key worthless; the next `/member/login` issues another.
    pub(super) fn revoke_key(&mut self) {
        self.key = None;
    }

    pub(super) fn callback(&self) -> Option<&Uri> {
        self.callback.as_ref()
    }

    pub(super) fn set_callback(&mut self, url: Uri) {
        self.callback = Some(url);
    }

    pub(super) fn view(&self) -> MemberView {
        MemberView {
            account: self.account.clone(),
            status: self.status,
            key: self.key.clone(),
            keys_issued: self.keys_issued,
            callback_url: self.callback.as_ref().map(Uri::to_string),
        }
    }
}

impl Status {
    /// The platform's number.
    pub(super) fn number(self) -> u8 {
        self as u8
    }
}
