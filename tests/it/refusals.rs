//! The portal refusing, failing and coming back.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::JobState;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

async fn hire_after(fault: Json) -> TestApp {
    let t = TestApp::start().await;
    t.fault(fault);
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

fn envelope(status: u16, message: &str) -> Json {
    json!({"error": {"message": message, "type": "System.Exception", "stack": null, "hresult": 1}, "status": 1, "statusCode": status})
}

#[tokio::test]
async fn an_outage_at_any_call_ends_in_one_account_and_one_mail() {
    for path in ["/people/email", "/people", "/people/invite"] {
        for (what, fault) in [
            ("500", json!({"status": 500})),
            ("502 html", json!({"status": 502, "body": "<html>"})),
            ("503", json!({"status": 503})),
            ("429", json!({"status": 429})),
            ("200 html", json!({"status": 200, "body": "<html>"})),
            ("truncated", json!({"status": 200, "body": "{\"response\": {"})),
            ("no response", json!({"status": 200, "body": {"count": 0, "status": 0, "statusCode": 200}})),
            ("dropped before", json!({"drop": "before"})),
            ("dropped after", json!({"drop": "after"})),
        ] {
            // The answer to an invitation carries nothing we need.
            if (path, what) == ("/people/invite", "no response") {
                continue;
            }
            let mut fault = fault;
            fault["path"] = json!(path);
            let t = hire_after(fault).await;
            let (state, reason) = t.only("onboard").await;
            assert_eq!(state, JobState::Ready, "{path} {what} {reason}");
            assert_eq!(t.jobs("onboard").await[0].attempts, 0, "{path} {what}: outages use up no attempts");
            for _ in 0..3 {
                t.advance(SignedDuration::from_secs(120)).await;
            }
            assert_eq!(t.only("onboard").await.0, JobState::Done, "{path} {what}");
            assert_eq!((t.users().len(), t.mails(ADA)), (1, vec!["activation".to_owned()]), "{path} {what}");
            t.activate(ADA).await;
            assert_eq!(t.mails(ADA), ["activation", "congratulation"], "{path} {what}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let t = hire_after(json!({"path": "/people", "status": 429, "headers": {"Retry-After": "90"}})).await;
    t.advance(SignedDuration::from_secs(89)).await;
    assert_eq!(t.only("onboard").await.0, JobState::Ready);
    t.advance(SignedDuration::from_secs(15)).await;
    assert_eq!(t.only("onboard").await.0, JobState::Done);
}

#[tokio::test]
async fn an_outage_of_seven_days_ends_the_job() {
    let t = TestApp::start().await;
    t.fault(json!({"path": "/people/email", "status": 500, "times": 100_000}));
    t.hire("7", ADA).await;
    t.drain().await;
    for _ in 0..8 {
        t.advance(SignedDuration::from_hours(23)).await;
    }
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead, "{reason}");
    assert!(reason.contains("7 days"), "{reason}");
}

#[tokio::test]
async fn refusals_of_the_whole_portal_pause_it_until_a_probe_succeeds() {
    for status in [401, 402, 404] {
        let t = hire_after(json!({"path": "/people/email", "status": status})).await;
        let (state, _) = t.only("onboard").await;
        assert_eq!(state, JobState::Ready, "{status}");
        assert!(t.app.portal.as_ref().unwrap().pause_state().is_some(), "{status}");
        let before = t.state()["calls"].as_array().unwrap().len();
        t.hire("8", "bob@corp.example").await;
        t.drain().await;
        assert_eq!(t.state()["calls"].as_array().unwrap().len(), before, "{status}: nothing is sent while paused");
        for _ in 0..3 {
            t.advance(SignedDuration::from_secs(61)).await;
        }
        assert_eq!(t.users().len(), 2, "{status}");
        assert!(t.app.portal.as_ref().unwrap().pause_state().is_none(), "{status}");
    }
}

#[tokio::test]
async fn a_wrong_key_pauses_and_says_so() {
    let t = TestApp::with(Scene { api_key: "sk-wrong".to_owned(), ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Ready);
    assert!(reason.contains("API key"), "{reason}");
}

#[tokio::test]
async fn a_missing_scope_holds_that_job_and_leaves_the_rest_running() {
    let t = hire_after(json!({"path": "/people", "status": 403})).await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("accounts:write"), "{reason}");
    t.hire("8", "bob@corp.example").await;
    t.drain().await;
    assert_eq!(t.users(), ["bob@corp.example"]);
}

#[tokio::test]
async fn a_400_on_create_without_an_account_is_dead() {
    let t =
        hire_after(json!({"path": "/people", "status": 400, "body": envelope(400, "Incorrect firstname or lastname")}))
            .await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("400"), "{reason}");
    assert_eq!(t.calls("GET", "/people/email"), 2, "looked up again");
}

#[tokio::test]
async fn a_full_quota_and_a_missing_right_are_held() {
    for status in [402, 403] {
        let t = hire_after(json!({"path": "/people", "status": status, "body": envelope(status, "no")})).await;
        assert_eq!(t.only("onboard").await.0, JobState::Held, "{status}");
    }
}

#[tokio::test]
async fn an_unknown_address_rule_of_the_portal_is_told() {
    let t = TestApp::start().await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "R2D2", "last_name": "X"})).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("refused"), "{reason}");
}
