//! Stores as a daemon would have left them, made through the store's own crate.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use wxlogin_state::public::Event;
use wxlogin_state::{
    Account, Batch, Input, Issued, Proxy, Rest, Retention, Rules, Seq, Session, Source, StateDir, StateName,
    Store, Verdict, WId, step,
};

/// What the machine goes by; an hour for each step, so that no deadline passes during a measurement.
pub(crate) const RULES: Rules = {
    let mut rules = Rules::DEFAULT;
    rules.step_allowance = Duration::from_hours(1);
    rules
};

/// What the journal keeps: the default of `state.keep_events`.
pub(crate) const RETENTION: Retention = Retention { events: 100_000 };

/// Sessions to a commit while a store is being made.
const AT_ONCE: usize = 500;

/// A store being made.
pub(crate) struct Making {
    store: Store,
    batch: Batch,
    seq: Seq,
    now: Timestamp,
}

/// The platform's name for the `n`th login, of the length that the platform's have.
pub(crate) fn w_id(n: usize) -> WId {
    format!("0000016e-63eb-f319-0001-{n:012x}").parse().expect("visible ASCII")
}

impl Making {
    /// Begins one in `dir`.
    pub(crate) fn begin(dir: &Path, now: Timestamp) -> anyhow::Result<Self> {
        let (store, _) = Store::open(&StateDir::claim(dir)?, RETENTION)?;
        Ok(Self { store, batch: Batch::default(), seq: Seq(0), now })
    }

    /// Takes in the `n`th login after these inputs, and whatever account comes of it.
    pub(crate) fn login(&mut self, n: usize, inputs: Vec<Input>) -> anyhow::Result<()> {
        let issued = Issued {
            proxy: Some(Proxy::Region(7)),
            ..Issued::new(w_id(n), format!("http://127.0.0.1:9899/qr/{}.png", w_id(n)))
        };
        let mut session = Session::begun(issued, self.seq.next(), self.now, &RULES);
        self.push(&session)?;
        let mut account: Option<Account> = None;
        for input in inputs {
            let Verdict::Accepted(next) = step(&session, input, self.now, &RULES) else {
                anyhow::bail!("the machine does not take the inputs of login {n}");
            };
            account = match (next.profile(), account) {
                (Some(profile), None) => {
                    let from = Source::LoginInfo;
                    Some(Account::first_login(&next, profile, from, self.now, &RULES))
                }
                (_, Some(account)) if next.state.name() == StateName::Dropped => {
                    Some(Account { current_w_id: None, rest: Some(Rest::LoggedOut), ..account })
                }
                (_, Some(account)) => Some(account),
                (None, None) => None,
            };
            session = next;
            self.push(&session)?;
        }
        self.batch.put_session(&session)?;
        if let Some(account) = account {
            self.batch.put_account(&account)?;
        }
        if self.batch.len() >= AT_ONCE {
            self.commit()?;
        }
        Ok(())
    }

    /// Makes everything durable and lets go of the directory.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        self.commit()
    }

    fn push(&mut self, session: &Session) -> anyhow::Result<()> {
        self.seq = self.seq.next();
        self.batch.push_event(&Event::of_session(self.seq, self.now, session))?;
        Ok(())
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        Ok(self.store.commit(&std::mem::take(&mut self.batch))?)
    }
}
