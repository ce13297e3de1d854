//! Thin payloads: which items of a delivery are to be completed by asking the platform, and by which call.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::mapping::{Input, MapProblem, Mapped, Place};
use super::{Call, Connector, fields};
use crate::expr::{Expr, Scope};
use crate::model::Event;

/// One item that some `[[event]]` may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thin {
    /// The expression of the items that it is one of; empty for the body itself.
    pub of: String,
    /// Its number in them, from 0.
    pub item: usize,
    /// The call that completes it, or why there is none; absent where nothing is to be asked.
    pub call: Option<Result<Call, MapProblem>>,
    /// What it is about, by the address that one would ask: items of one subject are taken in order.
    pub subject: Option<String>,
}

impl Connector {
    /// The items of a delivery that are to be taken one by one, and what could not be read. For connectors with `[fetch]`.
    ///
    /// # Errors
    /// As [`Connector::map`].
    pub fn thin(&self, input: &Input<'_>) -> Result<(Vec<Thin>, Vec<Mapped>), MapProblem> {
        let found = self.find(&Input { fetched: None, ..*input })?;
        let mut thin = BTreeMap::new();
        let mut bad = found.bad;
        for (place, items) in found.tables {
            match items {
                Ok(items) => {
                    for (item, value) in items.iter().enumerate() {
                        self.take(&mut thin, place.at(item), item, &found.scope.with("item", value));
                    }
                }
                Err(problem) => bad.push(Mapped { table: place.number, item: 0, result: Err(problem) }),
            }
        }
        Ok((thin.into_values().collect(), bad))
    }

    /// One of those items; `None` if it is none of them. The others are not looked at: there may be thousands, and each is
    /// asked for alone.
    ///
    /// # Errors
    /// As [`Connector::map`].
    pub fn thin_item(&self, input: &Input<'_>, of: &str, item: usize) -> Result<Option<Thin>, MapProblem> {
        let found = self.find(&Input { fetched: None, ..*input })?;
        let mut thin = BTreeMap::new();
        for (place, items) in found.tables.iter().filter(|(place, _)| self.items_of(place.number) == Some(of)) {
            if let Some(value) = items.as_ref().ok().and_then(|items| items.get(item)) {
                self.take(&mut thin, place.at(item), item, &found.scope.with("item", value));
            }
        }
        Ok(thin.into_values().next())
    }

    /// Note an item if the table may mean it. They are kept in the order of the payload, then of the tables.
    fn take(&self, thin: &mut BTreeMap<(usize, usize), Thin>, place: Place<'_>, item: usize, scope: &Scope) {
        let Some(fetch) = &self.fetch else { return };
        if !place.may_be_meant(scope) {
            return;
        }
        let of = self.items_of(place.number).unwrap_or_default();
        let known = thin.entry((item, self.first_table_of(of))).or_insert_with(|| {
            let subject = fetch.call(scope).ok().map(|call| subject(&call));
            Thin { of: of.to_owned(), item, call: None, subject }
        });
        if place.table.is_fetched && known.call.is_none() {
            known.call = Some(fetch.call(scope).map_err(|what| place.problem("fetch", what)));
        }
    }

    /// Whom a delivery is about, as far as it tells without the platform's answer: events with nothing but ids and addresses.
    /// What cannot be read tells of nobody.
    #[must_use]
    pub fn mentions(&self, input: &Input<'_>) -> Vec<Event> {
        let Ok(found) = self.find(&Input { fetched: None, ..*input }) else { return Vec::new() };
        let mut events = Vec::new();
        for (place, items) in found.tables {
            for value in items.iter().flatten() {
                let scope = found.scope.with("item", value);
                events.extend(place.mention(&scope));
            }
        }
        events
    }

    /// The expression of a table's items, empty for the body itself; `None` if there is no such table.
    #[must_use]
    pub fn items_of(&self, table: usize) -> Option<&str> {
        self.events.get(table).map(|table| table.items.as_ref().map_or("", Expr::text))
    }

    /// The first table whose items are those of this expression.
    #[must_use]
    pub fn first_table_of(&self, of: &str) -> usize {
        (0..self.events.len()).find(|table| self.items_of(*table) == Some(of)).unwrap_or_default()
    }

    /// Map one item of a delivery: `of` and `item` as [`Thin`] has them.
    ///
    /// # Errors
    /// As [`Connector::map`].
    pub fn map_item(&self, input: &Input<'_>, of: &str, item: usize) -> Result<Vec<Mapped>, MapProblem> {
        let found = self.find(input)?;
        let tables = found.tables.iter().filter(|(place, _)| self.items_of(place.number) == Some(of));
        let map_one = |(place, items): &(Place<'_>, Result<Vec<Json>, MapProblem>)| match items {
            Ok(items) => place.map_one(&found.scope, item, items.get(item)?),
            Err(problem) if item == 0 => Some(Mapped { table: place.number, item, result: Err(problem.clone()) }),
            Err(_) => None,
        };
        Ok(tables.filter_map(map_one).collect())
    }
}

impl Place<'_> {
    /// The ids and addresses of the item in scope.
    fn mention(&self, scope: &Scope) -> Option<Event> {
        const IDS: [&str; 4] = ["employee_id", "email", "match_id", "user_id"];
        let mut event = Map::from_iter([("kind".to_owned(), Json::from(self.table.kind.as_str()))]);
        for (name, expr) in self.table.fields().filter(|(name, _)| IDS.contains(name)) {
            let value = expr.eval(scope).ok().flatten().and_then(|value| fields::coerce(name, &value).ok().flatten());
            event.extend(value.map(|value| (name.to_owned(), value)));
        }
        serde_json::from_value(Json::Object(event)).ok()
    }

    /// Whether the item in scope may turn out to be one of the table's. What cannot be told is told when it is mapped.
    pub(super) fn may_be_meant(&self, scope: &Scope) -> bool {
        let is_worth_asking = || self.worth_asking().is_none_or(|when| when.is_true(scope).unwrap_or(true));
        if !self.table.is_fetched {
            return self.is_meant(scope).unwrap_or(true);
        }
        self.table.before.iter().all(|part| part.is_true(scope).unwrap_or(true)) && is_worth_asking()
    }
}

/// What a call is about: its address, and what it posts.
fn subject(call: &Call) -> String {
    let body = call.body.as_ref().map(Json::to_string).unwrap_or_default();
    format!("{}\n{body}", call.path_and_query)
}
