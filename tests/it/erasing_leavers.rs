//! People who left are forgotten after a time, if the configuration says so.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use usher::erase;
use usher::model::Clock;
use usher::worker;

use crate::erasing::row;
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const BOB: &str = "bob@corp.example";

async fn start() -> TestApp {
    let extra = "[retention]\nleavers_days = 30\n".to_owned();
    let t = TestApp::with(Scene { extra, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.hire("8", BOB).await;
    t.drain().await;
    t
}

async fn days(t: &TestApp, days: i64) {
    t.clock.advance(SignedDuration::from_hours(24 * days));
}

/// Who is still known.
async fn known(t: &TestApp) -> Vec<String> {
    t.people().await.into_iter().filter_map(|person| person.email).collect()
}

#[tokio::test]
async fn who_left_long_ago_is_forgotten_and_nobody_else() {
    let t = start().await;
    t.tell("employee.terminated", json!({"employee_id": "7"})).await;
    t.drain().await;
    days(&t, 29).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 0);
    days(&t, 1).await;
    let ada = row(&t, ADA).await.id;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 1);
    assert_eq!(known(&t).await, [BOB]);
    let acts = t.app.store.audit(t.clock.now()).await.unwrap();
    assert_eq!((acts.len(), acts[0].what.as_str(), &acts[0].subject), (1, "forget", &format!("person {ada}")));
    assert_eq!(acts[0].who, "retention");
    assert!(t.app.store.is_scrub_due().await.unwrap());
}

#[tokio::test]
async fn the_time_begins_with_the_last_day_of_work_and_is_not_counted_for_who_was_hired_again() {
    let t = start().await;
    t.tell("employee.terminated", json!({"employee_id": "7", "ends_on": "2026-08-20"})).await;
    t.tell("employee.terminated", json!({"employee_id": "8", "ends_on": "2026-08-01"})).await;
    t.drain().await;
    let again = json!({"employee_id": "8", "email": BOB, "first_name": "Bob", "starts_on": "2026-08-10"});
    t.tell("employee.hired", again).await;
    t.drain().await;
    days(&t, 46).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 0, "the 20th was counted from");
    days(&t, 2).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 1);
    days(&t, 900).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 0);
    assert_eq!(known(&t).await, [BOB]);
}

#[tokio::test]
async fn whose_account_was_deleted_is_forgotten_and_who_was_invited_anew_is_not() {
    let t = start().await;
    for email in [ADA, BOB] {
        t.delete_sandbox_user(&t.user_id(email)).await;
    }
    days(&t, 1).await;
    let again = json!({"employee_id": "8", "email": BOB, "first_name": "Bob", "department": "Lab"});
    t.tell("employee.hired", again).await;
    t.drain().await;
    assert_eq!(t.users(), [BOB]);
    days(&t, 40).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 1);
    assert_eq!(known(&t).await, [BOB]);
}

#[tokio::test]
async fn who_left_waits_for_open_work_to_be_decided_on() {
    let t = start().await;
    t.fault(json!({"path": "/portal/sendcongratulations", "drop": "after"}));
    t.activate(ADA).await;
    t.tell("employee.terminated", json!({"employee_id": "8"})).await;
    t.drain().await;
    // Afterwards: a termination calls off what waits.
    t.tell("employee.terminated", json!({"employee_id": "7"})).await;
    t.drain().await;
    let conn = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
    let held = "UPDATE jobs SET state = 'held' WHERE kind = 'congratulate'";
    assert_eq!(conn.execute(held, []).unwrap(), 1);
    days(&t, 40).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 1);
    assert_eq!(known(&t).await, [ADA]);
    let held = t.jobs("congratulate").await[0].id;
    t.app.store.cancel(vec![held], "tests", t.clock.now()).await.unwrap();
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 0, "once a day");
    days(&t, 1).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 1);
    assert!(known(&t).await.is_empty());
}

#[tokio::test]
async fn without_the_setting_nobody_is_forgotten() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.tell("employee.terminated", json!({"employee_id": "7"})).await;
    t.drain().await;
    days(&t, 5000).await;
    assert_eq!(erase::leavers(&t.app).await.unwrap(), 0);
    assert_eq!(known(&t).await, [ADA]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_forgets_leavers_and_writes_the_store_anew() {
    let t = start().await;
    t.tell("employee.terminated", json!({"employee_id": "7"})).await;
    t.drain().await;
    days(&t, 31).await;
    let stop = CancellationToken::new();
    let working = tokio::spawn(worker::run(t.app.clone(), stop.clone()));
    let begun = Instant::now();
    while known(&t).await != [BOB] || t.app.store.is_scrub_due().await.unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(20), "Ada is still known");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    working.await.unwrap();
    for name in ["usher.db", "usher.db-wal"] {
        let content = std::fs::read(t.dir.path().join(name)).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains(ADA), "{name}");
    }
}
