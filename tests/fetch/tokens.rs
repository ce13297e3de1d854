//! Tokens of OAuth 2 client credentials.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use usher::config::{Credentials, SourceFetch};
use usher::fetch::{FetchError, Fetcher};

use crate::platform::{Answer, Platform, Seen, answer, raw};
use crate::{HandClock, asking, is_missing, secret, settings};

/// A platform that gives tokens at `/token` and takes the latest one only.
struct Scene {
    platform: Platform,
    clock: Arc<HandClock>,
    fetcher: Fetcher,
}

impl Scene {
    async fn new(say: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::adjusted(|_| {}, say).await
    }

    async fn adjusted(
        adjust: impl FnOnce(&mut SourceFetch),
        say: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let platform = Platform::start(say).await;
        let mut settings = settings(platform.address);
        settings.credentials = Credentials::OAuth2 {
            token_url: format!("http://{}/token?tenant=7", platform.address).parse().unwrap(),
            client_id: "client & co".to_owned(),
            client_secret: secret("s3cret=&+ä"),
            scope: Some("people:read jobs:read".to_owned()),
        };
        adjust(&mut settings);
        let clock = HandClock::new();
        let fetcher = Fetcher::new("hr", settings, clock.clone()).unwrap();
        Self { platform, clock, fetcher }
    }

    /// The lines of the requests, the token's ones shortened.
    fn lines(&self) -> Vec<String> {
        let short = |seen: &Seen| {
            if is_token(seen) { "token".to_owned() } else { seen.header("authorization").unwrap().to_owned() }
        };
        self.platform.seen().iter().map(short).collect()
    }
}

fn is_token(seen: &Seen) -> bool {
    seen.line.starts_with("POST /token")
}

/// Tokens `t0`, `t1` and so on, each good for an hour.
fn tokens() -> impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static {
    let given = AtomicUsize::new(0);
    move |seen, _| {
        if is_token(seen) {
            let number = given.fetch_add(1, Ordering::SeqCst);
            return answer(
                200,
                json!({"access_token": format!("t{number}"), "token_type": "Bearer", "expires_in": 3600}).to_string(),
            );
        }
        answer(200, "{}")
    }
}

