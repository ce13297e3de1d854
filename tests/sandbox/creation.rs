use serde_json::{Value, json};
use usher::sandbox::MailKind;

use crate::stage::Stage;

fn member(email: &str) -> Value {
    json!({ "email": email, "firstName": "Ada", "lastName": "Example", "type": "User" })
}

#[tokio::test]
async fn a_created_user_is_active_not_activated_and_gets_one_activation_letter() {
    let stage = Stage::new().await;
    let answer = stage.post("/people", member("ada@example.com")).await;
    let user = answer.ok();
    assert_eq!((&user["status"], &user["activationStatus"]), (&json!(1), &json!(2)));
    assert_eq!(
        (&user["firstName"], &user["lastName"], &user["email"]),
        (&json!("Ada"), &json!("Example"), &json!("ada@example.com"))
    );
    assert_eq!(user["displayName"], "Ada Example");
    assert_eq!(user["userName"], "ada");
    assert_eq!(user["registrationDate"], "2026-08-01T10:05:00.1234567Z");
    let flags =
        ["isOwner", "isAdmin", "isRoomAdmin", "isCollaborator", "isVisitor"].map(|flag| user[flag].as_bool().unwrap());
    assert_eq!(flags, [false, false, false, true, false]);
    assert!(user.get("isActive").is_none());
    let owner = stage.get("/people/@self").await;
    assert_eq!(user["createdBy"]["id"], owner.ok()["id"]);
    assert!(user["createdBy"].get("email").is_none());
    assert_eq!(stage.mails(), [("ada@example.com".to_owned(), MailKind::Activation)]);
}

#[tokio::test]
async fn a_type_left_out_or_all_makes_a_room_administrator() {
    let stage = Stage::new().await;
    for (email, kind) in
        [("a@example.com", None), ("b@example.com", Some(json!("All"))), ("c@example.com", Some(json!(0)))]
    {
        let mut body = member(email);
        body.as_object_mut().unwrap().remove("type");
        if let Some(kind) = kind {
            body["type"] = kind;
        }
        let answer = stage.post("/people", body).await;
        assert_eq!((&answer.ok()["isRoomAdmin"], &answer.ok()["isCollaborator"]), (&json!(true), &json!(false)));
    }
}

#[tokio::test]
async fn a_type_is_taken_by_name_number_or_number_as_text() {
    let stage = Stage::new().await;
    for (email, kind) in
        [("a@example.com", json!("DocSpaceAdmin")), ("b@example.com", json!(3)), ("c@example.com", json!("3"))]
    {
        let mut body = member(email);
        body["type"] = kind;
        assert_eq!(stage.post("/people", body).await.ok()["isAdmin"], true);
    }
    let mut body = member("d@example.com");
    body["type"] = json!("Boss");
    stage.post("/people", body).await.invalid();
}

#[tokio::test]
async fn names_follow_the_rule_of_the_server() {
    let stage = Stage::new().await;
    let taken = [("Zoë", "Łukasz-O'Neil"), ("e\u{301}", ""), ("Anna Maria", "van der Berg"), ("李", "明")];
    for (number, (first, last)) in taken.into_iter().enumerate() {
        let body =
            json!({ "email": format!("t{number}@example.com"), "firstName": first, "lastName": last, "type": "User" });
        stage.post("/people", body).await.ok();
    }
    for (first, last) in [("", "Example"), ("Ada2", "Example"), ("Ada", "Example Jr."), ("Ada_", ""), ("Ada", "Ⅷ")] {
        let body = json!({ "email": "bad@example.com", "firstName": first, "lastName": last, "type": "User" });
        assert_eq!(stage.post("/people", body).await.refused(400), "Incorrect firstname or lastname", "{first} {last}");
    }
    stage.post("/people", json!({ "email": "bad@example.com", "type": "User" })).await.refused(400);
    assert_eq!(stage.mails().len(), 4);
}

#[tokio::test]
async fn an_address_that_has_an_account_is_refused_whatever_its_case_and_status() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    stage.post("/people", member("ADA@Example.com")).await.refused(400);
    stage.terminate(&id).await;
    stage.post("/people", member("ada@example.com")).await.refused(400);
    stage.invite("eve@example.com").await;
    stage.post("/people", member("eve@example.com")).await.refused(400);
    assert_eq!(stage.sandbox.state().users.len(), 2);
    assert_eq!(stage.mails().len(), 2);
}

#[tokio::test]
async fn a_body_that_does_not_fit_the_model_is_a_400_of_the_second_shape() {
    let stage = Stage::new().await;
    assert!(stage.post("/people", member("no address")).await.invalid().get("Email").is_some());
    stage.post("/people", member("")).await.invalid();
    let mut body = member("ada@example.com");
    body["firstName"] = json!("A".repeat(256));
    assert!(stage.post("/people", body).await.invalid().get("FirstName").is_some());
    stage.post("/people", json!([])).await.invalid();
    assert!(stage.sandbox.state().users.is_empty());
}

#[tokio::test]
async fn guests_are_not_created_this_way() {
    let stage = Stage::new().await;
    let mut body = member("guest@example.com");
    body["type"] = json!("Guest");
    assert_eq!(stage.post("/people", body).await.refused(403), "Access denied");
    assert!(stage.mails().is_empty());
}

#[tokio::test]
async fn without_a_paid_seat_the_account_silently_becomes_a_user() {
    let stage = Stage::with(|settings| settings.paid_seats = 1).await;
    let admin = |email: &str| json!({ "email": email, "firstName": "Ada", "type": "RoomAdmin" });
    assert_eq!(stage.post("/people", admin("one@example.com")).await.ok()["isRoomAdmin"], true);
    let second = stage.post("/people", admin("two@example.com")).await;
    assert_eq!((&second.ok()["isRoomAdmin"], &second.ok()["isCollaborator"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn beyond_the_user_quota_it_is_a_402_with_an_error() {
    let stage = Stage::with(|settings| (settings.paid_seats, settings.user_limit) = (0, 1)).await;
    stage.create("one@example.com").await;
    stage.post("/people", member("two@example.com")).await.refused(402);
    let admin = json!({ "email": "three@example.com", "firstName": "Ada", "type": "RoomAdmin" });
    stage.post("/people", admin).await.refused(402);
    assert_eq!(stage.sandbox.state().users.len(), 1);
}

#[tokio::test]
async fn the_name_shown_is_encoded_for_html() {
    let stage = Stage::new().await;
    let body = json!({ "email": "o@example.com", "firstName": "Zoë", "lastName": "O'Neil", "type": "User" });
    let answer = stage.post("/people", body).await;
    assert_eq!(answer.ok()["displayName"], "Zo&#235; O&#39;Neil");
    assert_eq!(answer.ok()["lastName"], "O'Neil");
}

#[tokio::test]
async fn user_names_stay_unique() {
    let stage = Stage::new().await;
    let mut names = Vec::new();
    for email in ["ada@example.com", "ada@example.org", "ADA@example.net"] {
        names.push(stage.post("/people", member(email)).await.ok()["userName"].clone());
    }
    assert_eq!(names, ["ada", "ada1", "ADA2"]);
}

#[tokio::test]
async fn of_many_calls_for_one_address_exactly_one_makes_an_account() {
    let stage = std::sync::Arc::new(Stage::new().await);
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let stage = stage.clone();
            tokio::spawn(async move { stage.post("/people", member("ada@example.com")).await.status })
        })
        .collect();
    let mut created = 0;
    for call in calls {
        created += usize::from(call.await.unwrap() == 200);
    }
    assert_eq!((created, stage.mails().len()), (1, 1));
}
