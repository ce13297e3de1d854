//! Captured webhooks without the people in them, so that they can be kept as fixtures.
//!
//! Everything is replaced that is not known to be harmless: known are the names of keys, booleans, what the connector's
//! expressions compare with, words of the platform such as types of events, and dates of employment. The same text gets
//! the same replacement everywhere, also inside longer texts; lengths and shapes stay, so that the result maps as the
//! original does. Replacements are drawn and not computed: nothing leads back from them.
//!
//! ```text
//! known     what the connector reads by name and compares with
//! survey    what is in the delivery: its words, and those that belong to people
//! values    one value: kept, a date, or replaced   -> words, dates
//! ```

mod compare;
mod dates;
mod known;
mod survey;
mod values;
mod words;

pub use compare::differences;

use serde_json::{Map, Value as Json};
use url::form_urlencoded::Serializer;

use crate::body;
use crate::connector::{Connector, Format};
use known::Known;
use survey::Survey;
use values::Replacer;

/// What a delivery holds.
#[derive(Debug, Clone, Copy)]
pub struct Captured<'a> {
    /// The headers kept, lower-case name and value.
    pub headers: &'a [(String, String)],
    /// The body as received.
    pub body: &'a [u8],
}

/// The same without people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anonymous {
    /// Headers that say something to the connector, and the type of the body.
    pub headers: Vec<(String, String)>,
    /// A body of the same format, written anew.
    pub body: Vec<u8>,
    /// Where a text that was replaced is still to be found in the body, as a path of keys: as the name of a key, or as a
    /// part of something that was kept. For people to look at.
    pub left: Vec<String>,
}

/// A delivery to a source of this connector without its people; `options` are the source's own. `seed` decides what is
/// drawn.
///
/// # Errors
/// A sentence without a value: the body is no text.
pub fn anonymise(
    connector: &Connector,
    options: &Map<String, Json>,
    captured: Captured<'_>,
    seed: u64,
) -> Result<Anonymous, String> {
    let known = Known::of(connector, options);
    let content_type =
        captured.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    let body = Body::read(connector.format(content_type), captured.body)?;
    let mut headers: Vec<_> = captured.headers.iter().filter(|(name, _)| known.reads_header(name)).cloned().collect();
    let mut survey = Survey::default();
    body.survey(&mut survey);
    headers.iter().for_each(|(name, value)| survey.text(&[name], value));
    let mut replacer = Replacer::new(&known, survey, seed)?;
    for (name, value) in &mut headers {
        *value = replacer.header(name, value);
    }
    let body = body.replaced(&mut replacer)?;
    if let Some(content_type) = content_type {
        headers.insert(0, ("content-type".to_owned(), kind_of(content_type)));
    }
    let left = replacer.left(&body);
    Ok(Anonymous { headers, body, left })
}

/// A type of bodies without parameters other than the character set: a boundary, for one, is as good as an id.
fn kind_of(content_type: &str) -> String {
    let mut parts = content_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let charset = parts.find(|part| part.to_ascii_lowercase().starts_with("charset="));
    [Some(kind), charset].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// A body as it is written.
enum Body {
    Json(Json),
    Form(Vec<(String, String)>),
    /// One value a line; a line that is no JSON is its text.
    Lines(Vec<Result<Json, String>>),
    /// Something else.
    Text(String),
}

impl Body {
    fn read(format: Format, bytes: &[u8]) -> Result<Self, String> {
        let text = || {
            let text = std::str::from_utf8(bytes).map_err(|_| "the body is no text, so it cannot be anonymised")?;
            Ok(Self::Text(text.to_owned()))
        };
        match format {
            Format::Json => body::json(bytes).map(Self::Json).or_else(|_| text()),
            Format::Form => {
                let owned = |fields: Vec<(_, _)>| fields.into_iter().map(owned_pair).collect();
                body::form(bytes).map(|fields| Self::Form(owned(fields))).or_else(|_| text())
            }
            Format::Ndjson => {
                if let Ok(whole) = body::json(bytes) {
                    return Ok(Self::Json(whole));
                }
                let Self::Text(text) = text()? else { return Err("the body is no text".to_owned()) };
                let line = |line: &str| serde_json::from_str(line).map_err(|_| line.to_owned());
                Ok(Self::Lines(text.lines().filter(|line| !line.trim().is_empty()).map(line).collect()))
            }
        }
    }

    fn survey(&self, survey: &mut Survey) {
        match self {
            Self::Json(value) => survey.value(&mut Vec::new(), value),
            Self::Form(fields) => fields.iter().for_each(|(name, text)| survey.text(&segments(name), text)),
            Self::Lines(lines) => lines.iter().for_each(|line| match line {
                Ok(value) => survey.value(&mut Vec::new(), value),
                Err(text) => survey.text(&[], text),
            }),
            Self::Text(text) => survey.text(&[], text),
        }
    }

    fn replaced(&self, replacer: &mut Replacer<'_>) -> Result<Vec<u8>, String> {
        let write = |value: &Json| serde_json::to_string(value).map_err(|error| error.to_string());
        let text = match self {
            Self::Json(value) => write(&replacer.value(&mut Vec::new(), value))?,
            Self::Form(fields) => {
                let mut written = Serializer::new(String::new());
                for (name, text) in fields {
                    let value = replacer.text(&segments(name), text);
                    written.append_pair(&replacer.form_key(name), &value);
                }
                written.finish()
            }
            Self::Lines(lines) => {
                let mut written = String::new();
                for line in lines {
                    match line {
                        Ok(value) => written.push_str(&write(&replacer.value(&mut Vec::new(), value))?),
                        Err(text) => written.push_str(&replacer.free(text)),
                    }
                    written.push('\n');
                }
                written
            }
            Self::Text(text) => replacer.free(text),
        };
        Ok(text.into_bytes())
    }
}

fn owned_pair((name, text): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (name.into_owned(), text.into_owned())
}

/// The keys in the name of a form's field: `data[fields][0]`.
fn segments(name: &str) -> Vec<&str> {
    name.split(['[', ']']).filter(|part| !part.is_empty()).collect()
}
