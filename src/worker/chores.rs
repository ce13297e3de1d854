//! What is to be done beside the jobs, now and then.

use std::sync::Arc;

use tracing::{info, warn};

use crate::actions;
use crate::app::App;
use crate::store::Retention;

/// Ask the paused portals again.
pub(super) async fn probe(app: Arc<App>) {
    for portal in app.portals.values().filter(|portal| portal.probe_due(app.clock.now())) {
        match portal.probe().await {
            Ok(()) => info!(portal = portal.name(), "the portal answers again; going on"),
            Err(error) => warn!(portal = portal.name(), %error, "the portal is still paused"),
        }
    }
}

/// Remove what retention no longer keeps.
pub(super) async fn prune(app: Arc<App>) {
    let kept = app.config.retention;
    let retention = Retention { done_days: kept.bodies_days, held_days: kept.held_days };
    match app.store.prune(retention, app.clock.now()).await {
        Ok(pruned) if pruned.bodies + pruned.keys > 0 => {
            info!(bodies = pruned.bodies, keys = pruned.keys, "removed what retention no longer keeps");
        }
        Ok(_) => {}
        Err(error) => warn!(%error, "cannot prune"),
    }
}

/// Let congratulations that were refused go on, where the configuration has another way for them now.
pub(super) async fn reconsider(app: &App) {
    match actions::reconsider(app).await {
        Ok(0) => {}
        Ok(jobs) => info!(jobs, "congratulations that were refused go on as configured now"),
        Err(error) => warn!(%error, "cannot look at the congratulations that were refused"),
    }
}
