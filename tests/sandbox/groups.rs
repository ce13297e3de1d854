use serde_json::{Value, json};
use usher::sandbox::Role;

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|group| text(&group["name"])).collect()
}

#[tokio::test]
async fn groups_are_listed_by_name_in_pages_and_searched_by_a_part_of_it() {
    let stage = Stage::new().await;
    for name in ["Sales", "design", "Salesforce"] {
        stage.sandbox.add_group(name);
    }
    let all = stage.get("/group").await;
    assert_eq!(names(all.ok()), ["design", "Sales", "Salesforce"]);
    assert!(all.ok()[0].get("members").is_none());
    let found = stage.get("/group?filterValue=SALES&count=1&startIndex=1").await;
    assert_eq!((names(found.ok()), &found.json["total"]), (vec!["Salesforce".to_owned()], &json!(2)));
    assert_eq!(names(stage.get("/group?sortOrder=descending&count=1").await.ok()), ["Salesforce"]);
}

#[tokio::test]
async fn a_new_group_has_whoever_can_be_in_one() {
    let stage = Stage::new().await;
    let (ada, gone) = (stage.create("ada@example.com").await, stage.create("gone@example.com").await);
    let invited = stage.invite("eve@example.com").await;
    stage.terminate(&gone).await;
    let guest = stage.create("guest@example.com").await;
    stage.put(&format!("/people/{guest}"), json!({ "isUser": true })).await.ok();
    let unknown = "00000000-0000-4000-8000-000000000000";
    let body = json!({ "groupName": "Sales", "groupManager": ada, "members": [invited, gone, guest, unknown] });
    let made = stage.post("/group", body.clone()).await;
    let group = made.ok();
    assert_eq!(
        (&group["name"], &group["membersCount"], &group["manager"]["id"]),
        (&json!("Sales"), &json!(2), &json!(ada))
    );
    let members: Vec<_> = group["members"].as_array().unwrap().iter().map(|member| text(&member["id"])).collect();
    assert_eq!(members, [ada.clone(), invited]);
    // Names need not differ.
    let again = stage.post("/group", body).await;
    assert_ne!(again.ok()["id"], group["id"]);
    stage.post("/group", json!({ "members": [ada] })).await.invalid();
    stage.post("/group", json!({ "groupName": " " })).await.refused(400);
}

#[tokio::test]
async fn a_group_shows_its_members_only_when_asked() {
    let stage = Stage::new().await;
    let ada = stage.create("ada@example.com").await;
    let group = stage.sandbox.add_group("Sales");
    stage.put(&format!("/group/{group}/members"), json!({ "members": [ada] })).await.ok();
    let short = stage.get(&format!("/group/{group}")).await;
    assert_eq!((&short.ok()["membersCount"], short.ok().get("members")), (&json!(1), None));
    let long = stage.get(&format!("/group/{group}?includeMembers=true")).await;
    assert_eq!(long.ok()["members"][0]["email"], "ada@example.com");
    stage.get("/group/00000000-0000-4000-8000-000000000000").await.refused(404);
    stage.get("/group/sales").await.refused(404);
}

#[tokio::test]
async fn a_group_is_renamed_and_takes_and_loses_members_in_one_call() {
    let stage = Stage::new().await;
    let (ada, eve) = (stage.create("ada@example.com").await, stage.create("eve@example.com").await);
    let group = stage.sandbox.add_group("Sales");
    let path = format!("/group/{group}");
    let body = json!({ "groupName": "Trade", "groupManager": ada, "membersToAdd": [eve] });
    assert_eq!(stage.put(&path, body).await.ok()["membersCount"], 2);
    let answer = stage.put(&path, json!({ "membersToAdd": [ada], "membersToRemove": [ada] })).await;
    assert_eq!((&answer.ok()["name"], &answer.ok()["membersCount"]), (&json!("Trade"), &json!(1)));
    assert!(answer.ok().get("manager").is_none());
}

#[tokio::test]
async fn a_created_account_joins_the_groups_named_as_its_department() {
    let stage = Stage::new().await;
    let (sales, trade) = (stage.sandbox.add_group("Sales"), stage.sandbox.add_group("Trade"));
    let body = json!({ "email": "ada@example.com", "firstName": "Ada", "type": "User", "department": [sales, trade] });
    let made = stage.post("/people", body).await;
    assert_eq!(made.ok()["department"], "Sales, Trade");
    let id = text(&made.ok()["id"]);
    let groups = stage.get(&format!("/group/user/{id}")).await;
    assert_eq!(names(groups.ok()), ["Sales", "Trade"]);
    assert_eq!(stage.get(&format!("/people/filter?groupId={sales}")).await.json["total"], 1);
    assert_eq!(stage.get(&format!("/group?userId={id}")).await.json["total"], 2);
    let state = stage.sandbox.state().groups;
    assert_eq!((state[0].name.as_str(), state[0].members.as_slice()), ("Sales", &[id.clone()][..]));
    stage.terminate(&id).await;
    stage.delete(&format!("/people/{id}")).await.ok();
    assert!(stage.sandbox.state().groups[0].members.is_empty());
}

#[tokio::test]
async fn an_unknown_department_is_an_error_after_the_account_and_its_letter() {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let member = |department: &str| json!({ "email": "ada@example.com", "firstName": "Ada", "type": "User", "department": [department] });
    stage.post("/people", member("sales")).await.invalid();
    assert!(stage.sandbox.state().users.is_empty());
    stage.post("/people", member("00000000-0000-4000-8000-000000000000")).await.refused(404);
    assert_eq!((stage.sandbox.state().users.len(), stage.mails().len()), (1, 1));
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn groups_are_changed_by_administrators_and_read_by_room_administrators() {
    for (role, read, write) in [(Role::DocSpaceAdmin, 200, 200), (Role::RoomAdmin, 200, 403), (Role::User, 403, 403)] {
        let stage = Stage::with(|settings| settings.role = role).await;
        assert_eq!(stage.get("/group").await.status, read);
        assert_eq!(stage.post("/group", json!({ "groupName": "Sales" })).await.status, write);
    }
}
