//! What a connector reads by name and compares with: texts that say nothing of people.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::auth;
use crate::connector::Connector;
use crate::expr::{Constant, Expr};

/// What is known to be harmless.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Names of fields, and texts of options, as they are written.
    names: BTreeSet<String>,
    /// Texts that are compared with, in lower case: an expression may disregard the case.
    literals: BTreeSet<String>,
    numbers: BTreeSet<String>,
    headers: BTreeSet<String>,
}

impl Known {
    /// Of a connector, with the options of a source.
    pub(super) fn of(connector: &Connector, options: &Map<String, Json>) -> Self {
        let mut known = Self::default();
        for table in &connector.events {
            let own = [&table.items, &table.needs, &table.when].into_iter().flatten();
            own.chain(table.fields().map(|(_, expr)| expr)).for_each(|expr| known.read(expr));
        }
        if let Some(when) = connector.fetch.as_ref().and_then(|fetch| fetch.when.as_ref()) {
            known.read(when);
        }
        let options = connector.options.values().chain(options.values());
        known.names.extend(options.filter_map(Json::as_str).map(str::to_owned));
        known.headers.extend(auth::headers_read(&connector.scheme, &connector.dedupe));
        known
    }

    fn read(&mut self, expr: &Expr) {
        for constant in expr.constants() {
            match constant {
                Constant::Name(name) => drop(self.names.insert(name)),
                Constant::Text(text) => drop(self.literals.insert(text.trim().to_lowercase())),
                Constant::Number(number) => drop(self.numbers.insert(number)),
            }
        }
        self.headers.extend(expr.reads("headers").into_iter().map(|read| read.field.to_ascii_lowercase()));
    }

    /// Whether the connector looks at a header of this name.
    pub(super) fn reads_header(&self, name: &str) -> bool {
        name != "content-type" && self.headers.contains(name)
    }

    /// Whether a text is one that the connector compares with, or the name of a field that it reads.
    pub(super) fn has(&self, text: &str) -> bool {
        self.names.contains(text) || self.literals.contains(&text.trim().to_lowercase())
    }

    /// Whether a number is one that the connector compares with.
    pub(super) fn has_number(&self, number: &str) -> bool {
        self.numbers.contains(number)
    }

    /// Every word of them, in lower case: none of them may be made up.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        self.names.iter().chain(&self.literals).map(|text| text.to_lowercase())
    }
}
