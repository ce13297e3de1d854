//! What is looked at beside the webhooks while the program runs.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use usher::model::JobState;
use usher::watch;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
/// How long anything may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

pub(crate) struct Watch {
    stop: CancellationToken,
    watching: JoinHandle<()>,
}

impl Watch {
    pub(crate) fn begin(t: &TestApp) -> Self {
        let stop = CancellationToken::new();
        Self { watching: tokio::spawn(watch::run(t.app.clone(), stop.clone())), stop }
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(SOON, self.watching).await.expect("it ends when it is told to").unwrap();
    }
}

/// Ask until it is so.
pub(crate) async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + SOON;
    while !ask().await {
        assert!(Instant::now() < end, "not within {SOON:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How often a chore ended so.
pub(crate) async fn ended(t: &TestApp, chore: &str, outcome: &str) -> usize {
    let line = format!("usher_chores_total{{portal=\"docspace\",chore=\"{chore}\",outcome=\"{outcome}\"}} ");
    let metrics = t.metrics().await;
    metrics.lines().find_map(|got| got.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

async fn onboarded(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

#[tokio::test]
async fn the_start_takes_in_what_was_missed_before() {
    let t = onboarded(Scene::default()).await;
    t.shut();
    t.activate(ADA).await;
    t.reopen();
    let watch = Watch::begin(&t);
    until("it caught up", async || ended(&t, "catch_up", "done").await == 1).await;
    watch.end().await;
    t.drain().await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    assert_eq!(ended(&t, "reconcile", "done").await, 0, "nobody asked for it");
}

#[tokio::test]
async fn the_end_of_a_pause_takes_in_what_was_missed_meanwhile() {
    let t = onboarded(Scene::default()).await;
    let watch = Watch::begin(&t);
    until("it caught up", async || ended(&t, "catch_up", "done").await == 1).await;
    t.shut();
    t.activate(ADA).await;
    t.reopen();
    let portal = &t.app.portals["docspace"];
    // A pause that nobody looked at in between is none, so there are more of them.
    until("it caught up again", async || {
        t.fault(json!({"method": "GET", "path": "/people/email", "status": 401}));
        assert!(portal.find_by_email(ADA).await.is_err() && portal.pause_state().is_some());
        tokio::time::sleep(Duration::from_millis(1500)).await;
        portal.probe().await.unwrap();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        ended(&t, "catch_up", "done").await >= 2
    })
    .await;
    watch.end().await;
    t.drain().await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_and_nothing_fails() {
    let permissions = vec!["accounts:write".to_owned(), "accounts.self:read".to_owned()];
    let t = onboarded(Scene { permissions, ..Scene::default() }).await;
    let watch = Watch::begin(&t);
    until("it was told", async || ended(&t, "catch_up", "not_allowed").await == 1).await;
    watch.end().await;
    assert_eq!(ended(&t, "catch_up", "failed").await, 0);
}

#[tokio::test]
async fn an_outage_at_the_start_is_waited_out() {
    let t = onboarded(Scene::default()).await;
    t.fault(json!({"path": "/settings/webhook", "status": 503}));
    let watch = Watch::begin(&t);
    until("it failed", async || ended(&t, "catch_up", "failed").await == 1).await;
    t.clock.advance(SignedDuration::from_secs(61));
    until("it caught up", async || ended(&t, "catch_up", "done").await == 1).await;
    watch.end().await;
}

#[tokio::test]
async fn a_definite_refusal_is_told_once_and_not_asked_for_again() {
    let t = onboarded(Scene { reconcile: Some("1h"), ..Scene::default() }).await;
    let refusal = json!({"error": {"message": "Access denied"}, "status": 1, "statusCode": 403});
    t.fault(json!({"path": "/settings/webhook", "status": 403, "body": refusal}));
    let watch = Watch::begin(&t);
    for times in 1..4 {
        until("the accounts were compared", async || ended(&t, "reconcile", "done").await == times).await;
        t.clock.advance(SignedDuration::from_mins(61));
    }
    watch.end().await;
    let looked = ended(&t, "webhooks", "done").await;
    assert_eq!((ended(&t, "catch_up", "failed").await, t.calls("GET", "/settings/webhook") - looked), (1, 1));
}

#[tokio::test]
async fn accounts_are_compared_as_often_as_configured_and_the_time_goes_on_over_restarts() {
    let scene = Scene { reconcile: Some("6h"), webhook: false, ..Scene::default() };
    let mut t = onboarded(scene).await;
    let watch = Watch::begin(&t);
    until("it compared", async || ended(&t, "reconcile", "done").await == 1).await;
    t.sandbox.activate_silently(&t.user_id(ADA)).await.unwrap();
    t.clock.advance(SignedDuration::from_hours(7));
    until("it compared again", async || ended(&t, "reconcile", "done").await == 2).await;
    t.drain().await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    watch.end().await;
    t.restart().await;
    let asked = t.calls("GET", "/people/filter");
    let watch = Watch::begin(&t);
    until("the new start caught up", async || ended(&t, "catch_up", "done").await == 1).await;
    t.clock.advance(SignedDuration::from_hours(5));
    watch.end().await;
    assert_eq!(t.calls("GET", "/people/filter"), asked, "six hours have not passed since the last time");
    let watch = Watch::begin(&t);
    t.clock.advance(SignedDuration::from_hours(2));
    until("it compared once more", async || ended(&t, "reconcile", "done").await == 1).await;
    watch.end().await;
}

#[tokio::test]
async fn what_was_asked_of_the_portal_is_kept_from_time_to_time() {
    let t = TestApp::start().await;
    let watch = Watch::begin(&t);
    t.hire("7", ADA).await;
    t.drain().await;
    let kept = async || t.app.store.recall::<usher::docspace::Kept>("limits/docspace").await.unwrap();
    until("it is kept", async || kept().await.is_some_and(|kept| kept.writes_today == 2)).await;
    watch.end().await;
}
