//! `/hooks/{source}`: verify, store, answer. The work is done later.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tokio::time::timeout;
use tracing::{debug, info, warn};

use crate::app::App;
use crate::auth::{Incoming, Reject};
use crate::config::Source;
use crate::connector::{Probe, Reply};
use crate::store::Accepted;

/// Seconds after which a sender may try again when the cause is ours.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
/// How long the store may take. Shorter than the limit of a whole request, whose answer would blame the sender.
const STORE_LIMIT: Duration = Duration::from_secs(9);

/// Checks in the order of the contract: source 404, method 405, size 413, authentication 401, store 503; then 200.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    source: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A name that cannot be decoded is the name of no source.
    let Some(source) = source.ok().and_then(|Path(name)| app.config.sources.get(&name)) else {
        // The name that was asked for is anybody's text, so it is no label.
        app.metrics.refused("", "unknown_source");
        return StatusCode::NOT_FOUND.into_response();
    };
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    let probe = Probe { method: &head.method, query, headers: &head.headers, body: &[] };
    if let Some(Reply { answer, .. }) = source.connector.handshake(probe) {
        debug!(source = source.name, "answered a handshake");
        return (answer.status, answer.headers, answer.body).into_response();
    }
    if head.method != http::Method::POST {
        app.metrics.refused(&source.name, "method_not_allowed");
        return not_allowed(source);
    }
    let body = match read(body, &head.headers, app.config.server.body_limit).await {
        Ok(body) => body,
        Err(status) => {
            let reason = if status == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "broken_off" };
            app.metrics.refused(&source.name, reason);
            return status.into_response();
        }
    };
    let now = app.clock.now();
    let incoming = Incoming { query: head.uri.query().unwrap_or_default(), headers: &head.headers, body: &body };
    let verified = match app.verify(source, incoming).await {
        Ok(verified) => verified,
        Err(reject) => return refuse(&app, source, reject),
    };
    if app.is_stopping() {
        return unavailable();
    }
    match timeout(STORE_LIMIT, app.store.accept(&source.name, verified, now)).await {
        Ok(Ok(accepted)) => accept(&app, source, accepted),
        Ok(Err(error)) => {
            warn!(source = source.name, %error, "cannot store a request; answered 503");
            unavailable()
        }
        Err(_) => {
            warn!(source = source.name, "the store takes too long to store a request; answered 503");
            unavailable()
        }
    }
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

fn not_allowed(source: &Source) -> Response {
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
