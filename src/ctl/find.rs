//! Which login or account a person means: a wId, the beginning of one, or a wcId.

use wxlogin_state::StateName;
use wxlogin_state::public::{Account, Session};

use super::failure::Failure;
use super::{Context, live};
use crate::client::{ClientError, Filter};
use crate::wire::{Problem, ProblemCode};

/// Fewest characters that name a login by its beginning: fewer are more likely a mistake.
const SHORTEST_PREFIX: usize = 6;

/// What a name on the command line means.
pub(super) enum Found {
    Session(Box<Session>),
    Account {
        account: Box<Account>,
        /// Its login: the one that is online, else the one under way, else the last one known.
        session: Option<Box<Session>>,
    },
}

/// The login or account of this name.
pub(super) async fn find(context: &mut Context<'_>, name: &str) -> Result<Found, Failure> {
    match context.client.session(name).await {
        Err(error) if error.is_not_found() => {}
        result => return Ok(Found::Session(Box::new(result?))),
    }
    match context.client.account(name).await {
        Err(error) if error.is_not_found() => {
            let nobody = || refused(format!("no login and no account is called {name}"));
            let session = by_beginning(context, name).await?.ok_or_else(nobody)?;
            Ok(Found::Session(Box::new(session)))
        }
        result => {
            let account = Box::new(result?);
            let session = login_of(context, &account).await?.map(Box::new);
            Ok(Found::Account { account, session })
        }
    }
}

/// The login of this name or beginning.
pub(super) async fn session(context: &mut Context<'_>, name: &str) -> Result<Session, Failure> {
    match context.client.session(name).await {
        Err(error) if error.is_not_found() => Ok(by_beginning(context, name).await?.ok_or(error)?),
        result => Ok(result?),
    }
}

/// The daemon's refusal of both names, as one.
fn refused(detail: String) -> Failure {
    ClientError::Problem(Box::new(Problem::new(ProblemCode::NotFound, detail))).into()
}

async fn login_of(context: &Context<'_>, account: &Account) -> Result<Option<Session>, ClientError> {
    let filter = Filter { wc_id: Some(account.wc_id.clone()), ..Filter::default() };
    let logins = context.client.all_sessions(&filter).await?;
    Ok(logins.into_iter().max_by_key(|session| (liveliness(session.state), session.created_at)))
}

fn liveliness(state: StateName) -> u8 {
    match state {
        StateName::Online => 2,
        StateName::Dropped => 0,
        _ => 1,
    }
}

/// The only live login whose wId begins so.
async fn by_beginning(context: &mut Context<'_>, name: &str) -> Result<Option<Session>, Failure> {
    if name.len() < SHORTEST_PREFIX {
        return Ok(None);
    }
    let mut sessions = live::all(&context.client).await?;
    sessions.retain(|session| session.w_id.as_str().starts_with(name));
    match sessions.len() {
        0 | 1 => {}
        many => {
            let all: Vec<&str> = sessions.iter().map(|session| session.w_id.as_str()).collect();
            let all = all.join(", ");
            return Err(Failure::Sentence(format!("{many} logins begin with {name}: {all}")));
        }
    }
    let found = sessions.pop();
    if let Some(session) = &found {
        context.remark(format_args!("{name} is {}", session.w_id))?;
    }
    Ok(found)
}
