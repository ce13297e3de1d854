//! Activations that no webhook told, found by comparing accounts with the ledger.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::catch_up::{Reconciled, reconcile};
use usher::model::{AccountState, JobState};
use usher::sandbox::{Joining, Way};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const BOB: &str = "bob@corp.example";
const LONG: SignedDuration = SignedDuration::from_hours(8 * 24);

async fn compare(t: &TestApp) -> Reconciled {
    reconcile(&t.app, "docspace", &t.app.portals["docspace"], false).await.unwrap()
}

fn found(told: &Reconciled) -> (u64, u64, u64) {
    (told.activated, told.jobs, told.noted)
}

/// Ada has an account of ours; no webhook comes.
async fn onboarded() -> TestApp {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

#[tokio::test]
async fn a_silent_activation_is_found_once_and_not_again_when_its_webhook_comes_late() {
    let t = onboarded().await;
    assert_eq!(found(&compare(&t).await), (0, 0, 0), "nobody is active yet");
    t.sandbox.activate_silently(&t.user_id(ADA)).await.unwrap();
    let told = compare(&t).await;
    assert_eq!((told.looked_at, found(&told)), (2, (1, 1, 0)), "Ada and the owner of the key");
    assert_eq!(found(&compare(&t).await), (0, 0, 0));
    t.drain().await;
    let job = &t.jobs("congratulate").await[0];
    assert_eq!(job.key, format!("congratulate/reconcile/docspace/{}", t.user_id(ADA)));
    let late = json!({"id": t.user_id(ADA), "email": ADA, "status": 1, "activationStatus": 1});
    t.docspace("user.updated", 5, late.clone()).await;
    t.docspace("user.created", 4, late).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
    let metrics = t.metrics().await;
    assert!(metrics.contains("usher_reconciled_total{portal=\"docspace\",outcome=\"activated\"} 1"), "{metrics}");
}

#[tokio::test]
async fn an_activation_known_by_its_webhook_is_not_found_again() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    assert_eq!(found(&compare(&t).await), (0, 0, 0));
    assert_eq!(t.jobs("congratulate").await.len(), 1);
}

#[tokio::test]
async fn a_stranger_whom_the_ledger_saw_pending_is_found_too() {
    let t = TestApp::start().await;
    t.sandbox_user(BOB).await;
    t.sandbox.activate_silently(&t.user_id(BOB)).await.unwrap();
    assert_eq!(found(&compare(&t).await), (1, 1, 0));
    t.drain().await;
    assert_eq!(t.mails(BOB), ["activation", "congratulation"]);
}

#[tokio::test]
async fn members_of_long_standing_are_noted_as_active_and_never_congratulated() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.sandbox_user(BOB).await;
    t.sandbox.activate(&t.user_id(BOB)).await.unwrap();
    t.clock.advance(LONG);
    let told = compare(&t).await;
    assert_eq!(told.activated + told.jobs, 0);
    assert_eq!(told.noted, 2, "Bob and the owner of the key");
    assert_eq!(compare(&t).await.noted, 0);
    let people = t.people().await;
    assert!(people.iter().all(|person| person.account == AccountState::Active && person.activated_at.is_none()));
    // As after a changed address: unset, and set again.
    for (number, activation) in [(5, 2), (6, 1)] {
        let record = json!({"id": t.user_id(BOB), "email": BOB, "status": 1, "activationStatus": activation});
        t.docspace("user.updated", number, record).await;
    }
    assert!(t.jobs("congratulate").await.is_empty());
}

/// Its webhook may be on its way: whoever is noted here would never be congratulated.
#[tokio::test]
async fn a_newcomer_whom_the_ledger_does_not_know_is_left_to_the_webhook() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    let (email, first_name, last_name) = (BOB.to_owned(), "Bob".to_owned(), "Example".to_owned());
    let joining = Joining { way: Way::Domain, link: None, email, first_name, last_name, culture: None };
    t.sandbox.join(&joining).await.unwrap();
    assert_eq!(found(&compare(&t).await), (0, 0, 0));
    assert!(t.people().await.is_empty());
    t.docspace("user.created", 5, json!({"id": t.user_id(BOB), "email": BOB, "status": 1, "activationStatus": 1}))
        .await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
}

