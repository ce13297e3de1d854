//! `usher serve`: receive and work until told to stop.

use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::app::{self, App, SystemClock};
use crate::config::Needs;
use crate::http::{self, Listener};
use crate::store::Store;
use crate::{watch, worker};

use super::output::Failure;
use super::wait::Signals;

pub(super) async fn run(config: &Path) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::Everything)?;
    let refused = loaded.config.serve_problems();
    if !refused.is_empty() {
        return Err(refused.into());
    }
    for warning in &loaded.config.warnings {
        warn!("{warning}");
    }
    // From here on a signal means an orderly end, also while the store is being opened.
    let signals = Signals::new()?;
    let path = loaded.store_path();
    let public = Listener::bind(loaded.config.server.listen, "[server] listen")?;
    let admin = Listener::bind(loaded.config.admin.listen, "[admin] listen")?;
    let store = Store::open(&path, true).await?;
    let _lock = store.lock()?.ok_or_else(|| {
        Failure::failed(format!(
            "another `usher serve`, or a command that does its work itself, works on {}; stop it or let it finish, or \
             give this one another [store] url",
            path.display()
        ))
    })?;
    let app = App::within(loaded.base, loaded.config, store, Arc::new(SystemClock))?;
    let recovered = app.store.recover(app.clock.now()).await;
    let recovered = recovered.map_err(|error| Failure::failed(format!("the store {}: {error}", path.display())))?;
    if recovered > 0 {
        info!(jobs = recovered, "jobs were running when the last server ended; they are ready again");
    }
    info!(listen = %public.address(), admin = %admin.address(), store = %path.display(), "serving");
    tokio::spawn(look_at_portals(Arc::clone(&app)));
    serve(app, public, admin, signals).await
}

async fn serve(app: Arc<App>, public: Listener, admin: Listener, mut signals: Signals) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let (stop_public, stop_admin) = (public.stopper(), admin.stopper());
    let mut listening = tokio::spawn(public.serve(http::public(Arc::clone(&app))));
    let mut showing = tokio::spawn(admin.serve(http::admin(Arc::clone(&app))));
    let mut working = tokio::spawn(worker::run(Arc::clone(&app), stop.clone()));
    let mut watching = tokio::spawn(watch::run(Arc::clone(&app), stop.clone()));
    tokio::select! {
        signal = signals.received() => info!(signal, "stopping"),
        // Half a server is worse than none: whoever started this one sees it end and can start it anew.
        _ = &mut listening => return Err(Failure::failed("the public listener ended by itself; its log says why")),
        _ = &mut showing => return Err(Failure::failed("the admin listener ended by itself; its log says why")),
        _ = &mut working => return Err(Failure::failed("the worker ended by itself; its log says why")),
        _ = &mut watching => return Err(Failure::failed("the watch over the portals ended by itself; its log says why")),
    }
    app.begin_stop();
    stop.cancel();
    stop_public();
    stop_admin();
    for ended in [listening.await, showing.await] {
        ended.map_err(anyhow::Error::from)??;
    }
    watching.await.map_err(anyhow::Error::from)?;
    working.await.map_err(anyhow::Error::from)?;
    app.store.close().await;
    info!("stopped");
    Ok(())
}

/// What the network says is a warning here: webhooks are stored whether or not the portal answers.
async fn look_at_portals(app: Arc<App>) {
    for portal in app.portals.values() {
        if let Err(error) = portal.owner().await {
            warn!(portal = portal.name(), %error, "the portal does not answer as it should; `usher check` says more");
        }
    }
}
