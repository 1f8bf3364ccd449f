//! Who logged in, and how the login was asked for: plain data that sessions and accounts share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::id::WcId;
use crate::secret::Secret;

/// The device a login pretends to be (protocol.md, system A, `/iPadLogin`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeviceType {
    /// Recommended by the platform; asks for a code on a new device.
    #[default]
    Ipad,
    /// Asks for a slider on a new device.
    Mac,
}

impl DeviceType {
    /// The platform's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipad => "ipad",
            Self::Mac => "mac",
        }
    }
}

impl fmt::Display for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DeviceType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ipad" => Ok(Self::Ipad),
            "mac" => Ok(Self::Mac),
            _ => Err(format!("a device type is \"ipad\" or \"mac\", not {text:?}")),
        }
    }
}

/// Where the platform lets a login come from (protocol.md, `/iPadLogin`: `proxy`, `proxyIp`, `proxyUser`,
/// `proxyPassword`). A login from another region than the last one is a known cause of drops, so it is kept
/// with the session and the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Proxy {
    /// One of the platform's regions, 1–23.
    Region(u8),
    /// A SOCKS5 server of the operator's own.
    #[serde(rename_all = "camelCase")]
    Own {
        /// `host:port`.
        ip: String,
        /// User name, where the server asks for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// Password, where the server asks for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Secret>,
    },
}

/// What an operator calls a login or an account; at most [`Label::MAX_CHARS`] characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(transparent)]
pub struct Label(Box<str>);

impl Label {
    /// Longest label, in characters.
    pub const MAX_CHARS: usize = 128;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        if text.trim().is_empty() {
            Err("a label must not be empty".to_owned())
        } else if length > Self::MAX_CHARS {
            Err(format!("a label has at most {} characters, this one has {length}", Self::MAX_CHARS))
        } else if text.chars().any(char::is_control) {
            Err("a label must not contain control characters".to_owned())
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who logged in, as the platform says (seed 002, table of answers and its success example).
///
/// Everything but the `wcId` is decoration: the platform may leave it out or send it empty, and then it is
/// absent here. Texts are bounded by whoever reads them off the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The identity, 微信id (唯一值).
    pub wc_id: WcId,
    /// 昵称.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// 扫码的设备类型: the phone that scanned, for example `android`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// 识别码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uin: Option<i64>,
    /// 头像url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_url: Option<String>,
    /// The small variant of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small_head_img_url: Option<String>,
    /// 手机上显示的微信号: changes when the person changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub w_account: Option<String>,
    /// 性别, the platform's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<i64>,
    /// 绑定手机.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<String>,
    /// The platform's user name for the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The person's motto.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The platform's number; meaning not documented.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<i64>,
    /// 保留字段: reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
}

impl Profile {
    /// A profile of which only the identity is known.
    pub fn of(wc_id: WcId) -> Self {
        Self {
            wc_id,
            nick_name: None,
            device_type: None,
            uin: None,
            head_url: None,
            small_head_img_url: None,
            w_account: None,
            sex: None,
            mobile_phone: None,
            username: None,
            signature: None,
            country: None,
            city: None,
            kind: None,
            status: None,
        }
    }
}
