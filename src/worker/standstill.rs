//! Where no work is to be begun: at portals that are out of use, and where people have stopped it by hand.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{info, warn};

use super::signed;
use crate::app::{App, Halts};
use crate::docspace::Client;
use crate::retry::OUTAGE_LIMIT;
use crate::store::StoreError;

/// How often it is looked whether somebody has stopped or resumed work.
const LOOK: Duration = Duration::from_secs(1);

/// What people have stopped, as it was seen last.
#[derive(Default)]
pub(super) struct Standstill {
    halts: Halts,
    looked_at: Option<Instant>,
}

/// Where nothing is to be begun.
pub(super) struct Still {
    pub(super) everywhere: bool,
    pub(super) portals: Vec<String>,
}

impl Standstill {
    /// Where nothing is to be begun now. While that cannot be told, nothing is.
    pub(super) async fn look(&mut self, app: &App, now: Timestamp) -> Result<Still, StoreError> {
        if self.looked_at.is_none_or(|at| at.elapsed() >= LOOK) {
            let halts = Halts::read(&app.store, app.portals.keys().map(String::as_str)).await?;
            tell(app, &self.halts, &halts);
            self.halts = halts;
            self.looked_at = Some(Instant::now());
        }
        let is_still = |(name, portal): &(&String, &Client)| self.halts.at(name).is_some() || is_paused(portal, now);
        let portals: Vec<_> = app.portals.iter().filter(is_still).map(|(name, _)| name.clone()).collect();
        let all = !portals.is_empty() && portals.len() == app.portals.len();
        Ok(Still { everywhere: all || self.halts.everywhere.is_some(), portals })
    }
}

/// A paused portal is left alone; but when an outage has lasted so long that jobs end of it, they have to be tried.
fn is_paused(portal: &Client, now: Timestamp) -> bool {
    portal.pause_state().is_some_and(|pause| now.duration_since(pause.since) < signed(OUTAGE_LIMIT))
}

/// Say what has changed.
fn tell(app: &App, before: &Halts, now: &Halts) {
    for portal in app.portals.keys() {
        match (before.at(portal), now.at(portal)) {
            (None, Some(_)) => warn!(portal, "paused by hand: no work is begun there until `usher resume`"),
            (Some(_), None) => info!(portal, "resumed by hand"),
            _ => {}
        }
    }
}
