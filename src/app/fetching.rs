//! What asks the platforms of sources for what their webhooks leave out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::App;
use crate::config::{Config, SourceFetch};
use crate::fetch::{Fetcher, Settings, SetupError};
use crate::model::Clock;
use crate::telemetry::Metrics;

/// What asks the platform of the source of this name.
///
/// # Errors
/// An address or a credential cannot be used, or TLS cannot be set up.
pub fn fetcher(name: &str, fetch: &SourceFetch, clock: &Arc<dyn Clock>) -> Result<Fetcher, SetupError> {
    let SourceFetch { base, allow, credentials, secret_headers, per_minute, timeout } = fetch.clone();
    let source = name.to_owned();
    let settings = Settings { source, base, allow, credentials, secret_headers, per_minute, timeout };
    Fetcher::new(settings, Arc::clone(clock))
}

impl App {
    /// Sources whose platforms are to be left alone for a while. Many questions would each find out anew why.
    #[must_use]
    pub fn resting(&self) -> Vec<String> {
        let resting = self.fetchers.iter().filter(|(_, fetcher)| fetcher.is_resting());
        resting.map(|(name, _)| name.clone()).collect()
    }
}

/// Those of all sources that ask and whose secrets are known.
pub(super) fn fetchers(
    config: &Config,
    metrics: &Metrics,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Fetcher>, SetupError> {
    let mut fetchers = BTreeMap::new();
    for (name, source) in &config.sources {
        let Some(fetch) = &source.fetch else { continue };
        let (counts, label) = (metrics.clone(), name.clone());
        let observer = Arc::new(move |outcome| counts.fetched(&label, outcome));
        fetchers.insert(name.clone(), fetcher(name, fetch, clock)?.with_observer(observer));
    }
    Ok(fetchers)
}
