//! Whoever left and is hired again: the same account, and nobody is mailed twice.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Job, JobState};

use crate::leavers::{AT_ONCE, disabling, leave, leaving, stage, status};
use crate::onboarding_places::envelope;
use crate::planning::{ADA, due, hire, tell};
use crate::scene::Scene;
use crate::support::TestApp;

/// In an order that is nobody's: what follows from one hire is done in its own.
const BACK: &str = "[[rules]]\non = \"employee.hired\"\nupdate = { groups = [{ expr = \"event.department\" }] }\n";
const ENABLE: &str = "[[rules]]\non = \"employee.hired\"\nenable = {}\n";

fn with_enable(disable: &str) -> Scene {
    let scene = leaving(disable);
    Scene { rules: format!("{BACK}{}{ENABLE}", scene.rules), ..scene }
}

/// Ada, who has left, and whose account is disabled.
async fn left(scene: Scene) -> TestApp {
    let t = stage(scene).await;
    leave(&t, "2026-08-31").await;
    assert_eq!(status(&t), 2);
    t.advance(SignedDuration::from_hours(24 * 50)).await;
    t
}

async fn back(t: &TestApp, starts_on: &str) {
    tell(t, "employee.hired", hire(&json!({"starts_on": starts_on, "department": "Sales"}))).await;
}

/// The jobs of the last hire, in the order in which they were made.
async fn jobs(t: &TestApp) -> Vec<Job> {
    let mut jobs = Vec::new();
    for kind in ["onboard", "enable", "update", "disable"] {
        jobs.extend(t.jobs(kind).await);
    }
    jobs.sort_by_key(|job| job.id);
    let latest = jobs.iter().filter_map(|job| job.delivery).max();
    jobs.retain(|job| job.delivery == latest);
    jobs
}

/// Kinds, states and reasons of them.
async fn told(t: &TestApp) -> Vec<(String, JobState, String)> {
    let row = |job: Job| (job.kind.to_string(), job.state, job.reason.unwrap_or_default());
    jobs(t).await.into_iter().map(row).collect()
}

fn enabling(t: &TestApp) -> usize {
    t.calls("PUT", "/people/status/1")
}

#[tokio::test]
async fn who_comes_back_has_the_same_account_again_and_is_mailed_nothing() {
    let t = left(with_enable(AT_ONCE)).await;
    t.sandbox.add_group("Sales");
    let (id, mails) = (t.user_id(ADA), t.mails(ADA));
    back(&t, "2026-10-01").await;
    assert_eq!((status(&t), t.user_id(ADA), t.mails(ADA)), (1, id.clone(), mails));
    let person = &t.people().await[0];
    assert_eq!((person.left_at, person.disabled_at, &person.ends_on), (None, None, &None));
    assert_eq!((t.calls("POST", "/people"), enabling(&t)), (1, 1));
    assert_eq!(t.sandbox.state().groups[0].members, [id]);
    let told = told(&t).await;
    let kinds: Vec<_> = told.iter().map(|(kind, state, _)| (kind.as_str(), *state)).collect();
    assert_eq!(kinds, [("enable", JobState::Done), ("onboard", JobState::Done), ("update", JobState::Done)]);
    assert!(told[0].2.starts_with("enabled: the account is the one of before"), "{told:#?}");
    assert!(told[1].2.starts_with("known: onboarded before"), "{told:#?}");
    assert!(told[2].2.contains("in the group Sales"), "{told:#?}");
    leave(&t, "2026-12-31").await;
    assert_eq!((status(&t), disabling(&t)), (2, 2), "and leaves once more");
}

#[tokio::test]
async fn what_follows_from_one_hire_waits_for_the_account_to_be_enabled() {
    let t = left(with_enable(AT_ONCE)).await;
    t.sandbox.add_group("Sales");
    t.fault(json!({"method": "PUT", "path": "/people/status/1", "status": 503}));
    back(&t, "2026-10-01").await;
    let states: Vec<_> = told(&t).await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, [JobState::Ready; 3]);
    t.advance(SignedDuration::from_mins(20)).await;
    let states: Vec<_> = told(&t).await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!((states, status(&t)), (vec![JobState::Done; 3], 1));
    assert_eq!(t.sandbox.state().groups[0].members.len(), 1);
}

#[tokio::test]
async fn without_a_rule_that_enables_somebody_is_asked() {
    let t = left(leaving(AT_ONCE)).await;
    back(&t, "2026-10-01").await;
    let told = told(&t).await;
    assert_eq!((told.len(), told[0].0.as_str(), told[0].1), (1, "onboard", JobState::Held));
    assert!(told[0].2.contains("disabled account"), "{told:#?}");
    assert_eq!((status(&t), enabling(&t)), (2, 0));
}

