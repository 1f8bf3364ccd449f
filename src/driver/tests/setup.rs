//! What a test's driver finds in its store, and what it goes by.

use std::time::Duration;

use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Batch, Label, ReloginRules, Rules, Seq, Session, Source, Stage, State, StateDir, Store,
};

use super::test_clock::TestClock;
use super::world::{FIGURES, RETENTION, RULES, World, issued, logged_in, minute, stepped};
use crate::driver::Figures;
use crate::platform::Systems;

/// Ninety days, in minutes.
pub(super) const STABLE_FOR: i64 = 90 * 24 * 60;

/// A world to be.
pub(super) struct Setup {
    sessions: Vec<Session>,
    accounts: Vec<Account>,
    figures: Figures,
    clock: TestClock,
    systems: Systems,
}

impl Setup {
    /// These sessions are known, and the accounts of those that are online.
    pub(super) fn of(sessions: Vec<Session>) -> Self {
        let account = |session: &Session| match &session.state {
            State::Online { profile } => {
                let now = session.state_since;
                Some(Account::first_login(session, profile, Source::LoginInfo, now, &RULES))
            }
            _ => None,
        };
        let accounts = sessions.iter().filter_map(account).collect();
        Self { sessions, accounts, figures: FIGURES, clock: TestClock::new(), systems: Systems::default() }
    }

    /// These accounts have settled long ago and are online, each by its login.
    pub(super) fn settled(online: &[(&str, &str)]) -> Self {
        let mut setup = Self::first_day(online);
        for account in &mut setup.accounts {
            account.stage = Stage::Settled { stable_until: minute(STABLE_FOR), told: false };
        }
        setup
    }

    /// These accounts went online for the first time 10 minutes ago, each by its login.
    pub(super) fn first_day(online: &[(&str, &str)]) -> Self {
        let went_online = |(born, (wc_id, w_id)): (u64, &(&str, &str))| {
            stepped(&issued(born, w_id, minute(-10)), logged_in(wc_id), minute(-10))
        };
        Self::of((1..).zip(online).map(went_online).collect())
    }

    /// By this clock.
    pub(super) fn by(self, clock: TestClock) -> Self {
        Self { clock, ..self }
    }

    /// With these systems beside the platform.
    pub(super) fn beside(self, systems: Systems) -> Self {
        Self { systems, ..self }
    }

    /// The account is called so.
    pub(super) fn label(mut self, wc_id: &str, label: &str) -> Self {
        let label: Label = label.parse().unwrap();
        for account in self.accounts.iter_mut().filter(|account| account.wc_id.as_str() == wc_id) {
            account.label = Some(label.clone());
        }
        self
    }

    /// With other rules.
    pub(super) fn rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.figures.rules);
        self
    }

    /// With other rules about logging in again.
    pub(super) fn relogin(self, change: impl FnOnce(&mut ReloginRules)) -> Self {
        self.rules(|rules| change(&mut rules.relogin))
    }

    /// At most so many logins are in flight.
    pub(super) fn at_most(mut self, max_in_flight: usize) -> Self {
        self.figures.max_in_flight = max_in_flight;
        self
    }

    /// Looks as often as this.
    pub(super) fn every(mut self, check_interval: Duration) -> Self {
        self.figures.check_interval = check_interval;
        self
    }

    /// Looks again as soon as a look is over: the test's answers set the pace.
    pub(super) fn busy(self) -> Self {
        self.every(Duration::from_millis(1))
    }

    /// A driver over a store of all this.
    pub(super) async fn run(self) -> World {
        let place = tempfile::tempdir().unwrap();
        {
            let dir = StateDir::claim(place.path()).unwrap();
            let (mut store, _) = Store::open(&dir, RETENTION).unwrap();
            let mut batch = Batch::default();
            for (seq, session) in (1..).map(Seq).zip(&self.sessions) {
                batch.put_session(session).unwrap();
                batch.push_event(&Event::of_session(seq, session.created_at, session)).unwrap();
            }
            for account in &self.accounts {
                batch.put_account(account).unwrap();
            }
            store.commit(&batch).unwrap();
        }
        World::open(place, self.clock, self.figures, self.systems).await
    }
}
