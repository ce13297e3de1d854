//! What every expression of a connector yields over one delivery: for people who write one.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value as Json;

use super::Connector;
use super::event_table::FETCHED;
use super::mapping::{Input, MapProblem, Place};
use crate::expr::{Expr, Scope};
use crate::model::EventKind;

/// Roots whose fields are told beside a condition: those that hold values of the delivery.
const TOLD: [&str; 4] = ["item", "body", "headers", FETCHED];

/// One expression and what it yielded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Yielded {
    /// Key of the file that it stands at, such as `when` or `email`.
    pub key: &'static str,
    /// The expression.
    pub expression: String,
    /// What it yielded.
    #[serde(flatten)]
    pub value: Value,
    /// Fields that it reads straight from the item, the body, the headers or the answer, each with its value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Reading>,
}

/// A field that an expression reads; `None` where it is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Its name with its root: `item.action`.
    pub name: String,
    /// Its value.
    pub value: Option<Json>,
}

/// What an expression yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This value.
    Is(Json),
    /// Nothing.
    Absent,
    /// Not known before the platform has answered.
    Waiting,
    /// A sentence: it cannot be evaluated.
    Problem(String),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Is(value) => map.serialize_entry("value", value)?,
            Self::Absent => map.serialize_entry("absent", &true)?,
            Self::Waiting => map.serialize_entry("waiting", &true)?,
            Self::Problem(problem) => map.serialize_entry("problem", problem)?,
        }
        map.end()
    }
}

/// One `[[event]]` table over a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableLook {
    /// Number of the table in the file, from 0.
    pub table: usize,
    /// The kind of event it yields.
    pub kind: EventKind,
    /// The expression of the items; absent where the body itself is the one item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Yielded>,
    /// Each item that was found.
    pub found: Vec<ItemLook>,
}

/// One item of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemLook {
    /// Its number, from 0.
    pub item: usize,
    /// `needs`, where the table has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<Yielded>,
    /// `when`, where the table has it; its value is true or false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Yielded>,
    /// Whether the item is one of the table's; absent where that cannot be told, because of a problem or because the
    /// platform has to be asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_meant: Option<bool>,
    /// Whether the table's item waits for what the platform answers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_waiting: bool,
    /// Every field, unless the item is not meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Yielded>,
}

impl Connector {
    /// What every expression of each `[[event]]` table yields over a delivery. [`Connector::map`] says what comes of it.
    ///
    /// # Errors
    /// As [`Connector::map`]; where no table finds its items, what they yielded is not told.
    pub fn look(&self, input: &Input<'_>) -> Result<Vec<TableLook>, MapProblem> {
        let found = self.find(input)?;
        let mut tables = Vec::new();
        for (number, table) in self.events.iter().enumerate() {
            let items = table.items.as_ref().map(|items| yielded("items", items, &found.scope));
            let place = found.tables.iter().find(|(place, _)| place.number == number);
            let values = match place {
                Some((place, Ok(values))) => {
                    let look = |(item, value)| place.at(item).look(item, &found.scope.with("item", value));
                    values.iter().enumerate().map(look).collect()
                }
                _ => Vec::new(),
            };
            tables.push(TableLook { table: number, kind: table.kind, items, found: values });
        }
        Ok(tables)
    }
}

impl Place<'_> {
    fn look(&self, item: usize, scope: &Scope) -> ItemLook {
        let is_waiting = self.is_waiting(scope);
        let own = (!self.table.is_fetched).then(|| scope.without(FETCHED));
        let scope = own.as_ref().unwrap_or(scope);
        let mut when = self.table.when.as_ref().map(|when| truth(when, scope));
        let is_meant = match (is_waiting, &when) {
            // What depends on the answer is not known; what does not may be told already.
            (true, _) => (!self.may_be_meant(scope)).then_some(false),
            (false, None) => Some(true),
            (false, Some(Yielded { value: Value::Is(value), .. })) => value.as_bool(),
            (false, Some(_)) => None,
        };
        let is_waiting = is_waiting && is_meant.is_none();
        // Without the answer they would seem to yield nothing, or false.
        let waits = |expr: &Expr| is_waiting && expr.sees(FETCHED);
        let told = |key, expr| match waits(expr) {
            true => Yielded { key, expression: expr.text().to_owned(), value: Value::Waiting, reads: Vec::new() },
            false => yielded(key, expr, scope),
        };
        if let Some(when) = when.as_mut().filter(|_| self.table.when.as_ref().is_some_and(waits)) {
            when.value = Value::Waiting;
        }
        let needs = self.table.needs.as_ref().map(|needs| told("needs", needs));
        let is_lacking = needs.as_ref().is_some_and(|needs| matches!(needs.value, Value::Absent | Value::Problem(_)));
        let fields = match is_meant {
            Some(false) => Vec::new(),
            _ if is_lacking => Vec::new(),
            _ => self.table.fields().map(|(name, expr)| told(name, expr)).collect(),
        };
        ItemLook { item, needs, when, is_meant, is_waiting, fields }
    }
}

fn yielded(key: &'static str, expr: &Expr, scope: &Scope) -> Yielded {
    let value = match expr.eval(scope) {
        Ok(Some(value)) => Value::Is(value),
        Ok(None) => Value::Absent,
        Err(problem) => Value::Problem(problem),
    };
    Yielded { key, expression: expr.text().to_owned(), value, reads: Vec::new() }
}

/// A condition, with what it reads: why it does not hold shows there.
fn truth(when: &Expr, scope: &Scope) -> Yielded {
    let value = match when.is_true(scope) {
        Ok(value) => Value::Is(Json::from(value)),
        Err(problem) => Value::Problem(problem),
    };
    let mut reads = Vec::new();
    for root in TOLD {
        for read in when.reads(root) {
            let value = scope.field(root, &read.field);
            reads.push(Reading { name: format!("{root}.{}", read.field), value });
        }
    }
    Yielded { key: "when", expression: when.text().to_owned(), value, reads }
}
