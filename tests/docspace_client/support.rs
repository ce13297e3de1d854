//! Stand-ins for the portal, a hand-moved clock, and shapes of answers.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use usher::docspace::{Client, Settings};
use usher::model::Clock;

pub(crate) const ID: &str = "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01";
pub(crate) const KEY: &str = "sk-0000";

/// A clock moved by hand.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new("2026-08-01T10:00:00Z".parse().unwrap())))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Bytes,
    /// Where the connection came from; another port is another connection.
    pub(crate) peer: SocketAddr,
}

/// What the stand-in says.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) delay: Duration,
}

pub(crate) fn answer(status: u16, body: impl ToString) -> Answer {
    Answer { status, headers: Vec::new(), body: body.to_string(), delay: Duration::ZERO }
}

impl Answer {
    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn delay(mut self, millis: u64) -> Self {
        self.delay = Duration::from_millis(millis);
        self
    }
}

pub(crate) fn success(response: Value) -> Answer {
    answer(200, json!({"response": response, "count": 1, "links": [], "status": 0, "statusCode": 200}))
}

pub(crate) fn failure(status: u16, message: &str) -> Answer {
    let error = json!({"message": message, "type": "System.Exception", "stack": null, "hresult": -1});
    answer(status, json!({"error": error, "status": 1, "statusCode": status}))
}

pub(crate) fn employee() -> Value {
    json!({
        "id": ID.to_uppercase(), "displayName": "Ada Example", "email": "Ada@Example.com",
        "firstName": "Ada", "lastName": "Example", "status": 1, "activationStatus": 2,
        "isOwner": false, "isAdmin": false, "isRoomAdmin": false, "isCollaborator": true, "isVisitor": false,
        "createdBy": {"id": "66FAA6E4-f133-11ea-b126-00ffeec8b4ef", "displayName": "Owner"},
        "registrationDate": "2026-08-01T13:00:00.0000000+03:00", "somethingNew": [1, 2]
    })
}

/// A stand-in that speaks HTTP.
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<HandClock>,
    log: Arc<Mutex<Log>>,
}

/// What a stand-in remembers.
#[derive(Default)]
struct Log {
    seen: Vec<Seen>,
    /// By method: requests not answered yet, and the most there were at once.
    open: HashMap<String, (usize, usize)>,
}

impl StandIn {
    /// One that gives the same answer to every request.
    pub(crate) async fn saying(answer: Answer) -> Self {
        Self::start(move |_| answer.clone()).await
    }

    pub(crate) async fn start(say: impl Fn(&Seen) -> Answer + Clone + Send + Sync + 'static) -> Self {
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        let router = Router::new().fallback(move |request: Request| handle(request, Arc::clone(&shared), say.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { address, clock: HandClock::new(), log }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(settings(self.address), self.clock.clone()).unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().seen.clone()
    }

    /// The most requests of this method that were open at one time.
    pub(crate) fn most_at_once(&self, method: &str) -> usize {
        self.log.lock().unwrap().open[method].1
    }

    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }
}

async fn handle(request: Request, log: Arc<Mutex<Log>>, say: impl Fn(&Seen) -> Answer) -> Response {
    let (parts, body) = request.into_parts();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    let seen = Seen {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        authorization: parts.headers.get("authorization").map(text),
        body: axum::body::to_bytes(body, usize::MAX).await.unwrap(),
        peer: parts.extensions.get::<ConnectInfo<SocketAddr>>().unwrap().0,
    };
    let answer = say(&seen);
    let method = seen.method.clone();
    {
        let mut log = log.lock().unwrap();
        log.seen.push(seen);
        let (now, most) = log.open.entry(method.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }
    tokio::time::sleep(answer.delay).await;
    if let Some((now, _)) = log.lock().unwrap().open.get_mut(&method) {
        *now -= 1;
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

/// Settings for a stand-in.
pub(crate) fn settings(address: SocketAddr) -> Settings {
    let url = format!("http://{address}").parse().unwrap();
    Settings::new(url, KEY.to_owned().into())
}

/// A listener that reads a request's head and then does what `then` does with the connection.
pub(crate) async fn raw<F, W>(then: F) -> Client
where
    F: Fn(TcpStream) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await.unwrap();
            tokio::spawn(then(stream));
        }
    });
    let mut settings = settings(address);
    // Short enough to wait for.
    settings.timeouts.call = Duration::from_secs(1);
    Client::new(settings, HandClock::new()).unwrap()
}

/// A listener that answers with exactly these bytes and closes.
pub(crate) async fn raw_bytes(bytes: &'static str) -> Client {
    raw(move |mut stream| async move {
        stream.write_all(bytes.as_bytes()).await.unwrap();
    })
    .await
}
