use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use usher::sandbox::{Fault, Limits};

use crate::stage::{Stage, read};

async fn with(set: impl FnOnce(&mut Limits)) -> Stage {
    Stage::with(|settings| set(&mut settings.limits)).await
}

async fn send(stage: &Stage, method: Method, path: &str) -> Response {
    let request = stage.client.request(method, format!("{}/api/2.0{path}", stage.url));
    request.header("authorization", stage.key()).json(&json!({})).send().await.unwrap()
}

fn header(response: &Response, name: &str) -> Option<i64> {
    Some(response.headers().get(name)?.to_str().unwrap().parse().unwrap())
}

/// Limit, remaining, reset and pause of a refusal.
async fn refusal(response: Response) -> [Option<i64>; 4] {
    let names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"];
    let told = names.map(|name| header(&response, name));
    read(response).await.empty(429);
    told
}

#[tokio::test]
async fn no_limit_is_set_unless_asked_for() {
    let stage = Stage::new().await;
    for _ in 0..60 {
        stage.get("/people").await.ok();
        stage.put("/people/invite", json!({ "userIds": [], "resendAll": true })).await.ok();
    }
    let limits = Limits::documented();
    assert_eq!((limits.per_minute, limits.writes_per_day, limits.sensitive), (Some(1500), Some(10_000), Some(5)));
}

#[tokio::test]
async fn the_minute_slides_and_says_nothing_of_a_pause() {
    let stage = with(|limits| limits.per_minute = Some(2)).await;
    stage.get("/people").await.ok();
    stage.clock.advance(SignedDuration::from_secs(40));
    stage.get("/people").await.ok();
    assert_eq!(refusal(send(&stage, Method::GET, "/people").await).await, [Some(2), Some(0), None, None]);
    // The first call is a minute old, the second is not.
    stage.clock.advance(SignedDuration::from_secs(20));
    stage.get("/people").await.ok();
    stage.get("/people").await.empty(429);
    // Calls that were refused have not counted.
    stage.clock.advance(SignedDuration::from_secs(40));
    stage.get("/people").await.ok();
    let statuses: Vec<_> = stage.sandbox.state().calls.into_iter().map(|call| call.status).collect();
    assert_eq!(statuses, [200, 200, 429, 200, 429, 200]);
}

#[tokio::test]
async fn somebody_without_a_key_uses_up_nobody_elses_calls() {
    let stage = with(|limits| limits.per_minute = Some(1)).await;
    let stranger = async || stage.client.get(format!("{}/api/2.0/people", stage.url)).send().await.unwrap().status();
    assert_eq!((stranger().await.as_u16(), stranger().await.as_u16()), (401, 429));
    stage.get("/people").await.ok();
    stage.get("/people").await.empty(429);
    stage.sandbox.reset();
    stage.get("/people").await.ok();
}

#[tokio::test]
async fn a_running_call_takes_up_its_place() {
    let stage = with(|limits| (limits.concurrent_reads, limits.concurrent_writes) = (Some(1), Some(1))).await;
    for (method, other) in [(Method::GET, Method::POST), (Method::POST, Method::GET)] {
        let held = Fault { path: Some("/people".to_owned()), delay_ms: Some(800), ..Fault::default() };
        stage.sandbox.add_fault(held).unwrap();
        let slow = stage.client.request(method.clone(), format!("{}/api/2.0/people", stage.url));
        let slow = tokio::spawn(slow.header("authorization", stage.key()).json(&json!({})).send());
        let refused = loop {
            let response = send(&stage, method.clone(), "/people/filter").await;
            if response.status() == 429 {
                break response;
            }
            assert!(!slow.is_finished(), "the slow call has ended and no other was refused");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(refusal(refused).await, [Some(1), Some(0), None, None]);
        assert_ne!(send(&stage, other, "/people/filter").await.status(), 429);
        slow.await.unwrap().unwrap();
        assert_ne!(send(&stage, method, "/people/filter").await.status(), 429);
    }
}

#[tokio::test]
async fn the_day_counts_posts_and_puts_and_tells_its_end() {
    let stage = with(|limits| limits.writes_per_day = Some(2)).await;
    stage.create("ada@example.com").await;
    stage.clock.advance(SignedDuration::from_hours(23));
    stage.put("/people/invite", json!({ "resendAll": true })).await.ok();
    let told = refusal(send(&stage, Method::POST, "/people").await).await;
    // The day began at 10:05:00.1 on the first of August.
    assert_eq!(told, [Some(2), Some(0), Some(1_785_665_100), Some(3600)]);
    stage.get("/people").await.ok();
    stage.delete("/settings/webhook/9").await.refused(404);
    stage.clock.advance(SignedDuration::from_mins(59));
    assert_eq!(refusal(send(&stage, Method::PUT, "/people/invite").await).await[3], Some(60));
    stage.clock.advance(SignedDuration::from_mins(1));
    stage.create("eve@example.com").await;
}

#[tokio::test]
async fn a_sensitive_call_is_answered_five_times_a_quarter_of_an_hour_and_path() {
    let stage = with(|limits| limits.sensitive = Some(5)).await;
    let resend = async || stage.put("/people/invite", json!({ "resendAll": true })).await;
    for _ in 0..5 {
        resend().await.ok();
    }
    assert_eq!(refusal(send(&stage, Method::PUT, "/people/invite").await).await, [Some(5), Some(0), None, None]);
    // Other paths and other calls to the same path are not touched.
    stage.put("/settings/webhook/7/retry", json!({})).await.refused(404);
    stage.invite("ada@example.com").await;
    for path in ["/settings/webhook/8/retry", "/settings/webhook/retry"] {
        for _ in 0..5 {
            assert_ne!(stage.put(path, json!({})).await.status, 429);
        }
        stage.put(path, json!({})).await.empty(429);
    }
    for _ in 0..9 {
        stage.put("/people/status/Active", json!({ "userIds": [] })).await;
    }
    stage.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(resend().await.ok().as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_control_interface_has_no_limits() {
    let stage = with(|limits| limits.per_minute = Some(0)).await;
    stage.get("/settings").await.empty(429);
    assert_eq!(stage.control("/reset", Value::Null).await.status, 200);
}
