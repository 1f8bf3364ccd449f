//! The keys that tokens are sealed with: which one is needed, and how a new one takes over.

use wxlogin_state::seal::{KeyError, check};
use wxlogin_state::{StateDir, export, read_key_file};

use super::*;
use crate::driver::rounds::TIDY_EVERY;
use crate::driver::tests::world::RETENTION;
use crate::driver::{self, Parts, Unopened};
use crate::metrics::Metrics;

#[tokio::test]
async fn a_new_key_takes_over_and_the_old_one_is_gone() {
    let (_fake, world) = begin().await;
    let ids = [world.kept(official("first")).await, world.kept(app()).await];
    let key_file = world.place.path().join("state.key");
    let old = std::fs::read_to_string(&key_file).unwrap();
    world.driver.rekey().await.unwrap();
    let new = std::fs::read_to_string(&key_file).unwrap();
    assert_eq!(new.lines().count(), 1);
    assert_ne!(new, old);
    assert_eq!(
        (world.opened(&ids[0]).await, world.opened(&ids[1]).await),
        ("access-0".into(), "bearer".into())
    );
    // The older one in front of the new one: all is sealed with it again.
    let world = {
        let place = world.halt().await;
        std::fs::write(&key_file, format!("{}\n{new}", old.trim_end())).unwrap();
        let (_fake, systems) = Fake::start(TestClock::new()).await;
        World::open(place, TestClock::new(), FIGURES, systems).await
    };
    for id in &ids {
        world.opened(id).await;
    }
    for _ in 0..200 {
        if std::fs::read_to_string(&key_file).unwrap() == old {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(std::fs::read_to_string(&key_file).unwrap(), old);
    world.stop().await;
}

#[tokio::test]
async fn without_an_export_the_old_key_stays_and_nobody_is_kept_busy() {
    let (_fake, world) = begin().await;
    let id = world.kept(app()).await;
    let (export, key_file) = (world.place.path().join("export"), world.place.path().join("state.key"));
    let keys = || std::fs::read_to_string(&key_file).unwrap().lines().count();
    while !export.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::fs::remove_file(&export).unwrap();
    std::fs::create_dir(&export).unwrap();
    let denied = world.driver.rekey().await.unwrap_err();
    assert!(matches!(&denied, Denied::NotRekeyed(what) if what.contains("export")), "{denied}");
    assert_eq!(keys(), 2);
    world.stands_still().await;
    std::fs::remove_dir(&export).unwrap();
    world.driver.rekey().await.unwrap();
    assert_eq!((keys(), world.opened(&id).await.as_str()), (1, "bearer"));
    world.stop().await;
}

#[tokio::test]
async fn an_export_from_before_a_commit_that_may_be_there_lets_no_key_go() {
    let (_fake, world) = begin().await;
    let id = world.kept(app()).await;
    world.driver.forget_token(&id).await.unwrap();
    // Nothing but the store's seal check is left to be sealed anew, and in this run there is no other commit.
    let mut world = world.restart().await;
    let export = world.place.path().join("export");
    world.look(&[]).await;
    tokio::time::sleep(TIDY_EVERY * 2).await;
    world.round().await;
    let old = export::read(&export).unwrap().seal.unwrap().key();
    world.faults.set(Fault::Unknown);
    let mend = async {
        while world.driver.store_state() == StoreState::Writable {
            tokio::task::yield_now().await;
        }
        world.faults.clear();
    };
    let (rekeyed, ()) = tokio::join!(world.driver.rekey(), mend);
    rekeyed.unwrap();
    let (seal, keys) = (export::read(&export).unwrap().seal.unwrap(), world.place.path().join("state.key"));
    assert_ne!(seal.key(), old, "the export needs the key that is gone");
    check(Some(&seal), Some(&read_key_file(&keys).unwrap())).unwrap();
    world.stop().await;
}

#[tokio::test]
async fn without_the_right_key_there_is_no_start() {
    let (_fake, world) = begin().await;
    world.kept(app()).await;
    let place = world.halt().await;
    let key_file = place.path().join("state.key");
    let open = || {
        let parts = Parts {
            dir: StateDir::claim(place.path()).unwrap(),
            retention: RETENTION,
            figures: FIGURES,
            clock: TestClock::new().clock(),
            tasks: tokio_util::task::TaskTracker::new(),
            state_key: None,
            metrics: Metrics::default(),
        };
        driver::open(parts).map(drop)
    };
    let key = std::fs::read(&key_file).unwrap();
    std::fs::remove_file(&key_file).unwrap();
    assert!(matches!(open(), Err(Unopened::Key(KeyError::NoKey { .. }))));
    assert!(!key_file.exists(), "no key is made over sealed tokens");
    let (_fake, other) = begin().await;
    std::fs::copy(other.place.path().join("state.key"), &key_file).unwrap();
    assert!(matches!(open(), Err(Unopened::Key(KeyError::WrongKey { .. }))));
    std::fs::write(&key_file, key).unwrap();
    open().unwrap();
    other.stop().await;
}
