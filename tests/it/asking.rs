//! Every way in which a platform can fail to answer: what becomes of the question, what is said of it, and that after the
//! cause is mended the person is invited, once.

use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Job, JobState, kind};

use crate::scene::Scene;
use crate::stand_in::{Says, StandIn};
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
/// Names ids alone; the platform has a second to answer.
const CONNECTOR: &str = r#"
name = "acme"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{body}"
sig = "header:x-acme-signature"
encoding = "hex"
[fetch]
path = "/v1/staff/{{ item.id }}"
auth = ["bearer", "oauth2"]
per_minute = 6000
timeout = "1s"
[[event]]
kind = "employee.hired"
employee_id = "item.id"
email = "fetched.mail"
first_name = "fetched.name"
"#;
const BEARER: &str = "bearer = { env = \"HR\" }\n";

fn person() -> Option<Says> {
    Some(Says::Json(json!({"mail": ADA, "name": "Ada"})))
}

/// Somebody was told of, and the platform was asked as soon as it could be.
async fn told(platform: &StandIn, credentials: &str) -> TestApp {
    let extra = format!(
        "[sources.acme]\nconnector = \"acme\"\nsecrets = [{{ env = \"HR\" }}]\n[sources.acme.fetch]\n\
         base = \"http://{}\"\nallow = [\"127.0.0.1\"]\n{credentials}",
        platform.address
    );
    let t =
        TestApp::with(Scene { extra, connector: Some(CONNECTOR.to_owned()), webhook: false, ..Scene::default() }).await;
    let (headers, body) = t.sign("acme", b"{\"id\":7}".to_vec());
    assert_eq!(t.post("acme", headers, body).await.status(), 200);
    t.drain().await;
    t
}

async fn question(t: &TestApp) -> Job {
    let mut jobs = t.jobs(kind::FETCH).await;
    assert_eq!(jobs.len(), 1, "{jobs:#?}");
    jobs.remove(0)
}

