//! A login that waits for a code, as often as a benchmark needs one.

use wxlogin_state::Answer;

/// The answer that a code is asked for.
pub(crate) fn code_asked() -> Answer {
    Answer::CodeAsked { prompt: "请在iPad上输入验证码".to_owned() }
}
