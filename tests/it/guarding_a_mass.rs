//! Many at once: everybody beyond the limit is held, and the log tells of it once.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Clock, JobState};

use crate::discretion::{listen, logged};
use crate::guarding::{USER, guarded, hire, states};
use crate::onboarding_places::scene;
use crate::scene::Scene;
use crate::support::TestApp;

const NOTICE: &str = "the guard holds people back";

/// A platform that sends everybody in one request.
pub(crate) const ACME: &str = r#"
name = "acme"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{body}"
sig = "header:x-acme-signature"
encoding = "hex"
[[event]]
kind = "employee.hired"
items = "body.people"
employee_id = "item.id"
email = "item.email"
first_name = "item.first"
starts_on = "item.first_day"
"#;

fn notices() -> usize {
    logged().lines().filter(|line| line.contains(NOTICE)).count()
}

async fn count(t: &TestApp) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for state in states(t).await {
        *counts.entry(state.as_str()).or_default() += 1;
    }
    counts
}

async fn held(t: &TestApp) -> Vec<usher::model::JobId> {
    t.jobs("onboard").await.into_iter().filter(|job| job.state == JobState::Held).map(|job| job.id).collect()
}

/// How many addresses have an account, and how many mails each of them got at most.
fn invited(t: &TestApp) -> (usize, usize) {
    let state = t.sandbox.state();
    let mut mails = BTreeMap::<_, usize>::new();
    for mail in &state.mails {
        *mails.entry(mail.to.clone()).or_default() += 1;
    }
    assert_eq!(mails.len(), state.users.len(), "whoever has an account got mail, and nobody else");
    (mails.len(), mails.into_values().max().unwrap_or_default())
}

#[tokio::test]
async fn of_two_thousand_hires_at_once_fifty_are_invited_and_the_others_wait() {
    listen();
    let extra = "[guard]\nnew_people_per_day = 50\n[docspace.limits]\nper_minute = 100000\nwrites_per_day = 100000\n\
                 [sources.acme]\nconnector = \"acme\"\nsecrets = [{ env = \"HR\" }]\n";
    let scene = Scene { extra: extra.to_owned(), connector: Some(ACME.to_owned()), webhook: false, ..scene(USER) };
    let t = TestApp::with(scene).await;
    let people: Vec<_> = (0..2000)
        .map(|number| json!({"id": number, "email": format!("person{number}@corp.example"), "first": "Ada"}))
        .collect();
    let (headers, body) = t.sign("acme", json!({"people": people}).to_string().into_bytes());
    assert_eq!(t.post("acme", headers, body).await.status(), 200);
    t.drain().await;
    assert_eq!(count(&t).await, [("done", 50), ("held", 1950)].into());
    assert_eq!(invited(&t), (50, 1));
    assert!(t.metrics().await.contains("usher_guarded_total{limit=\"new_people_per_day\"} 1950\n"));
    let log = logged();
    assert_eq!(notices(), 1, "one notice for all of them");
    assert!(!log.contains("a job waits for a person"), "and no alarm for each");
    let notice = log.lines().find(|line| line.contains(NOTICE)).unwrap();
    assert!(notice.contains("new_people_per_day") && notice.contains("usher jobs list --state held"), "{notice}");

    let looked_at: Vec<_> = held(&t).await.into_iter().take(100).collect();
    assert_eq!(t.app.store.release(looked_at, "tests", t.clock.now()).await.unwrap(), 100);
    t.drain().await;
    assert_eq!(invited(&t), (150, 1));
    let rest = held(&t).await;
    assert_eq!(t.app.store.cancel(rest, "tests", t.clock.now()).await.unwrap(), 1850);
    t.advance(SignedDuration::from_hours(25)).await;
    assert_eq!(count(&t).await, [("cancelled", 1850), ("done", 150)].into());
    assert_eq!((invited(&t), notices()), ((150, 1), 1));
}

#[tokio::test]
async fn a_burst_ends_with_an_hour_without_a_hold() {
    listen();
    let t = guarded(USER, "new_people_per_day = 0\nemail_domains = [\"corp.example\"]").await;
    for (number, minutes, told) in [(1, 0, 1), (2, 0, 1), (3, 59, 1), (4, 59, 1), (5, 60, 2), (6, 1, 2)] {
        t.advance(SignedDuration::from_mins(minutes)).await;
        hire(&t, number, &format!("person{number}@corp.example")).await;
        assert_eq!(notices(), told, "{number}");
    }
    hire(&t, 7, "eve@elsewhere.example").await;
    assert_eq!(notices(), 3, "another limit is told by itself");
    let log = logged();
    assert!(log.contains("email_domains") && !log.contains("@corp.example") && !log.contains("elsewhere"), "{log}");
    assert!(!log.contains("a job waits for a person"));
}
