//! What can go wrong between a client and the daemon, in sentences that say what to do about it.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use super::target::Target;
use crate::exchange::ExchangeError;
use crate::wire::Problem;

/// The group that may open the socket where the file itself does not tell.
const GROUP: &str = "wxlogind";

/// The bits of a socket's mode with which its group may connect: connecting means writing.
const GROUP_MAY_USE: u32 = 0o020;

/// Why a call brought no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon could not be asked, or did not answer.
    #[error("cannot reach wxlogind at {target}: {advice}")]
    Unreachable {
        /// Where it was looked for.
        target: String,
        /// What a person can do about it.
        advice: Advice,
        /// What happened.
        source: Unreachable,
    },
    /// The daemon answered that it did not do it.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// Something answered that is not a daemon of this kind, or a much newer one.
    #[error("the answer to {what} (HTTP {status}) is not one of wxlogind's: {excerpt:?}")]
    Unreadable {
        /// Method and path.
        what: String,
        /// HTTP status.
        status: u16,
        /// How the answer begins.
        excerpt: String,
        /// What is wrong with it, where it should have been readable.
        source: Option<serde_json::Error>,
    },
    /// The request cannot be written as JSON.
    #[error("the request cannot be written as JSON")]
    Unsendable(#[source] serde_json::Error),
}

impl ClientError {
    /// The problem that the daemon named, where it named one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether the daemon says that there is no such session or account.
    pub fn is_not_found(&self) -> bool {
        self.problem().is_some_and(|problem| problem.code == crate::wire::ProblemCode::NotFound)
    }

    /// Whether the daemon could not be asked at all.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    pub(super) fn unreachable(target: &Target, source: Unreachable) -> Self {
        let advice = Advice::on(target, &source);
        Self::Unreachable { target: target.to_string(), advice, source }
    }
}

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] io::Error),
    /// No connection in time.
    #[error("no connection within {0:?}")]
    Slow(Duration),
    /// Connected, but no answer came.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A stream that has no end has ended.
    #[error("the stream has ended")]
    Ended,
    /// The target makes no valid request: a token with a line break, for example.
    #[error("the request is not valid HTTP")]
    Request(#[source] hyper::http::Error),
}

/// What a person can do about an unreachable daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Nothing listens there.
    NotRunning,
    /// The socket is not open to this user.
    NotAllowed {
        /// The group that it is open to, besides its owner; `None` where it is open to no group to join.
        group: Option<String>,
    },
    /// It listens, but the connection ended or stalled.
    NoAnswer,
    /// The token cannot be sent.
    BadToken,
}

impl Advice {
    fn on(target: &Target, source: &Unreachable) -> Self {
        match (source, target) {
            (Unreachable::Connect(error), Target::Socket(path))
                if error.kind() == io::ErrorKind::PermissionDenied =>
            {
                Self::NotAllowed { group: group_of(path) }
            }
            (Unreachable::Connect(_) | Unreachable::Slow(_), _) => Self::NotRunning,
            (Unreachable::Exchange(_) | Unreachable::Ended, _) => Self::NoAnswer,
            (Unreachable::Request(_), _) => Self::BadToken,
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRunning => {
                f.write_str("is it running? (systemctl status wxlogind; or name it with --socket or --url)")
            }
            Self::NotAllowed { group: Some(group) } => write!(
                f,
                "permission denied; the socket is open to root and to the group {group} \
                 (sudo usermod -aG {group} $USER, then log in to this host again)"
            ),
            Self::NotAllowed { group: None } => {
                f.write_str("permission denied; only root and the daemon's own user may open the socket")
            }
            Self::NoAnswer => f.write_str("it gave no complete answer (journalctl -u wxlogind says why)"),
            Self::BadToken => f.write_str("the token is not one line of visible characters"),
        }
    }
}

/// The name of the group that may open a socket, or its number. The usual group where the socket cannot even be
/// seen: then the directory around it is closed to this user. Nobody is sent into root's own group.
fn group_of(path: &Path) -> Option<String> {
    let Ok(socket) = fs::metadata(path) else { return Some(GROUP.to_owned()) };
    if socket.mode() & GROUP_MAY_USE != GROUP_MAY_USE || socket.gid() == 0 {
        return None;
    }
    let gid = socket.gid().to_string();
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let name = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(gid.as_str())).then(|| name.to_owned())
    });
    Some(name.unwrap_or(gid))
}
