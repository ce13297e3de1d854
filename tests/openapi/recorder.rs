//! A proxy on this machine that keeps what passes through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, header};
use tokio::net::TcpListener;

/// A request and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) status: u16,
    pub(crate) answer_headers: HeaderMap,
    pub(crate) answer: Bytes,
}

impl Exchange {
    /// Content type of the request, without its parameters, in lower case.
    pub(crate) fn request_media(&self) -> String {
        media(&self.headers)
    }

    /// Content type of the answer, without its parameters, in lower case.
    pub(crate) fn answer_media(&self) -> String {
        media(&self.answer_headers)
    }
}

fn media(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_lowercase()
}

/// The proxy.
pub(crate) struct Recorder {
    address: SocketAddr,
    upstream: Arc<OnceLock<String>>,
    tape: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    /// A proxy that listens and does not know yet where to.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (upstream, tape) = (Arc::new(OnceLock::<String>::new()), Arc::new(Mutex::new(Vec::new())));
        let (to, kept) = (Arc::clone(&upstream), Arc::clone(&tape));
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([])
            .build()
            .unwrap();
        let router = Router::new().fallback(move |request: Request| {
            let (client, to, kept) = (client.clone(), Arc::clone(&to), Arc::clone(&kept));
            async move { pass(request, &client, to.get().unwrap(), &kept).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, upstream, tape }
    }

    /// Whom to pass requests on to, such as `http://127.0.0.1:8090`. Once.
    pub(crate) fn pass_on_to(&self, upstream: &str) {
        self.upstream.set(upstream.trim_end_matches('/').to_owned()).unwrap();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has passed so far, in the order of the answers.
    pub(crate) fn tape(&self) -> Vec<Exchange> {
        self.tape.lock().unwrap().clone()
    }
}

/// Pass a request on. Where no answer comes this panics, and the connection ends as it did there.
async fn pass(request: Request, client: &reqwest::Client, upstream: &str, tape: &Mutex<Vec<Exchange>>) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut headers = parts.headers.clone();
    // Those are about the connection, and the answer is to come as it can be read.
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::ACCEPT_ENCODING] {
        headers.remove(name);
    }
    let url = format!("{upstream}{}", parts.uri);
    let sent = client.request(parts.method.clone(), url).headers(headers).body(body.clone()).send().await.unwrap();
    let (status, mut answer_headers) = (sent.status(), sent.headers().clone());
    let answer = sent.bytes().await.unwrap();
    tape.lock().unwrap().push(Exchange {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        status: status.as_u16(),
        answer_headers: answer_headers.clone(),
        answer: answer.clone(),
    });
    answer_headers.remove(header::TRANSFER_ENCODING);
    answer_headers.remove(header::CONNECTION);
    let mut response = Response::new(Body::from(answer));
    (*response.status_mut(), *response.headers_mut()) = (status, answer_headers);
    response
}
