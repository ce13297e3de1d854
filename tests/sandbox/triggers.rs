//! Which events a webhook may have, and which its owner may see.

use serde_json::{Value, json};
use usher::sandbox::{Joining, Role, Way};

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

fn config(url: &str, triggers: i64) -> Value {
    json!({ "name": "onboarding", "uri": url, "secretKey": "Secret-Secret-1", "enabled": true, "triggers": triggers })
}

#[tokio::test]
async fn a_user_may_have_only_triggers_that_are_not_for_managers() {
    let managers = [1, 2, 16, 32, 64, 4_194_304, 134_217_728, 2_147_483_648_i64];
    for role in [Role::Owner, Role::DocSpaceAdmin, Role::RoomAdmin, Role::User] {
        let stage = Stage::with(|settings| settings.role = role).await;
        let answer = stage.get("/settings/webhook/triggers").await;
        let shown = answer.ok().as_array().unwrap();
        let hidden = shown.iter().filter(|trigger| trigger["available"] == false);
        let hidden: Vec<_> = hidden.map(|trigger| trigger["id"].as_i64().unwrap()).collect();
        assert_eq!(hidden, if role == Role::User { &managers[..] } else { &[] }, "{role:?}");
    }
    let (receiver, stage) = (Receiver::new().await, Stage::with(|settings| settings.role = Role::User).await);
    for refused in managers.into_iter().chain([7]) {
        let answer = stage.post("/settings/webhook", config(&receiver.url, refused)).await;
        assert_eq!(answer.refused(400), "Trigger is not available");
    }
    assert!(receiver.got().is_empty());
    let mut body = config(&receiver.url, 12);
    body["id"] = stage.post("/settings/webhook", body.clone()).await.ok()["id"].clone();
    body["triggers"] = json!(13);
    stage.put("/settings/webhook", body).await.refused(400);
}

#[tokio::test]
async fn an_old_server_has_fewer_triggers_and_lists_them_as_one_object() {
    let stage = Stage::with(|settings| settings.version = "3.6.1".to_owned()).await;
    let answer = stage.get("/settings/webhook/triggers").await;
    let triggers = answer.ok().as_object().unwrap();
    assert_eq!((triggers.len(), &triggers["user.created"], &triggers["*"]), (29, &json!(1), &json!(0)));
    assert_eq!(triggers["room.copied"], 134_217_728);
    assert!(["form.submit", "agent.created", "file.downloaded"].iter().all(|name| !triggers.contains_key(*name)));
}

#[tokio::test]
async fn an_owner_without_rights_sees_nobody_else() {
    for (role, is_seen) in
        [(Role::Owner, true), (Role::DocSpaceAdmin, true), (Role::RoomAdmin, true), (Role::User, false)]
    {
        let (receiver, stage) = (Receiver::new().await, Stage::with(|settings| settings.role = role).await);
        stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
        // Somebody who registers by a trusted mail domain does so without the key's owner.
        let joining = Joining {
            way: Way::Domain,
            link: None,
            email: "eve@example.com".to_owned(),
            first_name: "Eve".to_owned(),
            last_name: "Example".to_owned(),
            culture: None,
        };
        stage.sandbox.join(&joining).await.unwrap();
        stage.sandbox.webhooks_settled().await;
        assert_eq!(receiver.events().len(), usize::from(is_seen), "{role:?}");
    }
}

#[tokio::test]
async fn a_room_administrator_sees_the_guests_it_brought_in() {
    let (receiver, stage) = (Receiver::new().await, Stage::with(|settings| settings.role = Role::RoomAdmin).await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    let link = text(stage.get("/portal/users/invite/Guest").await.ok());
    let form = json!({ "link": link, "email": "eve@example.com", "firstName": "Eve", "lastName": "Example" });
    let id = text(&stage.control("/join", form).await.json["id"]);
    stage.sandbox.activate(&id).await.unwrap();
    stage.sandbox.webhooks_settled().await;
    let events: Vec<_> = receiver.events().into_iter().map(|(trigger, ..)| trigger).collect();
    assert_eq!(events, ["user.created", "user.updated"]);
}
