//! One token, a clock to move, and what the journal said of it. It does as the driver does: seals, takes, commits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use wxlogin_state::seal::{Key, Keys};
use wxlogin_state::{
    Generation, Obtained, Pair, Plain, Secret, System, Token, TokenChange, TokenId, TokenInput, TokenMove,
    TokenNotice, TokenRules, TokenState, TokenUnmoved,
};

pub(crate) const SECOND: i64 = 1;
pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// What C gives (protocol.md): two hours, and here thirty days for the refresh token.
pub(crate) const ACCESS: i64 = 2 * HOUR;
pub(crate) const REFRESH: i64 = 30 * DAY;

pub(crate) struct World {
    pub(crate) keys: Keys,
    pub(crate) now: Timestamp,
    pub(crate) rules: TokenRules,
    pub(crate) token: Token,
    /// `None` once the record is removed.
    pub(crate) removed: bool,
    /// What was said since it was last asked for.
    said: Vec<TokenNotice>,
}

/// The plain pair of that generation, as long as said.
pub(crate) fn plain(now: Timestamp, generation: u64, access: i64, refresh: Option<i64>) -> Plain {
    let later = |seconds| now + SignedDuration::from_secs(seconds);
    let secret = |which| Secret::new(format!("{which}-{generation}-SECRET"));
    Plain {
        access: secret("access"),
        expires_at: later(access),
        refresh: refresh.map(|seconds| (secret("refresh"), Some(later(seconds)))),
    }
}

impl World {
    /// A login by app that lasts so many seconds.
    pub(crate) fn app(seconds: i64) -> Self {
        Self::begun(System::App, seconds, None)
    }

    /// A login by official account.
    pub(crate) fn official_account() -> Self {
        Self::begun(System::OfficialAccount, ACCESS, Some(REFRESH))
    }

    pub(crate) fn begun(system: System, access: i64, refresh: Option<i64>) -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let (keys, rules) = (Keys::only(Key::generate().unwrap()), TokenRules::DEFAULT);
        let id: TokenId = "token-1".parse().unwrap();
        let pair = Pair::seal(&plain(now, 1, access, refresh), &id, Generation(1), &keys).unwrap();
        let uid = (system == System::App).then(|| "u1".to_owned());
        let obtained = Obtained { system, app: "an app".to_owned(), uid, pair };
        let TokenChange { token, said } = Token::obtained(obtained, now, &rules);
        Self { keys, now, rules, token, removed: false, said }
    }

    /// The clock goes on, or is set back, by so many seconds; nobody looks.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// So many seconds pass, and at each time that is named the driver looks. No refresh is answered meanwhile.
    pub(crate) fn live(&mut self, seconds: i64) {
        let end = self.now + SignedDuration::from_secs(seconds);
        let mut looks = 0;
        while let Some(at) = self.due_at().filter(|at| *at <= end && !self.removed) {
            self.now = self.now.max(at);
            self.take(TokenInput::TimeCame).unwrap();
            looks += 1;
            assert!(looks < 20, "a busy loop at {}: {:?}", self.now, self.token);
        }
        self.now = end;
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.token.due_at(&self.rules)
    }

    pub(crate) fn take(&mut self, input: TokenInput) -> Result<(), TokenUnmoved> {
        let before = self.token.version;
        match self.token.take(input, self.now, &self.rules)? {
            TokenMove::Changed(TokenChange { token, said }) => {
                assert_eq!(token.version, before.next());
                self.token = token;
                self.said.extend(said);
            }
            TokenMove::Removed => self.removed = true,
        }
        Ok(())
    }

    /// The generation that the duty says is to be refreshed now.
    pub(crate) fn duty(&self) -> Option<Generation> {
        self.token.duty(&self.rules, self.now).refresh.then_some(self.token.generation)
    }

    /// In so many seconds the refresh begins.
    pub(crate) fn refresh_in(&self) -> i64 {
        self.token.refresh_at(&self.rules).unwrap().duration_since(self.now).as_secs()
    }

    /// Passes the time until the refresh begins.
    pub(crate) fn wait_for_refresh(&mut self) {
        let wait = self.token.refresh_at(&self.rules).unwrap().duration_since(self.now);
        self.live(wait.as_secs().max(0) + SECOND);
        assert!(self.duty().is_some(), "{:?}", self.token);
    }

    /// The system answers the refresh of that generation with a pair that lives so long.
    pub(crate) fn refreshed_for(
        &mut self,
        generation: u64,
        access: i64,
        refresh: Option<i64>,
    ) -> Result<(), TokenUnmoved> {
        let plain = plain(self.now, generation + 1, access, refresh);
        let pair = Pair::seal(&plain, &self.token.id, Generation(generation + 1), &self.keys).unwrap();
        self.take(TokenInput::Refreshed { generation: Generation(generation), pair })
    }

    pub(crate) fn refreshed(&mut self) {
        self.refreshed_for(self.token.generation.0, ACCESS, Some(REFRESH)).unwrap();
    }

    pub(crate) fn failed(&mut self) {
        let what = "the connection was refused".to_owned();
        self.take(TokenInput::RefreshFailed { generation: self.token.generation, what }).unwrap();
    }

    pub(crate) fn refused(&mut self) {
        let what = "5104: user domain has been disabled".to_owned();
        self.take(TokenInput::RefreshRefused { generation: self.token.generation, what }).unwrap();
    }

    /// The types of what was said since the last call.
    pub(crate) fn told(&mut self) -> Vec<&'static str> {
        self.notices().iter().map(|notice| notice.kind.as_str()).collect()
    }

    /// What was said since the last call.
    pub(crate) fn notices(&mut self) -> Vec<TokenNotice> {
        std::mem::take(&mut self.said)
    }

    pub(crate) fn state(&self) -> TokenState {
        self.token.state
    }

    pub(crate) fn access(&self) -> String {
        self.token.open_access(&self.keys).unwrap().reveal().to_owned()
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.token.open_refresh(&self.keys).unwrap().unwrap().reveal().to_owned()
    }
}

/// Seconds of a duration.
pub(crate) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap()
}
