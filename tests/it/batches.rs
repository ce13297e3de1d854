//! One delivery with several people: each is work of their own, whatever it is written in, and one bad item does not hold
//! up the others.

use http::header::{CONTENT_TYPE, HeaderValue};
use usher::model::{Clock, Job, JobState};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const BOB: &str = "bob@corp.example";
const EVE: &str = "eve@corp.example";

/// A platform that sends several people at once; `email` is where the connector looks for the address.
pub(crate) fn acme(items: &str, email: &str) -> String {
    format!(
        r#"
name = "acme"
decode = ["json", "form", "ndjson"]
[auth]
kind = "hmac"
signed = "{{body}}"
sig = "header:x-acme-signature"
[[event]]
kind = "employee.hired"
items = "{items}"
employee_id = "item.id"
email = "{email}"
first_name = "item.first"
"#
    )
}

struct Batch {
    content_type: &'static str,
    /// The expression of the people.
    items: &'static str,
    /// Three people; the second one has the address under another name.
    body: &'static str,
}

const FORM: Batch = Batch {
    content_type: "application/x-www-form-urlencoded",
    items: "body.people",
    body: "people[0][id]=7&people[0][first]=Ada&people[0][mail]=ada%40corp.example&people[1][id]=8&people[1][first]=Bob\
           &people[1][e_mail]=bob%40corp.example&people[2][id]=9&people[2][first]=Eve&people[2][mail]=eve%40corp.example",
};

const LINES: Batch = Batch {
    content_type: "application/x-ndjson",
    items: "body",
    body: "{\"id\":7,\"first\":\"Ada\",\"mail\":\"ada@corp.example\"}\n\
           {\"id\":8,\"first\":\"Bob\",\"e_mail\":\"bob@corp.example\"}\n\
           {\"id\":9,\"first\":\"Eve\",\"mail\":\"eve@corp.example\"}\n",
};

async fn start(batch: &Batch) -> TestApp {
    let source = "[sources.acme]\nconnector = \"acme\"\nsecrets = [{ env = \"HR\" }]\n";
    let connector = Some(acme(batch.items, "item.mail"));
    TestApp::with(Scene { connector, extra: source.to_owned(), ..Scene::default() }).await
}

async fn post(t: &TestApp, batch: &Batch, body: &str) {
    let (mut headers, body) = t.sign("acme", body.as_bytes().to_vec());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(batch.content_type));
    assert_eq!(t.post("acme", headers, body).await.status(), 200);
    t.drain().await;
}

/// The jobs of a kind that came from the platform.
async fn jobs(t: &TestApp, kind: &str) -> Vec<Job> {
    let jobs = t.jobs(kind).await;
    jobs.into_iter().filter(|job| job.source.as_deref() == Some("acme")).collect()
}

async fn states(t: &TestApp, kind: &str) -> Vec<JobState> {
    jobs(t, kind).await.iter().map(|job| job.state).collect()
}

/// Jobs run side by side: whoever came first is nobody's business.
fn users(t: &TestApp) -> Vec<String> {
    let mut users = t.users();
    users.sort();
    users
}

async fn retry(t: &TestApp, job: &Job) {
    assert_eq!(t.app.store.retry(vec![job.id], "tests", t.clock.now()).await.unwrap(), 1);
    t.drain().await;
}

#[tokio::test]
async fn the_one_bad_person_of_a_batch_is_mended_alone() {
    for batch in [FORM, LINES] {
        let mut t = start(&batch).await;
        post(&t, &batch, batch.body).await;
        assert_eq!(states(&t, "process").await, [JobState::Done, JobState::Dead], "{}", batch.content_type);
        assert_eq!(states(&t, "onboard").await, [JobState::Done, JobState::Done]);
        assert_eq!(users(&t), [ADA, EVE]);
        let bad = jobs(&t, "process").await.remove(1);
        assert!(bad.reason.as_deref().unwrap().contains("[[event]] 1 (employee.hired), item 2"), "{:?}", bad.reason);
        t.restart_with(|scene| scene.connector = Some(acme(batch.items, "item.mail or item.e_mail"))).await;
        retry(&t, &bad).await;
        assert_eq!(states(&t, "process").await, [JobState::Done, JobState::Done]);
        assert_eq!(states(&t, "onboard").await, [JobState::Done; 3]);
        assert_eq!(users(&t), [ADA, BOB, EVE]);
        for email in [ADA, BOB, EVE] {
            assert_eq!(t.mails(email).iter().filter(|kind| *kind == "activation").count(), 1, "{email}");
        }
    }
}

#[tokio::test]
async fn a_line_that_is_no_json_is_one_dead_job_and_stays_its_own() {
    let mut t = start(&LINES).await;
    let broken = LINES.body.replacen("{\"id\":7", "{\"id\":", 1);
    post(&t, &LINES, &broken).await;
    // The line itself, and the person without an address: two jobs of their own.
    assert_eq!(states(&t, "process").await, [JobState::Done, JobState::Dead, JobState::Dead]);
    assert_eq!(users(&t), [EVE]);
    let process = jobs(&t, "process").await;
    let line = process.iter().find(|job| job.reason.as_deref().unwrap_or_default().contains("line 1")).unwrap();
    assert!(!line.reason.as_deref().unwrap().contains("ada@"), "{:?}", line.reason);
    // More tables do not make the line somebody else's.
    let more = format!(
        "{}[[event]]\nkind = \"employee.updated\"\nitems = \"body\"\nemployee_id = \"item.id\"\n",
        acme(LINES.items, "item.mail")
    );
    t.restart_with(|scene| scene.connector = Some(more)).await;
    retry(&t, line).await;
    assert_eq!(states(&t, "process").await, [JobState::Done, JobState::Dead, JobState::Dead]);
    assert_eq!(users(&t), [EVE]);
}

#[tokio::test]
async fn a_batch_that_comes_twice_is_worked_on_once() {
    for batch in [FORM, LINES] {
        let t = start(&batch).await;
        for _ in 0..2 {
            post(&t, &batch, batch.body).await;
        }
        assert_eq!(states(&t, "process").await.len(), 2, "{}", batch.content_type);
        assert_eq!(states(&t, "onboard").await, [JobState::Done, JobState::Done]);
    }
}
