//! System A as the platform serves it (protocol.md, system A; seed 002). Field names, codes and sentences are the
//! platform's own; what the documents leave open is chosen here and said so.

pub(super) mod door;
mod envelope;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::{HeaderMap, Uri};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use wxlogin_state::{DeviceType, WId, WcId};

use self::envelope::{Done, Params, Refused, refused, spelled};
use super::callback::Post;
use super::hub::Hub;
use super::world::{End, PopupRefused, ReasonRefused, Reply};

pub(super) const MEMBER_LOGIN: &str = "/member/login";
pub(super) const POLL: &str = "/getIPadLoginInfo";

/// Every call of system A.
pub(super) const CALLS: &[&str] = &[
    MEMBER_LOGIN,
    "/iPadLogin",
    POLL,
    "/secondLogin",
    "/queryLoginWx",
    "/isOnline",
    "/offlineReason",
    "/member/offline",
    "/setHttpCallbackUrl",
];

/// The platform's regions (protocol.md, `/iPadLogin`, `proxy`).
const REGIONS: std::ops::RangeInclusive<i64> = 1..=23;

/// The calls of system A.
pub(super) fn routes(hub: &Arc<Hub>) -> Router {
    Router::new()
        .route(MEMBER_LOGIN, post(member_login))
        .route("/iPadLogin", post(ipad_login))
        .route(POLL, post(login_info))
        .route("/secondLogin", post(second_login))
        .route("/queryLoginWx", post(query_login))
        .route("/isOnline", post(is_online))
        .route("/offlineReason", post(offline_reason))
        .route("/member/offline", post(offline))
        .route("/setHttpCallbackUrl", post(set_callback))
        .route_layer(from_fn_with_state(hub.clone(), door::door))
        .with_state(hub.clone())
}

async fn member_login(State(hub): State<Arc<Hub>>, params: Params) -> Result<Done, Refused> {
    let (account, password) = (params.text("account")?, params.text("password")?);
    let mut member = hub.member();
    let key = member.sign_in(account, password).ok_or_else(|| refused("账号或密码错误"))?;
    Ok(Done(json!({
        "Authorization": key,
        "status": member.status().number(),
        "callbackUrl": member.callback().map(Uri::to_string),
    })))
}

async fn ipad_login(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Done, Refused> {
    let wc_id = match params.text("wcId")? {
        "" => None,
        known => Some(identity(known)?),
    };
    let device: DeviceType =
        params.text("deviceType")?.parse().map_err(|_| refused("参数deviceType只能是ipad或mac"))?;
    check_proxy(&params)?;
    let w_id = hub.with(|world| world.begin_qr(wc_id, device));
    Ok(Done(json!({"wId": w_id, "qrCodeUrl": format!("{}/qr/{w_id}.png", hub.origin(&headers))})))
}

/// A proxy of the caller's own goes before the platform's regions; one of the two has to be there.
fn check_proxy(params: &Params) -> Result<(), Refused> {
    params.optional_text("proxyUser")?;
    params.optional_text("proxyPassword")?;
    let own = params.optional_text("proxyIp")?.filter(|own| !own.is_empty());
    match (own, params.optional_integer("proxy")?) {
        (Some(own), _) => match own.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(()),
            _ => Err(refused("参数proxyIp必须是host:port")),
        },
        (None, Some(region)) if REGIONS.contains(&region) => Ok(()),
        (None, Some(_)) => Err(refused("参数proxy必须在1到23之间")),
        (None, None) => Err(refused("缺少参数proxy")),
    }
}

