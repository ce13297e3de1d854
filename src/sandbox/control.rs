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
use super::account::Account;
use super::fault::Fault;
use super::person::{ActivateError, JoinError, Joining};
use super::portal::{Call, Mail};
use super::request::read;
use super::smtp_fault::SmtpFault;
use super::standing::Condition;
use crate::model::Timestamp;

/// Everything a sandbox has to tell.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The key it takes.
    pub api_key: String,
    /// The accounts without the key's owner, oldest first.
    pub users: Vec<User>,
    /// Letters, oldest first.
    pub mails: Vec<Mail>,
    /// Calls, oldest first.
    pub calls: Vec<Call>,
}

/// An account as the control interface shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// GUID.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// 1 active, 2 terminated, 4 pending.
    pub status: u8,
    /// Flags: 1 activated, 2 pending.
    pub activation_status: u8,
    /// Empty until somebody invited has registered.
    pub first_name: String,
    /// As `first_name`.
    pub last_name: String,
    /// User name.
    pub user_name: String,
    /// `User`, `Guest`, `RoomAdmin` or `DocSpaceAdmin`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<&Account> for User {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email.clone(),
            status: account.status,
            activation_status: account.activation,
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            user_name: account.user_name.clone(),
            kind: account.kind.name().to_owned(),
            created_at: account.created_at,
        }
    }
}

impl Sandbox {
    /// What is there and what happened.
    #[must_use]
    pub fn state(&self) -> State {
        self.change(|portal, _| State {
            api_key: self.inner.settings.api_key.clone(),
            users: portal.directory.iter().filter(|account| !account.is_owner).map(User::from).collect(),
            mails: portal.mails.clone(),
            calls: portal.calls.values().cloned().collect(),
        })
    }
}

/// The control calls; JSON without a login.
pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/state", get(async |Shared(sandbox): Shared<Sandbox>| Json(sandbox.state())))
        .route("/people/{id}/activate", post(activate))
        .route("/join", post(join))
        .route("/faults", post(add_fault))
        .route("/condition", post(set_condition))
        .route("/reset", post(reset))
}

fn refusal(status: StatusCode, message: impl std::fmt::Display) -> Response {
    (status, Json(json!({ "error": message.to_string() }))).into_response()
}

async fn activate(Shared(sandbox): Shared<Sandbox>, Path(id): Path<String>) -> Response {
    match sandbox.activate(&id).await {
        Ok(user) => Json(user).into_response(),
        Err(error @ ActivateError::Unknown) => refusal(StatusCode::NOT_FOUND, error),
        Err(error @ (ActivateError::Active | ActivateError::Disabled)) => refusal(StatusCode::CONFLICT, error),
    }
}

async fn join(Shared(sandbox): Shared<Sandbox>, body: Bytes) -> Response {
    let joining: Joining = match read(&body) {
        Ok(joining) => joining,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, error),
    };
    match sandbox.join(&joining).await {
        Ok(user) => Json(user).into_response(),
        Err(error @ JoinError::Unknown) => refusal(StatusCode::NOT_FOUND, error),
        Err(error @ JoinError::Refused) => refusal(StatusCode::BAD_REQUEST, error),
        Err(error @ (JoinError::Over | JoinError::Known)) => refusal(StatusCode::CONFLICT, error),
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
