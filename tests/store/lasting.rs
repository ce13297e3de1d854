//! What was answered is there, whatever happens afterwards.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use usher::store::{DeliveryFilter, Store, StoreError};

use crate::scene::{Scene, at, verified};

#[tokio::test]
async fn a_store_dropped_without_closing_keeps_what_was_accepted() {
    let scene = Scene::new().await;
    let file = scene.file();
    for key in ["one", "two", "three"] {
        scene.delivered(key).await;
    }
    let Scene { store, dir } = scene;
    drop(store);
    let again = Store::open(&file, false).await.unwrap();
    assert_eq!(again.deliveries(DeliveryFilter::default()).await.unwrap().len(), 3);
    drop(dir);
}

#[tokio::test]
async fn what_lies_in_the_log_alone_survives() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let copy = tempfile::tempdir().unwrap();
    for name in ["usher.db", "usher.db-wal"] {
        std::fs::copy(scene.dir.path().join(name), copy.path().join(name)).unwrap();
    }
    let again = Store::open(&copy.path().join("usher.db"), false).await.unwrap();
    assert_eq!(again.deliveries(DeliveryFilter::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_had_answered() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("usher.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["lasting::accept_until_killed", "--exact", "--ignored", "--nocapture"])
        .env("USHER_TEST_STORE", &file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let answered = lines.map_while(Result::ok).filter(|line| line.starts_with("accepted")).take(40).count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answered, 40);
    let store = Store::open(&file, false).await.unwrap();
    let list = store.deliveries(DeliveryFilter::default()).await.unwrap();
    assert!(list.len() >= 40, "{} of 40", list.len());
    assert_eq!(store.claim(crate::scene::claim(10_000, 0), at(1)).await.unwrap().process.len(), list.len());
}

#[tokio::test]
#[ignore = "runs in the process that a_killed_process_loses_nothing_it_had_answered kills"]
async fn accept_until_killed() {
    let file = std::env::var_os("USHER_TEST_STORE").unwrap();
    let store = Store::open(file.as_ref(), true).await.unwrap();
    for number in 0_u64.. {
        let request = verified(&[("x-a", &number.to_string())], b"{}");
        store.accept("acme", request, at(0)).await.unwrap();
        writeln!(std::io::stdout(), "\naccepted {number}").unwrap();
    }
}

#[tokio::test]
async fn a_closed_store_has_finished_what_was_queued_and_refuses_the_rest() {
    let scene = Scene::new().await;
    let other = scene.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut queued = Vec::new();
    for number in 0..200 {
        let store = scene.store.clone();
        let request = verified(&[("x-a", &number.to_string())], b"{}");
        queued.push(tokio::spawn(async move { store.accept("acme", request, at(0)).await }));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let store = scene.store.clone();
    let closing = tokio::spawn(async move { store.close().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!closing.is_finished(), "closed while requests wait");
    other.execute_batch("COMMIT").unwrap();
    drop(other);
    closing.await.unwrap();
    for one in queued {
        one.await.unwrap().unwrap();
    }
    assert!(matches!(scene.accept("late").await, Err(StoreError::Closed)));
    assert!(matches!(scene.store.check_writable().await, Err(StoreError::Closed)));
    assert!(matches!(scene.store.stats().await, Err(StoreError::Closed)));
    scene.store.close().await;
    let wal = std::fs::metadata(scene.dir.path().join("usher.db-wal"));
    assert!(wal.is_err() || wal.unwrap().len() == 0, "the log is empty after closing");
    let scene = scene.reopened().await;
    assert_eq!(scene.all_jobs().await.len(), 200);
}

/// Bytes that the log may have at most: what it may reach, one transaction, and what comes during one copy.
const LOG_BOUND: u64 = 32 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_bounded_while_the_writer_never_rests() {
    let scene = Scene::new().await;
    let largest = Arc::new(AtomicU64::new(0));
    let mut senders = Vec::new();
    for sender in 0..64 {
        let store = scene.store.clone();
        let (largest, wal) = (Arc::clone(&largest), scene.dir.path().join("usher.db-wal"));
        senders.push(tokio::spawn(async move {
            for number in 0..200 {
                let request = verified(&[("x-a", &format!("{sender}/{number}"))], &[b'x'; 6000]);
                store.accept("acme", request, at(0)).await.unwrap();
                largest.fetch_max(std::fs::metadata(&wal).unwrap().len(), Ordering::Relaxed);
            }
        }));
    }
    for sender in senders {
        sender.await.unwrap();
    }
    // 12,800 bodies of two pages each are at least 100 MB of log.
    let largest = largest.load(Ordering::Relaxed);
    assert!(largest < LOG_BOUND, "{largest} bytes");
    assert_eq!(scene.store.deliveries(DeliveryFilter::default()).await.unwrap().len(), 64 * 200);
}
