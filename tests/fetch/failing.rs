//! Platforms that cannot be reached, that refuse, and that break off.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use usher::config::SourceFetch;
use usher::fetch::FetchError;

use crate::platform::{Platform, answer, raw};
use crate::{asked, asking, fetcher, is_missing, settings};

fn outage(error: &FetchError) {
    assert!(error.is_outage() && !is_missing(error) && !error.needs_somebody(), "{error}");
}

#[tokio::test]
async fn nobody_there_is_an_outage() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = asking(&fetcher(settings(address))).await.unwrap_err();
    assert!(matches!(&error, FetchError::Unreachable { cause, .. } if cause.contains("refused")), "{error}");
    assert!(error.to_string().contains("sources.hr.fetch"), "{error}");
    outage(&error);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_an_outage() {
    let base = "http://nobody.invalid".parse().unwrap();
    let allow = vec!["nobody.invalid".to_owned()];
    let error =
        asking(&fetcher(SourceFetch { base, allow, ..settings(([127, 0, 0, 1], 1).into()) })).await.unwrap_err();
    assert!(matches!(&error, FetchError::Unresolved { at, .. } if at.host == "nobody.invalid"), "{error}");
    outage(&error);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Platform::saying(answer(200, "{}")).await;
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let to = format!("http://{}/ada?token=s3cret", elsewhere.address);
        let error = asked(answer(status, "").header("location", to)).await.unwrap_err();
        assert!(matches!(error, FetchError::Redirected { status: told, .. } if told == status), "{error}");
        assert!(error.needs_somebody() && !error.is_outage(), "{error}");
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_refusal_says_whether_it_is_the_credentials_or_what_they_may() {
    for (status, advice) in [(401, "have not expired"), (403, "may not read this")] {
        let error = asked(answer(status, r#"{"error": "ada"}"#)).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused { status: told, .. } if told == status), "{error}");
        assert!(error.to_string().contains(advice) && error.to_string().contains("sources.hr.fetch"), "{error}");
        assert!(error.needs_somebody() && !error.is_outage() && !is_missing(&error), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_missing() {
    for status in [404, 410] {
        let error = asked(answer(status, "{}")).await.unwrap_err();
        assert!(is_missing(&error) && !error.is_outage() && !error.needs_somebody(), "{error}");
    }
}

#[tokio::test]
async fn other_refusals_are_no_outage_and_nothing_missing() {
    for status in [400, 402, 405, 406, 409, 415, 418, 422, 451] {
        let error = asked(answer(status, "{}")).await.unwrap_err();
        assert!(matches!(error, FetchError::Rejected { status: told, .. } if told == status), "{error}");
        assert!(!error.is_outage() && !is_missing(&error) && !error.needs_somebody(), "{error}");
    }
}

#[tokio::test]
async fn failures_of_the_platform_are_outages() {
    for status in [408, 500, 501, 502, 503, 504, 520, 599] {
        let error = asked(answer(status, "<html>ada</html>")).await.unwrap_err();
        assert!(matches!(error, FetchError::Failing { status: told, .. } if told == status), "{error}");
        assert_eq!(error.after(), None);
        outage(&error);
    }
}

#[tokio::test]
async fn a_platform_that_is_busy_is_left_alone_as_long_as_it_asks() {
    // The clock of these tests stands at 10:00.
    for (status, asked_for, seconds) in [
        (429, Some("7"), 7),
        (429, Some("Sat, 01 Aug 2026 10:02:00 GMT"), 120),
        (429, Some("Sat, 01 Aug 2026 09:00:00 GMT"), 0),
        (429, Some("soon"), 60),
        (429, Some("99999999999999999999999999"), 60),
        (429, None, 60),
        (503, Some("30"), 30),
        (500, Some("5"), 5),
    ] {
        let mut busy = answer(status, "{}");
        if let Some(value) = asked_for {
            busy = busy.header("retry-after", value);
        }
        let error = asked(busy).await.unwrap_err();
        assert!(matches!(error, FetchError::Busy { .. }), "{status} {asked_for:?}: {error}");
        assert_eq!(error.after(), Some(Duration::from_secs(seconds)), "{status} {asked_for:?}");
        outage(&error);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_outage() {
    for part in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"name\": \"ada\"}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nada\r\n",
        "ada s3cret\r\n\r\n",
    ] {
        let error = asked(raw(part)).await.unwrap_err();
        assert!(matches!(error, FetchError::Broken { .. }), "{part}: {error}");
        outage(&error);
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_an_outage() {
    let slow = [
        ("no head", raw("").then_silence()),
        ("half a head", raw("HTTP/1.1 200 OK\r\ncontent-type: app").then_silence()),
        ("no body", raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").then_silence()),
        ("half a body", raw("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"name\": ").then_silence()),
    ];
    for (what, answer) in slow {
        let platform = Platform::saying(answer).await;
        let limit = Duration::from_millis(300);
        let begun = Instant::now();
        let error = asking(&fetcher(SourceFetch { timeout: limit, ..settings(platform.address) })).await.unwrap_err();
        assert!(matches!(error, FetchError::Slow { limit: told, .. } if told == limit), "{what}: {error}");
        assert!(begun.elapsed() >= limit && begun.elapsed() < Duration::from_secs(10), "{what}: {:?}", begun.elapsed());
        outage(&error);
    }
}

#[tokio::test]
async fn an_answer_that_drips_has_no_more_time_than_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await.unwrap();
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let timeout = Duration::from_millis(300);
    let error = asking(&fetcher(SourceFetch { timeout, ..settings(address) })).await.unwrap_err();
    assert!(matches!(error, FetchError::Slow { .. }), "{error}");
}
