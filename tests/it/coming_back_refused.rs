//! Whoever is hired again, at a portal that refuses, is full or loses answers; and who is not back at all.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::JobState;

use crate::leavers_spared::{ADA, AT_ONCE, hire, rules, status, terminated, told};
use crate::onboarding_places::envelope;
use crate::scene::Scene;
use crate::support::TestApp;

const ENABLE: &str = "[[rules]]\non = \"employee.hired\"\nenable = {}\n";

async fn start(more: &str) -> TestApp {
    let t = TestApp::with(Scene { rules: format!("{}{more}", rules(AT_ONCE)), ..Scene::default() }).await;
    t.sandbox.add_group("Sales");
    t.sandbox.add_group("Engineering");
    t
}

/// Ada was onboarded, came, and has left.
async fn left(more: &str) -> TestApp {
    let t = start(more).await;
    hire(&t, 7, ADA).await;
    t.activate(ADA).await;
    terminated(&t, 7, json!({"ends_on": "2026-08-03"})).await;
    assert_eq!(status(&t, ADA), 2);
    t.clock.advance(SignedDuration::from_hours(24 * 30));
    t
}

/// Hired again on a later day.
async fn back(t: &TestApp) {
    told(t, "employee.hired", 7, json!({"email": ADA, "first_name": "Ada", "starts_on": "2026-10-01"})).await;
}

async fn last(t: &TestApp, kind: &str) -> (JobState, String) {
    let job = t.jobs(kind).await.into_iter().max_by_key(|job| job.id).unwrap();
    (job.state, job.reason.unwrap_or_default())
}

#[tokio::test]
async fn whoever_is_back_and_leaves_again_is_disabled_again() {
    let t = left(ENABLE).await;
    back(&t).await;
    t.clock.advance(SignedDuration::from_hours(24 * 90));
    terminated(&t, 7, json!({})).await;
    assert_eq!((status(&t, ADA), last(&t, "disable").await.0), (2, JobState::Done));
}

/// Nobody has left: the hire is news of nothing, and why the account is closed an administrator knows.
#[tokio::test]
async fn a_hire_that_is_told_again_opens_no_account_that_an_administrator_has_closed() {
    let t = start(ENABLE).await;
    hire(&t, 7, ADA).await;
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [t.user_id(ADA)]})).await;
    back(&t).await;
    assert_eq!((t.jobs("enable").await.len(), last(&t, "onboard").await.0, status(&t, ADA)), (0, JobState::Held, 2));
}

#[tokio::test]
async fn an_account_that_is_open_or_gone_is_no_work() {
    let t = left(ENABLE).await;
    t.portal(Method::PUT, "/people/status/1", json!({"userIds": [t.user_id(ADA)]})).await;
    back(&t).await;
    assert_eq!(t.only("enable").await, (JobState::Done, "nothing to enable: the account is not disabled".to_owned()));
    let t = left(ENABLE).await;
    let id = t.user_id(ADA);
    t.delete_sandbox_user(&id).await;
    back(&t).await;
    assert_eq!(t.only("enable").await.0, JobState::Done);
    assert_eq!((t.users().len(), status(&t, ADA)), (1, 4), "a new account, and its invitation");
}

#[tokio::test]
async fn a_missing_seat_is_waited_for_and_the_onboarding_waits_with_it() {
    let t = left(ENABLE).await;
    t.fault(json!({"path": "/people/status/1", "status": 402, "body": envelope(402, "quota")}));
    back(&t).await;
    assert_eq!((t.only("enable").await.0, last(&t, "onboard").await.0), (JobState::Ready, JobState::Ready));
    t.advance(SignedDuration::from_mins(61)).await;
    assert_eq!(
        (t.only("enable").await.0, last(&t, "onboard").await.0, status(&t, ADA)),
        (JobState::Done, JobState::Done, 1)
    );
}

#[tokio::test]
async fn a_lost_answer_or_an_outage_enables_once() {
    for fault in [json!({"drop": "after"}), json!({"drop": "before"}), json!({"status": 500}), json!({"status": 503})] {
        let mut t = left(ENABLE).await;
        let mut fault = fault;
        fault["path"] = json!("/people/status/1");
        t.fault(fault.clone());
        back(&t).await;
        assert_eq!(t.only("enable").await.0, JobState::Ready, "{fault}");
        t.restart().await;
        t.advance(SignedDuration::from_secs(120)).await;
        let (state, reason) = t.only("enable").await;
        assert_eq!((state, status(&t, ADA)), (JobState::Done, 1), "{fault}");
        assert!(reason.starts_with("enabled: the account is the one of before"), "{fault}: {reason}");
        assert_eq!(t.people().await[0].disabled_at, None);
    }
}

#[tokio::test]
async fn a_refusal_is_held_and_says_why() {
    let t = left(ENABLE).await;
    t.fault(json!({"path": "/people/status/1", "status": 403, "body": envelope(403, "Access denied")}));
    back(&t).await;
    let (state, reason) = t.only("enable").await;
    assert_eq!((state, status(&t, ADA)), (JobState::Held, 2));
    assert!(reason.contains("the owner of the API key may not do this"), "{reason}");
}

#[tokio::test]
async fn whoever_leaves_again_before_the_account_was_opened_stays_out() {
    let t = left(ENABLE).await;
    t.fault(json!({"path": "/people/status/1", "status": 402, "body": envelope(402, "quota")}));
    back(&t).await;
    told(&t, "employee.rescinded", 7, json!({})).await;
    t.advance(SignedDuration::from_hours(2)).await;
    assert_eq!((t.only("enable").await.0, status(&t, ADA)), (JobState::Cancelled, 2));
}
