//! The view through its public calls.

use std::time::Duration;

use jiff::Timestamp;
use wxlogin_state::seal::{Key, Keys};
use wxlogin_state::{
    DropReason, Generation, Input, Issued, LastDrop, Method, Obtained, Pair, Phase, Plain, Profile, Relogin,
    Rules, Secret, Source, System, TokenRules, TokenState, Turn, Verdict, step,
};

use super::*;

const RULES: Rules = Rules::DEFAULT;

fn session(n: u64, wc_id: Option<&str>) -> Session {
    let issued = Issued {
        wc_id: wc_id.map(|wc_id| wc_id.parse().unwrap()),
        ..Issued::new(format!("w{n}").parse().unwrap(), "http://platform/qr.png")
    };
    Session::begun(issued, Seq(n), Timestamp::UNIX_EPOCH, &RULES)
}

fn ended(session: &Session) -> Session {
    match step(session, Input::Ended, Timestamp::UNIX_EPOCH, &RULES) {
        Verdict::Accepted(next) => next,
        other => panic!("{other:?}"),
    }
}

fn changed(session: Session) -> Changes {
    Changes { sessions: vec![Entry::new(session)], ..Changes::default() }
}

fn names(sessions: &[Arc<SessionEntry>]) -> Vec<&str> {
    sessions.iter().map(|session| session.w_id.as_str()).collect()
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let view = View::new((1..=7).map(|n| session(n, None)).collect(), Vec::new(), Vec::new());
    let mut filter = SessionFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = view.sessions(&filter, 3);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page.last() {
            Some(last) => filter.after = Some(last.born),
            None => break,
        }
    }
    assert_eq!(seen, ["w1", "w2", "w3", "w4", "w5", "w6", "w7"]);
}

#[test]
fn the_inbox_has_pages_in_the_order_in_which_its_logins_began() {
    let sessions = (1..=9).map(|n| session(n, None));
    let view = View::new(
        sessions.map(|session| if session.born.0 % 3 == 0 { ended(&session) } else { session }).collect(),
        Vec::new(),
        Vec::new(),
    );
    assert_eq!(names(&view.in_flight_after(None, 4)), ["w1", "w2", "w4", "w5"]);
    assert_eq!(names(&view.in_flight_after(Some(Seq(5)), 4)), ["w7", "w8"]);
    assert_eq!(names(&view.in_flight()), ["w1", "w2", "w4", "w5", "w7", "w8"]);
}

fn hour(n: i64) -> Timestamp {
    Timestamp::from_second(n * 3600).unwrap()
}

/// An account that first went online at hour 0, was lost at `dropped`, and has a login on its way or none.
fn account(wc_id: &str, dropped: Option<i64>, relogin: bool) -> Account {
    let profile = Profile::of(wc_id.parse().unwrap());
    let session = session(9, Some(wc_id));
    let account = Account::first_login(&session, &profile, Source::List, hour(0), &RULES);
    let lost = dropped.map(|at| (hour(at), session.w_id.clone()));
    let on_its_way = Relogin {
        method: Method::Qr,
        by_person: false,
        why: String::new(),
        troubles: 0,
        turn: Turn::default(),
        phase: Phase::Due { at: hour(20), set_at: hour(20) },
    };
    Account {
        current_w_id: account.current_w_id.filter(|_| lost.is_none()),
        last_drop: lost.map(|(at, w_id)| LastDrop { w_id, at, reason: DropReason::Offline }),
        relogin: relogin.then_some(on_its_way),
        ..account
    }
}