/// What is said of it names the source's table, or what to do, and nothing of the answer.
fn says(job: &Job, parts: &[&str]) {
    let reason = job.reason.as_deref().unwrap_or_default();
    for part in parts {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert!(!reason.contains("pay-of-somebody") && !reason.contains("/v1/staff"), "{reason}");
}

/// Nothing happened so far.
fn nothing(t: &TestApp) {
    assert_eq!((t.users(), t.mails(ADA)), (Vec::new(), Vec::new()));
}

/// The one person, the one letter, the one job.
async fn invited_once(t: &TestApp) {
    t.drain().await;
    assert_eq!(question(t).await.state, JobState::Done);
    assert_eq!((t.users(), t.mails(ADA)), (vec![ADA.to_owned()], vec!["activation".to_owned()]));
    assert_eq!((t.only(kind::ONBOARD).await.0, t.calls("POST", "/people")), (JobState::Done, 1));
}

#[tokio::test]
async fn what_somebody_has_to_mend_is_held_and_goes_on_once_it_is_released() {
    let elsewhere = Says::Raw(302, Some(("location", "http://127.0.0.1:1/v1/staff/7")), b"pay-of-somebody".to_vec());
    for (failure, parts) in [
        (elsewhere, &["redirects (status 302), which is not followed", "sources.acme.fetch"][..]),
        (Says::status(308), &["redirects (status 308)"]),
        (Says::status(401), &["refuses us with status 401", "sources.acme.fetch"]),
        (Says::Raw(403, None, b"pay-of-somebody".to_vec()), &["refuses us with status 403"]),
    ] {
        let platform = StandIn::start().await;
        platform.answers(Some(failure));
        let t = told(&platform, BEARER).await;
        let held = question(&t).await;
        assert_eq!(held.state, JobState::Held, "{held:#?}");
        says(&held, parts);
        says(&held, &["Then release this job"]);
        t.advance(SignedDuration::from_hours(48)).await;
        assert_eq!(platform.asked().len(), 1, "it is not asked again by itself");
        nothing(&t);
        platform.answers(person());
        t.release(kind::FETCH).await;
        invited_once(&t).await;
    }
}

#[tokio::test]
async fn what_may_be_a_passing_fault_is_asked_ten_times_and_then_retried_by_hand() {
    let long = format!("{{\"mail\":\"{ADA}\",\"more\":\"pay-of-somebody{}\"}}", "x".repeat(1 << 20));
    for (failure, parts) in [
        (Says::Raw(200, None, long.into_bytes()), &["longer than 1048576 bytes", "[fetch] of the connector"][..]),
        (Says::Raw(200, None, b"<p>pay-of-somebody</p>".to_vec()), &["answers with success, but", "fetch.base"]),
        (Says::status(204), &["answers with success, but"]),
        (Says::status(404), &["does not know what it was asked for (status 404)"]),
        (Says::status(410), &["(status 410)"]),
        (Says::status(400), &["does not take the call (status 400)"]),
    ] {
        let platform = StandIn::start().await;
        platform.answers(Some(failure));
        let t = told(&platform, BEARER).await;
        let waiting = question(&t).await;
        assert_eq!((waiting.state, waiting.attempts), (JobState::Ready, 1), "{waiting:#?}");
        says(&waiting, parts);
        for _ in 0..12 {
            t.advance(SignedDuration::from_mins(15)).await;
        }
        let dead = question(&t).await;
        assert_eq!((dead.state, platform.asked().len()), (JobState::Dead, 10), "{dead:#?}");
        says(&dead, parts);
        nothing(&t);
        platform.answers(person());
        assert_eq!(t.app.store.retry(vec![dead.id], "tests", t.app.clock.now()).await.unwrap(), 1);
        invited_once(&t).await;
    }
}

#[tokio::test]
async fn a_platform_that_asks_to_be_left_alone_is_left_alone_that_long() {
    for status in [429, 503] {
        let platform = StandIn::start().await;
        platform.says([Says::Raw(status, Some(("retry-after", "1800")), Vec::new())]);
        platform.answers(person());
        let t = told(&platform, BEARER).await;
        let waiting = question(&t).await;
        assert_eq!((waiting.state, waiting.attempts), (JobState::Ready, 0), "{waiting:#?}");
        says(&waiting, &[&format!("puts us off with status {status}"), "1800 s"]);
        assert!(waiting.due_at.duration_since(t.app.clock.now()) >= SignedDuration::from_secs(1800), "{waiting:#?}");
        t.advance(SignedDuration::from_secs(1799)).await;
        assert_eq!(platform.asked().len(), 1, "before its time");
        nothing(&t);
        t.advance(SignedDuration::from_mins(16)).await;
        assert_eq!(platform.asked().len(), 2);
        invited_once(&t).await;
    }
}

#[tokio::test]
async fn a_platform_that_does_not_answer_in_time_is_asked_for_a_week() {
    let platform = StandIn::start().await;
    platform.says([Says::Nothing]);
    platform.answers(Some(Says::status(500)));
    let t = told(&platform, BEARER).await;
    let waiting = question(&t).await;
    assert_eq!((waiting.state, waiting.attempts), (JobState::Ready, 0), "{waiting:#?}");
    says(&waiting, &["did not answer in full within 1 s"]);
    for _ in 0..6 {
        t.advance(SignedDuration::from_hours(24)).await;
    }
    let waiting = question(&t).await;
    assert_eq!((waiting.state, waiting.attempts), (JobState::Ready, 0), "{waiting:#?}");
    for _ in 0..2 {
        t.advance(SignedDuration::from_hours(24)).await;
    }
    let dead = question(&t).await;
    assert_eq!(dead.state, JobState::Dead);
    nothing(&t);
    platform.answers(person());
    assert_eq!(t.app.store.retry(vec![dead.id], "tests", t.app.clock.now()).await.unwrap(), 1);
    invited_once(&t).await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_held_and_one_that_cannot_be_had_now_is_asked_for_again() {
    let refused = Says::Raw(401, None, b"{\"error\":\"invalid_client\"}".to_vec());
    for (failure, state, parts) in [
        (refused, JobState::Held, &["gives no token: status 401 (invalid_client)", "sources.acme.fetch.oauth2"][..]),
        (Says::status(503), JobState::Ready, &["fails with status 503"]),
        (Says::status(302), JobState::Held, &["redirects (status 302)"]),
        (Says::Json(json!({"token": "pay-of-somebody"})), JobState::Ready, &["answers with success, but"]),
        (Says::Nothing, JobState::Ready, &["did not answer in full within 1 s"]),
    ] {
        let platform = StandIn::start().await;
        platform.gives_no_token([failure]);
        platform.answers(person());
        let oauth2 = format!(
            "oauth2 = {{ client_id = \"usher\", client_secret = {{ env = \"HR\" }}, token_url = \"{}\" }}\n",
            platform.token_url()
        );
        let t = told(&platform, &oauth2).await;
        let waiting = question(&t).await;
        assert_eq!(waiting.state, state, "{waiting:#?}");
        says(&waiting, parts);
        nothing(&t);
        assert!(platform.asked().is_empty(), "without a token there is no question");
        match state {
            JobState::Held => t.release(kind::FETCH).await,
            _ => t.advance(SignedDuration::from_mins(15)).await,
        }
        invited_once(&t).await;
        assert_eq!(platform.asked_for_tokens(), 2);
    }
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_waited_for() {
    let gone = StandIn::start().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut t = told(&gone.at(nobody), BEARER).await;
    let waiting = question(&t).await;
    assert_eq!((waiting.state, waiting.attempts), (JobState::Ready, 0), "{waiting:#?}");
    says(&waiting, &["no connection to 127.0.0.1", "sources.acme.fetch"]);
    gone.answers(person());
    t.restart_with(|scene| scene.extra = scene.extra.replace(&nobody.to_string(), &gone.address.to_string())).await;
    t.advance(SignedDuration::from_mins(15)).await;
    invited_once(&t).await;
}
