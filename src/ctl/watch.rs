//! `watch`: what happens, as it happens, one line each.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::sleep;
use wxlogin_state::public::{Event, Session};
use wxlogin_state::{Seq, WId, WcId};

use super::failure::{Exit, Failure};
use super::text::{Paint, Tone, fit, plain, sentence, width};
use super::{Context, args, standing, time, words};
use crate::client::{ClientError, EventFilter, Events, News};
use crate::wire::{ProblemCode, Reset};

/// The longest wait for a daemon that is away, as a multiple of the first.
const LONGEST_WAIT: u32 = 30;

/// `wxloginctl watch`: until Ctrl-C. A daemon that goes away is waited for.
pub(super) async fn watch(context: &mut Context<'_>, asked: args::Watch) -> Result<Exit, Failure> {
    let interrupted = (context.terminal.interrupt)();
    let filter = EventFilter { kinds: asked.kinds, wc_id: asked.account };
    let events = context.client.events(asked.after.map(Seq), filter);
    tokio::select! {
        failure = tell(context, events) => Err(failure),
        () = interrupted => Ok(Exit::Done),
    }
}

/// Tells what happens; what ends that.
async fn tell(context: &mut Context<'_>, mut events: Events) -> Failure {
    let mut away = Away::new(context.terminal.pause);
    loop {
        let told = match events.next().await {
            Ok(news) => away.over(context).and_then(|()| show(context, &news)),
            Err(error) => match away.wait(context, &events, error) {
                Ok(wait) => {
                    sleep(wait).await;
                    Ok(())
                }
                Err(failure) => Err(failure),
            },
        };
        if let Err(failure) = told {
            return failure;
        }
    }
}

/// A daemon that is away, and how long it is waited for.
struct Away {
    pace: ExponentialBackoff,
    said: bool,
}

impl Away {
    fn new(pause: Duration) -> Self {
        let mut pace = ExponentialBackoff {
            initial_interval: pause,
            max_interval: pause * LONGEST_WAIT,
            randomization_factor: 0.2,
            multiplier: 2.0,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        pace.reset();
        Self { pace, said: false }
    }

    /// Says once that the daemon is away, and how long to wait before it is asked again. One that has never answered
    /// may well be the wrong one, and is not waited for.
    fn wait(
        &mut self,
        context: &mut Context<'_>,
        events: &Events,
        error: ClientError,
    ) -> Result<Duration, Failure> {
        let Some(after) = events.after().filter(|_| is_passing(&error)) else { return Err(error.into()) };
        if !self.said {
            self.said = true;
            context.remark(format_args!(
                "The stream broke after event {after}; trying again until it goes on."
            ))?;
        }
        Ok(self.pace.next_backoff().unwrap_or(self.pace.max_interval))
    }

    /// Says that it is back.
    fn over(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        self.pace.reset();
        if std::mem::take(&mut self.said) {
            context.remark("It goes on.")?;
        }
        Ok(())
    }
}

/// Whether the same may work in a moment: the daemon restarts, or still counts the stream that has just broken.
fn is_passing(error: &ClientError) -> bool {
    let code = error.problem().map(|problem| &problem.code);
    error.is_unreachable() || matches!(code, Some(ProblemCode::NotReady | ProblemCode::Busy))
}

fn show(context: &mut Context<'_>, news: &News) -> Result<(), Failure> {
    match news {
        News::Event(event) if context.json => {
            let line = serde_json::to_string(event)?;
            context.say(line)
        }
        News::Event(event) => {
            let line = render(event, &context.terminal.zone, context.paint);
            context.say(line)
        }
        News::At(_) => Ok(()),
        News::Reset(Reset { oldest, last }) => context.remark(format_args!(
            "The journal does not go back that far; it goes on from event {oldest}, and the newest is {last}."
        )),
    }
}

/// Columns of the types there are: `account.relogin-scheduled` has the most.
const KIND: usize = 25;

/// Columns of who it is; more push the rest of the line aside.
const WHO: usize = 28;

/// "2026-01-01 17:30:00  session.online  贝塔同学 (wxid_a)  It is online."
pub(super) fn render(event: &Event, zone: &TimeZone, paint: Paint) -> String {
    let at = time::clock(event.at, zone);
    let kind = paint.tone(tone(event), &padded(&fit(&plain(&event.kind), KIND), KIND));
    let line = format!("{at}  {kind}  {}  {}", padded(&who(event), WHO), what(event));
    line.trim_end().to_owned()
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Who it is about: by nickname and wcId, else by the operator's label, else by wcId or wId; a token by its name.
fn who(event: &Event) -> String {
    let (session, account) = (event.session.as_ref(), event.account.as_ref());
    let label = session.and_then(|session| session.label.as_ref()).map(|label| plain(label.as_str()));
    let id = event.wc_id.as_ref().map(WcId::as_str).or(event.w_id.as_ref().map(WId::as_str));
    let id = id.or(event.token.as_ref().map(|token| token.id.as_str()));
    account
        .map(standing::who)
        .or_else(|| session.and_then(words::who))
        .or(label)
        .unwrap_or_else(|| id.unwrap_or_default().to_owned())
}

/// Why, and what a person must do.
fn what(event: &Event) -> String {
    let session = event.session.as_ref().map(|session| of_session(session, event.at));
    let [why, todo] = [&event.why, &event.todo].map(|clause| clause.as_deref().map(sentence));
    let told: Vec<String> = [why, todo, session].into_iter().flatten().collect();
    told.join(" ")
}

/// Where a session stood then; at the end, to be copied, what a person had to open or to say.
pub(super) fn of_session(session: &Session, then: Timestamp) -> String {
    let note = sentence(&words::note(session, then));
    let w_id = &session.w_id;
    let command = match (&session.qr, &session.verify, &session.slider) {
        (Some(_), _, _) => format!(": wxloginctl qr {w_id}"),
        (_, Some(verify), _) if !verify.in_flight => format!(": wxloginctl verify {w_id} CODE"),
        (_, _, Some(slider)) if !slider.said_done => format!(": {}", plain(&slider.url)),
        _ => return note,
    };
    format!("{}{command}", note.trim_end_matches('.'))
}

fn tone(event: &Event) -> Tone {
    if let Some(session) = &event.session {
        return words::tone(session.state);
    }
    match event.kind.as_str() {
        "account.settled" | "token.active" | "token.refreshed" => Tone::Good,
        "account.budget-spent"
        | "account.new-device"
        | "account.relogin-stopped"
        | "fleet.storm"
        | "store.restored"
        | "token.expired" => Tone::Bad,
        _ if event.todo.is_some() => Tone::Waiting,
        _ => Tone::Normal,
    }
}
