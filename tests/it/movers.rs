//! Movers: an account follows what HR says of its owner, and only what we gave is taken back.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use usher::model::{Job, JobState};

use crate::onboarding_places::envelope;
use crate::planning::{ADA, hire, tell, updated};
use crate::scene::Scene;
use crate::support::TestApp;

const RULES: &str = r#"
[[rules]]
on = "employee.hired"
onboard = { type = "User", groups = [{ expr = "event.department" }], rooms = [{ id = { expr = "event.location" } }] }
[[rules]]
on = "employee.updated"
update = { groups = [{ expr = "event.department" }], rooms = [{ id = { expr = "event.location" } }] }
"#;

/// A rule for updates, and one for hires that asks for nothing but a user.
fn rules(update: &str) -> Scene {
    let rules = format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n[[rules]]\non = \"employee.updated\"\nupdate = {update}\n"
    );
    Scene { rules, ..Scene::default() }
}

/// Ada in Support, and in the first of two rooms.
async fn stage() -> TestApp {
    let t = TestApp::with(Scene { rules: RULES.to_owned(), ..Scene::default() }).await;
    for group in ["Support", "Sales", "Chess"] {
        t.sandbox.add_group(group);
    }
    assert_eq!(t.sandbox.add_room("Sales"), 2);
    tell(&t, "employee.hired", hire(&json!({"department": "Support", "location": "1"}))).await;
    assert_eq!(places(&t), ["Support", "room 1"]);
    t
}

async fn hired(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    tell(&t, "employee.hired", hire(&json!({}))).await;
    t
}

fn group(t: &TestApp, name: &str) -> String {
    t.sandbox.state().groups.into_iter().find(|group| group.name == name).unwrap().id
}

async fn put_in(t: &TestApp, name: &str) {
    let path = format!("/group/{}/members", group(t, name));
    t.portal(Method::PUT, &path, json!({"members": [t.user_id(ADA)]})).await;
}

/// Groups and rooms that Ada is in.
fn places(t: &TestApp) -> Vec<String> {
    let (state, ada) = (t.sandbox.state(), t.user_id(ADA));
    let groups = state.groups.iter().filter(|group| group.members.contains(&ada)).map(|group| group.name.clone());
    let is_in = |members: &[usher::sandbox::RoomMember]| members.iter().any(|member| member.id == ada);
    let rooms = state.rooms.iter().filter(|room| is_in(&room.members)).map(|room| format!("room {}", room.id));
    groups.chain(rooms).collect()
}

fn user_type(t: &TestApp) -> String {
    t.sandbox.state().users.iter().find(|user| user.email == ADA).unwrap().kind.clone()
}

/// The last update: its state and what is said of it.
async fn last(t: &TestApp) -> (JobState, String) {
    let job = t.jobs("update").await.pop().unwrap();
    (job.state, job.reason.unwrap_or_default())
}

fn steps(job: &Job) -> Vec<&str> {
    job.steps.iter().map(|step| step.name.as_str()).collect()
}

fn changing_calls(t: &TestApp) -> usize {
    t.state()["calls"].as_array().unwrap().iter().filter(|call| call["method"] != "GET").count()
}

#[tokio::test]
async fn whoever_moves_leaves_the_old_group_and_room_for_the_new() {
    let t = stage().await;
    put_in(&t, "Chess").await;
    let mails = t.mails(ADA);
    updated(&t, json!({"department": "Sales", "location": "2"})).await;
    assert_eq!(places(&t), ["Sales", "Chess", "room 2"], "what others gave is not taken back");
    let (state, note) = last(&t).await;
    assert_eq!(state, JobState::Done, "{note}");
    for part in ["in the group Sales", "in room 2 (read)", "out of the group Support", "out of room 1"] {
        assert!(note.contains(part), "{part}: {note}");
    }
    assert_eq!(
        steps(&t.jobs("update").await[0]),
        ["granting", "grouped", "shared", "taken_back", "taken_back", "updated"]
    );
    assert_eq!(t.mails(ADA), mails, "nobody is mailed");

    updated(&t, json!({"department": "Sales", "location": "2", "title": "the same place"})).await;
    assert_eq!(last(&t).await, (JobState::Done, "nothing to change".to_owned()));
    updated(&t, json!({"department": "Support", "location": "1"})).await;
    assert_eq!(places(&t), ["Support", "Chess", "room 1"], "and back again");
}

