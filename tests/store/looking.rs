//! A look into a store that changes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use usher::ledger::Keys;
use usher::model::Delivery;
use usher::store::{Change, Snapshot, Store};

use crate::migrating::first_version;
use crate::scene::{Scene, at, days};

/// Every file but the log and its index, which SQLite keeps as it likes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let named = all.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()));
    named.filter(|(name, _)| !name.ends_with("-wal") && !name.ends_with("-shm")).collect()
}

fn deliveries(snapshot: &Snapshot, since: jiff::Timestamp) -> Vec<Delivery> {
    let mut found = Vec::new();
    snapshot.deliveries(since, |delivery| found.push(delivery)).unwrap();
    found
}

#[tokio::test]
async fn a_look_sees_everything_and_leaves_every_byte() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let second = scene.delivered("two").await;
    scene.person();
    // With the server at work, so that the log has what the file has not yet.
    let before = files(scene.dir.path());
    let snapshot = Snapshot::open(&scene.file()).unwrap().unwrap();
    assert_eq!(snapshot.people().unwrap().len(), 1);
    assert_eq!(snapshot.recent(at(-1)).unwrap().newcomers, 0);
    assert!(snapshot.forgotten(&Keys::default()).unwrap().is_empty());
    let found = deliveries(&snapshot, at(0));
    assert_eq!((found.len(), found[1].id, found[1].body.as_deref()), (2, second, Some(&b"two"[..])));
    assert!(deliveries(&snapshot, days(1)).is_empty());
    // What is written meanwhile is not seen: it is one state.
    scene.delivered("three").await;
    assert_eq!(deliveries(&snapshot, at(0)).len(), 2);
    drop(snapshot);
    assert_eq!(files(scene.dir.path()), before);
    scene.store.close().await;
    let closed = files(scene.dir.path());
    let snapshot = Snapshot::open(&scene.file()).unwrap().unwrap();
    assert_eq!(deliveries(&snapshot, at(0)).len(), 3);
    drop(snapshot);
    assert_eq!(files(scene.dir.path()), closed);
}

#[tokio::test]
async fn what_a_crash_left_in_the_log_is_seen_and_stays_there() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let left = tempfile::tempdir().unwrap();
    for (name, bytes) in files(scene.dir.path()) {
        std::fs::write(left.path().join(name), bytes).unwrap();
    }
    std::fs::copy(scene.dir.path().join("usher.db-wal"), left.path().join("usher.db-wal")).unwrap();
    let before = files(left.path());
    let log = std::fs::read(left.path().join("usher.db-wal")).unwrap();
    assert!(!log.is_empty());
    let snapshot = Snapshot::open(&left.path().join("usher.db")).unwrap().unwrap();
    assert_eq!(deliveries(&snapshot, at(0)).len(), 1);
    drop(snapshot);
    assert_eq!(files(left.path()), before);
    assert_eq!(std::fs::read(left.path().join("usher.db-wal")).unwrap(), log);
    // And whoever opens it to work finds it all.
    let store = Store::open(&left.path().join("usher.db"), false).await.unwrap();
    store.write(Keys::default(), true, at(1), |_| (Change::default(), ())).await.unwrap();
    store.close().await;
}

#[test]
fn no_store_is_made_and_an_empty_file_stays_empty() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("usher.db");
    assert!(Snapshot::open(&file).unwrap().is_none());
    assert!(files(dir.path()).is_empty());
    std::fs::write(&file, b"").unwrap();
    assert!(Snapshot::open(&file).unwrap().is_none());
    assert_eq!(std::fs::read(&file).unwrap(), b"");
    let error = Snapshot::open(dir.path()).err().unwrap().to_string();
    assert!(error.contains("is a directory"), "{error}");
}

#[test]
fn a_store_of_an_older_version_is_not_brought_up_to_date_by_a_look() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("usher.db");
    first_version(&file);
    let before = files(dir.path());
    let error = Snapshot::open(&file).err().unwrap().to_string();
    assert!(error.contains("older version") && error.contains("usher serve"), "{error}");
    assert_eq!(files(dir.path()), before);
}
