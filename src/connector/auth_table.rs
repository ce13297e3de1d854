//! The `[auth]` table and the dedupe keys, and what a source changes in them.

use serde_json::Value as Json;

use super::Connector;
use crate::auth::{Dedupe, Scheme, SchemeSpec};
use crate::document::{Entry, Section};

/// Compile an auth table.
fn compile(table: &Json) -> Result<Scheme, Vec<String>> {
    let spec: SchemeSpec = serde_path_to_error::deserialize(table).map_err(|error| {
        let (path, what) = (error.path().to_string(), error.inner().to_string());
        vec![if path == "." { what } else { format!("{path}: {what}") }]
    })?;
    Scheme::compile(&spec)
}

/// The `[auth]` table as JSON and compiled; each problem stands at the key that it names.
pub(super) fn read(root: &Section<'_>) -> Option<(Json, Scheme)> {
    let entry = root.require("auth", "write an [auth] table that says how the webhooks are signed")?;
    entry.section()?;
    let table = entry.json();
    match compile(&table) {
        Ok(scheme) => Some((table, scheme)),
        Err(problems) => {
            tell_auth_problems(&entry, &problems);
            None
        }
    }
}

/// Record the problems of an auth table, each at the key that it names where `auth` holds that key.
pub fn tell_auth_problems(auth: &Entry<'_>, problems: &[String]) {
    let section = auth.section();
    for problem in problems {
        match section.as_ref().and_then(|section| named(section, problem)) {
            Some((key, what)) => key.problem(what),
            None => auth.problem(problem),
        }
    }
}

/// The key that a problem is about and the rest of the sentence: `auth` writes "key: problem", serde
/// "unknown field `key`, ...".
fn named<'d, 'p>(section: &Section<'d>, problem: &'p str) -> Option<(Entry<'d>, &'p str)> {
    if let Some((key, _)) = problem.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        return Some((section.get(key)?, problem));
    }
    let (path, what) = problem.split_once(": ")?;
    let mut keys = path.split('.');
    let mut entry = section.get(keys.next()?)?;
    for key in keys {
        entry = entry.section()?.get(key)?;
    }
    Some((entry, what))
}

/// `dedupe` is a list of lists of parts; each part is compiled alone first, so that a problem points at it.
pub(super) fn read_dedupe(root: &Section<'_>) -> Option<Dedupe> {
    let Some(entry) = root.get("dedupe") else {
        return Dedupe::compile(&[]).ok();
    };
    let mut sound = true;
    let mut lists = Vec::new();
    for list in entry.items()? {
        let parts = list.items()?;
        if parts.is_empty() {
            list.problem("has no part; write what makes the key, such as \"json:/id\"");
            sound = false;
        }
        for part in &parts {
            if let Err(problems) = Dedupe::compile(&[vec![part.text()?]]) {
                for problem in &problems {
                    part.problem(problem.trim_start_matches("dedupe: "));
                }
                sound = false;
            }
        }
        lists.push(list.texts()?);
    }
    let compiled = Dedupe::compile(&lists);
    if let (Err(problems), true) = (&compiled, sound) {
        problems.iter().for_each(|problem| entry.problem(problem));
    }
    compiled.ok().filter(|_| sound)
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
