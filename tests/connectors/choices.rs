//! What an administrator chooses for HR systems by options, and what is asked of the platforms then.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use usher::connector::Thin;

use super::*;

static CATALOG: LazyLock<Catalog> = LazyLock::new(catalog);

/// A case's request, and what the platform answers to it.
fn case(connector: &str, name: &str) -> (Fixture, Option<Json>) {
    let path = cases(connector).into_iter().find(|path| path.file_stem().unwrap() == name).unwrap();
    let fetched = std::fs::read(path.with_extension("fetched.json")).ok();
    (read(&path), fetched.map(|text| serde_json::from_slice(&text).unwrap()))
}

fn map_fetched(
    connector: &str,
    fixture: &Fixture,
    fetched: Option<&Json>,
    options: &Json,
) -> Result<Event, MapProblem> {
    let input = Input {
        source: connector,
        options: options.as_object().unwrap(),
        headers: &fixture.headers,
        body: &fixture.body,
        fetched,
        today: TODAY,
    };
    let mut mapped = CATALOG.get(connector).unwrap().map(&input).unwrap();
    assert_eq!(mapped.len(), 1, "{mapped:?}");
    mapped.remove(0).result
}

/// The one event of a case under these options.
fn chosen(connector: &str, name: &str, options: &Json) -> Event {
    let (fixture, fetched) = case(connector, name);
    map_fetched(connector, &fixture, fetched.as_ref(), options).unwrap()
}

/// What of a case the platform is asked for under these options.
fn asked(connector: &str, name: &str, options: &Json) -> Vec<Thin> {
    let (fixture, _) = case(connector, name);
    let input = Input {
        source: connector,
        options: options.as_object().unwrap(),
        headers: &fixture.headers,
        body: &fixture.body,
        fetched: None,
        today: TODAY,
    };
    CATALOG.get(connector).unwrap().thin(&input).unwrap().0
}

fn call(connector: &str, name: &str, options: &Json) -> usher::connector::Call {
    let mut asked = asked(connector, name, options);
    assert_eq!(asked.len(), 1, "{asked:?}");
    asked.remove(0).call.unwrap().unwrap()
}

#[test]
fn whether_a_hire_is_the_record_or_the_first_day_is_chosen() {
    let first_day = json!({ "hired_on": ["employment.started"] });
    let (_, person) = case("personio", "hired");
    let (started, _) = case("personio", "started-is-not-asked-for");
    assert_eq!(asked("personio", "started-is-not-asked-for", &json!({})), []);
    assert_eq!(asked("personio", "started-is-not-asked-for", &first_day).len(), 1);
    let hired = map_fetched("personio", &started, person.as_ref(), &first_day).unwrap();
    assert_eq!((hired.kind, hired.starts_on.as_deref()), (EventKind::EmployeeHired, Some("2026-09-01")));
    assert_eq!(asked("personio", "hired", &first_day), [], "and the record alone is none then");
    assert_eq!(asked("hibob", "hired", &json!({ "hired_on": ["employee.joined"] })), []);
}

#[test]
fn attributes_of_the_administrators_own_are_read_by_id_or_label() {
    let hired =
        chosen("personio", "hired", &json!({ "department": "dynamic_306", "match_id": "Team", "starts_on": "" }));
    let told = (hired.department.as_deref(), hired.match_id.as_deref(), hired.starts_on.as_deref());
    assert_eq!(told, (Some("Engineering"), Some("Engineering"), None));
}

#[test]
fn the_personal_address_is_taken_only_where_that_is_chosen() {
    for (connector, name, email) in [
        ("gusto", "hired", "email"),
        ("remote", "hired", "personal_email"),
        ("merge", "hired", "personal_email"),
        ("finch", "hired", "personal"),
        ("factorial", "hired", "personal_email"),
        ("aboard", "hired", "personal_email"),
        ("humaans", "hired", "personalEmail"),
        ("paylocity", "hired", "homeAddress"),
    ] {
        let address = |options: &Json| chosen(connector, name, options).email.unwrap();
        assert_eq!(address(&json!({})), "ada@example.com", "{connector}");
        assert_eq!(address(&json!({ "email": email })), "ada@home.example", "{connector}");
    }
}

