//! The expression engine: stub, replaced by its owner.
use std::ops::Range;
use serde_json::Value as Json;

/// Why an expression was refused at load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError { pub message: String, pub range: Option<Range<usize>> }

/// One compiled expression.
#[derive(Debug, Clone)]
pub struct Expr { text: String }

/// A field that an expression reads from a root, such as `department` of `event.department`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read { pub field: String, pub guarded: bool }

/// The values an expression sees.
#[derive(Debug, Clone)]
pub struct Scope { }

impl Scope {
    pub fn new<'a>(roots: impl IntoIterator<Item = (&'static str, &'a Json)>) -> Self { let _ = roots.into_iter(); unimplemented!() }
    /// The same scope with one root replaced or added.
    pub fn with(&self, root: &'static str, value: &Json) -> Self { let _ = (root, value); unimplemented!() }
}

impl Expr {
    /// Compile and check every name against the allow-lists; `roots` are the variables it may read.
    pub fn compile(text: &str, roots: &[&str]) -> Result<Self, ExprError> { let _ = roots; Ok(Self { text: text.to_owned() }) }
    pub fn text(&self) -> &str { &self.text }
    /// Top-level fields read from `root`.
    pub fn reads(&self, root: &str) -> Vec<Read> { let _ = root; unimplemented!() }
    /// `None` = absent (undefined or null). The error is a sentence that names the expression, never a payload value.
    pub fn eval(&self, scope: &Scope) -> Result<Option<Json>, String> { let _ = scope; unimplemented!() }
    pub fn is_true(&self, scope: &Scope) -> Result<bool, String> { let _ = scope; unimplemented!() }
}
