//! The platforms that are asked for what their webhooks leave out: one line for each source.

use std::sync::Arc;

use super::report::Report;
use crate::app::SystemClock;
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::model::Clock;

/// Each platform: reach, and a token where one is needed. Nobody is asked about.
pub(super) async fn check(report: &mut Report, config: &Config) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for (name, source) in &config.sources {
        let Some(fetch) = &source.fetch else { continue };
        let what = format!("fetch {name}");
        match Fetcher::new(name, fetch.clone(), Arc::clone(&clock)) {
            Ok(fetcher) => report.add(&what, fetcher.check().await.map_err(|error| error.to_string())),
            Err(error) => report.bad(&what, error),
        }
    }
}
