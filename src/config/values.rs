//! The forms that values have in the configuration: addresses, URLs, durations. Pure functions, for the reader
//! and the command line.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::Uri;

use super::limits::{CLIENT_ID, USER_DOMAIN};

/// Longest piece of the file that a fault repeats, in characters.
const SHOWN_CHARS: usize = 40;

/// The beginning of every fault about such a value.
pub(super) const ADDRESS_OR_NONE: &str = "expected an address such as \"127.0.0.1:7430\", or \"\" for none";

/// An IP address with port, or nothing. Serves the file and the command line alike.
pub(super) fn address_or_none(text: &str) -> Result<Option<SocketAddr>, String> {
    match text {
        "" => Ok(None),
        _ => text.parse().map(Some).map_err(|_| format!("{ADDRESS_OR_NONE}, found {}", quoted(text))),
    }
}

/// Where a platform is: `http` or `https`, with a host, perhaps a path, nothing else. A fault shows the example and
/// never the text: there may be a password in it.
pub(super) fn base_url(text: &str, example: &str) -> Result<Uri, String> {
    match url(text, example)? {
        uri if uri.query().is_some() => Err("a base URL has neither query nor fragment".to_owned()),
        uri => Ok(uri),
    }
}

/// The same, perhaps with a query.
pub(super) fn url(text: &str, example: &str) -> Result<Uri, String> {
    let expected = || format!("expected a URL such as \"{example}\"");
    let uri: Uri = text.parse().map_err(|_| expected())?;
    let authority = uri.authority().ok_or_else(expected)?;
    let has_port = authority.as_str().len() != authority.host().len();
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(format!("{}; only http and https are spoken", expected())),
    }
    if authority.as_str().contains('@') {
        Err("a URL with a user or password in it is not accepted: secrets have files of their own".to_owned())
    } else if authority.host().is_empty() || (has_port && authority.port_u16().is_none_or(|port| port == 0)) {
        Err(expected())
    } else if text.contains('#') {
        Err("a URL that is called has no fragment".to_owned())
    } else {
        Ok(uri)
    }
}

/// Whether the text is `host:port` and nothing else, such as a user or a path.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let bare_v6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
        !host.is_empty()
            && !bare_v6
            && host.bytes().all(allowed)
            && port.parse().is_ok_and(|port: u16| port > 0)
    })
}

/// Whether the text can name a client of system B or C: visible ASCII without `/`, because it becomes a part of a
/// credential's name, which is a file's.
pub(super) fn is_client_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
    CLIENT_ID.contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether the text can be a user domain of system C: letters, digits and dashes, in parts with a dot between them.
pub(super) fn is_user_domain(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(allowed);
    USER_DOMAIN.contains(&text.len()) && text.split('.').all(is_part)
}

/// A text as a fault repeats it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", cut(text).escape_debug())
}

/// The beginning of a text, enough to recognise it.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A duration as the configuration writes it, in one unit: `250s`, not `4m 10s`.
pub(super) fn written(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (duration.subsec_millis(), seconds) {
        (0, s) if s > 0 && s.is_multiple_of(86_400) => format!("{}d", s / 86_400),
        (0, s) if s > 0 && s.is_multiple_of(3_600) => format!("{}h", s / 3_600),
        (0, s) if s > 0 && s.is_multiple_of(60) => format!("{}m", s / 60),
        (0, s) => format!("{s}s"),
        _ => format!("{}ms", duration.as_millis()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_has_scheme_host_and_perhaps_port_and_path() {
        for good in
            ["http://platform.example:9899", "https://p.example/", "http://[::1]:80/api", "HTTP://10.0.0.1"]
        {
            assert!(base_url(good, "http://h").is_ok(), "{good}");
        }
        for bad in [
            "",
            "platform.example:9899",
            "/path",
            "ftp://p.example",
            "http://",
            "http://:80",
            "http://p.example:99999",
            "http://p.example:",
            "http://p.example:0",
            "http://user:pw@p.example",
            "http://p.example/?q",
            "http://p.example/#part",
            "http://p example",
        ] {
            assert!(base_url(bad, "http://h").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        let message = base_url("http://user:hunter2@p.example", "http://h").unwrap_err();
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn a_url_that_is_no_base_may_have_a_query() {
        assert!(url("https://p.example/in?key=1", "http://h").is_ok());
        assert!(url("https://p.example/in#part", "http://h").is_err());
    }

    #[test]
    fn host_and_port_are_just_that() {
        for good in ["10.0.0.1:1080", "proxy.example:1", "[::1]:1080"] {
            assert!(is_host_and_port(good), "{good}");
        }
        for bad in [
            "",
            "host",
            "host:",
            ":1080",
            "host:0",
            "host:65536",
            "::1:1080",
            "a@b:1080",
            "a b:1",
            "http://a:1",
        ] {
            assert!(!is_host_and_port(bad), "{bad}");
        }
    }

    #[test]
    fn a_client_id_can_be_part_of_a_files_name() {
        let longest = "x".repeat(64);
        for good in ["D5fceA1sVtmaMY1x", "wx0123456789abcdef", "a", ".", "a:b~!", &longest] {
            assert!(is_client_id(good), "{good}");
        }
        let too_long = "x".repeat(65);
        for bad in ["", " ", "a b", "a/b", "../a", "a\n", "\u{7f}", "\0", "ä", "微信", &too_long] {
            assert!(!is_client_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_user_domain_has_the_form_of_a_domain() {
        let longest = format!("{}x", "x.".repeat(126));
        for good in ["a", "C.DM.5903.1", "bots.example", "my-domain", "127.0.0.1", &longest] {
            assert!(is_user_domain(good), "{good}");
        }
        let too_long = "x".repeat(254);
        for bad in
            ["", ".", "a.", ".a", "a..b", "a b", "a_b", "a/b", "a:1", "https://a", "微信.example", &too_long]
        {
            assert!(!is_user_domain(bad), "{bad}");
        }
    }

    #[test]
    fn durations_are_written_in_their_largest_whole_unit() {
        for (millis, expected) in [
            (250_000, "250s"),
            (300_000, "5m"),
            (86_400_000, "1d"),
            (7_200_000, "2h"),
            (1_500, "1500ms"),
            (0, "0s"),
        ] {
            assert_eq!(written(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "信".repeat(50);
        assert_eq!(cut(&text), format!("{}…", "信".repeat(40)));
    }
}
