//! The counters of the day and of the quarter of an hour, by a clock moved by hand.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use usher::docspace::{Client, Error, Invitee, Kept};
use usher::model::{Clock, RoomAccess, UserType};

use crate::support::{HandClock, ID, StandIn, answer, settings, success};

async fn portal() -> StandIn {
    StandIn::saying(success(json!({"members": []}))).await
}

fn client(portal: &StandIn, writes_per_day: u32) -> Client {
    let mut settings = settings(portal.address);
    settings.limits.writes_per_day = writes_per_day;
    Client::new(settings, portal.clock.clone()).unwrap()
}

fn limited(result: Result<(), Error>) -> Duration {
    let error = result.unwrap_err();
    assert!(error.is_outage() && error.status().is_none(), "{error}");
    let Error::Limited { after, .. } = error else { panic!("{error}") };
    assert_eq!(error.after(), Some(after));
    after
}

async fn invite(client: &Client) -> Result<(), Error> {
    client.invite("a@example.com", UserType::User, None).await
}

#[tokio::test]
async fn the_writes_of_a_day_end_at_midnight() {
    let portal = portal().await;
    let client = client(&portal, 3);
    invite(&client).await.unwrap();
    let guest = Invitee::Account(ID.into());
    client.share_room("1", &guest, RoomAccess::Read, true, None).await.unwrap();
    // Neither reading nor removing counts.
    client.account(ID).await.unwrap_err();
    client.remove_webhook(7).await.unwrap();
    assert_eq!((client.usage().day, client.usage().writes_today), (jiff::civil::date(2026, 8, 1), 2));
    client.send_congratulations(ID, "k").await.unwrap();
    assert_eq!(portal.seen().len(), 5);
    assert_eq!(limited(invite(&client).await), Duration::from_secs(14 * 3600));
    assert_eq!(limited(client.clone().add_to_group(ID, ID).await), Duration::from_secs(14 * 3600));
    client.remove_webhook(7).await.unwrap();
    assert_eq!((portal.seen().len(), client.usage().writes_today), (6, 3));
    portal.clock.advance(14 * 3600 - 1);
    assert_eq!(limited(invite(&client).await), Duration::from_secs(1));
    portal.clock.advance(1);
    invite(&client).await.unwrap();
    assert_eq!((client.usage().day, client.usage().writes_today), (jiff::civil::date(2026, 8, 2), 1));
}

#[tokio::test]
async fn sensitive_calls_are_few_in_any_quarter_of_an_hour() {
    let portal = portal().await;
    let client = portal.client();
    for _ in 0..5 {
        client.mention("1", "a@example.com", "m").await.unwrap();
        portal.clock.advance(60);
    }
    assert_eq!(limited(client.mention("1", "a@example.com", "m").await), Duration::from_secs(600));
    assert_eq!(portal.seen().len(), 5);
    // The server counts each path by itself.
    client.mention("2", "a@example.com", "m").await.unwrap();
    for _ in 0..5 {
        client.resend_room_invitation("1", ID).await.unwrap();
        client.resend_invitation(ID).await.unwrap();
    }
    assert_eq!(limited(client.resend_room_invitation("1", ID).await), Duration::from_secs(900));
    assert_eq!(limited(client.resend_invitation(ID).await), Duration::from_secs(900));
    portal.clock.advance(599);
    assert_eq!(limited(client.mention("1", "a@example.com", "m").await), Duration::from_secs(1));
    portal.clock.advance(1);
    client.mention("1", "a@example.com", "m").await.unwrap();
    assert_eq!(limited(client.mention("1", "a@example.com", "m").await), Duration::from_secs(60));
}

#[tokio::test]
async fn calls_that_are_not_sensitive_share_no_limit_with_those_that_are() {
    let portal = portal().await;
    let client = portal.client();
    for _ in 0..8 {
        invite(&client).await.unwrap();
    }
    assert!(client.usage().sensitive.is_empty());
    client.resend_invitation(ID).await.unwrap();
    let now = portal.clock.now();
    assert_eq!(client.usage().sensitive, [("PUT /people/invite".to_owned(), vec![now])]);
}

