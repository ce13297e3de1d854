use serde_json::{Value, json};
use usher::sandbox::MailKind;

use crate::stage::{Stage, text};

async fn share(stage: &Stage, invitation: Value) {
    stage.put("/files/rooms/1/share", json!({ "invitations": [invitation] })).await.ok();
}

#[tokio::test]
async fn a_portal_starts_with_one_room_and_more_are_made_by_title() {
    let stage = Stage::new().await;
    assert_eq!(stage.get("/files/rooms/1").await.ok()["title"], "Welcome");
    let made = stage.control("/rooms", json!({ "title": "Plans" })).await;
    assert_eq!(
        (made.status, &made.json["id"], &made.json["files"][0]["title"]),
        (200, &json!(2), &json!("Plans.docx"))
    );
    assert_eq!(stage.get("/files/rooms/2").await.ok()["title"], "Plans");
    assert_eq!(stage.sandbox.add_room("Third"), 3);
    for unknown in ["4", "0", "-1", "Welcome"] {
        stage.get(&format!("/files/rooms/{unknown}")).await.refused(404);
        stage.get(&format!("/files/rooms/{unknown}/share")).await.refused(404);
    }
    stage.sandbox.reset();
    assert_eq!(stage.sandbox.state().rooms.len(), 1);
}

#[tokio::test]
async fn the_members_of_a_room_are_listed_after_its_owner() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    share(&stage, json!({ "id": ada, "access": 10 })).await;
    share(&stage, json!({ "email": "eve@example.com", "access": "2" })).await;
    let list = stage.get("/files/rooms/1/share").await;
    assert_eq!(list.json["total"], 3);
    let entries = list.ok();
    assert_eq!((&entries[0]["isOwner"], &entries[0]["sharedTo"]["isOwner"]), (&json!(true), &json!(true)));
    assert_eq!((&entries[1]["access"], &entries[1]["sharedToUser"]["id"]), (&json!(10), &json!(ada)));
    assert_eq!(
        (&entries[2]["access"], &entries[2]["sharedToUser"]["displayName"]),
        (&json!(2), &json!("eve@example.com"))
    );
    let found = stage.get("/files/rooms/1/share?filterValue=EVE&count=1").await;
    assert_eq!((&found.json["total"], &found.ok()[0]["access"]), (&json!(1), &json!(2)));
    assert_eq!(stage.get("/files/rooms/1/share?startIndex=2").await.json["count"], 1);
}

#[tokio::test]
async fn an_invitation_to_a_room_is_repeated_for_who_has_not_registered() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    stage.sandbox.activate(&ada).await.unwrap();
    share(&stage, json!({ "id": ada, "access": 2 })).await;
    share(&stage, json!({ "email": "eve@example.com", "access": 2 })).await;
    let eve = text(&stage.get("/people/email?email=eve@example.com").await.ok()["id"]);
    let before = stage.mails().len();
    let repeat = async |body: Value| {
        let answer = stage.post("/files/rooms/1/resend", body).await;
        assert!(answer.ok().is_null() && answer.json.get("response").is_none());
    };
    repeat(json!({ "usersIds": [ada, eve] })).await;
    repeat(json!({ "resendAll": true })).await;
    repeat(json!({ "usersIds": [ada] })).await;
    let letter = ("eve@example.com".to_owned(), MailKind::Invitation);
    assert_eq!(stage.mails()[before..], [letter.clone(), letter]);
    stage.accept("eve@example.com").await;
    let before = stage.mails().len();
    repeat(json!({ "resendAll": true })).await;
    assert_eq!(stage.mails().len(), before);
    stage.post("/files/rooms/9/resend", json!({ "resendAll": true })).await.refused(404);
}

#[tokio::test]
async fn the_scope_for_rooms_is_another_than_that_for_documents_and_people() {
    for (scope, rooms, files, groups) in
        [("rooms:write", 200, 403, 403), ("files:write", 403, 200, 403), ("accounts:read", 403, 403, 200)]
    {
        let stage = Stage::with(|settings| settings.permissions = vec![scope.to_owned()]).await;
        assert_eq!(stage.get("/files/rooms/1").await.status, rooms, "{scope}");
        let mention = json!({ "emails": [], "message": "Hello" });
        assert_eq!(stage.post("/files/file/101/sendeditornotify", mention).await.status, files, "{scope}");
        assert_eq!(stage.get("/group").await.status, groups, "{scope}");
    }
}
