//! Templates: text with expressions in it, for letters and short messages.

use std::fmt;
use std::io;
use std::sync::Arc;

use minijinja::Error;

use super::engine::{self, Program};
use super::{ExprError, Read, Scope, statements};

/// The longest template, in bytes. Each expression in it has [`super::MAX_TEXT`].
pub const MAX_TEMPLATE: usize = 64 * 1024;

/// The longest text that a template may make, in bytes.
pub const MAX_OUTPUT: usize = 256 * 1024;

/// What becomes of the values in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// They stand as they are.
    Nothing,
    /// What HTML would take for its own is escaped.
    Html,
    /// Each is one part of an address: everything but letters, digits and `-._~` is percent-encoded (RFC 3986, section 2.3).
    Url,
}

/// A text with `{{ expression }}`, `{% if expression %}`, `{% elif %}`, `{% else %}`, `{% endif %}` and `{# remark #}`
/// in it. Cheap to clone.
///
/// The expressions are those of [`super::Expr`], with the same filters and tests. On top of that:
/// - what is shown must be there: an absent value, and a blank one, is an error. An expression that offers something
///   else by `or`, `default` or `if` may come out blank, but not absent; `{% if %}` leaves the whole place out;
/// - in the condition of `{% if %}` an absent field is false, alone and behind `not`, `and` and `or`;
/// - a text, number or bool can be shown, a list or mapping cannot;
/// - white space stays as it is written, but for what `{%-`, `-%}`, `{{-` and `-}}` take away on their side;
/// - for HTML, `<`, `>`, `&`, `"`, `'` and `/` of values are escaped, and nothing turns that off; the same holds of
///   [`Escape::Url`];
/// - there are no loops, so the work is bounded by the template's size and the input's.
#[derive(Clone)]
pub struct Template {
    shared: Arc<Shared>,
}

struct Shared {
    text: String,
    program: Program,
    reads: Vec<(String, Read)>,
    places: Vec<(usize, String)>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.shared.text).finish()
    }
}

impl Template {
    /// Compile `text` and check every name in it; `roots` are the variables it may read.
    ///
    /// # Errors
    /// A text that is blank, longer than [`MAX_TEMPLATE`], nested too deeply, no template, or that uses a statement
    /// or name which is not allowed. The range is in bytes of `text`.
    pub fn parse(text: &str, roots: &[&str], escape: Escape) -> Result<Self, ExprError> {
        let whole = |message: String| ExprError { message, range: Some(0..text.len()) };
        if text.trim().is_empty() {
            return Err(whole("the text is empty".to_owned()));
        }
        if text.len() > MAX_TEMPLATE {
            return Err(whole(format!("the text is longer than {MAX_TEMPLATE} bytes")));
        }
        let written = statements::write(text, roots, escape == Escape::Url)?;
        let program = engine::compile_template(written.program, escape == Escape::Html)
            .map_err(|_| whole("the text is nested too deeply".to_owned()))?;
        let (reads, places) = (written.reads, written.places);
        Ok(Self { shared: Arc::new(Shared { text: text.to_owned(), program, reads, places }) })
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.shared.text
    }

    /// Fields read by a literal name straight from `root`, each once, in the order of first appearance.
    #[must_use]
    pub fn reads(&self, root: &str) -> Vec<Read> {
        self.shared.reads.iter().filter(|(of, _)| of == root).map(|(_, read)| read.clone()).collect()
    }

    /// The text with the values of `scope` in it.
    ///
    /// # Errors
    /// A sentence that names the expression and what is wrong, never a value: a value to be shown is absent or blank,
    /// an expression cannot be evaluated, or the text would be longer than [`MAX_OUTPUT`].
    pub fn render(&self, scope: &Scope) -> Result<String, String> {
        let mut out = Bounded::default();
        let done = self.shared.program.render(scope.context(), &mut out);
        if out.full {
            return Err(format!("the text would be longer than {} KiB", MAX_OUTPUT / 1024));
        }
        done.map_err(|error| self.sentence(&error))?;
        String::from_utf8(out.bytes).map_err(|_| "the text is not UTF-8".to_owned())
    }

    fn sentence(&self, error: &Error) -> String {
        let start = error.range().map_or(0, |range| range.start);
        let place = self.shared.places.iter().rfind(|(at, _)| *at <= start);
        let problem = engine::explain(error, engine::TEMPLATE_FUEL);
        match place {
            Some((_, source)) => format!("the expression `{source}` {problem}"),
            None => format!("the text {problem}"),
        }
    }
}

/// As much as a template may make.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_OUTPUT {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
