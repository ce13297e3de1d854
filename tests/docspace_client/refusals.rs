//! Answers that refuse, in every shape the server has.

use std::time::Duration;

use serde_json::json;
use usher::docspace::{Error, Invitee, NewAccount};
use usher::model::{RoomAccess, UserType};

use crate::support::{Answer, ID, StandIn, answer, failure};

async fn created(answer: Answer) -> Error {
    let new = NewAccount {
        email: "ada@example.com".into(),
        first_name: "Ada".into(),
        last_name: "1".into(),
        user_type: UserType::User,
        culture: None,
    };
    StandIn::saying(answer).await.client().create(&new).await.err().unwrap()
}

async fn congratulated(answer: Answer) -> Error {
    StandIn::saying(answer).await.client().send_congratulations(ID, "welcome_guest").await.err().unwrap()
}

#[tokio::test]
async fn a_refusal_keeps_addresses_out_of_everything_but_its_message() {
    let error = created(failure(400, "The user <ada@example.com> exists, says\n\"b@c.d\"")).await;
    let Error::Refused { status, validation, message, .. } = &error else { panic!("{error}") };
    assert_eq!((*status, *validation), (400, false));
    assert!(message.contains("ada@example.com"));
    for text in [error.to_string(), format!("{error:?}"), error.summary()] {
        assert!(!text.contains('@') && text.contains("POST /people"), "{text}");
    }
    assert!(error.summary().ends_with(": The user [address] exists, says [address]"), "{}", error.summary());
    assert!(!error.is_outage());
}

#[tokio::test]
async fn a_validation_problem_names_the_members() {
    let problem = json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1", "title": "One or more validation errors occurred.",
        "status": 400, "errors": {"FirstName": ["too long"], "Email": ["bad", "worse"]}, "traceId": "00-1"
    });
    let error =
        created(answer(400, json!({"response": problem, "count": 1, "links": [], "status": 1, "statusCode": 400})))
            .await;
    let Error::Refused { status: 400, validation: true, message, .. } = &error else { panic!("{error}") };
    assert_eq!(message, "FirstName: too long; Email: bad worse");
}

#[tokio::test]
async fn used_up_mail_invitations_are_waited_for() {
    let complaint = |errors: serde_json::Value| {
        let problem = json!({"title": "Es gab Fehler", "status": 400, "errors": errors});
        answer(400, json!({"response": problem, "count": 1, "status": 1, "statusCode": 400}))
    };
    let over = json!({"Invitations": ["Das Limit für ada@example.com ist erreicht"]});
    let portal = StandIn::saying(complaint(over)).await;
    let client = portal.client();
    let guest = Invitee::Address("ada@example.com".into());
    let errors = [
        client.invite("ada@example.com", UserType::User, None).await.unwrap_err(),
        client.share_room("1", &guest, RoomAccess::Read, true, None).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::MailLimit { .. }) && error.is_outage(), "{error}");
        assert_eq!((error.after(), error.status()), (Some(Duration::from_secs(3600)), Some(400)));
        assert!(!error.summary().contains('@'), "{error}");
    }
    for other in [
        json!({"Invitations": ["limit"], "Culture": ["bad"]}),
        json!({"Invitations[0].Email": ["bad"]}),
        json!({"invitations": ["limit"]}),
        json!({}),
        json!(["Invitations"]),
    ] {
        let error = created(complaint(other)).await;
        assert!(matches!(error, Error::Refused { status: 400, validation: true, .. }), "{error}");
    }
    let both = json!({
        "error": {"message": "no"}, "response": {"errors": {"Invitations": ["limit"]}}, "statusCode": 400
    });
    let error = created(answer(400, both)).await;
    assert!(matches!(error, Error::Refused { status: 400, validation: false, .. }), "{error}");
}

