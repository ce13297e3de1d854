//! The comparison can fail: an exchange that is as described is changed in one point at a time.

use axum::body::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::description::Description;
use crate::recorder::Exchange;

type Change = fn(&mut Exchange);

fn small() -> Description {
    Description::read(include_str!("small.json"))
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn book() -> Value {
    json!({ "title": "Emma", "author": { "name": "Jane", "email": null }, "shelf": 2, "pages": 474, "labels": { "a": "b" } })
}

fn bytes(value: &Value) -> Bytes {
    value.to_string().into()
}

/// `POST /books`, as described.
fn adding() -> Exchange {
    Exchange {
        method: "POST".to_owned(),
        path: "/books".to_owned(),
        query: None,
        headers: headers(&[("authorization", "Bearer key"), ("content-type", "application/json; charset=utf-8")]),
        body: bytes(&book()),
        status: 200,
        answer_headers: headers(&[("content-type", "application/json")]),
        answer: bytes(&json!({ "response": book() })),
    }
}

/// `GET /books/7`, as described.
fn reading() -> Exchange {
    Exchange {
        method: "GET".to_owned(),
        path: "/books/7".to_owned(),
        query: Some("chapter=1".to_owned()),
        headers: headers(&[("authorization", "Bearer key"), ("x-reader", "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01")]),
        body: Bytes::new(),
        ..adding()
    }
}

/// `GET /books/new`, as described.
fn listing() -> Exchange {
    Exchange {
        path: "/books/new".to_owned(),
        query: Some("since=2026-08-03T08%3A00%3A00Z&shelf=1&shelf=4".to_owned()),
        headers: HeaderMap::new(),
        answer: bytes(&json!([book()])),
        ..reading()
    }
}

fn change_json(bytes: &mut Bytes, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(bytes).unwrap();
    change(&mut value);
    *bytes = value.to_string().into();
}

fn body(exchange: &mut Exchange, change: impl FnOnce(&mut Value)) {
    change_json(&mut exchange.body, change);
}

fn answer(exchange: &mut Exchange, change: impl FnOnce(&mut Value)) {
    change_json(&mut exchange.answer, change);
}

fn refusal(exchange: &mut Exchange, status: u16, body: Value) {
    (exchange.status, exchange.answer) = (status, bytes(&body));
}

/// Each change, and the one complaint that it brings.
#[track_caller]
fn prove(whole: fn() -> Exchange, changes: &[(Change, &str)]) {
    let described = small();
    let told = |exchange: &Exchange| -> Vec<String> {
        let all = [described.of_request(exchange), described.of_answer(exchange)].concat();
        all.iter().map(ToString::to_string).collect()
    };
    assert_eq!(told(&whole()), Vec::<String>::new());
    for (change, wanted) in changes {
        let mut exchange = whole();
        change(&mut exchange);
        let told = told(&exchange);
        assert!(told.len() == 1 && told[0].contains(wanted), "wanted {wanted:?}, got {told:#?}");
    }
}

#[test]
fn a_request_body_that_is_not_as_described_is_found() {
    prove(
        adding,
        &[
            (|it| body(it, |book| drop(book.as_object_mut().unwrap().remove("title"))), "request body: \"title\""),
            (|it| body(it, |book| book["title"] = json!(5)), "request body /title"),
            (|it| body(it, |book| book["title"] = json!("Some words too long for it")), "request body /title"),
            (|it| body(it, |book| book["titel"] = json!("Emma")), "\"titel\" is not one of"),
            (|it| body(it, |book| book["author"]["mail"] = json!("x")), "\"mail\" is not one of"),
            (|it| body(it, |book| book["author"]["email"] = json!("nobody")), "request body /author/email"),
            (|it| body(it, |book| book["author"]["name"] = Value::Null), "request body /author/name"),
            (|it| body(it, |book| book["shelf"] = json!(3)), "request body /shelf"),
            (|it| body(it, |book| book["pages"] = json!(3_000_000_000_u32)), "request body /pages"),
            (|it| body(it, |book| book["labels"]["a"] = json!(1)), "request body /labels/a"),
            (|it| it.body = Bytes::new(), "request body: is wanted"),
            (|it| it.body = Bytes::from_static(b"{"), "request body: is not JSON"),
            (|it| drop(it.headers.insert("content-type", HeaderValue::from_static("text/plain"))), "\"text/plain\""),
            (|it| drop(it.headers.remove("content-type")), "content type \"\""),
        ],
    );
}

#[test]
fn a_request_that_is_not_described_is_found() {
    prove(
        adding,
        &[
            (|it| it.path = "/book".to_owned(), "POST /book: path: is not described"),
            (|it| it.path = "/books/".to_owned(), "path: is not described"),
            (|it| it.method = "PUT".to_owned(), "PUT /books: path: is not described"),
            (|it| it.query = Some("draft=1".to_owned()), "query draft: is not described"),
            (|it| drop(it.headers.remove("authorization")), "header authorization: is wanted"),
            (|it| drop(it.headers.insert("authorization", HeaderValue::from_static("key"))), "header authorization"),
            (
                |it| assert!(it.headers.append("authorization", HeaderValue::from_static("Bearer 2"))),
                "header authorization",
            ),
        ],
    );
}

#[test]
fn parameters_that_are_not_as_described_are_found() {
    prove(
        reading,
        &[
            (|it| it.path = "/books/seven".to_owned(), "path number"),
            (|it| it.path = "/books/3000000000".to_owned(), "path number"),
            (|it| it.query = Some("chapter=one".to_owned()), "query chapter"),
            (|it| it.query = Some("chapter=0".to_owned()), "query chapter"),
            (|it| it.query = Some("chapter=1&chapter=2".to_owned()), "query chapter: is given more than once"),
            (|it| it.query = Some("Chapter=1".to_owned()), "query Chapter: is not described"),
            (|it| drop(it.headers.remove("x-reader")), "header x-reader: is wanted"),
            (|it| drop(it.headers.insert("x-reader", HeaderValue::from_static("Jane"))), "header x-reader"),
            (|it| it.body = Bytes::from_static(b"{}"), "request body: is not described"),
        ],
    );
    prove(
        listing,
        &[
            (|it| it.query = None, "query since: is wanted"),
            (|it| it.query = Some("since=monday".to_owned()), "query since"),
            (|it| it.query = Some("since=2026-08-03T08%3A00%3A00Z&shelf=1&shelf=3".to_owned()), "query shelf"),
        ],
    );
}

#[test]
fn an_answer_that_is_not_as_described_is_found() {
    prove(
        reading,
        &[
            (|it| answer(it, |told| drop(told.as_object_mut().unwrap().remove("response"))), "answer body 200: "),
            (|it| answer(it, |told| told["response"]["pages"] = json!("474")), "answer body 200 /response/pages"),
            (|it| answer(it, |told| told["response"]["isbn"] = json!("0")), "\"isbn\" is not one of"),
            (|it| answer(it, |told| told["count"] = json!(1)), "\"count\" is not one of"),
            (|it| it.answer = Bytes::new(), "answer body 200: is wanted"),
            (|it| it.answer = Bytes::from_static(b"Emma"), "answer body 200: is not JSON"),
            (|it| drop(it.answer_headers.remove("content-type")), "answer body 200: has the content type"),
            (|it| it.status = 201, "status 201: is not described"),
            (|it| refusal(it, 404, json!({ "error": 5 })), "answer body 404"),
            (|it| it.status = 401, "answer body 401: is not described"),
            (|it| it.status = 402, "status 402: is not described"),
            (|it| (it.status, it.answer) = (400, Bytes::new()), "status 400: is not described"),
        ],
    );
    prove(listing, &[(|it| answer(it, |told| told[0]["isbn"] = json!("0")), "\"isbn\" is not one of")]);
    prove(adding, &[(|it| refusal(it, 409, json!({ "error": false })), "answer body 409")]);
}

#[test]
fn what_is_described_in_other_words_passes() {
    let described = small();
    let mut bare = reading();
    (bare.status, bare.answer) = (401, Bytes::new());
    let mut unpaid = reading();
    (unpaid.status, unpaid.answer) = (402, Bytes::new());
    let mut unknown = reading();
    (unknown.status, unknown.answer) = (404, Bytes::new());
    let mut invalid = adding();
    refusal(&mut invalid, 400, json!({ "errors": ["title"] }));
    let mut listed = listing();
    listed.status = 206;
    let mut odd = adding();
    body(&mut odd, |book| book["author"]["email"] = json!("jane@corp.example"));
    for exchange in [bare, unpaid, unknown, invalid, listed, odd] {
        let told = [described.of_request(&exchange), described.of_answer(&exchange)].concat();
        assert!(told.is_empty(), "{told:?}");
    }
}
