//! Reads who logged in. Only the `wcId` matters; everything else is decoration, taken where it fits.
//!
//! Bounds are such that a profile always fits into a record of the store beside everything else there.

use std::str::FromStr;

use serde_json::{Map, Value};
use wxlogin_state::{Profile, WcId};

use super::redact::bounded;

/// Longest text kept, in characters. WeChat itself allows 32 for a nickname, 30 for a motto.
const TEXT_CHARS: usize = 128;

/// Longest URL accepted, in bytes; half of one is worth nothing, so a longer one is dropped.
pub(super) const URL_BYTES: usize = 2048;

/// The profile of this identity, with what the members say about it.
pub(super) fn profile(wc_id: WcId, members: &Map<String, Value>) -> Profile {
    let text = |name| members.get(name).and_then(text);
    let number = |name| members.get(name).and_then(number);
    let link = |name| members.get(name).and_then(link);
    Profile {
        wc_id,
        nick_name: text("nickName"),
        device_type: text("deviceType"),
        uin: number("uin"),
        head_url: link("headUrl"),
        small_head_img_url: link("smallHeadImgUrl"),
        w_account: text("wAccount"),
        sex: number("sex"),
        mobile_phone: text("mobilePhone"),
        username: text("username"),
        signature: text("signature"),
        country: text("country"),
        city: text("city"),
        kind: number("type"),
        status: number("status"),
    }
}

/// An absolute http or https URL: whatever else the platform may name, people's browsers are not sent there.
pub(super) fn link(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !br#""'\<>^`{|}"#.contains(&byte);
    let url: hyper::Uri = text.parse().ok()?;
    let is_web =
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty());
    (is_web && text.len() <= URL_BYTES && text.bytes().all(is_plain)).then(|| text.to_owned())
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => bounded(text, TEXT_CHARS),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A whole number, also where it is sent as text.
pub(super) fn number<T: FromStr + TryFrom<i64> + TryFrom<u64>>(value: &Value) -> Option<T> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.try_into().ok(),
            None => number.as_u64()?.try_into().ok(),
        },
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(members: &Value) -> Profile {
        profile("wxid_1".parse().unwrap(), members.as_object().unwrap())
    }

    #[test]
    fn numbers_and_texts_pass_for_each_other() {
        let read =
            read(&json!({"uin": "124723525", "sex": 2, "mobilePhone": 19_822_121_231_u64, "status": "3"}));
        assert_eq!((read.uin, read.sex, read.status), (Some(124_723_525), Some(2), Some(3)));
        assert_eq!(read.mobile_phone.as_deref(), Some("19822121231"));
    }

    #[test]
    fn what_is_empty_or_of_a_strange_type_is_absent() {
        let read =
            read(&json!({"city": "", "nickName": null, "signature": {"a": 1}, "uin": "x", "sex": 1.5}));
        assert_eq!(read, Profile::of("wxid_1".parse().unwrap()));
    }

    #[test]
    fn only_absolute_web_addresses_are_links() {
        for url in
            ["javascript:alert(1)", "/captcha", "ftp://h/x", "http://", "http://h/\"onload=", "", "h:80"]
        {
            assert_eq!(link(&url.into()), None, "{url}");
        }
        assert!(link(&"http://115.227.17.31:7878/captcha/index.html?appid=1&uuid=2".into()).is_some());
    }

    #[test]
    fn the_largest_profile_is_a_fraction_of_a_record() {
        let text = "\u{10ffff}".repeat(5_000);
        let url = format!("http://h/{}", "u".repeat(URL_BYTES - 9));
        let read = read(&json!({
            "nickName": text, "deviceType": text, "wAccount": text, "mobilePhone": text, "username": text,
            "signature": text, "country": text, "city": text, "headUrl": url, "smallHeadImgUrl": url,
            "uin": i64::MIN, "sex": i64::MIN, "type": i64::MIN, "status": i64::MIN,
        }));
        assert_eq!(read.head_url.as_deref(), Some(url.as_str()));
        let record = serde_json::to_vec(&read).unwrap().len();
        assert!(record < 9 * 1024, "{record}");
    }

    #[test]
    fn a_url_too_long_is_dropped_rather_than_cut() {
        let url = format!("http://h/{}", "u".repeat(URL_BYTES));
        assert_eq!(read(&json!({"headUrl": url})).head_url, None);
    }
}