#[tokio::test]
async fn nobody_is_noted_while_a_delivery_waits_to_be_worked_on() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.sandbox_user(BOB).await;
    t.sandbox.activate(&t.user_id(BOB)).await.unwrap();
    t.clock.advance(LONG);
    let record = json!({"id": t.user_id(BOB), "email": BOB, "status": 1, "activationStatus": 2});
    t.docspace_at("user.updated", 5, "2026-08-11T08:00:00Z", record).await;
    assert_eq!(compare(&t).await.noted, 0);
    t.drain().await;
    assert_eq!(found(&compare(&t).await), (1, 1, 1), "the delivery told that Bob was pending; the owner is noted now");
}

#[tokio::test]
async fn disabled_and_deleted_accounts_are_left_alone() {
    let t = onboarded().await;
    let id = t.user_id(ADA);
    t.sandbox.activate_silently(&id).await.unwrap();
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [id]})).await;
    assert_eq!(found(&compare(&t).await), (0, 0, 0), "disabled");
    t.docspace("user.deleted", 5, json!({"id": id, "email": ADA, "status": 2, "activationStatus": 1})).await;
    t.portal(Method::PUT, "/people/status/1", json!({"userIds": [id]})).await;
    assert_eq!(found(&compare(&t).await), (0, 0, 0), "the portal said that it was deleted");
    assert!(t.jobs("congratulate").await.is_empty());
}

/// Whoever is being onboarded is not joined to an account of the same address here: the job looks whose it is.
#[tokio::test]
async fn an_address_that_is_being_worked_on_is_left_to_its_job() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    t.sandbox_user(ADA).await;
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.clock.advance(LONG);
    t.fault(json!({"path": "/people/email", "status": 503}));
    t.hire("7", ADA).await;
    t.drain().await;
    compare(&t).await;
    let ada = t.people().await.into_iter().find(|person| !person.employees.is_empty()).unwrap();
    assert_eq!((ada.user_id, ada.account), (None, AccountState::Unknown));
    t.advance(SignedDuration::from_secs(60)).await;
    let (state, reason) = t.only("onboard").await;
    assert!(state == JobState::Done && reason.starts_with("known"), "{reason}");
    assert_eq!(found(&compare(&t).await), (0, 0, 0));
    assert!(t.jobs("congratulate").await.is_empty());
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing() {
    let t = onboarded().await;
    t.sandbox.activate_silently(&t.user_id(ADA)).await.unwrap();
    t.clock.advance(LONG);
    for _ in 0..2 {
        let told = reconcile(&t.app, "docspace", &t.app.portals["docspace"], true).await.unwrap();
        assert_eq!(found(&told), (1, 1, 1), "Ada, and the owner of the key");
    }
    t.drain().await;
    assert!(t.jobs("congratulate").await.is_empty());
    assert_eq!(t.people().await.len(), 1);
}

#[tokio::test]
async fn every_page_of_accounts_is_read() {
    let t = TestApp::with(Scene { webhook: false, ..Scene::default() }).await;
    for number in 0..205 {
        let email = format!("p{number}@corp.example");
        let (first_name, last_name) = ("Some".to_owned(), "Body".to_owned());
        let joining = Joining { way: Way::Domain, link: None, email, first_name, last_name, culture: None };
        t.sandbox.join(&joining).await.unwrap();
    }
    t.clock.advance(LONG);
    let told = compare(&t).await;
    assert_eq!((told.looked_at, told.noted), (206, 206));
    assert_eq!(t.calls("GET", "/people/filter"), 3);
    assert_eq!(t.people().await.len(), 206);
}

#[tokio::test]
async fn a_rule_on_changed_accounts_does_not_listen_to_the_comparison() {
    let rules = "[[rules]]\non = \"user.updated\"\ncongratulate = { key = \"welcome_guest\" }\n".to_owned();
    let t = TestApp::with(Scene { rules, ..Scene::default() }).await;
    t.sandbox_user(BOB).await;
    t.sandbox.activate_silently(&t.user_id(BOB)).await.unwrap();
    assert_eq!(found(&compare(&t).await), (1, 0, 0), "it is an activation, and no rule asks for anything");
}
