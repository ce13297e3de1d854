//! Invitation links that anyone may use: the calls of 3.7, and the obsolete one for the rest.

use serde_json::{Value, json};
use usher::docspace::{Error, SharedLink};
use usher::model::UserType;

use crate::support::{Answer, StandIn, answer, failure, success};

const URL: &str = "https://portal.example.com/s/abcdefghijklmno";
const OLD: &str = "https://portal.example.com/s/onmlkjihgfedcba";

fn link() -> Value {
    json!({
        "id": "0a1b2c3d-0000-4000-8000-00000000000a", "employeeType": 4, "isExpired": false, "currentUseCount": 3,
        "expiration": "2026-08-09T12:00:00.0000000+02:00", "url": URL
    })
}

fn none() -> Answer {
    answer(200, json!({"count": 0, "links": [], "status": 0, "statusCode": 200}))
}

/// A portal with these answers to looking for a link, making one, and the obsolete call.
async fn portal(found: Answer, made: Answer, old: Answer) -> StandIn {
    StandIn::start(move |seen| match (seen.method.as_str(), seen.target.split('/').nth(5).unwrap()) {
        ("GET", "invitationlink") => found.clone(),
        ("POST", "invitationlink") => made.clone(),
        ("GET", "invite") => old.clone(),
        other => panic!("unexpected {other:?}"),
    })
    .await
}

fn methods(portal: &StandIn) -> String {
    let word = |target: &str| if target.contains("/invite/") { "old" } else { "new" };
    portal.seen().iter().map(|seen| format!("{} {} ", seen.method, word(&seen.target))).collect()
}

fn recent() -> SharedLink {
    SharedLink { url: URL.into(), expires_at: Some("2026-08-09T10:00:00Z".parse().unwrap()) }
}

/// The clock of the stand-ins shows 10 o'clock on 1 August.
fn old() -> SharedLink {
    SharedLink { url: OLD.into(), expires_at: Some("2026-08-08T10:00:00Z".parse().unwrap()) }
}

#[tokio::test]
async fn a_link_that_is_there_is_used() {
    let portal = portal(success(link()), failure(500, "no"), failure(500, "no")).await;
    assert_eq!(portal.client().shared_link(UserType::RoomAdmin).await.unwrap(), Some(recent()));
    assert_eq!(portal.only().target, "/api/2.0/portal/users/invitationlink/RoomAdmin");
}

#[tokio::test]
async fn a_link_is_made_where_there_is_none() {
    let mut new = link();
    new.as_object_mut().unwrap().remove("expiration");
    let portal = portal(none(), success(new), failure(500, "no")).await;
    let made = portal.client().shared_link(UserType::User).await.unwrap();
    assert_eq!(made, Some(SharedLink { url: URL.into(), expires_at: None }));
    assert_eq!(methods(&portal), "GET new POST new ");
    let body: Value = serde_json::from_slice(&portal.seen()[1].body).unwrap();
    assert_eq!(body, json!({"employeeType": "User"}));
}

#[tokio::test]
async fn a_link_that_has_ended_or_is_used_up_is_not_given_out() {
    let mut expired = link();
    expired["isExpired"] = json!(true);
    let mut over = link();
    over.as_object_mut().unwrap().remove("isExpired");
    over["expiration"] = json!("2026-08-01T10:00:00Z");
    let mut used_up = link();
    used_up["maxUseCount"] = json!(3);
    let mut empty = link();
    empty["url"] = json!("");
    for unusable in [expired, over, used_up, empty] {
        let refused = failure(400, "there is a link already");
        let portal = portal(success(unusable), refused, success(json!(OLD))).await;
        assert_eq!(portal.client().shared_link(UserType::User).await.unwrap(), Some(old()));
        assert_eq!(methods(&portal), "GET new POST new GET old ");
    }
    let mut left = link();
    left["maxUseCount"] = json!(4);
    let portal = portal(success(left), failure(500, "no"), failure(500, "no")).await;
    assert_eq!(portal.client().shared_link(UserType::User).await.unwrap(), Some(recent()));
}

#[tokio::test]
async fn older_servers_and_guests_get_the_obsolete_link() {
    for lacking in [answer(404, ""), answer(405, ""), failure(404, "no"), failure(405, "no")] {
        let portal = portal(lacking.clone(), failure(500, "no"), success(json!(OLD))).await;
        let client = portal.client();
        assert_eq!(client.shared_link(UserType::User).await.unwrap(), Some(old()));
        assert_eq!(methods(&portal), "GET new GET old ");
        assert_eq!(client.pause_state(), None);
    }
    for lacking in [answer(404, ""), answer(405, ""), failure(404, "no")] {
        let portal = portal(none(), lacking.clone(), success(json!(OLD))).await;
        assert_eq!(portal.client().shared_link(UserType::User).await.unwrap(), Some(old()));
    }
    let portal = portal(failure(500, "no"), failure(500, "no"), success(json!(OLD))).await;
    assert_eq!(portal.client().shared_link(UserType::Guest).await.unwrap(), Some(old()));
    assert_eq!(portal.only().target, "/api/2.0/portal/users/invite/Guest");
}

#[tokio::test]
async fn who_may_not_have_a_link_gets_none() {
    let cases = [
        (failure(403, "Access denied"), none(), success(json!(OLD))),
        (none(), failure(403, "Access denied"), success(json!(OLD))),
        (answer(404, ""), none(), success(json!(""))),
        (answer(404, ""), none(), failure(403, "Access denied")),
    ];
    for (found, made, obsolete) in cases {
        let portal = portal(found, made, obsolete).await;
        assert_eq!(portal.client().shared_link(UserType::User).await.unwrap(), None, "{}", methods(&portal));
    }
}

#[tokio::test]
async fn a_missing_seat_or_scope_is_told() {
    let portal = portal(failure(402, "no seat"), none(), success(json!(OLD))).await;
    let error = portal.client().shared_link(UserType::RoomAdmin).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 402, .. }), "{error}");
    let portal = self::portal(none(), answer(403, ""), success(json!(OLD))).await;
    let error = portal.client().shared_link(UserType::User).await.unwrap_err();
    assert!(matches!(&error, Error::Scope { needed, .. } if needed == "*:write"), "{error}");
}

#[tokio::test]
async fn a_portal_that_is_gone_is_paused_and_stays_so() {
    let portal = portal(answer(404, ""), none(), answer(404, "")).await;
    let client = portal.client();
    for turn in 0..3 {
        let error = client.shared_link(UserType::User).await.unwrap_err();
        assert!(matches!(error, Error::Paused { status: 404, .. }), "{error}");
        let since = client.pause_state().unwrap().since;
        assert_eq!(since, "2026-08-01T10:00:00Z".parse().unwrap(), "{turn}");
        portal.clock.advance(5);
    }
}
