//! Webhooks out of order, doubled, retried with other bodies, and told by two webhooks of one portal.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::{Clock, JobState};

use crate::scene::Scene;
use crate::support::{TestApp, claim};

const ADA: &str = "ada@corp.example";

/// A portal that tells nothing by itself: the scene says what comes and when.
async fn quiet() -> TestApp {
    let second = "[sources.again]\nconnector = \"docspace\"\nsecrets = [{ env = \"DOCSPACE\" }]\n";
    TestApp::with(Scene { webhook: false, extra: second.to_owned(), ..Scene::default() }).await
}

fn account(t: &TestApp, bits: i64) -> Json {
    json!({"id": t.user_id(ADA), "email": ADA, "status": 1, "activationStatus": bits, "firstName": "Ada"})
}

/// The invitee is quicker than we are: the answer to the creation was lost, and the account is active before we look.
#[tokio::test]
async fn an_account_activated_before_our_read_back_is_congratulated_once() {
    for early in [true, false] {
        let t = quiet().await;
        t.fault(json!({"path": "/people", "drop": "after"}));
        t.hire("7", ADA).await;
        t.drain().await;
        assert_eq!(t.only("onboard").await.0, JobState::Ready);
        t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
        let tell = async |t: &TestApp| {
            t.docspace("user.created", 1, account(t, 2)).await;
            t.docspace("user.updated", 2, account(t, 1)).await;
            t.docspace("user.updated", 3, account(t, 1)).await;
        };
        if early {
            tell(&t).await;
            assert_eq!(t.calls("POST", "/portal/sendcongratulations"), 0, "the person's earlier job comes first");
        }
        t.advance(SignedDuration::from_secs(60)).await;
        if !early {
            tell(&t).await;
        }
        assert_eq!(t.only("onboard").await.0, JobState::Done);
        assert_eq!(t.mails(ADA), ["activation", "congratulation"], "early: {early}");
    }
}

#[tokio::test]
async fn two_webhooks_of_one_portal_are_one_activation() {
    let t = quiet().await;
    t.hire("7", ADA).await;
    t.drain().await;
    for (webhook, source) in [(1, "docspace"), (2, "docspace"), (3, "again")] {
        let body = json!({"event": {"id": 10 + webhook, "createOn": "2026-08-03T08:00:00Z", "trigger": "user.updated", "triggerId": 4},
            "payload": account(&t, 1), "webhook": {"id": webhook, "name": "usher", "triggers": ["*"]}});
        let (headers, body) = t.sign(source, body.to_string().into_bytes());
        assert_eq!(t.post(source, headers, body).await.status(), 200);
    }
    t.drain().await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
    let stored = t.jobs("process").await.iter().filter(|job| job.source.as_deref() != Some("own")).count();
    assert_eq!(stored, 2, "two webhooks to one source are one delivery, another source has its own");
    assert_eq!(t.people().await.len(), 1);
}

#[tokio::test]
async fn an_attempt_that_tells_of_the_failures_before_is_the_same_delivery() {
    let t = quiet().await;
    t.hire("7", ADA).await;
    t.drain().await;
    for retry in 0..3 {
        let mut webhook = json!({"id": 1, "name": "usher", "triggers": ["*"]});
        if retry > 0 {
            webhook["retryCount"] = json!(retry);
            webhook["lastFailureContent"] = json!("503");
        }
        let body = json!({"event": {"id": 10, "createOn": "2026-08-03T08:00:00Z", "trigger": "user.updated", "triggerId": 4},
            "payload": account(&t, 1), "webhook": webhook});
        let (headers, body) = t.sign("docspace", body.to_string().into_bytes());
        assert_eq!(t.post("docspace", headers, body).await.status(), 200);
    }
    t.drain().await;
    let stored = t.jobs("process").await.iter().filter(|job| job.source.as_deref() == Some("docspace")).count();
    assert_eq!((stored, t.jobs("congratulate").await.len()), (1, 1));
}

#[tokio::test]
async fn a_redelivery_while_its_job_runs_is_seen() {
    let t = quiet().await;
    t.hire("7", ADA).await;
    let claimed = t.app.store.claim(claim(9, 9), t.clock.now()).await.unwrap();
    assert_eq!(t.hire("7", ADA).await, 200);
    usher::process::run(&t.app, &claimed.process, t.clock.now()).await.unwrap();
    assert_eq!(t.hire("7", ADA).await, 200);
    t.drain().await;
    assert_eq!((t.jobs("process").await.len(), t.jobs("onboard").await.len()), (1, 1));
}

#[tokio::test]
async fn news_of_a_deleted_account_that_come_late_are_no_activation() {
    let t = quiet().await;
    t.hire("7", ADA).await;
    t.drain().await;
    let active = account(&t, 1);
    t.docspace("user.deleted", 1, json!({"id": t.user_id(ADA), "email": ADA, "status": 2})).await;
    t.docspace("user.updated", 2, active).await;
    assert!(t.jobs("congratulate").await.is_empty());
}

#[tokio::test]
async fn an_account_known_to_be_pending_makes_the_transition() {
    let t = quiet().await;
    t.sandbox_user(ADA).await;
    t.hire("7", ADA).await;
    t.drain().await;
    assert!(t.only("onboard").await.1.starts_with("known"));
    t.docspace("user.updated", 1, account(&t, 1)).await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
}

#[tokio::test]
async fn a_rerun_of_an_activation_is_no_second_one() {
    let t = quiet().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.docspace("user.updated", 1, account(&t, 1)).await;
    let delivery = t.jobs("congratulate").await[0].delivery.unwrap();
    t.app.store.rerun(delivery, "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
}

/// The congratulation waits for the person's onboarding, not for anybody else's.
#[tokio::test]
async fn a_congratulation_for_a_person_waits_behind_the_persons_retrying_job() {
    let t = quiet().await;
    t.fault(json!({"path": "/people/invite", "status": 503}));
    t.hire("7", ADA).await;
    t.drain().await;
    t.docspace("user.updated", 1, account(&t, 1)).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Ready);
    assert!(t.app.store.cancel(vec![t.jobs("onboard").await[0].id], "tests", t.clock.now()).await.unwrap() == 1);
    t.drain().await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
}
