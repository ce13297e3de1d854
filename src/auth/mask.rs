//! Bodies for people to look at: what authenticates in them is masked.

use std::borrow::Cow;

use serde_json::Value as Json;
use url::form_urlencoded::Serializer;

use super::scheme::{Kind, Place, Scheme, TokenScheme};
use crate::body;

/// What stands for a masked text.
pub(super) const MASK: &str = "***";

impl Scheme {
    /// The body as text, with the values masked that the scheme names as secrets; bytes that are no text are replaced.
    /// `None` where it holds a secret that cannot be found: such a body is not to be shown.
    #[must_use]
    pub fn masked<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        match &self.kind {
            Kind::Token(TokenScheme { place: Place::Json(pointer), .. }) => {
                let mut json = body::json(bytes).ok()?;
                if pointer.select(&json).iter().any(Option::is_some) {
                    pointer.set(&mut json, &Json::from(MASK));
                }
                Some(Cow::Owned(json.to_string()))
            }
            Kind::Token(TokenScheme { place: Place::Form(name), .. }) => {
                let mut text = Serializer::new(String::new());
                for (field, value) in body::form(bytes).ok()? {
                    text.append_pair(&field, if field == *name { MASK } else { &value });
                }
                Some(Cow::Owned(text.finish()))
            }
            _ => Some(String::from_utf8_lossy(bytes)),
        }
    }
}
