//! A connector of the user's own, as the documentation writes one.

use serde_json::{Value as Json, json};

use crate::workplace::{NOW, Workplace, request, signature};

pub(crate) const ACME: &str = r#"name = "acme"
docs = "where the vendor describes it"
dedupe = [["json:/account", "json:/delivery_id"]]     # each list is one key; absent: the one key is auth.id
[auth]
kind = "hmac"
hash = "sha256"
signed = "{timestamp}.{body}"
sig = "header:x-acme-signature"
entry = "v1={sig}"
list_sep = ","
encoding = "hex"
timestamp = { src = "header:x-acme-timestamp", unit = "s", tolerance = 300 }
id = "header:x-acme-delivery"
[[event]]
kind = "employee.hired"
items = "body.employees"                     # absent: the body itself is the one item
when = "item.action == 'Created'"
employee_id = "item.id"
email = "item.work_email or item.personal_email"
first_name = "item.first_name"
last_name = "item.last_name"
starts_on = "item.hire_date"
department = "item.department"
"#;

pub(crate) const RULE: &str = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n";

pub(crate) fn hire() -> Json {
    json!({
        "account": 7,
        "delivery_id": "d-1",
        "employees": [{ "action": "Created", "id": 42, "work_email": " Ada@Example.com ", "first_name": "Ada" }],
    })
}

/// The body with its timestamp and signature as of [`NOW`].
pub(crate) fn signed(body: &Json) -> Vec<u8> {
    let (body, stamp) = (body.to_string(), NOW.to_string());
    let signature = format!("v1={}", signature(&[stamp.as_bytes(), b".", body.as_bytes()]));
    request(&[("X-Acme-Timestamp", &stamp), ("X-Acme-Signature", &signature)], body.as_bytes())
}

#[test]
fn explain_tells_everything_and_nothing_else() {
    let ended = Workplace::with_connector(ACME, RULE).explain("acme", &signed(&hire()));
    let expected = json!({
        "verified": true,
        "reason": null,
        "dedupe_keys": ["[\"7\",\"d-1\"]"],
        "events": [{ "kind": "employee.hired", "employee_id": "42", "email": "ada@example.com", "first_name": "Ada" }],
        "problem": null,
        "actions": [
            { "action": "onboard", "event": "employee.hired", "params": { "type": "User", "mode": "create" } },
        ],
    });
    assert_eq!(ended.json(), expected);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}

#[test]
fn every_rejection_has_its_code_and_exit_1_and_the_events_are_told_all_the_same() {
    let workplace = Workplace::with_connector(ACME, "");
    let (body, stamp) = (hire().to_string(), NOW.to_string());
    let good = format!("v1={}", signature(&[stamp.as_bytes(), b".", body.as_bytes()]));
    let bad = format!("v1={}", "0".repeat(64));
    let (time, sig) = ("x-acme-timestamp", "x-acme-signature");
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[], "missing_signature"),
        (&[(time, &stamp)], "missing_signature"),
        (&[(time, &stamp), (sig, "v1=not-hex,v0=00")], "malformed_signature"),
        (&[(time, &stamp), (sig, &bad)], "bad_signature"),
        (&[(sig, &good)], "missing_timestamp"),
        (&[(time, "soon"), (sig, &good)], "missing_timestamp"),
        (&[(time, "1788256499"), (sig, &good)], "stale"),
        (&[(time, &stamp), (sig, &good), (sig, &good)], "ambiguous_header"),
        (&[(time, &stamp), (time, &stamp), (sig, &good)], "ambiguous_header"),
    ];
    for (headers, reason) in cases {
        let ended = workplace.explain("acme", &request(headers, body.as_bytes()));
        let told = ended.json();
        assert_eq!((told["reason"].as_str(), ended.code), (Some(reason), 1), "{headers:?}: {told}");
        assert_eq!((told["verified"].as_bool(), told["events"].as_array().unwrap().len()), (Some(false), 1));
    }
    // Among several entries the one that fits counts; what does not decode is passed over.
    let several = format!("v0={}, v1=not-hex ,{bad}, {}", "0".repeat(64), good.to_uppercase().replace("V1", "v1"));
    assert_eq!(workplace.explain("acme", &request(&[(time, &stamp), (sig, &several)], body.as_bytes())).code, 0);
}

#[test]
fn age_is_judged_both_ways_and_inclusively() {
    let workplace = Workplace::with_connector(ACME, "");
    for (shift, code) in [(-301, 1), (-300, 0), (300, 0), (301, 1)] {
        let ended = workplace.explain_at("acme", &signed(&hire()), NOW + shift);
        assert_eq!(ended.code, code, "{shift}: {ended:?}");
    }
}

#[test]
fn items_that_are_absent_are_a_problem_and_an_empty_list_is_none() {
    let workplace = Workplace::with_connector(ACME, RULE);
    let absent = [json!({}), json!({ "employees": null }), json!({ "employees": "Ada" }), json!([1])];
    for body in absent {
        let told = workplace.told(&body);
        assert_eq!(told["events"], json!([]), "{body}");
        assert!(told["problem"]["what"].as_str().unwrap().contains("body.employees"), "{told}");
        assert!(told["problem"]["where"].is_string(), "{told}");
    }
    assert_eq!(workplace.told(&json!({ "employees": [] }))["problem"], Json::Null);
    let told = workplace.explain("acme", b"not JSON").json();
    assert_eq!((&told["events"], &told["problem"]["where"]), (&json!([]), &json!("body")));
}

#[test]
fn one_bad_item_of_a_batch_is_told_and_the_others_go_on() {
    let workplace = Workplace::with_connector(ACME, RULE);
    let person = |id: Json, email: &str| json!({ "action": "Created", "id": id, "work_email": email });
    let employees = [
        person(json!(1), "one@example.com"),
        person(json!(2.5), "two@example.com"),
        person(json!(3), "three@example"),
        json!({ "action": "Left", "id": [] }),
        person(json!("4"), "four@example.com"),
    ];
    let told = workplace.told(&json!({ "employees": employees }));
    let ids: Vec<_> = told["events"].as_array().unwrap().iter().map(|event| &event["employee_id"]).collect();
    assert_eq!(ids, ["1", "4"]);
    assert!(told["problem"]["what"].as_str().unwrap().contains("item.id"), "{told}");
    assert!(told["problem"]["where"].as_str().unwrap().contains("item 2"), "{told}");
    assert_eq!(told["actions"].as_array().unwrap().len(), 2);
}
