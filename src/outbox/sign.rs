//! Signatures: Standard Webhooks for programs, and what each robot asks for.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac_sha256::HMAC;
use jiff::Timestamp;
use standardwebhooks::{Webhook, WebhookError};
use wxlogin_state::Secret;

/// Signs messages of the format `standard`.
pub(super) struct Signer(Webhook);

impl Signer {
    /// With a key of the form `whsec_…`.
    pub(super) fn new(secret: &Secret) -> Result<Self, WebhookError> {
        Webhook::new(secret.reveal()).map(Self)
    }

    /// The value of `webhook-signature` for a message that is sent now.
    pub(super) fn sign(&self, id: &str, now: Timestamp, body: &[u8]) -> Result<String, WebhookError> {
        self.0.sign(id, now.as_second(), body)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

/// What a Feishu robot finds in the body: the time in seconds, and that time and the secret as the key to an empty
/// text (open.feishu.cn, custom bots, "signature verification").
pub(super) fn feishu(secret: &Secret, now: Timestamp) -> (String, String) {
    let timestamp = now.as_second().to_string();
    let key = format!("{timestamp}\n{}", secret.reveal());
    (timestamp, STANDARD.encode(HMAC::mac([], key.as_bytes())))
}

/// What a DingTalk robot finds in the query: the time in milliseconds, and that time and the secret signed with the
/// secret (open.dingtalk.com, custom robots, "加签").
pub(super) fn dingtalk(secret: &Secret, now: Timestamp) -> (String, String) {
    let timestamp = now.as_millisecond().to_string();
    let text = format!("{timestamp}\n{}", secret.reveal());
    (timestamp, STANDARD.encode(HMAC::mac(text.as_bytes(), secret.reveal().as_bytes())))
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millisecond(1_767_225_600_123).unwrap()
    }

    /// The same by other hands.
    fn mac(key: &[u8], text: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text);
        STANDARD.encode(mac.finalize().into_bytes())
    }

    #[test]
    fn the_specifications_own_example_is_signed_as_it_says() {
        let signer = Signer::new(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        let now = Timestamp::from_second(1_614_265_330).unwrap();
        let signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", now, br#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn robots_are_signed_for_as_each_of_them_asks() {
        let secret = Secret::new("SECabc");
        let (timestamp, sign) = feishu(&secret, now());
        assert_eq!((timestamp.as_str(), sign), ("1767225600", mac(b"1767225600\nSECabc", b"")));
        let (timestamp, sign) = dingtalk(&secret, now());
        assert_eq!((timestamp.as_str(), sign), ("1767225600123", mac(b"SECabc", b"1767225600123\nSECabc")));
    }

    #[test]
    fn a_signer_does_not_show_its_key() {
        let signer = Signer::new(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        assert_eq!(format!("{signer:?}"), "Signer");
    }
}