#[tokio::test]
async fn refusals_with_a_body_are_about_the_one_request() {
    for status in [400, 402, 403, 404, 409, 415] {
        let error = created(failure(status, "no")).await;
        assert!(matches!(error, Error::Refused { status: got, validation: false, .. } if got == status), "{error}");
    }
}

#[tokio::test]
async fn an_empty_403_names_the_missing_scope() {
    let error = created(answer(403, "")).await;
    let Error::Scope { needed, .. } = &error else { panic!("{error}") };
    assert_eq!(needed, "accounts:write");
    assert!(error.to_string().contains("accounts:write"));
    let portal = StandIn::saying(answer(403, "")).await;
    let client = portal.client();
    let needed = |error: Error| {
        if let Error::Scope { needed, .. } = error { needed } else { panic!("{error}") }
    };
    assert_eq!(needed(client.find_by_email("a@example.com").await.unwrap_err()), "accounts:read");
    assert_eq!(needed(client.invitation_link(UserType::User).await.unwrap_err()), "*:read");
    assert_eq!(needed(client.owner().await.unwrap_err()), "accounts.self:read");
    let error = client.key_info().await.unwrap_err();
    assert!(matches!(error, Error::Uncertain(_)), "{error}");
}

#[tokio::test]
async fn the_portal_as_a_whole_refuses_with_401_or_an_empty_402_or_404() {
    for empty in [401, 402, 404] {
        let error = created(answer(empty, "")).await;
        assert!(matches!(error, Error::Paused { status, .. } if status == empty) && error.is_outage(), "{error}");
    }
    let error = created(failure(401, "no")).await;
    assert!(matches!(error, Error::Paused { status: 401, .. }), "{error}");
    let portal = StandIn::saying(answer(404, "")).await;
    let error = portal.client().find_by_email("a@example.com").await.unwrap_err();
    assert!(matches!(error, Error::Paused { status: 404, .. }), "{error}");
}

#[tokio::test]
async fn a_429_without_a_time_waits_for_the_window() {
    let error = created(answer(429, "")).await;
    assert!(
        matches!(error, Error::Busy { status: 429, after: Some(after), .. } if after == Duration::from_secs(60)),
        "{error}"
    );
    let error = created(answer(503, "<html>")).await;
    assert!(matches!(error, Error::Busy { status: 503, after: None, .. }) && error.is_outage(), "{error}");
}

#[tokio::test]
async fn retry_after_is_read_as_seconds_and_as_a_date() {
    // The clock stands at 10:00:00.
    let cases = [
        ("7", Some(7)),
        ("Sat, 01 Aug 2026 10:02:00 GMT", Some(120)),
        ("Sat, 01 Aug 2026 09:00:00 GMT", Some(0)),
        ("soon", None),
        ("-5", None),
    ];
    for (text, expected) in cases {
        let error = created(answer(503, "").header("retry-after", text)).await;
        assert_eq!(error.after(), expected.map(Duration::from_secs), "{text}");
    }
    assert_eq!(created(answer(429, "").header("retry-after", "3600")).await.after(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn a_congratulation_is_refused_by_an_envelope_alone() {
    let error = congratulated(failure(403, "Access denied")).await;
    assert!(matches!(error, Error::Refused { status: 403, .. }), "{error}");
    for empty in [401, 402, 404] {
        assert!(matches!(congratulated(answer(empty, "")).await, Error::Paused { .. }));
    }
    for busy in [429, 503] {
        assert!(matches!(congratulated(answer(busy, "")).await, Error::Busy { .. }));
    }
    let unclear =
        [(400, ""), (401, "<html>"), (402, "x"), (403, ""), (404, "<html>"), (415, ""), (500, ""), (502, "<html>")];
    for (status, body) in unclear {
        let error = congratulated(answer(status, body)).await;
        assert!(matches!(error, Error::Uncertain(_)), "{status} {body:?}: {error}");
    }
    let error = congratulated(failure(500, "no")).await;
    assert!(matches!(&error, Error::Uncertain(trouble) if trouble.status == Some(500)), "{error}");
}
