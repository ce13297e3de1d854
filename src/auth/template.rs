//! The template of the signed string.

use http::HeaderName;

use super::pointer::Pointer;
use super::problems::Problems;
use super::scheme::{Place, header_name};

/// One part of the signed string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Body,
    Timestamp,
    Id,
    Header(HeaderName),
    Json(Pointer),
}

/// A template, split once at load: what a request puts in is never looked at for placeholders again.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    /// Reads a template such as `{timestamp}.{body}`; tells every problem.
    pub(super) fn parse(text: &str, problems: &mut Problems) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, tail)) = rest.split_once('{') {
            push_literal(&mut pieces, literal);
            let Some((word, tail)) = tail.split_once('}') else {
                problems.add("signed", &format!("'{{{tail}' lacks its '}}'"));
                return Self(pieces);
            };
            pieces.extend(problems.keep("signed", placeholder(word)));
            rest = tail;
        }
        push_literal(&mut pieces, rest);
        Self(pieces)
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    pub(super) fn has(&self, piece: &Piece) -> bool {
        self.0.contains(piece)
    }

    /// The headers whose values are signed.
    pub(super) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Header(name) => Some(name),
            _ => None,
        })
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Literal(text) => f.write_str(text),
            Piece::Body => f.write_str("{body}"),
            Piece::Timestamp => f.write_str("{timestamp}"),
            Piece::Id => f.write_str("{id}"),
            Piece::Header(name) => write!(f, "{{header:{name}}}"),
            Piece::Json(pointer) => write!(f, "{{json:{}}}", pointer.text()),
        })
    }
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
}

fn placeholder(word: &str) -> Result<Piece, String> {
    match word {
        "body" => return Ok(Piece::Body),
        "timestamp" => return Ok(Piece::Timestamp),
        "id" => return Ok(Piece::Id),
        _ => {}
    }
    if let Some(name) = word.strip_prefix("header:") {
        return header_name(name).map(Piece::Header);
    }
    match Place::parse(word) {
        Ok(Place::Json(pointer)) if pointer.is_plural() => {
            Err(format!("'{{{word}}}' may select several values; a signed part is one"))
        }
        Ok(Place::Json(pointer)) => Ok(Piece::Json(pointer)),
        Err(problem) if word.starts_with("json:") => Err(problem),
        _ => Err(format!(
            "'{{{word}}}' is unknown; there are {{body}}, {{timestamp}}, {{id}}, {{header:NAME}} and {{json:/POINTER}}"
        )),
    }
}
