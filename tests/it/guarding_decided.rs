//! What a person decides about those whom the guard holds.

use serde_json::json;
use usher::ledger::{Joined, Keys, Ledger};
use usher::model::{Clock, Event, EventKind, Job, JobState, NewJob, kind};
use usher::store::Change;

use crate::guarding::{ADA, BOB, CAROL, USER, counted, guarded, hire, states};
use crate::onboarding_links::{letters, stage};
use crate::onboarding_places::{envelope, scene};
use crate::support::TestApp;

async fn release(t: &TestApp, jobs: &[&Job]) {
    let ids = jobs.iter().map(|job| job.id).collect();
    assert_eq!(t.app.store.release(ids, "tests", t.clock.now()).await.unwrap(), jobs.len() as u64);
    t.drain().await;
}

/// Hire Ada in two ways.
async fn hire_twice(t: &TestApp) {
    for title in ["engineer", "manager"] {
        t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": title})).await;
    }
    t.drain().await;
}

/// Order an action as a command does, and work.
async fn order(t: &TestApp, email: &str) {
    let event = Event { email: Some(email.to_owned()), ..Event::new(EventKind::EmployeeHired) };
    let event = Event { first_name: Some("Ada".to_owned()), ..event };
    let (now, key) = (t.clock.now(), format!("onboard/by-hand/{email}"));
    let mut keys = Keys::default();
    keys.add("by-hand", &event);
    let edit = move |ledger: &mut Ledger| {
        let Joined::Person(person) = ledger.join("docspace", "by-hand", &event, now) else { panic!("recycled") };
        let job = NewJob {
            kind: kind::ONBOARD,
            key,
            state: JobState::Ready,
            reason: None,
            delivery: None,
            person: Some(person),
            payload: json!({"params": {"type": "User", "mode": "create"}, "event": event, "again": false}),
            due_at: None,
        };
        (Change { enqueue: vec![job], ..Change::default() }, ())
    };
    t.app.store.write(keys, true, now, edit).await.unwrap();
    t.drain().await;
}

#[tokio::test]
async fn whoever_is_released_passes_and_counts() {
    let t = guarded(USER, "new_people_per_day = 1").await;
    for (number, email) in [(1, ADA), (2, BOB), (3, CAROL)] {
        hire(&t, number, email).await;
    }
    let jobs = t.jobs("onboard").await;
    release(&t, &[&jobs[1]]).await;
    assert_eq!((t.users(), counted(&t).await), (vec![ADA.to_owned(), BOB.to_owned()], 2));
    assert_eq!(states(&t).await, [JobState::Done, JobState::Done, JobState::Held]);
    assert!(t.metrics().await.contains("usher_guarded_total{limit=\"new_people_per_day\"} 2\n"), "not held again");
}

#[tokio::test]
async fn a_released_job_keeps_its_pass_over_retries() {
    let t = guarded(USER, "new_people_per_day = 0").await;
    hire(&t, 7, ADA).await;
    t.fault(json!({"method": "POST", "path": "/people", "status": 402, "body": envelope(402, "no quota")}));
    t.release("onboard").await;
    assert_eq!((t.only("onboard").await.0, counted(&t).await), (JobState::Ready, 0));
    t.advance(jiff::SignedDuration::from_hours(2)).await;
    assert_eq!((t.only("onboard").await.0, counted(&t).await), (JobState::Done, 1));
}

#[tokio::test]
async fn a_rerun_is_guarded_like_the_first_time() {
    let t = guarded(USER, "new_people_per_day = 0").await;
    hire(&t, 7, ADA).await;
    let job = t.jobs("onboard").await.remove(0);
    t.app.store.cancel(vec![job.id], "tests", t.clock.now()).await.unwrap();
    t.app.store.rerun(job.delivery.unwrap(), "tests", t.clock.now()).await.unwrap().unwrap();
    t.drain().await;
    assert_eq!((states(&t).await, t.users().len()), (vec![JobState::Cancelled, JobState::Held], 0));
}

#[tokio::test]
async fn what_is_ordered_by_hand_passes_and_counts() {
    let t = guarded(USER, "new_people_per_day = 1\nemail_domains = [\"corp.example\"]").await;
    order(&t, "eve@elsewhere.example").await;
    assert_eq!((t.only("onboard").await.0, counted(&t).await), (JobState::Done, 1));
    hire(&t, 7, ADA).await;
    assert_eq!(states(&t).await, [JobState::Done, JobState::Held]);
    order(&t, BOB).await;
    assert_eq!((t.users().len(), counted(&t).await), (2, 2));
}

#[tokio::test]
async fn once_somebody_is_onboarded_the_other_held_jobs_are_called_off() {
    let t = guarded(USER, "new_people_per_day = 0").await;
    hire(&t, 8, BOB).await;
    hire_twice(&t).await;
    assert_eq!(states(&t).await, [JobState::Held; 3]);
    let jobs = t.jobs("onboard").await;
    release(&t, &[&jobs[2]]).await;
    assert_eq!(states(&t).await, [JobState::Held, JobState::Cancelled, JobState::Done], "nobody else's");
    assert_eq!(t.jobs("onboard").await[1].reason.as_deref(), Some("called off: onboarded by another job"));
    assert_eq!(t.mails(ADA), ["activation"]);
}

#[tokio::test]
async fn whoever_may_be_somebody_else_of_the_same_address_is_not_called_off() {
    let t = guarded(USER, "new_people_per_day = 0").await;
    hire(&t, 7, ADA).await;
    hire(&t, 8, ADA).await;
    let jobs = t.jobs("onboard").await;
    assert!(jobs[1].reason.as_deref().unwrap().contains("recycled"), "{jobs:#?}");
    release(&t, &[&jobs[0]]).await;
    assert_eq!(states(&t).await, [JobState::Done, JobState::Held]);
}

#[tokio::test]
async fn both_released_at_once_mail_once() {
    let t = guarded(USER, "new_people_per_day = 0").await;
    hire_twice(&t).await;
    t.release("onboard").await;
    assert_eq!((states(&t).await, t.mails(ADA)), (vec![JobState::Done; 2], vec!["activation".to_owned()]));
    assert_eq!(
        t.jobs("onboard").await[1].reason.as_deref(),
        Some("known: onboarded before; nothing was created or mailed")
    );
}

#[tokio::test]
async fn a_link_calls_off_the_other_held_jobs_as_well() {
    let mut t = stage(&scene(r#"{ type = "User", mode = "link" }"#).rules).await;
    t.restart_with(|scene| scene.extra.push_str("[guard]\nnew_people_per_day = 0\n")).await;
    hire_twice(&t).await;
    let jobs = t.jobs("onboard").await;
    release(&t, &[&jobs[0]]).await;
    assert_eq!((states(&t).await, letters(&t).len()), (vec![JobState::Done, JobState::Cancelled], 1));
}
