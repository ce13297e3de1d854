//! The expression engine: one small language for mappings, rule conditions, URLs and the texts that people read.
//!
//! The words and the grammar are those of minijinja, a subset of Jinja2. An expression is compiled in
//! three steps: minijinja parses it, `lower` checks every name against the allow-lists and writes a
//! plainer expression in which each operator is a filter of ours, and minijinja compiles that one.
//! Operators of our own are needed because minijinja's order an absent value below every other, repeat a
//! text up to 100 MB and name operands in their errors.
//!
//! What holds for every expression:
//! - an input never holds a null, and neither does a list or a mapping that an expression makes: absent is
//!   undefined and nothing else; `none` means the same;
//! - absent in, absent out, for filters, arithmetic and `~`. `default` and `as_list` ask for the absent
//!   value and are the exceptions, as are the tests;
//! - `<`, `<=`, `>`, `>=`, `in`, `before`, `on_or_before`, `startingwith` and `endingwith` are false beside
//!   an absent value. `absent != 'x'` is true, as is `not (absent < 1)`;
//! - reading a field of `event` that the event lacks is an error, unless the expression asks for it:
//!   anywhere by `is defined`, or right there by standing left of `or` or before `default`;
//! - the name of a header is written in any case;
//! - no function, method, slice, `**` or chained comparison; ordering compares two numbers or two texts;
//! - a text made by an expression has at most 64 KiB, and the work of one evaluation is bounded by the size
//!   of its input.
//!
//! A [`Template`] is text with such expressions in it. Where an expression of a mapping or rule may come out absent,
//! one of a template may not: a letter does not begin with "Dear ,".

mod conjuncts;
mod constants;
mod dates;
mod engine;
mod filters;
mod hints;
mod lists;
mod lower;
mod names;
mod operators;
mod predicates;
mod reads;
mod scope;
mod statements;
mod template;
mod work;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use minijinja::{Expression, Value};
use serde_json::Value as Json;

pub use constants::Constant;
pub use scope::Scope;
pub use template::{Escape, MAX_OUTPUT, MAX_TEMPLATE, Template};

/// The longest expression text, in bytes.
pub const MAX_TEXT: usize = 2048;

/// Why an expression was refused at load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// A sentence without the expression's text.
    pub message: String,
    /// Bytes of the expression's text that it speaks of.
    pub range: Option<Range<usize>>,
}

/// A field that an expression reads from a root, such as `department` of `event.department`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Name of the field, whether written `event.field` or `event['field']`.
    pub field: String,
    /// Whether every read of it asks for the field: by `is defined` anywhere in the expression, or by
    /// standing left of `or` or before the filter `default`.
    pub guarded: bool,
}

/// One compiled expression. Cheap to clone.
#[derive(Clone)]
pub struct Expr {
    text: Arc<str>,
    program: Arc<Expression<'static, 'static>>,
    reads: Arc<[(String, Read)]>,
    roots: Arc<BTreeSet<String>>,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.text).finish()
    }
}

impl Expr {
    /// Compile `text` and check every name in it; `roots` are the variables it may read.
    ///
    /// `event` and `source` have a fixed list of fields, so these are checked too and the two can only be
    /// read field by field.
    ///
    /// # Errors
    /// A text that is empty, longer than [`MAX_TEXT`], nested too deeply, not an expression, or that uses
    /// a variable, field, filter, test, argument or operator which is not allowed.
    pub fn compile(text: &str, roots: &[&str]) -> Result<Self, ExprError> {
        let whole = |message: String| ExprError { message, range: Some(0..text.len()) };
        if text.trim().is_empty() {
            return Err(whole("the expression is empty".to_owned()));
        }
        if text.len() > MAX_TEXT {
            return Err(whole(format!("the expression is longer than {MAX_TEXT} bytes")));
        }
        let lowered = lower::lower(text, roots)?;
        let program =
            engine::compile(lowered.program).map_err(|_| whole("the expression is nested too deeply".to_owned()))?;
        Ok(Self {
            text: text.into(),
            program: Arc::new(program),
            reads: lowered.reads.into(),
            roots: Arc::new(lowered.roots),
        })
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Fields read by a literal name straight from `root`, each once, in the order of first appearance.
    #[must_use]
    pub fn reads(&self, root: &str) -> Vec<Read> {
        self.reads.iter().filter(|(of, _)| of == root).map(|(_, read)| read.clone()).collect()
    }

    /// Whether it reads anything of `root`, in whatever way.
    #[must_use]
    pub fn sees(&self, root: &str) -> bool {
        self.roots.contains(root)
    }

    /// The parts of a condition that do not see `root`: unless all of them are true, it is false whatever that root holds.
    #[must_use]
    pub fn without(&self, root: &str, roots: &[&str]) -> Vec<Self> {
        let parts = conjuncts::of(&self.text).into_iter().filter_map(|part| Self::compile(part.trim(), roots).ok());
        parts.filter(|part| !part.sees(root)).collect()
    }

    /// The value; `None` where it is absent. Lists and mappings come without their absent entries.
    ///
    /// # Errors
    /// A sentence that names the expression and what is wrong, never a value.
    pub fn eval(&self, scope: &Scope) -> Result<Option<Json>, String> {
        let value = self.value(scope)?;
        let mut work = work::Work::new(scope.limit());
        scope::to_json(&mut work, &value).map_err(|refusal| self.sentence(&refusal.to_string()))
    }

    /// Whether the value is true: absent, false, 0, an empty text, list or mapping are not.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn is_true(&self, scope: &Scope) -> Result<bool, String> {
        Ok(self.value(scope)?.is_true())
    }

    fn value(&self, scope: &Scope) -> Result<Value, String> {
        self.program.eval(scope.context()).map_err(|error| self.sentence(&engine::explain(&error, engine::FUEL)))
    }

    fn sentence(&self, problem: &str) -> String {
        format!("the expression `{}` {problem}", self.text)
    }
}
