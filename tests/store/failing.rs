//! A store that does not work answers so, harms nothing, and works again without a restart.

use std::time::Duration;

use usher::ledger::Keys;
use usher::model::PersonId;
use usher::store::{Accepted, Change, DeliveryFilter, StoreError};

use crate::scene::{Scene, action, at, verified};

#[tokio::test]
async fn one_bad_row_fails_alone() {
    let scene = Scene::new().await;
    let other = scene.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for number in 0..20 {
        let store = scene.store.clone();
        let request = verified(&[("x-a", &number.to_string())], b"{}");
        good.push(tokio::spawn(async move { store.accept("acme", request, at(0)).await }));
        let store = scene.store.clone();
        // There is no such person.
        let enqueue = vec![action(&format!("bad/{number}"), Some(PersonId(999)))];
        let change = Change { enqueue, ..Change::default() };
        bad.push(tokio::spawn(async move { store.write(Keys::default(), true, at(0), |_| (change, ())).await }));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    other.execute_batch("COMMIT").unwrap();
    for one in good {
        assert!(matches!(one.await.unwrap(), Ok(Accepted::New(_))));
    }
    for one in bad {
        let said = one.await.unwrap().unwrap_err().to_string();
        assert!(said.contains("refused a row"), "{said}");
    }
    assert_eq!(scene.all_jobs().await.len(), 20);
}

#[tokio::test]
async fn a_request_that_cannot_be_stored_fails_alone() {
    let scene = Scene::new().await;
    let other = scene.other();
    other
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON dedupe WHEN (SELECT body FROM deliveries WHERE id = NEW.delivery) = x'626164' \
             BEGIN SELECT RAISE(ABORT, 'on purpose'); END; BEGIN IMMEDIATE",
        )
        .unwrap();
    let mut waiting = Vec::new();
    for number in 0..40 {
        let store = scene.store.clone();
        let body: &[u8] = if number % 10 == 3 { b"bad" } else { b"good" };
        let request = verified(&[("x-a", &number.to_string())], body);
        waiting.push(tokio::spawn(async move { store.accept("acme", request, at(0)).await }));
    }
    while scene.store.waiting() < 40 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    other.execute_batch("COMMIT").unwrap();
    for (number, one) in waiting.into_iter().enumerate() {
        match (number % 10 == 3, one.await.unwrap()) {
            (false, Ok(Accepted::New(_))) | (true, Err(StoreError::Failed(_))) => {}
            strange => panic!("{number}: {strange:?}"),
        }
    }
    assert_eq!(scene.store.waiting(), 0);
    let stored = scene.store.deliveries(DeliveryFilter::default()).await.unwrap();
    assert_eq!((stored.len(), scene.all_jobs().await.len()), (36, 36), "the delivery of a refused key is not there");
}

#[tokio::test]
async fn a_panic_is_the_failure_of_one_write() {
    let scene = Scene::new().await;
    let panics = |_: &mut usher::ledger::Ledger| -> (Change, ()) { panic!("on purpose") };
    let said = scene.store.write(Keys::default(), true, at(0), panics).await.unwrap_err().to_string();
    assert!(said.contains("panicked"), "{said}");
    scene.delivered("one").await;
}

#[tokio::test]
async fn a_person_that_is_not_in_the_ledger_cannot_have_a_job() {
    let scene = Scene::new().await;
    let enqueue = vec![action("ok", None), action("job", Some(PersonId(-5)))];
    let said = scene.change(Change { enqueue, ..Change::default() }, at(0)).await.unwrap_err().to_string();
    assert!(said.contains("not in the ledger"), "{said}");
    assert!(scene.all_jobs().await.is_empty());
}

#[tokio::test]
async fn a_process_job_without_a_delivery_is_refused() {
    let scene = Scene::new().await;
    let mut job = action("process/0/0", None);
    job.kind = "process";
    let enqueue = vec![job];
    let change = Change { enqueue, ..Change::default() };
    let said = scene.change(change, at(0)).await.unwrap_err().to_string();
    assert!(said.contains("names no delivery"), "{said}");
}

#[tokio::test]
async fn a_locked_store_fails_and_then_works_again() {
    let scene = Scene::new().await;
    let other = scene.other();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let said = scene.accept("one").await.unwrap_err();
    assert!(matches!(said, StoreError::Locked), "{said:?}");
    assert!(said.to_string().contains("another program keeps the store locked"), "{said}");
    assert!(scene.store.check_writable().await.is_err());
    other.execute_batch("COMMIT").unwrap();
    scene.store.check_writable().await.unwrap();
    scene.delivered("one").await;
}

#[tokio::test]
async fn a_store_whose_file_was_taken_away_fails_and_works_again_when_it_is_back() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let away = scene.dir.path().join("away.db");
    std::fs::rename(scene.file(), &away).unwrap();
    let said = scene.accept("two").await.unwrap_err().to_string();
    assert!(said.contains("is gone; bring it back"), "{said}");

    std::fs::rename(&away, scene.file()).unwrap();
    scene.delivered("two").await;
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(usher::model::DeliveryId(1)));
}

#[tokio::test]
async fn a_store_whose_file_was_replaced_does_not_write_into_the_other_one() {
    let (scene, other) = (Scene::new().await, Scene::new().await);
    scene.delivered("one").await;
    other.store.close().await;
    for name in ["usher.db", "usher.db-wal", "usher.db-shm"] {
        std::fs::remove_file(scene.dir.path().join(name)).unwrap();
    }
    std::fs::copy(other.file(), scene.file()).unwrap();
    let said = scene.accept("two").await.unwrap_err().to_string();
    assert!(said.contains("replaced by another file"), "{said}");
}

#[tokio::test]
async fn when_too_many_wait_one_more_is_refused_as_busy() {
    let scene = Scene::new().await;
    let other = scene.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = Vec::new();
    for number in 0..4800 {
        let store = scene.store.clone();
        let request = verified(&[("x-a", &number.to_string())], b"{}");
        waiting.push(tokio::spawn(async move { store.accept("acme", request, at(0)).await }));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    other.execute_batch("COMMIT").unwrap();
    let (mut busy, mut new) = (0, 0);
    for one in waiting {
        match one.await.unwrap() {
            Ok(Accepted::New(_)) => new += 1,
            Err(StoreError::Busy) => busy += 1,
            strange => panic!("{strange:?}"),
        }
    }
    assert!(busy > 0 && new >= 4096, "{busy} busy, {new} new");
    let stored = scene.store.deliveries(DeliveryFilter::default()).await.unwrap().len();
    assert_eq!(stored, new, "every answer was true");
    scene.delivered("after").await;
}
