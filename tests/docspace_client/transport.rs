//! Connections that fail and answers that are not DocSpace's.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use usher::docspace::{Client, Error, Invitee, Trouble};
use usher::model::{RoomAccess, UserType};

use crate::support::{HandClock, ID, StandIn, answer, employee, raw, raw_bytes, settings, success};

fn uncertain(error: &Error) -> &Trouble {
    let Error::Uncertain(trouble) = error else { panic!("not uncertain: {error}") };
    assert!(error.is_outage());
    trouble
}

async fn found(client: &Client) -> Error {
    let error = client.find_by_email("ada@example.com").await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("GET /people/email ") && !text.contains('@') && !text.contains('?'), "{text}");
    error
}

#[tokio::test]
async fn a_refused_connection_is_unsent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(settings(address), HandClock::new()).unwrap();
    let error = found(&client).await;
    assert!(matches!(&error, Error::Unsent(trouble) if trouble.why.contains("refused")), "{error}");
    assert!(matches!(client.send_congratulations(ID, "k").await, Err(Error::Unsent(_))));
}

#[tokio::test]
async fn a_reset_after_sending_is_uncertain() {
    let client = raw(|stream| async move {
        stream.set_zero_linger().unwrap();
        drop(stream);
    })
    .await;
    assert_eq!(uncertain(&found(&client).await).status, None);
    uncertain(&client.send_congratulations(ID, "k").await.unwrap_err());
}

#[tokio::test]
async fn a_closed_connection_without_an_answer_is_uncertain() {
    let client = raw(|stream| async move { drop(stream) }).await;
    uncertain(&found(&client).await);
}

#[tokio::test]
async fn silence_is_uncertain() {
    let client = raw(|stream| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    })
    .await;
    let error = found(&client).await;
    assert!(uncertain(&error).why.contains("in time"), "{error}");
}

#[tokio::test]
async fn an_answer_that_stops_halfway_is_uncertain() {
    let client = raw_bytes("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"statusCode\": 200").await;
    assert_eq!(uncertain(&found(&client).await).status, Some(200));
    let client = raw(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{").await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    assert_eq!(uncertain(&found(&client).await).status, Some(200));
    uncertain(&found(&raw_bytes("nonsense\r\n\r\n").await).await);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let portal = StandIn::saying(answer(302, "").header("location", "/elsewhere")).await;
    let error = found(&portal.client()).await;
    assert!(uncertain(&error).why.contains("redirect"), "{error}");
    portal.only();
}

#[tokio::test]
async fn whatever_is_not_the_envelope_is_uncertain() {
    let cases = [
        (200, "<html>Welcome</html>"),
        (200, ""),
        (200, "{\"response\": {\"id\": 1"),
        (200, "{\"response\": {}}"),
        (200, "{\"statusCode\": \"200\", \"response\": {}}"),
        (200, "{\"statusCode\": 200.5, \"response\": {}}"),
        (200, "[{\"statusCode\": 200}]"),
        (200, "{\"statusCode\": 403, \"response\": {}}"),
        (204, ""),
        (400, "bad"),
        (404, "<html>nothing here</html>"),
        (500, ""),
        (500, "{\"error\": {\"message\": \"ada@example.com\"}, \"statusCode\": 500}"),
        (502, "<html>"),
        (504, "{}"),
    ];
    for (status, body) in cases {
        let portal = StandIn::saying(answer(status, body)).await;
        assert_eq!(uncertain(&found(&portal.client()).await).status, Some(status), "{body}");
    }
}

#[tokio::test]
async fn a_success_that_lacks_what_it_needs_is_uncertain() {
    let without = |member: &str| {
        let mut person = employee();
        person.as_object_mut().unwrap().remove(member);
        person
    };
    for member in ["id", "status", "activationStatus"] {
        let portal = StandIn::saying(success(without(member))).await;
        let error = found(&portal.client()).await;
        assert!(uncertain(&error).why.contains(&format!("without the member {member}")), "{error}");
    }
    let mut wrong = employee();
    wrong["status"] = json!("ada@example.com");
    for response in [json!({"id": "ada@example.com"}), json!({"id": ID}), json!("text"), json!([]), json!(null), wrong]
    {
        let portal = StandIn::saying(success(response)).await;
        uncertain(&found(&portal.client()).await);
    }
    let portal = StandIn::saying(answer(200, json!({"count": 0, "status": 0, "statusCode": 200}))).await;
    let client = portal.client();
    assert!(uncertain(&found(&client).await).why.contains("without the member response"));
    uncertain(&client.invitation_link(UserType::User).await.unwrap_err());
    uncertain(&client.owner().await.unwrap_err());
    client.invite("ada@example.com", UserType::User, None).await.unwrap();
}

#[tokio::test]
async fn a_call_that_mails_and_cannot_be_checked_has_a_connection_of_its_own() {
    let portal = StandIn::saying(success(json!({"members": []}))).await;
    let client = portal.client();
    let guest = Invitee::Account(ID.into());
    client.invite("a@example.com", UserType::User, None).await.unwrap();
    client.mention("1", "a@example.com", "m").await.unwrap();
    client.resend_invitation(ID).await.unwrap();
    client.resend_room_invitation("1", ID).await.unwrap();
    client.share_room("1", &guest, RoomAccess::Read, true, None).await.unwrap();
    client.send_congratulations(ID, "k").await.unwrap();
    client.invite("a@example.com", UserType::User, None).await.unwrap();
    let peers: Vec<_> = portal.seen().iter().map(|seen| seen.peer).collect();
    assert_eq!(peers[0], peers[6], "other calls keep theirs");
    let different: std::collections::HashSet<_> = peers.iter().collect();
    assert_eq!(different.len(), 6, "{peers:?}");
}

#[tokio::test]
async fn the_skew_of_the_clocks_is_read_from_the_latest_answer_that_tells_the_time() {
    // The clock of the stand-ins shows 10:00:00.
    let texts =
        ["Sat, 01 Aug 2026 10:02:05 GMT", "Sat, 01 Aug 2026 09:59:00 GMT", "noon", "Sat, 01 Aug 2026 10:00:00 GMT"];
    let turn = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let portal = StandIn::start(move |_| {
        let date = texts[turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst)];
        answer(500, "").header("date", date)
    })
    .await;
    let client = portal.client();
    assert_eq!(client.clock_skew(), None);
    for expected in [125, -60, -60, 0] {
        client.clone().find_by_email("a@example.com").await.unwrap_err();
        assert_eq!(client.clock_skew().map(|skew| skew.as_secs()), Some(expected));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let portal = StandIn::saying(answer(200, "x".repeat(17 * 1024 * 1024))).await;
    let error = found(&portal.client()).await;
    assert!(uncertain(&error).why.contains("longer than"), "{error}");
}
