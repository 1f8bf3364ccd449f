//! The newcomer's first minute: with `--sandbox` and nothing logged in, one login begins by itself, and the
//! terminal tells how it goes.

use std::io::{self, Write};
use std::path::Path;

use wxlogin_state::{Code, SliderProgress, State, StateName};

use super::Daemon;
use crate::api::Api;
use crate::config::Settings;
use crate::platform::official_account;
use crate::sandbox::{APP_ID, APPKEY, Sandbox};
use crate::view::{SessionEntry, View};
use crate::wire::CreateSession;

/// Says where everything is, then begins a login and follows it in the background.
pub(super) fn begin(daemon: &Daemon, settings: &Settings, sandbox: &Sandbox) {
    say(&addresses(daemon, settings, sandbox));
    if daemon.view.count_in_flight() + daemon.view.count(StateName::Online) > 0 {
        return;
    }
    let (api, stop) = (daemon.api.clone(), daemon.stop.clone());
    let control = daemon.doors.socket.as_deref().map_or_else(|| "wxloginctl".to_owned(), control);
    daemon.tasks.spawn(async move {
        tokio::select! {
            () = first_login(&api, &control) => {}
            () = stop.cancelled() => {}
        }
    });
}

fn addresses(daemon: &Daemon, settings: &Settings, sandbox: &Sandbox) -> String {
    let mut lines = Vec::new();
    if let Some(address) = daemon.doors.tcp {
        lines.push(("control API", format!("http://{address}")));
        lines.push(("its token", settings.control.token_file.display().to_string()));
    }
    if let Some(socket) = &daemon.doors.socket {
        lines.push(("socket", socket.display().to_string()));
        lines.push(("wxloginctl", format!("{} list", control(socket))));
    }
    lines.push(("sandbox", sandbox.base_url().to_string()));
    // Good once, as every invitation; `wxloginctl console` prints the next.
    if let Ok(invitation) = daemon.api.invite() {
        lines.push(("console", invitation.url.reveal().to_owned()));
    }
    let lines: String =
        lines.iter().fold(String::new(), |text, (what, where_)| text + &format!("  {what:<11}  {where_}\n"));
    let logins = logins(daemon, settings);
    format!("\nwxlogind {} with its sandbox\n\n{lines}{logins}", env!("CARGO_PKG_VERSION"))
}

/// How services log their own users in: a command for each of the two systems. A code works once.
fn logins(daemon: &Daemon, settings: &Settings) -> String {
    let (options, base) = match (&daemon.doors.socket, daemon.doors.tcp) {
        (Some(socket), _) => (format!("--unix-socket {}", socket.display()), "http://localhost".to_owned()),
        (None, Some(address)) => {
            let token = settings.control.token_file.display();
            (format!("-H \"Authorization: Bearer $(cat {token})\""), format!("http://{address}"))
        }
        (None, None) => return String::new(),
    };
    let official = official_account::LOGIN;
    format!(
        "\nUsers of your own services log in by app, or by official account:\n\n  \
         curl {options} {base}/v1/login/wechat \\\n    \
         -d appkey={APPKEY} -d code=alice.1 -d version_number=1 -d channel=web\n  \
         curl {options} -X POST \\\n    \
         '{base}{official}?appId={APP_ID}&code=carol.1'\n"
    )
}

/// How the control client is called for this daemon: the one built beside it where there is one.
fn control(socket: &Path) -> String {
    let beside = std::env::current_exe().ok().map(|daemon| daemon.with_file_name("wxloginctl"));
    let program = beside.filter(|path| path.is_file()).map_or_else(
        || "cargo run --release --bin wxloginctl --".to_owned(),
        |path| path.display().to_string(),
    );
    format!("{program} --socket {}", socket.display())
}

async fn first_login(api: &Api, control: &str) {
    let (known, _) = api.view.count_accounts();
    if known > 0 {
        say(&format!("\nAccounts known from before: {known}. See them:  {control} accounts\n\n"));
        return;
    }
    let asked = CreateSession { label: "first light".parse().ok(), ..CreateSession::default() };
    match api.begin(asked, None).await {
        Ok(begun) => {
            show_qr(api, &begun.session).await;
            follow(&api.view, &begun.session, control).await;
        }
        Err(refused) => say(&format!("\nThe first login could not begin: {refused}\n")),
    }
}

/// The QR as the terminal can show it. In the sandbox it says where the simulated phone is.
async fn show_qr(api: &Api, session: &SessionEntry) {
    let Some(qr) = &session.qr else { return };
    match api.picture(&session.w_id, qr).await {
        Ok(picture) => {
            say(&format!(
                "\nA first login waits for its phone. Open the simulated one:\n\n  {}\n\n",
                picture.text
            ));
            say(&String::from_utf8_lossy(&picture.blocks));
            say("\n");
        }
        Err(_) => say(&format!("\nA first login waits. Its QR: {}\n\n", qr.url)),
    }
}

/// One line per step, until the login is online or over.
async fn follow(view: &View, session: &SessionEntry, control: &str) {
    let mut told = 0;
    while let Some(now) = view.session_after(&session.w_id, told).await {
        for step in now.history.iter().filter(|step| step.version.0 > told) {
            let at = step.at.strftime("%H:%M:%SZ");
            say(&format!("  {at}  {:<15}  {}\n", step.to.as_str(), step.why));
        }
        told = now.version.0;
        match &now.state {
            State::AwaitingVerify { code: Code::Wanted, .. } => {
                say(&format!("             type it in:  {control} verify {} CODE\n", now.w_id));
            }
            State::Slider { url, progress: SliderProgress::Wanted, .. } => {
                say(&format!("             pass this page:  {url}\n"));
                say(&format!("             then say so:     {control} slider-done {}\n", now.w_id));
            }
            State::Online { .. } => {
                let name =
                    now.profile().and_then(|profile| profile.nick_name.as_deref()).unwrap_or("somebody");
                say(&format!("\n{name} is online. Ctrl-C ends the daemon.\n"));
                return;
            }
            State::Dropped { .. } => {
                return say(&format!("\nThat login is over. Another one:  {control} login --wait\n"));
            }
            _ => {}
        }
    }
}

/// To the terminal, where there is one to hear it: a closed pipe is no reason to end the daemon.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
