//! Sessions and accounts of WeChat device logins: a pure state machine and its durable store.
//!
//! ```text
//!            Input, now                      Batch
//!   Session ────────────► step ──► Session ─────────► Store (durable before it returns)
//!                                     │
//!                                     └──► duty: what must be going on, derived, never stored
//! ```
//!
//! A *session* is a login instance (wId) with five states; it never comes back. An *account* is the identity
//! (wcId) that lives through one session after another. A *token* is what a user's login by app or official account
//! brought; it is sealed wherever it lies. A *hook* is how far a receiver of webhooks has come in the journal. An [`export`] is the readable copy to restore from. This
//! crate reads no clock, no environment and no socket, and randomness only to seal tokens ([`seal`]): time is an
//! argument, and whoever drives it does what [`duty()`] says.

mod account;
mod awaited;
mod budget;
mod duty;
pub mod export;
mod fleet;
mod hex;
mod id;
mod input;
mod link;
mod moves;
mod notice;
mod outbox;
mod profile;
pub mod public;
mod record;
mod rules;
pub mod seal;
mod secret;
mod session;
mod standing;
mod step;
mod store;
mod token;
mod why;
mod window;
mod words;

pub use account::{
    Account, EVIDENCE_KEPT, Evidence, LOGINS_KEPT, LastDrop, Method, NO_MOMENTS_FOR, Phase, PopUpFailure,
    REASON_EVERY, Reason, Relogin, Rest, Source, Stage, Tending,
};
pub use awaited::Awaited;
pub use budget::Ledger;
pub use duty::{Call, Duty, duty};
pub use fleet::{Fleet, Storm, Turn};
pub use hex::hex;
pub use id::{Generation, HookId, InvalidId, LinkId, Seq, TokenId, Version, WId, WcId};
pub use input::{Answer, Failure, Ignored, Input, Refusal, Verdict};
pub use link::{Goal, Link};
pub use moves::{Act, Change, Known, Moves, Unmoved};
pub use notice::{Notice, NoticeKind, TokenNotice, TokenNoticeKind};
pub use outbox::{DEAD_LETTERS_KEPT, DeadLetter, Delivery, Failing, Hook, HookChange, Outbox};
pub use profile::{DeviceType, Label, Profile, Proxy};
pub use record::{MAX_RECORD, RecordError};
pub use rules::{Issue, Rate, ReloginRules, Rules};
pub use secret::Secret;
pub use session::{
    Code, Drop, DropReason, Found, HISTORY_KEPT, Issued, Qr, Session, SliderProgress, State, StateName,
    Transition,
};
pub use standing::Standing;
pub use step::step;
pub use store::{
    Batch, CommitError, Contents, HELD, KeyFileError, OpenError, PlatformKey, RESEALED_AT_ONCE, RESTORED,
    ReadError, RekeyError, RekeyStep, Retention, StateDir, Store, read_key_file, rekey_step,
};
pub use token::{
    Access, Attempt, Obtained, Pair, Plain, Refresh, RefreshEnd, System, Token, TokenChange, TokenDuty,
    TokenInput, TokenMove, TokenRules, TokenState, TokenUnmoved, Trouble,
};
pub use why::{Next, Why};
pub use window::{Hours, Window};
