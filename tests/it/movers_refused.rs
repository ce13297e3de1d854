//! Movers at a portal that refuses, forgets or loses answers, and whose right in a room others have given.

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::model::JobState;

use crate::onboarding_places::envelope;
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const ONBOARD: &str = r#"{ type = "User", groups = ["Everybody", { expr = "event.department" }], rooms = [{ id = 1, access = "edit" }] }"#;
const UPDATE: &str = r#"{ groups = ["Everybody", { expr = "event.department" }], rooms = [{ id = 2 }] }"#;
const GROUPS: &str = r#"{ groups = ["Everybody", { expr = "event.department" }] }"#;

fn rules(onboard: &str, update: &str) -> String {
    format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {onboard}\n[[rules]]\non = \"employee.updated\"\nupdate = {update}\n"
    )
}

/// A portal with a few groups and three rooms.
async fn start(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    for group in ["Everybody", "Sales", "Engineering", "Choir"] {
        t.sandbox.add_group(group);
    }
    assert_eq!((t.sandbox.add_room("Second"), t.sandbox.add_room("Third")), (2, 3));
    t
}

/// Ada, hired into Sales.
async fn hired(scene: Scene) -> TestApp {
    let t = start(scene).await;
    let data =
        json!({"employee_id": "7", "email": ADA, "first_name": "Ada", "last_name": "Example", "department": "Sales"});
    assert_eq!(t.tell("employee.hired", data).await, 200);
    t.drain().await;
    assert_eq!((t.only("onboard").await.0, groups(&t)), (JobState::Done, words(&["Everybody", "Sales"])));
    t
}

async fn mover(update: &str) -> TestApp {
    hired(Scene { rules: rules(ONBOARD, update), ..Scene::default() }).await
}

/// HR tells of a change.
async fn told(t: &TestApp, fields: Json) -> (JobState, String) {
    let mut data = json!({"employee_id": "7", "occurred_at": usher::model::Clock::now(&*t.clock).to_string()});
    data.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    t.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(t.tell("employee.updated", data).await, 200);
    t.drain().await;
    last(t).await
}

async fn moves(t: &TestApp, department: &str) -> (JobState, String) {
    told(t, json!({"department": department})).await
}

/// State and reason of the latest update.
async fn last(t: &TestApp) -> (JobState, String) {
    let job = t.jobs("update").await.into_iter().max_by_key(|job| job.id).unwrap();
    (job.state, job.reason.unwrap_or_default())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Names of Ada's groups.
fn groups(t: &TestApp) -> Vec<String> {
    let (state, id) = (t.sandbox.state(), t.user_id(ADA));
    state.groups.iter().filter(|group| group.members.contains(&id)).map(|group| group.name.clone()).collect()
}

/// Numbers of Ada's rooms, with her right there.
fn rooms(t: &TestApp) -> Vec<(i64, i64)> {
    let (state, id) = (t.sandbox.state(), t.user_id(ADA));
    let right = |room: &usher::sandbox::RoomState| {
        room.members.iter().find(|member| member.id == id).map(|member| (room.id, member.access))
    };
    state.rooms.iter().filter_map(right).collect()
}

fn group_id(t: &TestApp, name: &str) -> String {
    t.sandbox.state().groups.iter().find(|group| group.name == name).unwrap().id.clone()
}

async fn grants(t: &TestApp) -> usize {
    t.people().await[0].grants.len()
}

#[tokio::test]
async fn a_group_or_room_that_is_gone_is_told_and_forgotten() {
    let t = mover(UPDATE).await;
    let gone = envelope(404, "not found");
    let sales = group_id(&t, "Sales");
    t.fault(json!({"method": "DELETE", "path": format!("/group/{sales}/members"), "status": 404, "body": gone}));
    t.fault(json!({"method": "PUT", "path": "/files/rooms/1/share", "status": 404, "body": gone}));
    let (state, reason) = moves(&t, "Engineering").await;
    // The account says that it is in the group still.
    assert_eq!(state, JobState::Held, "{reason}");
    assert!(reason.contains("it is still there"), "{reason}");
    assert_eq!(grants(&t).await, 3, "Everybody, Engineering and room 2");
    t.release("update").await;
    let (state, reason) = last(&t).await;
    assert_eq!(state, JobState::Done);
    assert!(reason.contains("out of the group Sales, which is gone; out of room 1, which is gone"), "{reason}");
}

#[tokio::test]
async fn what_is_refused_is_told_after_the_rest_was_done() {
    let t = mover(UPDATE).await;
    let denied = envelope(403, "Access denied");
    let sales = group_id(&t, "Sales");
    t.fault(json!({"method": "DELETE", "path": format!("/group/{sales}/members"), "status": 403, "body": denied}));
    t.fault(json!({"method": "PUT", "path": "/files/rooms/2/share", "status": 403, "body": denied}));
    let (state, reason) = moves(&t, "Engineering").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("room 2 was not shared") && reason.contains("taken out of the group Sales"), "{reason}");
    assert_eq!((groups(&t), rooms(&t)), (words(&["Everybody", "Sales", "Engineering"]), Vec::new()));
    t.release("update").await;
    assert_eq!((last(&t).await.0, grants(&t).await), (JobState::Done, 3));
    assert_eq!((groups(&t), rooms(&t)), (words(&["Everybody", "Engineering"]), vec![(2, 2)]));
}

