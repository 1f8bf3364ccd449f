//! Sessions and accounts of WeChat device logins: a pure state machine and its durable store.

mod id;
mod input;
mod profile;
mod secret;
mod session;

pub use id::{InvalidId, Seq, Version, WId, WcId};
pub use input::{Answer, Failure, Ignored, Input, Refusal, Verdict};
pub use profile::{DeviceType, Label, Profile, Proxy};
pub use secret::Secret;
pub use session::*;