#[tokio::test]
async fn a_token_is_asked_for_with_form_fields() {
    let scene = Scene::new(tokens()).await;
    asking(&scene.fetcher).await.unwrap();
    let seen = scene.platform.seen();
    assert_eq!(seen[0].line, "POST /token?tenant=7 HTTP/1.1");
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    assert_eq!(seen[0].header("authorization"), None);
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&seen[0].body).into_owned().collect();
    let wanted = [
        ("grant_type", "client_credentials"),
        ("client_id", "client & co"),
        ("client_secret", "s3cret=&+ä"),
        ("scope", "people:read jobs:read"),
    ];
    assert_eq!(fields, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(seen[1].header("authorization"), Some("Bearer t0"));
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_it_expires() {
    let scene = Scene::new(tokens()).await;
    for seconds in [0, 3000, 500, 60] {
        scene.clock.advance(seconds);
        asking(&scene.fetcher).await.unwrap();
    }
    assert_eq!(scene.lines(), ["token", "Bearer t0", "Bearer t0", "Bearer t0", "token", "Bearer t1"]);
}

#[tokio::test]
async fn the_life_of_a_token_is_read_as_platforms_write_it() {
    for (life, still, no_more) in [
        (json!(100), 79, 81),
        (json!("100"), 79, 81),
        (json!(null), 3500, 3600),
        (json!("soon"), 3500, 3600),
        (json!(1_000_000_000_000_i64), 86_000, 86_400),
    ] {
        let say = {
            let life = life.clone();
            move |seen: &Seen, before: usize| match is_token(seen) {
                true => answer(200, json!({"access_token": format!("t{before}"), "expires_in": life}).to_string()),
                false => answer(200, "{}"),
            }
        };
        let scene = Scene::new(say).await;
        asking(&scene.fetcher).await.unwrap();
        scene.clock.advance(still);
        asking(&scene.fetcher).await.unwrap();
        assert_eq!(scene.lines().len(), 3, "{life}: still good after {still} s");
        scene.clock.advance(no_more - still);
        asking(&scene.fetcher).await.unwrap();
        assert_eq!(scene.lines().len(), 5, "{life}: no more after {no_more} s");
    }
}

#[tokio::test]
async fn a_token_that_lives_for_nothing_serves_one_call_each() {
    let scene = Scene::new(|seen, before| match is_token(seen) {
        true => answer(200, json!({"access_token": format!("t{before}"), "expires_in": 0}).to_string()),
        false => answer(200, "{}"),
    })
    .await;
    asking(&scene.fetcher).await.unwrap();
    asking(&scene.fetcher).await.unwrap();
    assert_eq!(scene.lines(), ["token", "Bearer t0", "token", "Bearer t2"]);
}

/// The first token is taken for one call alone.
async fn whose_first_token_ends() -> Scene {
    let tokens = tokens();
    Scene::new(move |seen, before| match seen.header("authorization") {
        Some("Bearer t0") if before > 1 => answer(401, "{}"),
        _ => tokens(seen, before),
    })
    .await
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_is_renewed_once() {
    let scene = whose_first_token_ends().await;
    asking(&scene.fetcher).await.unwrap();
    asking(&scene.fetcher).await.unwrap();
    asking(&scene.fetcher).await.unwrap();
    assert_eq!(scene.lines(), ["token", "Bearer t0", "Bearer t0", "token", "Bearer t1", "Bearer t1"]);
}

#[tokio::test]
async fn a_new_token_that_is_not_taken_either_is_a_refusal() {
    let tokens = tokens();
    let scene =
        Scene::new(move |seen, before| if is_token(seen) { tokens(seen, before) } else { answer(401, "{}") }).await;
    let error = asking(&scene.fetcher).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused { status: 401, .. }) && error.needs_somebody(), "{error}");
    assert_eq!(scene.lines(), ["token", "Bearer t0", "token", "Bearer t1"]);
}

#[tokio::test]
async fn a_403_renews_nothing() {
    let tokens = tokens();
    let scene =
        Scene::new(move |seen, before| if is_token(seen) { tokens(seen, before) } else { answer(403, "{}") }).await;
    asking(&scene.fetcher).await.unwrap_err();
    assert_eq!(scene.lines(), ["token", "Bearer t0"]);
}

/// Ask many times at once.
async fn all_at_once(scene: Scene, times: usize) -> (Scene, Vec<Result<serde_json::Value, FetchError>>) {
    let scene = Arc::new(scene);
    let calls: Vec<_> = (0..times)
        .map(|_| {
            let scene = Arc::clone(&scene);
            tokio::spawn(async move { asking(&scene.fetcher).await })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    (Arc::into_inner(scene).unwrap(), answers)
}

#[tokio::test]
async fn many_callers_ask_for_one_token() {
    let (scene, answers) = all_at_once(Scene::new(tokens()).await, 50).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(scene.lines().iter().filter(|line| *line == "token").count(), 1);
    assert_eq!(scene.lines().len(), 51);
}

#[tokio::test]
async fn many_callers_whose_token_is_not_taken_any_more_renew_it_once() {
    let scene = whose_first_token_ends().await;
    asking(&scene.fetcher).await.unwrap();
    let (scene, answers) = all_at_once(scene, 20).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(scene.lines().iter().filter(|line| *line == "token").count(), 2, "{:?}", scene.lines());
}

#[tokio::test]
async fn many_callers_wait_out_one_failure_together() {
    let short = Duration::from_millis(500);
    let scene = Scene::adjusted(|settings| settings.timeout = short, |_, _| raw("").then_silence()).await;
    let begun = std::time::Instant::now();
    let (scene, answers) = all_at_once(scene, 20).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(FetchError::Slow { .. }))), "{answers:?}");
    assert_eq!(scene.lines(), ["token"], "{:?}", begun.elapsed());
    // Whoever comes later asks anew.
    asking(&scene.fetcher).await.unwrap_err();
    assert_eq!(scene.lines(), ["token", "token"]);
}

