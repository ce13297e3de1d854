//! Rooms, documents, groups and repeated invitations: what is sent, and what is kept from being sent.

use serde_json::{Value, json};
use usher::docspace::{Client, Error, Group, Invitee};
use usher::model::RoomAccess;

use crate::support::{HandClock, ID, Seen, StandIn, answer, settings, success};

const GROUP: &str = "0a1b2c3d-0000-4000-8000-00000000000a";

fn sent(seen: &Seen) -> (&str, &str, Value) {
    let path = seen.target.strip_prefix("/api/2.0").unwrap();
    (seen.method.as_str(), path, serde_json::from_slice(&seen.body).unwrap())
}

fn nothing() -> Value {
    json!({"count": 0, "links": [], "status": 0, "statusCode": 200})
}

#[tokio::test]
async fn a_room_is_shared_with_an_account_or_an_address() {
    let portal = StandIn::saying(success(json!({"members": []}))).await;
    let client = portal.client();
    let account = Invitee::Account(ID.to_uppercase());
    assert_eq!(client.share_room("12", &account, RoomAccess::Edit, true, None).await.unwrap(), None);
    let address = Invitee::Address("Ada@Example.com".into());
    assert_eq!(client.share_room("box-1|2", &address, RoomAccess::Read, false, Some("de")).await.unwrap(), None);
    let seen = portal.seen();
    let invitation = json!({"id": ID, "access": 10});
    let body = json!({"invitations": [invitation], "notify": true});
    assert_eq!(sent(&seen[0]), ("PUT", "/files/rooms/12/share", body));
    let invitation = json!({"email": "ada@example.com", "access": 2});
    let body = json!({"invitations": [invitation], "notify": false, "culture": "de"});
    assert_eq!(sent(&seen[1]), ("PUT", "/files/rooms/box-1|2/share", body));
}

#[tokio::test]
async fn a_warning_of_a_sharing_comes_without_addresses() {
    let cases = [
        (json!({"members": []}), None),
        (json!({"members": [], "warning": null, "error": null}), None),
        (json!({"warning": " ", "error": 0}), None),
        (json!({"warning": "Not for\n<ada@example.com>"}), Some("Not for [address]")),
        (json!({"error": 1}), Some("the portal's error 1")),
        (json!({"warning": "No", "error": 1}), Some("No")),
    ];
    for (response, expected) in cases {
        let portal = StandIn::saying(success(response)).await;
        let guest = Invitee::Account(ID.into());
        let warning = portal.client().share_room("1", &guest, RoomAccess::Comment, true, None).await.unwrap();
        assert_eq!(warning.as_deref(), expected);
    }
}

#[tokio::test]
async fn invitations_are_sent_again_to_one_person() {
    let portal = StandIn::saying(answer(200, nothing())).await;
    let client = portal.client();
    client.resend_invitation(ID).await.unwrap();
    client.resend_room_invitation("12", ID).await.unwrap();
    let seen = portal.seen();
    assert_eq!(sent(&seen[0]), ("PUT", "/people/invite", json!({"userIds": [ID], "resendAll": false})));
    assert_eq!(sent(&seen[1]), ("POST", "/files/rooms/12/resend", json!({"usersIds": [ID], "resendAll": false})));
}

#[tokio::test]
async fn a_mention_names_one_person() {
    let portal = StandIn::saying(success(json!([]))).await;
    portal.client().mention("345", "Ada@Example.com", "Welcome, <b>Ada</b>!").await.unwrap();
    let body = json!({"emails": ["ada@example.com"], "message": "Welcome, <b>Ada</b>!"});
    assert_eq!(sent(&portal.only()), ("POST", "/files/file/345/sendeditornotify", body));
}

#[tokio::test]
async fn somebody_joins_a_group() {
    let portal = StandIn::saying(success(json!({"id": GROUP, "name": "Sales"}))).await;
    portal.client().add_to_group(&GROUP.to_uppercase(), ID).await.unwrap();
    let path = format!("/group/{GROUP}/members");
    assert_eq!(sent(&portal.only()), ("PUT", path.as_str(), json!({"members": [ID]})));
}

#[tokio::test]
async fn groups_are_read_page_after_page() {
    let all: Vec<Value> =
        (0..230).map(|n| json!({"id": format!("0A1B2C3D-0000-4000-8000-{n:012}"), "name": format!("G{n}")})).collect();
    for told in [true, false] {
        let all = all.clone();
        let portal = StandIn::start(move |seen| {
            let query: Vec<&str> = seen.target.split_once('?').unwrap().1.split('&').collect();
            let start: usize = query[0].strip_prefix("startIndex=").unwrap().parse().unwrap();
            assert_eq!(query[1], "count=100");
            let rows = &all[start.min(all.len())..(start + 100).min(all.len())];
            let mut body = json!({"response": rows, "count": rows.len(), "status": 0, "statusCode": 200});
            if told {
                body["total"] = json!(all.len());
            }
            answer(200, body)
        })
        .await;
        let groups = portal.client().groups().await.unwrap();
        assert_eq!((groups.len(), portal.seen().len()), (230, 3));
        let last = Group { id: "0a1b2c3d-0000-4000-8000-000000000229".into(), name: "G229".into() };
        assert_eq!(groups[229], last);
    }
}

#[tokio::test]
async fn a_server_that_forgets_where_to_start_is_not_asked_for_ever() {
    let rows: Vec<Value> = (0..100).map(|n| json!({"id": format!("0a1b2c3d-0000-4000-8000-{n:012}")})).collect();
    let portal = StandIn::saying(success(json!(rows))).await;
    assert_eq!(portal.client().groups().await.unwrap().len(), 100);
    assert_eq!(portal.seen().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_an_id_is_not_sent_and_counts_as_unknown() {
    let portal = StandIn::saying(answer(404, "")).await;
    let client = portal.client();
    let guest = Invitee::Account(ID.into());
    let mut results = Vec::new();
    for id in ["", ".", "..", "1/2", "a b", "1\n"] {
        results.push(client.share_room(id, &guest, RoomAccess::Read, false, None).await.map(drop));
        results.push(client.resend_room_invitation(id, ID).await);
        results.push(client.mention(id, "a@example.com", "m").await);
        results.push(client.add_to_group(id, ID).await);
        results.push(client.add_to_group(GROUP, id).await);
        results.push(client.resend_invitation(id).await);
        results.push(client.resend_room_invitation("1", id).await);
        let nobody = Invitee::Account(id.into());
        results.push(client.share_room("1", &nobody, RoomAccess::Read, false, None).await.map(drop));
    }
    for result in results {
        assert!(matches!(result, Err(Error::Refused { status: 404, .. })), "{result:?}");
    }
    assert!(portal.seen().is_empty());
    assert_eq!(client.pause_state(), None);
}

#[tokio::test]
async fn neither_a_room_nor_a_mention_takes_a_reserved_address_to_a_real_portal() {
    // TEST-NET-1 (RFC 5737): a call that went out would not come back.
    let client = Client::new(settings("192.0.2.1:80".parse().unwrap()), HandClock::new()).unwrap();
    let address = Invitee::Address("ada@corp.example".into());
    let shared = client.share_room("1", &address, RoomAccess::Read, true, None).await.unwrap_err();
    let mentioned = client.mention("1", "ada@corp.example", "m").await.unwrap_err();
    for error in [shared, mentioned] {
        assert!(matches!(error, Error::Reserved { .. }), "{error}");
    }
}
