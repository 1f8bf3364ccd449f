//! `[device]` made sense of: which platform, which key, and where logins come from.
//!
//! With `--sandbox` the daemon supplies platform and key itself, once the sandbox listens; what the file says
//! about them is left alone with a note.

use std::path::Path;
use std::time::Duration;

use hyper::Uri;
use wxlogin_state::{DeviceType, Proxy, Secret};

use super::fault::Faults;
use super::secrets::SecretFile;
use super::settings::{Device, DeviceAuth};
use super::written::{DeviceTable, ProxyKeys};

/// The platform wants every login to say where it comes from (protocol.md, `/iPadLogin`).
const DEFAULT_PROXY: Proxy = Proxy::Region(8);

/// `[device]` but for the platform and its key.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    device_type: DeviceType,
    proxy: Proxy,
    auto_check: bool,
    poll_timeout: Duration,
    qr_valid_for: Duration,
    check_interval: Duration,
    confirmations: u32,
    max_polls: usize,
}

impl Habits {
    /// The whole of it.
    pub(super) fn with(self, base_url: Uri, auth: DeviceAuth) -> Device {
        Device {
            base_url,
            auth,
            device_type: self.device_type,
            proxy: self.proxy,
            auto_check: self.auto_check,
            poll_timeout: self.poll_timeout,
            qr_valid_for: self.qr_valid_for,
            check_interval: self.check_interval,
            confirmations: self.confirmations,
            max_polls: self.max_polls,
        }
    }
}

impl DeviceTable {
    /// Everything that holds for the sandbox, too.
    pub(super) fn habits(&self, credentials: Option<&Path>, faults: &mut Faults) -> Habits {
        Habits {
            device_type: self.device_type,
            proxy: self.proxy.proxy(credentials, faults).unwrap_or(DEFAULT_PROXY),
            auto_check: self.auto_check,
            poll_timeout: self.poll_timeout,
            qr_valid_for: self.qr_valid_for,
            check_interval: self.check_interval,
            confirmations: u32::try_from(self.confirmations).unwrap_or(u32::MAX),
            max_polls: usize::try_from(self.max_polls).unwrap_or(usize::MAX),
        }
    }

    /// The platform and the key to it; `None` once either is a fault.
    pub(super) fn platform(
        &self,
        credentials: Option<&Path>,
        faults: &mut Faults,
    ) -> Option<(Uri, DeviceAuth)> {
        if self.base_url.is_none() {
            let message = "missing: where the platform is, such as \"http://platform.example:9899\"";
            faults.missing(self.line, "device.base_url", message);
        }
        let auth = self.auth(credentials, faults);
        Some((self.base_url.as_ref()?.value.clone(), auth?))
    }

    /// Says of each key about platform and key that the sandbox makes it idle.
    pub(super) fn note_idle_keys(&self, notes: &mut Faults) {
        let places = [
            ("device.base_url", self.base_url.as_ref().map(|given| given.place)),
            ("device.account", self.account.as_ref().map(|given| given.place)),
            ("device.password_file", self.password_file.as_ref().map(|given| given.place)),
            ("device.authorization_file", self.authorization_file.as_ref().map(|given| given.place)),
        ];
        for (key, place) in places {
            if let Some(place) = place {
                notes.add(place, key, "left alone: --sandbox brings its own platform");
            }
        }
    }

    /// The key to the platform. What the file names wins over credentials: it was written on purpose.
    fn auth(&self, credentials: Option<&Path>, faults: &mut Faults) -> Option<DeviceAuth> {
        let password = SecretFile::named(self.password_file.as_ref(), "device.password_file");
        let key = SecretFile::named(self.authorization_file.as_ref(), "device.authorization_file");
        if password.is_some() || key.is_some() {
            return self.auth_from(password, key, faults);
        }
        let password = SecretFile::credential(credentials, "device.password");
        let key = SecretFile::credential(credentials, "device.authorization");
        self.auth_from(password, key, faults)
    }

    fn auth_from(
        &self,
        password: Option<SecretFile>,
        key: Option<SecretFile>,
        faults: &mut Faults,
    ) -> Option<DeviceAuth> {
        match (password, key) {
            (Some(_), Some(key)) => {
                key.refuse("there is a password as well; one of the two must go", faults);
                None
            }
            (Some(password), None) => self.with_password(password.read(faults), faults),
            (None, Some(key)) => {
                let account = self.account.as_ref().map(|given| given.value.clone());
                key.read(faults).map(|key| DeviceAuth::Key { account, key })
            }
            (None, None) if faults.mentions("device.authorization_file") => None,
            (None, None) => {
                let message = "no way to prove who we are: set password_file or authorization_file, or pass \
                               the credential device.password or device.authorization (LoadCredential=)";
                faults.missing(self.line, "device.password_file", message);
                None
            }
        }
    }

    fn with_password(&self, password: Option<Secret>, faults: &mut Faults) -> Option<DeviceAuth> {
        let Some(account) = &self.account else {
            faults.missing(self.line, "device.account", "missing: the account that the password belongs to");
            return None;
        };
        Some(DeviceAuth::Password { account: account.value.clone(), password: password? })
    }
}

impl ProxyKeys {
    /// One of the platform's regions, or a server of one's own; the usual region where neither is said. `None`
    /// after a fault.
    fn proxy(&self, credentials: Option<&Path>, faults: &mut Faults) -> Option<Proxy> {
        match (&self.region, &self.ip) {
            (Some(region), None) => {
                self.refuse_details("belongs to proxy_ip; proxy is a region of the platform's own", faults);
                u8::try_from(region.value).ok().map(Proxy::Region)
            }
            (Some(_), Some(ip)) => {
                let message = "proxy is set as well: a region, or a server of your own, not both";
                faults.add(ip.place, "device.proxy_ip", message);
                None
            }
            (None, Some(ip)) => self.own(ip.value.clone(), credentials, faults),
            (None, None) => {
                self.refuse_details("belongs to proxy_ip, which is not set", faults);
                Some(DEFAULT_PROXY)
            }
        }
    }

    /// User and password come together: SOCKS5 knows no one without the other (RFC 1929).
    fn own(&self, ip: String, credentials: Option<&Path>, faults: &mut Faults) -> Option<Proxy> {
        let named = SecretFile::named(self.password_file.as_ref(), "device.proxy_password_file");
        let file = named.or_else(|| SecretFile::credential(credentials, "device.proxy_password"));
        match (&self.user, file) {
            (None, None) => Some(Proxy::Own { ip, user: None, password: None }),
            (Some(user), Some(file)) => {
                let password = Some(file.read(faults)?);
                Some(Proxy::Own { ip, user: Some(user.value.clone()), password })
            }
            (Some(user), None) => {
                let message = "needs a password: set proxy_password_file, or pass the credential \
                               device.proxy_password";
                faults.add(user.place, "device.proxy_user", message);
                None
            }
            (None, Some(file)) => {
                file.refuse("a password without a user: set proxy_user", faults);
                None
            }
        }
    }

    fn refuse_details(&self, message: &str, faults: &mut Faults) {
        let user = self.user.as_ref().map(|given| given.place);
        let password = self.password_file.as_ref().map(|given| given.place);
        for (key, place) in [("device.proxy_user", user), ("device.proxy_password_file", password)] {
            if let Some(place) = place {
                faults.add(place, key, message);
            }
        }
    }
}
