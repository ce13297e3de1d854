//! From bodies to events.

use super::*;

#[test]
fn a_source_renames_the_labels_of_a_platform() {
    let catalog = catalog();
    let body = json!({ "employees": [{
        "id": "7", "changedFields": ["Zustand"],
        "fields": { "Zustand": { "value": "Active" }, "Rufname": { "value": "Ada" }, "Work Email": { "value": "ada@example.com" } },
    }]});
    let fixture =
        Fixture { method: "POST".to_owned(), target: None, headers: Vec::new(), body: body.to_string().into_bytes() };
    let options = json!({ "status": "Zustand", "first_name": "Rufname" });
    let connector = catalog.get("bamboohr").unwrap();
    let mapped = map_with(connector, &fixture, &options).unwrap();
    let hired = mapped[0].result.clone().unwrap();
    assert_eq!((hired.kind, hired.first_name.as_deref()), (EventKind::EmployeeHired, Some("Ada")));
    assert_eq!(map_with(connector, &fixture, &json!({})).unwrap(), []);
}

/// What an applicant system and an HR system have in common is chosen by whoever sets the two up.
#[test]
fn a_source_names_the_field_that_another_platform_knows_too() {
    let catalog = catalog();
    let event = |name: &str, fixture: &str, options: &Json| {
        let path = cases(name).into_iter().find(|path| path.ends_with(fixture)).unwrap();
        let mut mapped = map_with(catalog.get(name).unwrap(), &read(&path), options).unwrap();
        mapped.remove(0).result.unwrap()
    };
    let hr = |option: &str| event("bamboohr", "hired.http", &json!({ "match_id": option })).match_id;
    assert_eq!((hr("Employee #").as_deref(), hr("Candidate ID"), hr("")), (Some("1042"), None, None));
    let hiring = |option: &str| event("greenhouse", "hired.http", &json!({ "match_id": option })).match_id;
    assert_eq!((hiring("id").as_deref(), hiring("external_id"), hiring("")), (Some("35001"), None, None));
    let unhired = event("greenhouse", "unhired.http", &json!({ "match_id": "id" }));
    assert_eq!(unhired.match_id.as_deref(), Some("35001"), "it names the same person");
    let candidate = json!({ "id": 7, "first_name": "Ada", "email_addresses": [{ "value": "ada@example.com" }],
        "custom_fields": { "staff_number": { "type": "multi_select", "value": ["s-1"] } } });
    let body = json!({ "action": "hire_candidate", "payload": { "application": { "candidate": candidate } } });
    let fixture =
        Fixture { method: "POST".to_owned(), target: None, headers: Vec::new(), body: body.to_string().into_bytes() };
    let options = json!({ "match_id": "staff_number" });
    let mapped = map_with(catalog.get("greenhouse").unwrap(), &fixture, &options).unwrap();
    assert_eq!(mapped[0].result.as_ref().unwrap().match_id.as_deref(), Some("s-1"));
}

#[test]
fn a_thin_payload_says_what_is_missing_and_what_to_do() {
    let catalog = catalog();
    let body = r#"{"type":"employee.created","data":{"employeeId":"1"}}"#;
    let MapProblem { what, at } = map(catalog.get("bamboohr").unwrap(), body).unwrap_err();
    assert!(what.contains("`body.employees`") && what.contains("field-based"), "{what}");
    assert_eq!(at, "[[event]] 1 (employee.hired), items");
}

#[test]
fn a_bad_item_leaves_the_others_of_its_batch_alone() {
    let connector = acme(HIRED);
    let people = json!([
        { "id": 1, "news": "hired", "mail": "a@example.com" },
        { "id": 2, "news": "hired" },
        { "id": 3, "news": "left" },
        { "id": 4, "news": "hired", "mail": "d@example.com" },
    ]);
    let mapped = map(&connector, json!({ "people": people }).to_string()).unwrap();
    let told: Vec<_> = mapped.iter().map(|mapped| (mapped.table, mapped.item, mapped.result.is_ok())).collect();
    assert_eq!(told, [(0, 0, true), (0, 1, false), (0, 3, true)]);
    let problem = mapped[1].result.clone().unwrap_err();
    assert_eq!(problem.at, "[[event]] 1 (employee.hired), item 2, field email");
    assert!(problem.what.contains("`item.mail`"), "{problem}");
}

