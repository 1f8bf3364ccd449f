//! `/iPadLogin`: begins a login with a QR to scan.

use serde::Serialize;
use wxlogin_state::{DeviceType, Proxy, Secret, WId, WcId};

use super::{identifier, is_empty, members};
use crate::platform::envelope::Reply;
use crate::platform::profile::link;
use crate::platform::trouble::{Fault, Trouble};

/// Asks for a login: `/iPadLogin`.
#[derive(Debug, Clone)]
pub struct QrRequest {
    /// The account, wherever it is known: without it the platform makes a new device, and the account keeps
    /// dropping.
    pub wc_id: Option<WcId>,
    /// The device to pretend to be.
    pub device: DeviceType,
    /// Where to log in from; `None` leaves it to the platform.
    pub proxy: Option<Proxy>,
}

/// A login has begun: somebody must scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedQr {
    /// The login instance.
    pub w_id: WId,
    /// The picture to scan; absolute, http or https, at most 2048 bytes.
    pub qr_url: String,
}

/// Body of `/iPadLogin`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::platform) struct QrCall<'a> {
    wc_id: &'a str,
    device_type: DeviceType,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::platform) proxy_password: Option<&'a Secret>,
}

impl<'a> QrCall<'a> {
    pub(in crate::platform) fn of(request: &'a QrRequest) -> Self {
        let mut call = Self {
            wc_id: request.wc_id.as_ref().map_or("", WcId::as_str),
            device_type: request.device,
            proxy: None,
            proxy_ip: None,
            proxy_user: None,
            proxy_password: None,
        };
        match &request.proxy {
            None => {}
            Some(Proxy::Region(region)) => call.proxy = Some(*region),
            Some(Proxy::Own { ip, user, password }) => {
                call.proxy_ip = Some(ip);
                call.proxy_user = user.as_deref();
                call.proxy_password = password.as_ref();
            }
        }
        call
    }
}

/// What `/iPadLogin` answers.
pub(in crate::platform) fn issued(reply: &Reply<'_>) -> Result<IssuedQr, Trouble> {
    let data = members(reply, reply.authorized()?)?;
    let w_id = identifier(reply, data.get("wId"), "data.wId")?;
    let qr_url = match data.get("qrCodeUrl").filter(|url| !is_empty(url)) {
        None => return Err(reply.incomplete("data.qrCodeUrl")),
        Some(url) => link(url).ok_or_else(|| reply.unreadable(Fault::Impossible("data.qrCodeUrl")))?,
    };
    Ok(IssuedQr { w_id, qr_url })
}
