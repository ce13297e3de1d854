//! Reads of an event's fields: which ask for the field, and what becomes of those that do not.

use serde_json::json;
use usher::expr::Scope;

use super::{compile, rows};

#[test]
fn reads_tell_which_fields_are_asked_for() {
    for (text, expected) in rows(
        r#"
        event.employment_type != 'contractor' -> employment_type
        event['employment_type'] != 'contractor' -> employment_type
        (event.employment_type or '') != 'contractor' -> employment_type?
        event.employment_type | default('') != 'x' -> employment_type?
        event.employment_type | lower | default('') != 'x' -> employment_type?
        event.title is defined and event.title != 'x' -> title?
        event.title != 'x' and event.title is not defined -> title?
        event.title or event.manager or '' -> title? manager?
        event.title or event.manager -> title? manager
        event.title == 'x' or event.manager == 'y' -> title manager
        (event.title or '') == 'x' and event.title == 'y' -> title
        (event.title and event.manager) or 'x' -> title manager
        (event.title if event.manager else event.location) or 'x' -> manager title? location?
        'x' | default(event.title) -> title
        event.starts_on is on_or_before(today) -> starts_on
        event.kind == 'x' or item.title -> kind
        not event.title -> title
        today
        "#,
    ) {
        let reads = compile(text).reads("event");
        let found: Vec<_> =
            reads.iter().map(|read| format!("{}{}", read.field, if read.guarded { "?" } else { "" })).collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }
}

#[test]
fn reads_of_other_roots_are_told_too() {
    let fields: Vec<_> =
        compile("item.a or item['b c'] == item.a").reads("item").into_iter().map(|read| read.field).collect();
    assert_eq!(fields, ["a", "b c"]);
}

fn event() -> Scope {
    Scope::new([("event", &json!({"kind": "employee.hired", "title": "Chef"}))])
}

#[test]
fn an_absent_field_that_is_not_asked_for_is_an_error() {
    for (text, _) in rows(
        r#"
        event.manager != 'x'
        event.manager
        event.manager | lower == 'x'
        event.title and event.manager
        event.manager.x
        event['manager'] in ['x']
        not event.manager
        event.location == 'x' or event.manager or ''
        (event.manager == 'x') is defined
        "#,
    ) {
        let problem = compile(text).is_true(&event()).expect_err(text);
        let field = if text.contains("location") { "location" } else { "manager" };
        assert!(problem.contains(&format!("reads event.{field}, which this event does not have")), "{problem}");
        assert!(!problem.contains("Chef"), "{problem}");
    }
}

#[test]
fn an_absent_field_that_is_asked_for_or_never_reached_is_none() {
    for (text, expected) in [
        ("(event.manager or '') != 'x'", true),
        ("event.manager | default('x') != 'x'", false),
        ("event.manager is defined and event.manager != 'x'", false),
        ("event.title == 'Chef' or event.manager == 'x'", true),
        ("event.title == 'Cook' and event.manager == 'x'", false),
        ("(event.manager if event.title == 'Cook' else 'x') == 'x'", true),
    ] {
        assert_eq!(compile(text).is_true(&event()), Ok(expected), "{text}");
    }
}
