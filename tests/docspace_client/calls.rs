//! What each call sends, and what it makes of a good answer.

use serde_json::{Value, json};
use usher::docspace::{KeyInfo, NewAccount};
use usher::model::UserType;

use crate::support::{ID, KEY, StandIn, answer, employee, failure, success};

fn body(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[tokio::test]
async fn an_account_is_found_by_its_address() {
    let portal = StandIn::saying(success(employee())).await;
    let account = portal.client().find_by_email("Ada+HR@example.com").await.unwrap().unwrap();
    assert_eq!(account.id, ID);
    assert_eq!(account.email, "ada@example.com");
    assert_eq!((account.first_name.as_str(), account.last_name.as_str()), ("Ada", "Example"));
    assert_eq!((account.status, account.activation_status), (1, 2));
    assert_eq!(account.user_type, UserType::User);
    assert_eq!(account.created_by.as_deref(), Some("66faa6e4-f133-11ea-b126-00ffeec8b4ef"));
    assert_eq!(account.registered_at, Some("2026-08-01T10:00:00Z".parse().unwrap()));
    assert!(!account.is_activated());
    let seen = portal.only();
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("GET", "/api/2.0/people/email?email=ada%2Bhr%40example.com")
    );
    assert_eq!(seen.authorization, Some(format!("Bearer {KEY}")));
}

#[tokio::test]
async fn an_unknown_address_is_none() {
    let portal = StandIn::saying(failure(404, "The user could not be found")).await;
    assert_eq!(portal.client().find_by_email("nobody@example.com").await.unwrap(), None);
    assert_eq!(portal.client().account(ID).await.unwrap(), None);
}

#[tokio::test]
async fn an_id_that_is_no_guid_is_not_asked_for() {
    let portal = StandIn::saying(success(employee())).await;
    for id in ["..", "ada.example", ""] {
        assert_eq!(portal.client().account(id).await.unwrap(), None);
    }
    assert!(portal.seen().is_empty());
}

#[tokio::test]
async fn the_type_is_read_from_the_flags() {
    let cases = [
        ("isOwner", UserType::DocSpaceAdmin),
        ("isAdmin", UserType::DocSpaceAdmin),
        ("isRoomAdmin", UserType::RoomAdmin),
        ("isCollaborator", UserType::User),
        ("isVisitor", UserType::Guest),
        ("noFlagAtAll", UserType::RoomAdmin),
    ];
    for (flag, expected) in cases {
        let mut person = employee();
        person["isCollaborator"] = json!(false);
        person[flag] = json!(true);
        let portal = StandIn::saying(success(person)).await;
        assert_eq!(portal.client().account(ID).await.unwrap().unwrap().user_type, expected, "{flag}");
        assert_eq!(portal.only().target, format!("/api/2.0/people/{ID}"));
    }
}

#[tokio::test]
async fn an_account_is_created_with_an_explicit_type() {
    let portal = StandIn::saying(success(employee())).await;
    let new = NewAccount {
        email: "Ada@example.com".into(),
        first_name: "Ada".into(),
        last_name: "Example".into(),
        user_type: UserType::User,
        culture: None,
    };
    assert_eq!(portal.client().create(&new).await.unwrap().id, ID);
    let seen = portal.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/api/2.0/people"));
    let expected = json!({"email": "ada@example.com", "firstName": "Ada", "lastName": "Example", "type": "User"});
    assert_eq!(body(&seen.body), expected);
}

#[tokio::test]
async fn one_invitation_is_sent_in_one_call() {
    let portal = StandIn::saying(success(json!([]))).await;
    portal.client().invite("Ada@example.com", UserType::RoomAdmin, None).await.unwrap();
    let seen = portal.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/api/2.0/people/invite"));
    assert_eq!(body(&seen.body), json!({"invitations": [{"email": "ada@example.com", "type": "RoomAdmin"}]}));
}

#[tokio::test]
async fn a_language_is_told_where_one_is_wanted() {
    let mut person = employee();
    person["cultureName"] = json!("pt-BR");
    let portal = StandIn::saying(success(person)).await;
    let client = portal.client();
    let new = NewAccount {
        email: "ada@example.com".into(),
        first_name: "Ada".into(),
        last_name: String::new(),
        user_type: UserType::User,
        culture: Some("pt-BR".into()),
    };
    assert_eq!(client.create(&new).await.unwrap().culture.as_deref(), Some("pt-BR"));
    client.invite("ada@example.com", UserType::User, Some("de")).await.unwrap();
    let seen = portal.seen();
    assert_eq!(body(&seen[0].body)["cultureName"], "pt-BR");
    assert_eq!(body(&seen[1].body)["culture"], "de");
}

