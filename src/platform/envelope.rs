//! The envelope of every answer: `{"code", "message" | "msg", "data"}` (protocol.md, system A).
//!
//! Read leniently where the platform is known to vary (a code as text or number, either name of the message),
//! and not at all where it is not: an unknown shape is trouble with a name, never half an answer.

use bytes::Bytes;
use serde_json::{Map, Value};
use wxlogin_state::Secret;

use super::json;
use super::redact;
use super::trouble::{Excerpt, Fault, Trouble};

/// An answer as it came, and the secrets that it may echo.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    pub(super) status: u16,
    pub(super) body: Bytes,
    /// Key, passwords and codes of this call: removed from everything that is shown.
    pub(super) secrets: &'a [&'a Secret],
}

/// What the platform says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Envelope {
    pub(super) code: Code,
    /// The platform's sentence, unbounded; empty where it gave none.
    pub(super) message: String,
    /// What a success or a slider promises. A failure promises nothing: whatever cannot be read beside it is absent.
    pub(super) data: Data,
}

/// The codes that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// `1000`
    Success,
    /// `200`: seen on slider answers, and only there.
    Slider,
    /// `1001`
    Failure,
    /// Any other.
    Unknown,
}

/// What comes with it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// `null`, or not there.
    Absent,
    Object(Map<String, Value>),
    List(Vec<Value>),
}

/// What a failure's message says when the key is at fault, in lower case. Plain 失败, 拒绝 and 过期 are missing
/// on purpose: they speak of a login.
const KEY_WORDS: [&str; 3] = ["authorization", "unauthorized", "鉴权"];

/// Not authorised: the key, unless the sentence speaks of the person, who did not allow a login.
const UNAUTHORIZED: &str = "未授权";

/// What [`UNAUTHORIZED`] stands beside when it is about the person: the user, or the login that was not allowed.
const OF_A_PERSON: [&str; 2] = ["用户", "未授权登录"];

/// What a failure's message says of the `token`, as the key is called at times, when the key is at fault.
const TOKEN_FAULTS: [&str; 6] = ["失效", "无效", "过期", "错误", "invalid", "expired"];

impl Reply<'_> {
    /// The envelope of a call that carried the key, unless the key itself is refused: by HTTP status 401 or 403,
    /// or in words.
    pub(super) fn authorized(&self) -> Result<Envelope, Trouble> {
        if matches!(self.status, 401 | 403) {
            return Err(Trouble::KeyRefused { body: self.excerpt() });
        }
        let envelope = self.open()?;
        match envelope.code {
            Code::Failure | Code::Unknown if speaks_of_the_key(&envelope.message) => {
                Err(Trouble::KeyRefused { body: self.excerpt() })
            }
            _ => Ok(envelope),
        }
    }

    /// The envelope. Where a success holds an envelope again, the inner one: a failure inside a success is a
    /// failure. A failure stays one, whatever it holds.
    pub(super) fn open(&self) -> Result<Envelope, Trouble> {
        if !(200..300).contains(&self.status) {
            return Err(Trouble::Status { status: self.status, body: self.excerpt() });
        }
        self.read().map_err(|fault| self.unreadable(fault))
    }

    fn read(&self) -> Result<Envelope, Fault> {
        let Value::Object(members) = json::parse(&self.body)? else { return Err(Fault::NotAnObject) };
        let outer = Envelope::of(members)?;
        match outer.data {
            Data::Object(members) if outer.code == Code::Success && is_envelope(&members) => {
                Envelope::of(members)
            }
            _ => Ok(outer),
        }
    }

    pub(super) fn unreadable(&self, fault: Fault) -> Trouble {
        Trouble::Unreadable { fault, body: self.excerpt() }
    }

    pub(super) fn incomplete(&self, missing: &'static str) -> Trouble {
        Trouble::Incomplete { missing, body: self.excerpt() }
    }

    /// A sentence of the platform, fit for people.
    pub(super) fn sentence(&self, text: &str) -> String {
        redact::sentence(text, self.secrets)
    }

    /// Part of the body, fit for the log.
    fn excerpt(&self) -> Excerpt {
        Excerpt(redact::excerpt(&self.body, self.secrets).into())
    }
}

impl Envelope {
    fn of(mut members: Map<String, Value>) -> Result<Self, Fault> {
        let code = Code::of(members.get("code").ok_or(Fault::Mistyped("code"))?)?;
        let message = match text(members.remove("message"), "message")? {
            message if message.trim().is_empty() => text(members.remove("msg"), "msg")?,
            message => message,
        };
        let data = match (code, Data::of(members.remove("data"))) {
            (Code::Failure | Code::Unknown, Err(_)) => Data::Absent,
            (_, data) => data?,
        };
        Ok(Self { code, message, data })
    }

    /// The data's members; empty where there is no object.
    pub(super) fn object(self) -> Map<String, Value> {
        match self.data {
            Data::Object(members) => members,
            Data::Absent | Data::List(_) => Map::new(),
        }
    }
}

impl Code {
    fn of(value: &Value) -> Result<Self, Fault> {
        let number = match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => return Err(Fault::Mistyped("code")),
        };
        Ok(match number {
            Some(1000) => Self::Success,
            Some(200) => Self::Slider,
            Some(1001) => Self::Failure,
            _ => Self::Unknown,
        })
    }
}

impl Data {
    fn of(value: Option<Value>) -> Result<Self, Fault> {
        match value {
            None | Some(Value::Null) => Ok(Self::Absent),
            Some(Value::Object(members)) => Ok(Self::Object(members)),
            Some(Value::Array(items)) => Ok(Self::List(items)),
            Some(_) => Err(Fault::Mistyped("data")),
        }
    }
}

