//! The same activation told twice, late, in another order or for nothing: still one congratulation, or none.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::{AccountState, JobState};

use crate::scene::{DOCSPACE_SECRET, Scene};
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const STRANGER: &str = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";

/// Ada has an active account of ours; no webhook tells of it but those that a test posts.
async fn onboarded() -> TestApp {
    at_portal(false).await
}

async fn at_portal(strict: bool) -> TestApp {
    let t = TestApp::with(Scene { webhook: false, strict, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t
}

fn ada(t: &TestApp, activation: i64, status: i64) -> Json {
    json!({"id": t.user_id(ADA), "email": ADA, "status": status, "activationStatus": activation, "firstName": "Ada"})
}

fn stranger(activation: i64, status: i64) -> Json {
    json!({"id": STRANGER, "email": "new@corp.example", "status": status, "activationStatus": activation})
}

#[tokio::test]
async fn an_update_that_comes_before_the_making_of_our_account_is_the_one_activation() {
    let t = onboarded().await;
    t.docspace("user.updated", 6, ada(&t, 1, 1)).await;
    t.docspace("user.created", 5, ada(&t, 2, 1)).await;
    t.docspace("user.updated", 7, ada(&t, 1, 1)).await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
    assert_eq!(t.people().await[0].account, AccountState::Active, "late news of the time before change nothing");
}

#[tokio::test]
async fn events_of_one_batch_in_any_order_are_one_activation() {
    for order in [[5, 6, 7], [7, 6, 5], [6, 5, 7]] {
        let t = onboarded().await;
        for id in order {
            let (trigger, activation) = if id == 5 { ("user.created", 2) } else { ("user.updated", 1) };
            let mut payload = ada(&t, activation, 1);
            payload["title"] = json!(id.to_string());
            t.docspace_at(trigger, id, "2026-08-03T08:00:00Z", payload).await;
        }
        t.drain().await;
        assert_eq!(t.jobs("congratulate").await.len(), 1, "{order:?}");
    }
}

/// Attempts after the first tell of the failures before, so that their bodies differ.
#[tokio::test]
async fn later_attempts_of_one_delivery_are_the_same_delivery() {
    let t = onboarded().await;
    t.docspace("user.updated", 5, ada(&t, 1, 1)).await;
    for count in 1..=5 {
        let body = json!({"event": {"id": 5, "createOn": "2026-08-03T08:00:00Z", "trigger": "user.updated", "triggerId": 4},
            "payload": ada(&t, 1, 1), "webhook": {"id": 1, "name": "usher", "url": "http://localhost/", "triggers": ["*"],
            "retryCount": count, "retryOn": "2026-08-03T08:00:09Z", "lastFailureOn": "2026-08-03T08:00:08Z",
            "lastFailureContent": "Response status code does not indicate success: 503 (Service Unavailable)."}});
        let (headers, body) = t.sign("docspace", body.to_string().into_bytes());
        assert_eq!(t.post("docspace", headers, body).await.status(), 200);
    }
    t.drain().await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
    assert_eq!(t.metrics().await.matches("usher_seen_total{source=\"docspace\"} 5").count(), 1);
}

#[tokio::test]
async fn the_portals_own_retries_and_a_retry_by_hand_are_one_congratulation() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    let id = t.user_id(ADA);
    t.shut();
    t.sandbox.activate(&id).await.unwrap();
    // Open again in the midst of the attempts, or after the last: the outcome is the same.
    t.reopen();
    t.drain().await;
    let rows = t.portal(Method::GET, "/settings/webhooks/log", json!({})).await;
    for row in rows.as_array().unwrap() {
        t.portal(Method::PUT, &format!("/settings/webhook/{}/retry", row["id"]), json!({})).await;
    }
    assert_eq!(t.jobs("congratulate").await.len(), 1);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

#[tokio::test]
async fn two_webhooks_of_one_portal_with_a_source_each_are_one_congratulation() {
    let extra = "[sources.other]\nconnector = \"docspace\"\nsecrets = [{ env = \"DOCSPACE\" }]\n".to_owned();
    let t = TestApp::with(Scene { extra, ..Scene::default() }).await;
    let uri = format!("http://{}/hooks/other", t.public());
    let hook = json!({"name": "other", "uri": uri, "secretKey": DOCSPACE_SECRET, "enabled": true, "ssl": false, "triggers": 15});
    t.portal(Method::POST, "/settings/webhook", hook).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    let accepted = t.metrics().await;
    for source in ["docspace", "other"] {
        assert!(accepted.contains(&format!("usher_accepted_total{{source=\"{source}\"}} 3")), "{accepted}");
    }
    assert_eq!(t.jobs("congratulate").await.len(), 1);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

/// What makes a waiting congratulation needless, posted or told in between.
async fn comes_between(t: &TestApp, what: &str) {
    match what {
        "deleted" => t.docspace("user.deleted", 9, ada(t, 1, 2)).await,
        "disabled" => t.docspace("user.updated", 9, ada(t, 1, 2)).await,
        "terminated" => {
            t.tell("employee.terminated", json!({"employee_id": "7"})).await;
            t.drain().await;
        }
        _ => {
            t.tell("employee.rescinded", json!({"employee_id": "7"})).await;
            t.drain().await;
        }
    }
}

#[tokio::test]
async fn a_waiting_congratulation_is_called_off_by_whatever_makes_it_needless() {
    for what in ["deleted", "disabled", "terminated", "rescinded"] {
        let t = onboarded().await;
        t.fault(json!({"path": "/portal/sendcongratulations", "status": 503, "times": 9}));
        t.docspace("user.updated", 5, ada(&t, 1, 1)).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Ready, "{what}: it waits for another try");
        comes_between(&t, what).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Cancelled, "{what}");
        assert!(reason.starts_with("called off"), "{what}: {reason}");
        t.advance(SignedDuration::from_hours(24)).await;
        assert_eq!(t.mails(ADA), ["activation"], "{what}");
    }
}

#[tokio::test]
async fn a_held_congratulation_is_called_off_too_and_one_that_was_sent_stays() {
    for (strict, end) in [(true, JobState::Cancelled), (false, JobState::Done)] {
        let t = at_portal(strict).await;
        t.docspace("user.updated", 5, ada(&t, 1, 1)).await;
        let before = if strict { JobState::Held } else { JobState::Done };
        assert_eq!(t.only("congratulate").await.0, before);
        t.docspace("user.updated", 6, ada(&t, 1, 2)).await;
        assert_eq!(t.only("congratulate").await.0, end);
    }
}

#[tokio::test]
async fn an_account_disabled_before_its_activation_arrives_is_not_congratulated() {
    let t = onboarded().await;
    t.docspace("user.updated", 9, ada(&t, 1, 2)).await;
    t.docspace("user.updated", 5, ada(&t, 1, 1)).await;
    assert!(t.jobs("congratulate").await.is_empty());
}

#[tokio::test]
async fn an_account_deleted_before_its_activation_arrives_is_not_congratulated() {
    let t = onboarded().await;
    t.docspace("user.deleted", 9, ada(&t, 1, 2)).await;
    t.docspace("user.updated", 5, ada(&t, 1, 1)).await;
    t.docspace("user.created", 4, ada(&t, 1, 1)).await;
    assert!(t.jobs("congratulate").await.is_empty());
}

#[tokio::test]
async fn a_congratulation_of_somebody_else_is_not_called_off() {
    let t = onboarded().await;
    t.fault(json!({"path": "/portal/sendcongratulations", "status": 503}));
    t.docspace("user.updated", 5, ada(&t, 1, 1)).await;
    t.docspace("user.created", 6, stranger(2, 1)).await;
    t.docspace("user.deleted", 7, stranger(2, 2)).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Ready);
    t.advance(SignedDuration::from_secs(60)).await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

#[tokio::test]
async fn a_flag_beside_the_activation_does_not_hide_it() {
    for activation in [1, 3, 5] {
        let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
        t.docspace("user.created", 5, stranger(4, 1)).await;
        assert!(t.jobs("congratulate").await.is_empty(), "made by the server, and not active");
        t.docspace("user.updated", 6, stranger(activation, 1)).await;
        assert_eq!(t.jobs("congratulate").await.len(), 1, "{activation}");
    }
}
