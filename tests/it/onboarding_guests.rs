//! Guests come to be by being let into a room.

use jiff::SignedDuration;
use serde_json::json;
use usher::model::{JobState, Way};
use usher::sandbox::Joining;

use crate::onboarding_places::{envelope, scene};
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const RULE: &str = r#"{ type = "Guest", culture = "de", rooms = [{ id = 1, access = "comment" }, { id = 2 }] }"#;

async fn stage(rule: &str) -> TestApp {
    let t = TestApp::with(scene(rule)).await;
    assert_eq!(t.sandbox.add_room("Second"), 2);
    t
}

async fn hired(t: &TestApp) -> (JobState, String) {
    t.hire("7", ADA).await;
    t.drain().await;
    t.only("onboard").await
}

fn in_rooms(t: &TestApp) -> Vec<i64> {
    let id = t.user_id(ADA);
    let rooms = t.sandbox.state().rooms;
    rooms.iter().filter_map(|room| room.members.iter().find(|member| member.id == id)).map(|m| m.access).collect()
}

#[tokio::test]
async fn a_guest_is_invited_by_the_first_room_and_let_into_the_others_with_one_mail() {
    let t = stage(RULE).await;
    let (state, reason) = hired(&t).await;
    assert_eq!(state, JobState::Done, "{reason}");
    assert_eq!((t.state()["users"][0]["type"].clone(), in_rooms(&t)), (json!("Guest"), vec![6, 2]));
    assert_eq!(t.mails(ADA), ["invitation"]);
    assert_eq!((t.calls("POST", "/people"), t.calls("POST", "/people/invite")), (0, 0));
    let ada = &t.people().await[0];
    assert_eq!((ada.way, ada.invited_at.is_some()), (Some(Way::Room), true));
    let life = ada.link_expires_at.unwrap().duration_since(ada.invited_at.unwrap());
    assert_eq!(life, SignedDuration::from_hours(7 * 24));
}

#[tokio::test]
async fn a_guest_who_registers_is_congratulated() {
    let t = stage(RULE).await;
    hired(&t).await;
    let joining = json!({"way": "invitation", "email": ADA, "firstName": "Ada", "lastName": "Example"});
    let joining: Joining = serde_json::from_value(joining).unwrap();
    t.sandbox.join(&joining).await.unwrap();
    t.drain().await;
    assert_eq!(t.mails(ADA), ["invitation", "welcome", "congratulation"]);
    assert_eq!(t.people().await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_one_guest_and_one_mail() {
    for fault in [json!({"drop": "after"}), json!({"drop": "before"}), json!({"status": 503}), json!({"status": 429})] {
        for room in [1, 2] {
            let mut t = stage(RULE).await;
            let mut fault = fault.clone();
            fault["path"] = json!(format!("/files/rooms/{room}/share"));
            t.fault(fault.clone());
            assert_eq!(hired(&t).await.0, JobState::Ready, "{fault}");
            t.restart().await;
            for _ in 0..3 {
                t.advance(SignedDuration::from_secs(120)).await;
            }
            assert_eq!(t.only("onboard").await.0, JobState::Done, "{fault}");
            assert_eq!((in_rooms(&t), t.mails(ADA)), (vec![6, 2], vec!["invitation".to_owned()]), "{fault}");
        }
    }
}

#[tokio::test]
async fn a_portal_that_invites_no_guests_holds_the_job() {
    let t = stage(RULE).await;
    t.sandbox.allow_inviting(true, false);
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.users().len(), t.people().await[0].is_ours()), (JobState::Held, 0, false), "{reason}");
    t.sandbox.allow_inviting(true, true);
    t.release("onboard").await;
    assert_eq!((t.only("onboard").await.0, in_rooms(&t)), (JobState::Done, vec![6, 2]));
}

#[tokio::test]
async fn a_room_that_is_not_there_invites_nobody() {
    let t = stage(r#"{ type = "Guest", rooms = [{ id = 77 }] }"#).await;
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.users().len(), t.people().await[0].is_ours()), (JobState::Held, 0, false));
    assert!(reason.contains("no room 77"), "{reason}");
}

#[tokio::test]
async fn a_warning_without_a_guest_is_held_and_tells_the_warning() {
    let t = stage(RULE).await;
    let body =
        json!({"response": {"members": [], "warning": "the room is full"}, "count": 1, "status": 0, "statusCode": 200});
    t.fault(json!({"path": "/files/rooms/1/share", "status": 200, "body": body}));
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.users().len()), (JobState::Held, 0));
    assert!(reason.contains("the room is full"), "{reason}");
    t.release("onboard").await;
    assert_eq!((t.only("onboard").await.0, t.mails(ADA)), (JobState::Done, vec!["invitation".to_owned()]));
}

#[tokio::test]
async fn a_mail_limit_delays_a_guest() {
    let t = stage(RULE).await;
    let body = json!({"response": {"title": "x", "status": 400, "errors": {"Invitations": ["exceeded"]}}, "count": 1, "status": 1, "statusCode": 400});
    t.fault(json!({"path": "/files/rooms/1/share", "status": 400, "body": body}));
    assert_eq!(hired(&t).await.0, JobState::Ready);
    t.advance(SignedDuration::from_mins(59)).await;
    assert!(t.users().is_empty());
    t.advance(SignedDuration::from_mins(2)).await;
    assert_eq!((t.only("onboard").await.0, t.mails(ADA)), (JobState::Done, vec!["invitation".to_owned()]));
}

#[tokio::test]
async fn a_missing_scope_for_rooms_is_named() {
    let t = stage(RULE).await;
    t.fault(json!({"path": "/files/rooms/1/share", "status": 403}));
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.users().len()), (JobState::Held, 0));
    assert!(reason.contains("rooms:write"), "{reason}");
}

#[tokio::test]
async fn a_member_is_made_no_guest() {
    let t = stage(RULE).await;
    t.sandbox_user(ADA).await;
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.mails(ADA).len(), in_rooms(&t).len()), (JobState::Done, 1, 0));
    assert!(reason.starts_with("known"), "{reason}");
}

/// In between the look-up and the invitation an administrator has made the account.
#[tokio::test]
async fn an_account_made_in_between_is_known_and_not_ours() {
    let t = stage(RULE).await;
    t.sandbox_user(ADA).await;
    t.clock.advance(SignedDuration::from_hours(1));
    t.fault(json!({"path": "/people/email", "status": 404, "body": envelope(404, "no")}));
    let (state, reason) = hired(&t).await;
    assert_eq!((state, t.people().await[0].is_ours()), (JobState::Done, false), "{reason}");
    assert!(reason.starts_with("known"), "{reason}");
}

#[tokio::test]
async fn a_guests_groups_are_left_out_and_that_is_told() {
    let t = stage(r#"{ type = "Guest", groups = ["Nobody"], rooms = [{ id = 1 }] }"#).await;
    let (state, reason) = hired(&t).await;
    assert_eq!(state, JobState::Done);
    assert!(reason.contains("groups were left out"), "{reason}");
}
