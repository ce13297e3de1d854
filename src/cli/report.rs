//! The lines of the result: what, state, detail with what to do.

/// The state of a line that makes the command fail.
const BAD: &str = "FAILED";

/// Lines in order.
#[derive(Default)]
pub(super) struct Report {
    lines: Vec<[String; 3]>,
    prefix: String,
}

impl Report {
    /// From here on the lines are about this portal; `None`: about the only one there is, which needs no name.
    pub(super) fn within(&mut self, portal: Option<&str>) {
        self.prefix = portal.map_or_else(String::new, |name| format!("{name}: "));
    }

    /// As it should be.
    pub(super) fn ok(&mut self, what: &str, detail: impl ToString) {
        self.line(what, "ok", detail.to_string());
    }

    /// Something to think about that nothing fails for.
    pub(super) fn warning(&mut self, what: &str, detail: impl ToString) {
        self.line(what, "warning", detail.to_string());
    }

    /// Something that keeps a rule from working.
    pub(super) fn bad(&mut self, what: &str, detail: impl ToString) {
        self.line(what, BAD, detail.to_string());
    }

    /// As it should be, or not.
    pub(super) fn add(&mut self, what: &str, result: Result<String, String>) {
        match result {
            Ok(detail) => self.ok(what, detail),
            Err(detail) => self.bad(what, detail),
        }
    }

    /// Whether anything fails.
    pub(super) fn is_bad(&self) -> bool {
        self.lines.iter().any(|[_, state, _]| state == BAD)
    }

    pub(super) fn into_lines(self) -> Vec<[String; 3]> {
        self.lines
    }

    fn line(&mut self, what: &str, state: &str, detail: String) {
        self.lines.push([format!("{}{what}", self.prefix), state.to_owned(), detail]);
    }
}
