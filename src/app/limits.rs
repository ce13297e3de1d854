//! What was asked of the portals before the program started: their limits hold across restarts.

use std::collections::BTreeMap;

use tracing::warn;

use super::App;
use crate::docspace::Kept;
use crate::ledger::Keys;
use crate::store::Change;

/// Counters of one portal under this name and that of the portal.
const NAME: &str = "limits/";

impl App {
    /// Let every portal's limits go on from what was counted last. Where the store fails, they begin anew: the portal
    /// itself then says when enough was asked of it.
    pub async fn recall_limits(&self) {
        for (name, portal) in &self.portals {
            match self.store.recall::<Kept>(&format!("{NAME}{name}")).await {
                Ok(Some(kept)) => portal.restore(kept),
                Ok(None) => {}
                Err(error) => warn!(portal = name, %error, "what was asked of the portal before cannot be read"),
            }
        }
    }

    /// Keep what was counted and is not in `known` yet.
    pub async fn remember_limits(&self, known: &mut BTreeMap<String, Kept>) {
        let mut change = Change::default();
        let mut counted = BTreeMap::new();
        for (name, portal) in &self.portals {
            let kept = portal.usage().kept();
            let is_nothing = kept.writes_today == 0 && kept.sensitive.is_empty();
            if known.get(name).map_or(is_nothing, |known| *known == kept) {
                continue;
            }
            change.remember.push((format!("{NAME}{name}"), serde_json::json!(kept)));
            counted.insert(name.clone(), kept);
        }
        if counted.is_empty() {
            return;
        }
        let remembered = self.store.write(Keys::default(), false, self.clock.now(), move |_| (change, ()));
        match remembered.await {
            Ok(()) => known.extend(counted),
            Err(error) => warn!(%error, "what was asked of the portals cannot be kept; trying again"),
        }
    }
}
