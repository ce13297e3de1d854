//! What a person does by hand.

use usher::model::{JobId, JobState, NewJob};

use crate::scene::{Scene, action, at, end, retry_at};

/// One job in each state, by id in the order of `JobState::ALL`.
async fn one_of_each(scene: &Scene) -> Vec<JobId> {
    let born = |key, state| NewJob { state, reason: Some("why".to_owned()), ..action(key, None) };
    scene.enqueue(vec![action("running", None), action("done", None)]).await;
    let claimed = scene.claim_actions(at(0)).await;
    scene.settle(end(&claimed[1], JobState::Done), at(1)).await.unwrap();
    scene
        .enqueue(vec![
            action("ready", None),
            born("held", JobState::Held),
            born("dead", JobState::Dead),
            born("cancelled", JobState::Held),
        ])
        .await;
    let jobs = scene.all_jobs().await;
    scene.store.cancel(vec![jobs[5].id], "tests", at(2)).await.unwrap();
    let jobs = scene.all_jobs().await;
    JobState::ALL.iter().map(|state| jobs.iter().find(|job| job.state == *state).unwrap().id).collect()
}

async fn states(scene: &Scene, ids: &[JobId]) -> Vec<JobState> {
    let mut states = Vec::new();
    for id in ids {
        states.push(scene.job(*id).await.state);
    }
    states
}

#[tokio::test]
async fn only_dead_jobs_are_retried_and_their_attempts_are_forgotten() {
    use JobState::{Cancelled, Done, Held, Ready, Running};
    let scene = Scene::new().await;
    let ids = one_of_each(&scene).await;
    scene.other().execute("UPDATE jobs SET attempts = 10, outage_since = 5 WHERE state = 'dead'", []).unwrap();
    assert_eq!(scene.store.retry(ids.clone(), "tests", at(50)).await.unwrap(), 1);
    assert_eq!(states(&scene, &ids).await, [Ready, Running, Done, Held, Ready, Cancelled]);
    let job = scene.job(ids[4]).await;
    assert_eq!((job.attempts, job.outage_since, job.due_at), (0, None, at(50)));
    assert_eq!((job.reason, job.finished_at), (None, None));
}

#[tokio::test]
async fn what_waits_between_two_tries_is_due_at_once_and_its_attempts_count_on() {
    let scene = Scene::new().await;
    let planned = NewJob { due_at: Some(at(900)), ..action("for later", None) };
    scene.enqueue(vec![action("tried", None), action("running", None), planned]).await;
    let jobs = scene.claim_actions(at(0)).await;
    for job in &jobs[..1] {
        scene.settle(retry_at(job, at(900)), at(1)).await.unwrap();
    }
    let ids: Vec<_> = scene.all_jobs().await.iter().map(|job| job.id).collect();
    scene
        .other()
        .execute("UPDATE jobs SET attempts = 3, outage_since = 5, reason = 'why' WHERE key = 'tried'", [])
        .unwrap();
    assert_eq!(scene.store.retry(ids.clone(), "tests", at(50)).await.unwrap(), 1);
    let tried = scene.job(ids[0]).await;
    assert_eq!((tried.state, tried.due_at, tried.attempts), (JobState::Ready, at(50), 3));
    assert!(tried.outage_since.is_some() && tried.reason.is_some(), "{tried:?}");
    assert_eq!(scene.job(ids[2]).await.due_at, at(900), "what is for later stays for later");
    assert_eq!(scene.store.retry(ids, "tests", at(60)).await.unwrap(), 0, "it is due already");
}

#[tokio::test]
async fn only_held_jobs_are_released_and_a_step_says_so() {
    use JobState::{Cancelled, Dead, Done, Ready, Running};
    let scene = Scene::new().await;
    let ids = one_of_each(&scene).await;
    assert_eq!(scene.store.release(ids.clone(), "tests", at(50)).await.unwrap(), 1);
    assert_eq!(states(&scene, &ids).await, [Ready, Running, Done, Ready, Dead, Cancelled]);
    let job = scene.job(ids[3]).await;
    assert_eq!((job.reason, job.finished_at, job.due_at), (None, None, at(50)));
    assert_eq!((job.steps.len(), job.steps[0].name.as_str(), job.steps[0].at), (1, "released", at(50)));
}

#[tokio::test]
async fn ready_held_and_dead_jobs_are_cancelled_and_keep_their_reason() {
    use JobState::{Cancelled, Done, Running};
    let scene = Scene::new().await;
    let ids = one_of_each(&scene).await;
    assert_eq!(scene.store.cancel(ids.clone(), "tests", at(50)).await.unwrap(), 3);
    assert_eq!(states(&scene, &ids).await, [Cancelled, Running, Done, Cancelled, Cancelled, Cancelled]);
    let job = scene.job(ids[4]).await;
    assert_eq!((job.reason.as_deref(), job.finished_at), (Some("why"), Some(at(50))));
    assert_eq!(scene.job(ids[5]).await.finished_at, Some(at(2)), "cancelled before");
}

#[tokio::test]
async fn jobs_that_are_not_named_are_left_alone() {
    let scene = Scene::new().await;
    let ids = one_of_each(&scene).await;
    let before = states(&scene, &ids).await;
    assert_eq!(scene.store.retry(Vec::new(), "tests", at(50)).await.unwrap(), 0);
    assert_eq!(scene.store.cancel(vec![JobId(999)], "tests", at(50)).await.unwrap(), 0);
    assert_eq!(states(&scene, &ids).await, before);
}
