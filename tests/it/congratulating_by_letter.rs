//! Congratulations that DocSpace's own welcome letter makes needless.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::JobState;
use usher::sandbox::{Joining, Way};

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const LETTER: &str = "[[rules]]\non = \"user.activated\"\ncongratulate = { via = [\"letter\"] }\n";

async fn with(onboard: &str) -> TestApp {
    let rules = format!("[[rules]]\non = \"employee.hired\"\nonboard = {{ {onboard} }}\n{LETTER}");
    TestApp::with(Scene { rules, ..Scene::default() }).await
}

fn joining(way: Way, link: Option<String>) -> Joining {
    let (first_name, last_name) = ("Ada".to_owned(), "Example".to_owned());
    Joining { way, link, email: ADA.to_owned(), first_name, last_name, culture: None }
}

/// It counts, and we have sent nothing.
async fn counts(t: &TestApp, mails: &[&str]) {
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Done, "{reason}");
    assert!(reason.starts_with("congratulated by letter") && reason.contains("nothing was sent by us"), "{reason}");
    assert_eq!(t.mails(ADA), mails);
    assert_eq!(t.calls("POST", "/portal/sendcongratulations"), 0);
    assert!(t.people().await.iter().any(|person| person.congratulated_at.is_some()));
}

async fn does_not_count(t: &TestApp) {
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held, "{reason}");
    assert!(reason.contains("this way of joining gets no letter"), "{reason}");
    assert!(t.people().await.iter().all(|person| person.congratulated_at.is_none()));
}

#[tokio::test]
async fn whoever_was_invited_got_a_letter() {
    let t = with("type = \"User\", mode = \"invite\"").await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    counts(&t, &["invitation", "welcome"]).await;
}

#[tokio::test]
async fn whoever_came_by_a_shared_link_got_a_letter() {
    let t = with("type = \"User\"").await;
    let link = t.portal(Method::GET, "/portal/users/invite/User", json!({})).await;
    let user = t.sandbox.join(&joining(Way::Link, link.as_str().map(str::to_owned))).await.unwrap();
    t.drain().await;
    assert!(t.jobs("congratulate").await.is_empty(), "the address is not confirmed yet");
    t.sandbox.activate(&user.id).await.unwrap();
    t.drain().await;
    counts(&t, &["confirmation", "welcome"]).await;
}

#[tokio::test]
async fn whoever_came_by_a_room_got_a_letter() {
    let t = with("type = \"User\"").await;
    let share = json!({"invitations": [{"email": ADA, "access": 2}], "notify": true});
    t.portal(Method::PUT, "/files/rooms/1/share", share).await;
    t.sandbox.join(&joining(Way::Invitation, None)).await.unwrap();
    t.drain().await;
    counts(&t, &["invitation", "welcome"]).await;
}

#[tokio::test]
async fn whose_account_was_made_by_an_administrator_got_none() {
    let t = with("type = \"User\"").await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    does_not_count(&t).await;
}

#[tokio::test]
async fn whoever_came_by_a_third_party_or_a_trusted_domain_got_none() {
    for way in [Way::ThirdParty, Way::Domain] {
        let t = with("type = \"User\"").await;
        let link = t.portal(Method::GET, "/portal/users/invite/User", json!({})).await;
        let link = link.as_str().map(str::to_owned).filter(|_| way == Way::ThirdParty);
        t.sandbox.join(&joining(way, link)).await.unwrap();
        t.drain().await;
        does_not_count(&t).await;
    }
}

/// The webhook of the invitation never reached us: the account is older than its activation.
#[tokio::test]
async fn an_account_that_waited_for_its_activation_was_invited() {
    for (seconds, waited) in [(59, false), (61, true)] {
        let rules = LETTER.to_owned();
        let t = TestApp::with(Scene { rules, webhook: false, ..Scene::default() }).await;
        t.sandbox_user(ADA).await;
        let id = t.user_id(ADA);
        t.clock.advance(SignedDuration::from_secs(seconds));
        t.sandbox.activate(&id).await.unwrap();
        let at = format!("2026-08-03T08:{:02}:{:02}Z", seconds / 60, seconds % 60);
        let active = json!({"id": id, "email": ADA, "status": 1, "activationStatus": 1});
        t.docspace_at("user.created", 5, &at, active).await;
        t.drain().await;
        if waited { counts(&t, &["activation"]).await } else { does_not_count(&t).await }
    }
}
