//! Every code of system B but 200: the seed's table and protocol.md's global codes, with their sentences.

use axum::Json;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use serde::Serialize;
use serde_json::Value;

/// Codes and sentences. The seed's where it has one; the global ones have no sentence in the documents.
pub(super) const FAILURES: [(u32, &str); 29] = [
    (400, "缺少appkey、timestamp或sign，或appkey无效"),
    (401, "timestamp、sign或token无效"),
    (402, "token已过期"),
    (404, "接口不存在"),
    (405, "请求方法不支持"),
    (413, "请求体过大"),
    (429, "请求过于频繁"),
    (500, "服务器内部错误"),
    (400_104, "code参数缺失"),
    (400_105, "code参数类型必须是字符串"),
    (400_106, "code参数长度不能超过128个字符"),
    (400_107, "version_number参数缺失"),
    (400_108, "version_number参数类型必须是整数"),
    (400_109, "channel参数缺失"),
    (400_110, "channel参数长度不能超过32个字符"),
    (400_111, "need_user_detail参数类型必须是整数"),
    (400_112, "need_user_detail参数值必须是0或1"),
    (400_113, "oaid参数类型必须是字符串"),
    (400_114, "oaid参数长度不能超过128个字符"),
    (400_115, "device_id参数类型必须是字符串"),
    (400_116, "device_id参数长度不能超过128个字符"),
    (400_193, "生成访问令牌失败"),
    (400_194, "微信接口调用异常"),
    (400_195, "微信开放平台配置未找到"),
    (400_196, "微信登录未开启"),
    (400_197, "登录接口未启用"),
    (400_198, "登录接口配置未找到"),
    (400_199, "appkey不存在"),
    (400_250, "创建用户失败"),
];

/// Why a call is not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    code: u32,
    /// What follows the sentence.
    detail: &'static str,
}

/// Failed with this code.
pub(super) fn failed(code: u32) -> Failed {
    Failed { code, detail: "" }
}

/// 400194, with what WeChat said.
pub(super) fn failed_at_wechat(detail: &'static str) -> Failed {
    Failed { code: 400_194, detail }
}

impl IntoResponse for Failed {
    /// HTTP 200 whatever happened, but for what the server in front of the calls says itself.
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Envelope {
            code: Value,
            msg: String,
        }
        let Self { code, detail } = self;
        let sentence = FAILURES.iter().find(|(known, _)| *known == code).map_or("", |(_, sentence)| sentence);
        let status = match code {
            404 => StatusCode::NOT_FOUND,
            405 => StatusCode::METHOD_NOT_ALLOWED,
            413 => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::OK,
        };
        // Parameter failures carry a text (protocol.md).
        let code = if (400_104..=400_116).contains(&code) { code.to_string().into() } else { code.into() };
        (status, Json(Envelope { code, msg: format!("{sentence}{detail}") })).into_response()
    }
}
