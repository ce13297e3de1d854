//! One value: kept, a date, or replaced.

use std::collections::BTreeSet;

use regex::{Captures, Regex};
use serde_json::{Map, Number, Value as Json};

use super::dates::{self, Dates};
use super::known::Known;
use super::survey::Survey;
use super::words::{Words, runs};

/// Ends of names of keys whose values are words of the platform.
const PLATFORM: [&str; 17] = [
    "type",
    "event",
    "eventname",
    "action",
    "topic",
    "trigger",
    "kind",
    "object",
    "operation",
    "status",
    "state",
    "version",
    "method",
    "schema",
    "locale",
    "language",
    "currency",
];

/// Parts of names of keys whose values are a person's own affair, whatever their end.
const PRIVATE: [&str; 13] = [
    "marital", "health", "immigra", "citizen", "national", "veteran", "disab", "gender", "sex", "ethnic", "relig",
    "blood", "salary",
];

/// Ends of names of keys whose small numbers are harmless.
const COUNTS: [&str; 14] = [
    "status", "state", "flags", "bits", "version", "page", "count", "total", "size", "limit", "offset", "attempt",
    "trigger", "code",
];

/// Longest word of a platform, in bytes.
const LONGEST: usize = 64;

pub(super) struct Replacer<'k> {
    known: &'k Known,
    survey: Survey,
    words: Words,
    dates: Dates,
    shapes: Regex,
    /// Texts that were replaced, in lower case, each with its path in the result.
    replaced: BTreeSet<(String, String)>,
}

impl<'k> Replacer<'k> {
    pub(super) fn new(known: &'k Known, survey: Survey, seed: u64) -> Result<Self, String> {
        let taken: BTreeSet<_> = survey.all.iter().cloned().chain(known.words()).collect();
        let mut words = Words::new(taken, seed);
        let days = words.number(30..330);
        let shift = if words.number(0..2) == 0 { days } else { -days };
        let shapes = [
            r"(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
            r"(?P<local>[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]+)@(?P<domain>[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)",
            r#"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<host>[^/\s:?#"'<>]+)"#,
            r"(?P<date>\d{4}-\d{2}-\d{2})(?P<time>[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?",
        ];
        let wrong = |error: regex::Error| error.to_string();
        Ok(Self {
            known,
            survey,
            words,
            dates: Dates::new(shift).map_err(wrong)?,
            shapes: Regex::new(&shapes.join("|")).map_err(wrong)?,
            replaced: BTreeSet::new(),
        })
    }

