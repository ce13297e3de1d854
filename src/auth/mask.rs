//! What must not be shown, taken out of whatever is shown.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::key::Key;

/// Texts shorter than this are no secret that anybody would keep, and taking them out would spoil every other word.
const SHORTEST: usize = 6;

/// Stands where something was taken out.
pub const MASKED: &str = "***";

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

    /// Hides this text, too, such as the token that a request brought.
    pub fn hide(&mut self, text: &str) {
        self.add(text.trim().as_bytes());
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
                shown = shown.replace(hidden.as_str(), MASKED);
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
