//! What is said about an account, about all of them, or about a token, in the journal: the events that no session's
//! step makes.

use jiff::Timestamp;

use crate::id::{WId, WcId};

/// One of them, before it has its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// Of which account; none where it is about the host.
    pub wc_id: Option<WcId>,
    /// Of which login of it.
    pub w_id: Option<WId>,
    /// Why, in a sentence.
    pub why: String,
    /// What a person must do, in a sentence.
    pub todo: Option<String>,
    /// Until when, or when it is going to happen.
    pub until: Option<Timestamp>,
}

/// The types of events about accounts (contract.md, "Types"; the last two are additions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// The known first drop is near.
    DropExpected,
    /// A login will begin by itself.
    ReloginScheduled,
    /// A person must do something.
    ScanNeeded,
    /// The account holds from now on.
    Settled,
    /// A settled login is near the end of the time it is known to hold.
    RenewalDue,
    /// No further QR is fetched for now: for the account, or for any of the host where none is named.
    BudgetSpent,
    /// So many drops at once are one incident.
    Storm,
    /// The platform made a new device of a known account, which will drop once more.
    NewDevice,
    /// Nothing more is done by itself.
    ReloginStopped,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::DropExpected,
        Self::ReloginScheduled,
        Self::ScanNeeded,
        Self::Settled,
        Self::RenewalDue,
        Self::BudgetSpent,
        Self::Storm,
        Self::NewDevice,
        Self::ReloginStopped,
    ];

    /// The event's type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DropExpected => "account.drop-expected",
            Self::ReloginScheduled => "account.relogin-scheduled",
            Self::ScanNeeded => "account.scan-needed",
            Self::Settled => "account.settled",
            Self::RenewalDue => "account.renewal-due",
            Self::BudgetSpent => "account.budget-spent",
            Self::Storm => "fleet.storm",
            Self::NewDevice => "account.new-device",
            Self::ReloginStopped => "account.relogin-stopped",
        }
    }

    /// Whether it is worth a warning in the log: somebody has to act, or something is wrong.
    pub fn is_warning(self) -> bool {
        matches!(self, Self::BudgetSpent | Self::Storm | Self::NewDevice | Self::ReloginStopped)
    }
}

/// One about a token, before it has its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenNotice {
    /// What it says.
    pub kind: TokenNoticeKind,
    /// Why, in a sentence.
    pub why: String,
    /// What a person or a service must do, in a sentence.
    pub todo: Option<&'static str>,
    /// Until when the access token lasts.
    pub until: Option<Timestamp>,
}

/// The types of events about tokens (contract.md, "Types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenNoticeKind {
    /// It can be used.
    Active,
    /// A newer pair has taken the place of the one before.
    Refreshed,
    /// It ends, and is not certain to be refreshed before.
    Expiring,
    /// It cannot be used any more.
    Expired,
}

impl TokenNoticeKind {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Active, Self::Refreshed, Self::Expiring, Self::Expired];

    /// The event's type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "token.active",
            Self::Refreshed => "token.refreshed",
            Self::Expiring => "token.expiring",
            Self::Expired => "token.expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_name_every_kind_once() {
        for (n, kind) in NoticeKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, n);
        }
        assert_eq!(NoticeKind::ReloginStopped as usize + 1, NoticeKind::ALL.len(), "the last one");
        for (n, kind) in TokenNoticeKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, n);
        }
        assert_eq!(TokenNoticeKind::Expired as usize + 1, TokenNoticeKind::ALL.len(), "the last one");
    }
}
