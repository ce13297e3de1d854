//! Answers that are not what DocSpace says, or not all of it: an outage where looking again tells, held where not.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::JobState;

use crate::listener::{self, Listener};
use crate::postman::{Manner, Postman};
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const PATH: &str = "/portal/sendcongratulations";

async fn onboarded(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

fn congratulating(with: &str) -> String {
    format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n\
         [[rules]]\non = \"user.activated\"\ncongratulate = {{ {with} }}\n"
    )
}

/// The account as `GET /people/email` shows it, with these members changed.
fn shown(changes: &Json) -> Json {
    let mut response = json!({"id": "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01", "email": ADA, "firstName": "Ada",
        "lastName": "Example", "status": 1, "activationStatus": 2, "isCollaborator": true, "isVisitor": false,
        "isAdmin": false, "isRoomAdmin": false, "isOwner": false});
    response.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!({"response": response, "count": 1, "status": 0, "statusCode": 200})
}

#[tokio::test]
async fn a_page_of_a_proxy_with_any_status_ends_nothing_and_makes_nothing_twice() {
    for path in ["/people/email", "/people", "/people/invite"] {
        for status in [400, 402, 403, 404, 407, 413, 451, 504] {
            let t = TestApp::start().await;
            t.fault(json!({"path": path, "status": status, "body": "<html>no</html>"}));
            t.hire("7", ADA).await;
            t.drain().await;
            let (state, reason) = t.only("onboard").await;
            assert_eq!(state, JobState::Ready, "{path} {status} {reason}");
            for _ in 0..3 {
                t.advance(SignedDuration::from_secs(120)).await;
            }
            assert_eq!(t.only("onboard").await.0, JobState::Done, "{path} {status}");
            assert_eq!((t.users().len(), t.mails(ADA)), (1, vec!["activation".to_owned()]), "{path} {status}");
        }
    }
}

#[tokio::test]
async fn an_account_in_a_state_that_nobody_knows_is_left_as_it_is() {
    for changes in [json!({"status": 8}), json!({"activationStatus": 64}), json!({"status": 0})] {
        let t = TestApp::start().await;
        t.fault(json!({"path": "/people/email", "status": 200, "body": shown(&changes)}));
        t.hire("7", ADA).await;
        t.drain().await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!((state, t.calls("POST", "/people")), (JobState::Done, 0), "{changes} {reason}");
        assert!(reason.starts_with("known"), "{changes} {reason}");
    }
}

#[tokio::test]
async fn a_member_of_another_type_is_asked_again_and_not_guessed() {
    for changes in [json!({"status": "Active"}), json!({"activationStatus": {}}), json!({"id": "7"})] {
        let t = TestApp::start().await;
        t.fault(json!({"path": "/people/email", "status": 200, "body": shown(&changes)}));
        t.hire("7", ADA).await;
        t.drain().await;
        assert_eq!((t.only("onboard").await.0, t.calls("POST", "/people")), (JobState::Ready, 0), "{changes}");
        t.advance(SignedDuration::from_secs(10)).await;
        assert_eq!((t.only("onboard").await.0, t.mails(ADA).len()), (JobState::Done, 1), "{changes}");
    }
}

#[tokio::test]
async fn a_webhook_with_a_state_or_trigger_that_nobody_knows_activates_nobody() {
    let t = onboarded(Scene { webhook: false, ..Scene::default() }).await;
    let id = t.user_id(ADA);
    for (number, status, activation) in [(1, json!(8), 1), (2, json!(0), 1), (3, json!(1), 64)] {
        let user = json!({"id": id, "email": ADA, "status": status, "activationStatus": activation});
        t.docspace("user.updated", number, user).await;
    }
    t.docspace("user.promoted", 4, json!({"id": id, "email": ADA, "status": 1, "activationStatus": 1})).await;
    assert!(t.jobs("congratulate").await.is_empty());
    assert!(t.jobs("process").await.iter().all(|job| job.state == JobState::Done));
}

#[tokio::test]
async fn an_uncertain_congratulation_is_not_sent_again_when_its_end_could_not_be_stored() {
    let chat = Listener::start(listener::Manner::Drops).await;
    let postman = Postman::start(Manner::Drops("DOT")).await;
    for (rules, extra) in [
        (congratulating("key = \"welcome_guest\""), String::new()),
        (congratulating("via = [\"smtp\"]"), postman.section()),
        (congratulating("via = [\"webhook\"], receiver = \"chat\""), chat.section()),
    ] {
        let mut t = onboarded(Scene { rules: rules.clone(), extra, ..Scene::default() }).await;
        t.fault(json!({"path": PATH, "drop": "after"}));
        t.activate(ADA).await;
        let steps = t.jobs("congratulate").await.remove(0).steps;
        assert_eq!(
            (steps.last().unwrap().name.as_str(), t.only("congratulate").await.0),
            ("uncertain", JobState::Held)
        );
        let sent = || t.calls("POST", PATH) + postman.handed().len() + chat.told().len();
        let before = sent();
        // As it stands in the store when the program ends right after the step.
        let conn = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
        let running =
            "UPDATE jobs SET state = 'running', lease_until = 0, finished_at = NULL WHERE kind = 'congratulate'";
        conn.execute(running, []).unwrap();
        drop(conn);
        t.restart().await;
        t.drain().await;
        let (state, reason) = t.only("congratulate").await;
        let sent = t.calls("POST", PATH) + postman.handed().len() + chat.told().len();
        assert_eq!((state, sent), (JobState::Held, before), "{rules}");
        assert!(reason.contains("may have been sent"), "{reason}");
    }
}

#[tokio::test]
async fn a_congratulation_that_is_put_off_for_a_week_is_held_and_not_given_up() {
    let chat = Listener::start(listener::Manner::With(429, "Retry-After", "7200".to_owned())).await;
    for (rules, extra) in [
        (congratulating("key = \"welcome_guest\""), String::new()),
        (congratulating("via = [\"webhook\"], receiver = \"chat\""), chat.section()),
    ] {
        let t = onboarded(Scene { rules: rules.clone(), extra, ..Scene::default() }).await;
        t.fault(json!({"path": PATH, "status": 429, "times": 100_000}));
        t.activate(ADA).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Ready, "{rules}");
        for _ in 0..8 {
            t.advance(SignedDuration::from_hours(23)).await;
        }
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Held, "{rules} {reason}");
        assert!(reason.contains("7 days") && reason.contains("release"), "{reason}");
    }
}
