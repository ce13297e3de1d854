//! Whatever the bytes, no panic, and no word of them in what is said about them.

use std::sync::LazyLock;

use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert};
use proptest::sample::Index;
use usher::connector::Format;

use super::*;

static CATALOG: LazyLock<Catalog> = LazyLock::new(catalog);

/// Every connector, reading every format.
static READERS: LazyLock<Vec<Connector>> = LazyLock::new(|| {
    let read = |connector: &Connector, format| Connector { formats: vec![format], ..connector.clone() };
    CATALOG.iter().flat_map(|connector| Format::ALL.map(|format| read(connector, format))).collect()
});

/// Stands wherever a body has a value that nobody may read in a log.
const PRIVATE: &str = "Lovelace";

/// What is said about a body by every connector.
fn said(body: &[u8]) -> String {
    let mut said = String::new();
    for connector in READERS.iter() {
        let problems = match map(connector, body) {
            Err(problem) => vec![problem],
            Ok(mapped) => mapped.into_iter().filter_map(|mapped| mapped.result.err()).collect(),
        };
        problems.iter().for_each(|problem| said.push_str(&format!("{problem}\n")));
        let options = Map::new();
        let input = Input { source: "x", options: &options, headers: &[], body, fetched: None, today: TODAY };
        let _ = connector.thin(&input);
    }
    said
}

/// Every fixture that has a body, with its connector's name.
static FIXTURES: LazyLock<Vec<(String, Fixture)>> = LazyLock::new(|| {
    let of = |connector: &Connector| {
        let name = connector.name.clone();
        cases(&name).into_iter().map(move |path| (name.clone(), read(&path)))
    };
    let all = CATALOG.iter().flat_map(|connector| of(connector).collect::<Vec<_>>());
    all.filter(|(_, fixture)| !fixture.body.is_empty()).collect()
});

proptest::proptest! {
    // Each case goes through the whole catalogue.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        said(&body);
    }

    #[test]
    fn what_looks_like_a_form_never_panics_and_is_not_repeated(
        body in "((id|[a-c]|data|type)(\\[[a-c0-2]?\\]|%5[BbDd]|\\[|\\]){0,4}(=(Lovelace|%[0-9a-f]{2}|\\+|%)?)?[&;]?){0,12}",
    ) {
        prop_assert!(!said(body.as_bytes()).contains(PRIVATE), "{body}");
    }

    #[test]
    fn what_looks_like_lines_never_panics_and_is_not_repeated(
        lines in proptest::collection::vec((json_value(), any::<Option<u8>>()), 0..6),
    ) {
        let line = |(value, cut): (Json, Option<u8>)| {
            let text = json!({ "id": PRIVATE, "data": value, "event": { "x": PRIVATE } }).to_string();
            let end = cut.map_or(text.len(), |cut| text.floor_char_boundary(usize::from(cut)));
            text.get(..end).unwrap_or(&text).to_owned()
        };
        let body = lines.into_iter().map(line).collect::<Vec<_>>().join("\n");
        prop_assert!(!said(body.as_bytes()).contains(PRIVATE), "{body}");
    }

    #[test]
    fn a_fixture_that_was_damaged_never_panics(
        which in any::<Index>(),
        at in any::<Index>(),
        bytes in any::<[u8; 3]>(),
    ) {
        let (name, mut fixture) = which.get(&FIXTURES).clone();
        let at = at.index(fixture.body.len());
        fixture.body.splice(at..at + 1, bytes);
        let _ = map_with(CATALOG.get(&name).unwrap(), &fixture, &json!({}));
    }

    #[test]
    fn arbitrary_json_in_the_places_read_never_panics(value in json_value()) {
        let bodies = [
            json!({ "employees": value, "event": value, "payload": value, "type": "employee.hired", "data": value }),
            json!({ "employees": [{ "id": value, "changedFields": ["Status"], "fields": { "Status": { "value": "Active" }, "Work Email": value } }] }),
            json!({ "action": "hire_candidate", "payload": { "application": { "candidate": { "id": 1, "email_addresses": value }, "jobs": value, "offer": value } } }),
            json!({ "event": { "trigger": "user.created", "createOn": value }, "payload": { "id": value, "status": value } }),
        ];
        for body in &bodies {
            said(body.to_string().as_bytes());
        }
    }
}

/// As much as the endpoint takes, of the kinds that cost most.
#[test]
fn large_bodies_are_read_in_bounded_time() {
    let text = r#"
        [[event]]
        kind = "employee.updated"
        items = "body.people or [body]"
        when = "item.type == 'changed'"
        employee_id = "item.id"
    "#;
    let acme = acme(text);
    let mebibyte = |unit: &str| unit.repeat((1 << 20) / unit.len());
    for body in [
        mebibyte("a&"),
        mebibyte("a[b]=c&"),
        mebibyte("a[]=c&"),
        format!("a{}=1", mebibyte("[b]")),
        mebibyte("%5B"),
        mebibyte("1\n"),
        mebibyte("{\n"),
        mebibyte("{}\n"),
        mebibyte("["),
        format!("[{}0]", mebibyte("0,")),
        format!("[{}0]", mebibyte("[],")),
        format!("{{{}\"a\":0}}", mebibyte("\"a\":0,")),
        format!("[{}]", "9".repeat(1 << 20)),
        format!("\"{}\"", "\\u0000".repeat((1 << 20) / 6)),
    ] {
        for format in Format::ALL {
            let connector = Connector { formats: vec![format], ..acme.clone() };
            let started = std::time::Instant::now();
            let _ = map(&connector, &body);
            let spent = started.elapsed();
            let head: String = body.chars().take(20).collect();
            assert!(spent < std::time::Duration::from_secs(20), "{spent:?} for {head}... as {}", format.as_str());
        }
    }
}

fn json_value() -> impl Strategy<Value = Json> {
    use proptest::prelude::prop_oneof;
    let leaf = prop_oneof![
        proptest::strategy::Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 30, 4, |inner| {
        let key =
            prop_oneof!["value|type|id|name|fields|employment_type|departments".prop_map(|key: String| key), ".{0,5}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::hash_map(key, inner, 0..4).prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}
