//! From values to the fields of events.

use serde_json::{Value as Json, json};

use crate::workplace::Workplace;

const TOKEN: &str = "name = \"acme\"\n[auth]\nkind = \"token\"\ntoken = \"header:x-token\"\n";

fn acme(tables: &str) -> Workplace {
    Workplace::with_connector(&format!("{TOKEN}{tables}"), "")
}

#[test]
fn texts_are_trimmed_whole_numbers_become_texts_and_nothing_is_guessed() {
    let workplace = acme("[[event]]\nkind = \"employee.updated\"\nemployee_id = \"'k'\"\ntitle = \"item.v\"\n");
    let cases = [
        (json!("  Head of IT \n"), Some(json!("Head of IT"))),
        (json!(0), Some(json!("0"))),
        (json!(-5), Some(json!("-5"))),
        (json!(u64::MAX), Some(json!("18446744073709551615"))),
        (json!(" "), Some(Json::Null)),
        (json!(""), Some(Json::Null)),
        (Json::Null, Some(Json::Null)),
        (json!(1.5), None),
        (json!(2.0), None),
        (json!(true), None),
        (json!(["a"]), None),
        (json!({ "a": 1 }), None),
    ];
    for (value, expected) in cases {
        let told = workplace.told(&json!({ "v": value }));
        match expected {
            None => assert!(told["problem"]["where"].as_str().unwrap().contains("field title"), "{value}: {told}"),
            Some(Json::Null) => assert_eq!(told["events"], json!([{ "kind": "employee.updated", "employee_id": "k" }])),
            Some(text) => assert_eq!(told["events"][0]["title"], text, "{value}"),
        }
    }
}

#[test]
fn addresses_are_lower_cased_and_checked() {
    let workplace = acme("[[event]]\nkind = \"employee.updated\"\nemail = \"item.v\"\n");
    let cases = [
        (" Ada.B+c@Example.COM ", Some("ada.b+c@example.com")),
        ("o'neil@example.com", Some("o'neil@example.com")),
        ("ada@xn--80ak6aa92e.xn--p1ai", Some("ada@xn--80ak6aa92e.xn--p1ai")),
        ("ada", None),
        ("ada@localhost", None),
        ("ada@10.0.0.1", None),
        ("ada@[10.0.0.1]", None),
        ("Ada <ada@example.com>", None),
        ("ada@example.com, bob@example.com", None),
        ("ada b@example.com", None),
        ("@example.com", None),
        ("mailto:ada@example.com", None),
    ];
    for (value, expected) in cases {
        let told = workplace.told(&json!({ "v": value }));
        assert_eq!(told["events"][0]["email"].as_str(), expected, "{told}");
        assert_eq!(told["problem"].is_null(), expected.is_some(), "{told}");
    }
}

#[test]
fn a_status_is_an_integer() {
    let tables = "[[event]]\nkind = \"user.created\"\nuser_id = \"item.id\"\nstatus = \"item.s\"\nactivation_status = \"item.s\"\n";
    let workplace = acme(tables);
    for (value, is_taken) in
        [(json!(5), true), (json!(-1), true), (json!("1"), false), (json!(1.0), false), (json!(true), false)]
    {
        let told = workplace.told(&json!({ "id": "u", "s": value }));
        let expected = json!([{ "kind": "user.created", "user_id": "u", "status": value, "activation_status": value }]);
        assert_eq!(told["events"], if is_taken { expected } else { json!([]) }, "{told}");
    }
}

#[test]
fn a_required_field_that_comes_out_absent_is_a_problem_that_names_its_expression() {
    let tables = r#"
[[event]]
kind = "employee.hired"
when = "item.kind == 'hired'"
employee_id = "item.hired_id"
email = "item.mail"
[[event]]
kind = "employee.terminated"
when = "item.kind == 'gone'"
employee_id = "item.gone_id"
email = "item.mail"
[[event]]
kind = "user.deleted"
when = "item.kind == 'deleted'"
user_id = "item.user_id"
"#;
    let workplace = acme(tables);
    let cases = [
        (json!({ "kind": "hired", "mail": "a@example.com" }), Some("item.hired_id")),
        (json!({ "kind": "hired", "hired_id": 1, "mail": " " }), Some("item.mail")),
        (json!({ "kind": "gone" }), Some("item.gone_id")),
        (json!({ "kind": "gone", "mail": "a@example.com" }), None),
        (json!({ "kind": "gone", "gone_id": 1 }), None),
        (json!({ "kind": "deleted", "user_id": "" }), Some("item.user_id")),
    ];
    for (body, expected) in cases {
        let told = workplace.told(&body);
        match expected {
            Some(expression) => assert!(told["problem"]["what"].as_str().unwrap().contains(expression), "{told}"),
            None => assert!(told["problem"].is_null() && told["events"][0]["kind"] == "employee.terminated", "{told}"),
        }
    }
}

#[test]
fn several_tables_take_their_items_from_several_places() {
    let tables = r#"
[[event]]
kind = "employee.hired"
items = "body.new"
employee_id = "item.id"
email = "item.mail"
[[event]]
kind = "employee.terminated"
items = "body.gone"
when = "1 == 1"
employee_id = "item.id"
"#;
    let workplace = acme(tables);
    let kinds = |body: &Json| {
        let told = workplace.told(body);
        let kinds: Vec<_> =
            told["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect();
        (kinds.join(" "), told["problem"].is_null())
    };
    let new = json!([{ "id": 1, "mail": "a@example.com" }]);
    assert_eq!(
        kinds(&json!({ "new": new, "gone": [{ "id": 2 }] })),
        ("employee.hired employee.terminated".to_owned(), true)
    );
    assert_eq!(kinds(&json!({ "gone": { "id": 2 } })), ("employee.terminated".to_owned(), true));
    assert_eq!(kinds(&json!({ "gone": [] })), (String::new(), true));
    assert_eq!(kinds(&json!({ "other": 1 })), (String::new(), false));
    assert_eq!(kinds(&json!({ "new": 7, "gone": [{ "id": 2 }] })), ("employee.terminated".to_owned(), false));
}

#[test]
fn ushers_own_json_tells_of_every_kind_there_is() {
    let workplace = Workplace::with_source("generic-hmac", "");
    let data = json!({ "employee_id": 1, "email": "a@example.com", "user_id": "u" });
    for kind in [
        "employee.hired",
        "employee.updated",
        "employee.terminated",
        "employee.rescinded",
        "user.invited",
        "user.created",
        "user.updated",
        "user.activated",
        "user.deleted",
    ] {
        let told =
            workplace.explain("generic-hmac", json!({ "type": kind, "data": data }).to_string().as_bytes()).json();
        assert_eq!((&told["events"][0]["kind"], &told["problem"]), (&json!(kind), &Json::Null), "{told}");
    }
    let told = workplace.explain("generic-hmac", br#"{"type": "coffee.made"}"#).json();
    assert_eq!((&told["events"], &told["problem"]), (&json!([]), &Json::Null));
}
