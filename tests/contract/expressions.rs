//! Expressions in a connector: what they see, what they may not do, and that nothing breaks the process.

use serde_json::{Value as Json, json};

use crate::workplace::{Ended, Workplace, request};

/// What this expression for a title yields on a fixed payload.
fn evaluate(expression: &str) -> Ended {
    let text = format!(
        "name = \"acme\"\n[auth]\nkind = \"token\"\ntoken = \"header:x-token\"\n[[event]]\nkind = \"employee.updated\"\nemployee_id = \"'k'\"\ntitle = {}\n",
        json!(expression)
    );
    let rest = "[sources.acme.options]\nlabel = \"Employee #\"\n";
    let body = json!({
        "name": "apple", "none": null, "flag": true, "number": 5, "date": "2026-08-31T23:30:00-08:00",
        "emails": [{ "type": "home", "value": "h@x.de" }, { "type": "work", "value": "w@x.de" }, { "type": "odd" }],
        "fields": { "Employee #": { "value": 7 } }, "changedFields": ["Status"], "lone": { "value": "one" },
    });
    let headers = [("X-Event", "hired"), ("X-Twice", "a"), ("X-Twice", "b"), ("Authorization", "secret")];
    Workplace::with_connector(&text, rest).explain("acme", &request(&headers, body.to_string().as_bytes()))
}

#[test]
fn typical_needs_are_met() {
    let cases = [
        ("(item.emails | selectattr('type','eq','work') | first).value", json!("w@x.de")),
        ("item.emails | map(attribute='value') | join(', ')", json!("h@x.de, w@x.de")),
        ("item.fields['Employee #'].value", json!("7")),
        ("item.fields[source.options.label].value", json!("7")),
        ("'yes' if 'Status' in item.changedFields else 'no'", json!("yes")),
        ("'odd' if (item.number or 0) % 2 == 1 else 'even'", json!("odd")),
        ("(item.lone | as_list | first).value", json!("one")),
        ("item.absent.deeply.so or item.name | upper", json!("APPLE")),
        ("item.none | lower", Json::Null),
        ("item.absent | lower", Json::Null),
        ("item.absent | default('-') ~ item.number", json!("-5")),
        ("'late' if item.absent is on_or_before(today) else 'no'", json!("no")),
        ("item.date | date", json!("2026-08-31")),
        ("item.date | date | add_days(1)", json!("2026-09-01")),
        ("today", json!("2026-09-01")),
        ("'on' if item.date is on_or_before today else 'no'", json!("on")),
        ("'x' if item.name is not startingwith 'b' else 'no'", json!("x")),
        ("headers['X-Event'] ~ headers['x-event']", json!("hiredhired")),
        ("headers['x-twice']", json!("a, b")),
        ("headers.authorization", Json::Null),
        ("source.name ~ '/' ~ source.connector", json!("acme/acme")),
        ("fetched.x or body.name", json!("apple")),
        ("item.name | replace('p', 'b') | split('b') | last", json!("le")),
        ("'constant'", json!("constant")),
    ];
    for (expression, expected) in cases {
        let told = evaluate(expression).json();
        assert_eq!(told["problem"], Json::Null, "{expression}: {told}");
        assert_eq!(told["events"][0].get("title").unwrap_or(&Json::Null), &expected, "{expression}");
    }
}

#[test]
fn every_name_is_checked_at_load_with_line_and_column() {
    let unknown = [
        "person.id",
        "item.id | lowr",
        "item.id is odd",
        "event.email",
        "source.secret",
        "env",
        "none.x()",
        "range(3)",
        "item.keys()",
        "item.name[1:]",
        "2 ** 9",
        "1 < 2 < 3",
        "item.id | map('lowr')",
        "item.id | trim(",
        "item.id | safe",
        "item.id | tojson",
        "item.l | selectattr('a', 'odd')",
        "debug()",
        "",
        "  ",
        "{% if x %}",
    ];
    for expression in unknown {
        let ended = evaluate(expression);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{expression}");
        assert!(
            ended.err.contains("connectors.d/acme.toml:8:") && ended.err.contains("event[0].title"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn hostile_expressions_end_with_a_message() {
    let nested = ["(", "[", "{'a':", "not ", "-", "item[", "'a' if "].map(|open| open.repeat(2_000 / open.len()));
    let long =
        ["x".repeat(3_000), format!("'{}'", "x".repeat(2_047)), vec!["1"; 900].join("+"), vec!["item"; 400].join(".")];
    for expression in nested.iter().chain(&long) {
        let ended = evaluate(expression);
        assert!(matches!(ended.code, 0 | 2) && ended.err.len() < 10_000, "{expression}: {ended:?}");
    }
    // Ten doublings, eight times, would be a text of gigabytes.
    let mut bomb = "'0123456789'".to_owned();
    for _ in 0..12 {
        bomb = format!("({bomb}) | replace('0', '00000000000000000000000000000000000000000000000000')");
    }
    let told = evaluate(&bomb).json();
    assert!(told["problem"]["what"].as_str().unwrap().contains("64 KiB"), "{told}");
}

#[test]
fn hostile_bodies_are_told_of_and_nothing_breaks() {
    let text = "name = \"acme\"\n[auth]\nkind = \"token\"\ntoken = \"json:/a/*/b\"\n[[event]]\nkind = \"employee.updated\"\nitems = \"body.l\"\nemployee_id = \"item.id | string | upper\"\n";
    let workplace = Workplace::with_connector(text, "");
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 8] = [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{\"l\":[[1]]}",
        b"{\"l\":[{\"id\":{}}]}",
        deep.as_bytes(),
        b"{\"l\":1e999}",
    ];
    for body in bodies {
        let ended = workplace.explain("acme", &request(&[], body));
        let told = ended.json();
        assert_eq!((ended.code, told["reason"].as_str()), (1, Some("missing_signature")), "{told}");
        assert!(told["problem"].is_object() && told["events"] == json!([]), "{told}");
    }
}
