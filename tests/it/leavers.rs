//! Leavers: whose account is disabled, when, and whose never without a word of a human being.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Clock, JobState};
use usher::sandbox::{Role, User};

use crate::onboarding_places::envelope;
use crate::planning::{ADA, due, hire, note, tell, until};
use crate::scene::Scene;
use crate::support::TestApp;

pub(crate) const AT_ONCE: &str = "{}";
const LAST_DAY: &str = r#"{ after_end = "0d", at = "18:00", zone = "Europe/Berlin" }"#;
pub(crate) const OWNER: &str = "owner@sandbox.example";
/// The owner of the key, where somebody else owns the portal.
const KEY: &str = "key@sandbox.example";

/// Hires are onboarded, and whoever leaves or does not come is disabled like this.
pub(crate) fn leaving(disable: &str) -> Scene {
    let rules = format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n\
         [[rules]]\non = \"employee.terminated\"\ndisable = {disable}\n\
         [[rules]]\non = \"employee.rescinded\"\ndisable = {{}}\n"
    );
    Scene { rules, ..Scene::default() }
}

/// Ada, onboarded and active.
pub(crate) async fn stage(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-08-01"}))).await;
    t.activate(ADA).await;
    t
}

pub(crate) fn user(t: &TestApp, email: &str) -> User {
    t.sandbox.state().users.into_iter().find(|user| user.email == email).unwrap()
}

/// 1 active, 2 disabled.
pub(crate) fn status(t: &TestApp) -> u8 {
    user(t, ADA).status
}

pub(crate) async fn leave(t: &TestApp, ends_on: &str) {
    tell(t, "employee.terminated", json!({"employee_id": "7", "ends_on": ends_on})).await;
}

/// How many accounts count as disabled at this moment.
pub(crate) async fn counted(t: &TestApp) -> u64 {
    t.app.store.recent(t.clock.now() - SignedDuration::from_hours(24)).await.unwrap().leavers
}

/// Calls that disable somebody.
pub(crate) fn disabling(t: &TestApp) -> usize {
    t.calls("PUT", "/people/status/2")
}

/// The same configuration with these accounts allowed by name.
async fn allow(t: &mut TestApp, names: &[&str]) {
    t.restart_with(|scene| scene.extra = format!("[guard]\nallow = {names:?}\n")).await;
}

#[tokio::test]
async fn a_leaver_is_disabled_at_once_and_keeps_everything_else() {
    let t = stage(leaving(AT_ONCE)).await;
    let group = t.sandbox.add_group("Sales");
    t.portal(Method::PUT, &format!("/group/{group}/members"), json!({"members": [t.user_id(ADA)]})).await;
    let mails = t.mails(ADA);
    tell(&t, "employee.terminated", json!({"employee_id": "7"})).await;
    let (state, note) = t.only("disable").await;
    assert_eq!((status(&t), state), (2, JobState::Done), "{note}");
    assert!(note.starts_with("disabled; the account keeps"), "{note}");
    assert_eq!(t.sandbox.state().groups[0].members, [t.user_id(ADA)]);
    let steps: Vec<_> = t.jobs("disable").await[0].steps.iter().map(|step| step.name.clone()).collect();
    assert_eq!(steps, ["disabling", "disabled"]);
    assert_eq!((disabling(&t), counted(&t).await, t.mails(ADA)), (1, 1, mails), "nobody is mailed");
    let at = t.people().await[0].disabled_at;
    assert_eq!(at, Some(t.clock.now()));
    tell(&t, "employee.terminated", json!({"employee_id": "7", "title": "told again"})).await;
    let again = t.jobs("disable").await.pop().unwrap();
    assert_eq!(again.reason.as_deref(), Some("nothing to disable: the account is disabled already"));
    assert_eq!((disabling(&t), counted(&t).await, t.people().await[0].disabled_at), (1, 1, at));
}