#[test]
fn accounts_are_found_by_whether_a_person_is_awaited_for_them() {
    let phases = [
        ("a", Method::Qr, Phase::Offered { since: hour(1) }),
        ("b", Method::PopUp, Phase::Calling { since: hour(1) }),
        ("c", Method::Qr, Phase::Calling { since: hour(1) }),
        ("d", Method::PopUp, Phase::Due { at: hour(2), set_at: hour(1) }),
    ];
    let accounts = phases.map(|(wc_id, method, phase)| {
        let mut account = account(wc_id, Some(1), true);
        account.relogin = account.relogin.map(|relogin| Relogin { method, phase, ..relogin });
        account
    });
    let offered = accounts[0].clone();
    let standings = [Standing::ScanNeeded, Standing::LoggingIn, Standing::ReloginScheduled, Standing::Online];
    let view = View::new(Vec::new(), accounts.into(), Vec::new());
    let found = |awaited, online| {
        let filter = AccountFilter { online, awaited, ..AccountFilter::default() };
        let found = view.accounts(&filter, 9);
        found.iter().map(|account| account.wc_id.to_string()).collect::<String>()
    };
    assert_eq!([found(Some(true), None), found(Some(false), None), found(None, None)], ["ab", "cd", "abcd"]);
    assert_eq!([found(Some(true), Some(true)), found(Some(true), Some(false))], ["", "ab"]);
    let put = |account| view.publish(Changes { accounts: vec![Entry::new(account)], ..Changes::default() });
    let stand = |standing| {
        let filter = AccountFilter { standing: Some(standing), ..AccountFilter::default() };
        let found = view.accounts(&filter, 9);
        assert_eq!(found.len(), view.count_standing(standing));
        found.iter().map(|account| account.wc_id.to_string()).collect::<String>()
    };
    assert_eq!(standings.map(stand), ["a", "bc", "d", ""]);
    put(Account { relogin: None, ..offered });
    assert_eq!(standings.map(stand), ["", "bc", "d", ""]);
    assert_eq!(stand(Standing::Offline), "a");
    assert_eq!([found(Some(true), None), found(Some(false), None)], ["b", "acd"]);
}

#[test]
fn the_newest_come_first_where_that_is_asked() {
    let view = View::new((1..=5).map(|n| session(n, None)).collect(), Vec::new(), Vec::new());
    let newest = SessionFilter { newest_first: true, ..SessionFilter::default() };
    assert_eq!(names(&view.sessions(&newest, 2)), ["w5", "w4"]);
    assert_eq!(names(&view.sessions(&SessionFilter { after: Some(Seq(4)), ..newest }, 2)), ["w3", "w2"]);
}

#[test]
fn a_text_is_looked_for_in_names_and_identifiers_and_a_label_is_meant_as_it_is() {
    let labelled = |n, label: &str| Session { label: label.parse().ok(), ..session(n, Some("wxid_Ab")) };
    let view =
        View::new(vec![labelled(1, "Shop"), labelled(2, "shop 2"), session(3, None)], Vec::new(), Vec::new());
    let like = |label: Option<&str>, text| {
        let like = Like::new(label.and_then(|label| label.parse().ok()), text);
        names(&view.sessions(&SessionFilter { like, ..SessionFilter::default() }, 9)).join(" ")
    };
    assert_eq!(like(None, Some(" SHOP ")), "w1 w2");
    assert_eq!(like(None, Some("id_ab")), "w1 w2");
    assert_eq!(like(None, Some("w3")), "w3");
    assert_eq!(like(Some("Shop"), None), "w1");
    assert_eq!(like(Some("Shop"), Some("2")), "");
    assert_eq!(like(None, Some("")), "w1 w2 w3");
}

#[test]
fn a_session_moves_from_one_states_index_to_the_others() {
    let view = View::new(vec![session(1, Some("a")), session(2, None)], Vec::new(), Vec::new());
    view.publish(changed(ended(&session(1, Some("a")))));
    let of = |state| {
        names(&view.sessions(&SessionFilter { state: Some(state), ..SessionFilter::default() }, 9)).join(" ")
    };
    assert_eq!((of(StateName::QrIssued), of(StateName::Dropped)), ("w2".to_owned(), "w1".to_owned()));
    assert_eq!(view.count_in_flight(), 1);
    assert!(view.live_sessions(&"a".parse().unwrap()).is_empty());
}

#[test]
fn state_and_account_filter_together() {
    let view = View::new(vec![session(1, Some("a")), ended(&session(2, Some("a")))], Vec::new(), Vec::new());
    let wc_id = "a".parse().ok();
    let filter = SessionFilter { state: Some(StateName::Dropped), wc_id, ..SessionFilter::default() };
    assert_eq!(names(&view.sessions(&filter, 9)), ["w2"]);
}

#[test]
fn a_forgotten_session_leaves_no_trace() {
    let view = View::new(vec![ended(&session(1, Some("a")))], Vec::new(), Vec::new());
    let w_id: WId = "w1".parse().unwrap();
    view.publish(Changes { forgotten: vec![w_id.clone()], ..Changes::default() });
    assert!(view.session(&w_id).is_none());
    assert!(view.sessions(&SessionFilter::default(), 9).is_empty());
    assert_eq!(view.count(StateName::Dropped), 0);
}

