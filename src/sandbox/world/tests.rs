//! The world's rules, by its own clock.

use super::account::Night;
use super::*;

const FIRST_DROP: Duration = Duration::from_hours(24);
const STEP: Duration = Duration::from_mins(5);

fn world() -> World {
    World::new(Rules {
        first_drop: FIRST_DROP,
        step_valid_for: STEP,
        popup_valid_for: Duration::from_mins(1),
        autopilot: None,
    })
}

fn act(world: &mut World, w_id: &WId, action: Action) {
    world.act(w_id.as_str(), action, &Details::default()).unwrap();
}

/// Logs somebody in by QR; without a wcId it is a stranger.
fn log_in(world: &mut World, wc_id: Option<&WcId>) -> (WcId, WId) {
    let w_id = world.begin_qr(wc_id.cloned(), DeviceType::Ipad);
    act(world, &w_id, Action::Confirm);
    match world.reply(&w_id, None) {
        Reply::LoggedIn(wc_id) => (wc_id, w_id),
        other => panic!("not logged in: {other:?}"),
    }
}

fn ended(world: &mut World, w_id: &WId) -> End {
    match world.reply(w_id, None) {
        Reply::Ended(end) => end,
        other => panic!("not ended: {other:?}"),
    }
}

#[test]
fn a_first_login_drops_once_and_a_later_one_holds() {
    let mut world = world();
    let (wc_id, first) = log_in(&mut world, None);
    world.advance(FIRST_DROP);
    assert_eq!(ended(&mut world, &first), End::Dropped);
    assert_eq!(world.take_notices().len(), 1);
    let (same, second) = log_in(&mut world, Some(&wc_id));
    assert_eq!(same, wc_id);
    world.advance(FIRST_DROP * 90);
    assert!(world.is_online(&second));
    assert_eq!(world.accounts[&wc_id].devices, 1);
}

#[test]
fn a_known_account_logged_in_without_its_wc_id_makes_a_new_device_that_drops_again() {
    let mut world = world();
    let (wc_id, _) = log_in(&mut world, None);
    world.advance(FIRST_DROP);
    let w_id = world.begin_qr(None, DeviceType::Ipad);
    let details = Details { wc_id: Some(wc_id.clone()), ..Details::default() };
    world.act(w_id.as_str(), Action::Confirm, &details).unwrap();
    assert_eq!((world.new_devices, world.accounts[&wc_id].devices), (1, 2));
    world.advance(FIRST_DROP * 2);
    assert!(!world.is_online(&w_id));
}

#[test]
fn a_login_for_an_account_that_this_world_has_forgotten_is_a_returning_one() {
    let mut world = world();
    let wc_id: WcId = "wxid_from_before".parse().unwrap();
    let (same, _) = log_in(&mut world, Some(&wc_id));
    assert_eq!((same, world.new_devices, world.accounts[&wc_id].night), (wc_id.clone(), 0, Night::Past));
}

#[test]
fn a_drop_before_the_first_night_is_the_first_drop() {
    let mut world = world();
    let (wc_id, _) = log_in(&mut world, None);
    world.lose(&wc_id, Cause::Ordinary, None, false);
    assert!(world.take_notices().is_empty());
    let (_, second) = log_in(&mut world, Some(&wc_id));
    world.advance(FIRST_DROP);
    assert!(world.is_online(&second));
}

#[test]
fn a_newer_login_takes_the_place_of_the_older_without_a_drop() {
    let mut world = world();
    let (wc_id, first) = log_in(&mut world, None);
    let (_, second) = log_in(&mut world, Some(&wc_id));
    assert_eq!(ended(&mut world, &first), End::Superseded);
    assert!(world.is_online(&second));
    assert_eq!(world.accounts[&wc_id].drops, 0);
}

#[test]
fn a_qr_that_nobody_goes_on_with_expires_and_each_step_gets_the_full_time() {
    let mut world = world();
    let w_id = world.begin_qr(None, DeviceType::Ipad);
    world.advance(STEP / 2);
    act(&mut world, &w_id, Action::Scan);
    world.advance(STEP);
    assert_eq!(world.reply(&w_id, None), Reply::Wait);
    world.advance(STEP * 2);
    assert_eq!(ended(&mut world, &w_id), End::Expired);
    let scan = world.act(w_id.as_str(), Action::Scan, &Details::default());
    assert_eq!(scan, Err(ActionRefused::NotNow("ended")));
}

#[test]
fn only_the_code_on_the_phone_lets_the_login_in() {
    let mut world = world();
    let w_id = world.begin_qr(None, DeviceType::Ipad);
    let details = Details { code: Some("271828".to_owned()), ..Details::default() };
    world.act(w_id.as_str(), Action::AskCode, &details).unwrap();
    assert_eq!(world.reply(&w_id, None), Reply::CodeAsked { again: false });
    assert_eq!(world.reply(&w_id, Some("314159")), Reply::CodeAsked { again: true });
    assert!(matches!(world.reply(&w_id, Some("271828")), Reply::LoggedIn(_)));
    assert_eq!(world.logins[&w_id].codes_tried, 2);
}

