//! The admin listener: metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use tracing::warn;

use crate::app::{App, Halts};
use crate::store::{Stats, StoreError};
use crate::telemetry::{CONTENT_TYPE, PortalGauges};

/// Counters as they stand, gauges read from the store at this moment.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let (stats, halts) = match read(&app).await {
        Ok(found) => found,
        Err(error) => {
            warn!(%error, "cannot read counts for metrics");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let now = app.clock.now();
    let age = stats.oldest_ready.map_or(0.0, |due| now.duration_since(due).as_secs_f64().max(0.0));
    app.metrics.set_jobs(stats.jobs.iter().map(|(kind, state, count)| (kind.as_str(), *state, *count)));
    app.metrics.set_plans(stats.plans.iter().map(|(kind, count)| (kind.as_str(), *count)));
    app.metrics.set_oldest_ready(age);
    for portal in &app.config.portals {
        let Some(client) = app.portals.get(&portal.name) else { continue };
        let usage = client.usage();
        let gauges = PortalGauges {
            paused: client.pause_state().is_some(),
            reads_running: usage.reads_running,
            writes_running: usage.writes_running,
            waiting: usage.waiting,
            writes_today: usage.writes_today,
            writes_limit: portal.limits.writes_per_day,
        };
        app.metrics.set_portal(&portal.name, gauges);
        app.metrics.set_paused_by_hand(&portal.name, halts.at(&portal.name).is_some());
    }
    for ((portal, source), state) in app.webhooks.all() {
        let left = state.disabled_from.map(|end| end.duration_since(now).as_secs_f64().max(0.0));
        app.metrics.set_webhook(&portal, &source, state.is_healthy, left);
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.encode()).into_response()
}

async fn read(app: &App) -> Result<(Stats, Halts), StoreError> {
    let halts = Halts::read(&app.store, app.portals.keys().map(String::as_str)).await?;
    Ok((app.store.stats().await?, halts))
}
