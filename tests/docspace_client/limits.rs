//! The limits kept on our side, measured at the other.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use usher::docspace::{Client, Limits};
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

#[tokio::test]
async fn a_limit_of_nothing_still_lets_calls_through() {
    let portal = StandIn::saying(success(employee())).await;
    let mut settings = settings(portal.address);
    settings.limits = Limits { writes: 0, reads: 0, per_minute: 0, writes_per_day: 0, sensitive: 0 };
    let client = Client::new(settings, HandClock::new()).unwrap();
    client.account(ID).await.unwrap();
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
    let broken = raw_bytes("").await.with_observer(observer());
    broken.account(ID).await.unwrap_err();
    assert_eq!(*heard.lock().unwrap(), [("GET", 200), ("POST", 200), ("GET", 0)]);
}
