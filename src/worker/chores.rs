//! What is to be done beside the jobs, now and then.

use std::sync::Arc;

use tracing::{info, warn};

use crate::actions;
use crate::app::App;
use crate::erase;
use crate::store::{Pruned, Retention};

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
    let retention = Retention { done_days: kept.bodies_days, held_days: kept.held_days, jobs_days: kept.jobs_days };
    match app.store.prune(retention, app.clock.now()).await {
        Ok(Pruned { bodies: 0, keys: 0, jobs: 0 }) => {}
        Ok(Pruned { bodies, keys, jobs }) => info!(bodies, keys, jobs, "removed what retention no longer keeps"),
        Err(error) => warn!(%error, "cannot prune"),
    }
    match erase::leavers(&app).await {
        Ok(0) => {}
        Ok(people) => info!(people, "forgot people who left, as [retention] leavers_days says"),
        Err(error) => warn!(%error, "cannot forget people who left"),
    }
    // Also after `usher people forget`, where that could not do it.
    if let Ok(true) = app.store.is_scrub_due().await
        && let Err(error) = app.store.scrub().await
    {
        warn!(%error, "the store cannot be written anew; what was erased may be left in gaps of its file. Trying again");
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
