//! `[callback]` made sense of: the listener for the platform's callbacks, and the secret in its path.

use std::path::Path;

use wxlogin_state::Secret;

use super::fault::{Faults, Given};
use super::limits::PATH_SECRET;
use super::secrets::SecretFile;
use super::settings::Callback;
use super::written::CallbackTable;

impl CallbackTable {
    /// The settings. A listener without its secret is a fault, and so is a public address behind which nobody
    /// listens.
    pub(super) fn finish(&self, credentials: Option<&Path>, faults: &mut Faults) -> Callback {
        let callback = Callback {
            listen: self.listen.as_ref().and_then(|given| given.value),
            path_secret: self.path_secret(credentials, faults),
            forward_url: self.forward_url.as_ref().and_then(|given| given.value.clone()),
            public_url: self.public_url.as_ref().and_then(|given| given.value.clone()),
        };
        let refused =
            ["callback.path_secret_file", "callback.path_secret"].iter().any(|key| faults.mentions(key));
        if callback.listen.is_some() && callback.path_secret.is_none() && !refused {
            let message = "missing: listen is for callers that know a secret; set path_secret_file, or pass the \
                           credential callback.path_secret (LoadCredential=)";
            faults.missing(self.line, "callback.path_secret_file", message);
        }
        if let (None, Some(Given { value: Some(_), place })) = (callback.listen, &self.public_url)
            && !faults.mentions("callback.listen")
        {
            let message = "listen is off: the platform would be told to call where nobody listens";
            faults.add(*place, "callback.public_url", message);
        }
        callback
    }

    /// What the file names wins over the credential: it was written on purpose.
    fn path_secret(&self, credentials: Option<&Path>, faults: &mut Faults) -> Option<Secret> {
        let named = self
            .path_secret_file
            .as_ref()
            .and_then(|given| given.value.clone().map(|value| Given { value, place: given.place }));
        let file = SecretFile::named(named.as_ref(), "callback.path_secret_file")
            .or_else(|| SecretFile::credential(credentials, "callback.path_secret"))?;
        let secret = file.read(faults)?;
        if fits_a_path(secret.reveal()) {
            return Some(secret);
        }
        let (least, most) = (PATH_SECRET.start(), PATH_SECRET.end());
        let message = format!(
            "{} must hold {least} to {most} letters, digits, - or _, because it becomes a part of a URL; \
             such as openssl rand -hex 32 prints",
            file.path.display()
        );
        file.refuse(message, faults);
        None
    }
}

fn fits_a_path(secret: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    PATH_SECRET.contains(&secret.len()) && secret.bytes().all(allowed)
}
