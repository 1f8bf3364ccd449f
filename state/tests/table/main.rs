//! What every input does in every place a session can be in.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

mod pairs;
mod places;
mod steps;
