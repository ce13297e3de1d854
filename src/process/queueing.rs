//! Planned work as it is queued: its key tells the same work from other work.

use serde_json::json;

use super::Follow;
use super::{number, sentence};
use crate::config::Source;
use crate::connector::MapProblem;
use crate::model::{DeliveryId, Job, JobState, NewJob, Plan, Timestamp, kind};

/// Work as the ledger keeps it until its time.
pub(super) fn planned(job: NewJob, due_at: Timestamp) -> Plan {
    let NewJob { kind, key, reason, delivery, payload, .. } = job;
    Plan { kind: kind.to_owned(), due_at, key, delivery, hold: reason, payload }
}

/// Action + delivery + event table + item; a rerun adds its number, another portal than the source's its name, and what
/// the event only moved that: its own rules may ask for the same.
pub(super) fn key(job: &Job, word: &str, table: usize, item: usize) -> String {
    let delivery = job.delivery.map_or(0, |id| id.0);
    match number(job, "rerun") {
        Some(rerun) if rerun > 0 => format!("{word}/{delivery}/{table}/{item}/{rerun}"),
        _ => format!("{word}/{delivery}/{table}/{item}"),
    }
}

pub(super) fn bad_item(job: &Job, table: usize, item: usize, problem: &MapProblem) -> NewJob {
    NewJob {
        kind: kind::PROCESS,
        key: key(job, "item", table, item),
        state: JobState::Dead,
        reason: Some(sentence(problem)),
        delivery: job.delivery,
        person: None,
        payload: json!({"table": table, "item": item, "rerun": number(job, "rerun").unwrap_or(0)}),
        due_at: None,
    }
}

pub(super) fn action_job(job: &Job, source: &Source, table: usize, item: usize, follow: Follow) -> NewJob {
    let mut word = follow.action.name().to_owned();
    if follow.portal != source.portal {
        word = format!("{word}@{}", follow.portal);
    }
    if follow.is_moved {
        word.push_str(".moved");
    }
    queued(key(job, &word, table, item), job.delivery, follow)
}

/// The work to be queued under this key.
pub fn queued(key: String, delivery: Option<DeliveryId>, follow: Follow) -> NewJob {
    let mut payload = json!({"params": follow.action.params(), "event": follow.event});
    if let Some(told) = &follow.told {
        payload["told"] = told.json();
    }
    NewJob {
        kind: follow.action.name(),
        key,
        state: if follow.hold.is_some() { JobState::Held } else { JobState::Ready },
        reason: follow.hold,
        delivery,
        person: Some(follow.person),
        payload,
        due_at: None,
    }
}
