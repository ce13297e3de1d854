//! The emergency stop: webhooks go on, work at a portal does not.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use usher::app::{Halt, Halts};
use usher::ledger::Keys;
use usher::model::{Clock, JobState};
use usher::store::Change;
use usher::worker;

use crate::discretion::{listen, logged};
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

/// Stop a portal (or all), or let it go on.
async fn set(t: &TestApp, portal: Option<&str>, is_paused: bool) {
    let halt = Halt { who: "tests".to_owned(), since: t.clock.now() };
    let remember = vec![Halts::remembered(portal, Some(&halt).filter(|_| is_paused))];
    let change = Change { remember, ..Change::default() };
    t.app.store.write(Keys::default(), true, t.clock.now(), move |_| (change, ())).await.unwrap();
}

#[tokio::test]
async fn while_paused_webhooks_are_stored_and_read_and_nothing_is_done_at_the_portal() {
    for portal in [None, Some("docspace")] {
        let mut t = TestApp::start().await;
        set(&t, portal, true).await;
        assert_eq!(t.hire("7", ADA).await, 200);
        t.drain().await;
        assert_eq!(t.only("process").await.0, JobState::Done);
        assert_eq!(t.only("onboard").await.0, JobState::Ready);
        t.restart().await;
        t.drain().await;
        assert_eq!((t.only("onboard").await.0, t.users().len()), (JobState::Ready, 0), "also after a restart");
        assert!(t.metrics().await.contains("usher_portal_paused_by_hand{portal=\"docspace\"} 1\n"));
        set(&t, portal, false).await;
        t.drain().await;
        assert_eq!((t.only("onboard").await.0, t.users()), (JobState::Done, vec![ADA.to_owned()]));
        assert!(t.metrics().await.contains("usher_portal_paused_by_hand{portal=\"docspace\"} 0\n"));
    }
}

#[tokio::test]
async fn a_pause_of_another_portal_stops_nothing_here() {
    let t = TestApp::start().await;
    set(&t, Some("partners"), true).await;
    t.hire("7", ADA).await;
    t.drain().await;
    assert_eq!(t.users(), [ADA]);
}

async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is().await {
        assert!(begun.elapsed() < Duration::from_secs(10), "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_running_server_sees_a_pause_and_its_end_and_says_each_once() {
    listen();
    let t = TestApp::start().await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(worker::run(t.app.clone(), stop.clone()));
    let said = |what: &str| logged().matches(what).count();
    set(&t, None, true).await;
    until("the pause", async || said("paused by hand") == 1).await;
    t.hire("7", ADA).await;
    t.app.wake.notify_one();
    until("it is read", async || t.jobs("onboard").await.len() == 1).await;
    set(&t, Some("docspace"), true).await;
    set(&t, None, false).await;
    // Paused in another way: nothing new to say, and one more look.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!((t.only("onboard").await.0, said("paused by hand")), (JobState::Ready, 1));
    set(&t, Some("docspace"), false).await;
    until("the account", async || t.users() == [ADA]).await;
    assert_eq!((said("paused by hand"), said("resumed by hand")), (1, 1));
    stop.cancel();
    working.await.unwrap();
}
