//! What was accepted outlives changes of the configuration and of the program.

use serde_json::{Value as Json, json};
use usher::model::{Clock, JobState};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

/// A platform that sends lists of people; `email` is where the connector looks for the address.
fn acme(email: &str) -> String {
    format!(
        r#"
name = "acme"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{{body}}"
sig = "header:x-acme-signature"
encoding = "hex"
[[event]]
kind = "employee.hired"
items = "body.people"
employee_id = "item.id"
email = "{email}"
first_name = "item.first"
"#
    )
}

async fn start(email: &str) -> TestApp {
    let source = "[sources.acme]\nconnector = \"acme\"\nsecrets = [{ env = \"HR\" }]\n";
    TestApp::with(Scene { connector: Some(acme(email)), extra: source.to_owned(), ..Scene::default() }).await
}

async fn post(t: &TestApp, people: Json) {
    let (headers, body) = t.sign("acme", json!({"people": people}).to_string().into_bytes());
    assert_eq!(t.post("acme", headers, body).await.status(), 200);
    t.drain().await;
}

/// States of the jobs of a kind, without those of DocSpace's own webhooks.
async fn states(t: &TestApp, kind: &str) -> Vec<JobState> {
    let jobs = t.jobs(kind).await;
    jobs.iter().filter(|job| job.source.as_deref() != Some("docspace")).map(|job| job.state).collect()
}

#[tokio::test]
async fn a_delivery_that_could_not_be_mapped_works_after_the_mapping_was_mended() {
    for way in ["retry", "rerun", "redelivery"] {
        let mut t = start("item.mail").await;
        let people = json!([{"id": 7, "first": "Ada", "e_mail": ADA}]);
        post(&t, people.clone()).await;
        assert_eq!(states(&t, "process").await, [JobState::Dead], "{way}");
        t.restart_with(|scene| scene.connector = Some(acme("item.e_mail"))).await;
        let job = t.jobs("process").await[0].clone();
        match way {
            "retry" => assert_eq!(t.app.store.retry(vec![job.id], "tests", t.clock.now()).await.unwrap(), 1),
            "rerun" => {
                assert!(t.app.store.rerun(job.delivery.unwrap(), "tests", t.clock.now()).await.unwrap().is_some())
            }
            _ => post(&t, people).await,
        }
        t.drain().await;
        assert_eq!(t.users(), [ADA], "{way}");
        assert_eq!(states(&t, "onboard").await, [JobState::Done], "{way}");
    }
}

#[tokio::test]
async fn a_mended_item_of_a_batch_is_retried_alone() {
    let mut t = start("item.mail").await;
    post(&t, json!([{"id": 7, "first": "Ada", "mail": ADA}, {"id": 8, "first": "Bob", "e_mail": "bob@corp.example"}]))
        .await;
    assert_eq!((states(&t, "process").await, t.users()), (vec![JobState::Done, JobState::Dead], vec![ADA.to_owned()]));
    let dead = t.jobs("process").await[1].id;
    t.app.store.retry(vec![dead], "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(states(&t, "process").await, [JobState::Done, JobState::Dead], "nothing was mended yet");
    t.restart_with(|scene| scene.connector = Some(acme("item.mail or item.e_mail"))).await;
    t.app.store.retry(vec![dead], "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(states(&t, "process").await, [JobState::Done, JobState::Done]);
    assert_eq!((t.users().len(), t.jobs("onboard").await.len()), (2, 2), "the good item is not planned again");
}

#[tokio::test]
async fn a_rerun_of_a_whole_batch_plans_all_of_it_and_makes_nothing_twice() {
    let mut t = start("item.mail").await;
    post(&t, json!([{"id": 7, "first": "Ada", "mail": ADA}, {"id": 8, "first": "Bob", "e_mail": "bob@corp.example"}]))
        .await;
    t.restart_with(|scene| scene.connector = Some(acme("item.mail or item.e_mail"))).await;
    let delivery = t.jobs("process").await[0].delivery.unwrap();
    t.app.store.rerun(delivery, "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!((t.users().len(), t.jobs("onboard").await.len()), (2, 3));
    assert_eq!((t.calls("POST", "/people"), t.mails(ADA)), (2, vec!["activation".to_owned()]));
}

#[tokio::test]
async fn a_delivery_whose_source_is_gone_waits_dead_until_it_is_back() {
    let mut t = start("item.mail").await;
    let (headers, body) =
        t.sign("acme", json!({"people": [{"id": 7, "first": "Ada", "mail": ADA}]}).to_string().into());
    assert_eq!(t.post("acme", headers, body).await.status(), 200);
    let source = "[sources.acme]\nconnector = \"acme\"\nsecrets = [{ env = \"HR\" }]\n";
    t.restart_with(|scene| scene.extra.clear()).await;
    t.drain().await;
    let (state, reason) = t.only("process").await;
    assert_eq!(state, JobState::Dead);
    assert!(reason.contains("no source 'acme'"), "{reason}");
    t.restart_with(|scene| scene.extra = source.to_owned()).await;
    let job = t.jobs("process").await[0].id;
    t.app.store.retry(vec![job], "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(t.users(), [ADA]);
}

#[tokio::test]
async fn a_stored_delivery_is_never_judged_for_age_again() {
    let mut t = TestApp::start().await;
    let body = json!({"type": "employee.hired", "data": {"employee_id": "7", "email": ADA, "first_name": "Ada"}});
    let (headers, body) = t.sign("standard", body.to_string().into_bytes());
    assert_eq!(t.post("standard", headers, body).await.status(), 200);
    t.clock.advance(jiff::SignedDuration::from_hours(24 * 60));
    t.restart().await;
    t.drain().await;
    assert_eq!(t.users(), [ADA]);
    let delivery = t.jobs("process").await[0].delivery.unwrap();
    t.app.store.rerun(delivery, "tests", t.clock.now()).await.unwrap();
    t.drain().await;
    assert_eq!(states(&t, "process").await, [JobState::Done, JobState::Done]);
}

#[tokio::test]
async fn a_job_of_a_later_version_is_kept_and_shown_and_stops_nobody() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    let conn = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
    conn.execute("INSERT INTO jobs (kind, state, key, payload, due_at, created_at) VALUES ('dance', 'ready', 'dance/1', '{}', 0, 0)", [])
        .unwrap();
    t.drain().await;
    assert_eq!(t.users(), [ADA]);
    assert_eq!(states(&t, "dance").await, [JobState::Ready]);
    let text = t.metrics().await;
    assert!(text.contains("kind=\"dance\""), "{text}");
}

#[tokio::test]
async fn an_action_for_a_portal_that_is_not_there_waits_for_it() {
    let mut t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.restart_with(|scene| scene.portal = Some("http://127.0.0.1:9")).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Ready, "{reason}");
    t.restart_with(|scene| scene.portal = None).await;
    t.advance(jiff::SignedDuration::from_secs(10)).await;
    assert_eq!(t.users(), [ADA]);
}
