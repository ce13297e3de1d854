//! What every call passes: it is noted, may meet a fault, needs the key, and gets its envelope.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::fault::{DropPoint, hang_up};
use super::wire::{Reply, finish};
use super::{API, Sandbox, scope};

/// Prefix of the control interface, which is neither noted nor guarded.
const CONTROL: &str = "/_sandbox";

/// Lead a call to its handler.
///
/// The work runs in a task of its own: as on the real server, a client that goes away does not take it back.
pub(super) async fn pass(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if path.starts_with(CONTROL) {
        return finish(next.run(request).await, &method, &path);
    }
    let call = sandbox.change(|portal, now| portal.called(&method, &path, now));
    let task = tokio::spawn(async move {
        let answer = answer(&sandbox, request, next).await;
        if let Some(response) = &answer {
            sandbox.change(|portal, _| portal.answered(call, response.status().as_u16()));
        }
        answer
    });
    match task.await {
        Ok(answer) => answer.unwrap_or_else(hang_up),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The answer; `None` where the connection is to be closed instead.
async fn answer(sandbox: &Sandbox, request: Request, next: Next) -> Option<Response> {
    let fault = sandbox.change(|portal, _| portal.take_fault(request.method(), request.uri().path()));
    let Some(fault) = fault else {
        return Some(work(sandbox, request, next).await);
    };
    if let Some(delay) = fault.delay() {
        tokio::time::sleep(delay).await;
    }
    if fault.drop == Some(DropPoint::Before) {
        return None;
    }
    if fault.drop == Some(DropPoint::After) {
        work(sandbox, request, next).await;
        return None;
    }
    match fault.answer() {
        Ok(Some(response)) => Some(response),
        // A fault that cannot be answered was refused when it was ordered.
        Ok(None) | Err(_) => Some(work(sandbox, request, next).await),
    }
}

async fn work(sandbox: &Sandbox, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let href = format!("{}{}", origin(request.headers()), request.uri());
    let response = match admit(sandbox, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    finish(response, &method, &href)
}

/// Whether the key is there, is the right one and covers the call.
fn admit(sandbox: &Sandbox, request: &Request) -> Result<(), Reply> {
    let Some(path) = request.uri().path().strip_prefix(API) else {
        return Ok(());
    };
    let has_key = has_key(sandbox, request.headers());
    let permissions = &sandbox.inner.settings.permissions;
    if scope::is_anonymous(request.method(), path) {
        // Nobody is asked for a key here, yet a key without the scope is turned away.
        let refused =
            path == "/portal/sendcongratulations" && has_key && !scope::covers(permissions, request.method(), path);
        return if refused { Err(Reply::Empty(StatusCode::FORBIDDEN)) } else { Ok(()) };
    }
    if !has_key {
        return Err(Reply::Empty(StatusCode::UNAUTHORIZED));
    }
    if scope::covers(permissions, request.method(), path) { Ok(()) } else { Err(Reply::Empty(StatusCode::FORBIDDEN)) }
}

/// Exactly `Authorization: Bearer <key>`: the word in this case, one space. A bare key is none.
pub(super) fn has_key(sandbox: &Sandbox, headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    value.as_bytes().strip_prefix(b"Bearer ").is_some_and(|key| key == sandbox.inner.settings.api_key.as_bytes())
}

/// Scheme and host the client used, for the addresses in answers.
pub(super) fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or(super::DEFAULT_ADDRESS);
    format!("http://{host}")
}
