//! From the bytes of a delivery to events.

use serde_json::{Map, Value as Json};

use super::event_table::FETCHED;
use super::{Connector, EventTable, decode, fields};
use crate::expr::{Expr, Scope};
use crate::model::Event;

/// What a mapping sees of one delivery.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// The source's own options; the connector's stand where it sets none.
    pub options: &'a Map<String, Json>,
    /// The headers kept, lower-case name and value; values of one name are joined by a comma.
    pub headers: &'a [(String, String)],
    /// The body as received.
    pub body: &'a [u8],
    /// What the platform answered about the items, where the connector has a `[fetch]`.
    pub fetched: Option<&'a Json>,
    /// The day on which it is processed.
    pub today: jiff::civil::Date,
}

/// Stands for a table where a line could not be read, which no table has. It is the same whatever tables are added later:
/// jobs are known by it.
const NO_TABLE: usize = 1_000_000;

/// What became of one item in one `[[event]]` table whose `when` it matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// Number of the `[[event]]` table in the file, from 0; a million for a line that could not be read.
    pub table: usize,
    /// Number of the item in the table's items, or of the line in the body, from 0.
    pub item: usize,
    /// The event, or why there is none.
    pub result: Result<Event, MapProblem>,
}

/// Why something in a delivery could not be mapped. Names expressions and places, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{at}: {what}")]
pub struct MapProblem {
    /// A sentence: what is wrong and, where the connector knows, what to do.
    pub what: String,
    /// Where: `body`, or a place such as `[[event]] 1 (employee.hired), item 2, field email`. The `[[event]]`
    /// tables and the items are counted from 1 here.
    #[serde(rename = "where")]
    pub at: String,
}

impl Connector {
    /// Map a delivery. Items come in the order of the payload; one bad item does not touch the others. Empty if
    /// the connector maps nothing or no `when` matches.
    ///
    /// # Errors
    /// The body is not JSON, or no `[[event]]` table finds its items in it.
    pub fn map(&self, input: &Input<'_>) -> Result<Vec<Mapped>, MapProblem> {
        if !self.has_events() {
            return Ok(Vec::new());
        }
        let found = self.find(input)?;
        let mapped = found.tables.into_iter().flat_map(|(place, items)| place.map(&found.scope, items));
        let mut mapped: Vec<Mapped> = mapped.chain(found.bad).collect();
        mapped.sort_by_key(|mapped| (mapped.item, mapped.table));
        Ok(mapped)
    }

    /// Decode a delivery and find the items of each table.
    pub(super) fn find(&self, input: &Input<'_>) -> Result<Found<'_>, MapProblem> {
        let is_type = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
        let content_type = input.headers.iter().find(is_type).map(|(_, value)| value.as_str());
        let decoded = decode::decode(&self.formats, content_type, input.body)
            .map_err(|what| MapProblem { what, at: "body".to_owned() })?;
        let body = decoded.body;
        let scope = self.scope(input, &body);
        let mut found = Vec::new();
        let mut absent = Vec::new();
        for (number, table) in self.events.iter().enumerate() {
            let place = Place { connector: self, table, number, item: None };
            match place.items(&scope, &body) {
                Ok(Some(items)) => found.push((place, Ok(items))),
                Ok(None) => absent.push(place),
                Err(problem) => found.push((place, Err(problem))),
            }
        }
        // A table that lacks its items is fine as long as another one has them: a platform may keep different
        // news in different places.
        if let (Some(place), true) = (absent.first(), found.is_empty()) {
            return Err(place.absent_items());
        }
        if let Some(problem) = found.iter().find_map(|(_, items)| items.as_ref().err())
            && found.iter().all(|(_, items)| items.is_err())
        {
            return Err(problem.clone());
        }
        let bad = decoded.bad.into_iter().map(|(line, what)| {
            let problem = MapProblem { what, at: format!("line {}", line + 1) };
            Mapped { table: NO_TABLE, item: line, result: Err(problem) }
        });
        Ok(Found { scope, tables: found, bad: bad.collect() })
    }

    fn scope(&self, input: &Input<'_>, body: &Json) -> Scope {
        let mut headers = Map::new();
        for (name, value) in input.headers {
            match headers.entry(name.to_ascii_lowercase()).or_insert(Json::Null) {
                Json::String(values) => {
                    values.push_str(", ");
                    values.push_str(value);
                }
                empty => *empty = Json::from(value.as_str()),
            }
        }
        let mut options = self.options.clone();
        options.extend(input.options.clone());
        let source = serde_json::json!({ "name": input.source, "connector": self.name, "options": options });
        let today = Json::from(input.today.to_string());
        let scope =
            Scope::new([("body", body), ("headers", &Json::Object(headers)), ("source", &source), ("today", &today)]);
        input.fetched.map_or(scope.clone(), |fetched| scope.with(FETCHED, fetched))
    }
}

/// Why an item of a thin payload is no event yet.
const NOT_ASKED: &str = "the payload says only that there is something to ask the platform for, and it was not asked";

/// A delivery, decoded.
pub(super) struct Found<'c> {
    pub(super) scope: Scope,
    /// Each table that has a place for its items in the body.
    pub(super) tables: Vec<(Place<'c>, Result<Vec<Json>, MapProblem>)>,
    /// Lines that could not be read.
    pub(super) bad: Vec<Mapped>,
}

/// Where a mapping stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    connector: &'c Connector,
    pub(super) table: &'c EventTable,
    pub(super) number: usize,
    /// Only where the table has `items`: without, there is but one.
    item: Option<usize>,
}

