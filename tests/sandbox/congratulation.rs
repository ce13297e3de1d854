use serde_json::Value;
use usher::sandbox::MailKind;

use crate::stage::{Answer, Stage, read};

async fn congratulate(stage: &Stage, query: &str, authorization: Option<&str>) -> Answer {
    let mut request = stage.client.post(format!("{}/api/2.0/portal/sendcongratulations{query}", stage.url));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn the_published_key_is_accepted_without_a_login() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    let answer = congratulate(&stage, &format!("?Userid={id}&Key=welcome_guest"), None).await;
    assert_eq!(answer.ok(), &Value::Null);
    assert_eq!(answer.json["count"], 0);
    assert!(answer.json.get("response").is_none());
    assert_eq!(stage.mails()[1], ("ada@example.com".to_owned(), MailKind::Congratulation));
}

#[tokio::test]
async fn another_key_is_denied_as_the_real_server_does() {
    let stage = Stage::new().await;
    let id = stage.create("ada@example.com").await;
    assert_eq!(congratulate(&stage, &format!("?Userid={id}&Key=birthday"), None).await.refused(403), "Access denied");
    assert_eq!(stage.mails().len(), 1);
}

#[tokio::test]
async fn a_strict_portal_denies_every_key() {
    let stage = Stage::with(|settings| settings.strict = true).await;
    let id = stage.create("ada@example.com").await;
    for key in ["welcome_guest", "1785577500000.ABCDEF"] {
        let answer = congratulate(&stage, &format!("?Userid={id}&Key={key}"), None).await;
        assert_eq!(answer.refused(403), "Access denied");
    }
    assert_eq!(stage.mails().len(), 1);
}

#[tokio::test]
async fn missing_parameters_are_a_400_of_the_second_shape() {
    let stage = Stage::with(|settings| settings.strict = true).await;
    let id = stage.create("ada@example.com").await;
    for (query, member) in [
        (format!("?Userid={id}"), "Key"),
        ("?Key=welcome_guest".to_owned(), "Userid"),
        ("?Userid=x&Key=welcome_guest".to_owned(), "Userid"),
        (String::new(), "Userid"),
    ] {
        assert!(congratulate(&stage, &query, None).await.invalid().get(member).is_some(), "{query}");
    }
}

#[tokio::test]
async fn a_key_without_the_scope_is_turned_away_where_none_is_needed() {
    let stage = Stage::with(|settings| settings.permissions = vec!["accounts:write".to_owned()]).await;
    let id = stage.create("ada@example.com").await;
    let query = format!("?Userid={id}&Key=welcome_guest");
    congratulate(&stage, &query, Some(&stage.key())).await.empty(403);
    congratulate(&stage, &query, Some("Bearer wrong")).await.ok();
}
