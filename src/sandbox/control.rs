//! `/_sandbox`: what happened, and the orders that tests and demos give.

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Sandbox;
use super::fault::Fault;
use super::joining::{JoinError, Joining};
use super::person::ActivateError;
use super::request::{Params, read};
use super::smtp_fault::SmtpFault;
use super::standing::Condition;

/// The control calls; JSON without a login.
pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/state", get(async |Shared(sandbox): Shared<Sandbox>| Json(sandbox.state())))
        .route("/people/{id}/activate", post(activate))
        .route("/join", post(join))
        .route("/groups", post(add_group))
        .route("/rooms", post(add_room))
        .route("/inviting", post(allow_inviting))
        .route("/faults", post(add_fault))
        .route("/condition", post(set_condition))
        .route("/reset", post(reset))
}

fn refusal(status: StatusCode, message: impl std::fmt::Display) -> Response {
    (status, Json(json!({ "error": message.to_string() }))).into_response()
}

/// `?silently=true` is the way without a webhook.
async fn activate(Shared(sandbox): Shared<Sandbox>, Path(id): Path<String>, params: Params) -> Response {
    let is_silent = params.get("silently").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let outcome = if is_silent { sandbox.activate_silently(&id).await } else { sandbox.activate(&id).await };
    match outcome {
        Ok(user) => Json(user).into_response(),
        Err(error @ ActivateError::Unknown) => refusal(StatusCode::NOT_FOUND, error),
        Err(error) => refusal(StatusCode::CONFLICT, error),
    }
}

async fn join(Shared(sandbox): Shared<Sandbox>, body: Bytes) -> Response {
    let joining: Joining = match read(&body) {
        Ok(joining) => joining,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, error),
    };
    match sandbox.join(&joining).await {
        Ok(user) => Json(user).into_response(),
        Err(error) => {
            let status = match error {
                JoinError::Unknown => StatusCode::NOT_FOUND,
                JoinError::Refused => StatusCode::BAD_REQUEST,
                JoinError::Closed => StatusCode::FORBIDDEN,
                JoinError::Over | JoinError::Known | JoinError::Full => StatusCode::CONFLICT,
            };
            refusal(status, error)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    name: String,
}

async fn add_group(Shared(sandbox): Shared<Sandbox>, body: Bytes) -> Response {
    match read::<NewGroup>(&body) {
        Ok(new) => Json(json!({ "id": sandbox.add_group(&new.name), "name": new.name })).into_response(),
        Err(error) => refusal(StatusCode::BAD_REQUEST, error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRoom {
    title: String,
}

async fn add_room(Shared(sandbox): Shared<Sandbox>, body: Bytes) -> Response {
    let new: NewRoom = match read(&body) {
        Ok(new) => new,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, error),
    };
    let id = sandbox.add_room(&new.title);
    Json(sandbox.state().rooms.into_iter().find(|room| room.id == id)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inviting {
    members: bool,
    guests: bool,
}

async fn allow_inviting(Shared(sandbox): Shared<Sandbox>, body: Bytes) -> Response {
    match read::<Inviting>(&body) {
        Ok(inviting) => {
            sandbox.allow_inviting(inviting.members, inviting.guests);
            Json(json!({})).into_response()
        }
        Err(error) => refusal(StatusCode::BAD_REQUEST, error),
    }
}

/// A fault of the API, or with `smtp` one of the mail catcher.
async fn add_fault(Shared(sandbox): Shared<Sandbox>, body: Bytes) -> Response {
    if read::<Value>(&body).is_ok_and(|order| order.get("smtp").is_some()) {
        return match read::<SmtpFault>(&body) {
            Ok(fault) => {
                sandbox.add_smtp_fault(fault);
                Json(fault).into_response()
            }
            Err(error) => refusal(StatusCode::BAD_REQUEST, error),
        };
    }
    let fault: Fault = match read(&body) {
        Ok(fault) => fault,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, error),
    };
    match sandbox.add_fault(fault.clone()) {
        Ok(()) => Json(fault).into_response(),
        Err(error) => refusal(StatusCode::BAD_REQUEST, error),
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ordered {
    condition: Condition,
}

async fn set_condition(Shared(sandbox): Shared<Sandbox>, body: Bytes) -> Response {
    match read::<Ordered>(&body) {
        Ok(ordered) => {
            sandbox.set_condition(ordered.condition);
            Json(ordered).into_response()
        }
        Err(error) => refusal(StatusCode::BAD_REQUEST, error),
    }
}

async fn reset(Shared(sandbox): Shared<Sandbox>) -> Json<serde_json::Value> {
    sandbox.reset();
    Json(json!({}))
}
