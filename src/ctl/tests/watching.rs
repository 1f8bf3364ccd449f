//! `watch`: the lines, what breaks it, and how it goes on.

use wxlogin_state::public::Event;
use wxlogin_state::{DropReason, Seq};

use super::{Person, Ran};
use crate::client::fake::{self, Fake, event, event_block};
use crate::wire::{Problem, ProblemCode};

/// A daemon that sends these streams one after the other, and then wants a token.
fn telling(streams: &[&[&str]]) -> Fake {
    let fake = Fake::start();
    for pieces in streams {
        fake.will_tell(pieces);
    }
    fake.world().refusal = Some(Problem::new(ProblemCode::Unauthorized, "no longer"));
    fake
}

async fn watched(fake: &Fake, line: &str) -> Ran {
    let ran = Person::absent().runs(fake, line).await;
    assert_eq!(ran.status, 1, "{}", ran.err);
    ran
}

fn of_session(seq: u64, change: impl FnOnce(&mut wxlogin_state::public::Session)) -> Event {
    let mut session = fake::session("w-1");
    change(&mut session);
    let kind = format!("session.{}", session.state);
    let (w_id, wc_id) = (Some(session.w_id.clone()), session.wc_id.clone());
    Event { kind, w_id, wc_id, session: Some(session), ..event(seq) }
}

#[tokio::test]
async fn each_event_is_a_line_with_who_and_what_to_do() {
    let account = fake::offline("wxid_a");
    let needed = Event {
        kind: "account.scan-needed".to_owned(),
        wc_id: Some(account.wc_id.clone()),
        account: Some(account),
        why: Some("the box was not confirmed".to_owned()),
        todo: Some("scan the QR of w-1".to_owned()),
        ..event(3)
    };
    let events = [
        of_session(1, |_| ()),
        of_session(2, |session| fake::dropped(session, DropReason::Declined, "对方拒绝了")),
        needed,
        Event { why: Some("5 drops within 60s\x1b[2J".to_owned()), ..event(4) },
    ];
    let blocks = events.map(|event| event_block(&event));
    let fake = telling(&[&[": at 0\nid: 0\n\n", &blocks.concat()]]);
    let ran = watched(&fake, "watch --after 0").await;
    assert_eq!(
        ran.out,
        "2026-01-01 00:00:00  session.qr-issued          w-1                           \
         Scan the QR, ends in 5 min: wxloginctl qr w-1\n\
         2026-01-01 00:00:00  session.dropped            w-1                           \
         The login was refused on the phone: 对方拒绝了.\n\
         2026-01-01 00:00:00  account.scan-needed        贝塔同学 (wxid_a)             \
         The box was not confirmed. Scan the QR of w-1.\n\
         2026-01-01 00:00:00  fleet.storm                                              \
         5 drops within 60s[2J.\n"
    );
}

#[tokio::test]
async fn a_stream_that_breaks_goes_on_and_both_are_said() {
    let (first, second) = (event_block(&event(1)), event_block(&event(2)));
    let fake = telling(&[&[&first], &[], &[": at 1\nid: 1\n\n"], &[&second]]);
    let ran = watched(&fake, "watch --json --type fleet.storm,session.* --account wxid_a").await;
    let seqs: Vec<Seq> =
        ran.out.lines().map(|line| serde_json::from_str::<Event>(line).unwrap().seq).collect();
    assert_eq!(seqs, [Seq(1), Seq(2)]);
    let said: Vec<&str> = ran.err.lines().collect();
    let broke = |seq: u64| format!("The stream broke after event {seq}; trying again until it goes on.");
    // The second stream has said nothing; the third one has, and broke as well.
    let goes_on = "It goes on.".to_owned();
    assert_eq!(said[..5], [broke(1), goes_on.clone(), broke(1), goes_on, broke(2)]);
    let asked = fake.world().streams_asked.clone();
    assert_eq!(asked[0], "type=fleet.storm%2Csession.%2A&wcId=wxid_a");
    assert_eq!(asked[4], "after=2&type=fleet.storm%2Csession.%2A&wcId=wxid_a");
}

#[tokio::test]
async fn a_daemon_that_was_never_there_is_not_waited_for() {
    let mut fake = Fake::start();
    fake.stop();
    let ran = Person::absent().runs(&fake, "watch").await;
    assert_eq!(ran.status, 3, "{}", ran.err);
}

#[tokio::test]
async fn a_journal_that_was_trimmed_is_said() {
    let fake = telling(&[&["id: 7\nevent: reset\ndata: {\"oldest\":8,\"last\":20}\n\n"]]);
    let ran = watched(&fake, "watch --after 2").await;
    assert!(ran.err.contains("goes on from event 8, and the newest is 20"), "{}", ran.err);
    assert_eq!(ran.out, "");
}

#[tokio::test]
async fn ctrl_c_is_the_ordinary_end() {
    let person = Person { interrupt: || Box::pin(std::future::ready(())), ..Person::absent() };
    let ran = person.runs(&Fake::start(), "watch").await;
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
}
