//! A stand-in for any platform: it answers every call with what a test lays ready, gives tokens, and remembers what it was
//! asked.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value as Json, json};

/// Where tokens are asked for.
const TOKENS: &str = "/oauth/token";

/// One answer.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    /// With success.
    Json(Json),
    /// Anything else: status, a header, the body.
    Raw(u16, Option<(&'static str, &'static str)>, Vec<u8>),
    /// Nothing, for longer than anybody waits.
    Nothing,
}

impl Says {
    pub(crate) fn status(status: u16) -> Self {
        Self::Raw(status, None, Vec::new())
    }
}

/// What it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path_and_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, Default)]
struct Desk {
    /// The next answers.
    next: VecDeque<Says>,
    /// The answers when there are none, by path and query.
    known: BTreeMap<String, Json>,
    /// The answer to everything else.
    usual: Option<Says>,
    /// The next answers to whoever asks for a token, instead of one.
    no_token: VecDeque<Says>,
    asked: Vec<Asked>,
    tokens: usize,
}

/// A running stand-in.
#[derive(Clone)]
pub(crate) struct StandIn {
    desk: Arc<Mutex<Desk>>,
    pub(crate) address: SocketAddr,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let desk: Arc<Mutex<Desk>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { desk, address }
    }

    /// The same, said to be elsewhere.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    /// Where its tokens are.
    pub(crate) fn token_url(&self) -> String {
        format!("http://{}{TOKENS}", self.address)
    }

    /// From now on this is the answer; without one nothing is known.
    pub(crate) fn answers(&self, answer: Option<Says>) {
        self.desk().usual = answer;
    }

    /// From now on this is the answer to a call of this path and query.
    pub(crate) fn knows(&self, path_and_query: &str, answer: Json) {
        self.desk().known.insert(path_and_query.to_owned(), answer);
    }

    /// The next answers, once each.
    pub(crate) fn says(&self, answers: impl IntoIterator<Item = Says>) {
        self.desk().next.extend(answers);
    }

    /// The next answers to whoever asks for a token.
    pub(crate) fn gives_no_token(&self, answers: impl IntoIterator<Item = Says>) {
        self.desk().no_token.extend(answers);
    }

    /// What it was asked so far, tokens left out.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.desk().asked.clone()
    }

    /// How often it was asked for a token.
    pub(crate) fn asked_for_tokens(&self) -> usize {
        self.desk().tokens
    }
}

async fn answer(State(desk): State<Arc<Mutex<Desk>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
    let path_and_query = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let says = {
        let mut desk = desk.lock().unwrap();
        if path_and_query == TOKENS {
            desk.tokens += 1;
            let token = json!({"access_token": "token-of-the-stand-in", "token_type": "bearer", "expires_in": 3600});
            desk.no_token.pop_front().unwrap_or(Says::Json(token))
        } else {
            let known = desk.known.get(&path_and_query).cloned().map(Says::Json).or_else(|| desk.usual.clone());
            desk.asked.push(Asked { method: head.method.to_string(), path_and_query, headers: head.headers, body });
            desk.next.pop_front().or(known).unwrap_or(Says::status(404))
        }
    };
    match says {
        Says::Json(answer) => axum::Json(answer).into_response(),
        Says::Raw(status, header, body) => {
            let mut answer = (StatusCode::from_u16(status).unwrap(), Body::from(body)).into_response();
            if let Some((name, value)) = header {
                answer.headers_mut().insert(name, value.parse().unwrap());
            }
            answer
        }
        Says::Nothing => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::NO_CONTENT.into_response()
        }
    }
}
