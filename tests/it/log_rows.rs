//! Rows of the delivery log as they may look: unsigned, in pages, in other notations, of other things.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use usher::catch_up::Order;
use usher::model::{Clock, JobState};

use crate::catching_up::read;
use crate::support::TestApp;

const ID: &str = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";
const NOW: &str = "2026-08-03T08:00:00Z";

fn record(activation: i64) -> Json {
    json!({"id": ID, "email": "new@corp.example", "status": 1, "activationStatus": activation, "firstName": "New"})
}

impl TestApp {
    /// A row of the log, signed as its last attempt was.
    pub(crate) fn log_row(&self, id: i64, trigger: i64, at: &str, payload: Json) -> Json {
        let name = match trigger {
            1 => "user.created",
            2 => "user.invited",
            4 => "user.updated",
            8 => "user.deleted",
            _ => "file.created",
        };
        let body = json!({"event": {"id": id, "createOn": at, "trigger": name, "triggerId": trigger},
            "payload": payload, "webhook": {"id": 1, "name": "usher", "url": "http://localhost/", "triggers": ["*"]}});
        let (headers, body) = self.sign("docspace", body.to_string().into_bytes());
        let signature = headers["x-docspace-signature-256"].to_str().unwrap();
        json!({"id": id, "configName": "usher", "trigger": trigger, "creationTime": at,
            "requestHeaders": json!({"Accept": ["*/*"], "x-docspace-signature-256": [signature]}).to_string(),
            "requestPayload": String::from_utf8(body).unwrap(), "status": 503})
    }

    /// Let the log have these rows, the newest first, when it is asked next.
    pub(crate) fn log(&self, rows: &[Json]) {
        let body = json!({"response": rows, "count": rows.len(), "total": 1000, "status": 0, "statusCode": 200});
        self.fault(json!({"method": "GET", "path": "/settings/webhooks/log", "status": 200, "body": body}));
    }
}

#[tokio::test]
async fn rows_are_taken_in_by_their_number_and_not_as_the_log_lists_them() {
    let t = TestApp::start().await;
    t.log(&[t.log_row(12, 4, NOW, record(1)), t.log_row(11, 1, NOW, record(2))]);
    assert_eq!(read(&t, Order::default()).await.taken_in, 2);
    t.drain().await;
    assert_eq!(t.jobs("congratulate").await.len(), 1, "the account was made before it was activated");
}

#[tokio::test]
async fn every_page_back_to_the_mark_is_read() {
    let t = TestApp::start().await;
    let person = |number: i64| json!({"id": format!("6b1f7c1e-0d5a-4a2b-9a53-{number:012}"), "email": format!("p{number}@corp.example"), "status": 1, "activationStatus": 2});
    let rows = |numbers: std::ops::RangeInclusive<i64>| -> Vec<Json> {
        numbers.rev().map(|number| t.log_row(number, 1, NOW, person(number))).collect()
    };
    t.log(&rows(151..=250));
    // New rows have shifted the pages meanwhile: some come twice.
    t.log(&rows(61..=160));
    t.log(&rows(1..=60));
    let told = read(&t, Order::default()).await;
    assert_eq!((told.looked_at, told.taken_in), (250, 250));
    t.log(&rows(211..=260)[..50]);
    let told = read(&t, Order::default()).await;
    assert_eq!((told.looked_at, told.taken_in), (10, 10), "from the mark on");
}

#[tokio::test]
async fn a_row_never_sent_is_told_as_unsigned_and_holds_the_mark_while_it_may_still_be_sent() {
    let t = TestApp::start().await;
    let mut unsent = t.log_row(20, 4, NOW, record(1));
    unsent["requestHeaders"] = Json::Null;
    unsent["status"] = json!(0);
    let rows = [t.log_row(21, 8, NOW, record(1)), unsent, t.log_row(19, 1, NOW, record(2))];
    t.log(&rows);
    let told = read(&t, Order::default()).await;
    assert_eq!((told.looked_at, told.taken_in, told.not_signed), (3, 2, 1));
    t.log(&rows);
    t.clock.advance(SignedDuration::from_hours(1));
    let told = read(&t, Order::default()).await;
    assert_eq!((told.looked_at, told.seen, told.not_signed), (2, 1, 1), "what came after it was read again");
    t.log(&rows);
    assert_eq!(read(&t, Order::default()).await.looked_at, 0, "by now it will never be sent");
}

