//! Goes along with a login until it is online or over: draws the QR, asks for the code, shows the slider page.
//!
//! ```text
//!              ┌──────────── a line was typed: code, or Enter after the slider ◄──┐
//!              ▼                                                                  │
//!   show the session ──► online or dropped: end     else: wait for whichever ─────┤
//!              ▲                                                                  │
//!              └──────────── a newer version (blocking read) ◄────────────────────┤
//!                                                            Ctrl-C: leave it ◄───┘
//! ```

mod telling;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::sleep;
use wxlogin_state::public::Session;
use wxlogin_state::{Secret, StateName};

use super::failure::{Exit, Failure};
use super::text::plain;
use super::{Context, words};
use crate::client::{Client, ClientError};

/// How long one blocking read lasts (contract.md's own example).
const READ: Duration = Duration::from_secs(30);

/// How many reads in a row may fail to reach the daemon: it restarts within seconds, and the login survives.
const RESTART_READS: u32 = 30;

/// Asks for the code.
const ASK_CODE: &str = "The code that the phone shows: ";

/// Goes along with `session` to its end. In JSON: one line for each version, and nothing is asked.
pub(super) async fn follow(context: &mut Context<'_>, session: Session) -> Result<Exit, Failure> {
    let interrupted = (context.terminal.interrupt)();
    go_along(context, session, interrupted).await
}

/// The same for who has asked for Ctrl-C already.
pub(super) async fn go_along(
    context: &mut Context<'_>,
    session: Session,
    interrupted: BoxFuture<'static, ()>,
) -> Result<Exit, Failure> {
    let asks = context.terminal.keyboard.is_terminal && !context.json;
    Follow { context, session, asks, interrupted }.run().await
}

struct Follow<'c, 't> {
    context: &'c mut Context<'t>,
    session: Session,
    /// Whether a person can be asked here.
    asks: bool,
    interrupted: BoxFuture<'static, ()>,
}

/// What a person types next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Nothing,
    Code,
    Enter,
}

enum Happened {
    Changed(Box<Session>),
    Typed(Option<String>),
    Interrupted,
}

impl Follow<'_, '_> {
    async fn run(mut self) -> Result<Exit, Failure> {
        let mut before = None;
        loop {
            self.show(before.as_ref()).await?;
            match self.session.state {
                StateName::Online => return Ok(Exit::Done),
                StateName::Dropped => return Ok(Exit::Failed),
                _ => {}
            }
            before = Some(self.session.clone());
            match self.next().await? {
                Happened::Changed(session) => self.session = *session,
                Happened::Typed(Some(line)) => self.typed(&line).await?,
                Happened::Typed(None) => self.input_ended()?,
                Happened::Interrupted => return self.left(),
            }
        }
    }

    async fn next(&mut self) -> Result<Happened, Failure> {
        let wanted = self.wanted();
        let pause = self.context.terminal.pause;
        let keyboard = &mut self.context.terminal.keyboard;
        tokio::select! {
            newer = newer(&self.context.client, &self.session, pause) => Ok(Happened::Changed(Box::new(newer?))),
            line = keyboard.line(), if wanted != Wanted::Nothing => Ok(Happened::Typed(line)),
            () = &mut self.interrupted => Ok(Happened::Interrupted),
        }
    }

    fn wanted(&self) -> Wanted {
        match (&self.session.verify, &self.session.slider) {
            _ if !self.asks => Wanted::Nothing,
            (Some(verify), _) if !verify.in_flight => Wanted::Code,
            (_, Some(slider)) if !slider.said_done => Wanted::Enter,
            _ => Wanted::Nothing,
        }
    }

    async fn typed(&mut self, line: &str) -> Result<(), Failure> {
        let (client, w_id) = (self.context.client.clone(), self.session.w_id.clone());
        let answer = match (self.wanted(), line.trim()) {
            (Wanted::Code, "") => return self.context.print(ASK_CODE),
            (Wanted::Code, code) => client.verify(w_id.as_str(), &Secret::new(code)).await,
            (Wanted::Enter, _) => client.slider_done(w_id.as_str()).await,
            (Wanted::Nothing, _) => return Ok(()),
        };
        match answer {
            // A read that was quicker has the newer version.
            Ok(session) if session.version > self.session.version => self.session = session,
            Ok(_) => {}
            // A refused line may be typed again; so may one that a restart of the daemon lost.
            Err(error) if error.problem().is_some() || error.is_unreachable() => {
                self.context.say(plain(&error.to_string()))?;
                if self.wanted() == Wanted::Code {
                    return self.context.print(ASK_CODE);
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Nobody types here any more: other ways remain, and the login goes on.
    fn input_ended(&mut self) -> Result<(), Failure> {
        self.asks = false;
        self.context.say("")?;
        for sentence in words::todo(&self.session, self.context.now()) {
            self.context.say(sentence)?;
        }
        Ok(())
    }

    /// The person leaves; the login does not.
    fn left(self) -> Result<Exit, Failure> {
        let w_id = &self.session.w_id;
        self.context.remark(format_args!(
            "\nThe login goes on without this terminal.\n  \
             go on with it:  wxloginctl login --resume {w_id}\n  \
             draw the QR:    wxloginctl qr {w_id}\n  \
             end it:         wxloginctl logout {w_id}"
        ))?;
        Ok(Exit::Failed)
    }
}

/// The session as soon as it has changed.
pub(super) async fn newer(
    client: &Client,
    session: &Session,
    pause: Duration,
) -> Result<Session, ClientError> {
    let read = async || client.session_after(session.w_id.as_str(), session.version, READ).await;
    patient(read, |newer| newer.version > session.version, pause).await
}

/// Reads until there is something new; lasts through a restart of the daemon.
pub(super) async fn patient<T>(
    read: impl AsyncFn() -> Result<T, ClientError>,
    is_new: impl Fn(&T) -> bool,
    pause: Duration,
) -> Result<T, ClientError> {
    let mut missed = 0;
    loop {
        match read().await {
            Ok(new) if is_new(&new) => return Ok(new),
            Ok(_) => missed = 0,
            Err(error) if error.is_unreachable() && missed < RESTART_READS => missed += 1,
            Err(error) => return Err(error),
        }
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::fake::{self, Fake};

    const SHORT: Duration = Duration::from_millis(2);

    #[tokio::test]
    async fn a_restart_of_the_daemon_ends_no_waiting() {
        let mut fake = Fake::start();
        let session = fake::session("w");
        fake.world().sessions.push(session.clone());
        fake.stop();
        let client = fake.client();
        let (newer, ()) = tokio::join!(newer(&client, &session, SHORT), async {
            sleep(SHORT * 3).await;
            fake.change("w", fake::online);
            fake.serve();
        });
        assert_eq!(newer.unwrap().state, StateName::Online);
    }

    #[tokio::test]
    async fn a_daemon_that_stays_away_is_given_up() {
        let mut fake = Fake::start();
        fake.stop();
        let error = newer(&fake.client(), &fake::session("w"), SHORT).await.unwrap_err();
        assert!(error.is_unreachable());
    }
}
