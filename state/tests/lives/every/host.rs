//! One moment of a host: what is durable, what is going on, and how things stand at the platform.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use wxlogin_state::{
    Answer, Change, DeviceType, Input, Issued, Ledger, Method, Profile, Rules, Seq, Session, Source,
    StateName, Tending, Unmoved, WId, WcId,
};

use crate::known::Records;
use crate::must_hold::in_flight;

/// The accounts.
pub(super) const WHO: [&str; 2] = ["wxid_a", "wxid_b"];

/// How often may still happen what could go on for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Left {
    pub(super) drops: u8,
    pub(super) crashes: u8,
    pub(super) troubles: u8,
    pub(super) wishes: u8,
    pub(super) scans_by_others: u8,
    /// Answers of the platform that take longer than anything else.
    pub(super) delays: u8,
}

/// A call that is out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Call {
    /// For a QR.
    Qr,
    /// For the box on the phone; confirmed there as this login, of which the daemon has not heard yet.
    PopUp(Option<WId>),
}

/// How an account stands at the platform.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct There {
    /// The login that is online.
    pub(super) online: Option<WId>,
    /// Whether its device is new: there is a drop to come, and no box is shown before.
    pub(super) first_night: bool,
}

/// What was seen on the way, where a state alone does not show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    /// A crash between a QR's being paid for and its being there.
    pub(super) paid_and_lost: bool,
    /// A QR after that.
    pub(super) fetched_after: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Host {
    pub(super) now: Timestamp,
    pub(super) records: Records,
    /// The same as is in the records, readable here.
    pub(super) figures: Arc<Figures>,
    pub(super) up: bool,
    /// By account.
    pub(super) calls: [Option<Call>; 2],
    pub(super) there: [There; 2],
    /// Who scanned what; the answer is on its way.
    pub(super) scanned: BTreeMap<WId, usize>,
    pub(super) left: Left,
    pub(super) seen: Seen,
    /// What was found wrong with a change itself.
    pub(super) fault: Option<&'static str>,
    issued: u64,
}

