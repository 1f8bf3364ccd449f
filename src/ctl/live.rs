//! The live logins, asked for state by state, for `list` and for names that are only a beginning.
//!
//! The daemon finds the logins of one state at once, but keeps ended ones for a month: paging through all of
//! them for the few that live would take a hundred calls.

use std::cmp::Reverse;

use jiff::Timestamp;
use wxlogin_state::public::Session;
use wxlogin_state::{StateName, Version, WId};

use crate::client::{Client, ClientError, Filter, PAGE};

/// The states of a login that has not ended, in the order in which they usually come: a login that moves on
/// between two calls is found twice rather than not at all.
const STATES: [StateName; 4] =
    [StateName::QrIssued, StateName::AwaitingVerify, StateName::Slider, StateName::Online];

/// All live logins, in the order of their creation.
pub(super) async fn all(client: &Client) -> Result<Vec<Session>, ClientError> {
    Ok(first(client, usize::MAX).await?.0)
}

/// The first so many live logins in the order of their creation, and whether there are more.
pub(super) async fn first(client: &Client, most: usize) -> Result<(Vec<Session>, bool), ClientError> {
    let mut sessions = Vec::new();
    let mut more = false;
    for state in STATES {
        let filter = Filter { state: Some(state), ..Filter::default() };
        let (found, next) = pages(client, filter, most).await?;
        sessions.extend(found);
        more |= next.is_some();
    }
    sessions.sort_by(|a, b| place(a).cmp(&place(b)));
    // Of a login that was found twice, the newer version stands first.
    sessions.dedup_by(|later, kept| later.w_id == kept.w_id);
    more |= sessions.len() > most;
    sessions.truncate(most);
    Ok((sessions, more))
}

fn place(session: &Session) -> (Timestamp, &str, Reverse<Version>) {
    (session.created_at, session.w_id.as_str(), Reverse(session.version))
}

/// The first so many logins that match, page after page, and the `next` of the last page.
pub(super) async fn pages(
    client: &Client,
    mut filter: Filter,
    most: usize,
) -> Result<(Vec<Session>, Option<String>), ClientError> {
    let mut sessions = Vec::new();
    loop {
        filter.limit = Some(PAGE.min(most - sessions.len()));
        let page = client.sessions(&filter).await?;
        sessions.extend(page.sessions);
        let next = page.next.filter(|next| filter.after.as_ref() != Some(next));
        if next.is_none() || sessions.len() >= most {
            return Ok((sessions, next));
        }
        filter.after = next;
    }
}

/// The `after` with which the daemon lists what was created after this login. Only its pages tell, so they are
/// turned until the login is found, and the last one is asked for again, as short as to end there.
pub(super) async fn place_of(client: &Client, w_id: &WId) -> Result<Option<String>, ClientError> {
    let mut filter = Filter { limit: Some(PAGE), ..Filter::default() };
    loop {
        let page = client.sessions(&filter).await?;
        if let Some(at) = page.sessions.iter().position(|session| session.w_id == *w_id) {
            filter.limit = Some(at + 1);
            return Ok(client.sessions(&filter).await?.next);
        }
        if page.next.is_none() || page.next == filter.after {
            return Ok(None);
        }
        filter.after = page.next;
    }
}
