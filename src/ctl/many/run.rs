//! One login of many: begins it, or finds it where an earlier run began it, and tells each version.

use std::time::Duration;

use futures_util::Stream;
use futures_util::stream;
use wxlogin_state::public::Session;
use wxlogin_state::{StateName, WcId};

use super::file::Line;
use super::is_over;
use crate::client::{Client, ClientError};
use crate::ctl::failure::Failure;
use crate::ctl::follow;
use crate::wire::{CreateSession, Problem, ProblemCode};

/// How often the same line may have been begun and have ended, in all runs, before it is given up.
const ATTEMPTS: u32 = 100;

/// Something that is to be told.
#[derive(Debug)]
pub(super) struct News {
    /// Of which login, as a place in the list.
    pub(super) at: usize,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// A newer version.
    Session(Box<Session>),
    /// There is nothing to do.
    AlreadyOnline(WcId),
    /// It is not begun, or lost sight of.
    Failed(Failure),
}

/// A login of the list.
pub(super) struct Run {
    client: Client,
    pause: Duration,
    at: usize,
    key: String,
    name: String,
    wanted: CreateSession,
}

enum Stage {
    Begin,
    Follow(Box<Session>),
    Over,
}

impl Run {
    pub(super) fn new(
        client: Client,
        pause: Duration,
        at: usize,
        line: &Line,
        usual: &CreateSession,
    ) -> Self {
        let wanted = CreateSession { label: line.label.clone(), wc_id: line.wc_id.clone(), ..usual.clone() };
        Self { client, pause, at, key: line.key.clone(), name: line.name(), wanted }
    }

    /// What happens to it, until it is online or over.
    pub(super) fn news(self) -> impl Stream<Item = News> {
        let first = (self, Stage::Begin);
        Box::pin(stream::unfold(first, async |(run, stage)| {
            let what = match stage {
                Stage::Begin => run.begin().await,
                Stage::Follow(session) => run.newer(&session).await,
                Stage::Over => return None,
            };
            let next = match &what {
                What::Session(session) if !is_over(session.state) => Stage::Follow(session.clone()),
                _ => Stage::Over,
            };
            Some((News { at: run.at, what }, (run, next)))
        }))
    }

    async fn newer(&self, session: &Session) -> What {
        let newer = follow::newer(&self.client, session, self.pause).await;
        newer.map_or_else(|error| What::Failed(error.into()), |session| What::Session(Box::new(session)))
    }

    async fn begin(&self) -> What {
        match self.begun().await {
            Ok(Some(session)) => What::Session(Box::new(session)),
            Ok(None) => {
                let sentence =
                    format!("{} was begun {ATTEMPTS} times already, and ended each time", self.name);
                What::Failed(Failure::Sentence(sentence))
            }
            Err(ClientError::Problem(problem)) => self.refused(problem).await,
            Err(error) => What::Failed(error.into()),
        }
    }

    /// The login that this line stands for. One that an earlier run began and that has ended since is begun anew,
    /// under the next name.
    async fn begun(&self) -> Result<Option<Session>, ClientError> {
        for attempt in 1..=ATTEMPTS {
            let name = format!("{}-{attempt}", self.key);
            let mut session = self.client.create_as(&name, &self.wanted).await?.session;
            // The account went on with another login.
            while let (StateName::Dropped, Some(successor)) = (session.state, &session.successor) {
                session = self.client.session(successor.as_str()).await?;
            }
            // The daemon answers for an earlier run as it answered then; one that is over tells it apart.
            if session.state != StateName::Dropped {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    /// An account that is online is what was wanted.
    async fn refused(&self, problem: Box<Problem>) -> What {
        let known = match (&problem.code, &problem.wc_id, &self.wanted.wc_id) {
            (ProblemCode::WrongState, _, Some(wc_id)) if problem.state == Some(StateName::Online) => {
                return What::AlreadyOnline(wc_id.clone());
            }
            (ProblemCode::KnownAccount, Some(wc_id), _) => wc_id.clone(),
            _ => return What::Failed(ClientError::Problem(problem).into()),
        };
        match self.client.account(known.as_str()).await {
            Ok(account) if account.online => What::AlreadyOnline(known),
            Ok(_) => What::Failed(Failure::Sentence(format!(
                "it is {known}, which has logged in here before; to log it in again write {},{known} into the file",
                self.name
            ))),
            Err(error) => What::Failed(error.into()),
        }
    }
}
