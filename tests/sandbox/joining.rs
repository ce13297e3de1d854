use jiff::SignedDuration;
use serde_json::{Value, json};
use usher::sandbox::{ActivateError, MailKind};

use crate::receiver::Receiver;
use crate::stage::{Stage, text};

const SYSTEM: &str = "a37ee56e-3302-4a7b-b67e-ddbea64cd032";
const KEYS_OWNER: &str = "66faa6e4-f133-11ea-b126-00ffeec8b4ef";

async fn listened() -> (Receiver, Stage) {
    let (receiver, stage) = (Receiver::new().await, Stage::new().await);
    stage.sandbox.set_webhook(&receiver.url, "Secret-Secret-1").unwrap();
    (receiver, stage)
}

fn form(way: &str, email: &str) -> Value {
    json!({ "way": way, "email": email, "firstName": "Ada", "lastName": "Example" })
}

/// The kinds of letters to this address.
fn letters(stage: &Stage, email: &str) -> Vec<MailKind> {
    stage.mails().into_iter().filter(|(to, _)| to == email).map(|(_, kind)| kind).collect()
}

fn triggers(receiver: &Receiver) -> Vec<(String, i64, i64)> {
    receiver.events().into_iter().map(|(trigger, status, activation, _)| (trigger, status, activation)).collect()
}

fn event(trigger: &str, status: i64, activation: i64) -> (String, i64, i64) {
    (trigger.to_owned(), status, activation)
}

