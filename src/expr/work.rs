//! What one evaluation may cost, and how it is refused.

use std::borrow::Cow;

use minijinja::Value;
use minijinja::value::ValueKind;

/// The longest text that an expression may make, in bytes.
pub(super) const MAX_MADE: usize = 64 * 1024;

/// Units that every evaluation may spend, whatever its input. One unit is one list entry or eight bytes.
const BASE: usize = 1_000_000;

/// Why an evaluation stopped; completes a sentence that begins with the expression. Never holds a value.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Refusal {
    /// A field of the event is absent and the expression does not ask for it.
    #[error("reads event.{0}, which this event does not have; ask for it with `is defined`, `or` or `default`")]
    Missing(String),
    /// What a template is to show is absent, or blank without anything offered instead.
    #[error("has no value to show; offer another by `or` or `default`, or leave the place out by {{% if %}}")]
    Nothing,
    /// Anything else.
    #[error("cannot be evaluated: {0}")]
    Cannot(Cow<'static, str>),
}

impl Refusal {
    pub(super) fn new(words: impl Into<Cow<'static, str>>) -> Self {
        Self::Cannot(words.into())
    }
}

/// The units that are left to one evaluation. minijinja's fuel counts instructions, not what a filter does.
pub(super) struct Work {
    left: usize,
}

impl Work {
    /// `weight` is the size of the input, in units.
    pub(super) fn new(weight: usize) -> Self {
        Self { left: weight.saturating_mul(4).saturating_add(BASE) }
    }

    pub(super) fn spend(&mut self, units: usize) -> Result<(), Refusal> {
        match self.left.checked_sub(units.max(1)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Refusal::new("it takes too much work")),
        }
    }

    /// The text of a text, number or bool, in the words `what` where it is none of them.
    pub(super) fn text<'v>(&mut self, what: &str, value: &'v Value) -> Result<Cow<'v, str>, Refusal> {
        let text = as_text(value).ok_or_else(|| Refusal::new(format!("{what} needs a text")))?;
        self.spend(text.len() / 8)?;
        Ok(text)
    }
}

/// The text of a text, number or bool.
pub(super) fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    match value.kind() {
        ValueKind::String => value.as_str().map(Cow::Borrowed),
        ValueKind::Number => Some(Cow::Owned(value.to_string())),
        // minijinja would say True.
        ValueKind::Bool => Some(Cow::Borrowed(if value.is_true() { "true" } else { "false" })),
        _ => None,
    }
}

/// Undefined, or a null that minijinja made itself.
pub(super) fn absent(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

/// A text that an expression has made.
pub(super) fn made(what: &str, text: impl Into<String> + AsRef<str>) -> Result<Value, Refusal> {
    fits(what, text.as_ref().len())?;
    Ok(Value::from(text.into()))
}

/// Refuse a text that would be too long.
pub(super) fn fits(what: &str, len: usize) -> Result<(), Refusal> {
    if len > MAX_MADE {
        return Err(Refusal::new(format!("{what} makes a text of more than 64 KiB")));
    }
    Ok(())
}
