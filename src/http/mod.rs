//! The two listeners: webhooks and health on the public one, metrics on the admin one.

mod admin;
mod hooks;
mod ops;
mod server;

pub use server::{Listener, ServeError};

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get};

use crate::app::App;

/// Routes of the public listener.
pub fn public(app: Arc<App>) -> Router {
    Router::new()
        .route("/hooks/{source}", any(hooks::receive))
        .route("/healthz", get(ops::alive))
        .route("/readyz", get(ops::ready))
        .with_state(app)
}

/// Routes of the admin listener.
pub fn admin(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(admin::metrics)).with_state(app)
}
