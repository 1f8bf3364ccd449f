//! The newcomer's first minute: with `--sandbox` and nothing logged in, one login begins by itself, and the
//! terminal tells how it goes.

use std::io::{self, Write};

use wxlogin_state::StateName;

use super::Daemon;
use crate::api::Api;
use crate::config::Settings;
use crate::qr;
use crate::sandbox::Sandbox;
use crate::view::{SessionEntry, View};
use crate::wire::CreateSession;

/// Says where everything is, then begins a login and follows it in the background.
pub(super) fn begin(daemon: &Daemon, settings: &Settings, sandbox: &Sandbox) {
    say(&addresses(daemon, settings, sandbox));
    if daemon.view.count_in_flight() + daemon.view.count(StateName::Online) > 0 {
        return;
    }
    let (api, stop) = (daemon.api.clone(), daemon.stop.clone());
    daemon.tasks.spawn(async move {
        tokio::select! {
            () = first_login(&api) => {}
            () = stop.cancelled() => {}
        }
    });
}

fn addresses(daemon: &Daemon, settings: &Settings, sandbox: &Sandbox) -> String {
    let mut text = format!("\nwxlogind {} with its sandbox\n\n", env!("CARGO_PKG_VERSION"));
    if let Some(address) = daemon.doors.tcp {
        text += &format!("  control API  http://{address}\n");
        text += &format!("  its token    {}\n", settings.control.token_file.display());
    }
    if let Some(socket) = &daemon.doors.socket {
        text += &format!("  socket       {}\n", socket.display());
        text += &format!("               wxloginctl --socket {} list\n", socket.display());
    }
    text += &format!("  sandbox      {}\n", sandbox.base_url());
    text
}

async fn first_login(api: &Api) {
    let asked = CreateSession { label: "first light".parse().ok(), ..CreateSession::default() };
    match api.begin(asked).await {
        Ok(begun) => {
            show_qr(api, &begun.session).await;
            follow(&api.view, &begun.session).await;
        }
        Err(refused) => say(&format!("\nThe first login could not begin: {refused}\n")),
    }
}

/// The QR as the terminal can show it. In the sandbox it says where the simulated phone is.
async fn show_qr(api: &Api, session: &SessionEntry) {
    match api.picture(session).await {
        Ok(picture) => {
            let blocks = qr::blocks(&picture.text).unwrap_or_default();
            say(&format!(
                "\nA first login waits for its phone. Open the simulated one:\n\n  {}\n\n",
                picture.text
            ));
            say(&blocks);
            say("\n");
        }
        Err(_) => say(&format!("\nA first login waits. Its QR: {}\n\n", session.qr.url)),
    }
}

/// One line per step, until the login is online or over.
async fn follow(view: &View, session: &SessionEntry) {
    let mut told = 0;
    while let Some(now) = view.session_after(&session.w_id, told).await {
        for step in now.history.iter().filter(|step| step.version.0 > told) {
            let at = step.at.strftime("%H:%M:%SZ");
            say(&format!("  {at}  {:<15}  {}\n", step.to.as_str(), step.why));
        }
        told = now.version.0;
        match now.state.name() {
            StateName::Online => {
                let name =
                    now.profile().and_then(|profile| profile.nick_name.as_deref()).unwrap_or("somebody");
                say(&format!("\n{name} is online. The daemon keeps the login; Ctrl-C ends it.\n"));
                return;
            }
            StateName::Dropped => {
                return say("\nThat login is over; `wxloginctl login --wait` begins another.\n");
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
