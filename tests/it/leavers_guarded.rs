//! The guard on leavers: a mass of them is two disabled accounts and a list to look at.

use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Clock, JobId, JobState};

use crate::discretion::{listen, logged};
use crate::leavers::{AT_ONCE, counted, disabling, leaving};
use crate::onboarding_places::envelope;
use crate::scene::Scene;
use crate::support::TestApp;

const NOTICE: &str = "the guard holds people back";

fn email(number: usize) -> String {
    format!("person{number}@corp.example")
}

/// So many people, onboarded, with a limit of leavers.
async fn staff(limit: u32, people: usize) -> TestApp {
    let extra = format!("[guard]\nleavers_per_day = {limit}\n");
    let t = TestApp::with(Scene { extra, ..leaving(AT_ONCE) }).await;
    for number in 1..=people {
        assert_eq!(t.hire(&number.to_string(), &email(number)).await, 200);
    }
    t.drain().await;
    assert_eq!(t.users().len(), people);
    t
}

async fn leave(t: &TestApp, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        assert_eq!(t.tell("employee.terminated", json!({"employee_id": number.to_string()})).await, 200);
    }
    t.drain().await;
}

fn disabled(t: &TestApp) -> usize {
    t.sandbox.state().users.iter().filter(|user| user.status == 2).count()
}

async fn states(t: &TestApp) -> Vec<JobState> {
    t.jobs("disable").await.iter().map(|job| job.state).collect()
}

async fn held(t: &TestApp) -> Vec<JobId> {
    t.jobs("disable").await.into_iter().filter(|job| job.state == JobState::Held).map(|job| job.id).collect()
}

#[tokio::test]
async fn of_ten_leavers_at_once_two_are_disabled_and_the_others_wait() {
    listen();
    let t = staff(2, 10).await;
    leave(&t, 1..=10).await;
    assert_eq!((disabled(&t), disabling(&t), counted(&t).await), (2, 2, 2));
    let jobs = t.jobs("disable").await;
    let waiting: Vec<_> = jobs.iter().filter(|job| job.state == JobState::Held).collect();
    assert_eq!((jobs.len(), waiting.len()), (10, 8));
    for job in &waiting {
        assert_eq!(
            job.reason.as_deref().unwrap(),
            "the limit of leavers within 24 hours, 2, is reached ([guard] leavers_per_day): release this job, or cancel it"
        );
        assert_eq!(job.steps.last().unwrap().name, "guarded");
    }
    assert!(t.metrics().await.contains("usher_guarded_total{limit=\"leavers_per_day\"} 8\n"));
    let log = logged();
    assert_eq!(log.lines().filter(|line| line.contains(NOTICE)).count(), 1, "one notice for all of them");
    assert!(!log.contains("a job waits for a person"), "and no alarm for each");

    let looked_at: Vec<_> = held(&t).await.into_iter().take(3).collect();
    t.app.store.release(looked_at, "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!((disabled(&t), counted(&t).await, held(&t).await.len()), (5, 5, 5), "released ones pass, and count");
    t.advance(SignedDuration::from_hours(25)).await;
    assert_eq!((disabled(&t), held(&t).await.len()), (5, 5), "what is held stays held");
}

#[tokio::test]
async fn zero_holds_every_leaver_until_somebody_has_looked() {
    let t = staff(0, 2).await;
    leave(&t, 1..=2).await;
    assert_eq!((states(&t).await, disabling(&t)), (vec![JobState::Held; 2], 0));
    let reason = t.jobs("disable").await[0].reason.clone().unwrap();
    assert!(reason.starts_with("no account is disabled without having been looked at"), "{reason}");
    t.release("disable").await;
    assert_eq!((states(&t).await, disabled(&t)), (vec![JobState::Done; 2], 2));
}

#[tokio::test]
async fn of_two_at_once_at_the_limit_one_is_disabled() {
    let t = staff(1, 2).await;
    // Both have found room, and are to be counted.
    for number in 1..=2 {
        let path = format!("/people/{}", t.user_id(&email(number)));
        t.fault(json!({"method": "GET", "path": path, "delay_ms": 800}));
    }
    leave(&t, 1..=2).await;
    let mut states = states(&t).await;
    states.sort();
    assert_eq!((states, disabled(&t), counted(&t).await), (vec![JobState::Done, JobState::Held], 1, 1));
}

#[tokio::test]
async fn a_refusal_leaves_room_for_another() {
    let t = staff(1, 3).await;
    t.fault(json!({"method": "PUT", "path": "/people/status/2", "status": 403, "body": envelope(403, "no")}));
    leave(&t, [1]).await;
    leave(&t, [2]).await;
    assert_eq!((states(&t).await, counted(&t).await), (vec![JobState::Held, JobState::Done], 1));
    t.release("disable").await;
    let reason = t.jobs("disable").await[0].reason.clone().unwrap();
    assert!(reason.contains("[guard] leavers_per_day"), "its turn is over: {reason}");
    t.release("disable").await;
    assert_eq!((disabled(&t), counted(&t).await), (2, 2), "now somebody has let it pass the guard");
}

#[tokio::test]
async fn any_24_hours_are_counted() {
    let mut t = staff(1, 3).await;
    leave(&t, [1]).await;
    t.advance(SignedDuration::from_mins(24 * 60 - 1)).await;
    t.restart().await;
    leave(&t, [2]).await;
    assert_eq!(disabled(&t), 1, "a restart forgets nothing");
    t.advance(SignedDuration::from_mins(1)).await;
    leave(&t, [3]).await;
    assert_eq!(states(&t).await, [JobState::Done, JobState::Held, JobState::Done]);
}

#[tokio::test]
async fn whoever_has_no_account_or_a_disabled_one_uses_up_nothing() {
    let t = staff(1, 2).await;
    assert_eq!(t.tell("employee.terminated", json!({"employee_id": "77", "email": "none@corp.example"})).await, 200);
    let body = json!({"userIds": [t.user_id(&email(1))]});
    t.portal(http::Method::PUT, "/people/status/2", body).await;
    leave(&t, 1..=2).await;
    assert_eq!((states(&t).await, disabled(&t), counted(&t).await), (vec![JobState::Done; 3], 2, 1));
}
