//! DocSpace's own webhooks, their log, and the list of people.

use secrecy::SecretString;
use serde_json::{Value, json};
use usher::docspace::{LogQuery, NewWebhook, PeopleQuery, Webhook};
use usher::model::UserType;

use crate::support::{ID, StandIn, answer, employee, failure, success};

fn config() -> Value {
    json!({
        "id": 7, "name": "onboarding", "uri": "https://hooks.example.com/docspace", "enabled": true, "ssl": true,
        "triggers": 34_359_738_368_i64, "createdBy": {"id": ID.to_uppercase(), "displayName": "Owner"},
        "createdOn": "2026-08-01T10:00:00", "lastFailureOn": "2026-08-01T12:00:00.0000000+02:00",
        "lastFailureContent": "Not Found", "somethingNew": {}
    })
}

fn hook() -> Webhook {
    Webhook {
        id: 7,
        name: "onboarding".into(),
        uri: "https://hooks.example.com/docspace".into(),
        enabled: true,
        ssl: true,
        triggers: 34_359_738_368,
        target_id: None,
        created_by: Some(ID.into()),
        created_at: Some("2026-08-01T10:00:00Z".parse().unwrap()),
        last_failure_at: Some("2026-08-01T10:00:00Z".parse().unwrap()),
        last_failure: Some("Not Found".into()),
        last_success_at: None,
    }
}

fn new(secret: Option<&str>) -> NewWebhook {
    NewWebhook {
        name: "onboarding".into(),
        uri: "https://hooks.example.com/docspace".into(),
        secret: secret.map(SecretString::from),
        ssl: true,
        triggers: 7,
        enabled: true,
    }
}

#[tokio::test]
async fn webhooks_are_listed_bare_and_beside_their_state() {
    let sparse = json!({
        "id": "8", "name": null, "uri": "https://a.example.com", "enabled": false, "triggers": "7", "targetId": "5",
        "createdOn": "yesterday"
    });
    let rows = json!([{"configs": config(), "status": 200}, config(), {"configs": sparse}]);
    let portal = StandIn::saying(success(rows)).await;
    let hooks = portal.client().webhooks().await.unwrap();
    assert_eq!((&hooks[0], &hooks[1]), (&hook(), &hook()));
    assert_eq!((hooks[2].id, hooks[2].triggers, hooks[2].enabled, hooks[2].ssl), (8, 7, false, false));
    assert_eq!((hooks[2].name.as_str(), hooks[2].target_id.as_deref()), ("", Some("5")));
    assert_eq!((hooks[2].created_at, &hooks[2].created_by), (None, &None));
    assert_eq!(portal.only().target, "/api/2.0/settings/webhook");
}

#[tokio::test]
async fn a_webhook_is_made_and_changed_with_all_it_has() {
    let portal = StandIn::saying(success(config())).await;
    let client = portal.client();
    assert_eq!(client.create_webhook(&new(Some("Example-Secret-1"))).await.unwrap(), hook());
    assert_eq!(client.update_webhook(7, &new(None)).await.unwrap(), hook());
    let sent: Vec<_> = portal
        .seen()
        .iter()
        .map(|seen| (seen.method.clone(), seen.target.clone(), serde_json::from_slice::<Value>(&seen.body).unwrap()))
        .collect();
    let all = json!({
        "name": "onboarding", "uri": "https://hooks.example.com/docspace", "enabled": true, "ssl": true, "triggers": 7
    });
    let with = |more: Value| {
        let mut all = all.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let path = "/api/2.0/settings/webhook";
    assert_eq!(sent[0], ("POST".into(), path.into(), with(json!({"secretKey": "Example-Secret-1"}))));
    assert_eq!(sent[1], ("PUT".into(), path.into(), with(json!({"id": 7}))));
}

#[test]
fn a_secret_shows_in_no_debug_text() {
    assert!(!format!("{:?}", new(Some("Example-Secret-1"))).contains("Example-Secret-1"));
}

#[tokio::test]
async fn removing_a_webhook_tells_whether_there_was_one() {
    let portal = StandIn::saying(success(config())).await;
    assert!(portal.client().remove_webhook(7).await.unwrap());
    let seen = portal.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("DELETE", "/api/2.0/settings/webhook/7"));
    let portal = StandIn::saying(failure(404, "no")).await;
    assert!(!portal.client().remove_webhook(7).await.unwrap());
}

