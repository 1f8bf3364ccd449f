//! The driver through its handle: a real store, a clock that the test sets, and a platform that answers when the
//! test says so.

mod attempts;
mod begin;
mod clock;
mod disk;
mod first_drop;
mod identity;
mod journal;
mod jumps;
mod links;
mod lists;
mod looks;
mod one_login;
mod platform;
mod poll;
mod popups;
mod reasons;
mod restarts;
mod rounds;
mod setup;
mod storm;
mod test_clock;
mod tokens;
mod unwritable;
mod world;