#[tokio::test]
async fn the_owner_is_asked_for_once() {
    let portal = StandIn::saying(success(employee())).await;
    let client = portal.client();
    assert_eq!(client.owner().await.unwrap().id, ID);
    assert_eq!(client.clone().owner().await.unwrap().id, ID);
    assert_eq!(portal.only().target, "/api/2.0/people/@self");
}

#[tokio::test]
async fn an_empty_invitation_link_is_a_refusal() {
    let link = "https://portal.example.com/s/abcdefghijklmno";
    let portal = StandIn::saying(success(json!(link))).await;
    assert_eq!(portal.client().invitation_link(UserType::Guest).await.unwrap().as_deref(), Some(link));
    assert_eq!(portal.only().target, "/api/2.0/portal/users/invite/Guest");
    let portal = StandIn::saying(success(json!(""))).await;
    assert_eq!(portal.client().invitation_link(UserType::User).await.unwrap(), None);
}

#[tokio::test]
async fn a_congratulation_carries_no_authorization() {
    let portal = StandIn::saying(answer(200, r#"{"count":0,"links":[],"status":0,"statusCode":200}"#)).await;
    portal.client().send_congratulations(ID, "a b&c+d").await.unwrap();
    let seen = portal.only();
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.target, format!("/api/2.0/portal/sendcongratulations?Userid={ID}&Key=a+b%26c%2Bd"));
    assert_eq!(seen.authorization, None);
    assert!(seen.body.is_empty());
}

#[tokio::test]
async fn key_settings_and_version_are_read() {
    let portal = StandIn::start(|seen| match seen.target.as_str() {
        "/api/2.0/keys/@self" => success(json!({
            "id": ID, "name": "usher", "keyPostfix": "12ab", "permissions": ["accounts:write", "accounts.self:read"],
            "expiresAt": "2027-01-01T00:00:00.0000000Z", "isActive": true, "createBy": {"id": ID}
        })),
        "/api/2.0/settings" => success(json!({
            "version": "3.7.2", "tenantStatus": 0, "invitationLimit": 25, "ownerId": ID,
            "limitedAccessDevToolsForUsers": true
        })),
        "/api/2.0/settings/version/build" => success(json!({"docSpace": "3.7.2", "documentServer": "9.1"})),
        other => panic!("unexpected {other}"),
    })
    .await;
    let client = portal.client();
    let key = client.key_info().await.unwrap();
    assert_eq!((key.name.as_str(), key.postfix.as_str(), key.is_active), ("usher", "12ab", true));
    assert_eq!(key.created_by.as_deref(), Some(ID));
    assert_eq!(key.expires_at, Some("2027-01-01T00:00:00Z".parse().unwrap()));
    let settings = client.settings().await.unwrap();
    assert_eq!((settings.version.as_deref(), settings.invitation_limit), (Some("3.7.2"), Some(25)));
    assert_eq!((settings.user_name_regex, settings.dev_tools_limited), (None, Some(true)));
    assert_eq!(client.version().await.unwrap().as_deref(), Some("3.7.2"));
}

#[test]
fn a_key_allows_what_its_scopes_hold() {
    let key = |permissions: &[&str]| KeyInfo {
        name: String::new(),
        postfix: String::new(),
        permissions: permissions.iter().map(|&permission| permission.to_owned()).collect(),
        expires_at: None,
        is_active: true,
        created_by: None,
    };
    let accounts = key(&["accounts:write", "accounts.self:read"]);
    assert!(
        accounts.allows("accounts:read") && accounts.allows("accounts:write") && accounts.allows("accounts.self:read")
    );
    assert!(!accounts.allows("*:read") && !accounts.allows("accounts.self:write"));
    assert!(key(&["*:write"]).allows("accounts:read") && !key(&["*:read"]).allows("accounts:write"));
    assert!(key(&[]).allows("*:write") && key(&["*"]).allows("*:write"));
}