#[tokio::test]
async fn the_path_in_front_of_the_api_is_no_part_of_the_counted_one() {
    let portal = portal().await;
    let mut settings = settings(portal.address);
    settings.url = format!("http://{}/docspace/", portal.address).parse().unwrap();
    let client = Client::new(settings, portal.clock.clone()).unwrap();
    client.resend_room_invitation("12", ID).await.unwrap();
    assert_eq!(client.usage().sensitive[0].0, "POST /files/rooms/12/resend");
}

#[tokio::test]
async fn a_call_that_never_left_is_not_counted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(settings(address), HandClock::new()).unwrap();
    for _ in 0..6 {
        assert!(matches!(client.resend_invitation(ID).await, Err(Error::Unsent(_))));
    }
    let usage = client.usage();
    assert_eq!(usage.writes_today, 0);
    assert!(usage.sensitive.iter().all(|(_, past)| past.is_empty()), "{usage:?}");
    assert_eq!((usage.waiting, usage.reads_running, usage.writes_running), (0, 0, 0));
}

#[tokio::test]
async fn calls_at_once_do_not_share_the_last_of_the_budget() {
    let portal = StandIn::saying(success(json!([])).delay(50)).await;
    let client = client(&portal, 4);
    let calls = (0..10).map(|_| invite(&client));
    let results = futures_util::future::join_all(calls).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 4);
    assert_eq!((portal.seen().len(), client.usage().writes_today), (4, 4));
}

#[tokio::test]
async fn a_refused_call_is_counted() {
    let portal = StandIn::saying(answer(429, "")).await;
    let client = portal.client();
    let error = client.resend_invitation(ID).await.unwrap_err();
    // The window of the limit that most likely spoke.
    assert_eq!(error.after(), Some(Duration::from_secs(900)));
    assert_eq!((client.usage().writes_today, client.usage().sensitive[0].1.len()), (1, 1));
}

/// What one client has counted, as a program would keep it, given to the next.
fn restarted(client: &Client, portal: &StandIn, writes_per_day: u32) -> Client {
    let text = serde_json::to_string(&client.usage().kept()).unwrap();
    let next = self::client(portal, writes_per_day);
    next.restore(serde_json::from_str(&text).unwrap());
    next
}

#[tokio::test]
async fn the_counters_outlast_a_restart() {
    let portal = portal().await;
    let mut client = client(&portal, 9);
    for _ in 0..5 {
        client.resend_invitation(ID).await.unwrap();
        portal.clock.advance(60);
        client = restarted(&client, &portal, 9);
    }
    assert_eq!(limited(client.resend_invitation(ID).await), Duration::from_secs(600));
    for _ in 0..4 {
        invite(&client).await.unwrap();
        client = restarted(&client, &portal, 9);
    }
    limited(invite(&client).await);
    assert_eq!(client.usage().writes_today, 9);
}

#[tokio::test]
async fn what_was_counted_on_another_day_is_left_out() {
    let portal = portal().await;
    let past = |text: &str| ("PUT /people/invite".to_owned(), vec![text.parse().unwrap(); 5]);
    let kept = |sensitive| Kept { day: jiff::civil::date(2026, 7, 31), writes_today: 9, sensitive };
    let client = client(&portal, 9);
    client.restore(kept(vec![past("2026-08-01T09:44:59Z"), past("2026-08-02T10:00:00Z")]));
    assert_eq!((client.usage().writes_today, client.usage().sensitive), (0, Vec::new()));
    client.resend_invitation(ID).await.unwrap();
    client.restore(client.usage().kept());
    assert_eq!(client.usage().sensitive, [("PUT /people/invite".to_owned(), vec![portal.clock.now()])]);
    assert_eq!(client.usage().writes_today, 1);
}