#[tokio::test]
async fn a_group_that_silently_takes_nobody_is_noticed() {
    let t = mover(GROUPS).await;
    let body = json!({"response": {}, "count": 1, "status": 0, "statusCode": 200});
    let path = format!("/group/{}/members", group_id(&t, "Engineering"));
    t.fault(json!({"method": "PUT", "path": path, "status": 200, "body": body}));
    let (state, reason) = moves(&t, "Engineering").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("accepted that it is in the group Engineering, and it is not there"), "{reason}");
    t.release("update").await;
    assert_eq!((last(&t).await.0, groups(&t)), (JobState::Done, words(&["Everybody", "Engineering"])));
}

/// Whatever is lost on the way, and whether or not the program dies with it.
#[tokio::test]
async fn an_outage_in_between_leaves_nothing_half_done_and_no_grant_unknown() {
    for place in ["joined", "left", "entered", "exited"] {
        for fault in
            [json!({"status": 500}), json!({"status": 503}), json!({"drop": "after"}), json!({"drop": "before"})]
        {
            let mut t = mover(UPDATE).await;
            let (method, path) = match place {
                "joined" => ("PUT", format!("/group/{}/members", group_id(&t, "Engineering"))),
                "left" => ("DELETE", format!("/group/{}/members", group_id(&t, "Sales"))),
                "entered" => ("PUT", "/files/rooms/2/share".to_owned()),
                _ => ("PUT", "/files/rooms/1/share".to_owned()),
            };
            let mut fault = fault;
            fault["method"] = json!(method);
            fault["path"] = json!(path);
            t.fault(fault.clone());
            assert_eq!(moves(&t, "Engineering").await.0, JobState::Ready, "{fault}");
            t.restart().await;
            for _ in 0..3 {
                t.advance(SignedDuration::from_secs(120)).await;
            }
            let (state, reason) = last(&t).await;
            assert_eq!(state, JobState::Done, "{fault}: {reason}");
            assert_eq!((groups(&t), rooms(&t)), (words(&["Everybody", "Engineering"]), vec![(2, 2)]), "{fault}");
            // What was granted before the answer was lost is taken back later on.
            assert_eq!(moves(&t, "Choir").await.0, JobState::Done);
            assert_eq!((groups(&t), grants(&t).await), (words(&["Everybody", "Choir"]), 3), "{fault}");
        }
    }
}

/// A right that we gave is changed; one that others gave is left as it is, and not taken back.
#[tokio::test]
async fn a_right_that_others_gave_is_neither_changed_nor_taken_back() {
    let update = r#"{ rooms = [{ id = 1, access = "comment" }, { id = 2, access = "comment" }, { id = 3, access = "comment" }] }"#;
    let mut t = mover(update).await;
    for (room, access) in [(2, 2), (3, 10)] {
        let body = json!({"invitations": [{"id": t.user_id(ADA), "access": access}], "notify": false});
        t.portal(Method::PUT, &format!("/files/rooms/{room}/share"), body).await;
    }
    let (state, reason) = moves(&t, "Sales").await;
    assert_eq!((state, rooms(&t)), (JobState::Done, vec![(1, 6), (2, 2), (3, 10)]), "{reason}");
    t.restart_with(|scene| scene.rules = rules(ONBOARD, "{ rooms = [] }")).await;
    assert_eq!(moves(&t, "Sales").await.0, JobState::Done);
    assert_eq!(rooms(&t), [(2, 2), (3, 10)]);
}