#[tokio::test]
async fn a_refusal_of_the_client_says_why_in_known_words_only() {
    for (status, body, told) in [
        (
            401,
            json!({"error": "invalid_client", "error_description": "ada"}).to_string(),
            "status 401 (invalid_client)",
        ),
        (400, json!({"error": "invalid_scope"}).to_string(), "status 400 (invalid_scope)"),
        (400, json!({"error": "ada s3cret"}).to_string(), "status 400."),
        (403, "<html>ada</html>".to_owned(), "status 403."),
        (404, String::new(), "status 404."),
    ] {
        let scene = Scene::new(move |_, _| answer(status, &body)).await;
        let error = asking(&scene.fetcher).await.unwrap_err();
        assert!(matches!(error, FetchError::TokenRefused { .. }), "{error}");
        assert!(error.to_string().contains(told) && error.to_string().contains("sources.hr.fetch.oauth2"), "{error}");
        assert!(error.needs_somebody() && !error.is_outage() && !is_missing(&error), "{error}");
        assert_eq!(scene.lines(), ["token"]);
    }
}

#[tokio::test]
async fn an_outage_of_the_token_address_is_one() {
    let busy = Scene::new(|_, _| answer(429, "").header("retry-after", 9)).await;
    assert_eq!(asking(&busy.fetcher).await.unwrap_err().after(), Some(Duration::from_secs(9)));
    let failing = Scene::new(|_, _| answer(502, "")).await;
    let error = asking(&failing.fetcher).await.unwrap_err();
    assert!(matches!(error, FetchError::Failing { .. }) && error.is_outage(), "{error}");
    let moved = Scene::new(|_, _| answer(302, "").header("location", "/login")).await;
    let error = asking(&moved.fetcher).await.unwrap_err();
    assert!(matches!(error, FetchError::Redirected { .. }) && error.needs_somebody(), "{error}");
}

#[tokio::test]
async fn what_is_no_token_is_told_without_being_shown() {
    let odd = [
        "ada".to_owned(),
        String::new(),
        "[]".to_owned(),
        json!({"token": "ada"}).to_string(),
        json!({"access_token": 7}).to_string(),
        json!({"access_token": ""}).to_string(),
        json!({"access_token": "ada\r\nx-evil: 1"}).to_string(),
        json!({"access_token": "s3cret ada"}).to_string(),
        json!({"access_token": "s3cret", "token_type": "mac"}).to_string(),
    ];
    for body in odd {
        let told = body.clone();
        let scene = Scene::new(move |_, _| answer(200, &body)).await;
        let error = asking(&scene.fetcher).await.unwrap_err();
        assert!(matches!(error, FetchError::NoToken { .. }), "{told}: {error}");
        assert!(!error.is_outage() && !is_missing(&error), "{error}");
        assert_eq!(scene.lines(), ["token"]);
    }
}

#[tokio::test]
async fn a_check_asks_for_a_token_and_nothing_else() {
    let scene = Scene::new(tokens()).await;
    let told = scene.fetcher.check().await.unwrap();
    assert!(told.contains("gives a token"), "{told}");
    let lines: Vec<_> = scene.platform.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines, ["HEAD / HTTP/1.1", "POST /token?tenant=7 HTTP/1.1"]);
    let refusing = Scene::new(|seen, _| if is_token(seen) { answer(401, "{}") } else { answer(200, "") }).await;
    assert!(matches!(refusing.fetcher.check().await, Err(FetchError::TokenRefused { .. })));
}
