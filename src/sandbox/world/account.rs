//! A simulated person and the account the platform keeps for them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde_json::{Value, json};
use wxlogin_state::{WId, WcId};

/// Somebody with a phone.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) wc_id: WcId,
    pub(crate) nick_name: String,
    /// Made from the wcId: a person keeps their numbers in every sandbox.
    number: u32,
}

/// What new people are called, in turn.
const NAMES: [&str; 8] = ["贝塔同学", "小满", "阿青", "Luna", "老周", "豆豆", "Ming", "一颗栗子"];

impl Person {
    /// The person with this identity; without a name they get one.
    pub(crate) fn new(wc_id: WcId, nick_name: Option<String>) -> Self {
        let mut hasher = DefaultHasher::new();
        wc_id.hash(&mut hasher);
        let number = (hasher.finish() % 100_000_000) as u32;
        let nick_name = nick_name.unwrap_or_else(|| NAMES[number as usize % NAMES.len()].to_owned());
        Self { wc_id, nick_name, number }
    }

    /// Somebody nobody has met, also not in an earlier sandbox whose accounts the caller may have stored.
    pub(crate) fn stranger(nick_name: Option<String>) -> Self {
        let letters: String = std::iter::repeat_with(|| fastrand::char('a'..='z')).take(14).collect();
        let wc_id = format!("wxid_{letters}").parse().expect("letters and an underscore make an identifier");
        Self::new(wc_id, nick_name)
    }

    /// The profile in the shape of seed 002's success example. `faces` is where pictures of people are.
    pub(crate) fn profile(&self, w_id: &WId, faces: &str) -> Value {
        json!({
            "country": "CN",
            "wAccount": format!("sandbox{}", self.number % 10_000),
            "deviceType": "android",
            "city": "",
            "signature": "我的签名如风一样难以琢磨",
            "nickName": self.nick_name,
            "sex": 1 + self.number % 2,
            "headUrl": format!("{faces}/{}.png", self.wc_id),
            "type": 2,
            "smallHeadImgUrl": format!("{faces}/{}.png", self.wc_id),
            "wcId": self.wc_id,
            "wId": w_id,
            // No number of this form is anybody's.
            "mobilePhone": format!("100{:08}", self.number),
            "uin": self.number,
            "status": 3,
            "username": format!("100{:08}", self.number),
        })
    }
}

/// What the platform knows about a person who has logged in.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) person: Person,
    /// Devices made so far. More than one is a client that logged in again without the wcId.
    pub(crate) devices: u32,
    pub(crate) logins: u32,
    pub(crate) drops: u32,
    pub(crate) night: Night,
    /// How the last login was lost; absent while the first one holds.
    pub(crate) lost: Option<Lost>,
    /// When `/offlineReason` was last answered.
    pub(crate) reason_told: Option<Duration>,
}

/// The known drop of a device's first day (seed 002: 首次登录平台,24小时内会掉线1次).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Night {
    /// The device is new and will be dropped then.
    Ahead(Duration),
    /// The device has been dropped once and holds from now on.
    Past,
}

/// How an account went offline.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) cause: Cause,
    /// As `/offlineReason` spells it.
    pub(crate) reason: String,
}

/// Why an account went offline, as far as the platform behaves differently afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The known first drop; a pop-up login fails after it.
    FirstNight,
    /// Risk control kicked it out; a pop-up login fails after it.
    RiskControl,
    /// The person ended it on the phone, or the network did.
    Ordinary,
    /// The caller asked for it.
    LoggedOut,
}

impl Cause {
    /// The reason as the platform spells it: each cause in another of the three known spellings
    /// (protocol.md, `/offlineReason`), so that a client meets them all.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::FirstNight => {
                let inner = json!({"string": "首次登录平台24小时内掉线1次，请传wcId重新登录"});
                json!({"baseResponse": {"ret": -2023, "errMsg": inner}}).to_string()
            }
            Self::RiskControl => {
                "<e><ShowType>1</ShowType><Content><![CDATA[当前环境异常，为了你的帐号安全，\
                                  已退出登录]]></Content></e>"
                    .to_owned()
            }
            Self::Ordinary => "用户在手机上退出了登录".to_owned(),
            Self::LoggedOut => "开发者主动下线".to_owned(),
        }
    }

    /// Whether a pop-up login can follow (protocol.md, `/secondLogin`).
    pub(crate) fn allows_popup(self) -> bool {
        matches!(self, Self::Ordinary | Self::LoggedOut)
    }
}
