//! What arrives at the platform.

use http::{HeaderName, HeaderValue};
use secrecy::SecretString;
use serde_json::json;
use usher::config::{Credentials, SourceFetch};
use usher::connector::Call;
use usher::fetch::FetchError;

use crate::platform::{Platform, answer};
use crate::{about, assert_discreet, call, fetcher, secret, settings};

fn header(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}

#[tokio::test]
async fn a_call_is_a_get_with_the_token_and_takes_json() {
    let platform = Platform::saying(answer(200, r#"{"name": "Ada"}"#)).await;
    let answer = fetcher(settings(platform.address)).ask(&call()).await.unwrap();
    assert_eq!(answer, json!({"name": "Ada"}));
    let seen = platform.only();
    assert_eq!(seen.line, "GET /v1/people/ada%40example.com?birthday=1 HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some("Bearer token-s3cret"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert!(seen.header("user-agent").unwrap().starts_with("docspace-usher/"));
    assert_eq!((seen.header("cookie"), seen.header("referer"), seen.header("content-type")), (None, None, None));
    assert!(seen.body.is_empty());
}

#[tokio::test]
async fn what_was_encoded_arrives_as_it_was_built() {
    let platform = Platform::saying(answer(200, "[]")).await;
    let fetcher = fetcher(settings(platform.address));
    let built = [
        "/v1/people/a%2Fb%5Cc%3Fd%23e%25f%20g",
        "/v1/people/%C3%A4%0A%00",
        "/v1/people/-._~?q=%26%3D%2B%27%22&fields=a,b",
        "/v1/people/...?q=",
        "/",
    ];
    for path in built {
        fetcher.ask(&about(path)).await.unwrap();
    }
    let arrived: Vec<_> = platform.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(arrived, built.map(|path| format!("GET {path} HTTP/1.1")));
}

#[tokio::test]
async fn what_stands_in_a_file_unencoded_is_encoded() {
    let platform = Platform::saying(answer(200, "[]")).await;
    fetcher(settings(platform.address)).ask(&about("/v1/people?filter=id eq '7' and name ne \"ä\"")).await.unwrap();
    assert_eq!(
        platform.only().line,
        "GET /v1/people?filter=id%20eq%20%277%27%20and%20name%20ne%20%22%C3%A4%22 HTTP/1.1"
    );
}

#[tokio::test]
async fn a_call_never_leaves_the_base() {
    let platform = Platform::saying(answer(200, "[]")).await;
    for base in ["", "/api", "/api/"] {
        let base = format!("http://{}{base}", platform.address).parse().unwrap();
        let fetcher = fetcher(SourceFetch { base, ..settings(platform.address) });
        let leading_out = [
            "/v1/../people/ada",
            "/v1/%2e%2E/people/ada",
            "/./people/ada",
            "/v1\\people\\ada",
            "/people/ada#birthday",
            "/peo\nple/ada",
            "people/ada",
            "@elsewhere.example.com/people/ada",
            "",
            "?birthday=ada",
        ];
        for path in leading_out {
            let error = fetcher.ask(&about(path)).await.unwrap_err();
            assert!(matches!(error, FetchError::Astray { .. }) && error.needs_somebody(), "{path}: {error}");
            assert_discreet(&error);
        }
    }
    assert!(platform.seen().is_empty());
}

#[tokio::test]
async fn the_path_of_the_base_stands_in_front() {
    let platform = Platform::saying(answer(200, "[]")).await;
    for base in ["/gateway/acme", "/gateway/acme/"] {
        let base = format!("http://{}{base}", platform.address).parse().unwrap();
        fetcher(SourceFetch { base, ..settings(platform.address) }).ask(&about("/v1/x?y=z")).await.unwrap();
    }
    let lines: Vec<_> = platform.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines, ["GET /gateway/acme/v1/x?y=z HTTP/1.1"; 2]);
}

#[tokio::test]
async fn secret_and_fixed_headers_arrive() {
    let platform = Platform::saying(answer(200, "[]")).await;
    let secret_headers = vec![(HeaderName::from_static("x-account-token"), secret("account s3cret ä"))];
    let fetcher = fetcher(SourceFetch { secret_headers, ..settings(platform.address) });
    let headers = vec![header("x-api-version", "2024-04-01"), header("accept", "application/vnd.acme+json")];
    fetcher.ask(&Call { headers, ..call() }).await.unwrap();
    let seen = platform.only();
    assert_eq!(seen.header("x-account-token"), Some("account s3cret ä"));
    assert_eq!(seen.header("x-api-version"), Some("2024-04-01"));
    assert_eq!(seen.header("accept"), Some("application/vnd.acme+json"));
    assert_eq!(seen.header("authorization"), Some("Bearer token-s3cret"));
}

#[tokio::test]
async fn a_header_of_the_connector_takes_no_secret_s_place() {
    let platform = Platform::saying(answer(200, "[]")).await;
    let secret_headers = vec![(HeaderName::from_static("x-key"), secret("key-s3cret"))];
    let fetcher = fetcher(SourceFetch { secret_headers, ..settings(platform.address) });
    let headers = vec![header("x-key", "of the file"), header("authorization", "of the file")];
    fetcher.ask(&Call { headers, ..call() }).await.unwrap();
    let seen = platform.only();
    assert_eq!(seen.header("x-key"), Some("key-s3cret"));
    assert_eq!(seen.header("authorization"), Some("Bearer token-s3cret"));
}

#[tokio::test]
async fn user_and_password_go_as_basic() {
    let platform = Platform::saying(answer(200, "[]")).await;
    for (user, password) in
        [("service-7", "pass s3cret"), ("key-s3cret", ""), ("key-s3cret", "x"), ("jürgen", "s3cret:with:colons")]
    {
        let credentials = Credentials::Basic { user: SecretString::from(user), password: SecretString::from(password) };
        fetcher(SourceFetch { credentials, ..settings(platform.address) }).ask(&call()).await.unwrap();
    }
    let sent: Vec<_> = platform.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    // printf 'service-7:pass s3cret' | base64, and so on.
    let basic = [
        "c2VydmljZS03OnBhc3MgczNjcmV0",
        "a2V5LXMzY3JldDo=",
        "a2V5LXMzY3JldDp4",
        "asO8cmdlbjpzM2NyZXQ6d2l0aDpjb2xvbnM=",
    ];
    assert_eq!(sent, basic.map(|text| format!("Basic {text}")));
}

#[tokio::test]
async fn without_credentials_there_is_no_authorization() {
    let platform = Platform::saying(answer(200, "[]")).await;
    fetcher(SourceFetch { credentials: Credentials::None, ..settings(platform.address) }).ask(&call()).await.unwrap();
    assert_eq!(platform.only().header("authorization"), None);
}

#[tokio::test]
async fn a_body_is_posted_as_json() {
    let platform = Platform::saying(answer(201, r#"{"results": []}"#)).await;
    let body = json!({"requests": [{"individual_id": "7"}]});
    let answer =
        fetcher(settings(platform.address)).ask(&Call { body: Some(body), ..about("/employer/individual") }).await;
    assert_eq!(answer.unwrap(), json!({"results": []}));
    let seen = platform.only();
    assert_eq!(seen.line, "POST /employer/individual HTTP/1.1");
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.body(), r#"{"requests":[{"individual_id":"7"}]}"#);
}

#[tokio::test]
async fn a_check_shows_the_platform_no_secret_and_asks_about_nobody() {
    let platform = Platform::saying(answer(404, "")).await;
    let secret_headers = vec![(HeaderName::from_static("x-key"), secret("key-s3cret"))];
    let base = format!("http://{}/api", platform.address).parse().unwrap();
    let fetcher = fetcher(SourceFetch { base, secret_headers, ..settings(platform.address) });
    let told = fetcher.check().await.unwrap();
    assert!(told.starts_with(&format!("{} answers", platform.address)) && told.contains("bearer"), "{told}");
    let seen = platform.only();
    assert_eq!(seen.line, "HEAD /api HTTP/1.1");
    assert!(!format!("{seen:?}").contains("s3cret"), "{seen:?}");
}