async fn login_info(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Refused> {
    let w_id = login_instance(&params)?;
    params.flag("autoCheck")?;
    let code = params.optional_text("verifyCode")?.filter(|code| !code.is_empty());
    match settled(&hub, &w_id, code).await? {
        Reply::Slider { uuid, spelling } => {
            let origin = hub.origin(&headers);
            let url = format!("{origin}/captcha/index.html?appid=2078688116&uuid={uuid}");
            Ok(spelled(&spelling, &json!({"url": url})))
        }
        reply => profile(&hub, &headers, &w_id, reply).map(IntoResponse::into_response),
    }
}

async fn second_login(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Done, Refused> {
    let wc_id = identity(params.text("wcId")?)?;
    let w_id = match hub.with(|world| world.begin_popup(&wc_id)) {
        Ok(w_id) => w_id,
        // The nested spelling of a failure (protocol.md, `/secondLogin`).
        Err(PopupRefused::NeedsQr) => {
            let message = "二次登录失败，请扫码登录";
            return Ok(Done(json!({"code": "1001", "message": message, "data": null})));
        }
        Err(PopupRefused::Unknown) => return Err(refused("wcId不存在")),
        Err(PopupRefused::Online) => return Err(refused("该账号已在线")),
        Err(PopupRefused::Shown) => return Err(refused("该账号正在登录")),
    };
    let reply = settled(&hub, &w_id, None).await?;
    profile(&hub, &headers, &w_id, reply)
}

async fn query_login(State(hub): State<Arc<Hub>>) -> Done {
    let entry = |(wc_id, w_id): (&WcId, &WId)| json!({"wcId": wc_id, "wId": w_id});
    Done(hub.with(|world| world.online().map(entry).collect()))
}

async fn is_online(State(hub): State<Arc<Hub>>, params: Params) -> Result<Done, Refused> {
    // `code` is "1000" either way (protocol.md): a login that is not known is simply not online.
    let online = match params.text("wId")?.parse() {
        Ok(w_id) => hub.with(|world| world.is_online(&w_id)),
        Err(_) => false,
    };
    Ok(Done(json!({"isOnline": online})))
}

async fn offline_reason(State(hub): State<Arc<Hub>>, params: Params) -> Result<Done, Refused> {
    let wc_id = identity(params.text("wcId")?)?;
    match hub.with(|world| world.offline_reason(&wc_id)) {
        Ok(reason) => Ok(Done(json!([{"wcId": wc_id, "reason": reason}]))),
        Err(ReasonRefused::Unknown) => Err(refused("wcId不存在")),
        Err(ReasonRefused::TooSoon) => Err(refused("每个wcId12小时内只能查询1次")),
    }
}

async fn offline(State(hub): State<Arc<Hub>>, params: Params) -> Result<Done, Refused> {
    if params.text("account")? != hub.member().account() {
        return Err(refused("参数account不是当前账号"));
    }
    let wc_ids = params.texts("wcIds")?.into_iter().map(identity).collect::<Result<Vec<_>, _>>()?;
    hub.with(|world| wc_ids.iter().for_each(|wc_id| world.log_out(wc_id)));
    Ok(Done(Value::Null))
}

async fn set_callback(State(hub): State<Arc<Hub>>, params: Params) -> Result<Done, Refused> {
    let url: Uri = params.text("httpUrl")?.parse().map_err(|_| refused("参数httpUrl不是URL"))?;
    if url.scheme_str() != Some("http") || url.host().is_none() {
        return Err(refused("参数httpUrl必须以http://开头"));
    }
    if params.optional_integer("type")? != Some(2) {
        return Err(refused("参数type必须是2"));
    }
    hub.member().set_callback(url);
    hub.post(Post::test);
    Ok(Done(Value::Null))
}

/// Blocks until the login has something to say. The platform answers nothing when its time is up; the gateway
/// in front of it then answers for it.
async fn settled(hub: &Hub, w_id: &WId, code: Option<&str>) -> Result<Reply, Refused> {
    let deadline = Instant::now() + hub.block;
    let changed = hub.with(|world| world.changed(w_id)).ok_or_else(unknown)?;
    let mut code = code;
    loop {
        let mut change = std::pin::pin!(changed.notified());
        // Before the look, so that a change between the look and the wait is not missed.
        change.as_mut().enable();
        match hub.with(|world| world.reply(w_id, code.take())) {
            Reply::Wait => timeout_at(deadline, change).await.map_err(|_| Refused::GatewayTimeout)?,
            reply => return Ok(reply),
        }
    }
}

/// The profile of whoever logged in, or why nobody did.
fn profile(hub: &Hub, headers: &HeaderMap, w_id: &WId, reply: Reply) -> Result<Done, Refused> {
    let wc_id = match reply {
        Reply::LoggedIn(wc_id) => wc_id,
        Reply::CodeAsked { again: false } => return Err(refused("请在iPad上输入验证码")),
        Reply::CodeAsked { again: true } => return Err(refused("验证码错误，请在iPad上输入验证码")),
        Reply::Ended(End::Declined) => return Err(refused("用户取消登录")),
        // The seed's own example of a failure.
        Reply::Ended(_) | Reply::Wait | Reply::Slider { .. } => return Err(refused("失败")),
        Reply::Unknown => return Err(unknown()),
    };
    let faces = format!("{}/face", hub.origin(headers));
    let profile = hub.with(|world| world.person(&wc_id).map(|person| person.profile(w_id, &faces)));
    profile.map(Done).ok_or_else(unknown)
}

fn login_instance(params: &Params) -> Result<WId, Refused> {
    params.text("wId")?.parse().map_err(|_| unknown())
}

fn identity(text: &str) -> Result<WcId, Refused> {
    text.parse().map_err(|_| refused("参数wcId无效"))
}

fn unknown() -> Refused {
    refused("wId不存在或已失效")
}
