//! What the sandbox refuses: the answers have the described shapes, and what breaks the description is refused.

use http::Method;
use serde_json::{Value, json};
use usher::sandbox::Condition;

use crate::description::Description;
use crate::stage::{Stage, refuse_answers, text};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn member(email: &str, kind: &str) -> Value {
    json!({ "email": email, "firstName": "Ada", "lastName": "Example", "type": kind })
}

/// Every request that a call by hand makes, and the status it meets.
async fn provoke(stage: &Stage, wanted: &[(Method, &str, Option<Value>, u16)]) {
    for (method, path, body, status) in wanted {
        let (met, told) = stage.call(method.clone(), path, body.clone()).await;
        assert_eq!(met, *status, "{method} {path}: {told}");
    }
}

async fn of_requests() -> Stage {
    let stage = Stage::new().await;
    let ada = stage.account("ada@corp.example", "User").await;
    let gone = stage.account("gone@corp.example", "User").await;
    stage.prepared(Method::PUT, "/people/status/2", json!({ "userIds": [gone] }), "/0/id").await;
    let owner = text(&stage.prepared(Method::GET, "/people/@self", json!({}), "/id").await);
    let invite = |email: &str, kind: &str| Some(json!({ "invitations": [{ "email": email, "type": kind }] }));
    let wanted = [
        // Model validation, the shape without `error`.
        (Method::POST, "/people", Some(member("nobody", "User")), 400),
        (Method::POST, "/people", Some(member("a@corp.example", "Boss")), 400),
        (Method::POST, "/people/invite", invite("nobody", "User"), 400),
        (Method::POST, "/portal/sendcongratulations", None, 400),
        // Arguments.
        (Method::POST, "/people", Some(member("ada@corp.example", "User")), 400),
        (Method::POST, "/people/invite", invite("gone@corp.example", "User"), 400),
        (Method::GET, "/people/email?email=", None, 400),
        (Method::PUT, "/people/status/4", Some(json!({ "userIds": [] })), 400),
        // Rights and order.
        (Method::POST, "/people", Some(member("g@corp.example", "Guest")), 403),
        (Method::POST, "/people/invite", invite("g@corp.example", "Guest"), 403),
        (Method::PUT, "/people/status/2", Some(json!({ "userIds": [owner] })), 403),
        (Method::PUT, "/people/status/1", Some(json!({ "userIds": [NOBODY] })), 403),
        (Method::DELETE, &format!("/people/{ada}"), None, 403),
        (Method::POST, &format!("/portal/sendcongratulations?Userid={ada}&Key=birthday"), None, 403),
        // Nobody and nothing.
        (Method::GET, "/people/email?email=nobody@corp.example", None, 404),
        (Method::GET, &format!("/people/{NOBODY}"), None, 404),
        (Method::DELETE, &format!("/people/{NOBODY}"), None, 404),
        (Method::GET, &format!("/portal/users/{NOBODY}"), None, 404),
        (Method::DELETE, "/settings/webhook/99", None, 404),
        (Method::PUT, "/settings/webhook/99/retry", None, 404),
    ];
    provoke(&stage, &wanted).await;
    stage
}

async fn of_groups_and_rooms() -> Stage {
    let stage = Stage::new().await;
    let who = stage.subject().await;
    let share = |access: i64| Some(json!({ "invitations": [{ "id": who.id, "access": access }], "notify": false }));
    let room = format!("/files/rooms/{}/share", who.room);
    let mention = Some(json!({ "emails": [who.email], "message": "Welcome" }));
    let link = Some(json!({ "employeeType": "User" }));
    let wanted = [
        (Method::GET, format!("/group/{NOBODY}"), None, 404),
        (Method::PUT, format!("/group/{NOBODY}/members"), Some(json!({ "members": [who.id] })), 404),
        (Method::DELETE, format!("/group/{NOBODY}/members"), Some(json!({ "members": [who.id] })), 404),
        (Method::POST, format!("/group/{}/members", who.group), Some(json!({ "members": [NOBODY] })), 400),
        (Method::POST, "/group".to_owned(), Some(json!({ "groupName": "", "members": [] })), 400),
        (Method::PUT, room.clone(), share(3), 403),
        (Method::PUT, room.clone(), share(9), 403),
        (Method::PUT, room, Some(json!({ "invitations": [{ "email": "nobody", "access": 2 }] })), 400),
        (Method::POST, "/portal/users/invitationlink".to_owned(), link.clone(), 200),
        (Method::POST, "/portal/users/invitationlink".to_owned(), link, 400),
        (Method::POST, "/portal/users/invitationlink".to_owned(), Some(json!({ "employeeType": "Guest" })), 400),
        (Method::PUT, "/settings/webhook".to_owned(), Some(json!({ "id": 99, "name": "a", "uri": who.receiver })), 404),
        (Method::GET, "/files/rooms/99/share".to_owned(), None, 404),
        (Method::PUT, "/files/rooms/99/share".to_owned(), share(2), 404),
        (Method::POST, "/files/rooms/99/resend".to_owned(), Some(json!({ "usersIds": [who.id] })), 404),
        (Method::POST, "/files/file/99/sendeditornotify".to_owned(), mention, 404),
    ];
    for (method, path, body, status) in wanted {
        provoke(&stage, &[(method, &path, body, status)]).await;
    }
    stage
}

