//! Answers that no call takes for an answer: one table over the calls, one over the answers.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use usher::docspace::{Client, Error, Invitee, LogQuery, NewWebhook, PeopleQuery};
use usher::model::{RoomAccess, UserType};

use crate::support::{Answer, ID, StandIn, answer, employee, failure, success};

type Made = BoxFuture<'static, Result<(), Error>>;

/// A call, by the name its errors have.
struct Case {
    name: &'static str,
    scope: &'static str,
    make: fn(Client) -> Made,
    /// Responses that are not in the shape of this call; empty where the call reads none.
    wrong: Vec<Value>,
}

fn new() -> NewWebhook {
    let uri = "https://hooks.example.com".to_owned();
    NewWebhook { name: "n".into(), uri, secret: None, ssl: true, triggers: 7, enabled: true }
}

/// `value` with one member replaced, or without it.
fn with(mut value: Value, member: &str, replaced: Option<Value>) -> Value {
    let members = value.as_object_mut().unwrap();
    match replaced {
        Some(replaced) => members.insert(member.to_owned(), replaced),
        None => members.remove(member),
    };
    value
}

fn wrong_hooks() -> Vec<Value> {
    let hook = json!({"id": 7, "uri": "https://a.example.com", "enabled": true, "triggers": 7});
    let word = with(hook.clone(), "triggers", Some(json!("user.created")));
    let odd = with(hook.clone(), "id", Some(json!(7.5)));
    let lacking = ["id", "uri", "enabled", "triggers"].map(|member| with(hook.clone(), member, None));
    let mut wrong = vec![json!("text"), json!([]), json!({"configs": 7}), word, odd];
    wrong.extend(lacking);
    wrong
}

fn rows(wrong: Vec<Value>) -> Vec<Value> {
    let mut lists: Vec<Value> = wrong.into_iter().map(|row| json!([row])).collect();
    lists.extend([json!({}), json!("text"), json!(true)]);
    lists
}

fn case(name: &'static str, scope: &'static str, wrong: Vec<Value>, make: fn(Client) -> Made) -> Case {
    Case { name, scope, make, wrong }
}

fn people_calls() -> Vec<Case> {
    let unread = Vec::new;
    let wrong_people =
        ["id", "status", "activationStatus"].map(|member| with(employee(), member, Some(json!("Active"))));
    let wrong_groups = vec![json!({"name": "G"}), json!({"id": 7}), json!({"id": "G"}), json!(null)];
    let wrong_shares = vec![json!("x"), json!([]), json!({"warning": 7}), json!({"error": "None"})];
    vec![
        case("GET /people/filter", "accounts:read", rows(wrong_people.into()), |client| {
            async move { client.people(&PeopleQuery::default()).await.map(drop) }.boxed()
        }),
        case("PUT /people/invite", "accounts:write", unread(), |client| {
            async move { client.resend_invitation(ID).await }.boxed()
        }),
        case("GET /group", "accounts:read", rows(wrong_groups), |client| {
            async move { client.groups().await.map(drop) }.boxed()
        }),
        case("PUT /group/{id}/members", "accounts:write", unread(), |client| {
            async move { client.add_to_group(ID, ID).await }.boxed()
        }),
        case("PUT /files/rooms/{id}/share", "rooms:write", wrong_shares, |client| {
            let guest = Invitee::Account(ID.into());
            async move { client.share_room("1", &guest, RoomAccess::Read, true, None).await.map(drop) }.boxed()
        }),
        case("POST /files/rooms/{id}/resend", "rooms:write", unread(), |client| {
            async move { client.resend_room_invitation("1", ID).await }.boxed()
        }),
        case("POST /files/file/{id}/sendeditornotify", "files:write", unread(), |client| {
            async move { client.mention("1", "ada@example.com", "m").await }.boxed()
        }),
    ]
}

/// Calls for whoever moves or leaves.
fn moving_calls() -> Vec<Case> {
    let wrong_people = || {
        let odd = ["id", "status", "activationStatus"].map(|member| with(employee(), member, Some(json!("Active"))));
        rows(odd.into())
    };
    let wrong_shares = vec![json!("x"), json!([]), json!({"warning": 7}), json!({"error": "None"})];
    let wrong_members = rows(vec![json!({"sharedToUser": {"id": ID}}), json!({"access": "all"})]);
    vec![
        case("GET /people/filter", "accounts:read", wrong_people(), |client| {
            async move { client.everybody().await.map(drop) }.boxed()
        }),
        case("PUT /people/status/{status}", "accounts:write", wrong_people(), |client| {
            async move { client.set_status(ID, false).await.map(drop) }.boxed()
        }),
        case("PUT /people/type/{type}", "accounts:write", wrong_people(), |client| {
            async move { client.set_type(ID, UserType::User).await.map(drop) }.boxed()
        }),
        case("DELETE /group/{id}/members", "accounts:write", Vec::new(), |client| {
            async move { client.remove_from_group(ID, ID).await }.boxed()
        }),
        case("GET /files/rooms/{id}/share", "rooms:read", wrong_members, |client| {
            async move { client.room_right("1", ID).await.map(drop) }.boxed()
        }),
        case("PUT /files/rooms/{id}/share", "rooms:write", wrong_shares, |client| {
            async move { client.leave_room("1", ID).await.map(drop) }.boxed()
        }),
    ]
}