#[tokio::test]
async fn an_empty_body_is_unsigned_and_a_changed_one_does_not_verify() {
    let t = TestApp::start().await;
    let mut empty = t.log_row(20, 4, NOW, record(1));
    (empty["requestHeaders"], empty["requestPayload"]) = (json!(""), json!(""));
    let mut changed = t.log_row(21, 4, NOW, record(1));
    changed["requestPayload"] = json!(changed["requestPayload"].as_str().unwrap().replace("New", "Old"));
    t.log(&[changed, empty]);
    let told = read(&t, Order::default()).await;
    assert_eq!((told.looked_at, told.taken_in, told.not_signed, told.not_verified), (2, 0, 1, 1));
}

#[tokio::test]
async fn headers_are_read_in_every_notation() {
    let t = TestApp::start().await;
    let mut rows = Vec::new();
    for number in 1..=4 {
        let mut row = t.log_row(number, 1, NOW, json!({"id": ID, "status": 1, "activationStatus": 2, "title": number}));
        let headers: Json = serde_json::from_str(row["requestHeaders"].as_str().unwrap()).unwrap();
        let signature = headers["x-docspace-signature-256"][0].as_str().unwrap().to_owned();
        row["requestHeaders"] = match number {
            1 => json!({"X-DocSpace-Signature-256": signature}).to_string().into(),
            2 => format!("Accept: */*\r\nx-docspace-signature-256: {signature}\r\n").into(),
            3 => format!("POST /hooks/docspace HTTP/1.1\nx-docspace-signature-256:{signature}").into(),
            // Unfolded by the server.
            _ => json!({"x-docspace-signature-256": [signature], "odd": 7}),
        };
        rows.insert(0, row);
    }
    t.log(&rows);
    let told = read(&t, Order::default()).await;
    assert_eq!((told.looked_at, told.taken_in), (4, 4), "{told:?}");
}

#[tokio::test]
async fn rows_of_other_things_than_people_are_passed_over() {
    let t = TestApp::start().await;
    t.log(&[t.log_row(30, 128, NOW, json!({"id": 7, "title": "letter.docx"})), t.log_row(29, 0, NOW, record(1))]);
    assert_eq!(read(&t, Order::default()).await.looked_at, 0);
    t.log(&[t.log_row(30, 1, NOW, record(2))]);
    assert_eq!(read(&t, Order::default()).await.looked_at, 0, "the mark is behind them");
}

#[tokio::test]
async fn a_log_that_has_begun_anew_is_read_from_its_beginning() {
    let t = TestApp::start().await;
    t.log(&[t.log_row(500, 1, NOW, record(2))]);
    assert_eq!(read(&t, Order::default()).await.taken_in, 1);
    let other = json!({"id": "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c02", "status": 1, "activationStatus": 2});
    // It is asked twice: the first answer shows that the numbers are smaller than the mark.
    for _ in 0..2 {
        t.log(&[t.log_row(3, 1, NOW, other.clone())]);
    }
    assert_eq!(read(&t, Order::default()).await.taken_in, 1);
}

#[tokio::test]
async fn an_old_activation_of_a_stranger_in_the_log_is_no_news() {
    let t = TestApp::start().await;
    let old = (t.clock.now() - SignedDuration::from_hours(24 * 30)).to_string();
    t.log(&[t.log_row(11, 1, &old, record(1))]);
    assert_eq!(read(&t, Order::default()).await.taken_in, 1);
    t.drain().await;
    assert_eq!(t.only("process").await.0, JobState::Done);
    assert!(t.jobs("congratulate").await.is_empty());
}
