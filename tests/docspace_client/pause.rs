//! The pause: begun by refusals of the whole portal, ended by a key that works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use jiff::{SignedDuration, Timestamp};
use usher::docspace::Error;
use usher::model::Clock;

use crate::support::{ID, StandIn, answer, employee, failure, success};

/// A portal that answers with a status that can be changed: 200 is a success, 400 a refusal with a body, others are empty.
async fn portal() -> (StandIn, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(200));
    let shown = Arc::clone(&status);
    let portal = StandIn::start(move |_| match shown.load(Ordering::SeqCst) {
        200 => success(employee()),
        400 => failure(400, "no"),
        other => answer(other, ""),
    })
    .await;
    (portal, status)
}

#[tokio::test]
async fn a_refused_key_pauses_the_portal_until_a_probe_passes() {
    let (portal, status) = portal().await;
    let client = portal.client();
    client.find_by_email("a@example.com").await.unwrap();
    assert_eq!(client.pause_state(), None);
    assert!(!client.probe_due(Timestamp::MAX));

    status.store(401, Ordering::SeqCst);
    let start = portal.clock.now();
    client.find_by_email("a@example.com").await.unwrap_err();
    let pause = client.clone().pause_state().unwrap();
    assert_eq!((pause.status, pause.since), (401, start));
    assert_eq!(pause.next_probe_at, start + SignedDuration::from_secs(60));
    assert!(pause.reason.contains("api_key"), "{}", pause.reason);

    portal.clock.advance(59);
    assert!(!client.probe_due(portal.clock.now()));
    portal.clock.advance(1);
    assert!(client.probe_due(portal.clock.now()));
    assert!(matches!(client.probe().await, Err(Error::Paused { status: 401, .. })));
    assert!(!client.probe_due(portal.clock.now()), "a failed probe puts the next one off");
    assert_eq!(client.pause_state().unwrap().since, start);

    status.store(200, Ordering::SeqCst);
    portal.clock.advance(60);
    assert!(client.probe_due(portal.clock.now()));
    client.probe().await.unwrap();
    assert_eq!(client.pause_state(), None);
}

#[tokio::test]
async fn a_key_without_the_right_to_its_own_account_is_usable() {
    let (portal, status) = portal().await;
    let client = portal.client();
    status.store(402, Ordering::SeqCst);
    client.account(ID).await.unwrap_err();
    assert_eq!(client.pause_state().unwrap().status, 402);
    status.store(403, Ordering::SeqCst);
    client.probe().await.unwrap();
    assert_eq!(client.pause_state(), None);
}

#[tokio::test]
async fn any_answer_that_shows_a_working_key_ends_the_pause() {
    let (portal, status) = portal().await;
    let client = portal.client();
    for proof in [200, 400, 403] {
        status.store(404, Ordering::SeqCst);
        client.find_by_email("a@example.com").await.unwrap_err();
        assert_eq!(client.pause_state().unwrap().status, 404);
        status.store(proof, Ordering::SeqCst);
        let _ = client.find_by_email("a@example.com").await;
        assert_eq!(client.pause_state(), None, "{proof}");
    }
}

#[tokio::test]
async fn calls_that_prove_nothing_leave_the_pause() {
    let (portal, status) = portal().await;
    let client = portal.client();
    status.store(401, Ordering::SeqCst);
    client.find_by_email("a@example.com").await.unwrap_err();
    for nothing in [200, 400] {
        status.store(nothing, Ordering::SeqCst);
        let _ = client.settings().await;
        let _ = client.send_congratulations(ID, "k").await;
        assert!(client.pause_state().is_some());
    }
    for nothing in [429, 500, 503] {
        status.store(nothing, Ordering::SeqCst);
        client.probe().await.unwrap_err();
        assert!(client.pause_state().is_some());
    }
}

#[tokio::test]
async fn a_refused_call_does_not_put_off_a_probe_that_is_due() {
    let (portal, status) = portal().await;
    let client = portal.client();
    status.store(401, Ordering::SeqCst);
    client.account(ID).await.unwrap_err();
    portal.clock.advance(60);
    status.store(404, Ordering::SeqCst);
    client.account(ID).await.unwrap_err();
    assert!(client.probe_due(portal.clock.now()));
    assert_eq!(client.pause_state().unwrap().status, 404);
}
