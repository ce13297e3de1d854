use serde_json::{Value, json};
use usher::sandbox::Role;

use crate::stage::{Stage, text};

const LINKS: &str = "/portal/users/invitationlink";

fn member(kind: &str) -> Value {
    json!({ "email": "ada@example.com", "firstName": "Ada", "lastName": "Example", "type": kind })
}

fn invitation(kind: &str) -> Value {
    json!({ "invitations": [{ "email": "eve@example.com", "type": kind }] })
}

async fn playing(role: Role) -> Stage {
    Stage::with(|settings| settings.role = role).await
}

#[tokio::test]
async fn everybody_adds_only_people_below_themselves() {
    for (role, kind, status) in [
        (Role::Owner, "DocSpaceAdmin", 200),
        (Role::DocSpaceAdmin, "DocSpaceAdmin", 403),
        (Role::DocSpaceAdmin, "RoomAdmin", 200),
        (Role::RoomAdmin, "RoomAdmin", 403),
        (Role::RoomAdmin, "All", 403),
        (Role::RoomAdmin, "User", 200),
        (Role::User, "User", 403),
    ] {
        let stage = playing(role).await;
        assert_eq!(stage.post("/people", member(kind)).await.status, status, "{role:?} {kind}");
        assert_eq!(stage.post("/people/invite", invitation(kind)).await.status, status, "{role:?} {kind}");
        if kind != "All" {
            let link = stage.post(LINKS, json!({ "employeeType": kind })).await;
            assert_eq!(link.status, status, "{role:?} {kind}");
            assert_eq!(stage.get(&format!("{LINKS}/{kind}")).await.status, status);
        }
        // The obsolete call says nothing instead of no.
        let link = text(stage.get(&format!("/portal/users/invite/{kind}")).await.ok());
        assert_eq!(link.is_empty(), status == 403, "{role:?} {kind}");
        assert_eq!(stage.sandbox.state().users.is_empty(), status == 403);
    }
}

#[tokio::test]
async fn a_plain_user_changes_nobody() {
    let stage = playing(Role::User).await;
    let form = json!({ "way": "domain", "email": "ada@example.com", "firstName": "Ada", "lastName": "Example" });
    let id = text(&stage.control("/join", form).await.json["id"]);
    let ids = json!({ "userIds": [id] });
    stage.put("/people/invite", json!({ "resendAll": true })).await.refused(403);
    stage.put("/people/status/2", ids.clone()).await.refused(403);
    stage.put("/people/activationstatus/0", ids).await.refused(403);
    stage.put(&format!("/people/{id}"), json!({ "disable": true })).await.refused(403);
    stage.delete(&format!("/people/{id}")).await.refused(403);
    assert_eq!(stage.sandbox.state().users[0].status, 1);
}

#[tokio::test]
async fn the_keys_owner_shows_the_role_and_the_portal_has_another_owner() {
    for (role, flag) in
        [(Role::DocSpaceAdmin, "isAdmin"), (Role::RoomAdmin, "isRoomAdmin"), (Role::User, "isCollaborator")]
    {
        let stage = playing(role).await;
        let own = stage.get("/people/@self").await;
        assert_eq!((&own.ok()[flag], &own.ok()["isOwner"]), (&json!(true), &json!(false)));
        let owner = text(&stage.get("/settings").await.ok()["ownerId"]);
        assert_ne!(json!(owner), own.ok()["id"]);
        assert_eq!(stage.get(&format!("/people/{owner}")).await.ok()["isOwner"], true);
        stage.put("/people/status/2", json!({ "userIds": [owner] })).await.refused(403);
        assert!(stage.sandbox.state().users.is_empty());
    }
}

#[tokio::test]
async fn an_administrator_is_disabled_by_the_owner_alone() {
    for (role, status) in [(Role::Owner, 200), (Role::DocSpaceAdmin, 403)] {
        let stage = playing(role).await;
        let link = stage.get("/portal/users/invite/RoomAdmin").await.ok().clone();
        let form = json!({ "link": link, "email": "ada@example.com", "firstName": "Ada", "lastName": "" });
        let id = text(&stage.control("/join", form).await.json["id"]);
        let ids = json!({ "userIds": [id] });
        if role == Role::Owner {
            stage.put("/people/type/DocSpaceAdmin", ids.clone()).await.ok();
            assert_eq!(stage.put("/people/status/2", ids).await.status, status);
        } else {
            let own = stage.get("/people/@self").await.ok()["id"].clone();
            assert_eq!(stage.put("/people/status/2", json!({ "userIds": [own] })).await.status, status);
            assert_eq!(stage.put("/people/status/2", ids).await.status, 200);
        }
    }
}

#[tokio::test]
async fn nobody_is_invited_while_inviting_members_is_switched_off() {
    let stage = Stage::new().await;
    let invited = stage.invite("invited@example.com").await;
    let link = stage.get("/portal/users/invite/User").await.ok().clone();
    let lasting = stage.post(LINKS, json!({ "employeeType": "User" })).await.ok()["id"].clone();
    assert_eq!(stage.control("/inviting", json!({ "members": false, "guests": true })).await.status, 200);
    let settings = stage.get("/settings/invitationsettings").await;
    assert_eq!(settings.ok(), &json!({ "allowInvitingMembers": false, "allowInvitingGuests": true }));
    stage.post("/people", member("User")).await.refused(403);
    stage.post("/people/invite", invitation("User")).await.refused(403);
    stage.put("/people/invite", json!({ "userIds": [invited] })).await.refused(403);
    stage.get("/portal/users/invite/User").await.refused(403);
    stage.post(LINKS, json!({ "employeeType": "RoomAdmin" })).await.refused(403);
    stage.get(&format!("{LINKS}/User")).await.refused(403);
    stage.put(LINKS, json!({ "id": lasting })).await.refused(403);
    stage.take_out(LINKS, json!({ "id": lasting })).await.refused(403);
    let form = json!({ "email": "invited@example.com", "firstName": "Ada", "lastName": "" });
    for (way, link) in [("invitation", Value::Null), ("link", link), ("domain", Value::Null)] {
        let mut form = form.clone();
        form["way"] = json!(way);
        form["link"] = link;
        if way != "invitation" {
            form["email"] = json!("new@example.com");
        }
        assert_eq!(stage.control("/join", form).await.status, 403, "{way}");
    }
    stage.sandbox.allow_inviting(true, true);
    stage.post("/people", member("User")).await.ok();
    stage.accept("invited@example.com").await;
}

#[tokio::test]
async fn a_reset_switches_inviting_back_to_what_it_was() {
    let stage = Stage::with(|settings| settings.allow_inviting_members = false).await;
    stage.post("/people", member("User")).await.refused(403);
    stage.sandbox.allow_inviting(true, false);
    stage.post("/people", member("User")).await.ok();
    stage.sandbox.reset();
    stage.post("/people", member("User")).await.refused(403);
    let settings = stage.get("/settings/invitationsettings").await;
    assert_eq!(settings.ok()["allowInvitingGuests"], true);
}
