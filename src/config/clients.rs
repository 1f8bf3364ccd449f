//! `[[app]]` and `[[official_account]]` made sense of: what the daemon signs with at systems B and C.
//!
//! With `--sandbox` the daemon supplies clients itself, once the sandbox listens; what the file says about them is
//! left alone with a note.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use wxlogin_state::Secret;

use super::fault::{Faults, Given, Place};
use super::secrets::SecretFile;
use super::settings::{App, OfficialAccount};
use super::written::{AppTable, OfficialAccountTable, Written};

impl Written {
    /// The clients of system B. One that is not whole is a fault, and left out.
    pub(super) fn apps(&self, credentials: Option<&Path>, faults: &mut Faults) -> Vec<App> {
        refuse_doubles("appkey", self.apps.iter().map(|app| &app.value.appkey), "app", faults);
        self.apps.iter().filter_map(|app| app.value.finish(app.place, credentials, faults)).collect()
    }

    /// The clients of system C, likewise.
    pub(super) fn official_accounts(
        &self,
        credentials: Option<&Path>,
        faults: &mut Faults,
    ) -> Vec<OfficialAccount> {
        let accounts = &self.official_accounts;
        let ids = accounts.iter().map(|account| &account.value.app_id);
        refuse_doubles("app_id", ids, "official_account", faults);
        accounts
            .iter()
            .filter_map(|account| account.value.finish(account.place, credentials, faults))
            .collect()
    }

    /// Says of each client that the sandbox makes it idle.
    pub(super) fn note_idle_clients(&self, notes: &mut Faults) {
        let apps = self.apps.iter().map(|app| ("app", app.place));
        let accounts = self.official_accounts.iter().map(|account| ("official_account", account.place));
        for (name, place) in apps.chain(accounts) {
            notes.add(place, name, format!("left alone: --sandbox brings its own {name}"));
        }
    }
}

impl AppTable {
    fn finish(&self, place: Place, credentials: Option<&Path>, faults: &mut Faults) -> Option<App> {
        let client = Client { table: "app", place, absent: &self.absent, id: self.appkey.as_ref() };
        client.require("appkey", "which app, by the key that the system's operator assigned to it", faults);
        client.require("base_url", "where the system is, such as \"https://api.zaihangyun.com\"", faults);
        let named = self.app_secret_file.as_ref();
        let secret = client.secret("app_secret_file", named, credentials, faults);
        Some(App {
            appkey: self.appkey.as_ref()?.value.clone(),
            secret: secret?,
            base_url: self.base_url.as_ref()?.value.clone(),
        })
    }
}

impl OfficialAccountTable {
    fn finish(
        &self,
        place: Place,
        credentials: Option<&Path>,
        faults: &mut Faults,
    ) -> Option<OfficialAccount> {
        let client =
            Client { table: "official_account", place, absent: &self.absent, id: self.app_id.as_ref() };
        client.require("app_id", "which official account, by its AppID", faults);
        client.require("user_domain", "the domain of its users, as the system's operator told you", faults);
        client.require("base_url", "where the system is, such as \"https://iot.example\"", faults);
        let named = self.user_domain_secret_file.as_ref();
        let secret = client.secret("user_domain_secret_file", named, credentials, faults);
        Some(OfficialAccount {
            app_id: self.app_id.as_ref()?.value.clone(),
            user_domain: self.user_domain.as_ref()?.value.clone(),
            secret: secret?,
            base_url: self.base_url.as_ref()?.value.clone(),
        })
    }
}

/// What the tables of both systems have in common.
#[derive(Debug)]
struct Client<'t> {
    table: &'static str,
    place: Place,
    /// Keys that the table does not have.
    absent: &'t [&'static str],
    /// `None` where it is missing or cannot be.
    id: Option<&'t Given<String>>,
}

impl Client<'_> {
    fn require(&self, key: &'static str, what: &str, faults: &mut Faults) {
        if self.absent.contains(&key) {
            faults.add(self.place, self.full(key), format!("missing: {what}"));
        }
    }

    /// What the file names wins over the credential: it was written on purpose. Which credential it would be, nobody
    /// can say of a client without an id.
    fn secret(
        &self,
        key: &'static str,
        named: Option<&Given<PathBuf>>,
        credentials: Option<&Path>,
        faults: &mut Faults,
    ) -> Option<Secret> {
        if let Some(file) = SecretFile::named(named, self.full(key)) {
            return file.read(faults);
        }
        if !self.absent.contains(&key) {
            return None;
        }
        let name = format!("{}.{}.secret", self.table, self.id?.value);
        let Some(file) = SecretFile::credential(credentials, &*name) else {
            let message = format!("missing: set it, or pass the credential {name} (LoadCredential=)");
            faults.add(self.place, self.full(key), message);
            return None;
        };
        file.read(faults)
    }

    fn full(&self, key: &str) -> String {
        format!("{}.{key}", self.table)
    }
}

/// Two tables for one client: nobody could say whose secret counts.
fn refuse_doubles<'t>(
    key: &str,
    ids: impl Iterator<Item = &'t Option<Given<String>>>,
    table: &str,
    faults: &mut Faults,
) {
    let mut first = HashMap::new();
    for Given { value, place } in ids.flatten() {
        if let Some(Place::Line(line)) = first.get(value) {
            let message = format!("the same as on line {line}: one table for each {key}");
            faults.add(*place, format!("{table}.{key}"), message);
        } else {
            first.insert(value, *place);
        }
    }
}