#[tokio::test]
async fn nothing_is_taken_back_for_what_a_message_leaves_out() {
    let t = stage().await;
    let before = changing_calls(&t);
    updated(&t, json!({"title": "Engineer"})).await;
    assert_eq!((places(&t), changing_calls(&t)), (vec!["Support".to_owned(), "room 1".to_owned()], before));
    assert_eq!(last(&t).await, (JobState::Done, "nothing to change".to_owned()));
    updated(&t, json!({"department": "Sales"})).await;
    assert_eq!(places(&t), ["Sales", "room 1"], "the room was left out");
}

#[tokio::test]
async fn a_group_that_others_had_put_somebody_in_is_none_that_we_take_back() {
    let t = stage().await;
    put_in(&t, "Sales").await;
    updated(&t, json!({"department": "Sales"})).await;
    updated(&t, json!({"department": "Chess"})).await;
    assert_eq!(places(&t), ["Sales", "Chess", "room 1"]);
}

#[tokio::test]
async fn an_unknown_group_holds_before_anything_is_changed() {
    let t = stage().await;
    let before = changing_calls(&t);
    updated(&t, json!({"department": "Slaes", "location": "2"})).await;
    let (state, reason) = last(&t).await;
    assert!(state == JobState::Held && reason.contains("no group 'Slaes'"), "{reason}");
    assert_eq!((places(&t), changing_calls(&t)), (vec!["Support".to_owned(), "room 1".to_owned()], before));
    t.sandbox.add_group("Slaes");
    t.release("update").await;
    assert_eq!(places(&t), ["Slaes", "room 2"]);
}

#[tokio::test]
async fn what_the_portal_refuses_is_told_after_the_rest_and_mended_by_a_release() {
    let t = stage().await;
    let path = format!("/group/{}/members", group(&t, "Sales"));
    t.fault(json!({"method": "PUT", "path": path, "status": 403, "body": envelope(403, "no")}));
    updated(&t, json!({"department": "Sales", "location": "2"})).await;
    let (state, reason) = last(&t).await;
    assert!(state == JobState::Held && reason.contains("the group Sales did not take it"), "{reason}");
    assert_eq!(places(&t), ["room 2"], "the rest is done");
    t.release("update").await;
    assert_eq!((places(&t), last(&t).await.0), (vec!["Sales".to_owned(), "room 2".to_owned()], JobState::Done));
    updated(&t, json!({"department": "Chess"})).await;
    assert_eq!(places(&t), ["Chess", "room 2"], "what was given in the end is taken back");
}

#[tokio::test]
async fn each_change_is_made_once_however_often_the_portal_fails() {
    for fault in [json!({"status": 503}), json!({"drop": "before"}), json!({"drop": "after"})] {
        for (method, list) in [("PUT", "Sales"), ("DELETE", "Support")] {
            let t = stage().await;
            let mut fault = fault.clone();
            fault["method"] = json!(method);
            fault["path"] = json!(format!("/group/{}/members", group(&t, list)));
            t.fault(fault.clone());
            updated(&t, json!({"department": "Sales", "location": "2"})).await;
            t.advance(SignedDuration::from_mins(20)).await;
            let (state, note) = last(&t).await;
            assert_eq!(
                (state, places(&t)),
                (JobState::Done, vec!["Sales".to_owned(), "room 2".to_owned()]),
                "{fault}: {note}"
            );
            let (grants, rooms) = (t.people().await[0].grants.clone(), t.calls("PUT", "/files/rooms/2/share"));
            assert_eq!((grants.len(), rooms), (2, 1), "{fault}: {grants:?}");
        }
    }
}

