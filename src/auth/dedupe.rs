//! Dedupe keys: what makes two requests the same delivery.

use http::HeaderName;

use super::pointer::Pointer;
use super::request::{Bytes, Request, sha256_of_parts};
use super::scheme::{IdSource, Place, Scheme};

/// Lists of parts, each list one dedupe key.
///
/// A part is `header:NAME`, `json:/POINTER` (several values of a `*` are hashed together), `form:NAME`, `sha256:body`,
/// `sha256:signed`, `sha256:json:/POINTER` (hash of the value's JSON text) or `auth.id`.
#[derive(Debug, Clone)]
pub struct Dedupe {
    keys: Vec<KeyForm>,
}

/// One dedupe key of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DedupeKey {
    /// The parts it is made of, such as `json:/account,json:/delivery_id`: the namespace of the value.
    pub name: String,
    /// The value: the one part's value, or a JSON array of the parts' values.
    pub value: String,
}

#[derive(Debug, Clone)]
struct KeyForm {
    name: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Id,
    Body,
    Signed,
    JsonHash(Pointer),
    Value(Place),
}

impl Part {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "auth.id" => return Ok(Self::Id),
            "sha256:body" => return Ok(Self::Body),
            "sha256:signed" => return Ok(Self::Signed),
            _ => {}
        }
        if let Some(pointer) = text.strip_prefix("sha256:json:") {
            return Pointer::parse(pointer).map(Self::JsonHash);
        }
        if ["header:", "json:", "form:"].iter().any(|place| text.starts_with(place)) {
            return Place::parse(text).map(Self::Value);
        }
        Err(format!(
            "'{text}' is unknown; there are auth.id, header:NAME, json:/POINTER, form:NAME, sha256:body, sha256:signed and sha256:json:/POINTER"
        ))
    }
}

impl Dedupe {
    /// Each list is one key; an empty slice means the one key `auth.id`.
    ///
    /// # Errors
    /// All problems at once.
    pub fn compile(lists: &[Vec<String>]) -> Result<Self, Vec<String>> {
        if lists.is_empty() {
            return Self::compile(&[vec!["auth.id".to_owned()]]);
        }
        let mut problems = Vec::new();
        let mut keys = Vec::new();
        for list in lists {
            if list.is_empty() {
                problems.push("dedupe: a list is empty; name at least one part".to_owned());
            }
            let mut parts = Vec::new();
            for text in list {
                match Part::parse(text) {
                    Ok(part) => parts.push(part),
                    Err(problem) => problems.push(format!("dedupe: {problem}")),
                }
            }
            let name = list.join(",");
            keys.push(KeyForm { name, parts });
        }
        if problems.is_empty() { Ok(Self { keys }) } else { Err(problems) }
    }

    /// Headers that decide what a delivery is: two of one name leave that open.
    pub(super) fn watched<'s>(&'s self, scheme: &'s Scheme) -> impl Iterator<Item = &'s HeaderName> {
        let parts = self.keys.iter().flat_map(|key| &key.parts);
        parts.filter_map(|part| match (part, &scheme.id) {
            (Part::Value(place), _) | (Part::Id, IdSource::Place(place)) => place.header(),
            _ => None,
        })
    }

    /// The keys of a request. One with a missing part is left out; if none remains, the body's hash is the key.
    pub(super) fn keys(&self, scheme: &Scheme, request: &Request<'_>, signed: Option<&[Bytes<'_>]>) -> Vec<DedupeKey> {
        let value = |part: &Part| match part {
            Part::Id => Some(request.id(&scheme.id, signed)),
            Part::Body => Some(request.body_hash()),
            Part::Signed => signed.map(sha256_of_parts),
            Part::JsonHash(pointer) => request.json_hash(pointer),
            Part::Value(place) => request.value(place),
        };
        let mut keys: Vec<DedupeKey> = Vec::with_capacity(self.keys.len());
        for form in &self.keys {
            let values = form.parts.iter().map(value).collect::<Option<Vec<_>>>();
            let value = match values.as_deref() {
                Some([value]) => Some(value.clone()),
                Some(values) => serde_json::to_string(values).ok(),
                None => None,
            };
            keys.extend(value.map(|value| DedupeKey { name: form.name.clone(), value }));
        }
        if keys.is_empty() {
            keys.push(DedupeKey { name: "sha256:body".to_owned(), value: request.body_hash() });
        }
        keys
    }
}
