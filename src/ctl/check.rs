//! `check`: whether all is well, of a daemon that runs or of a state directory that none uses.

mod directory;

use serde::Serialize;

use super::failure::{Exit, Failure};
use super::text::{Tone, plain};
use super::{Context, args};
use crate::wire::Check;

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    says: String,
    /// What a person can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    todo: Option<String>,
}

impl Finding {
    fn good(what: &'static str, says: impl Into<String>) -> Self {
        Self { what, ok: true, says: says.into(), todo: None }
    }

    fn bad(what: &'static str, says: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { what, ok: false, says: says.into(), todo: Some(todo.into()) }
    }
}

/// All that was looked at, in JSON.
#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    findings: &'a [Finding],
}

/// `wxloginctl check`: fails where something is wrong.
pub(super) async fn check(context: &mut Context<'_>, asked: args::Check) -> Result<Exit, Failure> {
    let findings = if let Some(dir) = &asked.state_dir {
        directory::findings(dir, asked.key_file.as_deref())?
    } else {
        let checked = context.client.check().await.map_err(|error| {
            if error.is_not_found() {
                let sentence = "the daemon is older than this wxloginctl, and does not say how it stands";
                return Failure::Sentence(sentence.to_owned());
            }
            error.into()
        })?;
        of_daemon(&checked, &context.client.target().to_string())
    };
    let ok = findings.iter().all(|finding| finding.ok);
    if context.json {
        context.print_json(&Report { ok, findings: &findings })?;
    } else {
        for finding in &findings {
            let (word, tone) = if finding.ok { ("ok ", Tone::Good) } else { ("BAD", Tone::Bad) };
            let word = context.paint.tone(tone, word);
            context.say(format_args!("{word}  {:<9} {}", finding.what, plain(&finding.says)))?;
            if let Some(todo) = &finding.todo {
                context.say(format_args!("{:15}{}", "", plain(todo)))?;
            }
        }
    }
    Ok(if ok { Exit::Done } else { Exit::Failed })
}

fn of_daemon(check: &Check, target: &str) -> Vec<Finding> {
    let Check { version, store, platform, accounts, accounts_online, sessions_in_flight, tokens, .. } = check;
    let size = store.bytes.map(|bytes| format!(", {} KiB on disk", bytes.div_ceil(1024))).unwrap_or_default();
    let because =
        |trouble: &Option<String>| trouble.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    vec![
        Finding::good("daemon", format!("wxlogind {version} answers at {target}")),
        if store.writable {
            Finding::good("store", format!("it is ready and takes changes{size}"))
        } else {
            Finding::bad(
                "store",
                format!("changes are not taken, reading goes on{}", because(&store.trouble)),
                "Make room on the disk of the state directory; journalctl -u wxlogind says more.",
            )
        },
        match platform.answers {
            Some(true) => Finding::good("platform", "it says who is online"),
            None => Finding::good("platform", "it was not asked yet"),
            Some(false) => Finding::bad(
                "platform",
                format!("it does not say who is online{}", because(&platform.trouble)),
                "Nothing is concluded from that; see base_url and the account in [device], and journalctl -u wxlogind.",
            ),
        },
        Finding::good("accounts", format!("{accounts_online} of {accounts} online; {tokens} tokens")),
        Finding::good(
            "steps",
            match sessions_in_flight {
                0 => "nobody is waited for".to_owned(),
                1 => "1 login waits for a person: wxloginctl list".to_owned(),
                many => format!("{many} logins wait for a person: wxloginctl list"),
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{PlatformCheck, StoreCheck};

    #[test]
    fn a_daemon_is_well_where_its_store_is_written_and_the_platform_answers() {
        let well = Check {
            store: StoreCheck { writable: true, trouble: None, bytes: Some(2000) },
            platform: PlatformCheck { answers: Some(true), trouble: None },
            ..Check::default()
        };
        assert!(of_daemon(&well, "/s").iter().all(|finding| finding.ok));
        let unasked = Check { platform: PlatformCheck::default(), ..well.clone() };
        assert!(of_daemon(&unasked, "/s").iter().all(|finding| finding.ok));
        let full = StoreCheck { writable: false, trouble: Some("the disk is full".to_owned()), bytes: None };
        let away = PlatformCheck { answers: Some(false), trouble: Some("no answer".to_owned()) };
        let ill = of_daemon(&Check { store: full, platform: away, ..well }, "/s");
        let bad: Vec<_> = ill.iter().filter(|finding| !finding.ok).collect();
        assert_eq!(bad.len(), 2);
        assert!(
            bad[0].says.ends_with(": the disk is full") && bad[1].says.ends_with(": no answer"),
            "{bad:?}"
        );
        assert!(bad.iter().all(|finding| finding.todo.is_some()));
    }
}