#[test]
fn counts_follow_every_change() {
    let accounts = vec![account("a", Some(3), true), account("b", Some(2), true), account("c", None, false)];
    let view = View::new(vec![session(1, None), ended(&session(2, None))], accounts, Vec::new());
    let shown = || {
        let counts = view.counts();
        (counts.accounts, counts.online, counts.relogins, counts.oldest_relogin)
    };
    assert_eq!(view.counts().sessions.map(|(_, count)| count), [1, 0, 0, 0, 1]);
    assert_eq!(shown(), (3, 1, 2, Some(hour(2))));
    let put = |account| view.publish(Changes { accounts: vec![Entry::new(account)], ..Changes::default() });
    put(account("b", None, false));
    assert_eq!(shown(), (3, 2, 1, Some(hour(3))));
    // A person wants another login of one that is online.
    put(account("b", None, true));
    assert_eq!(shown(), (3, 2, 2, Some(hour(3))));
    let forgotten_accounts = vec!["a".parse().unwrap()];
    view.publish(Changes { forgotten_accounts, ..Changes::default() });
    assert_eq!(shown(), (2, 2, 1, Some(hour(20))));
    view.replace(Vec::new(), Vec::new(), Vec::new());
    assert_eq!(shown(), (0, 0, 0, None));
}

#[test]
fn tokens_are_counted_by_system_and_state() {
    let keys = Keys::only(Key::generate().unwrap());
    let token = |id: &str, state| {
        let id: TokenId = id.parse().unwrap();
        let plain = Plain { access: Secret::new("x"), expires_at: Timestamp::MAX, refresh: None };
        let pair = Pair::seal(&plain, &id, Generation(1), &keys).unwrap();
        let obtained = Obtained { system: System::App, app: "app".to_owned(), uid: None, pair };
        let token = Token::obtained(obtained, Timestamp::UNIX_EPOCH, &TokenRules::DEFAULT).token;
        Arc::new(Token { state, ..token })
    };
    let view = View::default();
    let put = |tokens| view.publish(Changes { tokens, ..Changes::default() });
    let count = |state| view.counts().tokens.get(&(System::App, state)).copied().unwrap_or(0);
    put(vec![token("t-1", TokenState::Active), token("t-2", TokenState::Active)]);
    assert_eq!((count(TokenState::Active), count(TokenState::Expired)), (2, 0));
    put(vec![token("t-1", TokenState::Expired)]);
    assert_eq!((count(TokenState::Active), count(TokenState::Expired)), (1, 1));
    let forgotten_tokens = vec!["t-1".parse().unwrap(), "t-9".parse().unwrap()];
    view.publish(Changes { forgotten_tokens, ..Changes::default() });
    assert_eq!((count(TokenState::Active), count(TokenState::Expired)), (1, 0));
}

#[tokio::test]
async fn a_blocking_read_answers_at_once_where_the_version_is_past() {
    let view = View::new(vec![session(1, None)], Vec::new(), Vec::new());
    let found = view.session_after(&"w1".parse().unwrap(), 0).await;
    assert_eq!(found.unwrap().version.0, 1);
    assert!(view.session_after(&"w9".parse().unwrap(), 0).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_blocking_read_wakes_with_the_change_and_leaves_no_seat() {
    let view = Arc::new(View::new(vec![session(1, None)], Vec::new(), Vec::new()));
    let w_id: WId = "w1".parse().unwrap();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (view, w_id) = (view.clone(), w_id.clone());
            tokio::spawn(async move { view.session_after(&w_id, 1).await.unwrap().version.0 })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(view.waiting.seats(), 3);
    view.publish(changed(ended(&session(1, None))));
    for reader in readers {
        assert_eq!(reader.await.unwrap(), 2);
    }
    assert_eq!(view.waiting.seats(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_gives_up_leaves_no_seat() {
    let view = View::new(vec![session(1, None)], Vec::new(), Vec::new());
    let w_id: WId = "w1".parse().unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(1), view.session_after(&w_id, 1)).await;
    assert!(waited.is_err());
    assert_eq!(view.waiting.seats(), 0);
}
