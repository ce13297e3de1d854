//! A receiver of webhooks that answers as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::Value as Json;

/// How the next requests are answered.
#[derive(Clone)]
pub(crate) enum Manner {
    Status(u16),
    With(u16, &'static str, String),
    Hangs,
    Drops,
}

#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Listener {
    pub(crate) async fn start(manner: Manner) -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let listener = Self { address, manner: Arc::new(Mutex::new(manner)), told: Arc::default() };
        let router = axum::Router::new().fallback(answer).with_state(listener.clone());
        tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        listener
    }

    /// From now on.
    pub(crate) fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// The section of a configuration that names it `chat`.
    pub(crate) fn section(&self) -> String {
        format!(
            "[receivers.chat]\nurl = \"http://{}/hooks/secret-of-the-url\"\nsecret = {{ env = \"STANDARD\" }}\n",
            self.address
        )
    }
}

async fn answer(State(listener): State<Listener>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    listener.told.lock().unwrap().push(Told { headers: parts.headers, body });
    let manner = listener.manner.lock().unwrap().clone();
    let response = Response::builder();
    match manner {
        Manner::Status(status) => response.status(status).body(Body::empty()).unwrap(),
        Manner::With(status, name, value) => response.status(status).header(name, value).body(Body::empty()).unwrap(),
        Manner::Hangs => std::future::pending().await,
        // A panic of a handler closes the connection without an answer.
        Manner::Drops => panic!("dropped on order"),
    }
}
