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

/// The answer; `None` where the connection is to be closed instead. Limits come before everything else.
async fn answer(sandbox: &Sandbox, request: Request, next: Next) -> Option<Response> {
    let _place = match request.uri().path().strip_prefix(API) {
        None => None,
        Some(path) => {
            let is_owner = sandbox.holder(request.headers()).is_some();
            let now = sandbox.inner.settings.clock.now();
            match sandbox.place(is_owner, request.method(), path, now) {
                Ok(place) => Some(place),
                Err(refusal) => return Some(refusal.answer(now)),
            }
        }
    };
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

/// Whether the key is there, works and covers the call, and then whether the portal serves at all.
fn admit(sandbox: &Sandbox, request: &Request) -> Result<(), Reply> {
    let Some(path) = request.uri().path().strip_prefix(API) else {
        return Ok(());
    };
    let method = request.method();
    let holder = sandbox.holder(request.headers());
    let is_anonymous = scope::is_anonymous(method, path);
    if holder.is_none() && !is_anonymous {
        return Err(Reply::Empty(StatusCode::UNAUTHORIZED));
    }
    // Nobody is asked for a key to congratulate, yet a key without the scope is turned away.
    let counts = !is_anonymous || path == "/portal/sendcongratulations";
    if counts && holder.is_some_and(|holder| !scope::covers(holder.permissions, method, path)) {
        return Err(Reply::Empty(StatusCode::FORBIDDEN));
    }
    let condition = sandbox.with_standing(|standing| standing.condition);
    condition.refusal(method, path).map_or(Ok(()), |status| Err(Reply::Empty(status)))
}

/// Scheme and host the client used, for the addresses in answers.
pub(super) fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or(super::DEFAULT_ADDRESS);
    format!("http://{host}")
}
