//! What one simulation says differently from another.

use std::collections::HashMap;

use serde::Serialize;

use super::Row;
use crate::model::EventKind;

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum Change {
    /// Only the later one has it.
    New {
        /// Its row.
        now: Box<Row>,
    },
    /// Only the earlier one has it.
    Gone {
        /// Its row.
        before: Box<Row>,
    },
    /// Both have it, and say different things of it.
    Changed {
        /// Of the earlier one.
        before: Box<Row>,
        /// Of the later one.
        now: Box<Row>,
    },
}

/// How many differences there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Only now.
    pub new: usize,
    /// No longer.
    pub gone: usize,
    /// Said differently.
    pub changed: usize,
    /// Said in the same way.
    pub same: usize,
}

/// What `now` says differently from `before`: first what is new or changed, in the order of `now`, then what is gone.
/// Rows are the same if person, event, action, source and portal are; of several such rows the first, the second and so
/// on are compared.
#[must_use]
pub fn diff(before: &[Row], now: &[Row]) -> (Vec<Change>, Counts) {
    let mut counts = Counts::default();
    let mut earlier: HashMap<_, _> = numbered(before).collect();
    let mut changes = Vec::new();
    for (mark, row) in numbered(now) {
        match earlier.remove(&mark) {
            None => {
                counts.new += 1;
                changes.push(Change::New { now: Box::new(row.clone()) });
            }
            Some(before) if is_same(before, row) => counts.same += 1,
            Some(before) => {
                counts.changed += 1;
                changes.push(Change::Changed { before: Box::new(before.clone()), now: Box::new(row.clone()) });
            }
        }
    }
    for (_, row) in numbered(before).filter(|(mark, _)| earlier.contains_key(mark)) {
        counts.gone += 1;
        changes.push(Change::Gone { before: Box::new(row.clone()) });
    }
    (changes, counts)
}

/// Whether two rows of the same person, event and action say the same. A name written differently, or an account that
/// was found meanwhile, changes nothing of what would be done.
fn is_same(before: &Row, now: &Row) -> bool {
    before.verdict == now.verdict
        && before.email == now.email
        && before.due_at == now.due_at
        && before.why == now.why
        && before.details == now.details
}

/// What makes two rows the same.
type Mark<'r> = ([&'r str; 4], Option<EventKind>, usize);

fn numbered(rows: &[Row]) -> impl Iterator<Item = (Mark<'_>, &Row)> {
    let mut seen: HashMap<([&str; 4], Option<EventKind>), usize> = HashMap::new();
    rows.iter().map(move |row| {
        let who = [&row.employee_id, &row.email, &row.user_id, &row.place].into_iter().flatten().next();
        let action = row.action.as_deref().unwrap_or_default();
        let mark = [who.map(String::as_str).unwrap_or_default(), &row.source, &row.portal, action];
        let number = seen.entry((mark, row.event)).or_default();
        *number += 1;
        ((mark, row.event, *number), row)
    })
}
