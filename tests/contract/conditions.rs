//! Rules: which action follows, which is held, and what is refused at load.

use serde_json::{Value as Json, json};

use crate::workplace::{Ended, NOW, Workplace};

fn body(kind: &str, data: Json) -> Vec<u8> {
    json!({ "type": kind, "data": data }).to_string().into_bytes()
}

/// What these rules make of somebody hired.
fn hired(rules: &str, more: Json) -> Ended {
    let mut data = json!({ "employee_id": "1", "email": "ada@example.com" });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Workplace::with_source("generic-hmac", rules).explain("generic-hmac", &body("employee.hired", data))
}

fn when(condition: &str) -> String {
    format!("[[rules]]\non = \"employee.hired\"\nwhen = \"{condition}\"\nonboard = {{ type = \"User\" }}\n")
}

#[test]
fn a_field_that_is_absent_and_not_asked_for_holds_the_action() {
    let cases = [
        ("event.employment_type != 'contractor'", Some(true)),
        ("event.employment_type in ['intern']", Some(true)),
        ("not event.employment_type", Some(true)),
        ("event.starts_on is on_or_before(today)", Some(true)),
        ("event['employment_type'] ~ 'x' == 'x'", Some(true)),
        ("event.employment_type is defined and event.employment_type != 'contractor'", None),
        ("event.employment_type is not defined", Some(false)),
        ("(event.employment_type or 'unknown') != 'contractor'", Some(false)),
        ("event.employment_type | default('unknown') != 'contractor'", Some(false)),
        ("event.email is endingwith('@example.com')", Some(false)),
        ("true", Some(false)),
        ("false", None),
    ];
    for (condition, held) in cases {
        let ended = hired(&when(condition), json!({}));
        let planned = !ended.json()["actions"].as_array().unwrap().is_empty();
        let found = planned.then(|| ended.err.contains("onboard would be held"));
        assert_eq!(found, held, "{condition}: {ended:?}");
    }
    let told = hired(&when("event.employment_type != 'contractor'"), json!({ "employment_type": "contractor" })).json();
    assert_eq!(told["actions"], json!([]));
}

#[test]
fn of_several_matching_rules_the_first_for_each_action_wins() {
    let rules = [
        "[[rules]]\non = \"employee.hired\"\nwhen = \"event.department == 'IT'\"\nonboard = { type = \"RoomAdmin\", allow_paid = true }",
        "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }",
        "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", mode = \"invite\" }",
    ]
    .join("\n");
    for (department, kind) in [("IT", "RoomAdmin"), ("Law", "User")] {
        let told = hired(&rules, json!({ "department": department })).json();
        let expected =
            json!([{ "action": "onboard", "event": "employee.hired", "params": { "type": kind, "mode": "create" } }]);
        assert_eq!(told["actions"], expected);
    }
}

#[test]
fn what_costs_a_seat_unasked_or_never_comes_is_refused_with_its_line() {
    let refused = [
        ("onboard = { type = \"All\" }", "rules[0].onboard.type"),
        ("onboard = { type = \"RoomAdmin\" }", "rules[0].onboard.type"),
        ("onboard = { type = \"DocSpaceAdmin\", allow_paid = false }", "rules[0].onboard.type"),
        ("onboard = {}", "rules[0].onboard.type"),
        ("onboard = { type = \"User\", colour = 1 }", "rules[0].onboard.colour"),
        ("onboard = { type = \"User\" }\nwhen = \"event.salary > 1\"", "rules[0].when"),
        ("onboard = { type = \"User\" }\nwhen = \"body.x\"", "rules[0].when"),
        ("onboard = { type = \"User\" }\nwhen = \"event.email | lowr\"", "rules[0].when"),
    ];
    for (lines, key) in refused {
        let ended = hired(&format!("[[rules]]\non = \"employee.hired\"\n{lines}\n"), json!({}));
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{lines}: {ended:?}");
        assert!(ended.err.contains("usher.toml:6:") || ended.err.contains("usher.toml:7:"), "{lines}: {}", ended.err);
        assert!(ended.err.contains(key), "{lines}: {}", ended.err);
    }
}

#[test]
fn a_condition_on_a_field_that_no_feeding_connector_maps_is_refused() {
    let rules =
        "[[rules]]\non = \"employee.hired\"\nwhen = \"event.manager is defined\"\nonboard = { type = \"User\" }\n";
    let alone = Workplace::with_source("greenhouse", rules).explain("greenhouse", b"{}");
    assert_eq!(alone.code, 2, "{alone:?}");
    assert!(
        alone.err.contains("usher.toml:6:8: rules[0].when") && alone.err.contains("event.manager"),
        "{}",
        alone.err
    );
    // Another source may send it.
    let other = format!("[sources.generic]\nconnector = \"generic-hmac\"\nsecrets = [SECRET]\n{rules}");
    assert_eq!(Workplace::with_source("greenhouse", &other).explain("generic", b"{}").code, 1);
}

pub(crate) const CONGRATULATE: &str =
    "[[rules]]\non = \"user.activated\"\ncongratulate = { via = [\"sendcongratulations\"], key = \"welcome_guest\" }\n";

fn docspace(trigger: &str, status: i64, activation: i64) -> Vec<u8> {
    let payload = json!({ "id": "6B1F7C1E-0d5a-4a2b-9a53-3f6d2b8f9c01", "email": "ada@example.com", "status": status, "activationStatus": activation });
    json!({ "event": { "id": 1, "createOn": "2026-09-01T09:59:00Z", "trigger": trigger }, "payload": payload, "webhook": { "id": 1 } })
        .to_string()
        .into_bytes()
}

#[test]
fn an_active_new_account_is_congratulated_on_user_activated_and_a_change_of_a_stranger_is_not() {
    let workplace = Workplace::with_source("docspace", CONGRATULATE);
    for (trigger, status, activation, is_news) in [
        ("user.created", 1, 1, true),
        ("user.created", 1, 5, true),
        ("user.created", 1, 2, false),
        ("user.created", 2, 1, false),
        ("user.invited", 4, 2, false),
        ("user.updated", 1, 1, false),
        ("user.deleted", 1, 1, false),
    ] {
        let told = workplace.explain("docspace", &docspace(trigger, status, activation)).json();
        assert_eq!(told["events"][0]["kind"], trigger, "{told}");
        let params = json!({ "via": ["sendcongratulations"], "key": "welcome_guest" });
        let congratulation = json!([{ "action": "congratulate", "event": "user.activated", "params": params }]);
        assert_eq!(told["actions"], if is_news { congratulation } else { json!([]) }, "{trigger}: {told}");
    }
    // Eight days later it is no news of somebody whom nobody here has onboarded.
    let late = workplace.explain_at("docspace", &docspace("user.created", 1, 1), NOW + 8 * 86_400).json();
    assert_eq!(late["actions"], json!([]));
}

#[test]
fn an_in_house_system_may_tell_of_an_activation_itself() {
    let workplace = Workplace::with_source("generic-hmac", CONGRATULATE);
    let told = workplace.explain("generic-hmac", &body("user.activated", json!({ "user_id": "u-1" }))).json();
    assert_eq!(told["events"], json!([{ "kind": "user.activated", "user_id": "u-1" }]));
    assert_eq!(told["actions"][0]["event"], "user.activated");
    assert_eq!(told["actions"].as_array().unwrap().len(), 1);
}
