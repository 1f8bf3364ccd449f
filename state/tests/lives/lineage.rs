//! One login after another: who came before, who followed, and which is current.

use crate::world::{A, DAY, World};

#[test]
fn the_logins_of_a_life_are_one_chain_and_the_last_is_current() {
    let mut world = World::settled();
    for n in 0..40 {
        world.pass(DAY);
        if n % 3 == 0 {
            world.log_in(A);
            continue;
        }
        world.drop(A);
        world.wait(A);
        let popup = world.account(A).call() == Some(wxlogin_state::Method::PopUp);
        if popup {
            world.confirmed(A);
        } else {
            let w_id = world.qr_issued(A);
            world.scanned(&w_id, A);
        }
    }
    let account = world.account(A);
    assert_eq!(account.logins.len(), wxlogin_state::LOGINS_KEPT);
    assert_eq!(account.logins.last(), account.current_w_id.as_ref());
    for pair in account.logins.windows(2) {
        assert_eq!(world.session(&pair[0]).successor.as_ref(), Some(&pair[1]));
        assert_eq!(world.session(&pair[1]).predecessor.as_ref(), Some(&pair[0]));
    }
}

#[test]
fn a_qr_that_came_to_nothing_is_no_link_of_the_chain() {
    let mut world = World::first_login();
    let first = world.account(A).current_w_id.clone().unwrap();
    world.pass(DAY);
    world.drop(A);
    world.wait(A);
    let unscanned = world.qr_issued(A);
    world.unscanned(&unscanned);
    world.wait(A);
    let second = world.qr_issued(A);
    world.scanned(&second, A);
    assert_eq!(world.session(&second).predecessor, Some(first.clone()));
    assert_eq!(world.session(&first).successor, Some(second));
    assert_eq!(world.session(&unscanned).successor, None);
}
