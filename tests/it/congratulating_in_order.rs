//! Several channels in their order, and whom they are for.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::JobState;
use usher::sandbox::{Joining, Way};

use crate::listener::{self, Listener};
use crate::postman::{Manner, Postman};
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const PATH: &str = "/portal/sendcongratulations";
const EVERY: &str = "via = [\"letter\", \"sendcongratulations\", \"mention\", \"smtp\", \"webhook\", \"room\"], \
    key = \"welcome_guest\", file = 999, receiver = \"chat\", room = { id = 1, access = \"read\" }";

fn rules(congratulate: &str) -> String {
    format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n\
         [[rules]]\non = \"user.activated\"\ncongratulate = {{ {congratulate} }}\n"
    )
}

async fn onboarded(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

async fn steps(t: &TestApp) -> Vec<String> {
    let job = t.jobs("congratulate").await.remove(0);
    let told = |step: &usher::model::Step| format!("{} {}", step.name, step.detail.split(':').next().unwrap());
    job.steps.iter().map(told).collect()
}

#[tokio::test]
async fn each_channel_is_tried_once_in_the_order_of_the_rule_until_one_accepts() {
    let postman = Postman::start(Manner::Says("RCPT", "550 nobody")).await;
    let chat = Listener::start(listener::Manner::Status(404)).await;
    let extra = postman.section() + &chat.section();
    let t = onboarded(Scene { rules: rules(EVERY), extra, strict: true, ..Scene::default() }).await;
    t.activate(ADA).await;
    assert_eq!(t.only("congratulate").await, (JobState::Done, "congratulated by room".to_owned()));
    assert_eq!(
        steps(&t).await,
        [
            "refused letter",
            "sending about to congratulate by sendcongratulations",
            "refused sendcongratulations",
            "sending about to congratulate by mention",
            "refused mention",
            "composed the text congratulation in en",
            "sending about to congratulate by smtp",
            "refused smtp",
            "sending about to congratulate by webhook",
            "refused webhook",
            "sending about to congratulate by room",
            "sent congratulated by room",
        ]
    );
    assert_eq!(t.mails(ADA), ["activation", "room"]);
}

#[tokio::test]
async fn the_first_that_accepts_is_the_last_that_is_tried() {
    let postman = Postman::start(Manner::Takes).await;
    let via = "via = [\"smtp\", \"sendcongratulations\"], key = \"welcome_guest\"";
    let t = onboarded(Scene { rules: rules(via), extra: postman.section(), ..Scene::default() }).await;
    t.activate(ADA).await;
    assert_eq!((postman.handed().len(), t.calls("POST", PATH)), (1, 0));
}

#[tokio::test]
async fn only_a_definite_refusal_moves_on() {
    let postman = Postman::start(Manner::Drops("DOT")).await;
    let via = "via = [\"smtp\", \"sendcongratulations\"], key = \"welcome_guest\"";
    let t = onboarded(Scene { rules: rules(via), extra: postman.section(), ..Scene::default() }).await;
    t.activate(ADA).await;
    assert_eq!((t.only("congratulate").await.0, t.calls("POST", PATH)), (JobState::Held, 0));
}

#[tokio::test]
async fn a_channel_that_has_refused_is_not_asked_again_when_a_later_one_is_tried_again() {
    let postman = Postman::start(Manner::Says("RCPT", "451 later")).await;
    let via = "via = [\"sendcongratulations\", \"smtp\"], key = \"welcome_guest\"";
    let mut t =
        onboarded(Scene { rules: rules(via), extra: postman.section(), strict: true, ..Scene::default() }).await;
    t.activate(ADA).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Ready);
    t.restart().await;
    postman.set(Manner::Takes);
    t.advance(SignedDuration::from_secs(10)).await;
    assert_eq!(t.only("congratulate").await, (JobState::Done, "congratulated by smtp".to_owned()));
    assert_eq!((t.calls("POST", PATH), postman.handed().len()), (1, 1));
}

