//! Health: does the process live, can it store.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use tracing::warn;

use crate::app::App;

pub(super) async fn alive() -> StatusCode {
    StatusCode::OK
}

/// 200 when a webhook could be stored now.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let stored = app.store.check_writable().await;
    match stored {
        Ok(()) if !app.is_stopping() => StatusCode::OK.into_response(),
        other => {
            if let Err(error) = other {
                warn!(%error, "not ready");
            }
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
        }
    }
}
