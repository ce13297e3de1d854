//! Breaches, and every rule for one Rust file in one call.

use std::fmt;

use crate::{layers, source, texts};

/// What a rule found: where, and what is wrong there.
#[derive(Debug, PartialEq)]
pub(crate) struct Breach {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A breach at a line, counted from 1.
pub(crate) fn breach(file: &str, line: usize, what: impl Into<String>) -> Breach {
    Breach { file: file.to_owned(), line, what: what.into() }
}

/// Every rule that reads one Rust file.
pub(crate) fn file(file: &str, text: &str) -> Vec<Breach> {
    let source = source::read(text);
    let paths = source::paths(&source.code);
    let mut breaches = layers::imports(file, &paths);
    breaches.extend(layers::impurities(file, &paths));
    breaches.extend(texts::vendors(file, text));
    breaches.extend(texts::sql(file, &source));
    breaches.extend(texts::docspace_paths(file, &source));
    breaches.extend(texts::test_switches(file, &source.code));
    breaches.extend(texts::shape(file, text));
    breaches
}