#[tokio::test]
async fn the_log_is_read_in_parts() {
    let rows = json!([
        {
            "id": 4711, "configName": "onboarding", "trigger": 1, "creationTime": "2026-08-01T10:05:00.0000000Z",
            "requestHeaders": "{\"x\":\"y\"}", "requestPayload": "{\"a\":\"\\u002B\"}", "responsePayload": null,
            "status": 200, "delivery": "2026-08-01T10:05:01"
        },
        {"id": 4710, "requestPayload": {"a": 1}}
    ]);
    let body = json!({"response": rows, "count": 2, "total": 250, "status": 0, "statusCode": 200});
    let portal = StandIn::saying(answer(200, body)).await;
    let client = portal.client();
    let query = LogQuery { hook: Some(7), group_status: Some(25), start: 100, count: 1000 };
    let page = client.webhook_log(&query).await.unwrap();
    assert_eq!((page.total, page.items.len()), (250, 2));
    let row = &page.items[0];
    assert_eq!((row.id, row.trigger, row.status), (4711, 1, 200));
    assert_eq!(row.created_at, Some("2026-08-01T10:05:00Z".parse().unwrap()));
    assert_eq!(row.delivered_at, Some("2026-08-01T10:05:01Z".parse().unwrap()));
    assert_eq!((row.request_headers.as_str(), row.request_payload.as_str()), (r#"{"x":"y"}"#, r#"{"a":"\u002B"}"#));
    assert!(!format!("{row:?}").contains("u002B"));
    let row = &page.items[1];
    assert_eq!((row.status, row.delivered_at, row.request_payload.as_str()), (0, None, r#"{"a":1}"#));
    let path = "/api/2.0/settings/webhooks/log";
    assert_eq!(portal.only().target, format!("{path}?configId=7&groupStatus=25&startIndex=100&count=100"));
    client.webhook_log(&LogQuery::default()).await.unwrap();
    assert_eq!(portal.seen()[1].target, format!("{path}?startIndex=0&count=1"));
}

#[tokio::test]
async fn people_are_listed_in_parts() {
    let mut pending = employee();
    pending["status"] = json!(4);
    pending["cultureName"] = json!("de");
    let portal = StandIn::saying(success(json!([pending, employee()]))).await;
    let client = portal.client();
    let query =
        PeopleQuery { status: Some(4), activation_status: Some(0), invited_by_me: true, start: 200, count: 100 };
    let page = client.people(&query).await.unwrap();
    // Without a total it is known as far as was read.
    assert_eq!((page.total, page.items.len()), (202, 2));
    assert_eq!((page.items[0].status, page.items[0].user_type), (4, UserType::User));
    assert_eq!((page.items[0].culture.as_deref(), page.items[1].culture.as_deref()), (Some("de"), None));
    client.people(&PeopleQuery { count: 10, ..PeopleQuery::default() }).await.unwrap();
    let path = "/api/2.0/people/filter";
    let query = "employeeStatus=4&activationStatus=0&invitedByMe=true&sortBy=email&startIndex=200&count=100";
    assert_eq!(portal.seen()[0].target, format!("{path}?{query}"));
    assert_eq!(portal.seen()[1].target, format!("{path}?sortBy=email&startIndex=0&count=10"));
}

#[tokio::test]
async fn the_switches_for_invitations_are_read() {
    let portal = StandIn::saying(success(json!({"allowInvitingMembers": true, "allowInvitingGuests": false}))).await;
    let settings = portal.client().invitation_settings().await.unwrap();
    assert!(settings.members && !settings.guests);
    assert_eq!(portal.only().target, "/api/2.0/settings/invitationsettings");
}
