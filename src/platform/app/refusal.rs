//! What a caller is told when a login comes to nothing here: the platform's own codes and sentences.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::platform::{Trouble, json_body};

/// A failure in the platform's envelope. Codes and sentences are the seed's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `code`, for example 400104.
    pub code: u32,
    /// `msg`. It holds nothing that the caller sent.
    pub msg: Cow<'static, str>,
}

impl Refusal {
    /// The failures of parameters, whose code the platform writes as a text (protocol.md, system B).
    const PARAMETERS: std::ops::RangeInclusive<u32> = 400_104..=400_116;

    /// 400199: the caller's `appkey` is none that is configured. Checked after the parameters, as the platform does.
    pub const UNKNOWN_APPKEY: Self = Self::new(400_199, "appkey不存在");

    /// 400193: the platform gave a token, or would have, that cannot be kept here.
    pub const NO_TOKEN: Self = Self::new(400_193, "生成访问令牌失败");

    pub(super) const BODY_IS_NO_OBJECT: Self = Self::new(400, "请求体必须是JSON对象");
    pub(super) const UNKNOWN_MEDIA_TYPE: Self =
        Self::new(400, "Content-Type必须是application/x-www-form-urlencoded或application/json");
    pub(super) const CODE_MISSING: Self = Self::new(400_104, "code参数缺失");
    pub(super) const CODE_MISTYPED: Self = Self::new(400_105, "code参数类型必须是字符串");
    pub(super) const CODE_TOO_LONG: Self = Self::new(400_106, "code参数长度不能超过128个字符");
    pub(super) const VERSION_NUMBER_MISSING: Self = Self::new(400_107, "version_number参数缺失");
    pub(super) const VERSION_NUMBER_MISTYPED: Self = Self::new(400_108, "version_number参数类型必须是整数");
    pub(super) const CHANNEL_MISSING: Self = Self::new(400_109, "channel参数缺失");
    pub(super) const CHANNEL_TOO_LONG: Self = Self::new(400_110, "channel参数长度不能超过32个字符");
    pub(super) const NEED_USER_DETAIL_MISTYPED: Self =
        Self::new(400_111, "need_user_detail参数类型必须是整数");
    pub(super) const NEED_USER_DETAIL_IMPOSSIBLE: Self =
        Self::new(400_112, "need_user_detail参数值必须是0或1");
    pub(super) const OAID_MISTYPED: Self = Self::new(400_113, "oaid参数类型必须是字符串");
    pub(super) const OAID_TOO_LONG: Self = Self::new(400_114, "oaid参数长度不能超过128个字符");
    pub(super) const DEVICE_ID_MISTYPED: Self = Self::new(400_115, "device_id参数类型必须是字符串");
    pub(super) const DEVICE_ID_TOO_LONG: Self = Self::new(400_116, "device_id参数长度不能超过128个字符");

    const fn new(code: u32, msg: &'static str) -> Self {
        Self { code, msg: Cow::Borrowed(msg) }
    }

    /// 400194, for a call that brought no answer that can be acted upon.
    pub fn of(trouble: &Trouble) -> Self {
        Self { code: 400_194, msg: format!("微信接口调用异常: {trouble}").into() }
    }

    /// The envelope: the code of a parameter's failure is a text, every other a number (protocol.md, system B).
    pub fn body(&self) -> Bytes {
        #[derive(Serialize)]
        struct Envelope<'a> {
            code: Value,
            msg: &'a str,
        }
        let code = if Self::PARAMETERS.contains(&self.code) {
            self.code.to_string().into()
        } else {
            self.code.into()
        };
        json_body(&Envelope { code, msg: &self.msg })
    }
}
