//! From the activated account to the one congratulation.

use jiff::SignedDuration;
use serde_json::json;
use usher::model::JobState;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

async fn onboarded(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

fn user(t: &TestApp, activation: i64, status: i64) -> serde_json::Value {
    json!({"id": t.user_id(ADA), "email": ADA, "status": status, "activationStatus": activation, "firstName": "Ada", "lastName": "Example"})
}

#[tokio::test]
async fn two_updates_in_a_row_are_one_congratulation() {
    let t = onboarded(Scene::default()).await;
    t.activate(ADA).await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
    assert_eq!(t.calls("POST", "/portal/sendcongratulations"), 1);
    let people = t.people().await;
    assert_eq!(people.len(), 1, "{people:#?}");
    assert!(people[0].activated_at.is_some() && people[0].congratulated_at.is_some());
}

#[tokio::test]
async fn an_invited_person_who_registers_is_congratulated() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", mode = \"invite\" }\n[[rules]]\non = \"user.activated\"\ncongratulate = { key = \"welcome_guest\" }\n";
    let t = onboarded(Scene { rules: rules.to_owned(), ..Scene::default() }).await;
    t.activate(ADA).await;
    assert_eq!(t.mails(ADA).iter().filter(|kind| *kind == "congratulation").count(), 1);
}

#[tokio::test]
async fn a_profile_edit_of_a_long_standing_member_is_no_activation() {
    let t = TestApp::start().await;
    let member = json!({"id": "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01", "email": "old@corp.example", "status": 1, "activationStatus": 1});
    t.docspace("user.updated", 5, member.clone()).await;
    t.docspace("user.updated", 6, member).await;
    assert!(t.jobs("congratulate").await.is_empty());
}

#[tokio::test]
async fn an_id_seen_unset_makes_the_transition_once() {
    let t = TestApp::start().await;
    let id = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";
    t.docspace("user.updated", 5, json!({"id": id, "email": "new@corp.example", "status": 1, "activationStatus": 2}))
        .await;
    t.docspace("user.updated", 6, json!({"id": id, "email": "new@corp.example", "status": 1, "activationStatus": 5}))
        .await;
    t.docspace("user.updated", 7, json!({"id": id, "email": "new@corp.example", "status": 1})).await;
    t.docspace("user.updated", 8, json!({"id": id, "email": "new@corp.example", "status": 1, "activationStatus": 1}))
        .await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
}

#[tokio::test]
async fn a_disabled_account_with_the_bit_set_never_makes_the_transition() {
    let t = onboarded(Scene { webhook: false, ..Scene::default() }).await;
    t.docspace("user.updated", 5, user(&t, 1, 2)).await;
    t.docspace("user.updated", 6, user(&t, 1, 1)).await;
    assert!(t.jobs("congratulate").await.is_empty());
}

#[tokio::test]
async fn a_known_active_account_never_makes_the_transition() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.sandbox_user(ADA).await;
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.hire("7", ADA).await;
    t.drain().await;
    t.docspace("user.updated", 5, user(&t, 1, 1)).await;
    assert!(t.jobs("congratulate").await.is_empty());
}

#[tokio::test]
async fn an_old_activation_of_a_stranger_is_no_news_but_one_of_ours_is() {
    let t = onboarded(Scene { webhook: false, ..Scene::default() }).await;
    t.clock.advance(SignedDuration::from_hours(24 * 8));
    t.docspace("user.created", 5, json!({"id": "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01", "email": "x@corp.example", "status": 1, "activationStatus": 1})).await;
    assert!(t.jobs("congratulate").await.is_empty());
    t.docspace("user.updated", 6, user(&t, 1, 1)).await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
}

#[tokio::test]
async fn a_redelivery_by_hand_with_a_new_event_id_changes_nothing() {
    let t = onboarded(Scene { webhook: false, ..Scene::default() }).await;
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.docspace("user.updated", 5, user(&t, 1, 1)).await;
    t.docspace("user.updated", 99, user(&t, 1, 1)).await;
    assert_eq!(t.jobs("congratulate").await.len(), 1);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
    let own = t
        .app
        .store
        .deliveries(usher::store::DeliveryFilter { source: Some("docspace".to_owned()), ..Default::default() })
        .await
        .unwrap();
    assert_eq!(own.len(), 1, "trigger, person, time and payload are the same: {own:?}");
}

#[tokio::test]
async fn a_real_server_refuses_the_template_key_and_the_job_is_held() {
    let t = onboarded(Scene { strict: true, ..Scene::default() }).await;
    t.activate(ADA).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("403") && reason.contains("welcome_guest"), "{reason}");
    assert_eq!(t.mails(ADA), ["activation"]);
}

async fn congratulation_after(fault: serde_json::Value) -> (TestApp, JobState, String) {
    let t = onboarded(Scene::default()).await;
    t.fault(fault);
    t.activate(ADA).await;
    let (state, reason) = t.only("congratulate").await;
    (t, state, reason)
}

#[tokio::test]
async fn an_uncertain_congratulation_is_held_and_never_repeated_by_itself() {
    let path = "/portal/sendcongratulations";
    for fault in [
        json!({"path": path, "drop": "after"}),
        json!({"path": path, "drop": "before"}),
        json!({"path": path, "status": 500}),
        json!({"path": path, "status": 502, "body": "<html>bad gateway</html>"}),
        json!({"path": path, "status": 200, "body": "not the envelope"}),
        json!({"path": path, "status": 403}),
    ] {
        let (t, state, reason) = congratulation_after(fault.clone()).await;
        assert_eq!(state, JobState::Held, "{fault} {reason}");
        assert!(reason.contains("may have been sent"), "{fault} {reason}");
        t.advance(SignedDuration::from_hours(24)).await;
        assert_eq!(t.calls("POST", path), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_put_off_congratulation_is_sent_later() {
    let path = "/portal/sendcongratulations";
    for (status, wait) in [(503, 10), (429, 70), (401, 70), (402, 70), (404, 70)] {
        let (t, state, reason) = congratulation_after(json!({"path": path, "status": status})).await;
        assert_eq!(state, JobState::Ready, "{status} {reason}");
        for _ in 0..3 {
            t.advance(SignedDuration::from_secs(wait)).await;
        }
        assert_eq!(t.only("congratulate").await.0, JobState::Done, "{status}");
        assert_eq!(t.mails(ADA), ["activation", "congratulation"], "{status}");
    }
}

#[tokio::test]
async fn a_congratulation_goes_without_the_key() {
    // The portal turns a key away that lacks the scope, here as everywhere; without one it does not ask.
    let permissions = ["accounts:write", "accounts.self:read"].map(str::to_owned).to_vec();
    let t = onboarded(Scene { permissions, ..Scene::default() }).await;
    t.activate(ADA).await;
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

#[tokio::test]
async fn a_released_uncertain_congratulation_is_sent_once_more() {
    let (t, _, _) = congratulation_after(json!({"path": "/portal/sendcongratulations", "drop": "before"})).await;
    t.release("congratulate").await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}
