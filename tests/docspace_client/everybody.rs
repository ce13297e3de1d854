//! All accounts of a portal, page after page.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::{Value, json};
use usher::docspace::{Client, Error, PeopleQuery};

use crate::support::{Answer, Seen, StandIn, answer, employee, failure, settings};

/// The `n`th account.
fn person(n: usize) -> Value {
    let mut person = employee();
    person["id"] = json!(format!("0a1b2c3d-0000-4000-8000-{n:012}"));
    person["status"] = json!([1, 2, 4][n % 3]);
    person
}

fn rows(rows: &[Value], total: Option<usize>) -> Answer {
    let mut body = json!({"response": rows, "count": rows.len(), "status": 0, "statusCode": 200});
    if let Some(total) = total {
        body["total"] = json!(total);
    }
    answer(200, body)
}

/// Where the page begins that a request asks for.
fn start(seen: &Seen) -> usize {
    let (_, rest) = seen.target.split_once("startIndex=").unwrap();
    rest.split('&').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn everybody_is_read_page_after_page_whatever_their_status() {
    for (number, told, calls) in [(230, true, 3), (230, false, 3), (200, true, 3), (0, true, 1), (7, false, 1)] {
        let all: Vec<Value> = (0..number).map(person).collect();
        let portal = StandIn::start(move |seen| {
            let start = start(seen).min(all.len());
            rows(&all[start..(start + 100).min(all.len())], told.then_some(all.len()))
        })
        .await;
        let everybody = portal.client().everybody().await.unwrap();
        assert_eq!((everybody.len(), portal.seen().len()), (number, calls));
        assert!(everybody.iter().enumerate().all(|(n, account)| account.status == [1, 2, 4][n % 3]));
        assert_eq!(portal.seen()[0].target, "/api/2.0/people/filter?sortBy=email&startIndex=0&count=100");
    }
}

#[tokio::test]
async fn whoever_is_told_twice_is_one_and_short_pages_are_no_end() {
    // Somebody came to the front meanwhile, and the server gives less than it is asked for.
    let portal = StandIn::start(|seen| {
        let page: Vec<Value> = match start(seen) {
            0 => (1..41).map(person).collect(),
            40 => (40..80).map(person).collect(),
            _ => (79..81).map(person).collect(),
        };
        rows(&page, Some(80))
    })
    .await;
    let client = portal.client();
    let ids: Vec<String> = client.everybody().await.unwrap().into_iter().map(|account| account.id).collect();
    assert_eq!(ids.len(), 80);
    assert_eq!(portal.seen().len(), 3);
}

#[tokio::test]
async fn a_server_that_forgets_where_to_start_gives_everybody_once() {
    let page: Vec<Value> = (0..100).map(person).collect();
    let portal = StandIn::start(move |_| rows(&page, Some(1_000))).await;
    assert_eq!(portal.client().everybody().await.unwrap().len(), 100);
    assert_eq!(portal.seen().len(), 2);
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    let portal = StandIn::start(|seen| rows(&[person(start(seen))], Some(usize::MAX))).await;
    let mut settings = settings(portal.address);
    settings.limits.per_minute = 1_000_000;
    let client = Client::new(settings, portal.clock.clone()).unwrap();
    let error = client.everybody().await.unwrap_err();
    assert!(matches!(&error, Error::Uncertain(trouble) if trouble.status == Some(200)), "{error}");
    assert!(error.to_string().contains("no end"), "{error}");
    assert_eq!(portal.seen().len(), 2_000);
}

#[tokio::test]
async fn a_page_that_fails_fails_the_whole() {
    let page: Vec<Value> = (0..100).map(person).collect();
    let portal =
        StandIn::start(move |seen| if start(seen) == 0 { rows(&page, Some(230)) } else { failure(403, "No") }).await;
    let error = portal.client().everybody().await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 403, .. }), "{error}");
}

#[tokio::test]
async fn a_part_that_failed_is_asked_for_again() {
    let failures = Arc::new(AtomicUsize::new(1));
    let portal = StandIn::start(move |seen| {
        let start = start(seen);
        if start == 100 && failures.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            return answer(503, "");
        }
        let page: Vec<Value> = (start..101.min(start + 100)).map(person).collect();
        rows(&page, Some(101))
    })
    .await;
    let client = portal.client();
    let query = PeopleQuery { status: Some(1), start: 7, count: 3, ..PeopleQuery::default() };
    let mut parts = client.people_by_part(query);
    assert_eq!(parts.next().await.unwrap().unwrap().len(), 100);
    assert!(matches!(parts.next().await, Err(Error::Busy { status: 503, .. })));
    assert_eq!(parts.next().await.unwrap().unwrap().len(), 1);
    assert_eq!(parts.next().await.unwrap(), None);
    let targets: Vec<String> = portal.seen().into_iter().map(|seen| seen.target).collect();
    let target = |start| format!("/api/2.0/people/filter?employeeStatus=1&sortBy=email&startIndex={start}&count=100");
    assert_eq!(targets, [target(0), target(100), target(100)]);
}
