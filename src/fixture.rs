//! A fixture file: one webhook as it came over the wire, or just its JSON body.
//!
//! The body is never touched on reading, since signatures cover its exact bytes; only [`Fixture::set`]
//! writes it anew.

mod rewrite;

use std::iter::Peekable;
use std::str::Chars;

use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use serde_json::Value as Json;

pub use rewrite::{rewrite, without};

/// Headers that describe one transport of the request and not the request: whoever posts it makes new ones.
const RECOMPUTED: [HeaderName; 4] = [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING];

/// One request, read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// The method as written; `POST` for a bare body.
    pub method: String,
    /// The request target as written; absent for a bare body.
    pub target: Option<String>,
    /// Names and values in the order written, doubled ones kept; without Host, Content-Length,
    /// Connection and Transfer-Encoding, which are made anew when the request is posted.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// Why a fixture could not be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixtureError {
    /// The request line names another version of HTTP.
    #[error("line 1: '{0}' is not understood; write HTTP/1.1 or leave the version out")]
    Version(String),
    /// A head line is not `Name: value`. The line itself is not told, it may hold a secret.
    #[error("line {line}: {what}; a head line is 'Name: value', and a blank line stands between head and body")]
    Header {
        /// Line number from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A value was to be set in a body that is not JSON.
    #[error("cannot set {path}: the body is not JSON ({why})")]
    NotJson {
        /// The path as given.
        path: String,
        /// The parser's words, without any of the body.
        why: String,
    },
    /// The path cannot be read, or does not lead anywhere in this body.
    #[error("cannot set {path}: {why}")]
    Path {
        /// The path as given.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Fixture {
    /// Read a file: an exact HTTP request if its first line is `METHOD target [HTTP/1.1]`, else a bare
    /// JSON body, posted as `application/json`. Head lines end in LF or CRLF; the body goes from after
    /// the blank line to the end of the file, verbatim. A head that ends with the file has no body.
    ///
    /// # Errors
    /// A head line that is not a header, or another version of HTTP. A body is never judged.
    pub fn parse(bytes: &[u8]) -> Result<Self, FixtureError> {
        let (first, mut rest) = split_line(bytes);
        let Some((method, target)) = request_line(first)? else {
            return Ok(Self {
                method: "POST".to_owned(),
                target: None,
                headers: vec![(CONTENT_TYPE.to_string(), "application/json".to_owned())],
                body: bytes.to_vec(),
            });
        };
        let mut headers = Vec::new();
        let mut number = 1;
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            number += 1;
            rest = after;
            if line.is_empty() {
                break;
            }
            let (name, value) = header(line).map_err(|what| FixtureError::Header { line: number, what })?;
            if !RECOMPUTED.iter().any(|gone| name.eq_ignore_ascii_case(gone.as_str())) {
                headers.push((name, value));
            }
        }
        Ok(Self { method, target: Some(target), headers, body: rest.to_vec() })
    }

    /// Set one value of the JSON body and write the body anew, in the order it had.
    ///
    /// `path` is dotted with indexes (`employees.0.email`, `employees[0].email`; a name with a dot, bracket
    /// or blank stands in quotes, `fields."Employee #".value`, or has a backslash before it), or a JSON
    /// pointer if it starts with `/`. `value` is taken as JSON if it is JSON, else as text. The last name
    /// may be new, and an index one past the end appends.
    ///
    /// # Errors
    /// The body is not JSON, or the path is malformed or leads nowhere; names the path.
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), FixtureError> {
        let wrong = |why: String| FixtureError::Path { path: path.to_owned(), why };
        let not_json = |error: serde_json::Error| FixtureError::NotJson {
            path: path.to_owned(),
            why: format!("line {}, column {}", error.line(), error.column()),
        };
        let segments = segments(path).map_err(|why| wrong(why.to_owned()))?;
        let mut body: Json = serde_json::from_slice(&self.body).map_err(not_json)?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Json::from(value));
        *place(&mut body, &segments).map_err(wrong)? = value;
        self.body = serde_json::to_vec(&body).map_err(not_json)?;
        Ok(())
    }
}

