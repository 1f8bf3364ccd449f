//! How a command ends when it does not do what was asked: exit status and sentence.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use wxlogin_state::export::ExportError;
use wxlogin_state::{KeyFileError, OpenError};

use super::text::plain;
use crate::client::{ClientError, TargetError};
use crate::wire::{Problem, ProblemCode};

/// How a command ended (contract.md, exit codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Unreachable = 3,
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The daemon refused or could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The daemon refused something for which the command line knows a way.
    #[error("{sentence}")]
    Hinted {
        /// What the daemon says, for programs.
        problem: Box<Problem>,
        /// The same for people.
        sentence: String,
        /// The ways, a line each.
        hints: Vec<String>,
    },
    /// The daemon was not named in a way that can be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Nobody takes what the command prints.
    #[error("cannot write the output")]
    Output(#[from] io::Error),
    /// What was to be printed is no JSON.
    #[error("cannot write the answer as JSON")]
    Json(#[from] serde_json::Error),
    /// A picture cannot be saved.
    #[error("cannot write {path}")]
    File {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that was named cannot be read.
    #[error("cannot read {path}")]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the daemon sent as a backup is none.
    #[error("the backup that came is not whole; nothing was written")]
    Broken {
        /// How that shows.
        source: ExportError,
    },
    /// A backup cannot be used.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A state directory or its store cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// A key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// Something for which a way is known that is not part of the sentence.
    #[error("{sentence}")]
    Advised {
        /// What is wrong.
        sentence: String,
        /// The ways, a line each.
        hints: Vec<String>,
    },
    /// Something that only a person can put right, as a whole sentence.
    #[error("{0}")]
    Sentence(String),
}

impl Failure {
    /// What the daemon says, with a way on from there.
    pub(super) fn hinted(problem: Box<Problem>, hint: impl Into<String>) -> Self {
        Self::Hinted { sentence: problem.to_string(), problem, hints: vec![hint.into()] }
    }

    /// What is wrong, and what to do about it.
    pub(super) fn advised(sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Advised { sentence: sentence.into(), hints: vec![hint.into()] }
    }

    /// The exit status it means.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Client(error) if error.is_unreachable() => Exit::Unreachable,
            Self::Target(_) => Exit::Usage,
            // Who pipes into `head` has seen enough; that is no failure.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            _ => Exit::Failed,
        }
    }

    /// What to print on standard error, ended lines; with `json` a problem is printed as the API sent it.
    pub(super) fn report(&self, json: bool) -> String {
        if self.exit() == Exit::Done {
            return String::new();
        }
        if let (true, Some(problem)) = (json, self.problem())
            && let Ok(problem) = serde_json::to_string(problem)
        {
            return format!("{problem}\n");
        }
        let mut lines = vec![format!("wxloginctl: {}", plain(&self.to_string()))];
        let mut source = self.source();
        while let Some(cause) = source {
            lines.push(format!("  because: {}", plain(&cause.to_string())));
            source = cause.source();
        }
        lines.extend(self.hints().into_iter().map(|hint| format!("  {}", plain(hint))));
        lines.join("\n") + "\n"
    }

    /// What the daemon refused, where it did.
    pub(super) fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Client(error) => error.problem(),
            Self::Hinted { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// What a person can do about it that the daemon, which does not know this program, does not say.
    fn hints(&self) -> Vec<&str> {
        if let Self::Hinted { hints, .. } | Self::Advised { hints, .. } = self {
            return hints.iter().map(String::as_str).collect();
        }
        self.problem().and_then(|problem| usual_hint(&problem.code)).into_iter().collect()
    }
}

/// What helps against this kind of problem, whatever was asked.
fn usual_hint(code: &ProblemCode) -> Option<&'static str> {
    match code {
        ProblemCode::Unauthorized => Some(
            "The token is the one in <state directory>/control.token on the daemon's host; name a copy with --token-file.",
        ),
        ProblemCode::NotReady => Some("The daemon is starting or stopping; try again in a moment."),
        ProblemCode::StoreFull => Some("Make room on the disk of the state directory; nothing was lost."),
        ProblemCode::PlatformUnreachable => {
            Some("The daemon itself is well; journalctl -u wxlogind shows what the platform answers.")
        }
        ProblemCode::Internal => Some("journalctl -u wxlogind says more."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: ProblemCode) -> Failure {
        ClientError::Problem(Box::new(Problem::new(code, "it is\x1b[2J so"))).into()
    }

    #[test]
    fn a_refusal_is_a_sentence_for_people_and_a_problem_for_programs() {
        let failure = refused(ProblemCode::WrongState);
        assert_eq!(failure.exit(), Exit::Failed);
        assert_eq!(failure.report(false), "wxloginctl: it is[2J so\n");
        assert!(failure.report(true).contains(r#""code":"wrong-state""#));
    }

    #[test]
    fn a_refusal_that_a_person_can_do_something_about_says_what() {
        assert!(refused(ProblemCode::Unauthorized).report(false).contains("--token-file"));
        assert!(refused(ProblemCode::StoreFull).report(false).contains("Make room"));
    }

    #[test]
    fn causes_follow_line_by_line() {
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let failure = Failure::File { path: "/x/qr.png".into(), source };
        assert_eq!(
            failure.report(true),
            "wxloginctl: cannot write /x/qr.png\n  because: permission denied\n"
        );
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_failure() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!((failure.exit(), failure.report(false)), (Exit::Done, String::new()));
    }
}
