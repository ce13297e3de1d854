//! What the guard is set to. That it lets everybody in is a warning of the configuration.

use super::report::Report;
use crate::guard::{Guard, Limit};

/// What the line is called, and the section of the configuration.
pub(super) const WHAT: &str = "guard";

pub(super) fn check(report: &mut Report, guard: &Guard) {
    let per_day = |most: u32, who: &str| match most {
        0 => format!("all {who} wait for you"),
        most => format!("at most {most} {who} in 24 hours"),
    };
    let limits = [
        (Limit::NewPeople, guard.new_people_per_day.map(|most| per_day(most, "new people"))),
        (Limit::EmailDomain, guard.email_domains.as_ref().map(|all| format!("addresses of {} alone", all.join(", ")))),
        (
            Limit::HiredLongAgo,
            guard.hired_at_most_ago.map(|days| format!("first day of work at most {days} days back")),
        ),
        (Limit::Leavers, guard.leavers_per_day.map(|most| per_day(most, "leavers"))),
    ];
    let set: Vec<_> = limits.iter().filter_map(|(_, words)| words.as_deref()).collect();
    if set.is_empty() {
        return;
    }
    let unset: Vec<_> = limits.iter().filter(|(_, words)| words.is_none()).map(|(limit, _)| limit.as_str()).collect();
    let mut detail = set.join("; ");
    if !unset.is_empty() {
        detail = format!("{detail}; not limited: {}", unset.join(", "));
    }
    if !guard.allow.is_empty() {
        detail = format!("{detail}; {} account(s) may be changed by name (allow)", guard.allow.len());
    }
    report.ok(WHAT, detail);
}
