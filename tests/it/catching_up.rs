//! What was missed while nobody answered: taken in from the delivery log, and only once.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::catch_up::{CaughtUp, Order, Trouble, catch_up};
use usher::docspace::Error as PortalError;
use usher::model::{Clock, JobState};
use usher::store::DeliveryFilter;

use crate::scene::{DOCSPACE_SECRET, Scene};
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const DRY: Order = Order { dry_run: true, since: None };

pub(crate) async fn read(t: &TestApp, order: Order) -> CaughtUp {
    let source = &t.app.config.sources["docspace"];
    let told = catch_up(&t.app, source, &t.app.portals["docspace"], order).await.unwrap();
    assert_eq!(told.looked_at, told.missed + told.seen + told.not_verified + told.not_signed, "{told:?}");
    told
}

fn counts(told: &CaughtUp) -> (u64, u64, u64) {
    (told.looked_at, told.taken_in, told.seen)
}

/// Ada has an account, and activates it while nobody answers.
async fn missed(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.shut();
    t.activate(ADA).await;
    t.reopen();
    t.drain().await;
    assert!(t.jobs("congratulate").await.is_empty(), "nothing has arrived");
    t
}

#[tokio::test]
async fn an_activation_that_was_given_up_is_taken_in_and_congratulated_once() {
    let t = missed(Scene::default()).await;
    let told = read(&t, Order::default()).await;
    assert_eq!((told.webhooks, counts(&told)), (1, (3, 2, 1)), "the account's making arrived, its two changes did not");
    t.drain().await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
    let again = read(&t, Order::default()).await;
    assert_eq!(counts(&again), (0, 0, 0), "the log is read from where it was read last");
    assert_eq!(again.from, Some(told.until));
    let metrics = t.metrics().await;
    assert!(metrics.contains("usher_catch_up_rows_total{source=\"docspace\",outcome=\"taken_in\"} 2"), "{metrics}");
}

#[tokio::test]
async fn a_dry_run_tells_what_is_missing_and_writes_nothing() {
    let t = missed(Scene::default()).await;
    let told = read(&t, DRY).await;
    assert_eq!((told.missed, counts(&told)), (2, (3, 0, 1)));
    t.drain().await;
    assert!(t.jobs("congratulate").await.is_empty());
    assert_eq!(counts(&read(&t, Order::default()).await), (3, 2, 1), "no mark was left");
}

#[tokio::test]
async fn a_time_given_reads_again_what_was_read_before_and_leaves_the_mark() {
    let t = missed(Scene::default()).await;
    t.clock.advance(SignedDuration::from_hours(1));
    read(&t, Order::default()).await;
    t.drain().await;
    let since = t.clock.now() - SignedDuration::from_hours(2);
    let told = read(&t, Order { since: Some(since), ..Order::default() }).await;
    assert_eq!((told.from, counts(&told)), (Some(since), (3, 0, 3)));
    let late = Order { since: Some(t.clock.now()), ..Order::default() };
    assert_eq!(counts(&read(&t, late).await), (0, 0, 0), "all rows are older");
    assert_eq!(t.jobs("congratulate").await.len(), 1);
}

#[tokio::test]
async fn a_row_that_arrived_under_another_number_is_seen() {
    let t = missed(Scene::default()).await;
    let rows = t.portal(Method::GET, "/settings/webhooks/log", json!({})).await;
    let newest = rows[0]["id"].as_i64().unwrap();
    t.portal(Method::PUT, &format!("/settings/webhook/{newest}/retry"), json!({})).await;
    assert_eq!(t.jobs("congratulate").await.len(), 1, "sent again by hand, it arrived");
    let told = read(&t, Order::default()).await;
    assert_eq!(counts(&told), (4, 1, 3), "the row itself, and the one that it repeats, are known");
    t.drain().await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

#[tokio::test]
async fn a_delivery_known_as_dead_is_not_tried_again_by_reading_the_log() {
    let t = TestApp::start().await;
    t.docspace("user.updated", 5, json!({"email": ADA})).await;
    assert_eq!(t.only("process").await.0, JobState::Dead, "it names nobody");
    let row = t.log_row(5, 4, "2026-08-03T08:00:00Z", json!({"email": ADA}));
    t.log(&[row]);
    assert_eq!(counts(&read(&t, Order::default()).await), (1, 0, 1));
    assert_eq!(t.only("process").await.0, JobState::Dead);
}

#[tokio::test]
async fn rows_signed_with_another_secret_are_told_and_never_taken_in() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.sandbox.set_webhook(&format!("http://{}/hooks/docspace", t.public()), "another-secret-0123").unwrap();
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    let told = read(&t, Order::default()).await;
    assert_eq!((told.not_verified, counts(&told)), (3, (3, 0, 0)));
    let own = DeliveryFilter { source: Some("docspace".to_owned()), ..DeliveryFilter::default() };
    assert!(t.app.store.deliveries(own).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_webhooks_that_post_to_us_are_read() {
    let extra = "[server]\npublic_url = \"https://usher.corp.example/in\"\n".to_owned();
    let t = missed(Scene { extra, ..Scene::default() }).await;
    let told = read(&t, Order::default()).await;
    assert_eq!((told.webhooks, counts(&told)), (0, (0, 0, 0)), "the webhook posts to another address");
    assert_eq!(t.calls("GET", "/settings/webhooks/log"), 0);
    t.sandbox.set_webhook("https://usher.corp.example/in/hooks/docspace", DOCSPACE_SECRET).unwrap();
    assert_eq!(read(&t, Order::default()).await.webhooks, 1);
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_which_it_lacks() {
    let permissions = vec!["accounts:write".to_owned(), "accounts.self:read".to_owned()];
    let t = missed(Scene { permissions, ..Scene::default() }).await;
    let source = &t.app.config.sources["docspace"];
    let error = catch_up(&t.app, source, &t.app.portals["docspace"], Order::default()).await.unwrap_err();
    let Trouble::Portal(PortalError::Scope { needed, .. }) = error else { panic!("{error:?}") };
    assert_eq!(needed, "*:read");
}