    pub(super) fn value<'v>(&mut self, path: &mut Vec<&'v str>, value: &'v Json) -> Json {
        match value {
            Json::Object(members) => {
                let mut made = Map::new();
                for (name, member) in members {
                    path.push(name);
                    let member = self.value(path, member);
                    path.pop();
                    made.insert(self.key(name), member);
                }
                Json::Object(made)
            }
            Json::Array(items) => items.iter().map(|item| self.value(path, item)).collect(),
            Json::String(text) => Json::from(self.text(path, text)),
            Json::Number(number) => self.number(path, number),
            Json::Null | Json::Bool(_) => value.clone(),
        }
    }

    pub(super) fn text(&mut self, path: &[&str], text: &str) -> String {
        if text.trim().is_empty() || self.known.has(text) || self.is_word_of_platform(path, text) {
            return text.to_owned();
        }
        let stays = dates::stays(path);
        if stays && dates::is_moment(text) {
            return text.to_owned();
        }
        if let Some(date) = self.dates.other(text, stays) {
            return date;
        }
        if text.trim_start().starts_with(['{', '['])
            && let Ok(inner) = serde_json::from_str::<Json>(text)
        {
            return self.value(&mut path.to_vec(), &inner).to_string();
        }
        let made = self.shaped(text, stays);
        if made != text {
            let shown: Vec<_> = path.iter().map(|key| self.key(key)).collect();
            self.replaced.insert((text.trim().to_lowercase(), shown.join(".")));
        }
        made
    }

    /// A text of which nothing is known.
    pub(super) fn free(&mut self, text: &str) -> String {
        self.shaped(text, false)
    }

    pub(super) fn header(&mut self, name: &str, value: &str) -> String {
        self.text(&[name], value)
    }

    /// The name of a key: it stays, unless it is one of a person's.
    pub(super) fn key(&mut self, name: &str) -> String {
        let is_number = |run: &str| run.len() >= 4 && run.starts_with(|c: char| c.is_ascii_digit());
        let is_odd = name.contains('@') || runs(name).any(is_number);
        let is_somebody = runs(name).next().is_some() && runs(name).all(|run| self.survey.is_name(run));
        if self.known.has(name) || !(is_odd || is_somebody) {
            return name.to_owned();
        }
        self.free(name)
    }

    /// The name of a form's field, `data[fields][0]`: each key in it.
    pub(super) fn form_key(&mut self, name: &str) -> String {
        name.split_inclusive(['[', ']'])
            .map(|part| {
                let (key, bracket) = match part.strip_suffix(['[', ']']) {
                    Some(key) => (key, &part[key.len()..]),
                    None => (part, ""),
                };
                self.key(key) + bracket
            })
            .collect()
    }

    /// Where a text that was replaced is still to be found as a whole.
    pub(super) fn left(&self, body: &[u8]) -> Vec<String> {
        let body = String::from_utf8_lossy(body).to_lowercase();
        let is_left = |text: &str| {
            let is_word = text.chars().filter(|c| c.is_alphabetic()).count() >= 4;
            let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let mut places = body.match_indices(text);
            is_word
                && !self.known.has(text)
                && places.any(|(at, _)| {
                    !inside(body[..at].chars().next_back()) && !inside(body[at + text.len()..].chars().next())
                })
        };
        let left = self.replaced.iter().filter(|(text, _)| is_left(text)).map(|(_, path)| path.clone());
        left.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn number(&mut self, path: &[&str], number: &Number) -> Json {
        let text = number.to_string();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_id = path.iter().rev().take(2).any(|key| is_id(key));
        let is_count = digits <= 4 && path.last().is_some_and(|key| ends(key, &COUNTS));
        let is_small = digits == 1 && !is_id;
        let is_moment = dates::stays(path) && dates::is_moment(&text);
        if (!is_id && (is_count || self.known.has_number(&text))) || is_small || is_moment {
            return Json::Number(number.clone());
        }
        // An exponent is no digit of an id.
        let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text.as_str(), None), |(m, e)| (m, Some(e)));
        let mut made = self.words.free(mantissa);
        made.extend(exponent.map(|exponent| format!("e{exponent}")));
        serde_json::from_str(&made).map_or_else(|_| Json::from(0), Json::Number)
    }

    /// Ids, addresses and dates in a text keep their shape; everything else goes word by word.
    fn shaped(&mut self, text: &str, stays: bool) -> String {
        let shapes = self.shapes.clone();
        let mut made = String::with_capacity(text.len());
        let mut end = 0;
        for found in shapes.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            made.push_str(&self.words.free(&text[end..whole.start()]));
            made.push_str(&self.shape(&found, stays));
            end = whole.end();
        }
        made.push_str(&self.words.free(&text[end..]));
        made
    }

    fn shape(&mut self, found: &Captures<'_>, stays: bool) -> String {
        let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
        if let Some(id) = found.name("uuid") {
            return self.words.uuid(id.as_str());
        }
        if found.name("domain").is_some() {
            return format!("{}@{}", self.words.free(part("local")), self.words.domain(part("domain")));
        }
        if found.name("host").is_some() {
            return format!("{}{}", part("scheme"), self.words.domain(part("host")));
        }
        let date = if stays { part("date").to_owned() } else { self.dates.moved(part("date")) };
        format!("{date}{}", part("time"))
    }

    /// A type of event, a status and the like: a short word behind a key that holds such, and no word of a person's.
    fn is_word_of_platform(&self, path: &[&str], text: &str) -> bool {
        let key = path.iter().rev().find(|key| !matches!(key.to_lowercase().as_str(), "value" | "name" | "id"));
        let is_platform = key.is_some_and(|key| {
            let lower = key.to_lowercase();
            ends(key, &PLATFORM) && !PRIVATE.iter().any(|part| lower.contains(part))
        });
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '/' | '-' | ' ' | '*');
        let is_short = text.len() <= LONGEST && text.split(' ').count() <= 3;
        let has_number = runs(text).any(|run| run.len() >= 3 && run.starts_with(|c: char| c.is_ascii_digit()));
        is_platform && is_short && text.chars().all(is_plain) && !has_number && !self.survey.is_about_people(text)
    }
}

/// Whether the name of a key ends with one of these words, whatever stands between its own.
fn ends(key: &str, words: &[&str]) -> bool {
    let plain: String = key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    words.iter().any(|word| plain.ends_with(word))
}

/// Whether the name of a key says that its value is an id.
fn is_id(key: &str) -> bool {
    let lower = key.to_lowercase();
    lower == "id"
        || key.ends_with("Id")
        || key.ends_with("ID")
        || ["_id", "-id", " id", "uuid", "number", "#", "no"].iter().any(|end| lower.ends_with(end))
}
