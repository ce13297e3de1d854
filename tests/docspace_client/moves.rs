//! Calls for whoever moves or leaves: status, type, groups and rooms.

use serde_json::{Value, json};
use usher::docspace::{Error, Group};
use usher::model::UserType;

use crate::support::{ID, Seen, StandIn, answer, employee, failure, success};

const GROUP: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
const OTHER: &str = "0a1b2c3d-0000-4000-8000-00000000000b";

fn sent(seen: &Seen) -> (&str, &str, Value) {
    let path = seen.target.strip_prefix("/api/2.0").unwrap();
    (seen.method.as_str(), path, serde_json::from_slice(&seen.body).unwrap())
}

fn with(member: &str, value: Value) -> Value {
    let mut person = employee();
    person[member] = value;
    person
}

#[tokio::test]
async fn an_account_is_disabled_and_enabled() {
    let portal = StandIn::start(|seen| {
        let status = if seen.target.ends_with("/2") { 2 } else { 4 };
        success(json!([with("status", json!(status))]))
    })
    .await;
    let client = portal.client();
    let gone = client.set_status(&ID.to_uppercase(), false).await.unwrap().unwrap();
    assert_eq!((gone.id.as_str(), gone.status), (ID, 2));
    // Whoever has never registered waits again.
    assert_eq!(client.set_status(ID, true).await.unwrap().unwrap().status, 4);
    let seen = portal.seen();
    assert_eq!(sent(&seen[0]), ("PUT", "/people/status/2", json!({"userIds": [ID]})));
    assert_eq!(sent(&seen[1]), ("PUT", "/people/status/1", json!({"userIds": [ID]})));
}

#[tokio::test]
async fn a_type_is_told_as_the_server_left_it() {
    let portal = StandIn::saying(success(json!([employee()]))).await;
    let client = portal.client();
    let account = client.set_type(ID, UserType::DocSpaceAdmin).await.unwrap().unwrap();
    assert_eq!(account.user_type, UserType::User);
    client.set_type(ID, UserType::RoomAdmin).await.unwrap().unwrap();
    let seen = portal.seen();
    assert_eq!(sent(&seen[0]), ("PUT", "/people/type/DocSpaceAdmin", json!({"userIds": [ID]})));
    assert_eq!(sent(&seen[1]).1, "/people/type/RoomAdmin");
    // A letter goes out each time: a connection that breaks must not leave open whether it did.
    assert_ne!(seen[0].peer, seen[1].peer);
}

#[tokio::test]
async fn whom_the_server_leaves_out_is_told_apart() {
    let other = with("id", json!(OTHER));
    for rows in [json!([]), json!([other])] {
        let portal = StandIn::saying(success(rows)).await;
        let client = portal.client();
        assert_eq!(client.set_status(ID, false).await.unwrap(), None);
        assert_eq!(client.set_type(ID, UserType::User).await.unwrap(), None);
    }
    let portal = StandIn::saying(success(json!([with("id", json!(OTHER)), employee()]))).await;
    assert_eq!(portal.client().set_status(ID, false).await.unwrap().unwrap().id, ID);
}

#[tokio::test]
async fn a_change_of_status_or_type_is_refused_by_status_code() {
    for status in [400, 402, 403, 404] {
        let portal = StandIn::saying(failure(status, "Zugriff verweigert")).await;
        let client = portal.client();
        let results = [client.set_status(ID, false).await, client.set_type(ID, UserType::RoomAdmin).await];
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Refused { status: got, .. } if got == status), "{error}");
            assert!(!error.is_outage());
        }
    }
}

#[tokio::test]
async fn what_cannot_be_an_id_is_neither_disabled_nor_moved() {
    let portal = StandIn::saying(answer(404, "")).await;
    let client = portal.client();
    for id in ["", "..", "ada.example", "1/2", "@self"] {
        let results = [
            client.set_status(id, false).await.map(drop),
            client.set_type(id, UserType::User).await.map(drop),
            client.remove_from_group(GROUP, id).await,
            client.remove_from_group(id, ID).await,
            client.leave_room("1", id).await.map(drop),
        ];
        for result in results {
            assert!(matches!(result, Err(Error::Refused { status: 404, .. })), "{id}: {result:?}");
        }
    }
    assert!(matches!(client.leave_room("1/2", ID).await, Err(Error::Refused { status: 404, .. })));
    assert!(portal.seen().is_empty());
    assert_eq!(client.pause_state(), None);
}

