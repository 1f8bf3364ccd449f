//! Who has logged in, and which refresh tokens are good.
//!
//! ```text
//!   code ──► login ── r1            r1 is good
//!                     │ r1 ──► r2   r1 and r2 are good: the answer that holds r2 may be lost
//!                     │ r1 ──► r3   r1 and r3: r2 has never been used, and is forgotten
//!                     │ r3 ──► r4   r3 and r4: r1 is not needed any more
//!                     └ strict: only the latest
//! ```

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::OfficialAccountSettings;
use super::check::{Refused, refused};
use crate::clock::Clock;
use crate::sandbox::world::uuid;

/// Logins that stay known, with their codes and tokens: ten times as many as any test keeps.
const KEPT: usize = 100_000;

/// What the platform remembers.
#[derive(Debug)]
pub(super) struct Desk {
    /// By which tokens are issued and end.
    clock: Clock,
    settings: OfficialAccountSettings,
    logins: BTreeMap<u64, Login>,
    /// Numbers logins.
    serial: u64,
    /// Codes that have been used.
    codes: HashSet<String>,
    /// The login of each good refresh token.
    tokens: HashMap<String, u64>,
}

#[derive(Debug)]
struct Login {
    code: String,
    /// Its good refresh tokens and their ends: the latest, and the one that was exchanged for it.
    good: Vec<(String, Timestamp)>,
}

/// Tokens that have just been issued; their ends in seconds since 1970.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access: String,
    pub(super) access_ends: i64,
    pub(super) refresh: String,
    pub(super) refresh_ends: i64,
}

impl Desk {
    pub(super) fn new(clock: Clock, settings: OfficialAccountSettings) -> Self {
        Self {
            clock,
            settings,
            logins: BTreeMap::new(),
            serial: 0,
            codes: HashSet::new(),
            tokens: HashMap::new(),
        }
    }

    pub(super) fn settings(&mut self) -> &mut OfficialAccountSettings {
        &mut self.settings
    }

    /// Logs in whoever WeChat gave this code, which is used up by it.
    pub(super) fn log_in(&mut self, code: &str) -> Result<Issued, Refused> {
        if !self.codes.insert(code.to_owned()) {
            return Err(refused(5368, "the code has been used"));
        }
        self.serial += 1;
        self.logins.insert(self.serial, Login { code: code.to_owned(), good: Vec::new() });
        if self.logins.len() > KEPT
            && let Some((_, oldest)) = self.logins.pop_first()
        {
            self.codes.remove(&oldest.code);
            self.forget(oldest.good);
        }
        Ok(self.issue(self.serial))
    }

    /// Exchanges a refresh token.
    pub(super) fn refresh(&mut self, token: &str) -> Result<Issued, Refused> {
        let now = self.clock.now();
        let unknown = refused(5368, "the refresh token is unknown or has been exchanged");
        let number = *self.tokens.get(token).ok_or(unknown)?;
        let login = self.logins.get_mut(&number).ok_or(unknown)?;
        if login.good.iter().any(|(good, ends)| good == token && *ends <= now) {
            return Err(refused(5368, "the refresh token has expired"));
        }
        let strict = self.settings.strict_rotation;
        let worthless = login.good.extract_if(.., |(good, _)| strict || good != token).collect();
        self.forget(worthless);
        Ok(self.issue(number))
    }

    /// Makes every refresh token worthless.
    pub(super) fn revoke(&mut self) {
        self.tokens.clear();
        self.logins.values_mut().for_each(|login| login.good.clear());
    }

    fn issue(&mut self, number: u64) -> Issued {
        let now = self.clock.now();
        let end = |lifetime: Duration| now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let (access, refresh) = (uuid(), uuid());
        let ends = end(self.settings.refresh_lifetime);
        if let Some(login) = self.logins.get_mut(&number) {
            login.good.push((refresh.clone(), ends));
        }
        self.tokens.insert(refresh.clone(), number);
        let access_ends = end(self.settings.access_lifetime).as_second();
        Issued { access, access_ends, refresh, refresh_ends: ends.as_second() }
    }

    fn forget(&mut self, tokens: Vec<(String, Timestamp)>) {
        for (token, _) in tokens {
            self.tokens.remove(&token);
        }
    }
}
