//! Every row of the table of answers, and the order of its checks.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde_json::json;
use usher::ledger::{Keys, Ledger};
use usher::model::Clock;
use usher::store::{Change, DeliveryFilter};

use crate::support::TestApp;

async fn status(t: &TestApp, method: &str, path: &str, body: Vec<u8>) -> StatusCode {
    t.request(Request::builder().method(method).uri(path).body(Body::from(body)).unwrap()).await.status()
}

async fn stored(t: &TestApp) -> usize {
    t.app.store.deliveries(DeliveryFilter::default()).await.unwrap().len()
}

#[tokio::test]
async fn an_unknown_source_is_404_whatever_else_is_wrong() {
    let t = TestApp::start().await;
    assert_eq!(status(&t, "POST", "/hooks/nobody", vec![b'x'; 2 << 20]).await, 404);
    assert_eq!(status(&t, "DELETE", "/hooks/nobody", vec![]).await, 404);
    assert_eq!(status(&t, "POST", "/hooks/", vec![]).await, 404);
}

#[tokio::test]
async fn a_method_the_source_does_not_use_is_405_with_allow_before_the_size_is_judged() {
    let t = TestApp::start().await;
    for (source, allow) in [("own", "POST"), ("docspace", "POST, HEAD")] {
        let request = Request::put(format!("/hooks/{source}")).body(Body::from(vec![b'x'; 2 << 20])).unwrap();
        let answer = t.request(request).await;
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], allow);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_before_its_signature_is_judged() {
    let t = TestApp::start().await;
    assert_eq!(status(&t, "POST", "/hooks/own", vec![b'x'; (1 << 20) + 1]).await, 413);
    let stream =
        Body::from_stream(futures_util::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 16]))));
    let answer = t.request(Request::post("/hooks/own").body(stream).unwrap()).await;
    assert_eq!(answer.status(), 413, "without Content-Length");
    assert_eq!(status(&t, "POST", "/hooks/own", vec![b'x'; 1 << 20]).await, 401, "exactly the limit");
}

#[tokio::test]
async fn bad_missing_stale_and_doubled_signatures_are_401_and_nothing_is_stored() {
    let t = TestApp::start().await;
    let body = json!({"type": "employee.hired", "data": {}}).to_string().into_bytes();
    let post = |source: &'static str, headers: HeaderMap, body: Vec<u8>| t.post(source, headers, body);
    assert_eq!(post("own", HeaderMap::new(), body.clone()).await.status(), 401, "missing");

    let (headers, mut signed) = t.sign("own", body.clone());
    signed[3] ^= 1;
    assert_eq!(post("own", headers.clone(), signed).await.status(), 401, "bad");

    let name = headers.keys().next().unwrap().clone();
    let mut doubled = headers.clone();
    doubled.append(name, HeaderValue::from_static("sha256=00"));
    assert_eq!(post("own", doubled, body.clone()).await.status(), 401, "doubled");

    let (headers, signed) = t.sign("standard", body);
    t.clock.advance(jiff::SignedDuration::from_secs(301));
    assert_eq!(post("standard", headers, signed).await.status(), 401, "stale");
    assert_eq!(stored(&t).await, 0);
    let text = t.metrics().await;
    for reason in ["missing_signature", "bad_signature", "ambiguous_header", "stale"] {
        assert!(text.contains(&format!("reason=\"{reason}\"}} 1")), "{reason}\n{text}");
    }
}

#[tokio::test]
async fn stored_seen_unwanted_and_unmappable_are_all_200_with_an_empty_body() {
    let t = TestApp::start().await;
    for (body, why) in [
        (
            json!({"type": "employee.hired", "data": {"employee_id": "7", "email": "a@corp.example"}}).to_string(),
            "stored",
        ),
        (
            json!({"type": "employee.hired", "data": {"employee_id": "7", "email": "a@corp.example"}}).to_string(),
            "seen",
        ),
        (json!({"type": "something.else"}).to_string(), "unwanted"),
        (json!({"type": "employee.hired", "data": {}}).to_string(), "unmappable"),
        ("not JSON".to_owned(), "undecodable"),
    ] {
        let (headers, body) = t.sign("own", body.into_bytes());
        let answer = t.post("own", headers, body).await;
        assert_eq!(answer.status(), 200, "{why}");
        assert!(axum::body::to_bytes(answer.into_body(), 9).await.unwrap().is_empty(), "{why}");
    }
    assert_eq!(stored(&t).await, 4);
    t.drain().await;
    let states: Vec<_> = t.jobs("process").await.iter().map(|job| job.state.as_str()).collect();
    assert_eq!(states, ["done", "done", "dead", "dead"]);
    let text = t.metrics().await;
    assert!(
        text.contains("usher_accepted_total{source=\"own\"} 4") && text.contains("usher_seen_total{source=\"own\"} 1"),
        "{text}"
    );
}

