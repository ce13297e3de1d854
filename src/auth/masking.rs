//! What must not be shown, taken out of whatever is shown.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::Incoming;
use super::key::Key;
use super::mask::MASK;
use super::request::{Request, plain_text};
use super::scheme::{Kind, Place, Scheme};

/// Texts shorter than this are no secret that anybody would keep, and taking them out would spoil every other word.
const SHORTEST: usize = 6;

/// Secrets as they may come up in a text: as they are, in hex or in base64.
#[derive(Clone, Default)]
pub struct Mask {
    hidden: Vec<String>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask")
    }
}

impl Mask {
    /// Hides these secrets.
    #[must_use]
    pub fn of(keys: &[Key]) -> Self {
        let mut mask = Self::default();
        for bytes in keys.iter().filter_map(Key::shared) {
            mask.add(bytes);
            // Of `user:password` the second half alone is as secret.
            if let Some(at) = bytes.iter().position(|byte| *byte == b':') {
                mask.add(&bytes[at + 1..]);
            }
        }
        mask
    }

    /// Hides this text, too.
    pub fn hide(&mut self, text: &str) {
        self.add(text.trim().as_bytes());
    }

    /// Hides the token that a request brings, too: a wrong one may be right elsewhere.
    pub fn hide_sent(&mut self, scheme: &Scheme, incoming: Incoming<'_>) {
        let request = Request::new(incoming.query, incoming.headers, incoming.body);
        let (place, prefix) = match &scheme.kind {
            Kind::Signature(_) => return,
            Kind::Basic => (&Place::Header(http::header::AUTHORIZATION), ""),
            Kind::Token(token) => (&token.place, token.prefix.as_str()),
        };
        let texts: Vec<String> = match place {
            Place::Header(name) => {
                let values = incoming.headers.get_all(name).iter();
                values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
            }
            Place::Form(name) => request.form(name).into_iter().map(str::to_owned).collect(),
            Place::Query(name) => request.query(name).into_iter().map(std::borrow::Cow::into_owned).collect(),
            Place::Json(pointer) => {
                let values = request.json().map(|body| pointer.select(body)).unwrap_or_default();
                values.into_iter().filter_map(|value| Some(plain_text(value?)?.into_owned())).collect()
            }
        };
        for text in &texts {
            self.hide(text);
            self.hide(text.strip_prefix(prefix).unwrap_or(text));
            self.hide(text.split_once(' ').map_or("", |(_, rest)| rest));
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if bytes.len() < SHORTEST {
            return;
        }
        let text = String::from_utf8(bytes.to_vec()).unwrap_or_default();
        let escaped = Value::from(text.as_str()).to_string();
        let forms = [
            escaped.trim_matches('"').to_owned(),
            text,
            hex::encode(bytes),
            hex::encode_upper(bytes),
            STANDARD_NO_PAD.encode(bytes),
            URL_SAFE_NO_PAD.encode(bytes),
        ];
        self.hidden.extend(forms.into_iter().filter(|form| !form.is_empty()));
        // The longest first: a secret may hold another one.
        self.hidden.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.hidden.dedup();
    }

    /// The text without any of them.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for hidden in &self.hidden {
            if shown.contains(hidden.as_str()) {
                shown = shown.replace(hidden.as_str(), MASK);
            }
        }
        shown
    }

    /// The value with every text in it shown so.
    #[must_use]
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::from(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, member)| (self.text(name), self.json(member))).collect())
            }
            other => other.clone(),
        }
    }
}