#[tokio::test]
async fn a_leaver_is_disabled_on_the_last_day_at_its_hour() {
    let mut t = stage(leaving(LAST_DAY)).await;
    leave(&t, "2026-10-30").await;
    assert_eq!(due(&t).await, ["disable 2026-10-30T17:00:00Z"], "winter time has begun by then");
    assert_eq!(note(&t).await, "employee.terminated -> planned disable at 2026-10-30T17:00:00Z");
    leave(&t, "2026-09-30").await;
    assert_eq!(due(&t).await, ["disable 2026-09-30T16:00:00Z"]);
    tell(&t, "employee.updated", json!({"employee_id": "7", "ends_on": "2026-09-29"})).await;
    assert_eq!(due(&t).await, ["disable 2026-09-29T16:00:00Z"]);
    until(&t, "2026-09-29T15:59:59Z").await;
    assert_eq!((status(&t), disabling(&t)), (1, 0));
    t.restart().await;
    until(&t, "2026-09-29T16:00:00Z").await;
    assert_eq!((status(&t), disabling(&t), due(&t).await.len()), (2, 1, 0));
    assert_eq!(t.only("disable").await.0, JobState::Done);
}

#[tokio::test]
async fn a_last_day_that_is_past_is_at_once_and_one_that_is_missing_is_asked_for() {
    let t = stage(leaving(LAST_DAY)).await;
    tell(&t, "employee.terminated", json!({"employee_id": "7"})).await;
    let (state, reason) = t.only("disable").await;
    assert_eq!((state, status(&t)), (JobState::Held, 1));
    assert!(reason.starts_with("the rule counts from event.ends_on, which was not told"), "{reason}");
    leave(&t, "2026-08-02").await;
    assert_eq!(status(&t), 2, "the next message has it");
    let states: Vec<_> = t.jobs("disable").await.iter().map(|job| job.state).collect();
    assert_eq!((states, disabling(&t)), (vec![JobState::Cancelled, JobState::Done], 1));

    let t = stage(leaving(LAST_DAY)).await;
    tell(&t, "employee.terminated", json!({"employee_id": "7", "ends_on": "soon"})).await;
    assert_eq!((t.only("disable").await.0, status(&t)), (JobState::Held, 1));
    t.release("disable").await;
    assert_eq!((t.only("disable").await.0, status(&t)), (JobState::Done, 2), "a human being has decided");
}

#[tokio::test]
async fn whoever_does_not_come_after_all_is_disabled_if_there_is_an_account() {
    let t = TestApp::with(leaving(LAST_DAY)).await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-10-01"}))).await;
    tell(&t, "employee.rescinded", json!({"employee_id": "7"})).await;
    assert_eq!((status(&t), t.only("disable").await.0), (2, JobState::Done), "although nobody has registered");
    let t = TestApp::with(leaving(LAST_DAY)).await;
    tell(&t, "employee.rescinded", json!({"employee_id": "7", "email": ADA})).await;
    let nobody = "nothing to disable: the portal has no account of this person".to_owned();
    assert_eq!((t.only("disable").await, disabling(&t)), ((JobState::Done, nobody), 0));
}

/// All of it with the account of somebody whom we did onboard, but for the strangers.
#[tokio::test]
async fn an_administrator_is_disabled_only_if_named() {
    for by_id in [true, false] {
        let mut t = stage(leaving(AT_ONCE)).await;
        let id = t.user_id(ADA);
        t.portal(Method::PUT, "/people/type/DocSpaceAdmin", json!({"userIds": [id]})).await;
        leave(&t, "2026-08-03").await;
        let (state, reason) = t.only("disable").await;
        assert_eq!((state, status(&t), counted(&t).await), (JobState::Held, 1, 0));
        let wanted = format!(
            "the account {id} is left alone, since it administers the portal. If that is meant, write allow = [\"{id}\"] \
             under [guard], start Usher anew and release this job; or disable it by hand in DocSpace and cancel this job"
        );
        assert_eq!(reason, wanted);
        t.release("disable").await;
        assert_eq!((t.only("disable").await.0, status(&t)), (JobState::Held, 1), "a release alone is not enough");
        allow(&mut t, &[if by_id { &id } else { ADA }]).await;
        t.release("disable").await;
        assert_eq!(
            (t.only("disable").await.0, status(&t), counted(&t).await),
            (JobState::Done, 2, 1),
            "by id: {by_id}"
        );
    }
}

