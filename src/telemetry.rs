//! Logs and metrics: how they are written, and every metric name.

mod portals;

pub use portals::PortalGauges;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;

use crate::model::JobState;
use portals::Portals;

/// Environment variable with the log filter, in the notation of `tracing_subscriber::EnvFilter`.
pub const LOG_VARIABLE: &str = "USHER_LOG";
/// The log filter where that variable is unset or empty.
pub const DEFAULT_FILTER: &str = "info";
/// Content type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Libraries whose finer log levels may show proxies, headers or bytes: kept at warnings, whatever the filter's level.
const QUIET: [&str; 4] = ["hyper=warn", "hyper_util=warn", "reqwest=warn", "rustls=warn"];

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter cannot be read.
    #[error(
        "{LOG_VARIABLE} holds no valid log filter ({0}); use a level such as info or debug, or usher::docspace=debug"
    )]
    Filter(String),
    /// Logging was set up before.
    #[error("logging is set up already")]
    Twice,
}

/// Set up logging to stderr for the whole process: readable on a terminal, JSON lines otherwise.
///
/// `filter` is the value of [`LOG_VARIABLE`] if set; `terminal` says whether stderr is one.
///
/// # Errors
/// The filter cannot be read, or logging is set up already.
pub fn init(filter: Option<&str>, terminal: bool) -> Result<(), LogError> {
    let wanted = filter.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(DEFAULT_FILTER);
    let mut filter = EnvFilter::try_new(wanted).map_err(|error| LogError::Filter(error.to_string()))?;
    for directive in QUIET {
        filter = filter.add_directive(directive.parse().map_err(|_| LogError::Filter(directive.to_owned()))?);
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = if terminal {
        builder.with_target(false).try_init()
    } else {
        builder.with_ansi(false).json().flatten_event(true).try_init()
    };
    done.map_err(|_| LogError::Twice)
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabel {
    source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    source: String,
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    kind: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: &'static str,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FetchLabels {
    source: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabel {
    limit: &'static str,
}

/// Every metric. Cheap to clone: the clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    accepted: Family<SourceLabel, Counter>,
    seen: Family<SourceLabel, Counter>,
    refused: Family<RefusalLabels, Counter>,
    handshakes: Family<SourceLabel, Counter>,
    jobs: Family<JobLabels, Gauge>,
    plans: Family<KindLabel, Gauge>,
    oldest_ready: Gauge<f64, AtomicU64>,
    docspace_calls: Family<CallLabels, Counter>,
    fetches: Family<FetchLabels, Counter>,
    guarded: Family<LimitLabel, Counter>,
    portals: Portals,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let accepted = Family::default();
        let seen = Family::default();
        let refused = Family::default();
        let handshakes = Family::default();
        let jobs = Family::default();
        let plans = Family::default();
        let oldest_ready = Gauge::default();
        let docspace_calls = Family::default();
        let fetches = Family::default();
        let guarded = Family::default();
        let portals = Portals::default();
        let mut registry = Registry::with_prefix("usher");
        registry.register("accepted", "Webhooks verified and stored", Family::clone(&accepted));
        registry.register("seen", "Webhooks verified and stored before", Family::clone(&seen));
        registry.register("refused", "Requests to a webhook address refused", Family::clone(&refused));
        registry.register("handshakes", "Handshakes of platforms answered", Family::clone(&handshakes));
        registry.register("jobs", "Jobs by kind and state", Family::clone(&jobs));
        registry.register("plans", "What is planned for a day to come, by kind", Family::clone(&plans));
        registry.register(
            "oldest_ready_seconds",
            "How long the oldest due job has been waiting",
            Gauge::clone(&oldest_ready),
        );
        registry.register(
            "docspace_calls",
            "Calls to DocSpace by method and status; none: no answer came",
            Family::clone(&docspace_calls),
        );
        registry.register("fetches", "Calls back to HR platforms, by how they ended", Family::clone(&fetches));
        registry.register("guarded", "Jobs held by the guard, by its limit", Family::clone(&guarded));
        portals.register(&mut registry);
        let registry = Arc::new(registry);
        Self {
            registry,
            accepted,
            seen,
            refused,
            handshakes,
            jobs,
            plans,
            oldest_ready,
            docspace_calls,
            fetches,
            guarded,
            portals,
        }
    }

    /// A webhook was verified and stored. `source` is a configured one, so that the labels stay few.
    pub fn accepted(&self, source: &str) {
        self.accepted.get_or_create(&SourceLabel { source: source.to_owned() }).inc();
    }

    /// A webhook was verified and had been stored before.
    pub fn seen(&self, source: &str) {
        self.seen.get_or_create(&SourceLabel { source: source.to_owned() }).inc();
    }

    /// A request to a webhook address was refused; `reason` is one word of a fixed list, such as `bad_signature`.
    /// `source` is a configured one, or empty for an address that belongs to none.
    pub fn refused(&self, source: &str, reason: &str) {
        let labels = RefusalLabels { source: source.to_owned(), reason: reason.to_owned() };
        self.refused.get_or_create(&labels).inc();
    }

    /// A handshake was answered with success. `source` is a configured one.
    pub fn handshake(&self, source: &str) {
        self.handshakes.get_or_create(&SourceLabel { source: source.to_owned() }).inc();
    }

    /// How many jobs there are now; kinds and states not named are taken as having none.
    pub fn set_jobs<'a>(&self, counts: impl IntoIterator<Item = (&'a str, JobState, u64)>) {
        self.jobs.clear();
        for (kind, state, count) in counts {
            let labels = JobLabels { kind: kind.to_owned(), state: state.as_str() };
            self.jobs.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// How much is planned now; kinds not named are taken as having nothing.
    pub fn set_plans<'a>(&self, counts: impl IntoIterator<Item = (&'a str, u64)>) {
        self.plans.clear();
        for (kind, count) in counts {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.plans.get_or_create(&KindLabel { kind: kind.to_owned() }).set(count);
        }
    }

    /// How long the oldest job that is due has been waiting, in seconds; 0 with none.
    pub fn set_oldest_ready(&self, seconds: f64) {
        self.oldest_ready.set(seconds);
    }

    /// A call to DocSpace ended; status 0 stands for no answer.
    pub fn docspace_call(&self, method: &'static str, status: u16) {
        let status = if status == 0 { "none".to_owned() } else { status.to_string() };
        self.docspace_calls.get_or_create(&CallLabels { method, status }).inc();
    }

    /// A call back to the platform of a source ended; `outcome` is one word of a fixed list, such as `ok`.
    pub fn fetched(&self, source: &str, outcome: &'static str) {
        self.fetches.get_or_create(&FetchLabels { source: source.to_owned(), outcome }).inc();
    }

    /// The guard has held a job; `limit` is the key of the limit in configuration.
    pub fn guarded(&self, limit: &'static str) {
        self.guarded.get_or_create(&LimitLabel { limit }).inc();
    }

    /// Everything as OpenMetrics text, for [`CONTENT_TYPE`].
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a String does not fail; a scraper refuses a text without its end mark.
            Err(_) => String::new(),
        }
    }
}
