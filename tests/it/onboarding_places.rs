//! Onboarding into groups and rooms, in the person's language.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::JobState;

use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

pub(crate) fn scene(onboard: &str) -> Scene {
    let rules = format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {onboard}\n[[rules]]\non = \"user.activated\"\n\
         congratulate = {{ via = [\"sendcongratulations\"], key = \"welcome_guest\" }}\n"
    );
    Scene { rules, ..Scene::default() }
}

pub(crate) fn envelope(status: u16, message: &str) -> Json {
    json!({"error": {"message": message, "type": "System.Exception", "stack": null, "hresult": 1}, "status": 1, "statusCode": status})
}

async fn hired(scene: Scene, groups: &[&str]) -> TestApp {
    let t = TestApp::with(scene).await;
    for group in groups {
        t.sandbox.add_group(group);
    }
    t.hire("7", ADA).await;
    t.drain().await;
    t
}

fn members(t: &TestApp, list: &str, place: usize) -> Vec<String> {
    let state = t.state();
    let members = state[list][place]["members"].as_array().unwrap();
    members.iter().map(|member| member["id"].as_str().or(member.as_str()).unwrap().to_owned()).collect()
}

async fn steps(t: &TestApp) -> Vec<String> {
    t.jobs("onboard").await[0].steps.iter().map(|step| step.name.clone()).collect()
}

#[tokio::test]
async fn a_hire_comes_into_groups_and_rooms_without_another_mail() {
    let rule = r#"{ type = "User", groups = ["engineering"], rooms = [{ id = 1, access = "edit" }] }"#;
    let t = hired(scene(rule), &["Sales", "Engineering"]).await;
    let ada = t.user_id(ADA);
    assert_eq!((members(&t, "groups", 0).len(), members(&t, "groups", 1)), (0, vec![ada.clone()]));
    assert_eq!(members(&t, "rooms", 0), [ada]);
    assert_eq!(t.state()["rooms"][0]["members"][0]["access"], 10);
    assert_eq!(t.mails(ADA), ["activation"]);
    assert_eq!(steps(&t).await, ["intent", "created", "invited", "granting", "grouped", "shared", "onboarded"]);
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Done);
    assert!(reason.contains("in the group Engineering") && reason.contains("in room 1 (edit)"), "{reason}");
}

#[tokio::test]
async fn a_group_may_be_named_by_its_id_and_by_a_field_of_the_event() {
    let t = TestApp::start().await;
    let id = t.sandbox.add_group("Sales").to_uppercase();
    t.sandbox.add_group("Engineering");
    let mut t = t;
    let rule = format!(r#"{{ type = "User", groups = ["{id}", {{ expr = "event.department" }}] }}"#);
    t.restart_with(|old| old.rules = scene(&rule).rules).await;
    let data = json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "department": " ENGINEERING "});
    t.tell("employee.hired", data).await;
    t.drain().await;
    let ada = vec![t.user_id(ADA)];
    assert_eq!((members(&t, "groups", 0), members(&t, "groups", 1)), (ada.clone(), ada));
}