fn settings_calls() -> Vec<Case> {
    let word = json!({"allowInvitingMembers": "yes", "allowInvitingGuests": true});
    let wrong_switches = vec![json!({"allowInvitingMembers": true}), word, json!([])];
    let wrong_rows = vec![json!({"status": 200}), json!({"id": 1, "trigger": "user.created"}), json!(7)];
    let wrong_links = vec![json!("x"), json!({"url": 7}), json!({"url": "u", "expiration": "soon"})];
    vec![
        case("GET /portal/users/invitationlink/{type}", "*:read", wrong_links, |client| {
            async move { client.shared_link(UserType::User).await.map(drop) }.boxed()
        }),
        case("GET /settings/invitationsettings", "*:read", wrong_switches, |client| {
            async move { client.invitation_settings().await.map(drop) }.boxed()
        }),
        case("GET /settings/webhook", "*:read", rows(wrong_hooks()), |client| {
            async move { client.webhooks().await.map(drop) }.boxed()
        }),
        case("POST /settings/webhook", "*:write", wrong_hooks(), |client| {
            async move { client.create_webhook(&new()).await.map(drop) }.boxed()
        }),
        case("PUT /settings/webhook", "*:write", wrong_hooks(), |client| {
            async move { client.update_webhook(7, &new()).await.map(drop) }.boxed()
        }),
        case("DELETE /settings/webhook/{id}", "*:write", Vec::new(), |client| {
            async move { client.remove_webhook(7).await.map(drop) }.boxed()
        }),
        case("GET /settings/webhooks/log", "*:read", rows(wrong_rows), |client| {
            async move { client.webhook_log(&LogQuery::default()).await.map(drop) }.boxed()
        }),
    ]
}

fn calls() -> Vec<Case> {
    people_calls().into_iter().chain(moving_calls()).chain(settings_calls()).collect()
}

async fn asked(case: &Case, answer: Answer) -> Result<(), Error> {
    let portal = StandIn::saying(answer).await;
    let result = (case.make)(portal.client()).await;
    let method = case.name.split(' ').next().unwrap();
    assert_eq!(portal.seen()[0].method, method, "{}", case.name);
    if let Err(error) = &result {
        assert!(!format!("{error} {error:?} {}", error.summary()).contains('@'), "{error}");
    }
    result
}

#[tokio::test]
async fn what_is_not_docspaces_answer_leaves_every_call_uncertain() {
    let inner = json!({"response": {}, "statusCode": 403}).to_string();
    let broken = [
        (200, "<html>Sign in</html>"),
        (200, ""),
        (200, r#"{"response": [{"id": 1"#),
        (200, r#"{"response": {}}"#),
        (200, inner.as_str()),
        (302, ""),
        (400, "bad"),
        (404, "<html>nothing here</html>"),
        (500, r#"{"error": {"message": "ada@example.com"}, "statusCode": 500}"#),
        (502, "<html>"),
    ];
    for case in calls() {
        for (status, body) in broken {
            let error = asked(&case, answer(status, body)).await.unwrap_err();
            let Error::Uncertain(trouble) = &error else { panic!("{} {status} {body}: {error}", case.name) };
            assert_eq!((trouble.call, trouble.status), (case.name, Some(status)), "{body}");
        }
    }
}

#[tokio::test]
async fn a_response_of_another_shape_leaves_every_call_that_reads_it_uncertain() {
    for case in calls() {
        for response in &case.wrong {
            let error = asked(&case, success(response.clone())).await.unwrap_err();
            assert!(matches!(error, Error::Uncertain(_)), "{} {response}: {error}", case.name);
        }
        let bare = answer(200, json!({"count": 0, "links": [], "status": 0, "statusCode": 200}));
        let result = asked(&case, bare).await;
        if case.wrong.is_empty() {
            result.unwrap();
        } else {
            let error = result.unwrap_err();
            assert!(matches!(&error, Error::Uncertain(_)), "{}: {error}", case.name);
            assert!(error.to_string().contains("without the member response"), "{error}");
        }
    }
}

#[tokio::test]
async fn every_call_tells_the_classes_of_refusals_apart() {
    for case in calls() {
        let name = case.name;
        let error = asked(&case, answer(401, "")).await.unwrap_err();
        assert!(matches!(error, Error::Paused { status: 401, call } if call == name), "{error}");
        let error = asked(&case, answer(403, "")).await.unwrap_err();
        assert!(matches!(&error, Error::Scope { needed, .. } if needed == case.scope), "{error}");
        let error = asked(&case, answer(429, "")).await.unwrap_err();
        assert!(matches!(error, Error::Busy { status: 429, call, after: Some(_) } if call == name), "{error}");
        let error = asked(&case, failure(402, "no seat for ada@example.com")).await.unwrap_err();
        assert!(matches!(error, Error::Refused { status: 402, call, .. } if call == name), "{error}");
        let error = asked(&case, failure(400, "no")).await.unwrap_err();
        assert!(matches!(error, Error::Refused { status: 400, call, .. } if call == name), "{error}");
    }
}
