//! What administrators do at the portal without Usher: the sandbox's other calls.

use http::Method;
use serde_json::{Value, json};

use crate::description::Description;
use crate::stage::{Stage, refuse_any, text};

/// A call that has to succeed; its `response`.
async fn done(stage: &Stage, method: Method, path: &str, body: Option<Value>) -> Value {
    let (status, told) = stage.call(method.clone(), path, body).await;
    assert_eq!(status, 200, "{method} {path}: {told}");
    told["response"].clone()
}

async fn people(stage: &Stage) {
    let who = stage.subject().await;
    let ids = json!({ "userIds": [who.id] });
    done(stage, Method::GET, "/people", None).await;
    done(stage, Method::GET, "/people?count=2&startIndex=1", None).await;
    done(stage, Method::GET, "/people/exists?email=ada@corp.example", None).await;
    done(stage, Method::GET, "/people/exists?email=nobody@corp.example", None).await;
    done(stage, Method::GET, "/people/simple/filter?employeeStatus=1&sortBy=email&sortOrder=1", None).await;
    done(stage, Method::PUT, "/people/type/RoomAdmin", Some(ids.clone())).await;
    done(stage, Method::PUT, "/people/status/2", Some(ids.clone())).await;
    done(stage, Method::PUT, "/people/status/1", Some(ids)).await;
    done(stage, Method::PUT, &format!("/people/{}", who.id), Some(json!({ "disable": true }))).await;
    done(stage, Method::DELETE, &format!("/people/{}", who.id), None).await;
}

async fn groups(stage: &Stage) {
    let (ada, eve) = (stage.account("ada@corp.example", "User").await, stage.account("eve@corp.example", "User").await);
    let new = json!({ "groupName": "Staff", "groupManager": ada, "members": [eve] });
    let group = text(&done(stage, Method::POST, "/group", Some(new)).await["id"]);
    let (path, members) = (format!("/group/{group}"), format!("/group/{group}/members"));
    done(stage, Method::GET, &path, None).await;
    done(stage, Method::GET, &format!("{path}?includeMembers=false"), None).await;
    let change = json!({ "groupName": "All", "membersToAdd": [ada], "membersToRemove": [eve] });
    done(stage, Method::PUT, &path, Some(change)).await;
    done(stage, Method::POST, &members, Some(json!({ "members": [ada, eve] }))).await;
    done(stage, Method::DELETE, &members, Some(json!({ "members": [eve] }))).await;
    done(stage, Method::GET, &format!("/group/user/{ada}"), None).await;
    let room = stage.sandbox.state().rooms[0].id;
    let share = json!({ "invitations": [{ "id": group, "access": 2 }, { "id": ada, "access": 10 }], "notify": true });
    done(stage, Method::PUT, &format!("/files/rooms/{room}/share"), Some(share)).await;
    done(stage, Method::GET, &format!("/files/rooms/{room}/share"), None).await;
}

async fn links(stage: &Stage) {
    let link = "/portal/users/invitationlink";
    let none = done(stage, Method::GET, &format!("{link}/User"), None).await;
    assert_eq!(none, Value::Null);
    let new = json!({ "employeeType": "User", "expiration": "2026-08-10T08:00:00Z", "maxUseCount": 3 });
    let id = done(stage, Method::POST, link, Some(new)).await["id"].clone();
    done(stage, Method::GET, &format!("{link}/User"), None).await;
    done(stage, Method::PUT, link, Some(json!({ "id": id, "maxUseCount": 5 }))).await;
    done(stage, Method::DELETE, link, Some(json!({ "id": id }))).await;
}

async fn webhooks(stage: &Stage) {
    let who = stage.subject().await;
    let new = json!({ "name": "a", "uri": who.receiver, "secretKey": "Example-Secret-1", "enabled": true, "ssl": false,
        "triggers": 0, "targetId": who.id });
    done(stage, Method::POST, "/settings/webhook", Some(new)).await;
    done(stage, Method::GET, "/settings/webhook/triggers", None).await;
    done(stage, Method::PUT, "/people/type/RoomAdmin", Some(json!({ "userIds": [who.id] }))).await;
    stage.sandbox.webhooks_settled().await;
    let log = done(stage, Method::GET, "/settings/webhooks/log?trigger=4&count=10&startIndex=0", None).await;
    let row = log[0]["id"].as_i64().unwrap_or_else(|| panic!("{log}"));
    done(stage, Method::PUT, &format!("/settings/webhook/{row}/retry"), None).await;
    done(stage, Method::PUT, "/settings/webhook/retry", Some(json!({ "ids": [row] }))).await;
    stage.sandbox.webhooks_settled().await;
    done(stage, Method::GET, &format!("/settings/webhooks/log?eventId={row}"), None).await;
}

async fn keys() -> Stage {
    let ends = "2027-01-01T00:00:00Z".parse().unwrap();
    let stage = Stage::with(|settings| settings.key_expires_at = Some(ends)).await;
    done(&stage, Method::GET, "/keys/@self", None).await;
    done(&stage, Method::GET, "/settings/invitationsettings", None).await;
    stage
}

#[tokio::test]
async fn what_is_done_by_hand_is_answered_as_described() {
    let stages = [Stage::new().await, Stage::new().await, Stage::new().await, Stage::new().await, keys().await];
    people(&stages[0]).await;
    groups(&stages[1]).await;
    links(&stages[2]).await;
    webhooks(&stages[3]).await;
    let tape: Vec<_> = stages.iter().flat_map(|stage| stage.recorder.tape()).collect();
    let Some(described) = Description::of_portal() else { return };
    refuse_any(&described, &tape);
}
