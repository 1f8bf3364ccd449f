//! Looks after who is online: one list for all accounts, and questions about single ones only to confirm a
//! suspicion.
//!
//! Only what the platform clearly says moves anything: an answer that failed or cannot be read changes nothing,
//! and the next look asks again.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};
use wxlogin_state::{Act, DeviceType, Known, Profile, Proxy, Source, StateName, Tending, WId, WcId};

use super::handle::{Driver, Message};
use super::relogins::note;
use super::turn::Turn;
use crate::logging;
use crate::platform::{Pace, Platform, Presence, Trouble};
use crate::view::View;

/// Questions about single accounts that are out at once, and how many of them may be why somebody is offline: a
/// suspicion is checked before that is asked. So many that a thousand suspicions are cleared up between two lists
/// where an answer takes a second.
pub(super) const AT_ONCE: usize = 16;
const REASONS_AT_ONCE: usize = 2;

/// So many lists in a row wait for the answers about accounts that they lack, while there is none at all; from the next
/// one on absences count again. A platform that leaves single questions unanswered must not keep real drops from being
/// noticed.
pub(super) const LISTS_WAIT: u32 = 5;

/// How often the first list may fail before it is given up for a look that says nothing: a platform that is down for
/// long must not keep everybody from a login that may work.
const FIRST_LISTS: u32 = 3;

/// What the platform said.
#[derive(Debug)]
pub(super) enum Seen {
    /// Who is online.
    List(Result<Vec<Presence>, Trouble>),
    /// Whether this login of the account is.
    Login { wc_id: WcId, w_id: WId, result: Result<bool, Trouble> },
    /// Why the account is not.
    Reason { wc_id: WcId, w_id: WId, result: Result<Option<String>, Trouble> },
}

/// The looks.
#[derive(Debug)]
pub(super) struct Watch {
    platform: Platform,
    driver: Driver,
    tasks: TaskTracker,
    end: CancellationToken,
    every: Duration,
    next_list: Instant,
    /// Accounts that have changed since the list was asked for, while it is: what it says of them is old.
    changed: Option<HashSet<WcId>>,
    looked: bool,
    /// Whether the list that is out is no look, because it was asked for before the store was read anew.
    outdated: bool,
    troubles: u32,
    /// What the last list was, in a few words where it was trouble.
    heard: Option<Result<(), String>>,
    /// How long to wait for the next list after one that failed before any came.
    pace: Pace,
    to_look: VecDeque<WcId>,
    to_ask_why: VecDeque<(WcId, WId)>,
    looks_out: usize,
    reasons_out: usize,
    /// Who is being looked after, and whether there was another reason to, meanwhile: the question is out, or waits for
    /// others to be answered.
    looks: HashMap<WcId, bool>,
    /// Lists since one of these questions was last answered.
    unanswered: u32,
    /// Whether nothing is to be asked any more.
    draining: bool,
}

impl Watch {
    /// The first look is due. Tasks are tracked by `tasks` and report to `driver`.
    pub(super) fn new(platform: Platform, driver: Driver, tasks: TaskTracker, every: Duration) -> Self {
        Self {
            platform,
            driver,
            tasks,
            end: CancellationToken::new(),
            every,
            next_list: Instant::now(),
            changed: None,
            looked: false,
            outdated: false,
            troubles: 0,
            heard: None,
            pace: Pace::new(),
            to_look: VecDeque::new(),
            to_ask_why: VecDeque::new(),
            looks_out: 0,
            reasons_out: 0,
            looks: HashMap::new(),
            unanswered: 0,
            draining: false,
        }
    }

    /// Whether there was a look since the start, or since the store was last read anew, so that no account is logged
    /// in again that is online.
    pub(super) fn has_looked(&self) -> bool {
        self.looked
    }

    /// What became of the last list; `None` before the first.
    pub(super) fn heard(&self) -> Option<Result<(), String>> {
        self.heard.clone()
    }

    /// When the next list is asked for.
    pub(super) fn next_list(&self) -> Option<Instant> {
        self.changed.is_none().then_some(self.next_list)
    }

    /// Asks for the list at this distance from now on.
    pub(super) fn set_interval(&mut self, every: Duration) {
        self.next_list = self.next_list.min(Instant::now() + every);
        self.every = every;
    }

