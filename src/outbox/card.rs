//! What an alert says to people, in Chinese, whichever robot says it.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wxlogin_state::public::Event;
use wxlogin_state::{Awaited, DropReason, Label, RESTORED, Rest, Secret};

/// The type of the event of a test message. It is in no journal.
pub(super) const TEST: &str = "webhook.test";

/// The type of a drop that healed before anybody was told of it. It is in no journal either: the drop is.
pub(super) const HEALED: &str = "session.healed";

/// Most accounts that one message names.
const NAMED: usize = 10;

/// Most links of one message, beside so many names.
const LINKED: usize = 5;

/// Longest name, in characters.
const LONGEST: usize = 40;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody has to act now.
    Urgent,
    /// Somebody should know.
    Warning,
    /// For information.
    Calm,
}

/// An alert: a heading and lines, none of which has any markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) title: String,
    pub(super) tone: Tone,
    pub(super) lines: Vec<String>,
    /// What they are called, and where they lead: to what is to be done.
    pub(super) links: Vec<(String, Secret)>,
}

impl Card {
    /// The card of events of one type, at least one.
    pub(super) fn of(events: &[Event], zone: &TimeZone) -> Self {
        let kind = events.first().map_or(TEST, |event| event.kind.as_str());
        let first = events.first();
        let (title, tone, todo) = heading(kind, first.and_then(way));
        let mut lines = Vec::new();
        match events {
            [event] => {
                if let Some(who) = who(event) {
                    lines.push(format!("账号：{who}"));
                }
                lines.push(format!("时间：{}", local(event.at, zone)));
                lines.extend(details(event, zone));
                lines.extend(command(event).map(|command| format!("命令：{command}")));
            }
            several => {
                for event in several.iter().take(NAMED) {
                    let mut line = format!("{}  ", local(event.at, zone));
                    line.push_str(&who(event).unwrap_or_else(|| "—".to_owned()));
                    if let Some(detail) = details(event, zone).into_iter().next() {
                        // Writing to a String does not fail.
                        let _ = write!(line, "（{detail}）");
                    }
                    lines.push(line);
                }
                if several.len() > NAMED {
                    lines.push(format!("……另有 {} 个", several.len() - NAMED));
                }
            }
        }
        lines.extend(todo.map(str::to_owned));
        let links = links(events);
        let title =
            if events.len() > 1 { format!("{title}（{} 个）", events.len()) } else { title.to_owned() };
        Self { title, tone, lines, links }
    }
}

/// One-time links to the steps that wait, each called by its line where there are several.
fn links(events: &[Event]) -> Vec<(String, Secret)> {
    let name =
        |n: usize| if events.len() == 1 { "打开登录页面".to_owned() } else { format!("第 {n} 个") };
    let linked = (1..).zip(events).take(LINKED).filter_map(|(n, event)| Some((name(n), event.link.clone()?)));
    linked.collect()
}

/// What a person does where one is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Scan the QR that is there.
    Scan,
    /// Touch the box that the phone shows.
    Confirm,
    /// Begin the login, and scan the QR that is fetched then (`relogin.issue = "on-demand"`).
    Open,
}

/// That, of an event that asks for it.
pub(super) fn way(event: &Event) -> Option<Way> {
    let relogin = event.account.as_ref().and_then(|account| account.relogin.as_ref());
    (event.kind == "account.scan-needed").then(|| match relogin.and_then(|relogin| relogin.awaits) {
        Some(Awaited::Confirm) => Way::Confirm,
        Some(Awaited::Open) => Way::Open,
        None => Way::Scan,
    })
}

/// Its heading, how bad it is, and what to do.
fn heading(kind: &str, way: Option<Way>) -> (&'static str, Tone, Option<&'static str>) {
    match (kind, way) {
        (_, Some(Way::Scan)) => {
            ("需要扫码登录", Tone::Urgent, Some("请用该微信的手机扫描二维码并确认，过期会自动换新。"))
        }
        (_, Some(Way::Confirm)) => {
            ("需要在手机上确认登录", Tone::Urgent, Some("请在该微信的手机上点击确认。"))
        }
        (_, Some(Way::Open)) => (
            "等待人工开始登录",
            Tone::Urgent,
            Some("二维码还没有获取：手机在手边时再开始登录（wxloginctl relogin），届时才会获取。"),
        ),
        (kind, None) => heading_of(kind),
    }
}

fn heading_of(kind: &str) -> (&'static str, Tone, Option<&'static str>) {
    match kind {
        "session.dropped" => ("微信账号掉线", Tone::Urgent, None),
        "account.drop-expected" => {
            ("账号即将例行掉线", Tone::Warning, Some("请把手机放在手边，掉线后需要扫码重新登录。"))
        }
        "account.renewal-due" => ("登录即将到期", Tone::Warning, Some("请选择合适的时间重新登录。")),
        "account.budget-spent" => {
            ("自动取码次数已用完", Tone::Warning, Some("暂时不再自动获取二维码；人工操作不受限制。"))
        }
        "account.new-device" => {
            ("平台把账号当成了新设备", Tone::Warning, Some("该账号还会再例行掉线一次，请留意。"))
        }
        "account.relogin-stopped" => ("已停止自动登录", Tone::Urgent, Some("请人工处理。")),
        "fleet.storm" => (
            "大量账号同时掉线",
            Tone::Urgent,
            Some("多半是平台或网络故障；恢复平静后会逐个自动登录，请先检查网络和平台。"),
        ),
        "token.expiring" => ("令牌即将过期", Tone::Warning, Some("请让用户重新登录。")),
        "token.expired" => ("令牌已过期", Tone::Warning, Some("请让用户重新登录。")),
        RESTORED => {
            ("数据已从备份恢复", Tone::Urgent, Some("备份之后的变化已丢失，请查看 wxlogind 的日志。"))
        }
        HEALED => ("掉线后已恢复", Tone::Calm, Some("账号已恢复在线，无需处理。")),
        TEST => ("测试消息", Tone::Calm, Some("能看到这条消息，说明 wxlogind 的告警可以送达。")),
        _ => ("微信登录告警", Tone::Warning, None),
    }
}

