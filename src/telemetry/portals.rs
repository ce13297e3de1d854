//! What is told of each portal: how it stands, and what was found that its webhooks had missed.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PortalLabel {
    portal: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunningLabels {
    portal: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CatchUpLabels {
    source: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    portal: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChoreLabels {
    portal: String,
    chore: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WebhookLabels {
    portal: String,
    source: String,
}

/// How a portal stands at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortalGauges {
    /// It refuses the key, or us as a whole.
    pub paused: bool,
    /// GET calls that wait for their answer.
    pub reads_running: usize,
    /// Other calls that wait for their answer.
    pub writes_running: usize,
    /// Calls that wait for room within the limits.
    pub waiting: usize,
    /// POST and PUT calls of this day (UTC).
    pub writes_today: u32,
    /// How many of them there may be.
    pub writes_limit: u32,
}

/// What is told of each portal.
#[derive(Debug, Clone, Default)]
pub(super) struct Portals {
    paused: Family<PortalLabel, Gauge>,
    paused_by_hand: Family<PortalLabel, Gauge>,
    running: Family<RunningLabels, Gauge>,
    waiting: Family<PortalLabel, Gauge>,
    writes_today: Family<PortalLabel, Gauge>,
    writes_limit: Family<PortalLabel, Gauge>,
    catch_up: Family<CatchUpLabels, Counter>,
    reconciled: Family<ReconcileLabels, Counter>,
    chores: Family<ChoreLabels, Counter>,
    webhook_healthy: Family<WebhookLabels, Gauge>,
    webhook_disabled_in: Family<WebhookLabels, Gauge<f64, AtomicU64>>,
}

impl Portals {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "portal_paused",
            "1 while the portal refuses the key, or us as a whole",
            Family::clone(&self.paused),
        );
        registry.register(
            "portal_paused_by_hand",
            "1 while people have stopped work at the portal (`usher pause`)",
            Family::clone(&self.paused_by_hand),
        );
        registry.register(
            "portal_calls_running",
            "Calls that wait for the portal's answer",
            Family::clone(&self.running),
        );
        registry.register(
            "portal_calls_waiting",
            "Calls that wait for room within the portal's limits",
            Family::clone(&self.waiting),
        );
        registry.register(
            "portal_writes_today",
            "POST and PUT calls of this day (UTC)",
            Family::clone(&self.writes_today),
        );
        registry.register(
            "portal_writes_limit",
            "How many POST and PUT calls a day may have",
            Family::clone(&self.writes_limit),
        );
        self.register_chores(registry);
    }

    fn register_chores(&self, registry: &mut Registry) {
        registry.register(
            "catch_up_rows",
            "Rows of DocSpace's delivery log by what became of them",
            Family::clone(&self.catch_up),
        );
        registry.register(
            "reconciled",
            "Accounts that a reconciliation changed something for, by what it was",
            Family::clone(&self.reconciled),
        );
        registry.register(
            "chores",
            "What is looked at from time to time, and how it ended",
            Family::clone(&self.chores),
        );
        registry.register(
            "webhook_healthy",
            "1 while the portal's webhook to a source is as it has to be and delivers",
            Family::clone(&self.webhook_healthy),
        );
        registry.register(
            "webhook_disabled_in_seconds",
            "When the portal switches a failing webhook off; absent where none fails",
            Family::clone(&self.webhook_disabled_in),
        );
    }
}

impl Metrics {
    /// How a portal of the configuration stands now.
    pub fn set_portal(&self, portal: &str, gauges: PortalGauges) {
        let label = PortalLabel { portal: portal.to_owned() };
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.portals.paused.get_or_create(&label).set(i64::from(gauges.paused));
        self.portals.waiting.get_or_create(&label).set(count(gauges.waiting));
        self.portals.writes_today.get_or_create(&label).set(i64::from(gauges.writes_today));
        self.portals.writes_limit.get_or_create(&label).set(i64::from(gauges.writes_limit));
        for (kind, running) in [("read", gauges.reads_running), ("write", gauges.writes_running)] {
            let labels = RunningLabels { portal: portal.to_owned(), kind };
            self.portals.running.get_or_create(&labels).set(count(running));
        }
    }

    /// Whether people have stopped work at a portal of the configuration.
    pub fn set_paused_by_hand(&self, portal: &str, is_paused: bool) {
        let label = PortalLabel { portal: portal.to_owned() };
        self.portals.paused_by_hand.get_or_create(&label).set(i64::from(is_paused));
    }

    /// So many rows of a delivery log had this outcome, a word such as `taken_in`. `source` is a configured one.
    pub fn caught_up(&self, source: &str, outcome: &'static str, rows: u64) {
        self.portals.catch_up.get_or_create(&CatchUpLabels { source: source.to_owned(), outcome }).inc_by(rows);
    }

    /// A reconciliation did this, a word such as `activated`, for so many accounts. `portal` is a configured one.
    pub fn reconciled(&self, portal: &str, outcome: &'static str, accounts: u64) {
        self.portals.reconciled.get_or_create(&ReconcileLabels { portal: portal.to_owned(), outcome }).inc_by(accounts);
    }

    /// Something that is looked at from time to time ended: `done`, `failed` or `not_allowed`.
    pub fn chore(&self, portal: &str, chore: &'static str, outcome: &'static str) {
        self.portals.chores.get_or_create(&ChoreLabels { portal: portal.to_owned(), chore, outcome }).inc();
    }

    /// How a portal's webhook to a source fares, and in how many seconds it is switched off if it goes on failing. Both
    /// names are configured ones.
    pub fn set_webhook(&self, portal: &str, source: &str, is_healthy: bool, disabled_in: Option<f64>) {
        let labels = WebhookLabels { portal: portal.to_owned(), source: source.to_owned() };
        self.portals.webhook_healthy.get_or_create(&labels).set(i64::from(is_healthy));
        if let Some(seconds) = disabled_in {
            self.portals.webhook_disabled_in.get_or_create(&labels).set(seconds);
        } else {
            self.portals.webhook_disabled_in.remove(&labels);
        }
    }
}