    /// Asks for the list where it is time.
    pub(super) fn look_if_due(&mut self) {
        if self.draining || self.changed.is_some() || Instant::now() < self.next_list {
            return;
        }
        self.changed = Some(HashSet::new());
        self.next_list = Instant::now() + self.every;
        let platform = self.platform.clone();
        self.ask(async move { Seen::List(platform.online().await) });
    }

    /// The store was read anew: what the platform said meanwhile is lost, and the next list says it again. One that
    /// is out is older than the accounts that are known now.
    pub(super) fn look_afresh(&mut self, view: &View) {
        self.looked = false;
        self.next_list = Instant::now();
        if let Some(changed) = &mut self.changed {
            changed.extend(view.everybody());
            self.outdated = true;
        }
    }

    /// The account has changed: what a list says that was asked for before is old.
    pub(super) fn note_change(&mut self, wc_id: &WcId) {
        if let Some(changed) = &mut self.changed {
            changed.insert(wc_id.clone());
        }
    }

    /// Asks about a single account, as soon as not too many questions are out.
    pub(super) fn question(&mut self, question: Act, view: &View) {
        match question {
            Act::Look(wc_id) => match self.looks.entry(wc_id) {
                Entry::Occupied(mut again) => *again.get_mut() = true,
                Entry::Vacant(first) => {
                    self.to_look.push_back(first.key().clone());
                    first.insert(false);
                }
            },
            Act::AskReason { wc_id, w_id } => self.to_ask_why.push_back((wc_id, w_id)),
        }
        self.ask_next(view);
    }

    /// Takes in what the platform said.
    pub(super) fn take(
        &mut self,
        seen: Seen,
        otherwise: &(DeviceType, Option<Proxy>),
        view: &View,
        turn: &mut Turn<'_>,
    ) {
        match seen {
            Seen::List(result) => self.take_list(result, otherwise, view, turn),
            Seen::Login { wc_id, w_id, result } => {
                self.looks_out = self.looks_out.saturating_sub(1);
                let again = self.looks.remove(&wc_id).unwrap_or(false);
                if result.is_ok() {
                    self.unanswered = 0;
                }
                take_login(&wc_id, &w_id, result, turn);
                if again {
                    self.question(Act::Look(wc_id), view);
                }
            }
            Seen::Reason { wc_id, w_id, result } => {
                self.reasons_out = self.reasons_out.saturating_sub(1);
                let taken = match result {
                    Ok(Some(sentence)) => turn.explained(&wc_id, &w_id, &sentence),
                    Ok(None) => {
                        turn.tend(&wc_id, Tending::NotExplained("the platform gives no reason".to_owned()))
                    }
                    Err(trouble) => turn.tend(&wc_id, Tending::NotExplained(logging::chain(&trouble))),
                };
                note(&wc_id, taken);
            }
        }
        self.ask_next(view);
    }

    /// Asks nothing any more; what is out may still be answered.
    pub(super) fn drain(&mut self) {
        self.draining = true;
    }

    /// Ends what is out.
    pub(super) fn stop(&mut self) {
        self.end.cancel();
        self.to_look.clear();
        self.to_ask_why.clear();
    }

    fn take_list(
        &mut self,
        result: Result<Vec<Presence>, Trouble>,
        otherwise: &(DeviceType, Option<Proxy>),
        view: &View,
        turn: &mut Turn<'_>,
    ) {
        let outdated = std::mem::take(&mut self.outdated);
        let changed = self.changed.take().unwrap_or_default();
        let list = match result {
            Ok(list) => list,
            Err(trouble) => {
                self.troubles = self.troubles.saturating_add(1);
                self.heard = Some(Err(logging::chain(&trouble)));
                let error = &trouble as &dyn std::error::Error;
                let body = trouble.body_excerpt();
                let in_a_row = self.troubles;
                if in_a_row == 1 {
                    warn!(
                        error,
                        body, "the platform does not say who is online; nothing is concluded from that"
                    );
                } else {
                    debug!(error, body, in_a_row, "the platform does not say who is online");
                }
                self.looked |= in_a_row >= FIRST_LISTS;
                if !self.looked {
                    self.next_list = self.next_list.min(Instant::now() + self.pace.wait());
                }
                return;
            }
        };
        self.looked |= !outdated;
        self.heard = Some(Ok(()));
        if std::mem::take(&mut self.troubles) > 0 {
            info!(online = list.len(), "the platform says again who is online");
        }
        let mut listed: HashMap<&WcId, Vec<&WId>> = HashMap::with_capacity(list.len());
        for Presence { wc_id, w_id } in &list {
            listed.entry(wc_id).or_default().push(w_id);
        }
        for (wc_id, logins) in &listed {
            if !changed.contains(*wc_id) && !turn.has_changed(wc_id) {
                take_listed(wc_id, logins, otherwise, turn);
                if only_names_ended(wc_id, logins, turn) {
                    self.question(Act::Look((*wc_id).clone()), view);
                }
            }
        }
        self.unanswered = if self.looks.is_empty() { 0 } else { self.unanswered.saturating_add(1) };
        for wc_id in view.online() {
            if changed.contains(&wc_id) || listed.contains_key(&wc_id) || turn.has_changed(&wc_id) {
                continue;
            }
            // An absence is the reason to ask, and another one says no more until the answer is there.
            let is_asked = self.looks.contains_key(&wc_id);
            if is_asked && self.unanswered <= LISTS_WAIT {
                continue;
            }
            note(&wc_id, turn.not_listed(&wc_id));
            if !is_asked && turn.account(&wc_id).is_some_and(|account| account.current_w_id.is_some()) {
                self.question(Act::Look(wc_id), view);
            }
        }
    }

