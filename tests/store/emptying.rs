//! What jobs tell of people is kept for a time.

use serde_json::json;
use usher::model::{JobId, JobState, NewJob, PersonId, Step};
use usher::store::{Change, Pruned, Retention, StepNote};

use crate::scene::{Scene, action, at, days, end};

const KEEP: Retention = Retention { done_days: 30, held_days: 90, jobs_days: 90 };

/// A job about somebody, which has sent something and then came to `state`.
async fn told(scene: &Scene, key: &str, person: PersonId, state: JobState) -> JobId {
    let event = json!({"kind": "user.activated", "email": "ada@example.com", "user_id": "u-1", "first_name": "Ada"});
    let messages = json!([{"delivery": 1, "table": 0, "item": 0, "event": event.clone()}]);
    let payload =
        json!({"params": {"type": "User"}, "event": event, "told": messages, "again": true, "lane": "00c0ffee"});
    scene.enqueue(vec![NewJob { payload, ..action(key, Some(person)) }]).await;
    let job = scene.claim_actions(at(1)).await.remove(0);
    let step = Step { at: at(1), name: "sending".to_owned(), detail: "to ada@example.com".to_owned() };
    let steps = vec![StepNote { job: job.id, fence: job.fence, step }];
    let mut settlement = end(&job, state);
    settlement.reason = Some("ada@example.com was told".to_owned());
    scene.change(Change { steps, settlements: vec![settlement], ..Change::default() }, at(2)).await.unwrap();
    job.id
}

#[tokio::test]
async fn what_is_done_or_cancelled_tells_nothing_of_its_person_after_its_time() {
    let scene = Scene::new().await;
    let person = scene.person();
    let done = told(&scene, "done", person, JobState::Done).await;
    let cancelled = told(&scene, "cancelled", person, JobState::Held).await;
    scene.store.cancel(vec![cancelled], "tests", days(1)).await.unwrap();
    assert_eq!(scene.store.prune(KEEP, days(90)).await.unwrap(), Pruned::default());
    assert_eq!(scene.store.prune(KEEP, days(90) + jiff::SignedDuration::from_secs(2)).await.unwrap().jobs, 1);
    assert!(scene.job(cancelled).await.reason.is_some(), "its time began when it was cancelled");
    assert_eq!(scene.store.prune(KEEP, days(91)).await.unwrap().jobs, 1);
    for (id, state, key) in [(done, JobState::Done, "done"), (cancelled, JobState::Cancelled, "cancelled")] {
        let job = scene.job(id).await;
        assert_eq!((job.state, job.key.as_str(), job.reason, job.person), (state, key, None, Some(person)));
        assert_eq!(
            job.payload,
            json!({"params": {"type": "User"}, "event": {"kind": "user.activated", "user_id": "u-1"}, "again": true})
        );
        let step = &job.steps[0];
        assert_eq!((step.name.as_str(), step.detail.as_str(), step.at), ("sending", "", at(1)));
        assert_eq!(scene.store.attempts(id).await.unwrap()[0].reason, None);
    }
    assert_eq!(scene.store.prune(KEEP, days(9000)).await.unwrap().jobs, 0, "once is enough");
}

#[tokio::test]
async fn what_waits_for_a_person_keeps_what_it_needs() {
    let scene = Scene::new().await;
    for (key, state) in [("held", JobState::Held), ("dead", JobState::Dead)] {
        let person = scene.person();
        let id = told(&scene, key, person, state).await;
        let before = scene.job(id).await;
        assert_eq!(scene.store.prune(KEEP, days(9000)).await.unwrap().jobs, 0);
        let after = scene.job(id).await;
        assert_eq!((after.payload, after.reason, after.steps), (before.payload, before.reason, before.steps));
    }
}

#[tokio::test]
async fn the_time_of_a_job_that_was_let_go_begins_when_it_ends() {
    let scene = Scene::new().await;
    let person = scene.person();
    let id = told(&scene, "job", person, JobState::Held).await;
    scene.store.release(vec![id], "tests", days(100)).await.unwrap();
    let job = scene.claim_actions(days(100)).await.remove(0);
    scene.settle(end(&job, JobState::Done), days(100)).await.unwrap();
    assert_eq!(scene.store.prune(KEEP, days(189)).await.unwrap().jobs, 0);
    assert_eq!(scene.store.prune(KEEP, days(190)).await.unwrap().jobs, 1);
}

#[tokio::test]
async fn more_jobs_than_one_small_step_takes_are_emptied() {
    let scene = Scene::new().await;
    scene
        .other()
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1050)
             INSERT INTO jobs (kind, state, key, payload, due_at, created_at, finished_at, reason)
             SELECT 'onboard', iif(i % 3, 'done', 'held'), 'onboard/' || i, '{\"event\": {\"email\": \"a\"}}', 0, 0, 6, 'why' FROM n;",
        )
        .unwrap();
    assert_eq!(scene.store.prune(KEEP, days(91)).await.unwrap().jobs, 700);
    let left = scene.all_jobs().await.into_iter().filter(|job| job.reason.is_some()).count();
    assert_eq!(left, 350);
}
