//! `[[webhook]]`: who is told of events, in which form, and what it is signed with.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use wxlogin_state::Secret;

use super::fault::{Faults, Given, Place};
use super::limits::SIGNING_KEY;
use super::reader::Table;
use super::secrets::SecretFile;
use super::values::quoted;
use super::written::Written;
use crate::feed::Kinds;

/// A receiver of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where it is called.
    pub url: WebhookUrl,
    /// What it understands.
    pub format: WebhookFormat,
    /// Of which types; of all where there are none.
    pub events: Vec<Kinds>,
    /// What it is signed with, from `secret_file` or the credential `webhook.<n>.secret`, `n` from 1 in the order of the
    /// file. Always there for [`WebhookFormat::Standard`], never for [`WebhookFormat::Wecom`].
    pub secret: Option<Secret>,
}

/// What a receiver understands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum WebhookFormat {
    /// Standard Webhooks: each event as its JSON.
    #[default]
    Standard,
    /// A robot of a Feishu group: alerts as cards.
    Feishu,
    /// A robot of a DingTalk group: alerts as Markdown.
    Dingtalk,
    /// A robot of a WeCom group: alerts as Markdown.
    Wecom,
}

impl WebhookFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Standard, Self::Feishu, Self::Dingtalk, Self::Wecom];

    /// As the configuration spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Feishu => "feishu",
            Self::Dingtalk => "dingtalk",
            Self::Wecom => "wecom",
        }
    }
}

impl FromStr for WebhookFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(())
    }
}

/// A receiver's URL. For robots it is all that keeps strangers away, so it shows without that.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    uri: Uri,
    shown: String,
}

impl WebhookUrl {
    /// The URL of a receiver that understands `format`.
    pub fn new(uri: Uri, format: WebhookFormat) -> Self {
        let (scheme, path) = (uri.scheme_str().unwrap_or_default(), uri.path());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let path = match path.rsplit_once('/') {
            // …/open-apis/bot/v2/hook/<token>
            Some((before, token)) if format == WebhookFormat::Feishu && !token.is_empty() => {
                format!("{before}/…")
            }
            _ => path.to_owned(),
        };
        let query = if uri.query().is_some() { "?…" } else { "" };
        let shown = format!("{scheme}://{authority}{path}{query}");
        Self { uri, shown }
    }

    /// In full.
    pub fn reveal(&self) -> &Uri {
        &self.uri
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({})", self.shown)
    }
}

/// The secret is not as it should be, which is a fault by then.
struct Unusable;

/// One `[[webhook]]`
#[derive(Debug)]
pub(super) struct WebhookTable {
    url: Option<Given<Uri>>,
    secret_file: Option<Given<PathBuf>>,
    events: Vec<Kinds>,
    format: WebhookFormat,
    absent: Vec<&'static str>,
}

impl WebhookTable {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        Self {
            url: table.url("url", "https://bots.example/wxlogind"),
            secret_file: table.path("secret_file"),
            events: table.list("events", "[\"session.*\", \"account.scan-needed\"]", |text| {
                text.parse().map_err(|_| {
                    format!(
                        "{} is no type of event: session.online is one, session.* are several",
                        quoted(text)
                    )
                })
            }),
            format: format(table),
            absent: table.absent(),
        }
    }

    fn finish(
        &self,
        n: usize,
        place: Place,
        credentials: Option<&Path>,
        faults: &mut Faults,
    ) -> Option<Webhook> {
        if self.absent.contains(&"url") {
            faults.add(place, "webhook.url", "missing: where events are to be posted");
        }
        let secret = self.secret(n, place, credentials, faults);
        let url = WebhookUrl::new(self.url.as_ref()?.value.clone(), self.format);
        Some(Webhook { url, format: self.format, events: self.events.clone(), secret: secret.ok()? })
    }

    /// What the file names wins over the credential.
    fn secret(
        &self,
        n: usize,
        place: Place,
        credentials: Option<&Path>,
        faults: &mut Faults,
    ) -> Result<Option<Secret>, Unusable> {
        let credential = format!("webhook.{n}.secret");
        let named = SecretFile::named(self.secret_file.as_ref(), "webhook.secret_file");
        let file = named.or_else(|| SecretFile::credential(credentials, &*credential));
        let Some(file) = file else {
            if self.format == WebhookFormat::Standard && self.absent.contains(&"secret_file") {
                let message =
                    format!("missing: set it, or pass the credential {credential} (LoadCredential=)");
                faults.add(place, "webhook.secret_file", message);
                return Err(Unusable);
            }
            return Ok(None);
        };
        let secret = file.read(faults).ok_or(Unusable)?;
        let wrong = match self.format {
            WebhookFormat::Standard if !is_signing_key(&secret) => {
                let (least, most) = (SIGNING_KEY.start(), SIGNING_KEY.end());
                format!(
                    "must hold whsec_ and then {least} to {most} bytes in base64, such as this prints: \
                     echo whsec_$(openssl rand -base64 32)"
                )
            }
            WebhookFormat::Wecom => {
                "is of no use: the robots of wecom are not signed for, the key is in their URL".to_owned()
            }
            _ => return Ok(Some(secret)),
        };
        file.refuse(format!("{} {wrong}", file.path.display()), faults);
        Err(Unusable)
    }
}

/// `whsec_…` (Standard Webhooks, "Signature scheme").
fn is_signing_key(secret: &Secret) -> bool {
    let key = secret.reveal().strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
    key.is_some_and(|key| SIGNING_KEY.contains(&key.len()))
}

fn format(table: &mut Table<'_>) -> WebhookFormat {
    let expected = "expected \"standard\", \"feishu\", \"dingtalk\" or \"wecom\"";
    let parse = |text: &str| text.parse().map_err(|()| format!("{expected}, found {}", quoted(text)));
    table.parsed("format", expected, parse).map_or_else(WebhookFormat::default, |given| given.value)
}

impl Written {
    /// The receivers of events. One that is not whole is a fault, and left out.
    pub(super) fn webhooks(&self, credentials: Option<&Path>, faults: &mut Faults) -> Vec<Webhook> {
        self.refuse_one_url_twice(faults);
        let tables = (1..).zip(&self.webhooks);
        tables.filter_map(|(n, table)| table.value.finish(n, table.place, credentials, faults)).collect()
    }

    /// A URL is what a receiver is known by, over restarts: two of them would share one place in the journal.
    fn refuse_one_url_twice(&self, faults: &mut Faults) {
        let mut first = HashMap::new();
        for Given { value, place } in self.webhooks.iter().filter_map(|table| table.value.url.as_ref()) {
            if let Some(Place::Line(line)) = first.get(value) {
                let message = format!("the same as on line {line}: one table for each receiver");
                faults.add(*place, "webhook.url", message);
            } else {
                first.insert(value, *place);
            }
        }
    }
}
