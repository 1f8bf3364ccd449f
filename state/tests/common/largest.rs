//! Records as large as they can be.

use jiff::Timestamp;
use wxlogin_state::{Issued, Label, Profile, Proxy, Rules, Secret, Seq, Session};

/// A session whose every text is as long as the platform client and the API let it be.
pub(crate) fn largest_session(now: Timestamp) -> Session {
    let issued = Issued {
        label: Some("\u{10ffff}".repeat(Label::MAX_CHARS).parse().unwrap()),
        proxy: Some(Proxy::Own {
            ip: "p".repeat(1024),
            user: Some("\u{10ffff}".repeat(128)),
            password: Some(Secret::new("\u{10ffff}".repeat(128))),
        }),
        wc_id: Some("e".repeat(128).parse().unwrap()),
        ..Issued::new("w".repeat(128).parse().unwrap(), "u".repeat(1024))
    };
    let session = Session::begun(issued, Seq(u64::MAX / 2), now, &Rules::DEFAULT);
    Session { predecessor: Some("p".repeat(128).parse().unwrap()), ..session }
}

/// A profile whose every text is as long as can be, of that character where it may be any.
pub(crate) fn largest_profile(wide: &str) -> Profile {
    let text = || Some(wide.repeat(128));
    let number = Some(i64::MIN);
    Profile {
        nick_name: text(),
        device_type: text(),
        uin: number,
        head_url: Some("h".repeat(1024)),
        small_head_img_url: Some("s".repeat(1024)),
        w_account: text(),
        sex: number,
        mobile_phone: text(),
        username: text(),
        signature: text(),
        country: text(),
        city: text(),
        kind: number,
        status: number,
        ..Profile::of("a".repeat(128).parse().unwrap())
    }
}