#[tokio::test]
async fn an_unknown_group_holds_the_job_before_anything_is_made() {
    let t = hired(scene(r#"{ type = "User", groups = ["Enginering"] }"#), &["Engineering"]).await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.users().len(), t.calls("POST", "/people")), (JobState::Held, 0, 0), "{reason}");
    assert!(reason.contains("'Enginering'"), "{reason}");
    assert!(!t.people().await[0].is_ours());
    // Once it is there, the job need not wait until the list of groups is old.
    t.sandbox.add_group("Enginering");
    t.release("onboard").await;
    assert_eq!((members(&t, "groups", 1), t.mails(ADA)), (vec![t.user_id(ADA)], vec!["activation".to_owned()]));
}

#[tokio::test]
async fn a_group_whose_name_is_not_the_only_one_is_held() {
    let t = hired(scene(r#"{ type = "User", groups = ["Sales"] }"#), &["Sales", "sales"]).await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.users().len()), (JobState::Held, 0));
    assert!(reason.contains("several groups 'Sales'"), "{reason}");
}

#[tokio::test]
async fn the_list_of_groups_is_asked_for_once_for_many_hires() {
    let t = hired(scene(r#"{ type = "User", groups = ["Sales"] }"#), &["Sales"]).await;
    t.hire("8", "bob@corp.example").await;
    t.drain().await;
    assert_eq!((members(&t, "groups", 0).len(), t.calls("GET", "/group"), t.calls("GET", "/settings")), (2, 1, 1));
}

#[tokio::test]
async fn an_unknown_room_is_held_with_the_account_made_and_goes_on_when_released() {
    let rule = r#"{ type = "User", rooms = [{ id = 2 }, { id = 1 }] }"#;
    let t = hired(scene(rule), &[]).await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Held, "{reason}");
    assert!(reason.contains("room 2") && !reason.contains("room 1"), "{reason}");
    assert_eq!((members(&t, "rooms", 0), t.mails(ADA)), (vec![t.user_id(ADA)], vec!["activation".to_owned()]));
    assert_eq!(t.sandbox.add_room("Second"), 2);
    t.release("onboard").await;
    assert_eq!(t.only("onboard").await.0, JobState::Done);
    assert_eq!((members(&t, "rooms", 1), t.mails(ADA).len()), (vec![t.user_id(ADA)], 1));
    assert_eq!(t.calls("PUT", "/files/rooms/1/share"), 1, "what was done stays done");
    assert!(t.people().await[0].invited_at.is_some());
}

/// The rule is mended and the delivery run again: the account that is there is let in, and nothing is mailed.
#[tokio::test]
async fn a_mended_rule_and_a_rerun_finish_what_another_job_began() {
    let mut t = hired(scene(r#"{ type = "User", rooms = [{ id = 2 }] }"#), &[]).await;
    let job = t.jobs("onboard").await[0].clone();
    t.app.store.cancel(vec![job.id], "tests", usher::model::Clock::now(&*t.clock)).await.unwrap();
    t.restart_with(|old| old.rules = scene(r#"{ type = "User", rooms = [{ id = 1 }] }"#).rules).await;
    t.app.store.rerun(job.delivery.unwrap(), "tests", usher::model::Clock::now(&*t.clock)).await.unwrap();
    t.drain().await;
    assert_eq!(t.jobs("onboard").await[1].state, JobState::Done);
    assert_eq!(
        (members(&t, "rooms", 0).len(), t.mails(ADA), t.calls("POST", "/people")),
        (1, vec!["activation".to_owned()], 1)
    );
}

#[tokio::test]
async fn a_warning_of_the_portal_is_recorded_and_told() {
    let t = TestApp::with(scene(r#"{ type = "User", rooms = [{ id = 1 }] }"#)).await;
    let body = json!({"response": {"members": [], "warning": "not for ada@corp.example"}, "count": 1, "status": 0, "statusCode": 200});
    t.fault(json!({"path": "/files/rooms/1/share", "status": 200, "body": body}));
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!(state, JobState::Done);
    assert!(reason.contains("the portal warns: not for [address]"), "{reason}");
    assert!(steps(&t).await.contains(&"room_warning".to_owned()));
}

#[tokio::test]
async fn an_outage_between_the_account_and_its_places_repeats_nothing() {
    let rule = r#"{ type = "User", groups = ["Sales"], rooms = [{ id = 1 }] }"#;
    for fault in [json!({"status": 503}), json!({"drop": "after"}), json!({"drop": "before"}), json!({"status": 429})] {
        let mut t = TestApp::with(scene(rule)).await;
        let group = t.sandbox.add_group("Sales");
        let mut fault = fault;
        fault["path"] = json!("/files/rooms/1/share");
        t.fault(fault.clone());
        t.hire("7", ADA).await;
        t.drain().await;
        assert_eq!(t.only("onboard").await.0, JobState::Ready, "{fault}");
        t.restart().await;
        for _ in 0..3 {
            t.advance(SignedDuration::from_secs(120)).await;
        }
        assert_eq!(t.only("onboard").await.0, JobState::Done, "{fault}");
        assert_eq!((members(&t, "rooms", 0).len(), t.mails(ADA)), (1, vec!["activation".to_owned()]), "{fault}");
        let calls = |method: &str, path: &str| t.calls(method, path);
        let counts = (
            calls("POST", "/people"),
            calls("POST", "/people/invite"),
            calls("PUT", &format!("/group/{group}/members")),
        );
        assert_eq!(counts, (1, 1, 1), "{fault}");
    }
}

#[tokio::test]
async fn a_missing_scope_for_rooms_is_named_and_the_account_stays() {
    let t = TestApp::with(scene(r#"{ type = "User", rooms = [{ id = 1 }] }"#)).await;
    t.fault(json!({"path": "/files/rooms/1/share", "status": 403}));
    t.hire("7", ADA).await;
    t.drain().await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.users().len()), (JobState::Held, 1));
    assert!(reason.contains("rooms:write"), "{reason}");
    t.release("onboard").await;
    assert_eq!((t.only("onboard").await.0, t.mails(ADA).len()), (JobState::Done, 1));
}

#[tokio::test]
async fn a_right_that_the_account_cannot_have_is_held() {
    let t = hired(scene(r#"{ type = "User", rooms = [{ id = 1, access = "room_manager" }] }"#), &[]).await;
    let (state, reason) = t.only("onboard").await;
    assert_eq!((state, t.users().len(), members(&t, "rooms", 0).len()), (JobState::Held, 1, 0), "{reason}");
}

#[tokio::test]
async fn the_language_of_the_rule_is_that_of_the_account() {
    for mode in ["create", "invite"] {
        let rule = format!(r#"{{ type = "User", mode = "{mode}", culture = {{ expr = "event.location" }} }}"#);
        let t = TestApp::with(scene(&rule)).await;
        let data = json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "location": "de"});
        t.tell("employee.hired", data).await;
        t.drain().await;
        assert_eq!(t.state()["users"][0]["cultureName"], "de", "{mode}");
    }
}