#[tokio::test]
async fn an_old_hire_told_again_opens_no_account() {
    let t = left(with_enable(AT_ONCE)).await;
    t.sandbox.add_group("Sales");
    back(&t, "2026-08-01").await;
    let told_first = told(&t).await;
    let kinds: Vec<_> = told_first.iter().map(|(kind, state, _)| (kind.as_str(), *state)).collect();
    assert_eq!(kinds, [("enable", JobState::Held), ("onboard", JobState::Held), ("update", JobState::Held)]);
    assert!(
        told_first.iter().all(|told| told.2.contains("nothing shows that this hire comes after that")),
        "{told_first:#?}"
    );
    assert_eq!((status(&t), enabling(&t)), (2, 0));
    assert!(t.people().await[0].left_at.is_some());
    t.release("enable").await;
    assert_eq!((status(&t), t.people().await[0].left_at), (1, None), "a human being has said that they come back");
    t.release("onboard").await;
    t.release("update").await;
    let told = told(&t).await;
    assert!(told.iter().all(|told| told.1 == JobState::Done), "{told:#?}");
    assert_eq!(t.calls("POST", "/people"), 1);
}

#[tokio::test]
async fn who_is_hired_again_before_the_last_day_stays_enabled() {
    let t = stage(with_enable(r#"{ after_end = "0d" }"#)).await;
    t.sandbox.add_group("Sales");
    leave(&t, "2026-08-31").await;
    assert_eq!(due(&t).await.len(), 1);
    back(&t, "2026-09-01").await;
    assert!(due(&t).await.is_empty());
    t.advance(SignedDuration::from_hours(24 * 60)).await;
    assert_eq!((status(&t), disabling(&t), enabling(&t)), (1, 0, 0));
    let told = told(&t).await;
    assert_eq!(told[0].2, "nothing to enable: the account is not disabled");
    assert!(t.jobs("disable").await.is_empty());
}

#[tokio::test]
async fn a_held_disabling_is_called_off_when_the_person_is_hired_again() {
    let scene = Scene { extra: "[guard]\nleavers_per_day = 0\n".to_owned(), ..with_enable(AT_ONCE) };
    let t = stage(scene).await;
    t.sandbox.add_group("Sales");
    leave(&t, "2026-08-31").await;
    assert_eq!(t.only("disable").await.0, JobState::Held);
    back(&t, "2026-09-01").await;
    assert_eq!(t.only("disable").await, (JobState::Cancelled, "called off: hired again".to_owned()));
    assert_eq!(status(&t), 1);
}

#[tokio::test]
async fn a_first_hire_is_none_that_opens_a_closed_account() {
    let t = TestApp::with(with_enable(AT_ONCE)).await;
    t.sandbox.add_group("Sales");
    t.sandbox_user(ADA).await;
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [t.user_id(ADA)]})).await;
    back(&t, "2026-08-01").await;
    assert_eq!((status(&t), enabling(&t)), (2, 0));
    assert!(t.jobs("enable").await.is_empty());
}

#[tokio::test]
async fn the_account_of_a_stranger_is_enabled_only_if_named() {
    let mut t = TestApp::with(with_enable(AT_ONCE)).await;
    t.sandbox.add_group("Sales");
    t.sandbox_user(ADA).await;
    back(&t, "2026-08-01").await;
    leave(&t, "2026-08-31").await;
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [t.user_id(ADA)]})).await;
    back(&t, "2026-10-01").await;
    let (state, reason) = t.only("enable").await;
    assert!(state == JobState::Held && reason.contains("was not onboarded from here"), "{reason}");
    assert!(reason.ends_with("or enable it by hand in DocSpace and cancel this job"), "{reason}");
    let id = t.user_id(ADA);
    t.restart_with(|scene| scene.extra = format!("[guard]\nallow = [\"{id}\"]\n")).await;
    t.release("enable").await;
    assert_eq!((status(&t), t.only("enable").await.0), (1, JobState::Done));
}

#[tokio::test]
async fn a_seat_that_is_missing_is_waited_for_and_a_refused_right_is_held() {
    let t = left(with_enable(AT_ONCE)).await;
    t.sandbox.add_group("Sales");
    t.fault(json!({"method": "PUT", "path": "/people/status/1", "status": 402, "body": envelope(402, "no seat")}));
    t.fault(json!({"method": "PUT", "path": "/people/status/1", "status": 403, "body": envelope(403, "no")}));
    back(&t, "2026-10-01").await;
    let (state, reason) = t.only("enable").await;
    assert!(state == JobState::Ready && reason.contains("402"), "{reason}");
    t.advance(SignedDuration::from_mins(90)).await;
    assert_eq!((t.only("enable").await.0, status(&t)), (JobState::Held, 2));
    let told = told(&t).await;
    assert!(told[1].1 == JobState::Held && told[1].2.contains("disabled account"), "{told:#?}");
    assert!(told[2].1 == JobState::Done && told[2].2 == "left alone: the account is disabled", "{told:#?}");
    t.release("enable").await;
    t.release("onboard").await;
    assert_eq!(status(&t), 1);
}
