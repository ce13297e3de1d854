//! The limits kept on our side, measured at the other.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use usher::docspace::{Client, Error, Limits};
use usher::model::{Clock, Timestamp, UserType};

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
    assert_eq!(told(&client), (0, 0, 0));
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

/// A clock that never shows the same moment twice.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.fetch_add(1, Ordering::SeqCst)).unwrap()
    }
}

#[tokio::test]
async fn calls_that_wait_for_the_pace_are_served_in_order() {
    let portal = StandIn::saying(success(employee())).await;
    let mut settings = settings(portal.address);
    // A burst of 192, then 12.8 in a second.
    settings.limits.per_minute = 960;
    let client = Client::new(settings, Arc::new(Ticking(AtomicI64::new(0)))).unwrap();
    for _ in 0..192 {
        client.account(ID).await.unwrap();
    }
    let rooms: Vec<String> = (0..12).map(|room| room.to_string()).collect();
    let mut calls = JoinSet::new();
    for room in rooms.clone() {
        let client = client.clone();
        calls.spawn(async move { client.resend_room_invitation(&room, ID).await.unwrap() });
    }
    calls.join_all().await;
    // When each of them went out is told by what is kept of it.
    let mut sent = client.usage().sensitive;
    sent.sort_by_key(|(_, moments)| moments[0]);
    let expected: Vec<String> = rooms.iter().map(|room| format!("POST /files/rooms/{room}/resend")).collect();
    assert_eq!(sent.into_iter().map(|(path, _)| path).collect::<Vec<_>>(), expected);
}

fn told(client: &Client) -> (usize, usize, usize) {
    let usage = client.usage();
    (usage.waiting, usage.reads_running, usage.writes_running)
}

#[tokio::test]
async fn usage_tells_who_waits_and_who_is_on() {
    // Connections are made, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings(silent.local_addr().unwrap());
    settings.limits.writes = 2;
    let client = Client::new(settings, HandClock::new()).unwrap();
    assert_eq!(told(&client), (0, 0, 0));
    let mut calls = JoinSet::new();
    for turn in 0..6 {
        let client = client.clone();
        calls.spawn(async move {
            match turn {
                0 => client.account(ID).await.map(drop),
                _ => client.invite("a@example.com", UserType::User, None).await,
            }
        });
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while told(&client) != (3, 1, 2) {
        assert!(Instant::now() < deadline, "{:?}", told(&client));
        tokio::task::yield_now().await;
    }
    calls.shutdown().await;
    assert_eq!(told(&client), (0, 0, 0), "who gives up counts no more");
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
