//! A simulation as a table, as JSON, or as what is different from an earlier one.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::cli::output::{Failure, Out, when};
use crate::simulation::{Change, Counts, Row, summary};

/// What `--json` prints, as far as it is read again.
#[derive(Deserialize)]
struct Kept {
    rows: Vec<Row>,
}

/// The rows of an earlier simulation.
pub(super) fn earlier(file: &Path) -> Result<Vec<Row>, Failure> {
    let wrong = |why: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "--diff {}: {why}; keep what `usher simulate --json` prints, and name that file",
            file.display()
        ))
    };
    let bytes = std::fs::read(file).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    let kept: Kept = serde_json::from_slice(&bytes)
        .map_err(|error| wrong(&format!("is no simulation (line {}, column {})", error.line(), error.column())))?;
    Ok(kept.rows)
}

/// Everything that a simulation says.
pub(super) fn rows(rows: &[Row], several_portals: bool, is_json: bool, out: &mut Out) -> Result<(), Failure> {
    let counts = summary(rows);
    if is_json {
        return out.json(&json!({"summary": counts, "rows": rows}));
    }
    if !rows.is_empty() {
        let head = ["person", "e-mail", "event", "action", "verdict", "what", "why"];
        let line = |row: &Row| {
            let [person, email, event, action] = who(row);
            let mut what = what(row);
            if several_portals {
                what = [row.portal.clone(), what]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(": ");
            }
            [person, email, event, action, verdict(row), what, row.why.clone().unwrap_or_default()]
        };
        out.table(head, rows.iter().map(line).collect())?;
    }
    let told = counts.iter().filter(|(_, count)| count.as_u64() != Some(0));
    let told = told.map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ");
    out.line(if told.is_empty() { "nothing would happen: there is no event".to_owned() } else { told })
}

/// Only what is different.
pub(super) fn changes(changes: &[Change], counts: Counts, is_json: bool, out: &mut Out) -> Result<(), Failure> {
    if is_json {
        return out.json(&json!({"summary": counts, "changes": changes}));
    }
    if !changes.is_empty() {
        let line = |change: &Change| {
            let (word, row, before, now) = match change {
                Change::New { now } => ("new", now, None, Some(now)),
                Change::Gone { before } => ("gone", before, Some(before), None),
                Change::Changed { before, now } => ("changed", now, Some(before), Some(now)),
            };
            let [person, email, event, action] = who(row);
            let say = |row: Option<&Box<Row>>| row.map(|row| said(row)).unwrap_or_default();
            [word.to_owned(), person, email, event, action, say(before), say(now)]
        };
        let head = ["change", "person", "e-mail", "event", "action", "before", "now"];
        out.table(head, changes.iter().map(line).collect())?;
    }
    let Counts { new, gone, changed, same } = counts;
    out.line(format!("{new} new, {gone} gone, {changed} changed, {same} the same"))
}

fn who(row: &Row) -> [String; 4] {
    let named = [&row.name, &row.employee_id, &row.user_id, &row.place].into_iter().flatten().next();
    let event = row.event.map(|event| event.as_str().to_owned()).unwrap_or_default();
    [
        named.cloned().unwrap_or_default(),
        row.email.clone().unwrap_or_default(),
        event,
        row.action.clone().unwrap_or_default(),
    ]
}

fn verdict(row: &Row) -> String {
    row.verdict.as_str().to_owned()
}

/// What the rule asks for, and when.
fn what(row: &Row) -> String {
    let due = row.due_at.map(|at| format!("at {}", when(Some(at))));
    let details = Some(row.details.to_string()).filter(|details| !details.is_empty());
    due.into_iter().chain(details).collect::<Vec<_>>().join(": ")
}

/// All of it in one cell.
fn said(row: &Row) -> String {
    let why = row.why.clone().map(|why| format!("({why})")).unwrap_or_default();
    [verdict(row), what(row), why].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
