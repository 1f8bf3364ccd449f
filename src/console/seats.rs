//! Who was invited to the console, and who came: one-time secrets for seats, in memory, as digests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use wxlogin_state::Secret;

use crate::random::random_hex;

/// How long an invitation can be followed.
pub const INVITED_FOR: Duration = Duration::from_mins(5);

/// How long somebody who came in may stay.
pub const SEATED_FOR: Duration = Duration::from_hours(12);

/// Most invitations and most seats at once; the oldest makes room.
const MOST: usize = 64;

/// Random bytes of a secret: 256 bits.
const BYTES: usize = 32;

/// Invitations and seats.
#[derive(Debug, Default)]
pub struct Seats(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    invitations: VecDeque<Ticket>,
    seats: VecDeque<Ticket>,
}

/// A secret that was handed out. Whoever reads this memory does not learn it, and how long the comparison of two
/// digests takes tells nothing about it.
#[derive(Debug)]
struct Ticket {
    digest: [u8; 32],
    until: Instant,
}

impl Seats {
    /// Invites somebody. The secret is good once, for [`INVITED_FOR`]; an error where the system has no random bytes.
    pub fn invite(&self) -> Result<Secret, getrandom::Error> {
        hand_out(&mut self.kept().invitations, INVITED_FOR)
    }

    /// Follows an invitation: uses it up, and gives a seat for [`SEATED_FOR`]. `None` where there is no such
    /// invitation.
    pub fn enter(&self, invitation: &str) -> Result<Option<Secret>, getrandom::Error> {
        let mut kept = self.kept();
        if !take(&mut kept.invitations, invitation) {
            return Ok(None);
        }
        hand_out(&mut kept.seats, SEATED_FOR).map(Some)
    }

    /// Whether this is the secret of a seat.
    pub fn holds(&self, seat: &str) -> bool {
        let mut kept = self.kept();
        expire(&mut kept.seats);
        let digest = digest_of(seat);
        kept.seats.iter().any(|ticket| ticket.digest == digest)
    }

    /// Gives a seat up.
    pub fn leave(&self, seat: &str) {
        take(&mut self.kept().seats, seat);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hand_out(tickets: &mut VecDeque<Ticket>, valid_for: Duration) -> Result<Secret, getrandom::Error> {
    let secret = random_hex::<BYTES>()?;
    expire(tickets);
    if tickets.len() >= MOST {
        tickets.pop_front();
    }
    tickets.push_back(Ticket { digest: digest_of(secret.reveal()), until: Instant::now() + valid_for });
    Ok(secret)
}

fn take(tickets: &mut VecDeque<Ticket>, secret: &str) -> bool {
    expire(tickets);
    let (before, digest) = (tickets.len(), digest_of(secret));
    tickets.retain(|ticket| ticket.digest != digest);
    tickets.len() < before
}

fn expire(tickets: &mut VecDeque<Ticket>) {
    let now = Instant::now();
    tickets.retain(|ticket| now < ticket.until);
}

fn digest_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_invitation_is_good_once_and_for_minutes() {
        let seats = Seats::default();
        let invitation = seats.invite().unwrap();
        assert!(seats.enter("another").unwrap().is_none());
        assert!(seats.enter(invitation.reveal()).unwrap().is_some());
        assert!(seats.enter(invitation.reveal()).unwrap().is_none());
        let late = seats.invite().unwrap();
        advance(INVITED_FOR).await;
        assert!(seats.enter(late.reveal()).unwrap().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_is_good_for_hours_or_until_it_is_given_up() {
        let seats = Seats::default();
        let enter = || seats.enter(seats.invite().unwrap().reveal()).unwrap().unwrap();
        let (first, second) = (enter(), enter());
        seats.leave(first.reveal());
        assert!(!seats.holds(first.reveal()) && seats.holds(second.reveal()));
        advance(SEATED_FOR.saturating_sub(Duration::from_secs(1))).await;
        assert!(seats.holds(second.reveal()));
        advance(Duration::from_secs(1)).await;
        assert!(!seats.holds(second.reveal()));
    }

    #[test]
    fn an_invitation_is_no_seat_and_the_oldest_makes_room() {
        let seats = Seats::default();
        let first = seats.invite().unwrap();
        assert!(!seats.holds(first.reveal()));
        for _ in 0..MOST {
            seats.invite().unwrap();
        }
        assert!(seats.enter(first.reveal()).unwrap().is_none());
    }
}
