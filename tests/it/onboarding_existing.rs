//! A hire whose address has an account already.

use http::Method;
use serde_json::json;
use usher::model::JobState;

use crate::onboarding_places::scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

/// The account as an administrator has left it.
async fn stage(rule: &str, found: &str) -> TestApp {
    let t = TestApp::with(scene(rule)).await;
    t.sandbox.add_group("Sales");
    match found {
        "guest" => {
            let invitations = json!({"invitations": [{"email": ADA, "access": 2}], "notify": true});
            t.portal(Method::PUT, "/files/rooms/1/share", invitations).await;
        }
        _ => t.sandbox_user(ADA).await,
    }
    match found {
        "active" => t.activate(ADA).await,
        "terminated" => disable(&t).await,
        _ => {}
    }
    t
}

async fn disable(t: &TestApp) {
    t.portal(Method::PUT, "/people/status/2", json!({"userIds": [t.user_id(ADA)]})).await;
}

async fn enable(t: &TestApp) {
    t.portal(Method::PUT, "/people/status/1", json!({"userIds": [t.user_id(ADA)]})).await;
}

fn placed(t: &TestApp) -> (usize, usize) {
    let (state, id) = (t.sandbox.state(), t.user_id(ADA));
    let groups = state.groups.iter().filter(|group| group.members.contains(&id)).count();
    let rooms =
        state.rooms.iter().filter(|room| room.members.iter().any(|member| member.id == id && member.access == 10));
    (groups, rooms.count())
}

fn rule(on_existing: &str) -> String {
    format!(
        r#"{{ type = "User", groups = ["Sales"], rooms = [{{ id = 1, access = "edit" }}], on_existing = {{ {on_existing} }} }}"#
    )
}

async fn hired(t: &TestApp) -> (JobState, String) {
    let before = (t.mails(ADA).len(), t.calls("POST", "/people"));
    t.hire("7", ADA).await;
    t.drain().await;
    assert_eq!((t.mails(ADA).len(), t.calls("POST", "/people"), t.users().len()), (before.0, before.1, 1));
    t.only("onboard").await
}

#[tokio::test]
async fn by_default_a_disabled_account_is_held_and_any_other_is_left_as_it_is() {
    for (found, word) in [("guest", "a guest"), ("pending", "not yet activated"), ("active", "active")] {
        let t = stage(&rule(""), found).await;
        let (state, reason) = hired(&t).await;
        assert_eq!((state, placed(&t)), (JobState::Done, (0, 0)), "{found}");
        assert!(reason.starts_with("known") && reason.contains(word), "{found}: {reason}");
        assert!(t.people().await[0].user_id.is_some(), "{found}");
    }
    let t = stage(&rule(""), "terminated").await;
    let (state, reason) = hired(&t).await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("disabled") && reason.contains("enable"), "{reason}");
    t.release("onboard").await;
    assert_eq!(t.only("onboard").await.0, JobState::Held, "as long as it is disabled");
    enable(&t).await;
    t.release("onboard").await;
    assert!(t.only("onboard").await.1.starts_with("known"));
}

#[tokio::test]
async fn an_account_may_be_extended_without_a_mail() {
    // The guest is in the room already, and keeps the right that others gave.
    for (found, groups, rooms) in [("guest", 0, 0), ("pending", 1, 1), ("active", 1, 1)] {
        let t = stage(&rule(&format!("{found} = \"extend\"")), found).await;
        let (state, reason) = hired(&t).await;
        assert_eq!((state, placed(&t)), (JobState::Done, (groups, rooms)), "{found} {reason}");
        assert!(reason.starts_with("known") && reason.contains("in room 1"), "{found}: {reason}");
        assert!(!t.people().await[0].is_ours(), "{found}");
    }
}

#[tokio::test]
async fn a_person_may_be_asked_and_the_release_is_the_answer() {
    for (found, rooms) in [("guest", 0), ("pending", 1), ("active", 1)] {
        let t = stage(&rule(&format!("{found} = \"held\"")), found).await;
        let (state, reason) = hired(&t).await;
        assert_eq!((state, placed(&t)), (JobState::Held, (0, 0)), "{found}");
        assert!(reason.contains("release"), "{found}: {reason}");
        t.release("onboard").await;
        let (state, reason) = t.only("onboard").await;
        assert_eq!((state, placed(&t).1), (JobState::Done, rooms), "{found} {reason}");
    }
}

#[tokio::test]
async fn a_disabled_account_may_be_left_alone() {
    let t = stage(&rule("terminated = \"keep\""), "terminated").await;
    let (state, reason) = hired(&t).await;
    assert_eq!(state, JobState::Done);
    assert!(reason.contains("disabled"), "{reason}");
}

/// Somebody whom we onboarded leaves, is disabled, and comes back.
#[tokio::test]
async fn whoever_comes_back_to_a_disabled_account_of_ours_waits_for_a_person() {
    let t = TestApp::start().await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    disable(&t).await;
    t.tell("employee.hired", json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "title": "again"})).await;
    t.drain().await;
    let second = t.jobs("onboard").await.pop().unwrap();
    assert_eq!(second.state, JobState::Held, "{:?}", second.reason);
    enable(&t).await;
    t.release("onboard").await;
    let second = t.jobs("onboard").await.pop().unwrap();
    assert!(second.reason.as_deref().unwrap().starts_with("known: onboarded before"), "{:?}", second.reason);
    assert_eq!(t.mails(ADA), ["activation", "congratulation"]);
}

/// The department has changed, and the rule for updates lets the account in there.
#[tokio::test]
async fn an_account_of_ours_may_be_extended_later() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n[[rules]]\non = \"employee.updated\"\n\
                 onboard = { type = \"User\", groups = [{ expr = \"event.department\" }], on_existing = { pending = \"extend\", active = \"held\" } }\n";
    let mut t = TestApp::start().await;
    t.restart_with(|scene| scene.rules = rules.to_owned()).await;
    t.sandbox.add_group("Sales");
    t.hire("7", ADA).await;
    t.drain().await;
    t.tell("employee.updated", json!({"employee_id": "7", "email": ADA, "department": "Sales"})).await;
    t.drain().await;
    assert_eq!((placed(&t).0, t.mails(ADA).len()), (1, 1));
    t.activate(ADA).await;
    t.tell("employee.updated", json!({"employee_id": "7", "email": ADA, "department": "Sales", "title": "again"}))
        .await;
    t.drain().await;
    let jobs = t.jobs("onboard").await;
    assert!(jobs.iter().all(|job| job.state == JobState::Done), "nobody of ours is asked about: {jobs:#?}");
    assert!(t.people().await[0].is_ours());
}
