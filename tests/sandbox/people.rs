use serde_json::{Value, json};
use usher::sandbox::Role;

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

#[tokio::test]
async fn an_address_is_found_in_any_case_and_with_a_plus() {
    let stage = Stage::new().await;
    let id = stage.create("Ada+hr@Example.com").await;
    for query in ["ada%2Bhr%40example.com", "ADA%2BHR@EXAMPLE.COM"] {
        assert_eq!(stage.get(&format!("/people/email?email={query}")).await.ok()["id"], json!(id));
    }
    // An unescaped plus is a space.
    stage.get("/people/email?email=ada+hr@example.com").await.refused(404);
    stage.get("/people/email?email=").await.refused(400);
    stage.get("/people/email").await.refused(400);
}

#[tokio::test]
async fn a_look_up_finds_disabled_accounts_too() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    assert_eq!(stage.get("/people/exists?email=ada@example.com").await.ok(), &json!({ "exists": true, "status": 1 }));
    stage.terminate(&id).await;
    assert_eq!(stage.get("/people/email?email=ada@example.com").await.ok()["status"], 2);
    assert_eq!(stage.get("/people/exists?email=ADA@example.com").await.ok(), &json!({ "exists": true, "status": 2 }));
    assert_eq!(stage.get("/people/exists?email=eve@example.com").await.ok(), &json!({ "exists": false }));
}

#[tokio::test]
async fn a_person_is_found_by_id_and_by_user_name() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    assert_eq!(stage.get(&format!("/people/{id}")).await.ok()["email"], "ada@example.com");
    assert_eq!(stage.get("/people/ADA").await.ok()["id"], json!(id));
    stage.get("/people/00000000-0000-4000-8000-000000000000").await.refused(404);
    stage.get("/people/nobody").await.refused(404);
}

#[tokio::test]
async fn the_internal_record_has_is_active_and_no_type() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    let path = format!("/portal/users/{id}");
    let answer = stage.get(&path).await;
    let record = answer.ok();
    assert_eq!(
        (&record["isActive"], &record["status"], &record["activationStatus"]),
        (&json!(false), &json!(1), &json!(2))
    );
    assert_eq!(record["createDate"], "2026-08-01T10:05:00");
    assert_eq!(record["removed"], false);
    let absent = ["isCollaborator", "isOwner", "registrationDate", "groups", "terminatedDate"];
    assert!(absent.iter().all(|member| record.get(member).is_none()));
    stage.sandbox.activate(&id).await.unwrap();
    assert_eq!(stage.get(&path).await.ok()["isActive"], true);
    stage.get("/portal/users/00000000-0000-4000-8000-000000000000").await.refused(404);
    stage.get("/portal/users/nobody").await.refused(404);
}

#[tokio::test]
async fn the_owner_is_seen_by_the_api_and_not_in_the_state() {
    let stage = Stage::new().await;
    let answer = stage.get("/people/@self").await;
    assert_eq!((&answer.ok()["isOwner"], &answer.ok()["isAdmin"]), (&json!(true), &json!(false)));
    assert_eq!(stage.get("/people").await.ok().as_array().unwrap().len(), 1);
    assert!(stage.sandbox.state().users.is_empty());
}

async fn emails(stage: &Stage, query: &str) -> Vec<String> {
    let answer = stage.get(&format!("/people/filter?{query}")).await;
    answer.ok().as_array().unwrap().iter().map(|user| text(&user["email"])).collect()
}

#[tokio::test]
async fn people_are_filtered_by_status_activation_type_and_text() {
    let stage = Stage::new().await;
    stage.create("ada@example.com").await;
    stage.invite("eve@example.com").await;
    let gone = stage.create("gone@example.com").await;
    stage.terminate(&gone).await;
    assert_eq!(emails(&stage, "employeeStatus=4").await, ["eve@example.com"]);
    assert_eq!(emails(&stage, "employeeStatus=Terminated").await, ["gone@example.com"]);
    assert_eq!(emails(&stage, "activationStatus=2&employeeStatus=5").await, ["ada@example.com", "eve@example.com"]);
    assert_eq!(emails(&stage, "activationStatus=Activated").await.len(), 1);
    assert_eq!(emails(&stage, "employeeType=User&sortBy=email&sortOrder=descending").await[0], "gone@example.com");
    assert_eq!(emails(&stage, "filterValue=EVE").await, ["eve@example.com"]);
    assert_eq!(emails(&stage, "invitedByMe=true").await.len(), 3);
    assert_eq!(emails(&stage, "area=2").await.len(), 0);
    stage.get("/people/filter?employeeStatus=Gone").await.invalid();
}

