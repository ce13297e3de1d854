//! Rules: stub, replaced by its owner.
use crate::expr::Expr;
use crate::model::{Action, Event, EventKind};

/// Roots that a rule's condition may read.
pub const ROOTS: [&str; 2] = ["event", "today"];

/// Event + condition -> actions.
#[derive(Debug, Clone)]
pub struct Rule { pub on: EventKind, pub when: Option<Expr>, pub actions: Vec<Action> }

/// One action that follows from an event.
#[derive(Debug, Clone)]
pub struct Planned { pub action: Action, pub hold: Option<String> }

/// Of several matching rules the first one for each action wins.
pub fn plan(rules: &[Rule], event: &Event, today: jiff::civil::Date) -> Vec<Planned> { let _ = (rules, event, today); unimplemented!() }
