//! A login as the seed's table of parameters has it: checked in the documented order, and written as the seed's
//! examples write it.

use bytes::Bytes;
use form_urlencoded::Serializer;
use serde::Serialize;
use wxlogin_state::Secret;

use super::fields::{Encoding, Fields};
use super::refusal::Refusal;
use crate::platform::json_body;

/// Longest `code`, `oaid` and `device_id`, in characters.
const LONGEST: usize = 128;

/// Longest `channel`, in characters.
const LONGEST_CHANNEL: usize = 32;

/// The business parameters of a login. Which of them may be missing is what the table of codes says: those that
/// have a code for it must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// What WeChat gave the user's app; used once.
    pub code: Secret,
    /// The app's version.
    pub version_number: i64,
    /// Where the app comes from, at most 32 characters.
    pub channel: String,
    /// The device, as Android's own identifier.
    pub oaid: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// Whether the answer holds the whole user.
    pub need_user_detail: Option<bool>,
    /// How it came, and how it is passed on.
    pub encoding: Encoding,
}

impl Login {
    /// Checks the parameters in the documented order: `code`, `version_number`, `channel`, `oaid`, `device_id`,
    /// `need_user_detail`; the first failure wins. Others, `timestamp` and `sign` among them, are passed over.
    ///
    /// The seed has no code for a `channel` that is no text; it is as good as missing, 400109.
    pub fn read(fields: &Fields) -> Result<Self, Refusal> {
        let code = fields.text("code").or(Err(Refusal::CODE_MISTYPED))?.ok_or(Refusal::CODE_MISSING)?;
        at_most(LONGEST, code).ok_or(Refusal::CODE_TOO_LONG)?;
        let version_number = fields
            .integer("version_number")
            .or(Err(Refusal::VERSION_NUMBER_MISTYPED))?
            .ok_or(Refusal::VERSION_NUMBER_MISSING)?;
        let channel =
            fields.text("channel").or(Err(Refusal::CHANNEL_MISSING))?.ok_or(Refusal::CHANNEL_MISSING)?;
        at_most(LONGEST_CHANNEL, channel).ok_or(Refusal::CHANNEL_TOO_LONG)?;
        let oaid = fields.text("oaid").or(Err(Refusal::OAID_MISTYPED))?;
        oaid.map_or(Some(()), |oaid| at_most(LONGEST, oaid)).ok_or(Refusal::OAID_TOO_LONG)?;
        let device_id = fields.text("device_id").or(Err(Refusal::DEVICE_ID_MISTYPED))?;
        device_id.map_or(Some(()), |id| at_most(LONGEST, id)).ok_or(Refusal::DEVICE_ID_TOO_LONG)?;
        let need_user_detail =
            match fields.integer("need_user_detail").or(Err(Refusal::NEED_USER_DETAIL_MISTYPED))? {
                None => None,
                Some(0) => Some(false),
                Some(1) => Some(true),
                Some(_) => return Err(Refusal::NEED_USER_DETAIL_IMPOSSIBLE),
            };
        Ok(Self {
            code: Secret::new(code),
            version_number,
            channel: channel.to_owned(),
            oaid: oaid.map(str::to_owned),
            device_id: device_id.map(str::to_owned),
            need_user_detail,
            encoding: fields.encoding,
        })
    }

    /// The whole body of a request, its members in the order of the seed's example for this encoding.
    pub(super) fn signed(&self, appkey: &str, timestamp: &str, sign: &Secret) -> Bytes {
        match self.encoding {
            Encoding::Form => self.form(appkey, timestamp, sign),
            Encoding::Json => self.json(appkey, timestamp, sign),
        }
    }

    fn form(&self, appkey: &str, timestamp: &str, sign: &Secret) -> Bytes {
        let mut form = Serializer::new(String::new());
        form.append_pair("appkey", appkey)
            .append_pair("code", self.code.reveal())
            .append_pair("version_number", &self.version_number.to_string())
            .append_pair("channel", &self.channel);
        if let Some(needed) = self.need_user_detail {
            form.append_pair("need_user_detail", if needed { "1" } else { "0" });
        }
        if let Some(oaid) = &self.oaid {
            form.append_pair("oaid", oaid);
        }
        if let Some(device_id) = &self.device_id {
            form.append_pair("device_id", device_id);
        }
        form.append_pair("timestamp", timestamp).append_pair("sign", sign.reveal()).finish().into()
    }

    fn json(&self, appkey: &str, timestamp: &str, sign: &Secret) -> Bytes {
        #[derive(Serialize)]
        struct Body<'a> {
            appkey: &'a str,
            code: &'a Secret,
            version_number: i64,
            channel: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            oaid: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            need_user_detail: Option<u8>,
            #[serde(skip_serializing_if = "Option::is_none")]
            device_id: Option<&'a str>,
            /// A text, as in the seed's example.
            timestamp: &'a str,
            sign: &'a Secret,
        }
        let body = Body {
            appkey,
            code: &self.code,
            version_number: self.version_number,
            channel: &self.channel,
            oaid: self.oaid.as_deref(),
            need_user_detail: self.need_user_detail.map(u8::from),
            device_id: self.device_id.as_deref(),
            timestamp,
            sign,
        };
        json_body(&body)
    }
}

/// Whether a text has at most so many characters, however many bytes they take.
fn at_most(characters: usize, text: &str) -> Option<()> {
    text.chars().nth(characters).is_none().then_some(())
}
