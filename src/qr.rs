//! QR pictures: reads the one that the platform drew, and draws it again for a page, a terminal or a file.
//!
//! ```text
//!   platform's picture ──Format──► PNG, JPEG or GIF ──decode──► text ──svg · blocks · png──► for people
//! ```
//!
//! Serves the API's `/v1/sessions/{wId}/qr`. Everything here is pure and takes processor time: callers run it
//! on a thread that may block.

mod draw;
mod format;
mod read;

pub use draw::{TooLong, blocks, png, svg};
pub use format::Format;
pub use read::{Unreadable, as_png, decode};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What WeChat puts into a login QR.
    const LOGIN: &str = "http://weixin.qq.com/x/4fmLkPzrl3vB9e2wqg1a";

    #[test]
    fn what_is_drawn_can_be_read_again() {
        assert_eq!(decode(&png(LOGIN).unwrap()).unwrap(), LOGIN);
    }

    #[test]
    fn the_longest_url_of_the_platform_fits_into_a_picture() {
        let url = format!("https://platform.example/{}", "q".repeat(2048 - 25));
        assert_eq!(decode(&png(&url).unwrap()).unwrap(), url);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_text_that_fits_survives_the_way_through_a_picture(text in "[ -~微信登录]{1,120}") {
            prop_assert_eq!(decode(&png(&text).unwrap()).unwrap(), text);
        }
    }
}
