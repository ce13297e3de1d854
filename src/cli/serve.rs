//! `usher serve`: receive and work until told to stop.

use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::app::{self, App, SystemClock};
use crate::config::Needs;
use crate::http::{self, Listener};
use crate::store::Store;
use crate::worker;

use super::output::Failure;

pub(super) async fn run(config: &Path) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::Everything)?;
    let refused = loaded.config.serve_problems();
    if !refused.is_empty() {
        return Err(refused.into());
    }
    for warning in &loaded.config.warnings {
        warn!("{warning}");
    }
    let path = loaded.store_path();
    let public = Listener::bind(loaded.config.server.listen, "[server] listen")?;
    let admin = Listener::bind(loaded.config.admin.listen, "[admin] listen")?;
    let store = Store::open(&path, true).await?;
    let _lock = store.lock()?.ok_or_else(|| {
        Failure::failed(format!(
            "another `usher serve` works on {}; stop it first, or give this one another [store] url",
            path.display()
        ))
    })?;
    let app = App::new(loaded.config, store, Arc::new(SystemClock))?;
    let recovered = app.store.recover(app.clock.now()).await?;
    if recovered > 0 {
        info!(jobs = recovered, "jobs were running when the last server ended; they are ready again");
    }
    info!(listen = %public.address(), admin = %admin.address(), store = %path.display(), "serving");
    tokio::spawn(look_at_portal(Arc::clone(&app)));
    serve(app, public, admin).await
}

async fn serve(app: Arc<App>, public: Listener, admin: Listener) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let (stop_public, stop_admin) = (public.stopper(), admin.stopper());
    let listening = tokio::spawn(public.serve(http::public(Arc::clone(&app))));
    let watching = tokio::spawn(admin.serve(http::admin(Arc::clone(&app))));
    let working = tokio::spawn(worker::run(Arc::clone(&app), stop.clone()));
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => info!("stopping: SIGTERM"),
        _ = interrupt.recv() => info!("stopping: interrupted"),
    }
    app.begin_stop();
    stop.cancel();
    stop_public();
    stop_admin();
    for ended in [listening.await, watching.await] {
        ended.map_err(anyhow::Error::from)??;
    }
    working.await.map_err(anyhow::Error::from)?;
    app.store.close().await;
    info!("stopped");
    Ok(())
}

/// What the network says is a warning here: webhooks are stored whether or not the portal answers.
async fn look_at_portal(app: Arc<App>) {
    let Some(portal) = &app.portal else { return };
    if let Err(error) = portal.owner().await {
        warn!(portal = portal.host(), %error, "the portal does not answer as it should; `usher check` says more");
    }
}