async fn of_full_portals() -> Stage {
    let stage = Stage::with(|settings| (settings.paid_seats, settings.user_limit) = (0, 1)).await;
    let ada = stage.account("ada@corp.example", "User").await;
    let ids = json!({ "userIds": [ada] });
    let invitation = json!({ "invitations": [{ "email": "b@corp.example", "type": "RoomAdmin" }] });
    let wanted = [
        (Method::POST, "/people", Some(member("b@corp.example", "User")), 402),
        (Method::POST, "/people/invite", Some(invitation), 402),
        (Method::GET, "/portal/users/invitationlink/RoomAdmin", None, 402),
        (Method::PUT, "/people/type/RoomAdmin", Some(ids.clone()), 402),
        (Method::PUT, "/people/status/2", Some(ids.clone()), 200),
        (Method::POST, "/people", Some(member("b@corp.example", "User")), 200),
        (Method::PUT, "/people/status/1", Some(ids), 402),
    ];
    provoke(&stage, &wanted).await;
    stage
}

async fn of_keys() -> Stage {
    let stage = Stage::with(|settings| settings.permissions = vec!["accounts:read".to_owned()]).await;
    provoke(
        &stage,
        &[
            (Method::POST, "/people", Some(member("b@corp.example", "User")), 403),
            (Method::GET, "/settings/webhook", None, 403),
            (Method::GET, "/people/@self", None, 403),
        ],
    )
    .await;
    stage.sandbox.switch_key(false);
    provoke(&stage, &[(Method::GET, "/keys/@self", None, 401)]).await;
    for key in [None, Some("sk-other")] {
        let (status, _) = stage.call_as(key, Method::GET, "/people/@self", None).await;
        assert_eq!(status, 401);
    }
    stage
}

async fn of_portals() -> Stage {
    let stage = Stage::with(|settings| settings.limits.sensitive = Some(1)).await;
    let resend = || Some(json!({ "userIds": [], "resendAll": true }));
    provoke(&stage, &[(Method::PUT, "/people/invite", resend(), 200), (Method::PUT, "/people/invite", resend(), 429)])
        .await;
    for (condition, status) in [(Condition::Unpaid, 402), (Condition::Suspended, 404), (Condition::Restoring, 403)] {
        stage.sandbox.set_condition(condition);
        let wanted = [
            (Method::GET, "/people/@self", None, status),
            (Method::GET, "/settings/webhook", None, status),
            (Method::POST, "/people", Some(member("b@corp.example", "User")), status),
        ];
        provoke(&stage, &wanted).await;
    }
    stage
}

#[tokio::test]
async fn refusals_of_requests_are_as_described() {
    let tape = of_requests().await.recorder.tape();
    let Some(described) = Description::of_portal() else { return };
    refuse_answers(&described, &tape);
}

#[tokio::test]
async fn refusals_of_groups_rooms_and_links_are_as_described() {
    let tape = of_groups_and_rooms().await.recorder.tape();
    let Some(described) = Description::of_portal() else { return };
    refuse_answers(&described, &tape);
}

#[tokio::test]
async fn refusals_for_want_of_seats_are_as_described() {
    let tape = of_full_portals().await.recorder.tape();
    let Some(described) = Description::of_portal() else { return };
    refuse_answers(&described, &tape);
}

#[tokio::test]
async fn refusals_of_whole_portals_are_as_described() {
    let tape = of_portals().await.recorder.tape();
    let Some(described) = Description::of_portal() else { return };
    refuse_answers(&described, &tape);
}

#[tokio::test]
async fn refusals_of_keys_are_as_described() {
    let tape = of_keys().await.recorder.tape();
    let Some(described) = Description::of_portal() else { return };
    refuse_answers(&described, &tape);
}
