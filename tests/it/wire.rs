//! Over a real connection: sizes, slow and odd clients, names in the path.

use std::time::{Duration, Instant};

use http::Request;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use usher::ledger::{Keys, Ledger};
use usher::model::Clock;
use usher::store::Change;

use crate::support::TestApp;

/// The status of the answer and all of its bytes.
async fn answer(stream: &mut TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    // A reset after the answer is no concern here.
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    (status, text)
}

/// Let the runtime's clock run as fast as there is nothing to do, and say how long it was.
async fn long<T>(work: impl Future<Output = T>) -> (Duration, T) {
    // What was sent is to arrive before time flies.
    tokio::time::sleep(Duration::from_millis(100)).await;
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let result = work.await;
    tokio::time::resume();
    (begun.elapsed(), result)
}

async fn connect(t: &TestApp) -> TcpStream {
    TcpStream::connect(t.public()).await.unwrap()
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: usher\r\nConnection: close\r\n{more}\r\n")
}

/// A signed hire, ready to be sent over the wire.
fn signed(t: &TestApp, source: &str) -> (String, Vec<u8>) {
    let body = json!({"type": "employee.hired", "data": {"employee_id": "7", "email": "ada@corp.example"}});
    let (headers, body) = t.sign(source, body.to_string().into_bytes());
    let lines = headers.iter().map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()));
    (lines.collect::<String>() + &format!("Content-Length: {}\r\n", body.len()), body)
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_413_while_it_is_still_being_sent() {
    let t = TestApp::start().await;
    for more in ["Content-Length: 8388608\r\n".to_owned(), "Transfer-Encoding: chunked\r\n".to_owned()] {
        let mut stream = connect(&t).await;
        let (mut read, mut write) = stream.split();
        let chunked = more.starts_with("Transfer");
        let send = async {
            write.write_all(head("POST", "/hooks/own", &more).as_bytes()).await?;
            for _ in 0..128 {
                if chunked {
                    write.write_all(b"10000\r\n").await?;
                }
                write.write_all(&[b'x'; 65536]).await?;
                if chunked {
                    write.write_all(b"\r\n").await?;
                }
            }
            Ok::<_, std::io::Error>(())
        };
        let receive = async {
            let mut bytes = vec![0; 4096];
            let length = read.read(&mut bytes).await.unwrap_or(0);
            String::from_utf8_lossy(&bytes[..length]).into_owned()
        };
        let (_, text) = tokio::join!(send, receive);
        assert!(text.starts_with("HTTP/1.1 413"), "{more} {text}");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_the_go_ahead_gets_it_or_the_refusal_at_once() {
    let t = TestApp::start().await;
    let (headers, body) = signed(&t, "own");
    let mut stream = connect(&t).await;
    stream.write_all(head("POST", "/hooks/own", &(headers + "Expect: 100-continue\r\n")).as_bytes()).await.unwrap();
    let mut start = [0; 25];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&body).await.unwrap();
    assert_eq!(answer(&mut stream).await.0, 200);

    for (path, length, status) in [("/hooks/own", 2 << 20, 413), ("/hooks/nobody", 10, 404)] {
        let mut stream = connect(&t).await;
        let more = format!("Content-Length: {length}\r\nExpect: 100-continue\r\n");
        stream.write_all(head("POST", path, &more).as_bytes()).await.unwrap();
        let begun = Instant::now();
        assert_eq!(answer(&mut stream).await.0, status, "{path}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_answered_408_and_nothing_is_stored() {
    let t = TestApp::start().await;
    let (headers, body) = signed(&t, "own");
    let mut stream = connect(&t).await;
    stream.write_all(head("POST", "/hooks/own", &headers).as_bytes()).await.unwrap();
    stream.write_all(&body[..10]).await.unwrap();
    let (waited, (status, _)) = long(answer(&mut stream)).await;
    assert_eq!(status, 408);
    assert!(waited < Duration::from_secs(9), "{waited:?}");
    assert_eq!(t.jobs("process").await.len(), 0);
}

#[tokio::test]
async fn a_client_that_stays_silent_or_stops_in_the_head_is_let_go() {
    let t = TestApp::start().await;
    for start in ["", "P", "POST /hooks/own HTTP/1.1\r\nHost: us"] {
        let mut stream = connect(&t).await;
        stream.write_all(start.as_bytes()).await.unwrap();
        let (waited, (status, _)) = long(answer(&mut stream)).await;
        assert!(waited < Duration::from_secs(14) && status != 200, "{start} {waited:?} {status}");
    }
}

#[tokio::test]
async fn docspace_probes_by_head_over_the_wire() {
    let t = TestApp::start().await;
    let mut stream = connect(&t).await;
    stream.write_all(head("HEAD", "/hooks/docspace", "").as_bytes()).await.unwrap();
    let (status, text) = answer(&mut stream).await;
    assert_eq!(status, 200);
    assert!(text.ends_with("\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn a_source_is_found_by_its_name_however_it_is_encoded_and_odd_names_are_unknown() {
    let t = TestApp::start().await;
    let (headers, body) = signed(&t, "own");
    for (path, status) in [
        ("/hooks/%6Fwn", 200),
        ("/hooks/own?tried=2", 200),
        ("/hooks/own/", 404),
        ("/hooks/own%2F", 404),
        ("/hooks/OWN", 404),
        ("/hooks/%FF", 404),
        ("/hooks/own%00", 404),
        ("/hooks", 404),
    ] {
        let mut stream = connect(&t).await;
        stream.write_all(head("POST", path, &headers).as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        let (got, text) = answer(&mut stream).await;
        assert_eq!(got, status, "{path}");
        assert!(text.ends_with("\r\n\r\n"), "no answer has a body: {text}");
    }
}

/// The answer to a store that hangs is the one to a store that fails: the sender is to come again.
#[tokio::test]
async fn a_store_that_hangs_is_503_with_retry_after() {
    let t = TestApp::start().await;
    let (release, hold) = std::sync::mpsc::channel::<()>();
    let store = t.app.store.clone();
    let now = t.clock.now();
    let stuck = tokio::spawn(async move {
        let wait = move |_: &mut Ledger| {
            let released = hold.recv().is_ok();
            (Change::default(), released)
        };
        store.write(Keys::default(), false, now, wait).await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (headers, body) = t.sign("own", b"{}".to_vec());
    let mut request = Request::post("/hooks/own").body(axum::body::Body::from(body)).unwrap();
    *request.headers_mut() = headers;
    tokio::time::pause();
    let answer = t.request(request).await;
    tokio::time::resume();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    release.send(()).unwrap();
    assert!(stuck.await.unwrap().unwrap());
}
