//! A TOML text read key by key: every wrong value and unknown key becomes a [`Problem`] with file,
//! line and key, and reading goes on, so that all problems are told at once.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One thing wrong in a text that an administrator wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// The file, as named by the caller.
    pub file: String,
    /// Line and column, both from 1, where known.
    pub at: Option<(usize, usize)>,
    /// Dotted path of the key; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// A parsed text together with the problems found in it so far.
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Document<'t> {
    /// Parse `text`; `file` is the name that problems carry.
    ///
    /// # Errors
    /// Every syntax error of the text.
    pub fn parse(file: &'t str, text: &'t str) -> Result<Self, Vec<Problem>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { file, text, root, problems: RefCell::default() });
        }
        let tell = |error: &toml::de::Error| Problem {
            file: file.to_owned(),
            at: error.span().map(|span| position(text, span.start)),
            key: String::new(),
            message: format!("not valid TOML: {}", error.message()),
        };
        Err(errors.iter().map(tell).collect())
    }

    /// The whole document.
    pub fn root(&self) -> Section<'_> {
        Section {
            document: self,
            path: String::new(),
            span: 0..0,
            table: self.root.get_ref(),
            read: RefCell::default(),
        }
    }

    /// Record a problem at a byte range of the text.
    pub fn problem(&self, span: &Range<usize>, key: impl Into<String>, message: impl Into<String>) {
        let at = Some(position(self.text, span.start));
        self.push(Problem { file: self.file.to_owned(), at, key: key.into(), message: message.into() });
    }

    fn push(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// All problems, in the order of the text.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.at);
        problems
    }
}

/// Line and column (from 1, in characters) of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// One table of a document. Keys that were not read by the time [`Section::finish`] is called are
/// unknown keys.
pub struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    span: Range<usize>,
    table: &'d DeTable<'d>,
    read: RefCell<HashSet<String>>,
}

/// One value of a document.
#[derive(Clone)]
pub struct Entry<'d> {
    document: &'d Document<'d>,
    /// Dotted path.
    pub path: String,
    span: Range<usize>,
    value: &'d DeValue<'d>,
}

impl<'d> Section<'d> {
    /// Dotted path of the table; empty for the document.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Path of a key in this table.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, if present.
    pub fn get(&self, key: &str) -> Option<Entry<'d>> {
        self.read.borrow_mut().insert(key.to_owned());
        let value = self.table.get(key)?;
        Some(Entry { document: self.document, path: self.path_of(key), span: value.span(), value: value.get_ref() })
    }

    /// The value of a key, which must be there; `hint` says what to write.
    pub fn require(&self, key: &str, hint: &str) -> Option<Entry<'d>> {
        let entry = self.get(key);
        if entry.is_none() {
            self.document.problem(&self.span, self.path_of(key), format!("is missing; {hint}"));
        }
        entry
    }

    /// A text that may be absent.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.text()
    }

    /// All values, as of a table whose keys are names.
    pub fn entries(&self) -> Vec<(String, Entry<'d>)> {
        self.table.keys().filter_map(|key| Some((key.get_ref().to_string(), self.get(key.get_ref())?))).collect()
    }

    /// A table that may be absent.
    pub fn section(&self, key: &str) -> Option<Section<'d>> {
        self.get(key)?.section()
    }

    /// An array of tables; empty when absent.
    pub fn sections(&self, key: &str) -> Vec<Section<'d>> {
        let items = self.get(key).and_then(|entry| entry.items()).unwrap_or_default();
        items.iter().filter_map(Entry::section).collect()
    }

    /// Record a problem with this table.
    pub fn problem(&self, key: &str, message: impl Into<String>) {
        let path = if key.is_empty() { self.path.clone() } else { self.path_of(key) };
        self.document.problem(&self.span, path, message);
    }

    /// Record every key that nobody has read as unknown; `known` is what may stand here.
    pub fn finish(self, known: &str) {
        for key in self.table.keys() {
            if !self.read.borrow().contains(key.get_ref().as_ref()) {
                self.document.problem(&key.span(), self.path_of(key.get_ref()), format!("is not a key here; {known}"));
            }
        }
    }
}

impl<'d> Entry<'d> {
    /// Record a problem with this value.
    pub fn problem(&self, message: impl Into<String>) {
        self.document.problem(&self.span, self.path.clone(), message);
    }

    /// Record a problem at a byte range inside this value, counted from the start of a text value.
    pub fn problem_within(&self, range: &Range<usize>, message: impl Into<String>) {
        let raw = self.document.text.get(self.span.clone()).unwrap_or_default();
        let quote = raw.chars().next().unwrap_or('"');
        let opening = match raw.strip_prefix(&quote.to_string().repeat(3)) {
            None => 1,
            // A line end right after the quotes is no part of the text.
            Some(rest) if rest.starts_with("\r\n") => 5,
            Some(rest) if rest.starts_with('\n') => 4,
            Some(_) => 3,
        };
        let start = (self.span.start + opening + range.start).min(self.span.end);
        self.document.problem(&(start..self.span.end), self.path.clone(), message);
    }

    fn wrong(&self, wanted: &str) {
        self.problem(format!("must be {wanted}, not {}", self.value.type_str()));
    }

    /// The value as text, else a problem.
    pub fn text(&self) -> Option<String> {
        if let Some(text) = self.value.as_str() {
            return Some(text.to_owned());
        }
        self.wrong("a text in quotes");
        None
    }

    /// The value as true or false, else a problem.
    pub fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.wrong("true or false");
        }
        flag
    }

    /// The value as a whole number, else a problem.
    pub fn integer(&self) -> Option<i64> {
        let number = self.value.as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        if number.is_none() {
            self.wrong("a whole number");
        }
        number
    }

    /// The value as a list, else a problem.
    pub fn items(&self) -> Option<Vec<Entry<'d>>> {
        let Some(array) = self.value.as_array() else {
            self.wrong("a list");
            return None;
        };
        let entry = |(index, item): (usize, &'d Spanned<DeValue<'d>>)| Entry {
            document: self.document,
            path: format!("{}[{index}]", self.path),
            span: item.span(),
            value: item.get_ref(),
        };
        Some(array.iter().enumerate().map(entry).collect())
    }

    /// The value as a list of texts, else a problem.
    pub fn texts(&self) -> Option<Vec<String>> {
        self.items()?.iter().map(Entry::text).collect()
    }

    /// The value as a table, else a problem.
    pub fn section(&self) -> Option<Section<'d>> {
        let Some(table) = self.value.as_table() else {
            self.wrong("a table");
            return None;
        };
        Some(Section {
            document: self.document,
            path: self.path.clone(),
            span: self.span.clone(),
            table,
            read: RefCell::default(),
        })
    }

    /// The value as JSON; a date becomes its text.
    pub fn json(&self) -> Json {
        json(self.value)
    }
}

fn json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).map_or(Json::Null, Json::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Json::Null, Json::from),
        DeValue::Boolean(flag) => Json::from(*flag),
        DeValue::Datetime(date) => Json::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            Json::Object(table.iter().map(|(key, item)| (key.get_ref().to_string(), json(item.get_ref()))).collect())
        }
    }
}
