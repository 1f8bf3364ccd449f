//! Lives that chance makes: whatever happens to a few accounts, in whatever order and by whatever clock, what must
//! hold does ([`must_hold`](crate::must_hold), after every change).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;
use wxlogin_state::{
    Answer, Failure, Input, Issue, Method, Phase, Profile, Rate, Secret, Source, State, StateName, Tending,
    WId,
};

use crate::must_hold::in_flight;
use crate::world::{World, id};

const WHO: [&str; 3] = ["wxid_a", "wxid_b", "wxid_c"];

/// Something that happens; the account, where there is one, is chosen apart from it.
#[derive(Debug, Clone)]
enum What {
    Passes(i64),
    TimeCame,
    Reviewed,
    Restarted,
    Listed(bool),
    FoundNew,
    FoundKnown(Index),
    IsOnline(bool),
    CallAnswered,
    CallFailed(bool),
    Begun,
    BegunForNobody,
    Scanned(Index),
    Failed(Index),
    CodeAsked(Index),
    DeadlinePassed(Index),
    Ended(Index),
    Late(Index),
    Wanted(Option<Method>, bool),
    AutoRelogin(bool),
    Forgotten,
    Explained(Index),
    Enabled(bool),
    Issued(Issue),
}

fn what() -> impl Strategy<Value = What> {
    let index = any::<Index>;
    let method = prop_oneof![Just(None), Just(Some(Method::PopUp)), Just(Some(Method::Qr))];
    let issue = prop_oneof![Just(Issue::Auto), Just(Issue::OnDemand)];
    prop_oneof![
        6 => prop_oneof![0..90_i64, 0..7_200_i64, 0..100_000_i64, Just(31_536_000)].prop_map(What::Passes),
        1 => prop_oneof![-7_200..0_i64, Just(-31_536_000)].prop_map(What::Passes),
        20 => Just(What::TimeCame),
        2 => Just(What::Reviewed),
        2 => Just(What::Restarted),
        3 => any::<bool>().prop_map(What::Listed),
        1 => Just(What::FoundNew),
        1 => index().prop_map(What::FoundKnown),
        5 => any::<bool>().prop_map(What::IsOnline),
        10 => Just(What::CallAnswered),
        5 => any::<bool>().prop_map(What::CallFailed),
        2 => Just(What::Begun),
        2 => Just(What::BegunForNobody),
        8 => index().prop_map(What::Scanned),
        3 => index().prop_map(What::Failed),
        1 => index().prop_map(What::CodeAsked),
        3 => index().prop_map(What::DeadlinePassed),
        1 => index().prop_map(What::Ended),
        1 => index().prop_map(What::Late),
        2 => (method, any::<bool>()).prop_map(|(method, force)| What::Wanted(method, force)),
        1 => any::<bool>().prop_map(What::AutoRelogin),
        1 => Just(What::Forgotten),
        1 => index().prop_map(What::Explained),
        1 => prop::bool::weighted(0.8).prop_map(What::Enabled),
        1 => issue.prop_map(What::Issued),
    ]
}

/// A life under way.
struct Life {
    world: World,
    /// How far the clock has gone ahead in all, setbacks not counted: how much a budget can have grown at most.
    lived: i64,
    /// When the daemon fetched QRs by itself, on that clock.
    fetched: BTreeMap<&'static str, Vec<i64>>,
    /// Whether the clock was set back, or the settings were changed, since everything was looked through.
    to_review: bool,
}

impl Life {
    fn new(max_attempts: u32) -> Self {
        let world = World::with(|rules| {
            rules.relogin.max_attempts = max_attempts;
            rules.relogin.storm = Rate { count: 3, per: Duration::from_mins(1) };
            rules.relogin.budget_total = Rate { count: 12, per: Duration::from_mins(10) };
        });
        Self { world, lived: 0, fetched: BTreeMap::new(), to_review: false }
    }

    fn happens(&mut self, who: &'static str, what: &What) {
        let calls_before = self.calls();
        self.takes(who, what);
        for who in WHO {
            if self.calls().contains(&who) && !calls_before.contains(&who) {
                self.fetched.entry(who).or_default().push(self.lived);
            }
        }
        self.keeps_to_its_budget(who);
        self.is_within_reach();
        self.is_as_it_should_be();
    }

