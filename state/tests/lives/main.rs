//! The lives of accounts, through the moves that the driver commits: as the seed tells them, as chance makes them,
//! and every one there is within bounds.

#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "../common/known.rs"]
mod known;
#[path = "../common/largest.rs"]
mod largest;

mod adopted;
mod arbitrary;
mod clocks;
mod every;
mod first_day;
mod lineage;
mod must_hold;
mod paced;
mod people;
mod records;
mod second_drop;
mod told;
mod unscanned;
mod world;