/// The figures of the records that are theirs alone: in their written form they can be read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) spent: [Vec<i64>; 2],
    pub(super) fleet: Fleet,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fleet {
    pub(super) spent: Vec<i64>,
    pub(super) budget_told: bool,
    pub(super) drops: Vec<i64>,
    pub(super) storm: Option<Storm>,
    pub(super) next_start: Timestamp,
    pub(super) promised: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Storm {
    pub(super) since: Timestamp,
    pub(super) last_drop_at: Timestamp,
}

pub(super) fn id(who: usize) -> WcId {
    WHO[who].parse().unwrap()
}

impl Host {
    /// Where both have just logged in for the first time.
    pub(super) fn first_day(rules: &Rules, left: Left) -> Self {
        let mut host = Self {
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            records: Records::default(),
            figures: Arc::default(),
            up: true,
            calls: [None, None],
            there: Default::default(),
            scanned: BTreeMap::new(),
            left,
            seen: Seen::default(),
            fault: None,
            issued: 0,
        };
        for who in 0..WHO.len() {
            let w_id = host.begin(rules, None);
            host.scan(&w_id, who);
            host.delivered(rules, &w_id);
        }
        host
    }

    /// Where both have outlived their first day.
    pub(super) fn settled(rules: &Rules, left: Left) -> Self {
        let mut host = Self::first_day(rules, left);
        host.now += SignedDuration::from_hours(48);
        for who in 0..WHO.len() {
            host.tend(rules, who, Tending::TimeCame);
            host.there[who].first_night = false;
        }
        host
    }

    /// Takes a change in, and does what the driver does then: begins the calls that are wanted now, and gives up
    /// those that are wanted no more.
    pub(super) fn take(&mut self, change: Result<Change, Unmoved>) -> bool {
        let Ok(change) = change else { return false };
        self.records.take(&change);
        self.forget_what_is_over();
        self.read_figures(&change);
        if self.up {
            self.call();
        }
        true
    }

    pub(super) fn call(&mut self) {
        for (who, call) in self.calls.iter_mut().enumerate() {
            let wanted = self.records.accounts.get(&id(who)).and_then(|account| account.call());
            match (wanted, &call) {
                (Some(Method::Qr), Some(Call::Qr)) | (Some(Method::PopUp), Some(Call::PopUp(_))) => {}
                (Some(Method::Qr), _) => *call = Some(Call::Qr),
                (Some(Method::PopUp), _) => *call = Some(Call::PopUp(None)),
                (None, _) => *call = None,
            }
        }
    }

    /// A session that has ended is of no more use than its place in its account's line.
    pub(super) fn forget_what_is_over(&mut self) {
        let Self { records, scanned, there, .. } = self;
        let accounts = &records.accounts;
        records.sessions.retain(|w_id, session| {
            session.state.name() != StateName::Dropped
                || scanned.contains_key(w_id)
                || there.iter().any(|there| there.online.as_ref() == Some(w_id))
                || accounts.values().any(|account| account.logins.last() == Some(w_id))
        });
    }

    fn read_figures(&mut self, change: &Change) {
        if change.accounts.is_empty() && change.fleet.is_none() && change.forgotten.is_none() {
            return;
        }
        let spent = |who: usize| {
            let account = self.records.accounts.get(&id(who));
            account.map_or_else(Vec::new, |account| read::<_, Vec<i64>>(&Ledger::clone(&account.spent)))
        };
        let fleet = match change.fleet {
            Some(_) => read(&*self.records.fleet),
            None => self.figures.fleet.clone(),
        };
        self.figures = Arc::new(Figures { spent: [spent(0), spent(1)], fleet });
    }

    pub(super) fn tend(&mut self, rules: &Rules, who: usize, tending: Tending) -> bool {
        let change = self.records.moves(rules, self.now).tend(&id(who), tending);
        self.take(change)
    }

    pub(super) fn apply(&mut self, rules: &Rules, w_id: &WId, input: Input) -> bool {
        let change = self.records.moves(rules, self.now).apply(w_id, input);
        self.take(change)
    }

    pub(super) fn new_id(&mut self) -> WId {
        self.issued += 1;
        format!("w{:06}", self.issued).parse().unwrap()
    }

    pub(super) fn begin(&mut self, rules: &Rules, who: Option<usize>) -> WId {
        let w_id = self.new_id();
        let issued = Issued { wc_id: who.map(id), ..Issued::new(w_id.clone(), "http://platform/qr.png") };
        let change = self.records.moves(rules, self.now).begun(issued, Seq(self.issued));
        self.take(Ok(change));
        w_id
    }

    pub(super) fn found(&mut self, rules: &Rules, who: usize, w_id: &WId, from: Source) -> bool {
        let (profile, unknown) = (Profile::of(id(who)), (DeviceType::Ipad, None));
        let moves = self.records.moves(rules, self.now);
        let change = moves.found_online(w_id.clone(), profile, from, unknown, Seq(self.issued));
        self.take(change)
    }

    /// A phone scans a QR: the platform has the login, the daemon has not heard of it.
    pub(super) fn scan(&mut self, w_id: &WId, who: usize) {
        let session = &self.records.sessions[w_id];
        let new_device = session.wc_id != Some(id(who));
        self.there[who].first_night |= new_device;
        self.there[who].online = Some(w_id.clone());
        self.scanned.insert(w_id.clone(), who);
    }

    /// The answer to a scan is there.
    pub(super) fn delivered(&mut self, rules: &Rules, w_id: &WId) {
        let who = self.scanned.remove(w_id).unwrap();
        let over = self.records.sessions[w_id].state.name() == StateName::Dropped;
        let answer = Answer::LoggedIn(Box::new(Profile::of(id(who))));
        let moved = self.apply(rules, w_id, Input::Answered { round: 1, answer });
        if over && moved {
            self.fault = Some("an answer to a login that is over has moved something");
        }
        self.forget_what_is_over();
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.records.sessions.values().map(|session| &**session)
    }

    pub(super) fn in_flight(&self, who: usize) -> Option<&Session> {
        in_flight(&id(who), &self.records).into_iter().next()
    }

    /// How things stand, for people.
    pub(super) fn told(&self) -> String {
        let mut told =
            format!("{} up: {}, calls: {:?}, there: {:?}\n", self.now, self.up, self.calls, self.there);
        for account in self.records.accounts.values() {
            let _ = writeln!(
                told,
                "{}: {:?} {:?} {:?} {:?}",
                account.wc_id, account.current_w_id, account.stage, account.rest, account.relogin
            );
        }
        for session in self.sessions() {
            let _ = writeln!(
                told,
                "{} of {:?}: {:?}, after {:?}, before {:?}",
                session.w_id,
                session.wc_id,
                session.state.name(),
                session.predecessor,
                session.successor
            );
        }
        told
    }
}

fn read<T: serde::Serialize, U: serde::de::DeserializeOwned>(value: &T) -> U {
    serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap()
}