    /// The accounts for which the daemon is fetching a QR by itself.
    fn calls(&self) -> Vec<&'static str> {
        let calls = |who: &&&str| {
            let account = self.world.records.accounts.get(&id(who))?;
            let relogin = account.relogin.as_ref()?;
            (account.call() == Some(Method::Qr) && !relogin.by_person).then_some(())
        };
        WHO.iter().filter(|who| calls(who).is_some()).copied().collect()
    }

    fn keeps_to_its_budget(&self, who: &str) {
        let Rate { count, per } = self.world.rules.relogin.budget;
        let per = i64::try_from(per.as_secs()).unwrap();
        let fetched = self.fetched.get(who).map_or(&[][..], Vec::as_slice);
        for (n, first) in fetched.iter().enumerate() {
            let within = fetched[n..].iter().filter(|at| **at - first < per).count();
            assert!(within <= count as usize, "{within} QRs of {who} within {per} s: {fetched:?}");
        }
    }

    /// Nothing waits for ever: once everything was looked through, a login is due within two hours.
    fn is_within_reach(&self) {
        if self.to_review {
            return;
        }
        for account in self.world.records.accounts.values() {
            let due = account.relogin.as_ref().and_then(wxlogin_state::Relogin::due_at);
            let latest = self.world.now + SignedDuration::from_hours(2);
            assert!(due.is_none_or(|due| due <= latest), "{}: {:?}", self.world.now, account.relogin);
        }
    }

    /// Looking everything through changes nothing where all is as it should be, and nothing a second time.
    fn is_as_it_should_be(&self) {
        let mut world = self.world.clone();
        if self.to_review {
            world.reviewed();
        }
        let (before, said) = (world.records.clone(), (world.told.len(), world.asked.len()));
        world.reviewed();
        for (wc_id, account) in &world.records.accounts {
            assert_eq!(account, &before.accounts[wc_id], "{}", world.now);
        }
        assert!(world.records == before && (world.told.len(), world.asked.len()) == said);
    }

    fn sessions(&self, wanted: impl Fn(StateName) -> bool) -> Vec<WId> {
        let all = self.world.records.sessions.values();
        all.filter(|session| wanted(session.state.name())).map(|session| session.w_id.clone()).collect()
    }

    fn takes(&mut self, who: &'static str, what: &What) {
        let in_flight = self.sessions(StateName::is_in_flight);
        let over = self.sessions(|name| name == StateName::Dropped);
        let one = |of: &[WId], index: &Index| (!of.is_empty()).then(|| index.get(of).clone());
        match what {
            What::Passes(seconds) => {
                self.world.pass(*seconds);
                self.lived += seconds.max(&0);
                self.to_review |= *seconds < 0;
            }
            What::Reviewed => {
                self.world.reviewed();
                self.to_review = false;
            }
            What::Restarted => {
                self.world.restarted();
                self.to_review = false;
            }
            What::Enabled(enabled) => {
                self.world.rules.relogin.enabled = *enabled;
                // Between the new settings and the review that follows them at once nothing happens.
                self.review_after_reload();
            }
            What::Issued(issue) => {
                self.world.rules.relogin.issue = *issue;
                self.review_after_reload();
            }
            What::BegunForNobody => drop(self.world.begin(None)),
            What::Scanned(index) => {
                if let Some(w_id) = one(&in_flight, index) {
                    self.code_entered_where_one_is_wanted(&w_id);
                    self.world.scanned(&w_id, who);
                }
            }
            What::CodeAsked(index) => {
                if let Some(w_id) = one(&in_flight, index) {
                    self.code_entered_where_one_is_wanted(&w_id);
                    let round = self.world.session(&w_id).round;
                    let answer = Answer::CodeAsked { prompt: "请输入验证码".to_owned() };
                    self.world.apply(&w_id, Input::Answered { round, answer });
                }
            }
            What::Failed(index) => {
                if let Some(w_id) = one(&in_flight, index) {
                    self.code_entered_where_one_is_wanted(&w_id);
                    self.world.failed(&w_id, Failure::Declined);
                }
            }
            What::DeadlinePassed(index) => {
                if let Some(w_id) = one(&in_flight, index) {
                    self.lived += self.seconds_to(self.world.session(&w_id).deadline().unwrap());
                    self.world.unscanned(&w_id);
                }
            }
            What::Ended(index) => {
                if let Some(w_id) = one(&self.sessions(|name| name != StateName::Dropped), index) {
                    self.world.apply(&w_id, Input::Ended);
                }
            }
            What::Late(index) => {
                if let Some(w_id) = one(&over, index) {
                    let before = self.world.records.clone();
                    let answer = Answer::LoggedIn(Box::new(Profile::of(id(who))));
                    let round = self.world.session(&w_id).round;
                    assert!(self.world.try_apply(&w_id, Input::Answered { round, answer }).is_err());
                    assert_eq!(self.world.records, before, "an answer to a login that is over");
                }
            }
            What::FoundNew => {
                let w_id = self.world.new_id();
                self.world.found(&w_id, who, Source::List).unwrap();
            }
            What::FoundKnown(index) => {
                // The list has an account under its own logins only; a QR that names nobody is one person's.
                let mine = |w_id: &WId| match &self.world.session(w_id).wc_id {
                    Some(wc_id) => *wc_id == id(who),
                    None => WHO[w_id.as_str().bytes().map(usize::from).sum::<usize>() % WHO.len()] == who,
                };
                let mine: Vec<WId> = self.sessions(|_| true).into_iter().filter(mine).collect();
                if let Some(w_id) = one(&mine, index) {
                    let _ = self.world.found(&w_id, who, Source::List);
                }
            }
            other => {
                if self.world.records.accounts.contains_key(&id(who)) {
                    self.account_takes(who, other);
                }
            }
        }
    }

    fn account_takes(&mut self, who: &'static str, what: &What) {
        let account = self.world.account(who);
        let (online, call) = (account.current_w_id.is_some(), account.call());
        let moves = self.world.records.moves(&self.world.rules, self.world.now);
        match what {
            What::TimeCame => {
                self.lived +=
                    account.due_at(&self.world.rules).map_or(0, |due| self.seconds_to(due).min(3_600));
                let due = account.due_at(&self.world.rules).unwrap_or(self.world.now);
                let latest = self.world.now + SignedDuration::from_hours(1);
                self.world.now = self.world.now.max(due.min(latest));
                self.world.time_came(who);
            }
            What::Listed(true) => self.world.tend(who, Tending::Listed),
            What::IsOnline(true) => self.world.tend(who, Tending::ConfirmedOnline),
            What::Listed(false) if online => self.world.not_listed(who),
            What::IsOnline(false) if online => self.world.drop(who),
            What::CallAnswered if call == Some(Method::Qr) => drop(self.world.qr_issued(who)),
            What::CallAnswered if call == Some(Method::PopUp) => drop(self.world.confirmed(who)),
            What::CallFailed(true) if call == Some(Method::PopUp) => {
                self.world.tend(who, Tending::PopUpFailed("declined".to_owned()));
            }
            What::CallFailed(no_qr) => {
                self.world.call_failed(who, *no_qr);
                if *no_qr && self.calls().len() < self.fetched.len() && call == Some(Method::Qr) {
                    self.refunded(who, account.relogin.as_ref().is_some_and(|relogin| relogin.by_person));
                }
            }
            What::Begun if call.is_none() && in_flight(&id(who), &self.world.records).is_empty() => {
                drop(self.world.begin(Some(who)));
            }
            What::Wanted(method, force) => {
                let _ = self
                    .world
                    .try_tend(who, Tending::Wanted { method: *method, force: *force, request_key: None });
            }
            What::AutoRelogin(on) => self.world.auto_relogin(who, *on),
            What::Forgotten if !online => {
                let change = moves.forget(&id(who));
                self.world.take(change).unwrap();
                self.fetched.remove(who);
            }
            What::Explained(index) if !account.logins.is_empty() => {
                let change = moves.explained(&id(who), index.get(&account.logins), "该账号在其他设备登录");
                self.world.take(change).unwrap();
            }
            _ => {}
        }
    }

    /// The QR that was fetched last was none.
    fn refunded(&mut self, who: &str, by_person: bool) {
        if let Some(fetched) = self.fetched.get_mut(who).filter(|_| !by_person) {
            fetched.pop();
        }
    }

    fn review_after_reload(&mut self) {
        self.world.reviewed();
        self.to_review = false;
    }

    fn code_entered_where_one_is_wanted(&mut self, w_id: &WId) {
        if matches!(self.world.session(w_id).state, State::AwaitingVerify { .. }) {
            self.world.apply(w_id, Input::CodeEntered(Secret::new("471100")));
        }
    }

    fn seconds_to(&self, at: Timestamp) -> i64 {
        at.duration_since(self.world.now).as_secs().max(0) + 1
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_what_must_hold_does(
        max_attempts in prop_oneof![Just(0), Just(2)],
        happenings in prop::collection::vec((0..WHO.len(), what()), 1..150),
    ) {
        let mut life = Life::new(max_attempts);
        for (who, what) in &happenings {
            life.happens(WHO[*who], what);
        }
        // Whatever it was, everybody can be looked after from here on.
        life.world.reviewed();
        life.world.live(48 * 3_600);
        let calling = |phase: &Phase| matches!(phase, Phase::Due { .. });
        for account in life.world.records.accounts.values() {
            let due = account.relogin.as_ref().is_some_and(|relogin| calling(&relogin.phase));
            prop_assert!(!due || account.due_at(&life.world.rules).unwrap() > life.world.now);
        }
    }
}