#[tokio::test]
async fn docspace_may_probe_with_an_unsigned_head() {
    let t = TestApp::start().await;
    assert!(status(&t, "HEAD", "/hooks/docspace", vec![]).await.is_success());
    assert_eq!(status(&t, "HEAD", "/hooks/own", vec![]).await, 405);
    assert_eq!(stored(&t).await, 0);
}

#[tokio::test]
async fn a_failing_store_is_503_with_retry_after_and_recovers_by_itself() {
    let t = TestApp::start().await;
    let lock = rusqlite::Connection::open(t.dir.path().join("usher.db")).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (headers, body) = t.sign("own", b"{}".to_vec());
    let answer = t.post("own", headers.clone(), body.clone()).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(status(&t, "GET", "/readyz", vec![]).await, 503);
    assert_eq!(status(&t, "GET", "/healthz", vec![]).await, 200);
    let (bad, _) = t.sign("own", b"{}x".to_vec());
    assert_eq!(t.post("own", bad, body.clone()).await.status(), 401, "authentication is judged before the store");
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(t.post("own", headers, body).await.status(), 200);
    assert_eq!(status(&t, "GET", "/readyz", vec![]).await, 200);
}

#[tokio::test]
async fn a_stopping_server_is_503_to_those_who_are_let_in() {
    let t = TestApp::start().await;
    t.app.begin_stop();
    let (headers, body) = t.sign("own", b"{}".to_vec());
    let answer = t.post("own", headers, body).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(t.post("own", HeaderMap::new(), b"{}".to_vec()).await.status(), 401);
    assert_eq!(
        (status(&t, "GET", "/readyz", vec![]).await, status(&t, "GET", "/healthz", vec![]).await),
        (StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK)
    );
    assert_eq!(stored(&t).await, 0);
}

#[tokio::test]
async fn a_full_intake_channel_is_503_and_is_none_once_the_store_has_caught_up() {
    let t = TestApp::start().await;
    let (release, hold) = std::sync::mpsc::channel::<()>();
    let store = t.app.store.clone();
    let now = t.clock.now();
    let stuck = tokio::spawn(async move {
        let wait = move |_: &mut Ledger| (Change::default(), hold.recv().is_ok());
        store.write(Keys::default(), false, now, wait).await
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let posts: Vec<_> = (0..6000)
        .map(|number| {
            let (headers, body) = t.sign("own", json!({"type": "other", "number": number}).to_string().into());
            let app = t.app.clone();
            tokio::spawn(async move {
                let mut request = Request::post("/hooks/own").body(Body::from(body)).unwrap();
                *request.headers_mut() = headers;
                tower::ServiceExt::oneshot(usher::http::public(app), request).await.unwrap()
            })
        })
        .collect();
    // While the writer is stuck, only refusals come back.
    let begun = std::time::Instant::now();
    while posts.iter().filter(|post| post.is_finished()).count() < 1500 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(8), "nobody is refused");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    release.send(()).unwrap();
    assert!(stuck.await.unwrap().unwrap());
    let (mut taken, mut refused) = (0, 0);
    for post in posts {
        let answer = post.await.unwrap();
        match answer.status() {
            StatusCode::OK => taken += 1,
            status => {
                assert_eq!(status, 503);
                assert!(answer.headers().contains_key("retry-after"));
                refused += 1;
            }
        }
    }
    assert!(taken > 1000 && refused > 1000, "{taken} {refused}");
    assert_eq!(stored(&t).await, taken, "each 200 is stored, and nothing else");
    let (headers, body) = t.sign("own", b"{}".to_vec());
    assert_eq!(t.post("own", headers, body).await.status(), 200, "a backlog of thousands is no reason to refuse");
}

#[tokio::test]
async fn no_answer_tells_a_cause() {
    let t = TestApp::start().await;
    let answer = t.post("own", HeaderMap::new(), b"{}".to_vec()).await;
    assert!(axum::body::to_bytes(answer.into_body(), 99).await.unwrap().is_empty());
}

#[tokio::test]
async fn requests_that_are_no_webhooks_are_counted_by_their_reason() {
    let t = TestApp::start().await;
    assert_eq!(status(&t, "POST", "/hooks/nobody-knows", Vec::new()).await, 404);
    assert_eq!(status(&t, "POST", "/hooks/%ff", Vec::new()).await, 404);
    assert_eq!(status(&t, "PUT", "/hooks/own", Vec::new()).await, 405);
    assert_eq!(status(&t, "POST", "/hooks/own", vec![b' '; (1 << 20) + 1]).await, 413);
    assert_eq!(status(&t, "POST", "/hooks/own", b"{}".to_vec()).await, 401);
    let metrics = t.metrics().await;
    for line in [
        "usher_refused_total{source=\"\",reason=\"unknown_source\"} 2",
        "usher_refused_total{source=\"own\",reason=\"method_not_allowed\"} 1",
        "usher_refused_total{source=\"own\",reason=\"too_large\"} 1",
        "usher_refused_total{source=\"own\",reason=\"missing_signature\"} 1",
    ] {
        assert!(metrics.lines().any(|got| got == line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.contains("nobody-knows"), "anybody could make up names");
}
