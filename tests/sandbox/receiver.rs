//! A receiver of webhooks that keeps what it gets and answers as told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) method: http::Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone, Default)]
pub(crate) struct Receiver {
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    pub(crate) url: String,
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/docspace", listener.local_addr().unwrap());
        let receiver = Self { url, ..Self::default() };
        let router = axum::Router::new().route("/hooks/docspace", post(take).head(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// Answer the next requests with these statuses, and 200 after them.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// Trigger, `status`, `activationStatus` (0 where left out) and user id of each delivery.
    pub(crate) fn events(&self) -> Vec<(String, i64, i64, String)> {
        let event = |got: &Got| {
            let json = got.json();
            let number = |name: &str| json["payload"][name].as_i64().unwrap_or(0);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (
                text(&json["event"]["trigger"]),
                number("status"),
                number("activationStatus"),
                text(&json["payload"]["id"]),
            )
        };
        self.got().iter().map(event).collect()
    }
}

async fn take(State(receiver): State<Receiver>, method: http::Method, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.got.lock().unwrap().push(Got { method, headers, body });
    let status = receiver.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}