/// The first line without its end (LF or CRLF), and what follows.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// Method and target, if the line is a request line. A JSON text cannot look like one: it never starts
/// with a capital letter.
fn request_line(line: &[u8]) -> Result<Option<(String, String)>, FixtureError> {
    let Ok(line) = std::str::from_utf8(line) else {
        return Ok(None);
    };
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (method, target, version) = match words[..] {
        [method, target] => (method, target, None),
        [method, target, version] if version.starts_with("HTTP/") => (method, target, Some(version)),
        _ => return Ok(None),
    };
    let is_method = line.starts_with(method) && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    // A path or a whole address; without the check two words in capitals would be a request.
    let is_target = target.starts_with('/') || target.contains("://");
    if !(is_method && is_target) {
        return Ok(None);
    }
    match version {
        None | Some("HTTP/1.1" | "HTTP/1.0") => Ok(Some((method.to_owned(), target.to_owned()))),
        Some(other) => Err(FixtureError::Version(other.to_owned())),
    }
}

/// Name and value of a head line.
fn header(line: &[u8]) -> Result<(String, String), &'static str> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Err("a head line continued on the next one is not understood");
    }
    let line = std::str::from_utf8(line).map_err(|_| "a head line must be UTF-8")?;
    let (name, value) = line.split_once(':').ok_or("there is no colon")?;
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| "this is not the name of a header")?;
    let value = value.trim_matches([' ', '\t']);
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| "the value has a control character")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The names and indexes a path goes through.
fn segments(path: &str) -> Result<Vec<String>, &'static str> {
    if let Some(pointer) = path.strip_prefix('/') {
        return Ok(pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect());
    }
    let mut found = Vec::new();
    let mut rest = path.chars().peekable();
    loop {
        if rest.next_if_eq(&'[').is_some() {
            found.push(name(&mut rest, &[']'])?);
            rest.next_if_eq(&']').ok_or("a bracket is not closed")?;
        } else {
            found.push(name(&mut rest, &['.', '['])?);
        }
        match rest.peek() {
            None => return Ok(found),
            Some('[') => {}
            Some('.') => {
                rest.next();
            }
            Some(_) => {
                return Err("only a dot or a bracket may follow a name in quotes or brackets");
            }
        }
    }
}

/// One name, in quotes or up to one of `ends`; a backslash takes the next character as it is.
fn name(rest: &mut Peekable<Chars<'_>>, ends: &[char]) -> Result<String, &'static str> {
    let mut name = String::new();
    let quote = rest.next_if(|next| matches!(next, '"' | '\''));
    while let Some(next) = rest.next_if(|next| quote.is_some() || !ends.contains(next)) {
        if quote == Some(next) {
            return Ok(name);
        }
        let taken = if next == '\\' { rest.next() } else { Some(next) };
        name.push(taken.ok_or("a backslash has nothing after it")?);
    }
    match quote {
        Some(_) => Err("a quote is not closed"),
        None if name.is_empty() => Err("a name is missing"),
        None => Ok(name),
    }
}

/// The place a path leads to; made if only its last step is missing.
fn place<'j>(body: &'j mut Json, segments: &[String]) -> Result<&'j mut Json, String> {
    let mut place = body;
    for (depth, segment) in segments.iter().enumerate() {
        let is_last = depth + 1 == segments.len();
        place = match place {
            Json::Object(members) => {
                if is_last && !members.contains_key(segment) {
                    members.insert(segment.clone(), Json::Null);
                }
                members
                    .get_mut(segment)
                    .ok_or_else(|| format!("there is no '{segment}' on the way; only the last name may be new"))?
            }
            Json::Array(items) => {
                let length = items.len();
                let index = if segment == "-" { Some(length) } else { segment.parse().ok() };
                if is_last && index == Some(length) {
                    items.push(Json::Null);
                }
                index.and_then(|index| items.get_mut(index)).ok_or_else(|| {
                    format!("'{segment}' is not an index into this list of {length}; they count from 0")
                })?
            }
            _ => {
                return Err(format!("what stands before '{segment}' is neither an object nor a list"));
            }
        };
    }
    Ok(place)
}