/// Whether data is an envelope again (protocol.md, `/secondLogin`): it has a code that means something.
fn is_envelope(members: &Map<String, Value>) -> bool {
    let code = members.get("code").map(Code::of);
    matches!(code, Some(Ok(Code::Success | Code::Slider | Code::Failure)))
}

fn text(value: Option<Value>, name: &'static str) -> Result<String, Fault> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Fault::Mistyped(name)),
    }
}

fn speaks_of_the_key(message: &str) -> bool {
    let message = message.to_lowercase();
    let has_one_of = |words: &[&str]| words.iter().any(|word| message.contains(word));
    has_one_of(&KEY_WORDS)
        || (message.contains(UNAUTHORIZED) && !has_one_of(&OF_A_PERSON))
        || (message.contains("token") && has_one_of(&TOKEN_FAULTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply<'static> {
        Reply { status: 200, body: Bytes::copy_from_slice(body.as_bytes()), secrets: &[] }
    }

    fn fault(body: &str) -> Fault {
        match reply(body).open() {
            Err(Trouble::Unreadable { fault, .. }) => fault,
            other => panic!("{body} → {other:?}"),
        }
    }

    #[test]
    fn a_code_may_be_text_or_a_number_and_the_message_has_two_names() {
        let expected =
            Envelope { code: Code::Success, message: "处理成功".to_owned(), data: Data::Absent };
        for body in [
            r#"{"code":"1000","message":"处理成功","data":null}"#,
            r#"{"code":1000,"msg":"处理成功"}"#,
            r#"{"code":"1000","message":"","msg":"处理成功"}"#,
            r#"{"code":"1000","message":null,"msg":"处理成功"}"#,
            r#"{"code":"1000","message":"处理成功","msg":"another"}"#,
        ] {
            assert_eq!(reply(body).open().unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn a_shape_that_the_platform_never_has_is_named() {
        assert_eq!(fault("[]"), Fault::NotAnObject);
        assert_eq!(fault("null"), Fault::NotAnObject);
        assert_eq!(fault("{}"), Fault::Mistyped("code"));
        assert_eq!(fault(r#"{"code":null}"#), Fault::Mistyped("code"));
        assert_eq!(fault(r#"{"code":[1000]}"#), Fault::Mistyped("code"));
        assert_eq!(fault(r#"{"code":"1001","message":{}}"#), Fault::Mistyped("message"));
        assert_eq!(fault(r#"{"code":"1001","msg":7}"#), Fault::Mistyped("msg"));
        assert_eq!(fault(r#"{"code":"1000","data":"x"}"#), Fault::Mistyped("data"));
        assert_eq!(fault(r#"{"code":"1000","data":true}"#), Fault::Mistyped("data"));
    }

    #[test]
    fn a_failure_needs_no_data_that_can_be_read() {
        for data in [r#""""#, r#""失败""#, "7", "false"] {
            let body = format!(r#"{{"code":"1001","message":"失败","data":{data}}}"#);
            let envelope = reply(&body).open().unwrap();
            let expected = Envelope { code: Code::Failure, message: "失败".to_owned(), data: Data::Absent };
            assert_eq!(envelope, expected, "{body}");
            let nested = format!(r#"{{"code":"1000","data":{body}}}"#);
            assert_eq!(reply(&nested).open().unwrap(), expected, "{nested}");
        }
    }

    #[test]
    fn a_failure_inside_a_success_is_a_failure() {
        let nested =
            r#"{"code":"1000","message":"处理成功","data":{"code":"1001","message":"失败","data":null}}"#;
        let envelope = reply(nested).open().unwrap();
        assert_eq!((envelope.code, envelope.message.as_str()), (Code::Failure, "失败"));
    }

    #[test]
    fn a_success_inside_a_failure_is_a_failure_too() {
        for code in ["1001", "1002", "200"] {
            let nested =
                format!(r#"{{"code":"{code}","data":{{"code":"1000","data":{{"wcId":"wxid_1"}}}}}}"#);
            assert_ne!(reply(&nested).open().unwrap().code, Code::Success, "{code}");
        }
    }

    #[test]
    fn a_stray_code_among_the_data_is_no_envelope() {
        let envelope = reply(r#"{"code":"1000","data":{"code":0,"wcId":"wxid_1"}}"#).open().unwrap();
        assert_eq!(envelope.code, Code::Success);
        assert!(envelope.object().contains_key("wcId"));
    }

    #[test]
    fn only_words_about_the_key_refuse_the_key() {
        for message in [
            "Authorization 错误",
            "鉴权失败",
            "未授权",
            "未授权，请重新登录",
            "token失效",
            "Token expired",
            "unauthorized",
        ] {
            let refused = reply(&format!(r#"{{"code":"1001","message":"{message}"}}"#)).authorized();
            assert!(matches!(refused, Err(Trouble::KeyRefused { .. })), "{message}: {refused:?}");
        }
        for message in [
            "失败",
            "用户拒绝授权登录",
            "用户未授权登录",
            "未授权登录",
            "二维码已过期",
            "登录失效",
            "请在iPad上输入验证码",
            "",
        ] {
            let envelope = reply(&format!(r#"{{"code":"1001","message":"{message}"}}"#)).authorized();
            assert_eq!(envelope.unwrap().code, Code::Failure, "{message}");
        }
    }

    #[test]
    fn a_success_that_mentions_the_key_does_not_refuse_it() {
        assert!(reply(r#"{"code":"1000","message":"Authorization 正常"}"#).authorized().is_ok());
    }

    #[test]
    fn http_401_and_403_refuse_the_key_whatever_they_carry() {
        for status in [401, 403] {
            let reply = Reply { status, ..reply("<html>") };
            assert!(matches!(reply.authorized(), Err(Trouble::KeyRefused { .. })));
        }
    }
}
