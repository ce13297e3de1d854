//! A portal that refuses everybody for a while: nothing waits for a person, and nothing is done twice.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::JobState;
use usher::sandbox::Condition;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const PATH: &str = "/portal/sendcongratulations";

fn pause(t: &TestApp) -> Option<String> {
    t.app.portals["docspace"].pause_state().map(|pause| pause.reason)
}

/// A few rounds of the minute after which a paused portal is asked again.
async fn minutes(t: &TestApp, number: u8) {
    for _ in 0..number {
        t.advance(SignedDuration::from_secs(61)).await;
    }
}

#[tokio::test]
async fn whoever_is_hired_while_the_portal_is_closed_is_invited_once_when_it_opens() {
    for (condition, word) in
        [(Condition::Restoring, "restored"), (Condition::Unpaid, "subscription"), (Condition::Suspended, "suspended")]
    {
        let t = TestApp::start().await;
        t.sandbox.set_condition(condition);
        t.hire("7", ADA).await;
        t.drain().await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!(state, JobState::Ready, "{condition:?}: {reason}");
        assert!(reason.contains(word) && pause(&t).is_some_and(|why| why.contains(word)), "{condition:?}: {reason}");
        minutes(&t, 5).await;
        assert_eq!(t.only("onboard").await.0, JobState::Ready, "{condition:?}: the probe does not take it for open");
        t.sandbox.set_condition(Condition::Normal);
        minutes(&t, 2).await;
        assert_eq!((t.only("onboard").await.0, pause(&t)), (JobState::Done, None), "{condition:?}");
        assert_eq!((t.calls("POST", "/people"), t.mails(ADA)), (1, vec!["activation".to_owned()]), "{condition:?}");
    }
}

#[tokio::test]
async fn whoever_is_activated_before_the_portal_closes_is_congratulated_once_when_it_opens() {
    for condition in [Condition::Restoring, Condition::Unpaid, Condition::Suspended] {
        let t = TestApp::start().await;
        t.hire("7", ADA).await;
        t.drain().await;
        t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
        t.sandbox.webhooks_settled().await;
        t.sandbox.set_condition(condition);
        t.drain().await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!((state, t.calls("POST", PATH)), (JobState::Ready, 0), "{condition:?}: {reason}");
        t.sandbox.set_condition(Condition::Normal);
        minutes(&t, 2).await;
        assert_eq!((t.only("congratulate").await.0, t.calls("POST", PATH)), (JobState::Done, 1), "{condition:?}");
    }
}

#[tokio::test]
async fn a_portal_that_closes_between_two_calls_keeps_what_was_done() {
    for condition in [Condition::Restoring, Condition::Unpaid, Condition::Suspended] {
        let t = TestApp::start().await;
        t.fault(json!({"path": "/people/invite", "status": 503}));
        t.hire("7", ADA).await;
        t.drain().await;
        t.sandbox.set_condition(condition);
        minutes(&t, 2).await;
        assert_eq!(t.only("onboard").await.0, JobState::Ready, "{condition:?}");
        t.sandbox.set_condition(Condition::Normal);
        minutes(&t, 2).await;
        assert_eq!(t.only("onboard").await.0, JobState::Done, "{condition:?}");
        assert_eq!((t.calls("POST", "/people"), t.mails(ADA)), (1, vec!["activation".to_owned()]), "{condition:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_switched_off_and_on_again_loses_nobody() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.sandbox.switch_key(false);
    t.hire("8", "bob@corp.example").await;
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.drain().await;
    assert!(pause(&t).is_some_and(|why| why.contains("not expired")), "{:?}", pause(&t));
    t.sandbox.switch_key(true);
    minutes(&t, 2).await;
    assert_eq!(t.mails("bob@corp.example"), ["activation"]);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

#[tokio::test]
async fn a_scope_that_is_missing_for_everything_is_no_closed_portal() {
    let t = TestApp::with(Scene { permissions: vec!["rooms:read".to_owned()], ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, pause(&t)), (JobState::Held, None), "{reason}");
    assert!(reason.contains("accounts:read"), "{reason}");
}

#[tokio::test]
async fn a_failure_of_the_settings_leaves_an_empty_403_a_missing_scope() {
    for settings in
        [json!({"status": 500}), json!({"status": 403}), json!({"drop": "after"}), json!({"body": "<html>"})]
    {
        let t = TestApp::start().await;
        let mut settings = settings;
        settings["path"] = json!("/settings");
        t.fault(settings.clone());
        t.fault(json!({"method": Method::GET.as_str(), "path": "/people/email", "status": 403}));
        t.hire("7", ADA).await;
        t.drain().await;
        assert_eq!((t.only("onboard").await.0, pause(&t)), (JobState::Held, None), "{settings}");
    }
}
