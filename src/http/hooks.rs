//! `/hooks/{source}`: verify, store, answer. The work is done later.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use tokio::time::timeout;
use tracing::{debug, info, warn};

use crate::app::App;
use crate::auth::{Incoming, Reject, Verified};
use crate::config::Source;
use crate::connector::{Probe, Reply};
use crate::store::{Accepted, StoreError};

/// Seconds after which a sender may try again when the cause is ours.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
/// The same where a source waits for its secret, which people have to bring.
const RETRY_SECRET: HeaderValue = HeaderValue::from_static("60");
/// How long the store may take. Shorter than the limit of a whole request, whose answer would blame the sender.
const STORE_LIMIT: Duration = Duration::from_secs(9);
/// What the way back of an answer may take.
const WAY_BACK: Duration = Duration::from_millis(500);
/// What the store is given at least, however impatient the sender is.
const STORE_LEAST: Duration = Duration::from_secs(1);

/// A request to a known source, with a method that it uses, read as far as it is to be.
struct Call<'a> {
    app: &'a App,
    source: &'a Source,
    head: Parts,
    /// Empty unless the method is POST.
    body: Bytes,
    arrived: Instant,
}

/// Checks in the order of the contract: source 404, method 405, size 413; handshakes are answered here; then
/// authentication 401, store 503, and 200.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    source: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let arrived = Instant::now();
    // A name that cannot be decoded is the name of no source.
    let Some(source) = source.ok().and_then(|Path(name)| app.config.sources.get(&name)) else {
        // The name that was asked for is anybody's text, so it is no label.
        app.metrics.refused("", "unknown_source");
        return StatusCode::NOT_FOUND.into_response();
    };
    let (head, body) = request.into_parts();
    if !source.connector.takes(&head.method) {
        return not_allowed(&app, source);
    }
    let body = if head.method == Method::POST {
        match read(body, &head.headers, app.config.server.body_limit).await {
            Ok(body) => body,
            Err(status) => {
                let reason = if status == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "broken_off" };
                app.metrics.refused(&source.name, reason);
                return status.into_response();
            }
        }
    } else {
        Bytes::new()
    };
    let call = Call { app: &app, source, head, body, arrived };
    match call.handshake() {
        Some(reply) => call.shake_hands(reply).await,
        None if call.head.method == Method::POST => call.take().await,
        // Other methods serve handshakes alone.
        None => not_allowed(&app, source),
    }
}

impl Call<'_> {
    fn handshake(&self) -> Option<Reply<'_>> {
        let Parts { method, headers, .. } = &self.head;
        self.source.connector.handshake(Probe { method, query: self.query(), headers, body: &self.body })
    }

    fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// Answer a handshake; a secret that it tells is on the disk before.
    async fn shake_hands(&self, reply: Reply<'_>) -> Response {
        let Self { app, source, .. } = self;
        if reply.handshake.is_verified
            && let Err(refused) = self.verify().await
        {
            return refused;
        }
        if let Some(secret) = reply.secret {
            let kept = app.store.keep_told_secret(&source.name, secret, app.clock.now());
            if let Err(refused) = self.stored(kept).await {
                return refused;
            }
            info!(
                source = source.name,
                "the platform, or somebody who knows the address, has told a secret; `usher sources` says what to do with it"
            );
        }
        app.metrics.handshake(&source.name);
        debug!(source = source.name, method = %self.head.method, "answered a handshake");
        // Bytes alone would bring a content type of their own.
        (reply.answer.status, reply.answer.headers, Body::from(reply.answer.body)).into_response()
    }

    /// Take in a webhook.
    async fn take(&self) -> Response {
        let Self { app, source, .. } = self;
        let now = app.clock.now();
        let verified = match self.verify().await {
            Ok(verified) => verified,
            Err(refused) => return refused,
        };
        match self.stored(app.store.accept(&source.name, verified, now)).await {
            Ok(accepted) => accept(app, source, accepted),
            Err(refused) => refused,
        }
    }

    async fn verify(&self) -> Result<Verified, Response> {
        let Self { app, source, .. } = self;
        if app.awaits_secret(source).await {
            app.metrics.refused(&source.name, "awaiting_secret");
            debug!(source = source.name, "the source waits for its secret; answered 503");
            return Err((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_SECRET)]).into_response());
        }
        let incoming = Incoming { query: self.query(), headers: &self.head.headers, body: &self.body };
        app.verify(source, incoming).await.map_err(|reject| refuse(app, source, reject))
    }

    /// What the store says, within the time there is.
    async fn stored<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, Response> {
        if self.app.is_stopping() {
            return Err(unavailable());
        }
        let limit = store_limit(self.source.connector.sender.deadline, self.arrived.elapsed());
        let source = &self.source.name;
        match timeout(limit, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                warn!(source, %error, "cannot store a request; answered 503");
                Err(unavailable())
            }
            Err(_) => {
                warn!(source, "the store takes too long to store a request; answered 503");
                Err(unavailable())
            }
        }
    }
}

/// How long the store may take, so that a sender who waits only so long gets the answer before it gives up.
fn store_limit(deadline: Option<Duration>, gone: Duration) -> Duration {
    let left = deadline.map_or(STORE_LIMIT, |deadline| deadline.saturating_sub(gone + WAY_BACK));
    left.clamp(STORE_LEAST, STORE_LIMIT)
}

async fn read(body: Body, headers: &http::HeaderMap, limit: usize) -> Result<Bytes, StatusCode> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    to_bytes(body, limit).await.map_err(|error| {
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            if error.is::<http_body_util::LengthLimitError>() {
                return StatusCode::PAYLOAD_TOO_LARGE;
            }
            cause = error.source();
        }
        StatusCode::REQUEST_TIMEOUT
    })
}

fn not_allowed(app: &App, source: &Source) -> Response {
    app.metrics.refused(&source.name, "method_not_allowed");
    let methods: Vec<_> = source.connector.methods().iter().map(ToString::to_string).collect();
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, methods.join(", "))]).into_response()
}

fn refuse(app: &App, source: &Source, reject: Reject) -> Response {
    app.metrics.refused(&source.name, reject.code());
    warn!(source = source.name, reason = reject.code(), "refused a request");
    StatusCode::UNAUTHORIZED.into_response()
}

fn accept(app: &App, source: &Source, accepted: Accepted) -> Response {
    match accepted {
        Accepted::New(id) | Accepted::Restarted(id) => {
            app.metrics.accepted(&source.name);
            app.wake.notify_one();
            debug!(source = source.name, delivery = id.0, "accepted");
        }
        Accepted::Seen(id) => {
            app.metrics.seen(&source.name);
            info!(source = source.name, delivery = id.0, "seen before");
        }
    }
    source.connector.answer.into_response()
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER)]).into_response()
}