#[test]
fn no_code_helps_where_the_phone_wants_to_finish_elsewhere() {
    let mut world = world();
    let w_id = world.begin_qr(None, DeviceType::Ipad);
    act(&mut world, &w_id, Action::AskElsewhere);
    assert_eq!(world.reply(&w_id, Some("")), Reply::CodeAsked { again: true });
}

#[test]
fn a_slider_is_passed_only_at_its_gap_and_the_phone_confirms_afterwards() {
    let mut world = world();
    let w_id = world.begin_qr(None, DeviceType::Mac);
    act(&mut world, &w_id, Action::ShowSlider);
    let Reply::Slider { uuid, spelling } = world.reply(&w_id, None) else { panic!("no slider") };
    assert_eq!(spelling, "1000");
    let missed_at = world.captchas[&uuid].gap + 0.03;
    assert_eq!(world.slide(&uuid, missed_at), Some(false));
    assert_eq!(world.slide(&uuid, f64::NAN), Some(false));
    assert!(matches!(world.reply(&w_id, None), Reply::Slider { .. }));
    let gap = world.captchas[&uuid].gap;
    assert_eq!(world.slide(&uuid, gap), Some(true));
    assert_eq!(world.reply(&w_id, None), Reply::Wait);
    act(&mut world, &w_id, Action::Confirm);
    assert!(world.is_online(&w_id));
}

#[test]
fn a_pop_up_login_works_after_an_ordinary_drop_and_not_after_the_first_night() {
    let mut world = world();
    let (wc_id, _) = log_in(&mut world, None);
    assert_eq!(world.begin_popup(&wc_id), Err(PopupRefused::Online));
    world.advance(FIRST_DROP);
    assert_eq!(world.begin_popup(&wc_id), Err(PopupRefused::NeedsQr));
    log_in(&mut world, Some(&wc_id));
    world.lose(&wc_id, Cause::Ordinary, None, true);
    let w_id = world.begin_popup(&wc_id).unwrap();
    assert_eq!(world.begin_popup(&wc_id), Err(PopupRefused::Shown));
    assert_eq!(world.act(wc_id.as_str(), Action::Confirm, &Details::default()), Ok(w_id.clone()));
    assert!(world.is_online(&w_id));
}

#[test]
fn a_box_that_nobody_touches_goes_away() {
    let mut world = world();
    let (wc_id, _) = log_in(&mut world, None);
    world.log_out(&wc_id);
    let w_id = world.begin_popup(&wc_id).unwrap();
    world.advance(Duration::from_mins(1));
    assert_eq!(ended(&mut world, &w_id), End::Expired);
    assert!(world.begin_popup(&wc_id).is_ok());
}

#[test]
fn the_reason_is_told_once_in_twelve_hours() {
    let mut world = world();
    let (wc_id, _) = log_in(&mut world, None);
    assert_eq!(world.offline_reason(&wc_id), Ok(None));
    world.lose(&wc_id, Cause::Ordinary, Some("because".to_owned()), true);
    assert_eq!(world.offline_reason(&wc_id), Err(ReasonRefused::TooSoon));
    world.advance(Duration::from_hours(12));
    assert_eq!(world.offline_reason(&wc_id), Ok(Some("because".to_owned())));
}

#[test]
fn an_overlap_counts_only_while_the_earlier_poll_is_open() {
    let mut world = world();
    let w_id = world.begin_qr(None, DeviceType::Ipad);
    let (first, beside) = world.open_poll(&w_id).unwrap();
    assert_eq!(beside, None);
    let (second, beside) = world.open_poll(&w_id).unwrap();
    assert_eq!(beside, Some(first));
    world.close_poll(&w_id, first);
    world.check_overlap(&w_id, first);
    assert_eq!(world.overlapping_polls, 0);
    world.check_overlap(&w_id, second);
    assert_eq!(world.overlapping_polls, 1);
}

#[test]
fn a_phone_on_autopilot_scans_and_confirms_by_itself() {
    let pace = Duration::from_secs(2);
    let mut world = world();
    world.rules.autopilot = Some(pace);
    let w_id = world.begin_qr(None, DeviceType::Ipad);
    world.advance(pace);
    assert_eq!(world.logins[&w_id].stage, Stage::Scanned);
    assert_eq!(world.next_due(), Some(pace * 2));
    world.advance(pace * 2);
    assert!(world.is_online(&w_id));
}

#[test]
fn a_wid_is_never_reused_and_looks_like_the_platforms() {
    let mut world = world();
    let first = world.begin_qr(None, DeviceType::Ipad);
    let second = world.begin_qr(None, DeviceType::Ipad);
    assert_ne!(first, second);
    assert_eq!(first.as_str().len(), "0000016e-63eb-f319-0001-ed01076abf1f".len());
}
