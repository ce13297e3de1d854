//! The expression engine: what it gives, what it refuses, and that no text or payload can hurt it.

mod events;
mod hostile;
mod load;
mod template_bounds;
mod templates;
mod values;

use serde_json::{Value as Json, json};
use usher::expr::{Expr, Scope};

const ROOTS: [&str; 7] = ["body", "headers", "item", "source", "fetched", "event", "today"];

fn compile(text: &str) -> Expr {
    Expr::compile(text, &ROOTS).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

fn eval(text: &str) -> Result<Option<Json>, String> {
    compile(text).eval(&scope())
}

/// Rows of `left -> right`, one a line.
fn rows(table: &str) -> impl Iterator<Item = (&str, &str)> {
    table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| line.split_once(" -> ").unwrap_or((line, "")))
}

/// One payload for all: `work` and `fields.gone` are null, `tags` and `emails` have null entries.
fn scope() -> Scope {
    let item = json!({
        "id": 17, "ratio": 2.5, "big": u64::MAX, "yes": true, "no": false, "empty": "", "status_bits": 3,
        "name": "  Ada Lovelace ", "work": null, "home": "ada@example.org",
        "starts": "2026-03-02T23:30:00-08:00", "odd": "02/03/2026",
        "tags": ["b", null, "a"], "changedFields": ["Status"],
        "fields": {"Employee #": {"value": "17"}, "gone": null},
        "emails": [
            {"type": "home", "value": "h@example.org"}, null,
            {"type": "work", "value": "w@example.org"}, {"value": "n@example.org"},
        ],
    });
    let source = json!({"name": "hr", "connector": "acme", "options": {"subdomain": "x"}});
    Scope::new([("today", &json!("2026-03-02")), ("source", &source), ("item", &item)])
}
