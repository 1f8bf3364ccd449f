//! A host whose facts the tests tell: the records, the clock, and what was said and asked for so far.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::{
    Account, Act, Answer, Change, DeviceType, Drop, DropReason, Failure, Input, Issued, Method, Notice,
    NoticeKind, Phase, Profile, Relogin, Rules, Seq, Session, Source, State, Tending, Unmoved, WId, WcId,
};

use crate::known::Records;
use crate::must_hold;

/// A minute, an hour, a day; in seconds.
pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 86_400;

/// The account that most tests are about.
pub(crate) const A: &str = "wxid_a";

/// One.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) now: Timestamp,
    pub(crate) records: Records,
    pub(crate) told: Vec<(Timestamp, Notice)>,
    pub(crate) asked: Vec<Act>,
    issued: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other figures than the contract's defaults.
    pub(crate) fn with(change: impl FnOnce(&mut Rules)) -> Self {
        let mut rules = Rules::DEFAULT;
        change(&mut rules);
        Self {
            rules,
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            records: Records::default(),
            told: Vec::new(),
            asked: Vec::new(),
            issued: 0,
        }
    }

    /// Where [`A`] has just logged in for the first time.
    pub(crate) fn first_login() -> Self {
        let mut world = Self::new();
        world.log_in(A);
        world
    }

    /// Where [`A`] has had its first drop and is online again since.
    pub(crate) fn settled() -> Self {
        let mut world = Self::new();
        world.settle(A);
        world
    }

    /// Logs an account in for the first time, without naming it.
    pub(crate) fn log_in(&mut self, who: &str) -> WId {
        let w_id = self.begin(None);
        self.scanned(&w_id, who);
        w_id
    }

    /// Lets an account live until it has settled: 12 hours and its first drop.
    pub(crate) fn settle(&mut self, who: &str) {
        self.log_in(who);
        self.pass(12 * HOUR);
        self.drop(who);
        self.time_came(who);
        let w_id = self.qr_issued(who);
        self.scanned(&w_id, who);
        assert!(self.account(who).is_settled());
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// Takes a change in, and looks at what must hold.
    pub(crate) fn take(&mut self, change: Result<Change, Unmoved>) -> Result<(), Unmoved> {
        let change = change?;
        self.records.take(&change);
        if let Some(fault) = must_hold::fault(&change, &self.records, &self.rules) {
            panic!("{fault}");
        }
        let now = self.now;
        self.told.extend(change.notices.into_iter().map(|notice| (now, notice)));
        self.asked.extend(change.acts);
        Ok(())
    }

    pub(crate) fn try_tend(&mut self, who: &str, tending: Tending) -> Result<(), Unmoved> {
        self.take(self.records.moves(&self.rules, self.now).tend(&id(who), tending))
    }

    pub(crate) fn tend(&mut self, who: &str, tending: Tending) {
        self.try_tend(who, tending).unwrap();
    }

    pub(crate) fn try_apply(&mut self, w_id: &WId, input: Input) -> Result<(), Unmoved> {
        self.take(self.records.moves(&self.rules, self.now).apply(w_id, input))
    }

    pub(crate) fn apply(&mut self, w_id: &WId, input: Input) {
        self.try_apply(w_id, input).unwrap();
    }

    /// Looks after an account until it is not due any more, which must not take many looks.
    pub(crate) fn time_came(&mut self, who: &str) {
        for _ in 0..5 {
            self.tend(who, Tending::TimeCame);
            if self.account(who).due_at(&self.rules).is_none_or(|at| at > self.now) {
                return;
            }
        }
        panic!("{who} is always due: {:?}", self.account(who));
    }

    /// Goes to when the account's next login begins, or else to when it is due for anything else, and looks after
    /// it; says how many seconds that took.
    pub(crate) fn wait(&mut self, who: &str) -> i64 {
        let account = self.account(who);
        let login = account.relogin.as_ref().and_then(Relogin::due_at);
        let due = login.or(account.due_at(&self.rules)).expect("it is due some time");
        let before = self.now;
        self.now = self.now.max(due);
        self.time_came(who);
        self.now.duration_since(before).as_secs()
    }

    /// Looks after everybody who is due, at their time, until so many seconds have passed.
    pub(crate) fn live(&mut self, seconds: i64) {
        let until = self.now + SignedDuration::from_secs(seconds);
        loop {
            let due = |account: &Arc<Account>| Some((account.due_at(&self.rules)?, account.wc_id.clone()));
            match self.records.accounts.values().filter_map(due).min() {
                Some((at, wc_id)) if at <= until => {
                    self.now = self.now.max(at);
                    self.time_came(wc_id.as_str());
                }
                _ => break,
            }
        }
        self.now = until;
    }

    /// The platform has issued a QR, for that account where one is named.
    pub(crate) fn begin(&mut self, who: Option<&str>) -> WId {
        let w_id = self.new_id();
        let issued = Issued { wc_id: who.map(id), ..Issued::new(w_id.clone(), "http://platform/qr.png") };
        let change = self.records.moves(&self.rules, self.now).begun(issued, Seq(self.issued));
        self.take(Ok(change)).unwrap();
        w_id
    }

    /// The QR that the daemon is calling for is there.
    pub(crate) fn qr_issued(&mut self, who: &str) -> WId {
        assert_eq!(self.account(who).call(), Some(Method::Qr), "{:?}", self.account(who).relogin);
        self.begin(Some(who))
    }

    pub(crate) fn scanned(&mut self, w_id: &WId, who: &str) {
        self.answered(w_id, Answer::LoggedIn(Box::new(Profile::of(id(who)))));
    }

    pub(crate) fn failed(&mut self, w_id: &WId, why: Failure) {
        self.answered(w_id, Answer::Failed { why, message: "失败".to_owned() });
    }

    fn answered(&mut self, w_id: &WId, answer: Answer) {
        let round = self.session(w_id).round;
        self.apply(w_id, Input::Answered { round, answer });
    }

    /// Nobody scans that QR.
    pub(crate) fn unscanned(&mut self, w_id: &WId) {
        self.now = self.now.max(self.session(w_id).deadline().unwrap());
        self.apply(w_id, Input::DeadlinePassed);
    }

    /// The phone confirms the box that the daemon is showing.
    pub(crate) fn confirmed(&mut self, who: &str) -> WId {
        assert_eq!(self.account(who).call(), Some(Method::PopUp), "{:?}", self.account(who).relogin);
        let w_id = self.new_id();
        self.found(&w_id, who, Source::PopUp).unwrap();
        w_id
    }

    pub(crate) fn found(&mut self, w_id: &WId, who: &str, from: Source) -> Result<(), Unmoved> {
        self.issued += 1;
        let (profile, unknown) = (Profile::of(id(who)), (DeviceType::Ipad, None));
        let moves = self.records.moves(&self.rules, self.now);
        self.take(moves.found_online(w_id.clone(), profile, from, unknown, Seq(self.issued)))
    }

    /// The platform says that the account's login is not online any more.
    pub(crate) fn drop(&mut self, who: &str) {
        let what = "the platform says that it is not online";
        self.take(self.records.moves(&self.rules, self.now).lost(&id(who), Source::IsOnline, what)).unwrap();
    }

    pub(crate) fn not_listed(&mut self, who: &str) {
        self.take(self.records.moves(&self.rules, self.now).not_listed(&id(who))).unwrap();
    }

    pub(crate) fn log_out(&mut self, who: &str) {
        let current = self.account(who).current_w_id.clone().unwrap();
        self.apply(&current, Input::Ended);
    }

    pub(crate) fn wanted(&mut self, who: &str) -> Result<(), Unmoved> {
        self.try_tend(who, Tending::Wanted { method: None, force: false, request_key: None })
    }

    pub(crate) fn auto_relogin(&mut self, who: &str, on: bool) {
        self.tend(who, Tending::Set { label: None, auto_relogin: Some(on) });
    }

    pub(crate) fn call_failed(&mut self, who: &str, no_qr: bool) {
        self.tend(who, Tending::CallFailed { what: "connection refused".to_owned(), no_qr });
    }

    /// Everything is looked through, and everything that is going on really is.
    pub(crate) fn reviewed(&mut self) {
        self.review(true);
    }

    /// The daemon has ended and starts again: no call is out any more.
    pub(crate) fn restarted(&mut self) {
        self.review(false);
    }

    fn review(&mut self, calling: bool) {
        let all: Vec<WcId> = self.records.accounts.keys().cloned().collect();
        for wc_id in all {
            let in_flight = !must_hold::in_flight(&wc_id, &self.records).is_empty();
            self.tend(wc_id.as_str(), Tending::Reviewed { calling, in_flight });
        }
    }

    pub(crate) fn new_id(&mut self) -> WId {
        self.issued += 1;
        format!("w{}", self.issued).parse().unwrap()
    }

    pub(crate) fn account(&self, who: &str) -> Arc<Account> {
        self.records.accounts[&id(who)].clone()
    }

    pub(crate) fn relogin(&self, who: &str) -> Relogin {
        self.account(who).relogin.clone().expect("a login is on its way")
    }

    /// The how manyth login of it is on its way.
    pub(crate) fn attempt(&self, who: &str) -> u32 {
        self.relogin(who);
        self.account(who).attempt()
    }

    /// In how many seconds the account's next login begins.
    pub(crate) fn due_in(&self, who: &str) -> i64 {
        let at = self.relogin(who).due_at().expect("it is due");
        at.duration_since(self.now).as_secs()
    }

    pub(crate) fn phase(&self, who: &str) -> &'static str {
        match self.account(who).relogin.as_ref().map(|relogin| &relogin.phase) {
            None => "none",
            Some(Phase::Due { .. }) => "due",
            Some(Phase::Offered { .. }) => "offered",
            Some(Phase::Calling { .. }) => "calling",
            Some(Phase::InFlight { .. }) => "in flight",
        }
    }

    pub(crate) fn session(&self, w_id: &WId) -> Arc<Session> {
        self.records.sessions[w_id].clone()
    }

    pub(crate) fn dropped(&self, w_id: &WId) -> (DropReason, String) {
        match &self.session(w_id).state {
            State::Dropped { drop: Drop { reason, detail, .. }, .. } => (*reason, detail.clone()),
            other => panic!("{w_id} is {other:?}"),
        }
    }

    /// Everything of that kind which was said so far.
    pub(crate) fn told(&self, kind: NoticeKind) -> Vec<&(Timestamp, Notice)> {
        self.told.iter().filter(|(_, notice)| notice.kind == kind).collect()
    }
}

pub(crate) fn id(who: &str) -> WcId {
    who.parse().unwrap()
}

/// Whether `seconds` is that long, give or take a fifth.
pub(crate) fn about(seconds: i64, exact: Duration) -> bool {
    let seconds = Duration::from_secs(seconds.try_into().unwrap());
    seconds >= exact.mul_f64(0.79) && seconds <= exact.mul_f64(1.21)
}