/// Facts about one event.
fn details(event: &Event, zone: &TimeZone) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(drop) = event.session.as_ref().and_then(|session| session.drop.as_ref()) {
        lines.push(format!("原因：{}", dropped(drop.reason)));
        if !drop.detail.trim().is_empty() {
            lines.push(format!("平台说明：{}", bare(&drop.detail)));
        }
    }
    if let Some(account) = &event.account {
        if event.kind == "account.relogin-stopped" {
            lines.extend(account.rest.map(|rest| format!("原因：{}", rests(rest))));
        } else if let Some(last) = account.last_drop.as_ref().filter(|_| event.kind == "account.scan-needed")
        {
            lines.push(format!("掉线原因：{}", dropped(last.reason)));
        }
    }
    if let Some(token) = &event.token {
        let user = token.uid.as_ref().map(|uid| format!("，用户 {}", bare(uid))).unwrap_or_default();
        lines.push(format!("应用：{}{user}", bare(&token.app)));
    }
    if let Some(until) = event.until {
        let what = match event.kind.as_str() {
            "account.scan-needed" => "截止",
            "account.budget-spent" | HEALED => "恢复时间",
            "token.expiring" | "token.expired" | "account.renewal-due" => "到期时间",
            _ => "预计时间",
        };
        lines.push(format!("{what}：{}", local(until, zone)));
    }
    lines
}

fn dropped(reason: DropReason) -> &'static str {
    match reason {
        DropReason::Offline => "已离线",
        DropReason::FirstNight => "新登录的账号都会有的例行掉线",
        DropReason::ShortLived => "登录后很快又掉线，请先检查代理和地区",
        DropReason::Expired => "二维码过期，无人扫码",
        DropReason::Failed => "登录失败",
        DropReason::Declined => "手机上拒绝了登录",
        DropReason::LoggedOut => "人工退出",
        DropReason::Superseded => "被新的登录取代",
        DropReason::Abandoned => "登录被取消",
    }
}

fn rests(rest: Rest) -> String {
    match rest {
        Rest::LoggedOut => "人工退出".to_owned(),
        Rest::GaveUp { attempts } => format!("连续 {attempts} 次登录都没有成功"),
        Rest::AutoReloginOff => "该账号关闭了自动登录".to_owned(),
        Rest::Disabled => "配置里关闭了自动登录".to_owned(),
    }
}

/// What to type for more.
fn command(event: &Event) -> Option<String> {
    let wc_id = event.wc_id.as_ref();
    match event.kind.as_str() {
        "account.scan-needed" => match way(event)? {
            Way::Scan => Some(format!("wxloginctl qr {}", event.w_id.as_ref()?)),
            Way::Confirm => None,
            Way::Open => Some(format!("wxloginctl relogin {} --wait", wc_id?)),
        },
        "account.renewal-due" => Some(format!("wxloginctl relogin {} --force --wait", wc_id?)),
        "account.relogin-stopped" => Some(format!("wxloginctl relogin {} --wait", wc_id?)),
        "session.dropped" | "account.budget-spent" => Some(format!("wxloginctl why {}", wc_id?)),
        _ => None,
    }
}

/// Whom it is about: label, nickname, wcId, as far as they are known.
fn who(event: &Event) -> Option<String> {
    let (session, account) = (event.session.as_ref(), event.account.as_ref());
    let label = session.and_then(|it| it.label.as_ref()).or(account.and_then(|it| it.label.as_ref()));
    let profile = session.and_then(|it| it.profile.as_ref()).or(account.and_then(|it| it.profile.as_ref()));
    let nickname = profile.and_then(|profile| profile.nick_name.as_deref()).filter(|name| !name.is_empty());
    let names = [label.map(Label::as_str), nickname];
    let names: Vec<String> = names.into_iter().flatten().map(bare).collect();
    let id = event.wc_id.as_ref().map(|wc_id| bare(wc_id.as_str()));
    match (names.is_empty(), id) {
        (true, id) => id,
        (false, None) => Some(names.join("，")),
        (false, Some(id)) => Some(format!("{}（{id}）", names.join("，"))),
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%m-%d %H:%M:%S").to_string()
}

/// A stranger's text on one line, of bounded length, without anything that a robot could take for markup or a
/// mention.
fn bare(text: &str) -> String {
    let mut bare: String = text
        .trim()
        .chars()
        .take(LONGEST)
        .map(|c| match c {
            '<' => '＜',
            '>' => '＞',
            '[' => '［',
            ']' => '］',
            '*' => '＊',
            '`' => '｀',
            '#' => '＃',
            '~' => '～',
            '|' => '｜',
            '\\' => '＼',
            '@' => '＠',
            c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => ' ',
            c => c,
        })
        .collect();
    if text.trim().chars().count() > LONGEST {
        bare.push('…');
    }
    bare
}
