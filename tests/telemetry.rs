//! Metrics and the log filter.

use usher::model::JobState;
use usher::telemetry::{LogError, Metrics, PortalGauges, init};

fn shows(metrics: &Metrics, lines: &[&str]) -> String {
    let text = metrics.encode();
    for line in lines {
        assert!(text.lines().any(|got| got == *line), "{line} is not in\n{text}");
    }
    text
}

#[test]
fn every_metric_of_work_has_its_name_help_and_labels() {
    let metrics = Metrics::new();
    metrics.accepted("hr");
    metrics.clone().accepted("hr");
    metrics.seen("hr");
    metrics.refused("hr", "bad_signature");
    metrics.set_jobs([("onboard", JobState::Ready, 3), ("process", JobState::Dead, 1)]);
    metrics.set_plans([("disable", 9)]);
    metrics.set_plans([("onboard", 4)]);
    metrics.set_oldest_ready(1.5);
    metrics.guarded("new_people_per_day");
    metrics.fetched("hr", "missing");
    let lines = [
        "# HELP usher_accepted Webhooks verified and stored.",
        "# TYPE usher_accepted counter",
        "usher_accepted_total{source=\"hr\"} 2",
        "usher_seen_total{source=\"hr\"} 1",
        "usher_refused_total{source=\"hr\",reason=\"bad_signature\"} 1",
        "usher_jobs{kind=\"onboard\",state=\"ready\"} 3",
        "usher_jobs{kind=\"process\",state=\"dead\"} 1",
        "usher_plans{kind=\"onboard\"} 4",
        "usher_oldest_ready_seconds 1.5",
        "usher_fetches_total{source=\"hr\",outcome=\"missing\"} 1",
        "usher_guarded_total{limit=\"new_people_per_day\"} 1",
    ];
    let text = shows(&metrics, &lines);
    assert!(!text.contains("kind=\"disable\""), "what has emptied is no longer shown");
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn every_metric_of_portals_has_its_name_and_labels() {
    let metrics = Metrics::new();
    metrics.docspace_call("GET", 200);
    metrics.docspace_call("POST", 0);
    metrics.caught_up("docspace", "taken_in", 3);
    metrics.reconciled("de", "activated", 2);
    metrics.chore("de", "catch_up", "done");
    let gauges = PortalGauges {
        paused: true,
        reads_running: 1,
        writes_running: 2,
        waiting: 3,
        writes_today: 4,
        writes_limit: 10_000,
    };
    metrics.set_portal("de", gauges);
    metrics.set_paused_by_hand("de", true);
    let lines = [
        "usher_docspace_calls_total{method=\"GET\",status=\"200\"} 1",
        "usher_docspace_calls_total{method=\"POST\",status=\"none\"} 1",
        "usher_portal_paused{portal=\"de\"} 1",
        "usher_portal_paused_by_hand{portal=\"de\"} 1",
        "usher_portal_calls_running{portal=\"de\",kind=\"read\"} 1",
        "usher_portal_calls_running{portal=\"de\",kind=\"write\"} 2",
        "usher_portal_calls_waiting{portal=\"de\"} 3",
        "usher_portal_writes_today{portal=\"de\"} 4",
        "usher_portal_writes_limit{portal=\"de\"} 10000",
        "usher_catch_up_rows_total{source=\"docspace\",outcome=\"taken_in\"} 3",
        "usher_reconciled_total{portal=\"de\",outcome=\"activated\"} 2",
        "usher_chores_total{portal=\"de\",chore=\"catch_up\",outcome=\"done\"} 1",
    ];
    shows(&metrics, &lines);
}

#[test]
fn a_state_that_has_emptied_is_no_longer_shown() {
    let metrics = Metrics::new();
    metrics.set_jobs([("onboard", JobState::Ready, 3)]);
    metrics.set_jobs([("onboard", JobState::Done, 3)]);
    let text = metrics.encode();
    assert!(text.contains("state=\"done\"") && !text.contains("state=\"ready\""), "{text}");
}

#[test]
fn a_filter_that_cannot_be_read_is_named() {
    let error = init(Some("usher=loudly"), false).unwrap_err();
    assert!(matches!(error, LogError::Filter(_)) && error.to_string().contains("USHER_LOG"), "{error}");
    init(Some(" "), false).unwrap();
    assert!(matches!(init(None, true), Err(LogError::Twice)));
}
