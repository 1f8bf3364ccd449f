//! What the commands see of the outside world besides the daemon; the tests hand in their own.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tokio::sync::mpsc;

/// The world around a command.
pub(super) struct Terminal<'a> {
    /// Standard output: what was asked for.
    pub(super) out: &'a mut dyn Write,
    /// Standard error: what went wrong, and remarks.
    pub(super) err: &'a mut dyn Write,
    /// Standard input.
    pub(super) keyboard: Keyboard,
    /// Whether standard output is a terminal; only then are colours shown by default.
    pub(super) on_screen: bool,
    /// The terminal's width in columns; `None` where output goes elsewhere and need not fit.
    pub(super) width: Option<usize>,
    /// Its height in lines; as for the width.
    pub(super) height: Option<usize>,
    /// The time of day.
    pub(super) now: &'a dyn Fn() -> Timestamp,
    /// Where its clock hangs; UTC where the host does not say.
    pub(super) zone: TimeZone,
    /// How long to wait between two looks at the daemon where the first brought nothing.
    pub(super) pause: Duration,
    /// An environment variable.
    pub(super) env: &'a dyn Fn(&str) -> Option<OsString>,
    /// Ends when the person presses Ctrl-C. Asking for it once takes Ctrl-C from the system.
    pub(super) interrupt: &'a dyn Fn() -> BoxFuture<'static, ()>,
}

/// See [`Terminal::pause`].
const PAUSE: Duration = Duration::from_secs(1);

/// Columns and lines of a terminal that does not tell.
const USUAL_WIDTH: usize = 80;
const USUAL_HEIGHT: usize = 24;

impl Terminal<'_> {
    /// Calls `act` with the terminal that this process was started on.
    pub(super) fn of_process<T>(now: &dyn Fn() -> Timestamp, act: impl FnOnce(Terminal<'_>) -> T) -> T {
        let stdin = io::stdin();
        let on_screen = io::stdout().is_terminal();
        let measured = || terminal_size::terminal_size();
        let width = || measured().map_or(USUAL_WIDTH, |(width, _)| width.0.into());
        let height = || measured().map_or(USUAL_HEIGHT, |(_, height)| height.0.into());
        act(Terminal {
            out: &mut io::stdout(),
            err: &mut io::stderr(),
            keyboard: Keyboard::new(stdin.is_terminal(), BufReader::new(stdin)),
            on_screen,
            width: on_screen.then(width),
            height: on_screen.then(height),
            now,
            zone: TimeZone::try_system().unwrap_or(TimeZone::UTC),
            pause: PAUSE,
            env: &|name| std::env::var_os(name),
            interrupt: &|| Box::pin(interrupted()),
        })
    }
}

/// Ends at the first Ctrl-C or request to end.
async fn interrupted() {
    match Signals::new([SIGINT, SIGTERM]) {
        Ok(mut signals) => drop(signals.next().await),
        // Without a handler the system's own ends the program, which is right as well.
        Err(_) => std::future::pending().await,
    }
}

/// Lines that a person types.
pub(super) struct Keyboard {
    /// Whether a person can be asked; else the input is a file or a pipe.
    pub(super) is_terminal: bool,
    lines: Lines,
}

enum Lines {
    /// Not read yet: a command that asks nothing leaves the input to whoever comes after it.
    Unread(Box<dyn BufRead + Send>),
    Reading(mpsc::Receiver<String>),
    Over,
}

impl Keyboard {
    pub(super) fn new(is_terminal: bool, input: impl BufRead + Send + 'static) -> Self {
        Self { is_terminal, lines: Lines::Unread(Box::new(input)) }
    }

    /// The next line without its end, or `None` at the end of the input. Dropping the future loses no line.
    pub(super) async fn line(&mut self) -> Option<String> {
        if let Lines::Unread(_) = self.lines
            && let Lines::Unread(input) = std::mem::replace(&mut self.lines, Lines::Over)
        {
            self.lines = Lines::Reading(reading(input));
        }
        match &mut self.lines {
            Lines::Reading(lines) => lines.recv().await,
            Lines::Unread(_) | Lines::Over => None,
        }
    }
}

/// Reads lines on a thread of its own, which a blocking read then holds until the program ends.
fn reading(input: Box<dyn BufRead + Send>) -> mpsc::Receiver<String> {
    // One line waits to be taken while the next is typed.
    let (typed, lines) = mpsc::channel(1);
    thread::spawn(move || {
        for line in input.lines().map_while(Result::ok) {
            if typed.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
