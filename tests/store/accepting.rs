use usher::model::{JobState, NewJob};
use usher::store::{Accepted, DeliveryFilter};

use crate::scene::{Scene, action, at, end, verified};

#[tokio::test]
async fn a_verified_request_becomes_a_delivery_with_one_process_job() {
    let scene = Scene::new().await;
    let body = b"\xff\x00 exact \r\n bytes".as_slice();
    let accepted = scene.store.accept("acme", verified(&[("x-a", "1"), ("x-more", "yes")], body), at(7)).await.unwrap();
    let Accepted::New(id) = accepted else { panic!("{accepted:?}") };

    let delivery = scene.store.delivery(id).await.unwrap().unwrap();
    assert_eq!((delivery.id, delivery.source.as_str(), delivery.received_at), (id, "acme", at(7)));
    assert_eq!(delivery.body.as_deref(), Some(body));
    assert!(delivery.headers.contains(&("x-more".to_owned(), "yes".to_owned())), "{:?}", delivery.headers);
    assert!(delivery.headers.iter().all(|(name, _)| name != "x-token"));

    let jobs = scene.all_jobs().await;
    assert_eq!(jobs.len(), 1);
    let job = &jobs[0];
    assert_eq!((job.kind.as_str(), job.state, job.key.as_str()), ("process", JobState::Ready, "process/1/0"));
    assert_eq!((job.delivery, job.source.as_deref(), job.person), (Some(id), Some("acme"), None));
    assert_eq!((job.due_at, job.created_at, job.finished_at, job.fence), (at(7), at(7), None, 0));
    assert_eq!(job.payload, serde_json::json!({}));
}

#[tokio::test]
async fn the_same_key_again_is_seen_and_counted() {
    let scene = Scene::new().await;
    let id = scene.delivered("one").await;
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(id));
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(id));
    let deliveries = scene.store.deliveries(DeliveryFilter::default()).await.unwrap();
    assert_eq!((deliveries.len(), deliveries[0].seen_again), (1, 2));
    assert_eq!(scene.all_jobs().await.len(), 1);
}

#[tokio::test]
async fn the_same_key_of_another_source_is_another_delivery() {
    let scene = Scene::new().await;
    let first = scene.delivered("one").await;
    let second = scene.store.accept("umbrella", verified(&[("x-a", "one")], b"{}"), at(0)).await.unwrap();
    assert!(matches!(second, Accepted::New(id) if id != first), "{second:?}");
}

#[tokio::test]
async fn the_same_value_under_another_key_is_another_delivery() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let second = scene.store.accept("acme", verified(&[("x-b", "one")], b"{}"), at(0)).await.unwrap();
    assert!(matches!(second, Accepted::New(_)), "{second:?}");
}

#[tokio::test]
async fn a_seen_delivery_takes_on_the_keys_it_did_not_know() {
    let scene = Scene::new().await;
    let id = scene.delivered("one").await;
    let both = verified(&[("x-a", "one"), ("x-b", "two")], b"{}");
    assert_eq!(scene.store.accept("acme", both, at(1)).await.unwrap(), Accepted::Seen(id));
    let second_key = verified(&[("x-b", "two")], b"{}");
    assert_eq!(scene.store.accept("acme", second_key, at(2)).await.unwrap(), Accepted::Seen(id));
}

#[tokio::test]
async fn keys_are_kept_as_hashes_that_differ_from_store_to_store() {
    let (one, two) = (Scene::new().await, Scene::new().await);
    let mut hashes = Vec::new();
    for scene in [&one, &two] {
        scene.delivered("ada@example.com").await;
        let select = "SELECT source, hash FROM dedupe";
        let row: (String, Vec<u8>) = scene.other().query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!((row.0.as_str(), row.1.len()), ("acme", 32));
        hashes.push(row.1);
    }
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn a_redelivery_whose_process_job_is_dead_starts_a_new_one() {
    let scene = Scene::new().await;
    let id = scene.delivered("one").await;
    let (job, _) = scene.claim_process(at(1)).await.remove(0);
    scene.settle(end(&job, JobState::Dead), at(2)).await.unwrap();

    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Restarted(id));
    let jobs = scene.all_jobs().await;
    assert_eq!((jobs.len(), jobs[0].state), (2, JobState::Dead));
    assert_eq!((jobs[1].key.as_str(), jobs[1].state), ("process/1/1", JobState::Ready));
    assert_eq!(jobs[1].payload, serde_json::json!({ "rerun": 1 }));
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(id), "the new one is not dead");
}

#[tokio::test]
async fn a_dead_item_of_a_delivery_is_no_reason_to_start_it_again() {
    let scene = Scene::new().await;
    let id = scene.delivered("one").await;
    let (job, _) = scene.claim_process(at(1)).await.remove(0);
    let item = NewJob {
        kind: "process",
        state: JobState::Dead,
        delivery: Some(id),
        payload: serde_json::json!({ "table": 0, "item": 0 }),
        ..action("process/1/0/item", None)
    };
    let mut done = end(&job, JobState::Done);
    done.then.push(item);
    scene.settle(done, at(2)).await.unwrap();
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(id));
}

#[tokio::test]
async fn duplicates_at_the_same_moment_are_one_delivery() {
    let scene = Scene::new().await;
    // Somebody holds the file for a moment: all of them end up in one transaction.
    let other = scene.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut requests = Vec::new();
    for _ in 0..64 {
        let store = scene.store.clone();
        let request = verified(&[("x-a", "same")], b"{}");
        requests.push(tokio::spawn(async move { store.accept("acme", request, at(0)).await.unwrap() }));
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(requests.iter().all(|request| !request.is_finished()), "answered before the commit");
    other.execute_batch("COMMIT").unwrap();
    let mut new = 0;
    for request in requests {
        match request.await.unwrap() {
            Accepted::New(_) => new += 1,
            Accepted::Seen(id) => assert_eq!(id.0, 1),
            Accepted::Restarted(_) => panic!("nothing was dead"),
        }
    }
    assert_eq!(new, 1);
    assert_eq!(scene.all_jobs().await.len(), 1);
}

#[tokio::test]
async fn a_rerun_is_numbered_and_needs_a_body() {
    let scene = Scene::new().await;
    let id = scene.delivered("one").await;
    let first = scene.store.rerun(id, "tests", at(1)).await.unwrap().unwrap();
    let second = scene.store.rerun(id, "tests", at(2)).await.unwrap().unwrap();
    assert_eq!(
        (scene.job(first).await.key.as_str(), scene.job(second).await.key.as_str()),
        ("process/1/1", "process/1/2")
    );
    assert_eq!(scene.job(second).await.payload, serde_json::json!({ "rerun": 2 }));
    assert_eq!(scene.store.rerun(usher::model::DeliveryId(99), "tests", at(3)).await.unwrap(), None);
    scene.other().execute("UPDATE deliveries SET body = NULL", []).unwrap();
    assert_eq!(scene.store.rerun(id, "tests", at(4)).await.unwrap(), None);
}
