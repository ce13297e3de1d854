//! How the portal's webhook fares, looked at while the program runs.

use jiff::SignedDuration;

use crate::discretion;
use crate::scene::{DOCSPACE_SECRET, Scene};
use crate::support::TestApp;
use crate::watching::{Watch, ended, until};

const ADA: &str = "ada@corp.example";
const HEALTHY: &str = "usher_webhook_healthy{portal=\"docspace\",source=\"docspace\"} ";
const DISABLED_IN: &str = "usher_webhook_disabled_in_seconds{portal=\"docspace\",source=\"docspace\"} ";

async fn metric(t: &TestApp, name: &str) -> Option<f64> {
    let metrics = t.metrics().await;
    metrics.lines().find_map(|line| line.strip_prefix(name)?.parse().ok())
}

/// Until it was looked at so often.
async fn looked(t: &TestApp, times: usize) {
    until("the webhook was looked at", async || ended(t, "webhooks", "done").await == times).await;
}

fn listen(t: &TestApp) {
    t.sandbox.set_webhook(&format!("http://{}/hooks/docspace", t.public()), DOCSPACE_SECRET).unwrap();
}

#[tokio::test]
async fn a_sound_webhook_is_looked_at_soon_after_the_start_and_every_six_hours() {
    let t = TestApp::start().await;
    let watch = Watch::begin(&t);
    looked(&t, 1).await;
    assert_eq!((metric(&t, HEALTHY).await, metric(&t, DISABLED_IN).await), (Some(1.0), None));
    t.clock.advance(SignedDuration::from_hours(6) - SignedDuration::from_secs(1));
    watch.end().await;
    let asked = ended(&t, "webhooks", "done").await;
    assert_eq!(asked, 1, "six hours have not passed");
    let watch = Watch::begin(&t);
    looked(&t, 2).await;
    t.clock.advance(SignedDuration::from_hours(6));
    looked(&t, 3).await;
    watch.end().await;
}

#[tokio::test]
async fn what_has_not_changed_is_not_said_again() {
    discretion::listen();
    let said = |words: &str| discretion::logged().matches(words).count();
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    let watch = Watch::begin(&t);
    for times in 1..4 {
        looked(&t, times).await;
        assert_eq!(said("`usher hooks install` makes it"), 1);
        t.clock.advance(SignedDuration::from_mins(10));
    }
    looked(&t, 4).await;
    listen(&t);
    t.clock.advance(SignedDuration::from_mins(10));
    looked(&t, 5).await;
    assert_eq!((said("`usher hooks install` makes it"), said("webhook is as it has to be")), (1, 1));
    t.clock.advance(SignedDuration::from_hours(6));
    looked(&t, 6).await;
    assert_eq!(said("webhook is as it has to be"), 1);
    watch.end().await;
}

#[tokio::test]
async fn a_missing_webhook_is_found_soon_once_it_is_made() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    let watch = Watch::begin(&t);
    looked(&t, 1).await;
    assert_eq!(metric(&t, HEALTHY).await, Some(0.0));
    listen(&t);
    t.clock.advance(SignedDuration::from_mins(10));
    looked(&t, 2).await;
    assert_eq!(metric(&t, HEALTHY).await, Some(1.0));
    watch.end().await;
}

#[tokio::test]
async fn a_failing_webhook_is_told_with_the_time_that_is_left_and_a_disabled_one_without() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.shut();
    t.clock.advance(SignedDuration::from_hours(1));
    t.activate(ADA).await;
    let watch = Watch::begin(&t);
    looked(&t, 1).await;
    let left = metric(&t, DISABLED_IN).await.unwrap();
    assert_eq!(metric(&t, HEALTHY).await, Some(0.0));
    assert!((left - 71.0 * 3600.0).abs() < 60.0, "three days since the last success, an hour of them gone: {left}");
    t.clock.advance(SignedDuration::from_secs(90));
    let later = metric(&t, DISABLED_IN).await.unwrap();
    assert!((left - later - 90.0).abs() < 1.0, "counted on at each look at the metrics: {left} {later}");
    t.clock.advance(SignedDuration::from_hours(72));
    t.sandbox_user("bob@corp.example").await;
    until("it is switched off", async || {
        t.clock.advance(SignedDuration::from_mins(10));
        metric(&t, DISABLED_IN).await.is_none()
    })
    .await;
    assert_eq!(metric(&t, HEALTHY).await, Some(0.0));
    watch.end().await;
}

#[tokio::test]
async fn a_key_without_the_scope_fails_nothing_shows_nothing_and_is_said_once() {
    discretion::listen();
    let permissions = vec!["accounts:write".to_owned(), "accounts.self:read".to_owned()];
    let t = TestApp::with(Scene { permissions, ..Scene::default() }).await;
    let watch = Watch::begin(&t);
    until("it was told", async || ended(&t, "webhooks", "not_allowed").await == 1).await;
    t.clock.advance(SignedDuration::from_hours(6));
    until("it was tried again", async || ended(&t, "webhooks", "not_allowed").await == 2).await;
    assert_eq!((ended(&t, "webhooks", "failed").await, metric(&t, HEALTHY).await), (0, None));
    let log = discretion::logged();
    let said = log.lines().filter(|line| line.contains("left out") && line.contains("chore=\"webhooks\"")).count();
    assert_eq!(said, 1, "{log}");
    watch.end().await;
}
