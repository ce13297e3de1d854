//! What only `serve` refuses: sources whose webhooks can be verified and explained, but not acted upon safely.
//!
//! The text is read once more for its positions, now that all of it is known to be right.

use super::feeds::listed;
use super::{Config, Source};
use crate::document::{Document, Problem, Section};

/// Sources that nobody should act on as they are.
pub(super) fn problems(file: &str, text: &str, config: &Config) -> Vec<Problem> {
    let Ok(document) = Document::parse(file, text) else {
        return Vec::new();
    };
    let root = document.root();
    let Some(sources) = root.section("sources") else {
        return Vec::new();
    };
    for source in config.sources.values() {
        if let Some(section) = sources.section(&source.name) {
            about_body(source, &section);
            about_assumptions(source, &section);
        }
    }
    document.into_problems()
}

/// A signature that does not cover the body although events are read from it.
fn about_body(source: &Source, section: &Section<'_>) {
    let is_open = source.scheme.is_signature() && !source.scheme.covers_body();
    if !is_open || !source.connector.has_events() {
        return;
    }
    let Some(entry) = section.get("auth").or_else(|| section.get("connector")) else { return };
    if source.connector.has_fetch() {
        if source.connector.believes_unasked() {
            entry.problem(
                "the signature does not cover the body, so whoever has seen one webhook can send any other, and an [[event]] with fetch = false believes it without asking the platform; serve needs {body} in signed, or a connector that asks about every event",
            );
        }
    } else {
        entry.problem(
            "the signature does not cover the body, so whoever has seen one webhook can send any other; serve needs {body} in signed, or a connector with [fetch], which asks the platform itself what is true",
        );
    }
}

/// A connector of which something is proven by nothing.
fn about_assumptions(source: &Source, section: &Section<'_>) {
    let evidence = &source.connector.evidence;
    let assumed = evidence.assumed();
    if assumed.is_empty() || source.accepts_assumptions {
        return;
    }
    let note = if evidence.note.is_empty() { String::new() } else { format!(" ({})", evidence.note) };
    if let Some(entry) = section.get("connector") {
        entry.problem(format!(
            "of the connector {} the {} is assumed, not proven{note}; compare what the platform really sends with `usher explain FILE --source {}`, then write accept_assumptions = true here",
            source.connector.name,
            listed(assumed),
            source.name
        ));
    }
}
