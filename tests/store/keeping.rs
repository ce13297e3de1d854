//! Retention.

use usher::model::{DeliveryId, JobState};
use usher::store::{Accepted, DeliveryFilter, Pruned, Retention};

use crate::scene::{Scene, at, days, end};

const KEEP: Retention = Retention { done_days: 30, held_days: 90, jobs_days: 90 };

/// A delivery whose process job came to `state` at the beginning.
async fn finished(scene: &Scene, key: &str, state: JobState) -> DeliveryId {
    let id = scene.delivered(key).await;
    let (job, _) = scene.claim_process(at(0)).await.remove(0);
    scene.settle(end(&job, state), at(0)).await.unwrap();
    id
}

async fn with_body(scene: &Scene) -> Vec<i64> {
    let list = scene.store.deliveries(DeliveryFilter::default()).await.unwrap();
    list.into_iter().filter(|row| row.bytes.is_some()).map(|row| row.id.0).collect()
}

#[tokio::test]
async fn bodies_go_after_their_time_and_unfinished_ones_stay() {
    let scene = Scene::new().await;
    let done = finished(&scene, "done", JobState::Done).await;
    finished(&scene, "held", JobState::Held).await;
    finished(&scene, "dead", JobState::Dead).await;
    scene.delivered("running").await;
    scene.claim_process(at(0)).await;
    scene.delivered("ready").await;

    assert_eq!(scene.store.prune(KEEP, days(29)).await.unwrap(), Pruned::default());
    assert_eq!(scene.store.prune(KEEP, days(30)).await.unwrap(), Pruned { bodies: 1, ..Pruned::default() });
    assert_eq!(with_body(&scene).await, [2, 3, 4, 5]);
    let pruned = scene.store.delivery(done).await.unwrap().unwrap();
    assert_eq!((pruned.body, pruned.headers.len()), (None, 0));
    assert_eq!(scene.store.prune(KEEP, days(89)).await.unwrap().bodies, 0);
    assert_eq!(scene.store.prune(KEEP, days(90)).await.unwrap().bodies, 2);
    assert_eq!(scene.store.prune(KEEP, days(9000)).await.unwrap().bodies, 0);
    assert_eq!(with_body(&scene).await, [4, 5]);
}

#[tokio::test]
async fn the_time_begins_with_the_newest_end_of_a_job() {
    let scene = Scene::new().await;
    let id = finished(&scene, "one", JobState::Done).await;
    scene.store.rerun(id, "tests", days(20)).await.unwrap();
    assert_eq!(scene.store.prune(KEEP, days(35)).await.unwrap().bodies, 0, "the rerun is not finished");
    let (job, _) = scene.claim_process(days(20)).await.remove(0);
    scene.settle(end(&job, JobState::Done), days(20)).await.unwrap();
    assert_eq!(scene.store.prune(KEEP, days(49)).await.unwrap().bodies, 0);
    assert_eq!(scene.store.prune(KEEP, days(50)).await.unwrap().bodies, 1);
}

#[tokio::test]
async fn one_held_job_keeps_the_body_for_the_longer_time() {
    let scene = Scene::new().await;
    let id = finished(&scene, "one", JobState::Held).await;
    scene.store.rerun(id, "tests", at(0)).await.unwrap();
    let (job, _) = scene.claim_process(at(0)).await.remove(0);
    scene.settle(end(&job, JobState::Done), at(0)).await.unwrap();
    assert_eq!(scene.store.prune(KEEP, days(60)).await.unwrap().bodies, 0);
    let held = scene.all_jobs().await.remove(0).id;
    scene.store.cancel(vec![held], "tests", days(1)).await.unwrap();
    assert_eq!(scene.store.prune(KEEP, days(31)).await.unwrap().bodies, 1, "cancelled counts as done");
}

#[tokio::test]
async fn dedupe_keys_outlive_the_body_by_thirty_days() {
    let scene = Scene::new().await;
    let id = finished(&scene, "one", JobState::Done).await;
    scene.store.prune(KEEP, days(40)).await.unwrap();
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(id));
    assert_eq!(scene.store.prune(KEEP, days(69)).await.unwrap(), Pruned::default());
    assert_eq!(scene.store.prune(KEEP, days(70)).await.unwrap(), Pruned { keys: 1, ..Pruned::default() });
    assert!(matches!(scene.accept("one").await.unwrap(), Accepted::New(new) if new != id));
}

#[tokio::test]
async fn a_dead_delivery_without_its_body_is_only_seen() {
    let scene = Scene::new().await;
    let id = finished(&scene, "one", JobState::Dead).await;
    scene.store.prune(KEEP, days(90)).await.unwrap();
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(id));
    assert_eq!(scene.all_jobs().await.len(), 1);
}

#[tokio::test]
async fn more_than_one_small_step_is_walked() {
    let scene = Scene::new().await;
    scene
        .other()
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1050)
             INSERT INTO deliveries (source, received_at, headers, body) SELECT 'acme', 5, '[]', x'00' FROM n;
             INSERT INTO jobs (kind, state, key, delivery, payload, due_at, created_at, finished_at)
             SELECT 'process', iif(id % 2, 'done', 'dead'), 'process/' || id || '/0', id, '{}', 0, 0, 6 FROM deliveries;
             INSERT INTO dedupe SELECT 'acme', randomblob(32), id, 0 FROM deliveries;",
        )
        .unwrap();
    // The dead ones lie between those that go.
    let early = Retention { done_days: 0, held_days: 100_000, jobs_days: 100_000 };
    assert_eq!(scene.store.prune(early, at(0)).await.unwrap(), Pruned { bodies: 525, ..Pruned::default() });
    assert_eq!(scene.store.prune(KEEP, days(31)).await.unwrap(), Pruned { bodies: 525, keys: 525, jobs: 525 });
}
