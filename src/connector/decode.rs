//! From the bytes of a body to the value that expressions see.

use serde_json::Value as Json;

use crate::document::Section;

/// What a body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON value.
    Json,
}

/// A body as expressions see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Decoded {
    /// The value.
    pub(super) body: Json,
    /// Lines that could not be read: number from 0, and why.
    pub(super) bad: Vec<(usize, String)>,
}

/// The formats of a file; the first one is meant where the request does not say.
pub(super) fn read_formats(_root: &Section<'_>) -> Vec<Format> {
    vec![Format::Json]
}

/// Decode `body`; `content_type` chooses where there is a choice.
///
/// # Errors
/// A sentence without a value.
pub(super) fn decode(_formats: &[Format], _content_type: Option<&str>, body: &[u8]) -> Result<Decoded, String> {
    let body = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    Ok(Decoded { body, bad: Vec::new() })
}
