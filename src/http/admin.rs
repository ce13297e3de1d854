//! The admin listener: metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use tracing::warn;

use crate::app::App;
use crate::telemetry::Gauges;

/// Counters as they stand, gauges read from the store at this moment.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let stats = match app.store.stats().await {
        Ok(stats) => stats,
        Err(error) => {
            warn!(%error, "cannot read counts for metrics");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let now = app.clock.now();
    let gauges = Gauges {
        jobs: stats.jobs.iter().map(|(kind, state, count)| (kind.clone(), state.as_str(), *count)).collect(),
        oldest_ready: stats.oldest_ready.map(|due| now.duration_since(due).as_secs_f64().max(0.0)).unwrap_or_default(),
        portal_paused: app.portal.as_ref().is_some_and(|portal| portal.pause_state().is_some()),
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.encode(&gauges)).into_response()
}