impl Place<'_> {
    /// The same place, at one of its items.
    pub(super) fn at(self, item: usize) -> Self {
        Self { item: self.table.items.is_some().then_some(item), ..self }
    }

    pub(super) fn problem(&self, part: &str, what: String) -> MapProblem {
        let item = self.item.map(|item| format!(", item {}", item + 1)).unwrap_or_default();
        MapProblem { what, at: format!("[[event]] {} ({}){item}, {part}", self.number + 1, self.table.kind) }
    }

    /// A problem about something absent, for which the connector may know the remedy.
    fn absent(&self, part: &str, what: String) -> MapProblem {
        let hint = &self.connector.hint;
        self.problem(part, if hint.is_empty() { what } else { format!("{what}. {hint}") })
    }

    fn absent_items(&self) -> MapProblem {
        let text = self.table.items.as_ref().map(Expr::text).unwrap_or_default();
        self.absent("items", format!("the payload lacks `{text}`, so nobody can be found in it"))
    }

    /// The table's items; `None` where the payload has no place for them.
    fn items(&self, scope: &Scope, body: &Json) -> Result<Option<Vec<Json>>, MapProblem> {
        let Some(expr) = &self.table.items else {
            return Ok(Some(vec![body.clone()]));
        };
        match expr.eval(scope).map_err(|error| self.problem("items", error))? {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Array(items)) => Ok(Some(items)),
            Some(item @ Json::Object(_)) => Ok(Some(vec![item])),
            Some(_) => {
                let what = format!("`{}` yields neither a list nor an object", expr.text());
                Err(self.problem("items", what))
            }
        }
    }

    fn map(self, scope: &Scope, items: Result<Vec<Json>, MapProblem>) -> Vec<Mapped> {
        let items = match items {
            Ok(items) => items,
            Err(problem) => {
                return vec![Mapped { table: self.number, item: 0, result: Err(problem) }];
            }
        };
        items.iter().enumerate().filter_map(|(item, value)| self.map_one(scope, item, value)).collect()
    }

    /// What becomes of one item; `None` if it is not meant.
    pub(super) fn map_one(self, scope: &Scope, item: usize, value: &Json) -> Option<Mapped> {
        let result = self.at(item).event(&scope.with("item", value)).transpose()?;
        Some(Mapped { table: self.number, item, result })
    }

    /// The condition under which the platform is asked about an item.
    pub(super) fn worth_asking(&self) -> Option<&Expr> {
        self.connector.fetch.as_ref()?.when.as_ref()
    }

    /// Whether what the platform answers is still to come for the item in scope.
    pub(super) fn is_waiting(&self, scope: &Scope) -> bool {
        self.connector.has_fetch() && self.table.is_fetched && !scope.has(FETCHED)
    }

    /// The event of the item in scope; `None` if it is not meant.
    fn event(&self, scope: &Scope) -> Result<Option<Event>, MapProblem> {
        if self.is_waiting(scope) {
            return match self.may_be_meant(scope) {
                false => Ok(None),
                true => Err(self.problem("fetch", NOT_ASKED.to_owned())),
            };
        }
        // Of somebody who is gone nothing is to be asked, and nothing to be believed.
        let own = (!self.table.is_fetched).then(|| scope.without(FETCHED));
        let scope = own.as_ref().unwrap_or(scope);
        if let Some(needs) = &self.table.needs {
            let value = needs.eval(scope).map_err(|error| self.problem("needs", error))?;
            if value.is_none() {
                return Err(self.absent("needs", format!("`{}` yields nothing", needs.text())));
            }
        }
        if !self.is_meant(scope)? {
            return Ok(None);
        }
        let mut event = Map::from_iter([("kind".to_owned(), Json::from(self.table.kind.as_str()))]);
        for (name, expr) in self.table.fields() {
            let part = format!("field {name}");
            let Some(value) = expr.eval(scope).map_err(|error| self.problem(&part, error))? else {
                continue;
            };
            let value = fields::coerce(name, &value)
                .map_err(|wrong| self.problem(&part, format!("what `{}` yields {wrong}", expr.text())))?;
            event.extend(value.map(|value| (name.to_owned(), value)));
        }
        for group in fields::required(self.table.kind) {
            if !group.iter().any(|name| event.contains_key(*name)) {
                return Err(self.lacking(group));
            }
        }
        let event = serde_json::from_value(Json::Object(event));
        event.map(Some).map_err(|error| self.problem("fields", error.to_string()))
    }

    /// Whether the item in scope is one of the table's.
    pub(super) fn is_meant(&self, scope: &Scope) -> Result<bool, MapProblem> {
        let Some(when) = &self.table.when else { return Ok(true) };
        when.is_true(scope).map_err(|error| self.problem("when", error))
    }

    fn lacking(&self, group: &[&str]) -> MapProblem {
        let name_expr = |name: &&str| Some(format!("{name}, from `{}`", self.table.field(name)?.text()));
        let told: Vec<String> = group.iter().filter_map(name_expr).collect();
        let what = format!("{} needs {}, which yields nothing", self.table.kind, told.join(" or "));
        self.absent(&format!("field {}", group.join(" or ")), what)
    }
}
