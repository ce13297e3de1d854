//! The `[auth]` table, and what a source changes in it.

use serde_json::Value as Json;

use super::Connector;
use crate::auth::{Dedupe, Scheme, SchemeSpec};

/// Compile an auth table.
pub(super) fn compile(table: &Json) -> Result<Scheme, Vec<String>> {
    let spec: SchemeSpec = serde_json::from_value(table.clone()).map_err(|error| vec![error.to_string()])?;
    Scheme::compile(&spec)
}

impl Connector {
    /// The scheme and dedupe keys for a source with an auth table of its own: one with a `kind` replaces the
    /// connector's, one without merges into it, deeply.
    ///
    /// # Errors
    /// Every problem of the resulting table, as sentences.
    pub fn scheme_with(&self, source_auth: Option<&Json>) -> Result<(Scheme, Dedupe), Vec<String>> {
        let scheme = match source_auth {
            None => self.scheme.clone(),
            Some(own) if own.get("kind").is_some() => compile(own)?,
            Some(own) => {
                let mut table = self.auth.clone();
                merge(&mut table, own);
                compile(&table)?
            }
        };
        Ok((scheme, self.dedupe.clone()))
    }
}

fn merge(into: &mut Json, from: &Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Json::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