#[test]
fn a_field_that_another_platform_knows_joins_the_person() {
    for (connector, option, expected) in [
        ("bamboohr-events", "location", "Riga"),
        ("hibob", "work.site", "Riga"),
        ("gusto", "employee_code", "8d3f9a"),
        ("remote", "external_id", "cand-77"),
        ("deel", "external_id", "cand-77"),
        ("merge", "employee_number", "1042"),
        ("factorial", "company_identifier", "E-1042"),
        ("humaans", "employeeId", "1042"),
        ("rippling", "personalEmail", "ada@home.example"),
        ("workday", "location", "Riga"),
        ("sap-successfactors", "location", "Riga"),
        ("sage-people", "fHCM2__Location__c", "Riga"),
    ] {
        let joined = |options: &Json| chosen(connector, "hired", options).match_id;
        assert_eq!(joined(&json!({})), None, "{connector}");
        assert_eq!(joined(&json!({ "match_id": option })).as_deref(), Some(expected), "{connector}");
    }
}

#[test]
fn a_source_says_what_a_bare_record_means() {
    let kind = |name: &str, event: &str| {
        let (fixture, _) = case("factorial", name);
        map_fetched("factorial", &fixture, None, &json!({ "event": event }))
    };
    assert_eq!(kind("hired", "employee.updated").unwrap().kind, EventKind::EmployeeUpdated);
    assert_eq!(kind("updated", "employee.hired").unwrap().kind, EventKind::EmployeeHired);
    assert_eq!(kind("hired", "employee.terminated").unwrap().kind, EventKind::EmployeeTerminated);
    let problem = kind("hired", "employee.hierd").unwrap_err();
    assert_eq!(problem.at, "[[event]] 1 (employee.hired), needs");
    assert!(problem.what.contains("option event"), "{problem}");
}

#[test]
fn labels_of_a_design_of_ones_own_are_options() {
    let body = json!({ "Vorgang": "Einstellung", "PNR": 7, "Mail": "ada@example.com", "Eintritt": "2026-10-01" });
    let fixture =
        Fixture { method: "POST".to_owned(), target: None, headers: Vec::new(), body: body.to_string().into_bytes() };
    let options = json!({ "event": "Vorgang", "hired": ["Einstellung"], "employee_id": "PNR", "email": "Mail", "starts_on": "Eintritt" });
    for connector in ["workday", "sap-successfactors"] {
        let hired = map_fetched(connector, &fixture, None, &options).unwrap();
        let told = (hired.kind, hired.employee_id.as_deref(), hired.starts_on.as_deref());
        assert_eq!(told, (EventKind::EmployeeHired, Some("7"), Some("2026-10-01")), "{connector}");
    }
}

#[test]
fn what_lies_ahead_is_asked_for_with_a_hire_and_not_with_a_move() {
    let hire = call("bamboohr-events", "hired", &json!({ "match_id": "candidateId", "email": "homeEmail" }));
    assert!(hire.path_and_query.starts_with("/api/v1/employees/142?"), "{hire:?}");
    for part in ["firstName,lastName,homeEmail,hireDate", "status,candidateId", "&onlyCurrent=false"] {
        assert!(hire.path_and_query.contains(part), "{part}: {hire:?}");
    }
    let current = |name: &str| call("bamboohr-events", name, &json!({})).path_and_query.ends_with("&onlyCurrent=true");
    assert!(current("updated") && !current("terminated") && !current("hired-once-filled-in"));
}

#[test]
fn some_platforms_are_asked_by_a_post() {
    let bob = call("hibob", "hired", &json!({ "email": "home.privateEmail" }));
    assert_eq!(bob.path_and_query, "/v1/people/3332883894235038486");
    let fields = bob.body.unwrap()["fields"].as_array().unwrap().clone();
    assert!(fields.contains(&json!("home.privateEmail")) && !fields.contains(&json!("root.email")), "{fields:?}");
    for (name, path) in [("hired", "/employer/individual"), ("terminated", "/employer/employment")] {
        let finch = call("finch", name, &json!({}));
        assert_eq!(finch.path_and_query, path);
        let individual = "5d0b10a1-a09a-430f-81f1-20be735dc5e9";
        assert_eq!(finch.body, Some(json!({ "requests": [{ "individual_id": individual }] })));
    }
}