#[test]
fn several_tables_may_speak_of_one_item() {
    let both = format!(
        "{HIRED}\n[[event]]\nkind = \"employee.updated\"\nitems = \"body.people\"\nemployee_id = \"item.id\"\n"
    );
    let people = json!({ "people": [{ "id": 1, "news": "hired", "mail": "a@example.com" }, { "id": 2 }] });
    let mapped = map(&acme(&both), people.to_string()).unwrap();
    let told: Vec<_> = mapped.iter().map(|mapped| (mapped.item, mapped.result.clone().unwrap().kind)).collect();
    use EventKind::{EmployeeHired, EmployeeUpdated};
    assert_eq!(told, [(0, EmployeeHired), (0, EmployeeUpdated), (1, EmployeeUpdated)]);
}

#[test]
fn items_are_a_list_or_a_lone_object() {
    let connector = acme(HIRED);
    let one = json!({ "id": 1, "news": "hired", "mail": "a@example.com" });
    assert_eq!(event(&connector, &json!({ "people": one })).employee_id.as_deref(), Some("1"));
    assert_eq!(map(&connector, r#"{"people":[]}"#).unwrap(), []);
    assert_eq!(problem(&connector, r#"{"people":"all"}"#).at, "[[event]] 1 (employee.hired), items");
    for absent in ["{}", r#"{"people":null}"#, "[]", "7", "\"Ping test\""] {
        assert!(problem(&connector, absent).what.contains("`body.people`"), "{absent}");
    }
}

#[test]
fn items_absent_for_one_table_are_no_problem_while_another_has_them() {
    let both = format!(
        "{HIRED}\n[[event]]\nkind = \"employee.terminated\"\nitems = \"body.leavers\"\nemployee_id = \"item.id\"\n"
    );
    assert_eq!(event(&acme(&both), &json!({ "leavers": [{ "id": "9" }] })).kind, EventKind::EmployeeTerminated);
}

#[test]
fn the_body_is_the_one_item_where_none_are_named() {
    let connector = acme("[[event]]\nkind = \"employee.updated\"\nemployee_id = \"item.id\"\nwhen = \"true\"\n");
    assert_eq!(event(&connector, &json!({ "id": 5 })).employee_id.as_deref(), Some("5"));
    assert_eq!(problem(&connector, "{}").at, "[[event]] 1 (employee.updated), field employee_id or email");
}

#[test]
fn expressions_see_headers_source_options_and_the_day() {
    let connector = acme(concat!(
        "[options]\nteam = \"none\"\nsite = \"Riga\"\n[[event]]\nkind = \"employee.updated\"\nemployee_id = \"headers['x-id']\"\n",
        "department = \"source.options.team\"\nlocation = \"source.options.site\"\nmanager = \"source.connector\"\n",
        "title = \"source.name\"\nstarts_on = \"today\"\nmatch_id = \"fetched.id\"\n",
    ));
    let headers = vec![("x-id".to_owned(), "a".to_owned()), ("x-id".to_owned(), "b".to_owned())];
    let options = json!({ "team": "blue" });
    let input = Input {
        source: "acme-test",
        options: options.as_object().unwrap(),
        headers: &headers,
        body: b"{}",
        fetched: None,
        today: TODAY,
    };
    let event = connector.map(&input).unwrap()[0].result.clone().unwrap();
    let expected = json!({
        "kind": "employee.updated", "employee_id": "a, b", "department": "blue", "location": "Riga",
        "manager": "acme", "title": "acme-test", "starts_on": "2026-09-01",
    });
    assert_eq!(json!(event), expected);
}

#[test]
fn texts_are_trimmed_and_whole_numbers_become_their_digits() {
    let connector = acme(HIRED);
    let person = |id: Json, title: Json| json!({ "people": { "id": id, "news": "hired", "mail": " Ada@Example.COM ", "title": title } });
    let hired = event(&connector, &person(json!(18_446_744_073_709_551_615_u64), json!("  Chief\t")));
    assert_eq!(hired.employee_id.as_deref(), Some("18446744073709551615"));
    assert_eq!(hired.email.as_deref(), Some("ada@example.com"));
    assert_eq!(hired.title.as_deref(), Some("Chief"));
    for absent in [json!(null), json!(""), json!("  ")] {
        assert_eq!(event(&connector, &person(json!("x"), absent)).title, None);
    }
    for wrong in [json!(1.5), json!(7.0), json!(true), json!([]), json!({})] {
        let problem = problem(&connector, person(json!("x"), wrong.clone()).to_string());
        assert_eq!(problem.at, "[[event]] 1 (employee.hired), item 1, field title", "{wrong}");
    }
}

#[test]
fn states_of_an_account_are_whole_numbers() {
    let connector = acme("[[event]]\nkind = \"user.updated\"\nuser_id = \"item.id\"\nstatus = \"item.status\"\n");
    let with = |status: Json| json!({ "id": "AB-12", "status": status });
    let updated = event(&connector, &with(json!(4)));
    assert_eq!((updated.user_id.as_deref(), updated.status), (Some("ab-12"), Some(4)));
    assert_eq!(event(&connector, &with(json!(null))).status, None);
    for wrong in [json!(1.5), json!("1"), json!(true)] {
        assert_eq!(problem(&connector, with(wrong).to_string()).at, "[[event]] 1 (user.updated), field status");
    }
}

#[test]
fn an_unusable_address_is_refused_without_being_told() {
    let connector = acme(HIRED);
    let with = |mail: &str| json!({ "people": { "id": "1", "news": "hired", "mail": mail } });
    for good in ["a+b@example.com", "a@example.test", "o'hara@sub.example.org", "zo\u{e9}@ex\u{e4}mple.org"] {
        assert_eq!(event(&connector, &with(good)).email.as_deref(), Some(good));
    }
    let long = format!("{}@{}.example.com", "a".repeat(64), "b.".repeat(100).trim_end_matches('.'));
    for bad in [
        "nobody",
        "root@localhost",
        "a@[127.0.0.1]",
        "Ada <ada@example.com>",
        "a b@example.com",
        "\"a b\"@example.com",
        "a@example.com\nBcc: x@example.com",
        "a@b@example.com",
        "@example.com",
        "a@.com",
        "a@exa_mple/x.com",
        "a\u{a0}b@example.com",
        &long,
    ] {
        let problem = problem(&connector, with(bad).to_string());
        assert!(problem.at.ends_with("field email"), "{bad:?}: {problem}");
        assert!(!problem.to_string().contains(bad), "{problem}");
    }
}

#[test]
fn an_expression_that_fails_names_itself_and_no_value() {
    let connector = acme("[[event]]\nkind = \"employee.updated\"\nemployee_id = \"item.id + 1\"\n");
    let problem = problem(&connector, r#"{"id":{"secret":"hush"}}"#);
    assert_eq!(problem.at, "[[event]] 1 (employee.updated), field employee_id");
    assert!(problem.what.contains("item.id + 1") && !problem.what.contains("hush"), "{problem}");
    let connector =
        acme("[[event]]\nkind = \"employee.updated\"\nwhen = \"item.id + 1 > 2\"\nemployee_id = \"item.id\"\n");
    assert_eq!(self::problem(&connector, r#"{"id":{}}"#).at, "[[event]] 1 (employee.updated), when");
}

#[test]
fn a_body_that_is_not_json_is_a_problem_and_not_a_panic() {
    let connector = acme(HIRED);
    let deep = "[".repeat(100_000);
    for body in [b"Ping test".as_slice(), b"", b"\xff\xfe", b"{\"a\":1e999}", b"{} {}", deep.as_bytes()] {
        assert_eq!(problem(&connector, body).at, "body");
    }
    let doubled = br#"{"people":[],"people":[{"id":1,"news":"hired","mail":"a@example.com"}]}"#;
    assert_eq!(map(&connector, doubled).unwrap().len(), 1);
}

#[test]
fn a_connector_without_events_takes_any_body() {
    let connector = acme("");
    assert_eq!(map(&connector, b"Ping test").unwrap(), []);
    assert!(!connector.has_events());
}

#[test]
fn an_activation_has_the_fields_of_what_it_is_derived_from() {
    let catalog = catalog();
    let docspace = catalog.get("docspace").unwrap();
    let activated = docspace.fields_mapped(EventKind::UserActivated).unwrap();
    assert!(activated.contains("activation_status") && activated.contains("kind"), "{activated:?}");
    assert!(!activated.contains("department"));
    assert_eq!(docspace.fields_mapped(EventKind::EmployeeHired), None);
    assert_eq!(acme(HIRED).fields_mapped(EventKind::UserActivated), None);
}

#[test]
fn shared_fields_yield_to_those_of_the_table() {
    let connector = acme(concat!(
        "[fields]\nemployee_id = \"item.id\"\ntitle = \"item.title\"\n",
        "[[event]]\nkind = \"employee.updated\"\ntitle = \"item.job\"\n",
    ));
    let updated = event(&connector, &json!({ "id": 1, "title": "no", "job": "yes" }));
    assert_eq!(updated.title.as_deref(), Some("yes"));
}
