//! The operator's console: a page of plain modules that asks the control API what everybody else asks it, and the
//! sessions of those who opened it.
//!
//! ```text
//!   wxloginctl console ──► POST /v1/console/login    an invitation: one URL, good once, for some minutes
//!   the browser opens it ──► /#enter=<secret>        the fragment never leaves the browser
//!   the page ──► POST /v1/console/session            a seat: a cookie, HttpOnly, SameSite=Strict, 12 hours
//! ```
//!
//! Invitations and seats are kept in memory, as digests: a daemon that starts again asks everybody to come in anew.

mod files;
mod seats;

use axum::http::{HeaderMap, header};
use hyper::Uri;
use wxlogin_state::Secret;

use crate::links;

pub use files::{DATA_POLICY, PAGE_POLICY, file, is_file, step_page};
pub use seats::{INVITED_FOR, SEATED_FOR, Seats};

/// What a change by a seat must carry besides its cookie. A page of another site cannot send it unasked.
pub const CHANGE_HEADER: &str = "x-wxlogind";

/// Where the console is, and who sits there.
#[derive(Debug)]
pub struct Console {
    /// Who was invited, and who came.
    pub seats: Seats,
    /// Where people reach it, without a `/` at its end; `None` where no browser can.
    address: Option<String>,
    /// The host and port in that address where it is not the listener's own, as a browser writes them.
    host: Option<String>,
    /// Name of the cookie: another daemon at another port of this host has another one.
    cookie: String,
}

impl Console {
    /// The console of a daemon that listens at `listener`, such as `http://127.0.0.1:7430`, and that is reached from
    /// outside at `outside` where there is such an address (`control.console_url`).
    pub fn new(listener: Option<&str>, outside: Option<&Uri>) -> Self {
        let port = listener.and_then(|listener| listener.rsplit_once(':')).map_or("", |(_, port)| port);
        let address = outside.map(address_of).or_else(|| listener.map(str::to_owned));
        Self {
            seats: Seats::default(),
            address,
            host: outside.and_then(host_of),
            cookie: format!("wxlogind-{port}"),
        }
    }

    /// The URL that an invitation is opened by. The secret is in its fragment, which no server and no log gets to see.
    pub fn invitation_url(&self, secret: &Secret) -> Option<String> {
        self.address.as_ref().map(|address| format!("{address}/#enter={}", secret.reveal()))
    }

    /// The URL of the page that a one-time link opens.
    pub fn step_url(&self, secret: &Secret) -> Option<Secret> {
        self.address.as_ref().map(|address| links::url(address, secret))
    }

    /// What else than the listener's names a browser may call this host.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The origin of its page, as a browser writes it, where it is not the listener's own.
    pub fn origin(&self) -> Option<String> {
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        self.host.as_ref().map(|host| format!("{scheme}://{host}"))
    }

    /// Whether these headers hold the cookie of somebody who came in.
    pub fn is_seated(&self, headers: &HeaderMap) -> bool {
        self.cookies(headers).any(|seat| self.seats.holds(seat))
    }

    /// Ends the session that these headers belong to.
    pub fn leave(&self, headers: &HeaderMap) {
        self.cookies(headers).for_each(|seat| self.seats.leave(seat));
    }

    /// The `Set-Cookie` of a seat.
    pub fn cookie(&self, seat: &Secret) -> String {
        self.set_cookie(seat.reveal(), SEATED_FOR.as_secs())
    }

    /// The `Set-Cookie` that takes the cookie away.
    pub fn no_cookie(&self) -> String {
        self.set_cookie("", 0)
    }

    fn set_cookie(&self, value: &str, seconds: u64) -> String {
        let secure = if self.is_encrypted() { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", self.cookie)
    }

    fn cookies<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == self.cookie).map(|(_, value)| value)
    }

    fn is_encrypted(&self) -> bool {
        self.host.is_some() && self.address.as_ref().is_some_and(|address| address.starts_with("https:"))
    }
}

/// An address without a `/` at its end.
pub fn address_of(address: &Uri) -> String {
    address.to_string().trim_end_matches('/').to_owned()
}

/// Host and port of an address, without the port that goes without saying.
fn host_of(address: &Uri) -> Option<String> {
    let usual = if address.scheme_str() == Some("https") { 443 } else { 80 };
    let host = address.host()?.to_ascii_lowercase();
    Some(match address.port_u16() {
        Some(port) if port != usual => format!("{host}:{port}"),
        _ => host,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn console(outside: &str) -> Console {
        Console::new(Some("http://127.0.0.1:7430"), outside.parse().ok().as_ref())
    }

    fn cookies(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(text).unwrap())])
    }

    #[test]
    fn an_invitation_leads_to_the_address_that_people_know() {
        let secret = Secret::new("s");
        let url = |console: Console| console.invitation_url(&secret);
        assert_eq!(url(console("")).as_deref(), Some("http://127.0.0.1:7430/#enter=s"));
        assert_eq!(url(console("https://c.example/wx/")).as_deref(), Some("https://c.example/wx/#enter=s"));
        assert_eq!(url(Console::new(None, None)), None);
    }

    #[test]
    fn the_outer_host_is_named_as_browsers_name_it() {
        for (outside, host, origin) in [
            ("https://C.example:443/wx", "c.example", "https://c.example"),
            ("https://c.example:8443", "c.example:8443", "https://c.example:8443"),
            ("http://c.example:80", "c.example", "http://c.example"),
        ] {
            let console = console(outside);
            assert_eq!((console.host(), console.origin().as_deref()), (Some(host), Some(origin)));
        }
        assert_eq!(console("").host(), None);
    }

    #[test]
    fn the_cookie_is_for_this_page_alone_and_encrypted_where_the_page_is() {
        let (plain, tls) = (console("").no_cookie(), console("https://c.example").no_cookie());
        assert_eq!(plain, "wxlogind-7430=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
        assert_eq!(tls, format!("{plain}; Secure"));
    }

    #[test]
    fn a_seat_is_known_by_its_cookie_among_others() {
        let console = console("");
        let invitation = console.seats.invite().unwrap();
        let seat = console.seats.enter(invitation.reveal()).unwrap().unwrap();
        let own = format!("wxlogind-7430={}", seat.reveal());
        assert!(console.is_seated(&cookies(&format!("a=b; {own}; c=d"))));
        for other in [format!("wxlogind-7431={}", seat.reveal()), "wxlogind-7430=".into(), format!("{own}0")]
        {
            assert!(!console.is_seated(&cookies(&other)), "{other}");
        }
        console.leave(&cookies(&own));
        assert!(!console.is_seated(&cookies(&own)));
    }
}