#[tokio::test]
async fn a_stranger_is_disabled_only_if_named() {
    let mut t = TestApp::with(leaving(AT_ONCE)).await;
    t.sandbox_user(ADA).await;
    tell(&t, "employee.hired", hire(&json!({"starts_on": "2026-08-01"}))).await;
    leave(&t, "2026-08-03").await;
    let (state, reason) = t.only("disable").await;
    assert_eq!((state, disabling(&t)), (JobState::Held, 0));
    assert!(reason.contains("since it was not onboarded from here. If that is meant"), "{reason}");
    allow(&mut t, &[ADA]).await;
    t.release("disable").await;
    assert_eq!((t.only("disable").await.0, status(&t)), (JobState::Done, 2));
    // Somebody of whom nothing was known before.
    t.sandbox_user("eve@corp.example").await;
    tell(&t, "employee.terminated", json!({"employee_id": "9", "email": "eve@corp.example"})).await;
    assert_eq!((t.jobs("disable").await[1].state, user(&t, "eve@corp.example").status), (JobState::Held, 1));
}

#[tokio::test]
async fn the_owner_of_the_portal_and_the_account_of_the_key_are_never_disabled() {
    for (role, email, why) in [
        (Role::Owner, OWNER, "it owns the portal"),
        (Role::DocSpaceAdmin, OWNER, "it owns the portal"),
        (Role::DocSpaceAdmin, KEY, "the API key is its own"),
    ] {
        let extra = format!("[guard]\nallow = [\"{OWNER}\", \"{KEY}\"]\n");
        let t = TestApp::with(Scene { role, extra, ..leaving(AT_ONCE) }).await;
        tell(&t, "employee.terminated", json!({"employee_id": "7", "email": email})).await;
        t.release("disable").await;
        let (state, reason) = t.only("disable").await;
        assert_eq!((state, disabling(&t), counted(&t).await), (JobState::Held, 0, 0), "{email}");
        assert!(reason.contains(&format!("left alone, since {why}: disable it by hand in DocSpace")), "{reason}");
        assert!(!reason.contains("allow"), "{reason}");
    }
}

#[tokio::test]
async fn a_refused_right_is_explained_and_taken_back() {
    let t = stage(Scene { extra: "[guard]\nleavers_per_day = 1\n".to_owned(), ..leaving(AT_ONCE) }).await;
    t.fault(
        json!({"method": "PUT", "path": "/people/status/2", "status": 403, "body": envelope(403, "Access denied")}),
    );
    leave(&t, "2026-08-03").await;
    let (state, reason) = t.only("disable").await;
    assert_eq!((state, counted(&t).await, t.people().await[0].disabled_at), (JobState::Held, 0, None));
    assert!(reason.contains("only the owner of the portal may disable an administrator"), "{reason}");
    t.release("disable").await;
    assert_eq!((status(&t), t.only("disable").await.0, counted(&t).await), (2, JobState::Done, 1));
}

#[tokio::test]
async fn an_account_that_is_gone_is_nothing_to_disable() {
    for webhook in [true, false] {
        let t = stage(Scene { webhook, ..leaving(AT_ONCE) }).await;
        t.delete_sandbox_user(&t.user_id(ADA)).await;
        let before = disabling(&t);
        leave(&t, "2026-08-03").await;
        let nobody = "nothing to disable: the portal has no account of this person".to_owned();
        assert_eq!((t.only("disable").await, disabling(&t), counted(&t).await), ((JobState::Done, nobody), before, 0));
    }
}
