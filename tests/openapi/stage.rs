//! A sandbox behind the recorder, a client that talks to it through the recorder, and the verdict on what was recorded.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use usher::docspace::{self, Client};
use usher::sandbox::{DEFAULT_API_KEY, Sandbox, Settings};

use crate::calls::Subject;
use crate::departures;
use crate::description::{Complaint, Description};
use crate::recorder::{Exchange, Recorder};
use crate::scene::HandClock;

pub(crate) const API: &str = "/api/2.0";

/// A sandbox with nobody but the key's owner.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) recorder: Recorder,
    /// Address of the sandbox itself, past the recorder.
    pub(crate) behind: String,
    http: reqwest::Client,
    _ends: DropGuard,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(clock());
        set(&mut settings);
        let ends = CancellationToken::new();
        let running = Sandbox::start(settings, ([127, 0, 0, 1], 0).into(), ends.clone()).await.unwrap();
        let recorder = Recorder::start().await;
        recorder.pass_on_to(&running.url());
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { behind: running.url(), sandbox: running.sandbox, recorder, http, _ends: ends.drop_guard() }
    }

    /// Usher's client, through the recorder.
    pub(crate) fn client(&self) -> Client {
        client(&self.recorder)
    }

    /// A call made by hand, with the sandbox's key, through the recorder: status and JSON.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_as(Some(&self.sandbox.state().api_key), method, path, body).await
    }

    /// The same with another key or none.
    pub(crate) async fn call_as(
        &self,
        key: Option<&str>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{API}{path}", self.recorder.url()));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// A member of the `response` of a call that has to succeed, past the recorder: the tape shows only what is meant.
    pub(crate) async fn prepared(&self, method: Method, path: &str, body: Value, member: &str) -> Value {
        let request = self.http.request(method, format!("{}{API}{path}", self.behind));
        let answer = request.bearer_auth(&self.sandbox.state().api_key).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let told: Value = answer.json().await.unwrap();
        told["response"].pointer(member).unwrap_or_else(|| panic!("{path}: no {member} in {told}")).clone()
    }

    /// Somebody and something for every call of the client, made past the recorder.
    pub(crate) async fn subject(&self) -> Subject {
        let pending = json!({ "invitations": [{ "email": "pending@corp.example", "type": "User" }] });
        self.prepared(Method::POST, "/people/invite", pending, "/0/id").await;
        let pending = self.prepared(Method::GET, "/people/email?email=pending@corp.example", json!({}), "/id").await;
        let room = self.sandbox.state().rooms.swap_remove(0);
        let group = json!({ "groupName": "Staff", "members": [] });
        Subject {
            id: self.account("ada@corp.example", "User").await,
            manager: self.account("ann@corp.example", "RoomAdmin").await,
            email: "ada@corp.example".to_owned(),
            pending: text(&pending),
            group: text(&self.prepared(Method::POST, "/group", group, "/id").await),
            room: room.id.to_string(),
            file: room.files[0].id.to_string(),
            receiver: receiver().await,
            ..Subject::of_a_mock()
        }
    }

    /// Make an account past the recorder; its id.
    pub(crate) async fn account(&self, email: &str, kind: &str) -> String {
        let body = json!({ "email": email, "firstName": "Ada", "lastName": "Example", "type": kind });
        text(&self.prepared(Method::POST, "/people", body, "/id").await)
    }
}

/// Where whatever comes is taken.
async fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(|| async {});
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/hooks/docspace")
}

/// Usher's client for the portal behind a recorder.
pub(crate) fn client(recorder: &Recorder) -> Client {
    let url = recorder.url().parse().unwrap();
    Client::new(docspace::Settings::new(url, DEFAULT_API_KEY.to_owned().into()), clock()).unwrap()
}

fn clock() -> Arc<HandClock> {
    Arc::new(HandClock::starting("2026-08-03T08:00:00Z"))
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Every request and every answer has to be as described, but for the departures that are known.
#[track_caller]
pub(crate) fn refuse_any(described: &Description, tape: &[Exchange]) {
    assert!(!tape.is_empty(), "nothing was recorded");
    let both = |exchange| [described.of_request(exchange), described.of_answer(exchange)].concat();
    refuse(tape.iter().flat_map(both).collect());
}

/// The same for answers alone, where requests are wrong on purpose.
#[track_caller]
pub(crate) fn refuse_answers(described: &Description, tape: &[Exchange]) {
    assert!(!tape.is_empty(), "nothing was recorded");
    refuse(tape.iter().flat_map(|exchange| described.of_answer(exchange)).collect());
}

#[track_caller]
pub(crate) fn refuse(complaints: Vec<Complaint>) {
    let mut unknown: Vec<Complaint> = complaints.into_iter().filter(|one| departures::reason(one).is_none()).collect();
    unknown.sort();
    unknown.dedup();
    let lines: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "not as described: {}\n{}", lines.len(), lines.join("\n"));
}
