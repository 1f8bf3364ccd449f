//! `relogin`: logs a known account in again, and goes along until it is online.
//!
//! ```text
//!   ask ──► a box on the phone ──── confirmed ──────────────────────────────► online
//!     │            └── refused, or nobody there ──┐
//!     └──► a QR is fetched ◄──────────────────────┘──► its session, as in `login --wait` ──► online or over
//! ```

use futures_util::future::BoxFuture;
use wxlogin_state::public::{Account, PhaseName, Relogin};
use wxlogin_state::{Method, StateName, WId, WcId};

use super::failure::{Exit, Failure};
use super::text::{Tone, sentence};
use super::{Context, args, follow, standing};
use crate::client::ClientError;
use crate::wire::{LogInAgain, ProblemCode};

/// A login that is due so soon is waited for, in seconds: what falls back to a QR is due at once. The schedule
/// after a failure is a minute and more.
const SOON: i64 = 30;

/// `wxloginctl relogin`
pub(super) async fn relogin(context: &mut Context<'_>, asked: args::Relogin) -> Result<Exit, Failure> {
    let args::Relogin { wc_id, method, force, wait } = asked;
    let account = context.client.relogin(wc_id.as_str(), &LogInAgain { method, force }).await;
    let account = account.map_err(|error| refused(error, &wc_id))?;
    if wait {
        let interrupted = (context.terminal.interrupt)();
        let before = account.current_w_id.clone();
        return Wait { context, account, before, told: None, interrupted }.run().await;
    }
    if context.json {
        context.print_json(&account)?;
    } else {
        for line in what_follows(&account) {
            context.say(line)?;
        }
    }
    Ok(Exit::Done)
}

fn refused(error: ClientError, wc_id: &WcId) -> Failure {
    match error {
        ClientError::Problem(problem) if problem.code == ProblemCode::WrongState => {
            let hint = match problem.state {
                Some(StateName::Online) => format!("All the same: wxloginctl relogin {wc_id} --force"),
                _ => format!("By QR: wxloginctl relogin {wc_id} --method qr"),
            };
            Failure::hinted(problem, hint)
        }
        error => error.into(),
    }
}

/// What happens next to an account that is to be logged in, and how to see it; a line each.
fn what_follows(account: &Account) -> Vec<String> {
    let along = format!("wxloginctl relogin {} --wait", account.wc_id);
    match &account.relogin {
        Some(Relogin { w_id: Some(w_id), .. }) => vec![
            format!("The login {w_id} of {} is under way already.", standing::who(account)),
            format!("Draw its QR: wxloginctl qr {w_id}"),
            format!("Go on with it here: wxloginctl login --resume {w_id}"),
        ],
        Some(relogin) if relogin.method == Method::PopUp => {
            vec![popup(account), format!("If nobody does, a QR is next; see how it goes: {along}")]
        }
        _ => vec![fetching(account), format!("Draw it as soon as it is there: {along}")],
    }
}

fn popup(account: &Account) -> String {
    format!("The phone of {} shows a box now: confirm the login there.", standing::who(account))
}

fn fetching(account: &Account) -> String {
    format!("A QR of {} is being fetched.", standing::who(account))
}

struct Wait<'c, 't> {
    context: &'c mut Context<'t>,
    account: Account,
    /// The login that was online when another was asked for.
    before: Option<WId>,
    /// What a person has been told of last.
    told: Option<(PhaseName, Method)>,
    interrupted: BoxFuture<'static, ()>,
}

/// Where the login stands that was asked for.
enum Stand {
    /// The platform has yet to say something.
    Waiting,
    /// A person must complete this session.
    Session(WId),
    Online,
    /// No login could be begun.
    Nothing,
}

impl Wait<'_, '_> {
    async fn run(mut self) -> Result<Exit, Failure> {
        loop {
            self.show()?;
            match self.stand() {
                Stand::Waiting => {}
                Stand::Session(w_id) => {
                    let session = self.context.client.session(w_id.as_str()).await?;
                    return follow::go_along(self.context, session, self.interrupted).await;
                }
                Stand::Online => return self.online(),
                Stand::Nothing => return self.came_to_nothing().await,
            }
            let (client, account) = (&self.context.client, &self.account);
            let read = async || client.account(account.wc_id.as_str()).await;
            let changed = |newer: &Account| newer.version > account.version;
            let newer = tokio::select! {
                newer = follow::patient(read, changed, self.context.terminal.pause) => newer?,
                () = &mut self.interrupted => return self.left(),
            };
            self.account = newer;
        }
    }

    fn stand(&self) -> Stand {
        let now = self.context.now();
        match &self.account.relogin {
            Some(Relogin { w_id: Some(w_id), .. }) => Stand::Session(w_id.clone()),
            Some(Relogin { phase: PhaseName::Calling, .. }) => Stand::Waiting,
            Some(Relogin { phase: PhaseName::Due, due_at, .. })
                if due_at.duration_since(now).as_secs() <= SOON =>
            {
                Stand::Waiting
            }
            None if self.account.online && self.account.current_w_id != self.before => Stand::Online,
            Some(_) | None => Stand::Nothing,
        }
    }

    /// Shows what is new.
    fn show(&mut self) -> Result<(), Failure> {
        if self.context.json {
            let line = serde_json::to_string(&self.account)?;
            return self.context.say(line);
        }
        let Some(relogin) = &self.account.relogin else { return Ok(()) };
        let (before, now) = (self.told, (relogin.phase, relogin.method));
        if before == Some(now) {
            return Ok(());
        }
        if before.is_some_and(|(_, method)| method != relogin.method) {
            let why = self.context.paint.tone(Tone::Bad, &sentence(&relogin.why));
            self.context.say(why)?;
        }
        match now {
            (PhaseName::Calling, Method::PopUp) => self.context.say(popup(&self.account))?,
            (PhaseName::Calling, Method::Qr) => self.context.say(fetching(&self.account))?,
            _ => {}
        }
        self.told = Some(now);
        Ok(())
    }

    fn online(self) -> Result<Exit, Failure> {
        if self.context.json {
            return Ok(Exit::Done);
        }
        let online = format!("{} is online.", standing::who(&self.account));
        let online = self.context.paint.tone(Tone::Good, &online);
        self.context.say(online)?;
        for sentence in standing::expected(&self.account, self.context.now()) {
            self.context.say(sentence)?;
        }
        Ok(Exit::Done)
    }

    /// What the daemon observed last says why.
    async fn came_to_nothing(self) -> Result<Exit, Failure> {
        if self.context.json {
            return Ok(Exit::Failed);
        }
        let why = self.context.client.why_account(self.account.wc_id.as_str()).await?;
        let seen = why.evidence.last().map_or(why.what.as_str(), |seen| seen.what.as_str());
        let seen = self.context.paint.tone(Tone::Bad, &sentence(seen));
        self.context.say(seen)?;
        if let Some(w_id) = &self.account.current_w_id {
            self.context.say(format_args!("{} is still online as {w_id}.", standing::who(&self.account)))?;
            return Ok(Exit::Failed);
        }
        for sentence in standing::todo(&self.account, None, self.context.now()) {
            self.context.say(sentence)?;
        }
        Ok(Exit::Failed)
    }

    /// The person leaves; the login does not.
    fn left(self) -> Result<Exit, Failure> {
        let wc_id = &self.account.wc_id;
        self.context.remark(format_args!(
            "\nThe login goes on without this terminal.\n  \
             go on with it:  wxloginctl relogin {wc_id} --wait\n  \
             how it stands:  wxloginctl status {wc_id}"
        ))?;
        Ok(Exit::Failed)
    }
}
