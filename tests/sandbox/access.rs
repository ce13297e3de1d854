use reqwest::Method;
use serde_json::{Value, json};
use usher::sandbox::{DEFAULT_ADDRESS, DEFAULT_API_KEY};

use crate::stage::{Answer, Stage, read};

async fn with_header(stage: &Stage, path: &str, authorization: Option<&str>) -> Answer {
    let mut request = stage.client.get(format!("{}/api/2.0{path}", stage.url));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    read(request.send().await.unwrap()).await
}

#[test]
fn the_documented_key_has_the_form_of_a_real_one() {
    let digits = DEFAULT_API_KEY.strip_prefix("sk-").unwrap();
    assert_eq!(digits.len(), 64);
    assert!(digits.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f')));
    assert_eq!(DEFAULT_ADDRESS, "127.0.0.1:8090");
}

#[tokio::test]
async fn only_the_exact_bearer_form_opens_the_api() {
    let stage = Stage::new().await;
    let key = DEFAULT_API_KEY;
    let refused = [
        None,
        Some(key.to_owned()),
        Some(format!("bearer {key}")),
        Some(format!("Bearer  {key}")),
        Some(format!("Bearer {key}x")),
        Some("Bearer ".to_owned()),
        Some(format!("Basic {key}")),
    ];
    for header in refused {
        with_header(&stage, "/people/@self", header.as_deref()).await.empty(401);
    }
    let twice = stage.client.get(format!("{}/api/2.0/people/@self", stage.url));
    let twice = twice.header("authorization", stage.key()).header("authorization", "Bearer other");
    read(twice.send().await.unwrap()).await.empty(401);
    assert_eq!(with_header(&stage, "/people/@self", Some(&format!("Bearer {key}"))).await.ok()["isOwner"], true);
}

#[tokio::test]
async fn a_key_of_ones_own_replaces_the_documented_one() {
    let stage = Stage::with(|settings| settings.api_key = "sk-other".to_owned()).await;
    with_header(&stage, "/people/@self", Some(&format!("Bearer {DEFAULT_API_KEY}"))).await.empty(401);
    with_header(&stage, "/people/@self", Some("Bearer sk-other")).await.ok();
    assert_eq!(stage.sandbox.state().api_key, "sk-other");
}

#[tokio::test]
async fn a_success_is_wrapped_in_the_envelope() {
    let stage = Stage::new().await;
    let answer = stage.get("/people/exists?email=x%40example.com").await;
    let href = format!("{}/api/2.0/people/exists?email=x%40example.com", stage.url);
    let expected = json!({
        "response": { "exists": false },
        "count": 1,
        "links": [{ "href": href, "action": "GET" }],
        "status": 0,
        "statusCode": 200,
    });
    assert_eq!(answer.json, expected);
}

#[tokio::test]
async fn an_unknown_address_of_the_api_is_a_404_with_an_error() {
    let stage = Stage::new().await;
    stage.get("/nothing/here").await.refused(404);
    read(stage.client.get(format!("{}/_sandbox/nothing", stage.url)).send().await.unwrap()).await.refused(404);
}

#[tokio::test]
async fn the_key_tells_its_scopes_and_hides_itself() {
    let stage = Stage::new().await;
    let answer = stage.get("/keys/@self").await;
    assert_eq!(answer.ok()["permissions"], json!([]));
    assert_eq!(answer.ok()["isActive"], true);
    assert_eq!(answer.ok()["keyPostfix"], "cdef");
    assert!(answer.ok()["createBy"]["id"].is_string());
    assert!(!answer.text.contains(DEFAULT_API_KEY));
}

/// Scopes of a key, calls they cover, calls they do not.
const SCOPES: [(&[&str], &[&str], &[&str]); 5] = [
    (
        &["accounts:read"],
        &["GET /people/filter", "GET /keys/@self"],
        &["POST /people", "GET /people/@self", "GET /settings/webhook"],
    ),
    (&["accounts:write"], &["GET /people/filter", "POST /people"], &["GET /portal/users/x", "POST /settings/webhook"]),
    (&["accounts.self:read"], &["GET /people/@self"], &["GET /people/filter"]),
    (&["*:read"], &["GET /people/@self", "GET /settings/webhook"], &["POST /people", "POST /settings/webhook"]),
    (&["*:write"], &["GET /people/@self", "POST /people", "POST /settings/webhook"], &[]),
];

#[tokio::test]
async fn a_scope_that_does_not_cover_the_call_is_an_empty_403() {
    for (permissions, allowed, refused) in SCOPES {
        let scopes = permissions.iter().map(|&scope| scope.to_owned()).collect();
        let stage = Stage::with(|settings| settings.permissions = scopes).await;
        let call = async |text: &str| {
            let (method, path) = text.split_once(' ').unwrap();
            let body = (method == "POST").then(|| json!({}));
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            stage.call(method, path, body).await
        };
        for text in allowed {
            let answer = call(text).await;
            assert!(!matches!(answer.status, 401 | 403), "{permissions:?} {text}");
        }
        for text in refused {
            call(text).await.empty(403);
        }
        let shown = stage.get("/keys/@self").await;
        assert_eq!(shown.ok()["permissions"], json!(permissions));
    }
}

#[tokio::test]
async fn the_settings_are_open_and_tell_more_to_the_key() {
    let stage = Stage::new().await;
    let stranger = with_header(&stage, "/settings", None).await;
    assert_eq!(stranger.ok()["userNameRegex"], r"^[\p{L}\p{M}' \-]+$");
    assert_eq!(stranger.ok()["tenantStatus"], 0);
    assert_eq!(stranger.ok()["ownerId"], Value::Null);
    let owner = stage.get("/people/@self").await;
    assert_eq!(stage.get("/settings").await.ok()["ownerId"], owner.ok()["id"]);
    assert_eq!(with_header(&stage, "/settings/version/build", None).await.ok()["docSpace"], "3.7.2");
}

#[tokio::test]
async fn a_body_of_another_type_is_a_415() {
    let stage = Stage::new().await;
    let request =
        stage.client.post(format!("{}/api/2.0/people", stage.url)).header("authorization", stage.key()).body("{}");
    read(request.send().await.unwrap()).await.refused(415);
}