#[tokio::test]
async fn a_mailed_invitation_ends_in_an_active_account_in_place() {
    let (receiver, stage) = listened().await;
    let id = stage.invite("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.clock.advance(SignedDuration::from_hours(24));
    let mut form = form("invitation", "Ada@example.com");
    form["culture"] = json!("de");
    let joined = stage.control("/join", form).await;
    assert_eq!((joined.status, &joined.json["id"], &joined.json["firstName"]), (200, &json!(id), &json!("Ada")));
    assert_eq!(joined.json["cultureName"], "de");
    stage.sandbox.webhooks_settled().await;
    assert_eq!(triggers(&receiver), [event("user.invited", 4, 2), event("user.created", 1, 1)]);
    let created = receiver.got()[1].json();
    assert_eq!(
        (&created["payload"]["id"], &created["payload"]["cultureName"], &created["event"]["createBy"]),
        (&json!(id), &json!("de"), &json!(KEYS_OWNER))
    );
    // The account is as old as the invitation, the event is not.
    assert_eq!(
        (&created["payload"]["createDate"], &created["event"]["createOn"]),
        (&json!("2026-08-01T10:05:00Z"), &json!("2026-08-02T10:05:00Z"))
    );
    assert_eq!(letters(&stage, "ada@example.com"), [MailKind::Invitation]);
    assert_eq!(letters(&stage, "Ada@example.com"), [MailKind::Welcome]);
    assert_eq!(stage.sandbox.activate(&id).await, Err(ActivateError::Active));
}

#[tokio::test]
async fn an_invitation_lives_seven_days_and_a_repeated_one_as_long_again() {
    let stage = Stage::new().await;
    let id = stage.invite("ada@example.com").await;
    stage.clock.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(stage.control("/join", form("invitation", "ada@example.com")).await.status, 409);
    stage.put("/people/invite", json!({ "userIds": [id] })).await.ok();
    assert_eq!(stage.control("/join", form("invitation", "ada@example.com")).await.status, 200);
    assert_eq!(stage.control("/join", form("invitation", "eve@example.com")).await.status, 404);
}

#[tokio::test]
async fn a_shared_link_of_either_call_leaves_the_address_to_be_confirmed() {
    for path in ["obsolete", "lasting"] {
        let (receiver, stage) = listened().await;
        let link = if path == "obsolete" {
            stage.get("/portal/users/invite/User").await.ok().clone()
        } else {
            stage.post("/portal/users/invitationlink", json!({ "employeeType": "User" })).await.ok()["url"].clone()
        };
        let mut form = form("link", "ada@example.com");
        form["link"] = link;
        let id = text(&stage.control("/join", form).await.json["id"]);
        stage.sandbox.webhooks_settled().await;
        stage.sandbox.activate(&id).await.unwrap();
        stage.sandbox.webhooks_settled().await;
        assert_eq!(triggers(&receiver), [event("user.created", 1, 0), event("user.updated", 1, 1)], "{path}");
        let payload = receiver.got()[0].json()["payload"].clone();
        assert!(["activationStatus", "isActive"].iter().all(|member| payload.get(member).is_none()));
        let by: Vec<_> = receiver.got().iter().map(|got| got.json()["event"]["createBy"].clone()).collect();
        assert_eq!(by, [json!(KEYS_OWNER), json!(id)]);
        assert_eq!(letters(&stage, "ada@example.com"), [MailKind::Confirmation, MailKind::Welcome]);
    }
}

#[tokio::test]
async fn an_account_of_the_administrator_tells_of_its_activation_twice() {
    let (receiver, stage) = listened().await;
    let id = stage.create("ada@example.com").await;
    stage.sandbox.webhooks_settled().await;
    stage.sandbox.activate(&id).await.unwrap();
    stage.sandbox.webhooks_settled().await;
    let expected = [event("user.created", 1, 2), event("user.updated", 1, 1), event("user.updated", 1, 1)];
    assert_eq!(triggers(&receiver), expected);
    assert_eq!(receiver.got()[1].json()["event"]["createBy"], json!(id));
    assert_eq!(letters(&stage, "ada@example.com"), [MailKind::Activation]);
}

#[tokio::test]
async fn signing_in_elsewhere_activates_at_once_and_mails_nothing() {
    let (receiver, stage) = listened().await;
    let invited = stage.invite("eve@example.com").await;
    let link = stage.get("/portal/users/invite/User").await.ok().clone();
    let mut by_link = form("thirdParty", "ada@example.com");
    by_link["link"] = link;
    assert_eq!(stage.control("/join", by_link).await.json["activationStatus"], 1);
    let by_mail = stage.control("/join", form("thirdParty", "eve@example.com")).await;
    assert_eq!((&by_mail.json["id"], &by_mail.json["activationStatus"]), (&json!(invited), &json!(1)));
    assert_eq!(stage.control("/join", form("thirdParty", "new@example.com")).await.status, 404);
    stage.sandbox.webhooks_settled().await;
    let created: Vec<_> =
        receiver.got().iter().map(|got| got.json()).filter(|json| json["event"]["trigger"] == "user.created").collect();
    assert_eq!(created.len(), 2);
    for json in created {
        assert_eq!((&json["payload"]["isActive"], &json["event"]["createBy"]), (&json!(true), &json!(SYSTEM)));
    }
    assert_eq!(stage.mails(), [("eve@example.com".to_owned(), MailKind::Invitation)]);
}

#[tokio::test]
async fn an_address_in_a_trusted_domain_makes_an_activated_user_without_a_letter() {
    let (receiver, stage) = listened().await;
    let joined = stage.control("/join", form("domain", "ada@example.com")).await;
    assert_eq!((&joined.json["type"], &joined.json["activationStatus"]), (&json!("User"), &json!(1)));
    stage.sandbox.webhooks_settled().await;
    assert_eq!(triggers(&receiver), [event("user.created", 1, 1)]);
    assert!(stage.mails().is_empty());
    assert_eq!(stage.control("/join", form("domain", "ADA@example.com")).await.status, 409);
}

#[tokio::test]
async fn a_guest_invited_to_a_room_is_told_of_only_on_registering() {
    let (receiver, stage) = listened().await;
    let body = json!({ "invitations": [{ "email": "eve@example.com", "access": 2 }] });
    stage.put("/files/rooms/1/share", body).await.ok();
    stage.sandbox.webhooks_settled().await;
    assert!(receiver.got().is_empty());
    let id = stage.accept("eve@example.com").await;
    stage.sandbox.webhooks_settled().await;
    assert_eq!(triggers(&receiver), [event("user.created", 1, 1)]);
    assert_eq!(letters(&stage, "eve@example.com"), [MailKind::Invitation, MailKind::Welcome]);
    assert_eq!(stage.get(&format!("/people/{id}")).await.ok()["isVisitor"], true);
}

#[tokio::test]
async fn a_repeated_invitation_to_a_created_account_leads_nowhere() {
    let (receiver, stage) = listened().await;
    let id = stage.create("ada@example.com").await;
    assert_eq!(stage.control("/join", form("invitation", "ada@example.com")).await.status, 404);
    stage.put("/people/invite", json!({ "userIds": [id] })).await.ok();
    assert_eq!(stage.control("/join", form("invitation", "ada@example.com")).await.status, 409);
    assert_eq!(stage.get(&format!("/people/{id}")).await.ok()["activationStatus"], 2);
    // The way out is a forgotten password, of which nothing tells.
    let path = format!("/people/{id}/activate?silently=true");
    let activated = stage.control(&path, Value::Null).await;
    assert_eq!((activated.status, &activated.json["activationStatus"]), (200, &json!(1)));
    assert_eq!(stage.control(&path, Value::Null).await.status, 409);
    stage.sandbox.webhooks_settled().await;
    assert_eq!(triggers(&receiver), [event("user.created", 1, 2)]);
}

#[tokio::test]
async fn who_has_not_registered_has_no_password_to_forget() {
    let stage = Stage::new().await;
    let id = stage.invite("ada@example.com").await;
    assert_eq!(stage.sandbox.activate_silently(&id).await, Err(ActivateError::Pending));
    assert_eq!(stage.sandbox.activate_silently("nobody").await, Err(ActivateError::Unknown));
    stage.terminate(&id).await;
    assert_eq!(stage.sandbox.activate_silently(&id).await, Err(ActivateError::Disabled));
    assert_eq!(stage.control("/join", form("invitation", "ada@example.com")).await.status, 400);
}

#[tokio::test]
async fn a_link_for_a_paid_type_gives_a_user_where_no_seat_is_left() {
    let stage = Stage::with(|settings| (settings.paid_seats, settings.user_limit) = (0, 1)).await;
    let link = text(stage.get("/portal/users/invite/RoomAdmin").await.ok());
    let join = async |email: &str| {
        let mut form = form("link", email);
        form["link"] = json!(link);
        stage.control("/join", form).await
    };
    assert_eq!(join("ada@example.com").await.json["type"], "User");
    assert_eq!(join("eve@example.com").await.status, 409);
}
