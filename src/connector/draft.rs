//! A connector to begin with: a commented file and its first fixtures, made from a request.
//!
//! Which value is which is guessed from names and shapes, and whoever reads the file judges the guesses: the next best ones
//! stand beside them.

mod days;
mod leaves;
mod marks;
mod news;
mod page;
mod people;
mod scheme;

use http::HeaderMap;
use serde_json::Value as Json;

use super::trial::{self, Case, expected_text};
use super::{Catalog, Connector, Format, decode};
use crate::document::Problem;
use crate::fixture::{self, Fixture};

/// The request that a draft without one is made from: the way that most platforms have.
const SAMPLE: &str = include_str!("draft/sample.http");
/// Headers of a captured request that are nobody's business.
const PRIVATE: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];
/// The word of an event that no connector takes.
const IGNORED: &str = "nothing.to.see";
/// Longest name.
const LONGEST: usize = 60;

/// What is to be written.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The text of `NAME.toml`.
    pub connector: String,
    /// Files of the folder `NAME`: name and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What was found, and what is still to be done, a sentence each.
    pub notes: Vec<String>,
}

/// Whether a connector may be called so.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(is_plain) {
        return Err(format!(
            "'{name}' is no name for a connector: it has 1 to {LONGEST} lower-case letters, digits, hyphens and underscores"
        ));
    }
    if name.starts_with(['-', '_']) {
        return Err(format!("'{name}' is no name for a connector: it begins with a letter or a digit"));
    }
    Ok(())
}

impl Draft {
    /// A draft for the most common way, from a sample.
    ///
    /// # Errors
    /// A sentence; there is nothing in the sample that could be wrong.
    pub fn new(name: &str) -> Result<Self, String> {
        let mut draft = Self::of(name, SAMPLE.replace("@NAME@", name).as_bytes())?;
        draft.notes.clear();
        Ok(draft)
    }

    /// A draft from a captured request, or a bare body. The body stays as it is; signature, token and cookies do not.
    ///
    /// # Errors
    /// A sentence: it is no request, or its body is neither JSON nor a form.
    pub fn of(name: &str, file: &[u8]) -> Result<Self, String> {
        let captured = Captured::read(file)?;
        let page = page::write(name, &captured);
        let connector = load(name, &page.text)?;
        let mut draft = Self { connector: page.text, notes: page.notes, files: Vec::new() };
        draft.add(&connector, page.case, &captured.file)?;
        if let Some(other) = page.ignored {
            draft.add(&connector, "ignored", &other)?;
        }
        Ok(draft)
    }

    /// A draft with the text of another connector, and a captured request where there is one.
    ///
    /// # Errors
    /// A sentence: the request is none, or the scheme cannot sign it.
    pub fn like(name: &str, other: &Connector, file: Option<&[u8]>) -> Result<Self, String> {
        let connector = load(name, &renamed(&other.text, name))?;
        let mut draft = Self { connector: connector.text.clone(), ..Self::default() };
        match file {
            Some(file) => draft.add(&connector, "captured", &Captured::read(file)?.file)?,
            None => draft.notes.push(format!(
                "there is no fixture yet: put a captured request into {name}/CASE.http, one for each kind of event and one \
                 to be ignored"
            )),
        }
        Ok(draft)
    }

    /// A fixture, signed with the example secret, with what it comes to.
    fn add(&mut self, connector: &Connector, case: &str, file: &[u8]) -> Result<(), String> {
        let request = trial::sign_anew(connector, file)?;
        let verdict = trial::judge(connector, &Case { name: case, request: &request, expected: None, fetched: None });
        self.files.push((format!("{case}.http"), request));
        if let Some(told) = verdict.told {
            if let Some(problem) = told.pointer("/problem/what").and_then(Json::as_str) {
                self.notes.push(format!("{case}.http is not mapped yet: {problem}"));
            }
            self.files.push((format!("{case}.expected.json"), expected_text(&told).into_bytes()));
        }
        Ok(())
    }
}

fn load(name: &str, text: &str) -> Result<Connector, String> {
    let mut catalog = Catalog::default();
    let told = |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
    catalog.add(&format!("{name}.toml"), text).map_err(told)?;
    catalog.get(name).map(|connector| connector.as_ref().clone()).ok_or_else(|| format!("{name} has no [auth]"))
}

/// The text of a connector with another name. The key stands before the first table.
fn renamed(text: &str, name: &str) -> String {
    let mut is_done = false;
    let mut renamed = String::new();
    for line in text.split_inclusive('\n') {
        let key = line.split_once('=').map(|(key, _)| key.trim());
        if !is_done && key == Some("name") {
            renamed.push_str(&format!("name = \"{name}\"\n"));
            is_done = true;
        } else {
            renamed.push_str(line);
        }
    }
    renamed
}

/// A request that was captured.
struct Captured {
    /// As a file, without what is private in its head.
    file: Vec<u8>,
    /// With what is private: it tells how a request is signed.
    headers: HeaderMap,
    query: String,
    format: Format,
    body: Json,
}

impl Captured {
    fn read(file: &[u8]) -> Result<Self, String> {
        let fixture = Fixture::parse(file).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        let mut kind = None;
        for (name, value) in &fixture.headers {
            if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), http::HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
            if name.eq_ignore_ascii_case("content-type") {
                kind = Some(value.as_str());
            }
        }
        let format = Format::of(kind);
        let body = decode::decode(&[format], kind, &fixture.body).map_err(|what| match kind {
            Some(_) => what,
            None => format!(
                "{what}. A form or lines of JSON are known by the head: put `POST / HTTP/1.1`, the Content-Type and a blank \
                 line in front"
            ),
        })?;
        let body = body.body;
        let target = fixture.target.as_deref().unwrap_or_default();
        let query = target.split_once('?').map_or("", |(_, query)| query).to_owned();
        Ok(Self { file: fixture::without(file, &PRIVATE), headers, query, format, body })
    }
}
