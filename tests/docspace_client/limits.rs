//! The limits kept on our side, measured at the other.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use usher::docspace::{Client, Error, Limits};
use usher::model::UserType;

use crate::support::{HandClock, ID, StandIn, employee, raw_bytes, settings, success};

#[tokio::test]
async fn no_more_calls_are_on_at_once_than_allowed() {
    let portal = StandIn::saying(success(employee()).delay(30)).await;
    let mut settings = settings(portal.address);
    settings.limits = Limits { writes: 3, reads: 5, per_minute: 6000, ..Limits::default() };
    let client = Client::new(settings, HandClock::new()).unwrap();
    let mut calls = JoinSet::new();
    for turn in 0..40 {
        let client = client.clone();
        calls.spawn(async move {
            match turn % 4 {
                0 | 1 => client.account(ID).await.map(drop).unwrap(),
                2 => client.invite("a@example.com", UserType::User, None).await.unwrap(),
                _ => client.send_congratulations(ID, "k").await.unwrap(),
            }
        });
    }
    while let Some(result) = calls.join_next().await {
        result.unwrap();
    }
    assert_eq!(portal.seen().len(), 40);
    assert_eq!((portal.most_at_once("GET"), portal.most_at_once("POST")), (5, 3));
}

#[tokio::test]
async fn calls_beyond_the_burst_are_spread_over_the_minute() {
    let portal = StandIn::saying(success(employee())).await;
    let mut settings = settings(portal.address);
    settings.limits.per_minute = 300;
    let client = Client::new(settings, HandClock::new()).unwrap();
    let start = Instant::now();
    // A burst of 60, then 4 in a second.
    for _ in 0..62 {
        client.account(ID).await.unwrap();
    }
    let taken = start.elapsed();
    assert!(taken >= Duration::from_millis(400), "{taken:?}");
}

/// Targets of the invitations as they came in.
fn order(portal: &StandIn) -> Vec<String> {
    let of =
        |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["invitations"][0]["email"].clone();
    portal.seen().iter().map(|seen| of(&seen.body).as_str().unwrap().to_owned()).collect()
}

async fn invite_all(client: &Client, count: usize) -> Vec<String> {
    let emails: Vec<String> = (0..count).map(|turn| format!("{turn}@example.com")).collect();
    let mut calls = JoinSet::new();
    for email in emails.clone() {
        let client = client.clone();
        calls.spawn(async move { client.invite(&email, UserType::User, None).await.unwrap() });
    }
    while let Some(result) = calls.join_next().await {
        result.unwrap();
    }
    emails
}

#[tokio::test]
async fn calls_that_wait_for_a_slot_are_served_in_order() {
    let portal = StandIn::saying(success(employee()).delay(2)).await;
    let mut settings = settings(portal.address);
    settings.limits.writes = 1;
    let client = Client::new(settings, HandClock::new()).unwrap();
    assert_eq!(invite_all(&client, 40).await, order(&portal));
}

#[tokio::test]
async fn calls_that_wait_for_the_pace_are_served_in_order() {
    let portal = StandIn::saying(success(employee())).await;
    let mut settings = settings(portal.address);
    // A burst of 192, then 12.8 in a second.
    settings.limits.per_minute = 960;
    let client = Client::new(settings, HandClock::new()).unwrap();
    for _ in 0..192 {
        client.invite("first@example.com", UserType::User, None).await.unwrap();
    }
    let emails = invite_all(&client, 12).await;
    assert_eq!(emails, order(&portal)[192..]);
}

#[tokio::test]
async fn usage_tells_who_waits_and_who_is_on() {
    let portal = StandIn::saying(success(employee()).delay(300)).await;
    let mut settings = settings(portal.address);
    settings.limits.writes = 2;
    let client = Client::new(settings, HandClock::new()).unwrap();
    let told = |client: &Client| {
        let usage = client.usage();
        (usage.waiting, usage.reads_running, usage.writes_running)
    };
    assert_eq!(told(&client), (0, 0, 0));
    let others = client.clone();
    let reading = tokio::spawn(async move { others.account(ID).await.unwrap() });
    let others = client.clone();
    let writing = tokio::spawn(async move { invite_all(&others, 5).await });
    let deadline = Instant::now() + Duration::from_secs(10);
    while told(&client) != (3, 1, 2) {
        assert!(Instant::now() < deadline, "{:?}", told(&client));
        tokio::task::yield_now().await;
    }
    reading.await.unwrap();
    writing.await.unwrap();
    assert_eq!(told(&client), (0, 0, 0));
}

#[tokio::test]
async fn a_limit_of_nothing_still_lets_calls_through() {
    let portal = StandIn::saying(success(employee())).await;
    let mut settings = settings(portal.address);
    settings.limits = Limits { writes: 0, reads: 0, per_minute: 0, writes_per_day: 0, sensitive: 0 };
    let client = Client::new(settings, HandClock::new()).unwrap();
    client.resend_invitation(ID).await.unwrap();
    assert!(matches!(client.resend_invitation(ID).await, Err(Error::Limited { .. })));
}

#[tokio::test]
async fn the_observer_hears_of_every_call_once() {
    let portal = StandIn::saying(success(employee())).await;
    let heard: Arc<Mutex<Vec<(&str, u16)>>> = Arc::default();
    let observer = || {
        let heard = Arc::clone(&heard);
        Arc::new(move |method: &'static str, status: u16| heard.lock().unwrap().push((method, status)))
    };
    let client = portal.client().with_observer(observer());
    client.account(ID).await.unwrap();
    client.clone().send_congratulations(ID, "k").await.unwrap();
    for _ in 0..5 {
        client.resend_invitation(ID).await.unwrap();
    }
    client.resend_invitation(ID).await.unwrap_err();
    client.remove_webhook(1).await.unwrap();
    let broken = raw_bytes("").await.with_observer(observer());
    broken.account(ID).await.unwrap_err();
    let mut expected = vec![("GET", 200), ("POST", 200)];
    // The sixth one was not sent.
    expected.extend([("PUT", 200); 5]);
    expected.extend([("DELETE", 200), ("GET", 0)]);
    assert_eq!(*heard.lock().unwrap(), expected);
}