#[tokio::test]
async fn lists_come_in_pages_of_at_most_a_hundred_with_the_total() {
    let stage = Stage::new().await;
    for number in 0..104 {
        stage.create(&format!("user{number:03}@example.com")).await;
    }
    let first = stage.get("/people/filter?employeeType=User&count=1000").await;
    assert_eq!((&first.json["count"], &first.json["total"]), (&json!(100), &json!(104)));
    let rest = stage.get("/people/simple/filter?employeeType=User&startIndex=100").await;
    assert_eq!((&rest.json["count"], &rest.json["total"]), (&json!(4), &json!(104)));
    assert_eq!(rest.ok()[0]["displayName"], "Ada Example");
    assert!(rest.ok()[0].get("email").is_none());
}

#[tokio::test]
async fn somebody_is_disabled_enabled_and_deleted_in_that_order() {
    let receiver = Receiver::new().await;
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret").unwrap();
    let ids = json!({ "userIds": [id] });
    assert_eq!(stage.delete(&format!("/people/{id}")).await.refused(403), "The user is not suspended");
    let answer = stage.put("/people/status/2", ids.clone()).await;
    assert_eq!(answer.ok()[0]["status"], 2);
    assert!(answer.ok()[0]["terminated"].is_string());
    assert_eq!(stage.put("/people/status/Active", ids.clone()).await.ok()[0]["status"], 1);
    stage.put("/people/status/Terminated", ids.clone()).await.ok();
    stage.put("/people/status/Terminated", ids).await.ok();
    stage.sandbox.webhooks_settled().await;
    assert_eq!(stage.delete(&format!("/people/{id}")).await.ok()["email"], "ada@example.com");
    stage.get(&format!("/people/{id}")).await.refused(404);
    stage.sandbox.webhooks_settled().await;
    let mut events: Vec<_> = receiver.events().into_iter().map(|(trigger, status, ..)| (trigger, status)).collect();
    assert_eq!(events.pop(), Some(("user.deleted".to_owned(), 2)));
    events.sort();
    // The second time nothing has changed, and it is told all the same.
    let updated = |status| ("user.updated".to_owned(), status);
    assert_eq!(events, [updated(1), updated(2), updated(2), updated(2)]);
    stage.create("ada@example.com").await;
}

#[tokio::test]
async fn a_status_change_is_refused_for_the_owner_and_for_other_states() {
    let stage = Stage::with(|settings| settings.user_limit = 1).await;
    let owner = stage.get("/people/@self").await.ok()["id"].clone();
    assert_eq!(stage.put("/people/status/2", json!({ "userIds": [owner] })).await.refused(403), "Access denied");
    stage.put("/people/status/4", json!({ "userIds": [] })).await.refused(400);
    stage.put("/people/status/Gone", json!({ "userIds": [] })).await.invalid();
    let first = stage.create("one@example.com").await;
    stage.terminate(&first).await;
    let two = stage.create("two@example.com").await;
    stage.put("/people/status/1", json!({ "userIds": [first] })).await.refused(402);
    // Whoever is unknown counts as one of the server's own accounts; nobody else is changed either.
    let both = json!({ "userIds": [two, "00000000-0000-4000-8000-000000000000"] });
    stage.put("/people/status/2", both).await.refused(403);
    assert_eq!(stage.get(&format!("/people/{two}")).await.ok()["status"], 1);
    let none: &[Value] = &[];
    assert_eq!(stage.put("/people/status/2", json!({ "userIds": none })).await.ok(), &json!([]));
}

#[tokio::test]
async fn who_is_disabled_is_shown_to_administrators_and_the_list_to_no_plain_user() {
    for (role, shown) in
        [(Role::Owner, Some(2)), (Role::DocSpaceAdmin, Some(2)), (Role::RoomAdmin, Some(1)), (Role::User, None)]
    {
        let stage = Stage::with(|settings| settings.role = role).await;
        let Some(shown) = shown else {
            stage.get("/people/filter").await.refused(403);
            stage.get("/people/simple/filter").await.refused(403);
            continue;
        };
        let (gone, _) = (stage.create("gone@example.com").await, stage.create("ada@example.com").await);
        stage.terminate(&gone).await;
        assert_eq!(emails(&stage, "filterValue=example.com&employeeType=User").await.len(), shown, "{role:?}");
        assert_eq!(emails(&stage, "employeeStatus=2").await.len(), shown - 1, "{role:?}");
    }
}
