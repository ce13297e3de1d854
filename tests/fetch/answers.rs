//! Answers that came whole, and what they are taken for.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use usher::fetch::FetchError;

use crate::platform::{Answer, answer};
use crate::{asked, is_missing};

/// Longest answer that is read.
const LIMIT: usize = 1024 * 1024;

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Answer {
    answer(200, pack(bytes)).header("content-encoding", "gzip")
}

#[tokio::test]
async fn a_packed_answer_that_breaks_off_is_an_outage() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 100000\r\n\r\n";
    let half = [head.as_bytes(), &pack(&long(LIMIT))[..200]].concat();
    let error = asked(crate::platform::raw(half)).await.unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }) && error.is_outage(), "{error}");
}

/// A JSON text of this length.
fn long(length: usize) -> Vec<u8> {
    format!("\"{}\"", "a".repeat(length - 2)).into_bytes()
}

#[tokio::test]
async fn any_json_is_an_answer() {
    for (text, value) in [
        (r#"{"id": 7, "name": "Ada"}"#, json!({"id": 7, "name": "Ada"})),
        ("[1, 2]", json!([1, 2])),
        (" null\r\n", json!(null)),
        ("\u{feff}{}", json!({})),
        (r#"{"a": 1, "a": 2}"#, json!({"a": 2})),
    ] {
        assert_eq!(asked(answer(200, text)).await.unwrap(), value, "{text}");
        assert_eq!(asked(gzip(text.as_bytes())).await.unwrap(), value, "{text}");
    }
    // The type that a platform writes on it says nothing of what it is.
    let typed = answer(203, "{}").header("content-type", "text/plain");
    assert_eq!(asked(typed).await.unwrap(), json!({}));
}

#[tokio::test]
async fn what_is_not_json_is_told_without_being_shown() {
    let odd: [&[u8]; 11] = [
        b"",
        b"  \n",
        b"ada s3cret",
        b"{\"name\": \"ada",
        b"{\"name\": \"ada\"} more",
        b"{'name': 'ada'}",
        b"[1e999]",
        b"\"ada \xff\xfe\"",
        b"{\"ada\": \"\\ud800\"}",
        b"<people><name>ada</name></people>",
        b"\x1f\x8b\x08 ada",
    ];
    for body in odd {
        let error = asked(answer(200, body)).await.unwrap_err();
        assert!(matches!(error, FetchError::NotJson { .. }), "{body:?}: {error}");
        assert!(!error.is_outage() && !error.needs_somebody() && !is_missing(&error), "{error}");
    }
    let page = answer(200, "<!doctype html><p>ada</p>").header("content-type", "text/html; charset=utf-8");
    let error = asked(page).await.unwrap_err();
    assert!(error.to_string().contains("a web page") && error.to_string().contains("sources.hr.fetch.base"), "{error}");
    let empty = asked(answer(204, "")).await.unwrap_err();
    assert!(empty.to_string().contains("empty"), "{empty}");
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    asked(answer(200, nested(100))).await.unwrap();
    for depth in [200, 400_000] {
        let error = asked(answer(200, nested(depth))).await.unwrap_err();
        assert!(matches!(error, FetchError::NotJson { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_read() {
    asked(answer(200, long(LIMIT))).await.unwrap();
    let error = asked(answer(200, long(LIMIT + 1))).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { limit: LIMIT, .. }), "{error}");
    assert!(!error.is_outage() && !error.needs_somebody(), "{error}");
}

#[tokio::test]
async fn an_answer_that_only_unpacks_to_too_much_is_not_read() {
    asked(gzip(&long(LIMIT))).await.unwrap();
    let bomb = gzip(&long(200 * LIMIT));
    let error = asked(bomb).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    let chunk = format!("10000\r\n{}\r\n", "7".repeat(0x10000));
    let endless = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(17));
    let error = asked(crate::platform::raw(endless).then_silence()).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_not_json() {
    let error = asked(answer(200, "no gzip at all").header("content-encoding", "gzip")).await.unwrap_err();
    assert!(matches!(error, FetchError::NotJson { .. }) && error.to_string().contains("unpacked"), "{error}");
    let mut damaged = pack(&long(LIMIT / 2));
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0xff);
    let error = asked(answer(200, damaged).header("content-encoding", "gzip")).await.unwrap_err();
    assert!(matches!(error, FetchError::NotJson { .. }), "{error}");
}