/// Two webhooks that say different things must never be taken for one.
#[test]
fn different_news_of_an_hr_system_are_different_deliveries() {
    for name in ["bamboohr-events", "hibob", "personio", "gusto", "deel", "finch", "merge", "factorial", "zoho-people"]
    {
        let connector = CATALOG.get(name).unwrap();
        let mut known = BTreeSet::new();
        for path in cases(name)
            .into_iter()
            .filter(|path| !path.file_name().unwrap().to_str().unwrap().starts_with("handshake-"))
        {
            let fixture = read(&path);
            let mut headers = HeaderMap::new();
            for (name, value) in &fixture.headers {
                headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
            }
            let body = Bytes::from(fixture.body);
            for key in usher::auth::dedupe_keys(&connector.scheme, &connector.dedupe, &headers, &body) {
                assert!(known.insert((key.name, key.value)), "{} is known already", path.display());
            }
        }
    }
}

#[test]
fn a_request_made_again_is_the_same_delivery_although_its_time_is_another() {
    let connector = CATALOG.get("bamboohr-events").unwrap();
    let (fixture, _) = case("bamboohr-events", "hired");
    let keys = |time: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-bamboohr-timestamp", HeaderValue::try_from(time).unwrap());
        usher::auth::dedupe_keys(&connector.scheme, &connector.dedupe, &headers, &Bytes::from(fixture.body.clone()))
    };
    assert_eq!(keys("1788249600"), keys("1788249900"));
}

#[test]
fn platforms_that_cannot_be_connected_say_so_and_what_to_do_instead() {
    for name in ["adp", "apideck", "kombo", "paycor", "sage-hr", "ukg"] {
        let platform = CATALOG.platform(name).unwrap_or_else(|| panic!("{name} is no platform"));
        assert!(platform.limits.contains("What to do instead:") && platform.limits.contains("generic-hmac"), "{name}");
        assert!(!platform.docs.is_empty() && platform.title != name, "{name}");
    }
}

#[test]
fn what_is_old_news_is_no_hire_unless_more_days_are_given() {
    for (connector, name, option) in [
        ("bamboohr-events", "hire-date-of-long-standing-staff-corrected", "late_days"),
        ("bamboohr-events", "address-of-long-standing-staff-changed", "late_days"),
        ("teamtailor", "hired-long-ago", "new_for_days"),
    ] {
        let days = |days: i64| chosen(connector, name, &json!({ option: days })).kind;
        assert_eq!(days(9_000), EventKind::EmployeeHired, "{connector}");
        let (fixture, fetched) = case(connector, name);
        assert!(!kinds(connector, &fixture, fetched.as_ref(), &json!({})).contains(&EventKind::EmployeeHired));
    }
}

#[test]
fn who_signs_up_elsewhere_is_nobody_where_a_connection_is_named() {
    let (lines, _) = case("auth0-logs", "lines");
    let of = |connection: &str| kinds("auth0-logs", &lines, None, &json!({ "connection": connection }));
    let (hired, gone) = (EventKind::EmployeeHired, EventKind::EmployeeTerminated);
    assert_eq!(of(""), [hired, hired, gone]);
    // Whose connection is not told is not let in, and is not kept in either.
    assert_eq!(of("Staff"), [hired, gone]);
    assert_eq!(of("Customers"), [gone]);
}

/// The kinds of a case's events under these options.
fn kinds(connector: &str, fixture: &Fixture, fetched: Option<&Json>, options: &Json) -> Vec<EventKind> {
    let input = Input {
        source: connector,
        options: options.as_object().unwrap(),
        headers: &fixture.headers,
        body: &fixture.body,
        fetched,
        today: TODAY,
    };
    let mapped = CATALOG.get(connector).unwrap().map(&input).unwrap();
    mapped.into_iter().filter_map(|mapped| mapped.result.ok()).map(|event| event.kind).collect()
}
