//! Congratulations by a signed webhook of our own.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Clock, JobState};

use crate::listener::{Listener, Manner, Told};
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const RULES: &str = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n\
    [[rules]]\non = \"user.activated\"\ncongratulate = { via = [\"webhook\"], receiver = \"chat\" }\n";

async fn activated(manner: Manner, patience: Option<Duration>) -> (TestApp, Listener) {
    let listener = Listener::start(manner).await;
    let t = TestApp::with(Scene { rules: RULES.to_owned(), extra: listener.section(), patience, ..Scene::default() });
    let t = t.await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    (t, listener)
}

/// Signed as the reference implementation signs.
fn is_signed(told: &Told) {
    let reference = standardwebhooks::Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let stamp = told.header("webhook-timestamp").parse().unwrap();
    let signature = reference.sign(told.header("webhook-id"), stamp, told.body.as_bytes()).unwrap();
    assert_eq!(told.header("webhook-signature"), signature);
}

#[tokio::test]
async fn a_receiver_is_told_who_was_activated_and_can_check_who_tells() {
    let (t, listener) = activated(Manner::Status(204), None).await;
    assert_eq!(t.only("congratulate").await, (JobState::Done, "congratulated by webhook".to_owned()));
    let told = listener.told();
    assert_eq!(told.len(), 1);
    is_signed(&told[0]);
    assert_eq!(told[0].header("webhook-timestamp"), t.clock.now().as_second().to_string());
    assert_eq!(told[0].header("content-type"), "application/json");
    let body = told[0].json();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("person.activated"), &json!("2026-08-03T08:00:00Z")));
    let person = &body["data"]["person"];
    assert_eq!((&person["email"], &person["first_name"]), (&json!(ADA), &json!("Ada")));
    assert_eq!(person["user_id"], t.user_id(ADA));
    assert_eq!(body["data"]["portal"]["url"], format!("http://{}", t.portal_address()));
    assert_eq!(body["data"]["text"]["subject"], "Welcome, Ada!");
    assert_eq!(t.mails(ADA), ["activation"]);
}

#[tokio::test]
async fn a_receiver_that_puts_it_off_is_told_later_under_the_same_id() {
    for manner in [Manner::Status(503), Manner::Status(429)] {
        let (t, listener) = activated(manner, None).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Ready);
        listener.set(Manner::Status(200));
        t.advance(SignedDuration::from_secs(10)).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Done);
        let told = listener.told();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"));
        assert_eq!(told[0].body, told[1].body);
        told.iter().for_each(is_signed);
    }
}

#[tokio::test]
async fn a_receiver_may_say_how_long_to_wait() {
    for value in ["600", "Mon, 03 Aug 2026 08:10:00 GMT"] {
        let (t, listener) = activated(Manner::With(503, "retry-after", value.to_owned()), None).await;
        listener.set(Manner::Status(200));
        t.advance(SignedDuration::from_secs(590)).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Ready, "{value}");
        t.advance(SignedDuration::from_secs(15)).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Done, "{value}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_waited_for() {
    let extra = "[receivers.chat]\nurl = \"http://127.0.0.1:9/\"\nsecret = { env = \"STANDARD\" }\n".to_owned();
    let t = TestApp::with(Scene { rules: RULES.to_owned(), extra, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Ready, "{reason}");
    assert!(reason.contains("no connection to the receiver 127.0.0.1"), "{reason}");
}

#[tokio::test]
async fn a_definite_refusal_is_held_and_a_redirect_is_not_followed() {
    let elsewhere = Listener::start(Manner::Status(200)).await;
    let redirect = |status| Manner::With(status, "location", format!("http://{}/", elsewhere.address));
    for (manner, status) in
        [(Manner::Status(400), "400"), (Manner::Status(410), "410"), (redirect(302), "302"), (redirect(308), "308")]
    {
        let (t, listener) = activated(manner, None).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Held, "{reason}");
        assert!(reason.contains("webhook was refused") && reason.contains(status), "{reason}");
        assert!(!reason.contains("secret-of-the-url"), "{reason}");
        t.advance(SignedDuration::from_hours(24)).await;
        assert_eq!((listener.told().len(), elsewhere.told().len()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn what_may_have_been_taken_is_held() {
    for manner in [Manner::Status(500), Manner::Status(502), Manner::Drops, Manner::Hangs] {
        let (t, listener) = activated(manner, Some(Duration::from_secs(2))).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Held, "{reason}");
        assert!(reason.contains("may have been sent"), "{reason}");
        listener.set(Manner::Status(200));
        t.advance(SignedDuration::from_hours(24)).await;
        assert_eq!(listener.told().len(), 1, "{reason}");
        t.release("congratulate").await;
        let told = listener.told();
        assert_eq!((told.len(), told[0].header("webhook-id")), (2, told[1].header("webhook-id")));
    }
}
