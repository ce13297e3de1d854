use std::os::unix::fs::PermissionsExt;

use rusqlite::Connection;
use usher::store::{Accepted, DeliveryFilter, Store};

use crate::scene::{Scene, at};

async fn refusal(path: &std::path::Path, create: bool) -> String {
    match Store::open(path, create).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_new_store_belongs_to_its_owner_alone() {
    let scene = Scene::new().await;
    scene.delivered("one").await;
    let lock = scene.store.lock().unwrap();
    for name in ["usher.db", "usher.db-wal", "usher.db-shm", "usher.db.lock"] {
        let mode = std::fs::metadata(scene.dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(lock);
}

#[tokio::test]
async fn a_missing_store_is_made_only_when_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("usher.db");
    let said = refusal(&path, false).await;
    assert_eq!(said, format!("there is no store at {} yet; `usher serve` makes it", path.display()));
    assert!(!path.exists());
    let said = refusal(&dir.path().join("nowhere/usher.db"), true).await;
    assert!(said.contains("the directory of the store") && said.contains("does not exist; make it"), "{said}");
    let said = refusal(dir.path(), true).await;
    assert!(said.contains("is a directory; name a file"), "{said}");
}

#[tokio::test]
async fn a_store_keeps_its_rows_and_its_key_when_it_is_opened_again() {
    let scene = Scene::new().await;
    let id = scene.delivered("one").await;
    let scene = scene.reopened().await;
    assert_eq!(scene.accept("one").await.unwrap(), Accepted::Seen(id));
    assert_eq!(scene.store.deliveries(DeliveryFilter::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_store_of_a_newer_version_is_refused() {
    let scene = Scene::new().await;
    scene.store.close().await;
    let insert = "INSERT INTO refinery_schema_history SELECT 9, 'later', applied_on, checksum FROM refinery_schema_history LIMIT 1";
    scene.other().execute(insert, []).unwrap();
    let said = refusal(&scene.file(), true).await;
    assert!(said.contains("a newer version of Usher made it (tables of version 9, this one knows 3)"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("notes.txt");
    std::fs::write(&text, "these are some notes, not a database at all\n".repeat(50)).unwrap();
    let said = refusal(&text, true).await;
    assert!(said.contains("not an SQLite database") && said.contains("move it away"), "{said}");
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("these are some notes"));

    let foreign = dir.path().join("other.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    let said = refusal(&foreign, true).await;
    assert!(said.contains("the database of another program"), "{said}");
}

#[tokio::test]
async fn a_locked_store_is_refused_with_a_sentence() {
    let scene = Scene::new().await;
    scene.store.close().await;
    let other = scene.other();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value").unwrap();
    let said = refusal(&scene.file(), true).await;
    assert!(said.contains("another program keeps the store locked"), "{said}");
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("usher.db");
    std::fs::write(&path, "").unwrap();
    let store = Store::open(&path, false).await.unwrap();
    store.check_writable().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_may_open_a_new_store_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("usher.db");
    let mut opening = Vec::new();
    for _ in 0..16 {
        let path = path.clone();
        opening.push(tokio::spawn(async move { Store::open(&path, true).await.map_err(|error| error.to_string()) }));
    }
    for store in opening {
        store.await.unwrap().unwrap().check_writable().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_server_is_refused_but_another_command_may_write() {
    let scene = Scene::new().await;
    let first = scene.store.lock().unwrap().expect("nobody else serves");
    let second = Store::open(&scene.file(), false).await.unwrap();
    assert!(second.lock().unwrap().is_none());
    let id = scene.delivered("one").await;
    assert!(second.rerun(id, "tests", at(1)).await.unwrap().is_some());
    assert_eq!(scene.all_jobs().await.len(), 2);
    drop(first);
    assert!(second.lock().unwrap().is_some());
}