#[tokio::test]
async fn a_type_is_raised_once_and_never_lowered() {
    let t = hired(rules(r#"{ type = { expr = "event.title" }, allow_paid = true }"#)).await;
    t.fault(json!({"method": "PUT", "path": "/people/type/RoomAdmin", "drop": "after"}));
    updated(&t, json!({"title": "RoomAdmin"})).await;
    t.advance(SignedDuration::from_mins(20)).await;
    assert_eq!((user_type(&t).as_str(), last(&t).await.0), ("RoomAdmin", JobState::Done));
    assert_eq!(t.calls("PUT", "/people/type/RoomAdmin"), 1, "DocSpace mails whoever is named");
    updated(&t, json!({"title": "User"})).await;
    let (state, note) = last(&t).await;
    assert_eq!((user_type(&t).as_str(), state), ("RoomAdmin", JobState::Done));
    assert!(note.starts_with("the type stays RoomAdmin, where User was asked for"), "{note}");
    assert_eq!(t.calls("PUT", "/people/type/User"), 0);
}

#[tokio::test]
async fn a_paid_seat_is_waited_for_when_all_the_rest_is_done() {
    let mut t = hired(rules(r#"{ type = "RoomAdmin", allow_paid = true, groups = ["Sales"] }"#)).await;
    t.sandbox.add_group("Sales");
    let refused =
        json!({"method": "PUT", "path": "/people/type/RoomAdmin", "status": 402, "body": envelope(402, "no seat")});
    t.fault(refused.clone());
    t.fault(refused);
    updated(&t, json!({"title": "Boss"})).await;
    let (state, reason) = last(&t).await;
    assert_eq!(
        (state, places(&t), user_type(&t).as_str()),
        (JobState::Ready, vec!["Sales".to_owned()], "User"),
        "{reason}"
    );
    t.restart().await;
    t.advance(SignedDuration::from_mins(90)).await;
    assert_eq!(last(&t).await.0, JobState::Ready);
    t.advance(SignedDuration::from_mins(90)).await;
    let (state, note) = last(&t).await;
    assert_eq!((state, user_type(&t).as_str()), (JobState::Done, "RoomAdmin"), "{note}");
    assert_eq!(t.calls("PUT", &format!("/group/{}/members", group(&t, "Sales"))), 1);
}

#[tokio::test]
async fn whoever_has_no_account_or_one_that_is_not_ours_is_left_alone_and_told() {
    let t = TestApp::with(rules(r#"{ groups = ["Sales"] }"#)).await;
    t.sandbox.add_group("Sales");
    updated(&t, json!({"email": ADA})).await;
    assert_eq!(
        last(&t).await,
        (JobState::Done, "nothing to change: the portal has no account of this person".to_owned())
    );
    t.sandbox_user(ADA).await;
    let before = changing_calls(&t);
    updated(&t, json!({"email": ADA, "title": "Engineer"})).await;
    let (state, note) = last(&t).await;
    assert_eq!((state, places(&t).len(), changing_calls(&t)), (JobState::Done, 0, before), "{note}");
    let wanted = format!(
        "nothing was changed: the account {} is left alone, since it was not onboarded from here",
        t.user_id(ADA)
    );
    assert_eq!(note, wanted);
}

#[tokio::test]
async fn an_update_before_the_onboarding_changes_what_is_planned_and_nothing_else() {
    let rules = RULES
        .replace("type = \"User\"", "type = \"User\", before_start = \"3d\", at = \"08:00\", zone = \"Europe/Berlin\"");
    let t = TestApp::with(Scene { rules, ..Scene::default() }).await;
    for group in ["Support", "Sales"] {
        t.sandbox.add_group(group);
    }
    t.sandbox.add_room("Sales");
    tell(&t, "employee.hired", hire(&json!({"department": "Support", "location": "1", "starts_on": "2026-10-01"})))
        .await;
    updated(&t, json!({"department": "Sales", "location": "2"})).await;
    assert_eq!(
        last(&t).await,
        (JobState::Done, "nothing to change: the portal has no account of this person".to_owned())
    );
    t.advance(SignedDuration::from_hours(24 * 60)).await;
    assert_eq!(places(&t), ["Sales", "room 2"], "onboarded as it was told last");
}

#[tokio::test]
async fn an_update_of_somebody_whose_onboarding_is_held_waits_for_it() {
    let extra = "[guard]\nnew_people_per_day = 0\n".to_owned();
    let t = TestApp::with(Scene { extra, rules: RULES.to_owned(), ..Scene::default() }).await;
    for group in ["Support", "Sales"] {
        t.sandbox.add_group(group);
    }
    tell(&t, "employee.hired", hire(&json!({"department": "Support", "location": "1"}))).await;
    updated(&t, json!({"department": "Sales"})).await;
    let (state, reason) = last(&t).await;
    assert!(state == JobState::Held && reason.starts_with("the person is not onboarded yet"), "{reason}");
    t.release("onboard").await;
    assert_eq!(places(&t), ["Support", "room 1"]);
    t.release("update").await;
    assert_eq!(places(&t), ["Sales", "room 1"]);
}
