//! What a test of connectors found, as text and as JSON.

use std::collections::BTreeMap;

use anstyle::AnsiColor;
use serde_json::{Value as Json, json};
use similar::TextDiff;

use crate::connector::trial::Fault;

use super::{Failure, Out};
use crate::cli::output::note;

/// One fixture, or something that is wrong beside them.
pub(super) struct Row {
    /// The connector, where it is one.
    pub(super) connector: Option<String>,
    /// The fixture; `None` for what is wrong with a connector or a folder as a whole.
    pub(super) case: Option<String>,
    /// The file or folder that it is about.
    pub(super) file: String,
    pub(super) faults: Vec<Fault>,
    /// Files that were written.
    pub(super) changed: Vec<String>,
}

impl Row {
    /// Something wrong beside the fixtures.
    pub(super) fn broken(connector: Option<&str>, file: &str, what: String) -> Self {
        Self {
            connector: connector.map(str::to_owned),
            case: None,
            file: file.to_owned(),
            faults: vec![Fault::Broken(what)],
            changed: Vec::new(),
        }
    }

    fn passed(&self) -> bool {
        self.faults.is_empty()
    }

    fn json(&self) -> Json {
        let problem = |fault: &Fault| match fault {
            Fault::Broken(what) => json!({ "what": what }),
            Fault::Unsound { what, signed } => json!({ "what": what, "signed": signed }),
            Fault::Differs { what, expected, told } => {
                json!({ "what": what, "diff": diff(expected, told).concat() })
            }
        };
        json!({
            "connector": self.connector, "case": self.case, "file": self.file, "passed": self.passed(),
            "problems": self.faults.iter().map(problem).collect::<Vec<_>>(), "changed": self.changed,
        })
    }
}

/// All of it.
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    pub(super) connectors: usize,
}

impl Report {
    /// Show it; a failure where something is wrong.
    pub(super) fn tell(&self, as_json: bool, out: &mut Out) -> Result<(), Failure> {
        if as_json {
            out.json(&self.rows.iter().map(Row::json).collect::<Vec<_>>())?;
            note(&self.summary());
        } else {
            let mut by_connector: BTreeMap<Option<&str>, Vec<&Row>> = BTreeMap::new();
            for row in &self.rows {
                by_connector.entry(row.connector.as_deref()).or_default().push(row);
            }
            for (connector, rows) in by_connector {
                tell(connector, &rows, out)?;
            }
            out.line(self.summary())?;
        }
        if self.rows.iter().any(|row| !row.changed.is_empty()) {
            note("review what was written: it is what the connectors do now, which need not be what they should do");
        }
        if self.rows.iter().all(Row::passed) { Ok(()) } else { Err(Failure::Shown) }
    }

    fn summary(&self) -> String {
        let (cases, beside): (Vec<_>, Vec<_>) = self.rows.iter().partition(|row| row.case.is_some());
        let failed = cases.iter().filter(|row| !row.passed()).count();
        let mut text = format!(
            "{}, {}: {} passed, {failed} failed",
            count(self.connectors, "connector"),
            count(cases.len(), "fixture"),
            cases.len() - failed,
        );
        if !beside.is_empty() {
            text.push_str(&format!("; {} beside them", count(beside.len(), "problem")));
        }
        text
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The rows of one connector.
fn tell(connector: Option<&str>, rows: &[&Row], out: &mut Out) -> Result<(), Failure> {
    if let Some(name) = connector {
        let state = if rows.iter().all(|row| row.passed()) { "ok    " } else { "FAILED" };
        let cases = rows.iter().filter(|row| row.case.is_some()).count();
        out.line(format!("{state}  {name}, {}", count(cases, "fixture")))?;
    }
    for row in rows {
        for file in &row.changed {
            out.line(format!("wrote   {file}"))?;
        }
        for fault in &row.faults {
            // A problem of a connector's file names its place itself.
            let what = fault.what();
            let named = what.starts_with(row.file.as_str());
            out.line(if named { format!("  {what}") } else { format!("  {}: {what}", row.file) })?;
            detail(fault, out)?;
        }
    }
    Ok(())
}

fn detail(fault: &Fault, out: &mut Out) -> Result<(), Failure> {
    match fault {
        Fault::Broken(_) => Ok(()),
        Fault::Unsound { signed: Some(signed), .. } => {
            out.line(format!("    the string to sign is: {signed}"))?;
            out.line("    --update signs it anew")
        }
        Fault::Unsound { signed: None, .. } => out.line("    --update signs it anew"),
        Fault::Differs { expected, told, .. } => {
            let coloured = out.has_colours();
            for line in diff(expected, told) {
                out.line(format!(
                    "    {}",
                    if coloured { painted(line.trim_end()) } else { line.trim_end().to_owned() }
                ))?;
            }
            out.line("    --update writes it, if this is what it should come to")
        }
    }
}

/// The lines of a unified difference, each with its end.
fn diff(expected: &str, told: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(expected, told);
    let text = diff.unified_diff().context_radius(3).header("expected", "what it comes to").to_string();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn painted(line: &str) -> String {
    let colour = match line.as_bytes().first() {
        Some(b'-') => AnsiColor::Red,
        Some(b'+') => AnsiColor::Green,
        Some(b'@') => AnsiColor::Cyan,
        _ => return line.to_owned(),
    };
    let style = colour.on_default();
    format!("{style}{line}{style:#}")
}
