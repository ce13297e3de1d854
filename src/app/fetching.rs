//! What asks the platforms of sources for what their webhooks leave out.
//!
//! Credentials in files are read again when the platform does not take those that are known.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value as Json;
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::App;
use super::keys::text;
use crate::config::{Config, SecretPlace, Source, SourceFetch};
use crate::connector::Call;
use crate::fetch::{FetchError, Fetcher, Settings, SetupError};
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

/// A platform as it is asked while the program runs.
pub(super) struct Desk {
    fetcher: Fetcher,
    /// What it was told last. Whoever reads the files has it: the others wait for what was found.
    told: Mutex<SourceFetch>,
    /// How often other credentials were found.
    renewals: AtomicU64,
}

/// Why there is no answer of a platform.
pub enum Unanswered {
    /// The source does not say how to ask.
    Unasked,
    /// The call failed.
    Failed {
        /// How.
        error: FetchError,
        /// Why the credentials could not be read again, where that was tried: a sentence without a secret.
        trouble: Option<String>,
    },
}

impl App {
    /// Sources whose platforms are to be left alone for a while. Many questions would each find out anew why.
    #[must_use]
    pub fn resting(&self) -> Vec<String> {
        let resting = self.desks.iter().filter(|(_, desk)| desk.fetcher.is_resting());
        resting.map(|(name, _)| name.clone()).collect()
    }

    /// Ask the platform of a source. Where it does not take the credentials, those in files are read again, and with others
    /// it is asked once more.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn ask(&self, source: &Source, call: &Call) -> Result<Json, Unanswered> {
        let desk = self.desks.get(&source.name).ok_or(Unanswered::Unasked)?;
        let before = desk.renewals.load(Ordering::Acquire);
        let error = match desk.fetcher.ask(call).await {
            Err(error) if error.is_about_credentials() => error,
            answer => return answer.map_err(|error| Unanswered::Failed { error, trouble: None }),
        };
        let trouble = desk.renew(source, &self.keys.base).await.err();
        if let Some(what) = &trouble {
            warn!(source = source.name, what, "credentials cannot be read again; those known so far stay");
        }
        if desk.renewals.load(Ordering::Acquire) == before {
            return Err(Unanswered::Failed { error, trouble });
        }
        info!(source = source.name, "credentials have changed; the platform is asked with the new ones");
        desk.fetcher.ask(call).await.map_err(|error| Unanswered::Failed { error, trouble })
    }
}

impl Desk {
    /// Read the credentials that are kept in files.
    async fn renew(&self, source: &Source, base: &Path) -> Result<(), String> {
        let mut told = self.told.lock().await;
        let file = |(key, place): &(String, SecretPlace)| match place {
            SecretPlace::File(path) => Some((key.clone(), base.join(path))),
            SecretPlace::Env(_) => None,
        };
        let files: Vec<_> = source.fetch_outline.secrets.iter().filter_map(file).collect();
        let read = move || files.into_iter().map(|(key, path)| Ok((key, text(&path)?))).collect();
        let found: Result<Vec<_>, String> =
            tokio::task::spawn_blocking(read).await.map_err(|_| "reading failed".to_owned())?;
        let mut new = told.clone();
        let mut is_other = false;
        for (key, secret) in found? {
            is_other |= new.replace(&key, secret);
        }
        if is_other {
            let renewed = self.fetcher.renew(new.credentials.clone(), &new.secret_headers);
            renewed.map_err(|error| error.to_string())?;
            *told = new;
            self.renewals.fetch_add(1, Ordering::AcqRel);
        }
        Ok(())
    }
}

/// Those of all sources that ask and whose secrets are known.
pub(super) fn desks(
    config: &Config,
    metrics: &Metrics,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Desk>, SetupError> {
    let mut desks = BTreeMap::new();
    for (name, source) in &config.sources {
        let Some(fetch) = &source.fetch else { continue };
        let (counts, label) = (metrics.clone(), name.clone());
        let observer = Arc::new(move |outcome| counts.fetched(&label, outcome));
        let fetcher = fetcher(name, fetch, clock)?.with_observer(observer);
        desks.insert(name.clone(), Desk { fetcher, told: Mutex::new(fetch.clone()), renewals: AtomicU64::default() });
    }
    Ok(desks)
}
