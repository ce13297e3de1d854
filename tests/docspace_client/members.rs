//! Who is in a room: a list that is read until the one person is found.

use serde_json::{Value, json};
use usher::docspace::Error;

use crate::support::{ID, StandIn, answer, failure, success};

const OTHER: &str = "0a1b2c3d-0000-4000-8000-00000000000b";

fn user(id: &str, access: i64) -> Value {
    json!({"access": access, "sharedTo": {"id": id}, "sharedToUser": {"id": id}, "subjectType": 0})
}

async fn right(rows: Value) -> Option<i64> {
    let portal = StandIn::saying(success(rows)).await;
    let right = portal.client().room_right("12", &ID.to_uppercase()).await.unwrap();
    assert_eq!(portal.seen()[0].target, "/api/2.0/files/rooms/12/share?startIndex=0&count=100");
    right
}

#[tokio::test]
async fn the_right_of_one_person_is_found_among_people_and_groups() {
    let group = json!({"access": 9, "sharedToGroup": {"id": OTHER, "name": "Sales"}, "subjectType": 2});
    let link = json!({"access": 2, "sharedLink": {"id": 7}, "subjectType": 4});
    assert_eq!(right(json!([user(OTHER, 1), group, link, user(ID, 10)])).await, Some(10));
    assert_eq!(right(json!([user(OTHER, 1), group])).await, None);
    assert_eq!(right(json!([])).await, None);
    assert_eq!(right(json!([user(ID, 0)])).await, None, "no right is none");
    // As servers before 3.7 have it.
    assert_eq!(right(json!([{"access": 2, "sharedTo": {"id": ID}}])).await, Some(2));
}

#[tokio::test]
async fn a_long_list_is_read_to_its_end() {
    let portal = StandIn::start(|seen| {
        let first = seen.target.contains("startIndex=0&");
        let other = |n: usize| user(&format!("0a1b2c3d-0000-4000-8000-{n:012}"), 2);
        let rows = if first { (0..100).map(other).collect() } else { vec![user(ID, 6)] };
        answer(200, json!({"response": rows, "count": rows.len(), "total": 101, "status": 0, "statusCode": 200}))
    })
    .await;
    assert_eq!(portal.client().room_right("12", ID).await.unwrap(), Some(6));
    assert_eq!(portal.seen().len(), 2);
}

#[tokio::test]
async fn an_unknown_room_and_what_cannot_be_one_are_refused() {
    let portal = StandIn::saying(failure(404, "gone")).await;
    let client = portal.client();
    for (room, user) in [("12", ID), ("..", ID), ("1/2", ID), ("", ID), ("12", "ada")] {
        let error = client.room_right(room, user).await.unwrap_err();
        assert!(matches!(error, Error::Refused { status: 404, .. }), "{room} {user}: {error}");
    }
    assert_eq!(portal.seen().len(), 1, "only what can be one is asked for");
}