#[tokio::test]
async fn somebody_leaves_a_group() {
    let portal = StandIn::saying(success(json!({"id": GROUP, "name": "Sales"}))).await;
    portal.client().remove_from_group(&GROUP.to_uppercase(), &ID.to_uppercase()).await.unwrap();
    let path = format!("/group/{GROUP}/members");
    assert_eq!(sent(&portal.only()), ("DELETE", path.as_str(), json!({"members": [ID]})));
    let portal = StandIn::saying(failure(404, "group not found")).await;
    let error = portal.client().remove_from_group(GROUP, ID).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 404, .. }), "{error}");
    assert_eq!(error.to_string(), "DELETE /group/{id}/members was refused by the portal with status 404 (not found)");
}

#[tokio::test]
async fn somebody_leaves_a_room_without_a_letter() {
    let portal = StandIn::saying(success(json!({"members": []}))).await;
    assert_eq!(portal.client().leave_room("12", &ID.to_uppercase()).await.unwrap(), None);
    let body = json!({"invitations": [{"id": ID, "access": 0}], "notify": false});
    assert_eq!(sent(&portal.only()), ("PUT", "/files/rooms/12/share", body));
    let portal = StandIn::saying(success(json!({"members": [], "warning": "Not ada@example.com"}))).await;
    assert_eq!(portal.client().leave_room("12", ID).await.unwrap().as_deref(), Some("Not [address]"));
    let portal = StandIn::saying(failure(404, "no such folder")).await;
    let error = portal.client().leave_room("12", ID).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 404, .. }), "{error}");
}

#[tokio::test]
async fn an_account_tells_whether_it_owns_or_administers_the_portal_or_rooms() {
    let cases = [
        ("isOwner", (true, true, false)),
        ("isAdmin", (false, true, false)),
        ("isRoomAdmin", (false, false, true)),
        ("isCollaborator", (false, false, false)),
        ("isVisitor", (false, false, false)),
        ("noFlagAtAll", (false, false, true)),
    ];
    for (flag, expected) in cases {
        let mut person = with("isCollaborator", json!(false));
        person[flag] = json!(true);
        let portal = StandIn::saying(success(person)).await;
        let account = portal.client().account(ID).await.unwrap().unwrap();
        assert_eq!((account.is_owner, account.is_admin(), account.is_room_admin()), expected, "{flag}");
    }
}

#[tokio::test]
async fn an_account_names_its_groups() {
    let row = json!({"id": GROUP.to_uppercase(), "name": "Sales", "isSystem": false});
    let sales = Group { id: GROUP.to_owned(), name: "Sales".to_owned() };
    for (told, expected) in [(json!([row]), vec![sales]), (json!([]), vec![]), (json!(null), vec![])] {
        let portal = StandIn::saying(success(with("groups", told))).await;
        assert_eq!(portal.client().account(ID).await.unwrap().unwrap().groups, expected);
    }
    for odd in [json!("Sales"), json!({}), json!(["Sales"]), json!([{"name": "Sales"}]), json!([{"id": "Sales"}])] {
        let portal = StandIn::saying(success(with("groups", odd))).await;
        let error = portal.client().account(ID).await.unwrap_err();
        assert!(matches!(error, Error::Uncertain(_)), "{error}");
    }
}

#[tokio::test]
async fn the_right_in_a_room_is_that_of_the_account_itself() {
    let portal = StandIn::saying(success(json!([
        {"sharedToLink": {"title": "link"}, "access": 2},
        {"sharedToGroup": {"id": GROUP}, "access": 9},
        {"sharedToUser": {"id": OTHER}, "access": 10},
        {"sharedTo": {"id": ID.to_uppercase()}, "access": "11"},
    ])))
    .await;
    let client = portal.client();
    assert_eq!(client.room_right("12", ID).await.unwrap(), Some(11), "as servers before 3.7 name them, too");
    assert_eq!(client.room_right("12", OTHER).await.unwrap(), Some(10));
    assert_eq!(client.room_right("12", "0a1b2c3d-0000-4000-8000-00000000000c").await.unwrap(), None);
    assert!(portal.seen()[0].target.starts_with("/api/2.0/files/rooms/12/share?"));
    let unknown = client.room_right("12/../3", ID).await;
    assert!(matches!(unknown, Err(Error::Refused { status: 404, .. })), "{unknown:?}");
    let odd = StandIn::saying(success(json!([{"sharedToUser": {"id": ID}}]))).await;
    assert!(odd.client().room_right("12", ID).await.is_err(), "a member without a right is no answer");
}
