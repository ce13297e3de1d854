//! One person's jobs run one at a time and in order; different people run in parallel.

use usher::model::JobState;

use crate::scene::{Scene, action, at, end, retry_at};

#[tokio::test]
async fn one_person_runs_one_job_at_a_time_and_in_order() {
    let scene = Scene::new().await;
    let (ada, bob) = (scene.person(), scene.person());
    let jobs = [("ada/1", ada), ("ada/2", ada), ("bob/1", bob), ("ada/3", ada)];
    scene.enqueue(jobs.into_iter().map(|(key, person)| action(key, Some(person))).collect()).await;
    let first = scene.claim_actions(at(1)).await;
    assert_eq!(first.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["ada/1", "bob/1"]);
    assert!(scene.claimed(at(1)).await.is_empty(), "both people have a running job");
    scene.settle(end(&first[0], JobState::Done), at(2)).await.unwrap();
    assert_eq!(scene.claimed(at(2)).await, ["ada/2"]);
}

#[tokio::test]
async fn jobs_of_nobody_know_no_order() {
    let scene = Scene::new().await;
    scene.enqueue(vec![action("one", None), action("two", None)]).await;
    assert_eq!(scene.claimed(at(1)).await, ["one", "two"]);
}

#[tokio::test]
async fn the_order_spans_all_kinds() {
    let scene = Scene::new().await;
    let ada = Some(scene.person());
    let mut second = action("congratulate", ada);
    second.kind = "congratulate";
    scene.enqueue(vec![second, action("onboard", ada)]).await;
    assert_eq!(scene.claimed(at(1)).await, ["congratulate"]);
    assert!(scene.claimed(at(1)).await.is_empty());
}

#[tokio::test]
async fn a_retrying_job_holds_back_the_later_jobs_of_its_person() {
    let scene = Scene::new().await;
    let ada = Some(scene.person());
    scene.enqueue(vec![action("one", ada), action("two", ada)]).await;
    let job = scene.claim_actions(at(1)).await.remove(0);
    scene.settle(retry_at(&job, at(100)), at(2)).await.unwrap();
    assert!(scene.claimed(at(50)).await.is_empty());
    assert_eq!(scene.claimed(at(100)).await, ["one"]);
}

#[tokio::test]
async fn a_held_a_dead_and_a_cancelled_job_hold_nobody_back() {
    let scene = Scene::new().await;
    let ada = Some(scene.person());
    let mut dead = action("dead", ada);
    dead.state = JobState::Dead;
    let mut held = action("held", ada);
    held.state = JobState::Held;
    scene.enqueue(vec![dead, held, action("cancelled", ada), action("ready", ada)]).await;
    let cancelled = scene.all_jobs().await.remove(2).id;
    assert_eq!(scene.store.cancel(vec![cancelled], "tests", at(0)).await.unwrap(), 1);
    assert_eq!(scene.claimed(at(1)).await, ["ready"]);
}

#[tokio::test]
async fn a_job_of_the_future_holds_nobody_back_but_waits_for_a_running_one() {
    let scene = Scene::new().await;
    let ada = Some(scene.person());
    scene.enqueue(vec![action("future", ada), action("now", ada)]).await;
    scene.other().execute("UPDATE jobs SET due_at = ?1 WHERE key = 'future'", [at(100).as_millisecond()]).unwrap();
    let now = scene.claim_actions(at(1)).await.remove(0);
    assert_eq!(now.key, "now");
    scene.store.extend(vec![(now.id, now.fence)], at(500)).await.unwrap();
    assert!(scene.claimed(at(100)).await.is_empty(), "one at a time, also for the earlier one");
    scene.settle(end(&now, JobState::Done), at(101)).await.unwrap();
    assert_eq!(scene.claimed(at(101)).await, ["future"]);
}

#[tokio::test]
async fn a_job_whose_lease_has_run_out_comes_before_the_later_ones_of_its_person() {
    let scene = Scene::new().await;
    let ada = Some(scene.person());
    scene.enqueue(vec![action("one", ada), action("two", ada)]).await;
    assert_eq!(scene.claimed(at(0)).await, ["one"]);
    assert_eq!(scene.claimed(at(61)).await, ["one"]);
    assert!(scene.claimed(at(61)).await.is_empty());
}

#[tokio::test]
async fn a_released_job_is_in_its_old_place_again() {
    let scene = Scene::new().await;
    let ada = Some(scene.person());
    let mut held = action("held", ada);
    held.state = JobState::Held;
    scene.enqueue(vec![held, action("later", ada)]).await;
    let id = scene.all_jobs().await.remove(0).id;
    assert_eq!(scene.store.release(vec![id], "tests", at(1)).await.unwrap(), 1);
    assert_eq!(scene.claimed(at(1)).await, ["held"]);
    assert!(scene.claimed(at(1)).await.is_empty());
}
