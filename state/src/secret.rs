//! Text that must not be seen: passwords, keys, verify codes.
//!
//! A [`Secret`] has no `Display`, prints as `…` under `Debug`, and gives its text only through
//! [`Secret::reveal`], so that each use can be found by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that never reaches logs, errors or responses.
///
/// Serialisation writes the text itself: it serves the record on disk and the request to the platform,
/// never a public form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(transparent)]
pub struct Secret(Box<str>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself. Each call is a place to check where it goes.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_nothing_of_itself() {
        let shown = format!("{:?}", Some(Secret::new("hunter2")));
        assert_eq!(shown, "Some(…)");
    }
}
