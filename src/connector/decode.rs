//! From the bytes of a body to the value that a mapping sees.

use serde_json::Value as Json;

use super::{Connector, form};
use crate::body;
use crate::document::{Entry, Section};

/// Most lines of one body.
const LINES: usize = 10_000;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON value.
    Json,
    /// `application/x-www-form-urlencoded`: an object of texts, lists and objects.
    Form,
    /// One JSON value a line, or one JSON array, or one JSON object: a list.
    Ndjson,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Json, Self::Form, Self::Ndjson];

    /// The word for it in a connector's `decode`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Form => "form",
            Self::Ndjson => "ndjson",
        }
    }

    /// The format of a request by its Content-Type; JSON where it names none.
    #[must_use]
    pub fn of(content_type: Option<&str>) -> Self {
        content_type.and_then(Self::named).unwrap_or(Self::Json)
    }

    /// The format that the Content-Type of a request names; `None` if it names none of these.
    fn named(content_type: &str) -> Option<Self> {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => Some(Self::Form),
            // None of the words for lines is registered; these are in use.
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines"
            | "application/json-lines"
            | "application/x-json-stream" => Some(Self::Ndjson),
            "application/json" | "text/json" => Some(Self::Json),
            kind if kind.ends_with("+json") => Some(Self::Json),
            _ => None,
        }
    }
}

/// A body as expressions see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Decoded {
    /// The value. Of lines it is the list of those that are JSON.
    pub body: Json,
    /// Lines that are not JSON: the number of the line in the body, from 0, and a sentence that says why.
    pub bad: Vec<(usize, String)>,
}

/// `decode`: one format or a list of them. The first one is meant where a request does not say.
pub(super) fn read_formats(root: &Section<'_>) -> Vec<Format> {
    let Some(entry) = root.get("decode") else { return vec![Format::Json] };
    if !entry.json().is_array() {
        return read_format(&entry).into_iter().collect();
    }
    let items = entry.items().unwrap_or_default();
    if items.is_empty() {
        entry.problem("is empty; write \"json\", \"form\" or \"ndjson\"");
    }
    let mut formats = Vec::new();
    for item in &items {
        match read_format(item) {
            Some(format) if formats.contains(&format) => item.problem("stands here twice"),
            format => formats.extend(format),
        }
    }
    formats
}

fn read_format(entry: &Entry<'_>) -> Option<Format> {
    let word = entry.text()?;
    let format = Format::ALL.into_iter().find(|format| format.as_str() == word);
    if format.is_none() {
        entry.problem("must be json, form or ndjson");
    }
    format
}

impl Connector {
    /// The format that the body of a request has: of several the one that its Content-Type names, else the first.
    #[must_use]
    pub fn format(&self, content_type: Option<&str>) -> Format {
        choose(&self.formats, content_type.and_then(Format::named))
    }
}

fn choose(formats: &[Format], named: Option<Format>) -> Format {
    named.filter(|named| formats.contains(named)).or(formats.first().copied()).unwrap_or(Format::Json)
}

/// Read a body. Of several formats the one that the Content-Type names is taken, else the first.
///
/// # Errors
/// A sentence about the whole body, with line and column where there are such. It never contains a value.
pub(super) fn decode(formats: &[Format], content_type: Option<&str>, bytes: &[u8]) -> Result<Decoded, String> {
    let named = content_type.and_then(Format::named);
    let format = choose(formats, named);
    let whole = |body| Decoded { body, bad: Vec::new() };
    match format {
        Format::Json => body::json(bytes).map(whole).map_err(|problem| match named {
            Some(other @ (Format::Form | Format::Ndjson)) => {
                let word = other.as_str();
                format!(
                    "{problem}. The request says that it is {word}; `decode = \"{word}\"` in the connector reads that"
                )
            }
            _ => problem,
        }),
        Format::Form => form::read(bytes).map(whole),
        Format::Ndjson => lines(bytes),
    }
}

/// One value a line; a platform that can also send them as one array, or a lone one as an object, is read as well.
fn lines(bytes: &[u8]) -> Result<Decoded, String> {
    let text = body::text(bytes);
    let whole = match body::json(text) {
        Ok(Json::Array(values)) => return Ok(Decoded { body: Json::Array(values), bad: Vec::new() }),
        Ok(value) => return Ok(Decoded { body: Json::Array(vec![value]), bad: Vec::new() }),
        Err(problem) => problem,
    };
    let filled = text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    let mut values = Vec::new();
    let mut bad = Vec::new();
    for (number, line) in filled {
        if values.len() + bad.len() == LINES {
            return Err(format!("the body has more than {LINES} lines"));
        }
        match serde_json::from_slice::<Json>(line) {
            Ok(value) => values.push(value),
            // A broken list that is written over several lines is not one of bad and good lines.
            Err(_) if values.len() + bad.len() == 0 && line.trim_ascii_start().starts_with(b"[") => return Err(whole),
            Err(error) => bad.push((number, not_json(number, &error))),
        }
    }
    // Nor is a body of which nothing can be read.
    if values.is_empty() && !bad.is_empty() {
        return Err(whole);
    }
    Ok(Decoded { body: Json::Array(values), bad })
}

fn not_json(number: usize, error: &serde_json::Error) -> String {
    let told = error.to_string();
    // Each line is read alone, so the parser counts from its start.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = told.strip_suffix(&place).unwrap_or(&told);
    format!("line {} is not JSON: {what} at column {}", number + 1, error.column())
}
