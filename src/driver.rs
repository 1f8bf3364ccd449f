//! The one task that owns the store.
//!
//! ```text
//!   control API ──┐             ┌────────────────────── one round ───────────────────────┐
//!   long-polls  ──┼──► inbox ──►│ take what is there → step each → ONE durable commit    │
//!   QR fetches  ──┘   bounded   │   → publish to the view → settle the duties → answer   │
//!   deadlines ─────────────────►│                                                        │
//!                               └────────────────────────────────────────────────────────┘
//! ```
//!
//! Nobody sees, hears of or acts on what could still be lost: publishing, answering and acting come after the
//! commit. While one commit is being made durable the next inputs gather, so many writers share one sync.
//! The driver runs on a thread of its own, because the engine blocks.
//!
//! | room | for |
//! |---|---|
//! | `handle` | what everybody else holds: asks, and is answered |
//! | `start` | opens the store, starts the thread |
//! | `rounds` | the loop |
//! | `turn` | one round between inbox and commit: steps and stages |
//! | `begin` | logins whose QR is being fetched |
//! | `answer` | what everybody hears after the commit |
//! | `agenda` | what is due when |
//! | `duties`, `poll` | what must be going on for the committed sessions |
//! | `relogins` | what must be going on for the committed accounts |
//! | `watch` | looks at who is online |
//! | `tokens` | what must be going on for the committed tokens |
//! | `vault` | the keys that tokens are sealed with |
//! | `journal` | reads of events that the feed has no more |
//! | `shelf` | how far the receivers of webhooks have come |
//! | `keeper`, `exporting` | the store through full disks and damage |

mod agenda;
mod answer;
mod begin;
mod duties;
mod exporting;
mod handle;
mod journal;
mod keeper;
mod poll;
mod relogins;
mod rounds;
mod shelf;
mod start;
mod tokens;
mod turn;
mod vault;
mod watch;

pub use exporting::Snapshot;
pub use handle::{Begun, Denied, Driver, Figures, Footing, LoginRequest};
pub use keeper::{ReadOnly, StoreState};
pub(crate) use rounds::DRAIN_WITHIN;
pub use start::{Opened, Parts, open};
pub use tokens::{NewToken, OpenToken};
pub use vault::Unopened;

#[cfg(test)]
mod tests;