    fn ask_next(&mut self, view: &View) {
        if self.draining {
            return;
        }
        while self.looks_out + self.reasons_out < AT_ONCE
            && let Some(wc_id) = self.to_look.pop_front()
        {
            let current = view.account(&wc_id).and_then(|account| account.current_w_id.clone());
            let Some(w_id) = current else {
                self.looks.remove(&wc_id);
                continue;
            };
            let platform = self.platform.clone();
            self.ask(async move {
                let result = platform.is_online(&w_id).await;
                Seen::Login { wc_id, w_id, result }
            });
            self.looks_out += 1;
        }
        while self.looks_out + self.reasons_out < AT_ONCE
            && self.reasons_out < REASONS_AT_ONCE
            && let Some((wc_id, w_id)) = self.to_ask_why.pop_front()
        {
            let platform = self.platform.clone();
            self.ask(async move {
                let result = platform.offline_reason(&wc_id).await;
                Seen::Reason { wc_id, w_id, result }
            });
            self.reasons_out += 1;
        }
    }

    fn ask(&self, question: impl Future<Output = Seen> + Send + 'static) {
        let (driver, end) = (self.driver.clone(), self.end.clone());
        let asking = async move { driver.tell(Message::Seen(question.await)).await };
        self.tasks.spawn(async move { end.run_until_cancelled(asking).await });
    }
}

/// What the list says of an account.
fn take_listed(wc_id: &WcId, logins: &[&WId], otherwise: &(DeviceType, Option<Proxy>), turn: &mut Turn<'_>) {
    let account = turn.account(wc_id);
    let current = account.as_ref().and_then(|account| account.current_w_id.as_ref());
    if let Some(current) = current
        && logins.contains(&current)
    {
        if account.is_some_and(|account| account.absences > 0) {
            note(wc_id, turn.tend(wc_id, Tending::Listed));
        }
        return;
    }
    for w_id in logins {
        let profile = Profile::of(wc_id.clone());
        note(wc_id, turn.found_online((*w_id).clone(), profile, Source::List, otherwise.clone()));
    }
}

/// Whether the account is online here, while the list names nothing but logins of it that have ended.
fn only_names_ended(wc_id: &WcId, logins: &[&WId], turn: &Turn<'_>) -> bool {
    let has_ended =
        |w_id: &&WId| turn.session(w_id).is_some_and(|session| session.state.name() == StateName::Dropped);
    turn.account(wc_id).is_some_and(|account| account.current_w_id.is_some()) && logins.iter().all(has_ended)
}

/// What the platform says of a login.
fn take_login(wc_id: &WcId, w_id: &WId, result: Result<bool, Trouble>, turn: &mut Turn<'_>) {
    if turn.account(wc_id).is_none_or(|account| account.current_w_id.as_ref() != Some(w_id)) {
        return;
    }
    match result {
        Ok(true) => note(wc_id, turn.tend(wc_id, Tending::ConfirmedOnline)),
        Ok(false) => note(wc_id, turn.lost(wc_id, Source::IsOnline, "the platform says that it is offline")),
        Err(trouble) => {
            let (error, body) = (&trouble as &dyn std::error::Error, trouble.body_excerpt());
            debug!(%wc_id, error, body, "the platform does not say whether it is online");
        }
    }
}
