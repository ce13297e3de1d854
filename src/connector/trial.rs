//! A connector on trial: its fixtures against what they should mean. One judgement for the command and for the suite.
//!
//! A fixture is a webhook, signed with the [example secret](crate::auth::Scheme::example_secret), and mapped on one fixed day with the
//! connector's own options. One whose name begins with [`HANDSHAKE`] is a request that is answered instead.

mod outcome;
mod request;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use serde_json::Value as Json;

pub use request::{example_key, sign_anew};

use super::Connector;
use crate::model::EventKind;
use request::Request;

/// The day on which fixtures are mapped.
pub const DAY: Date = date(2026, 9, 1);
/// How the names of fixtures begin that are handshakes.
pub const HANDSHAKE: &str = "handshake-";

/// One fixture: what its files hold.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The file's name without `.http`.
    pub name: &'a str,
    /// `NAME.http`: an exact request, or a bare JSON body.
    pub request: &'a [u8],
    /// `NAME.expected.json`.
    pub expected: Option<&'a [u8]>,
    /// `NAME.fetched.json`: what the platform answers when it is asked for the rest.
    pub fetched: Option<&'a [u8]>,
}

/// What one fixture came to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What its expected file should say; `None` where that cannot be told.
    pub told: Option<Json>,
    /// The kinds of the events that it yields.
    pub kinds: BTreeSet<EventKind>,
    /// Whether it is a webhook without events or problems.
    pub is_ignored: bool,
    /// What is wrong; empty: it passes.
    pub faults: Vec<Fault>,
}

/// What is wrong with a fixture. The sentences may quote it: fixtures are made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Only its author can mend it.
    Broken(String),
    /// It is not signed as the connector says.
    Unsound {
        /// A sentence with the code of the refusal.
        what: String,
        /// The string that the signature must be made of, shortened; `None` where a part of it is missing.
        signed: Option<String>,
    },
    /// It does not come to what its expected file says.
    Differs {
        /// A sentence that names what is different.
        what: String,
        /// What was expected, as text; empty without a file.
        expected: String,
        /// What it came to, as the file should have it.
        told: String,
    },
}

impl Fault {
    /// The sentence.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Self::Broken(what) | Self::Unsound { what, .. } | Self::Differs { what, .. } => what,
        }
    }
}

/// The text of an expected file.
#[must_use]
pub fn expected_text(told: &Json) -> String {
    format!("{told:#}\n")
}

/// Judge one fixture.
#[must_use]
pub fn judge(connector: &Connector, case: &Case<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    let request = match Request::read(case.request) {
        Ok(request) => request,
        Err(what) => {
            verdict.faults.push(Fault::Broken(what));
            return verdict;
        }
    };
    let told = if case.name.starts_with(HANDSHAKE) {
        outcome::shake(connector, &request, &mut verdict.faults)
    } else {
        verdict.faults.extend(request.unsound(connector));
        outcome::map(connector, &request, case, &mut verdict)
    };
    match told {
        Ok(told) => {
            verdict.faults.extend(differs(case, &told));
            verdict.told = Some(told);
        }
        Err(what) => verdict.faults.push(Fault::Broken(what)),
    }
    verdict
}

/// What the fixtures of a connector lack as a whole, a sentence each.
#[must_use]
pub fn lacking(connector: &Connector, verdicts: &[Verdict]) -> Vec<String> {
    if verdicts.is_empty() {
        return vec!["has no fixture at all".to_owned()];
    }
    let mut kinds: BTreeSet<EventKind> = connector.events.iter().map(|table| table.kind).collect();
    for kind in verdicts.iter().flat_map(|verdict| &verdict.kinds) {
        kinds.remove(kind);
    }
    let mut lacking: Vec<_> = kinds.iter().map(|kind| format!("has no fixture that yields {kind}")).collect();
    if connector.has_events() && !verdicts.iter().any(|verdict| verdict.is_ignored) {
        lacking.push("has no fixture that yields no event: one to be ignored".to_owned());
    }
    lacking
}

fn differs(case: &Case<'_>, told: &Json) -> Option<Fault> {
    let file = format!("{}.expected.json", case.name);
    let fault = |what: String, expected: String| Some(Fault::Differs { what, expected, told: expected_text(told) });
    let Some(expected) = case.expected else {
        return fault(format!("{file} is missing"), String::new());
    };
    match serde_json::from_slice::<Json>(expected) {
        Ok(expected) if expected == *told => None,
        Ok(expected) => fault(format!("does not come to what {file} says"), expected_text(&expected)),
        Err(error) => fault(format!("{file} is not JSON ({error})"), String::from_utf8_lossy(expected).into_owned()),
    }
}