#[tokio::test]
async fn a_crash_between_two_channels_is_followed_by_the_second() {
    let postman = Postman::start(Manner::Takes).await;
    let via = "via = [\"sendcongratulations\", \"smtp\"], key = \"welcome_guest\"";
    let mut t =
        onboarded(Scene { rules: rules(via), extra: postman.section(), strict: true, ..Scene::default() }).await;
    t.activate(ADA).await;
    // As it stands in the store when the program ends right after the refusal.
    let conn = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
    conn.execute_batch(
        "UPDATE jobs SET state = 'running', lease_until = 0, finished_at = NULL,
            steps = json_array(json_extract(steps, '$[0]'), json_extract(steps, '$[1]')) WHERE kind = 'congratulate';
         UPDATE people SET congratulated_at = NULL;",
    )
    .unwrap();
    assert_eq!(steps(&t).await.last().unwrap(), "refused sendcongratulations");
    t.restart().await;
    t.drain().await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    assert_eq!((t.calls("POST", PATH), postman.handed().len()), (1, 2));
}

#[tokio::test]
async fn releasing_by_hand_asks_every_channel_again() {
    let via = "via = [\"sendcongratulations\"], key = \"welcome_guest\"";
    let mut t = onboarded(Scene { rules: rules(via), strict: true, ..Scene::default() }).await;
    t.activate(ADA).await;
    t.restart().await;
    t.release("congratulate").await;
    assert_eq!((t.only("congratulate").await.0, t.calls("POST", PATH)), (JobState::Held, 2));
}

#[tokio::test]
async fn an_account_that_is_gone_disabled_or_not_activated_any_more_is_not_congratulated() {
    for (case, word) in [("disabled", "disabled"), ("gone", "gone"), ("unset", "not activated")] {
        let t = onboarded(Scene { webhook: false, ..Scene::default() }).await;
        let id = t.user_id(ADA);
        if case != "unset" {
            t.sandbox.activate(&id).await.unwrap();
            t.portal(Method::PUT, "/people/status/2", json!({"userIds": [id]})).await;
        }
        if case == "gone" {
            t.portal(Method::DELETE, &format!("/people/{id}"), json!({})).await;
        }
        let active = json!({"id": id, "email": ADA, "status": 1, "activationStatus": 1});
        t.docspace("user.updated", 5, active).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!((state, t.calls("POST", PATH)), (JobState::Done, 0), "{case} {reason}");
        assert!(reason.starts_with("not congratulated") && reason.contains(word), "{case} {reason}");
        assert!(t.people().await[0].congratulated_at.is_none());
    }
}

#[tokio::test]
async fn a_portal_that_cannot_be_asked_about_the_account_is_asked_again() {
    let t = onboarded(Scene::default()).await;
    t.fault(json!({"method": "GET", "path": format!("/people/{}", t.user_id(ADA)), "status": 503}));
    t.activate(ADA).await;
    assert_eq!((t.only("congratulate").await.0, t.calls("POST", PATH)), (JobState::Ready, 0));
    t.advance(SignedDuration::from_secs(10)).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
}

#[tokio::test]
async fn everyone_new_is_congratulated_unless_the_rule_wants_only_the_onboarded() {
    for (whom, congratulated) in [("everyone-new", 1), ("onboarded", 0)] {
        let congratulate = format!("key = \"welcome_guest\", whom = \"{whom}\"");
        let t = TestApp::with(Scene { rules: rules(&congratulate), ..Scene::default() }).await;
        let joining = Joining {
            way: Way::Domain,
            link: None,
            email: "own@corp.example".to_owned(),
            first_name: "Some".to_owned(),
            last_name: "Body".to_owned(),
            culture: None,
        };
        t.sandbox.join(&joining).await.unwrap();
        t.drain().await;
        assert_eq!(t.jobs("congratulate").await.len(), congratulated, "{whom}");
        t.hire("7", ADA).await;
        t.drain().await;
        t.activate(ADA).await;
        assert_eq!(t.jobs("congratulate").await.len(), congratulated + 1, "{whom}: ours in any case");
    }
}
