//! `why`: of a login and of an account, for people and for programs.

use jiff::tz::TimeZone;

use super::Person;
use crate::client::fake::{self, Fake};

fn fake() -> Fake {
    let fake = Fake::start();
    fake.world().sessions.push(fake::session("w-longname"));
    fake.world().accounts.push(fake::offline("wxid_a"));
    fake.world().why = Some(fake::why());
    fake
}

#[tokio::test]
async fn everything_that_was_seen_fits_the_terminal_and_what_to_do_stands_last() {
    let person =
        Person { zone: TimeZone::get("Asia/Shanghai").unwrap(), width: Some(72), ..Person::absent() };
    let ran = person.runs(&fake(), "why wxid_a").await;
    assert_eq!(
        ran.out,
        "贝塔同学 (wxid_a)\n\
         scan-needed since 2026-01-01 07:57 CST, 3 min ago\n\
         A person must complete the login w-1: it went offline.\n\
         \n\
         WHEN                  FROM          WHAT\n\
         2026-01-01 07:56 CST  /isOnline     the platform says that it is offline\n\
         2026-01-01 07:57 CST  /secondLogin  the pop-up login failed:\n                                    \
         对方拒绝了登录请求[2J\n\
         \n\
         Next  2026-01-01 08:05 CST, in 5 min\n  \
         The login is given up if it is still qr-issued.\n\
         \n\
         To do\n  \
         Scan the QR and confirm on the phone (wxloginctl qr w-1).\n"
    );
    assert_eq!(ran.status, 0);
}

#[tokio::test]
async fn a_login_is_found_by_its_beginning_and_where_nothing_is_to_be_done_that_is_said() {
    let fake = fake();
    let nothing = wxlogin_state::Why { todo: None, next: None, evidence: Vec::new(), ..fake::why() };
    fake.world().why = Some(nothing);
    let ran = Person::absent().runs(&fake, "why w-long").await;
    assert_eq!(ran.err, "w-long is w-longname\n");
    assert!(ran.out.starts_with("w-longname\n"), "{}", ran.out);
    assert!(ran.out.ends_with("offline.\n\nNothing is to be done.\n"), "{}", ran.out);
}

#[tokio::test]
async fn programs_get_the_answer_as_it_is() {
    let fake = fake();
    let ran = Person::absent().runs(&fake, "why wxid_a --json").await;
    assert_eq!(ran.json(), serde_json::to_value(fake::why()).unwrap());
    let ran = Person::absent().runs(&fake, "why nobody-at-all").await;
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
}
