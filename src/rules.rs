//! Rules: what is to follow from an event.

use serde_json::Value as Json;

use crate::expr::{Expr, Scope};
use crate::model::{Action, Event, EventKind};

/// Roots that a rule's condition may read.
pub const ROOTS: [&str; 2] = ["event", "today"];

/// Event + condition -> actions.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The kind of event it listens to.
    pub on: EventKind,
    /// Its condition over [`ROOTS`]; absent: always.
    pub when: Option<Expr>,
    /// What follows.
    pub actions: Vec<Action>,
}

/// One action that follows from an event.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What to do.
    pub action: Action,
    /// Why it has to wait for a person, a sentence without values; absent: nothing stands in its way.
    pub hold: Option<String>,
}

/// What follows from `event`, at most one of each action, in the order of the rules.
///
/// Of several matching rules the first one for each action wins. A rule whose condition cannot be decided
/// counts as matching and its actions are held: neither doing nor leaving is guessed. That is so where the
/// condition fails, or reads a field which the event lacks without asking for it by `is defined`, `or` or
/// `default`. `today` is the date that conditions see, as `YYYY-MM-DD`.
#[must_use]
pub fn plan(rules: &[Rule], event: &Event, today: jiff::civil::Date) -> Vec<Planned> {
    let json = serde_json::to_value(event).unwrap_or_default();
    let scope = Scope::new([("event", &json), ("today", &Json::String(today.to_string()))]);
    let mut planned: Vec<Planned> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.on == event.kind) {
        let hold = match rule.when.as_ref().map_or(Ok(true), |when| when.is_true(&scope)) {
            Ok(true) => None,
            Ok(false) => continue,
            Err(problem) => Some(format!("the rule's condition cannot be decided: {problem}")),
        };
        for action in &rule.actions {
            if planned.iter().all(|earlier| earlier.action.name() != action.name()) {
                planned.push(Planned { action: action.clone(), hold: hold.clone() });
            }
        }
    }
    planned
}
