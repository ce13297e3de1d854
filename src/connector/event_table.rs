//! One `[[event]]` table, compiled.

use crate::expr::Expr;
use crate::model::EventKind;

/// What the expression for the items sees.
pub(super) const BODY_ROOTS: [&str; 5] = ["body", "headers", "source", FETCHED, "today"];
/// What every other expression of the table sees.
pub(super) const ITEM_ROOTS: [&str; 6] = ["body", "headers", "item", "source", FETCHED, "today"];
/// The answer of the platform to the question of `[fetch]`.
pub(super) const FETCHED: &str = "fetched";

/// One way in which a payload speaks of people: a kind of event and an expression for each of its fields.
#[derive(Debug, Clone)]
pub struct EventTable {
    /// The kind of event it yields.
    pub kind: EventKind,
    /// `items`: yields the list of people, or a lone one; absent: the body itself is the one item.
    pub items: Option<Expr>,
    /// `needs`: an item for which it yields nothing is a problem; for what `when` would otherwise take for a no.
    pub needs: Option<Expr>,
    /// `when`: which items are meant; absent: all.
    pub when: Option<Expr>,
    /// The parts of `when` that can be told before the platform is asked.
    pub(super) before: Vec<Expr>,
    /// Whether its items are completed by the connector's `[fetch]`.
    pub is_fetched: bool,
    /// Field name and expression, in the order of [`crate::model::Event::FIELDS`].
    pub(super) fields: Vec<(&'static str, Expr)>,
}

impl EventTable {
    /// Each mapped field with its expression: those of the table itself and those of `[fields]`.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &Expr)> {
        self.fields.iter().map(|(name, expr)| (*name, expr))
    }

    /// The expression of a field.
    pub(super) fn field(&self, name: &str) -> Option<&Expr> {
        self.fields().find(|(field, _)| *field == name).map(|(_, expr)| expr)
    }
}
