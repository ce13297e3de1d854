//! Every connector against its fixtures, and what the catalogue refuses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use usher::connector::{Catalog, Connector, Input, MapProblem, Mapped};
use usher::fixture::Fixture;
use usher::model::{Event, EventKind};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 9, 1);

fn catalog() -> Catalog {
    Catalog::embedded().unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

fn lines<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The `.http` files of a connector, sorted.
fn cases(connector: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(connector);
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "http"));
    paths.sort();
    paths
}

fn read(path: &Path) -> Fixture {
    Fixture::parse(&std::fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn map_with(connector: &Connector, fixture: &Fixture, options: &Json) -> Result<Vec<Mapped>, MapProblem> {
    connector.map(&Input {
        source: &connector.name,
        options: options.as_object().unwrap(),
        headers: &fixture.headers,
        body: &fixture.body,
        today: TODAY,
    })
}

fn map(connector: &Connector, body: impl AsRef<[u8]>) -> Result<Vec<Mapped>, MapProblem> {
    let body = body.as_ref().to_vec();
    let fixture = Fixture { method: "POST".to_owned(), target: None, headers: Vec::new(), body };
    map_with(connector, &fixture, &json!({}))
}

/// The one event of a body.
fn event(connector: &Connector, body: &Json) -> Event {
    let mut mapped = map(connector, body.to_string()).unwrap();
    assert_eq!(mapped.len(), 1, "{mapped:?}");
    mapped.remove(0).result.unwrap()
}

/// The one problem of a body, wherever it arises.
fn problem(connector: &Connector, body: impl AsRef<[u8]>) -> MapProblem {
    match map(connector, body) {
        Err(problem) => problem,
        Ok(mapped) => {
            let mut problems: Vec<_> = mapped.into_iter().filter_map(|mapped| mapped.result.err()).collect();
            assert_eq!(problems.len(), 1, "{problems:?}");
            problems.remove(0)
        }
    }
}

/// The expected file's content for what a delivery came to.
fn told(result: Result<Vec<Mapped>, MapProblem>) -> Json {
    let mapped = match result {
        Ok(mapped) => mapped,
        Err(problem) => return json!({ "problem": problem }),
    };
    let mut told = Map::new();
    let events: Vec<_> = mapped.iter().filter_map(|mapped| mapped.result.as_ref().ok()).collect();
    told.insert("events".to_owned(), json!(events));
    if let Some(problem) = mapped.iter().find_map(|mapped| mapped.result.as_ref().err()) {
        told.insert("problem".to_owned(), json!(problem));
    }
    Json::Object(told)
}

const AUTH: &str = "[auth]\nkind = \"hmac\"\nhash = \"sha256\"\nsigned = \"{body}\"\nsig = \"header:x-sig\"\nencoding = \"hex\"\n";

/// A connector with these lines after its name and auth table.
fn acme(rest: &str) -> Connector {
    let mut catalog = Catalog::default();
    let text = format!("name = \"acme\"\n{AUTH}{rest}");
    catalog.add("acme.toml", &text).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    catalog.get("acme").unwrap().as_ref().clone()
}

const HIRED: &str = r#"
[[event]]
kind = "employee.hired"
items = "body.people"
when = "item.news == 'hired'"
employee_id = "item.id"
email = "item.mail"
title = "item.title"
"#;

/// The problems of a file, one a line.
fn refusal(file: &str, text: &str) -> String {
    lines(&Catalog::default().add(file, text).unwrap_err())
}

#[test]
fn every_fixture_maps_as_its_expected_file_says() {
    let mut wrong = Vec::new();
    for connector in catalog().iter() {
        for path in cases(&connector.name) {
            let told = told(map_with(connector, &read(&path), &json!({})));
            let text = format!("{told:#}\n");
            let expected = path.with_extension("expected.json");
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&expected, &text).unwrap();
            } else if std::fs::read_to_string(&expected).unwrap_or_default() != text {
                wrong.push(format!("{}:\n{text}", expected.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "not as expected; UPDATE=1 writes these:\n{}", wrong.join("\n"));
}

#[test]
fn every_connector_has_a_fixture_for_each_kind_it_declares_and_one_to_ignore() {
    let mut lacking = Vec::new();
    for connector in catalog().iter() {
        let mut declared: BTreeSet<EventKind> = connector.events.iter().map(|table| table.kind).collect();
        let mut ignored = !connector.has_events();
        let cases = cases(&connector.name);
        for path in &cases {
            let Ok(mapped) = map_with(connector, &read(path), &json!({})) else { continue };
            ignored |= mapped.is_empty();
            for event in mapped.into_iter().filter_map(|mapped| mapped.result.ok()) {
                declared.remove(&event.kind);
            }
        }
        if cases.is_empty() {
            lacking.push(format!("{} has no fixture at all", connector.name));
        }
        lacking.extend(declared.iter().map(|kind| format!("{} has no fixture for {kind}", connector.name)));
        if !ignored {
            lacking.push(format!("{} has no fixture that yields no event", connector.name));
        }
    }
    assert!(lacking.is_empty(), "{}", lines(&lacking));
}

#[test]
fn every_folder_of_fixtures_belongs_to_a_connector() {
    let catalog = catalog();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let strays = path.is_dir() && name != "demo" && catalog.get(name).is_none();
        assert!(!strays, "{} belongs to no connector", path.display());
    }
}

#[test]
fn every_fixture_is_signed_with_the_documented_secret() {
    use http::{HeaderMap, HeaderName, HeaderValue};
    for connector in catalog().iter() {
        for path in cases(&connector.name) {
            let fixture = read(&path);
            let mut headers = HeaderMap::new();
            for (name, value) in &fixture.headers {
                headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
            }
            let stamp = headers.iter().find(|(name, _)| name.as_str().ends_with("timestamp"));
            let now = stamp.map_or(0, |(_, value)| value.to_str().unwrap().parse().unwrap());
            let now = jiff::Timestamp::from_second(now).unwrap();
            let secret =
                if connector.name == "standard-webhooks" { "whsec_RXhhbXBsZS1TZWNyZXQtMQ==" } else { "Example-Secret-1" };
            let keys = [connector.scheme.key(secret).unwrap()];
            let body = bytes::Bytes::from(fixture.body);
            let verified = usher::auth::verify(&connector.scheme, &keys, &connector.dedupe, &headers, &body, now);
            assert!(verified.is_ok(), "{}: {:?}", path.display(), verified.err());
        }
    }
}

#[test]
fn docspace_knows_a_delivery_by_its_log_row_and_by_what_was_published() {
    let catalog = catalog();
    let connector = catalog.get("docspace").unwrap();
    let path = cases("docspace").into_iter().find(|path| path.ends_with("user-invited.http")).unwrap();
    let body = bytes::Bytes::from(read(&path).body);
    let keys = usher::auth::dedupe_keys(&connector.scheme, &connector.dedupe, &http::HeaderMap::new(), &body);
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, [
        "json:/webhook/id,json:/event/id,json:/event/createOn",
        "json:/event/trigger,json:/payload/id,json:/event/createOn,sha256:json:/payload",
    ]);
}

#[test]
fn docspace_answers_an_unsigned_head_and_nothing_else_unsigned() {
    use http::{HeaderMap, Method, StatusCode};
    let catalog = catalog();
    let docspace = catalog.get("docspace").unwrap();
    let ask = |connector: &Connector, method| connector.handshake(&method, &HeaderMap::new(), b"");
    assert_eq!(ask(docspace, Method::HEAD).map(|answer| answer.status), Some(StatusCode::OK));
    assert_eq!(ask(docspace, Method::POST), None);
    assert_eq!(ask(docspace, Method::GET), None);
    assert_eq!(ask(catalog.get("bamboohr").unwrap(), Method::HEAD), None);
    assert_eq!(docspace.methods(), [Method::POST, Method::HEAD]);
    assert_eq!(catalog.get("bamboohr").unwrap().methods(), [Method::POST]);
}

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
    let both = format!("{HIRED}\n[[event]]\nkind = \"employee.updated\"\nitems = \"body.people\"\nemployee_id = \"item.id\"\n");
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
    let both = format!("{HIRED}\n[[event]]\nkind = \"employee.terminated\"\nitems = \"body.leavers\"\nemployee_id = \"item.id\"\n");
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
    let input = Input {
        source: "acme-test",
        options: json!({ "team": "blue" }).as_object().unwrap(),
        headers: &headers,
        body: b"{}",
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
        "nobody", "root@localhost", "a@[127.0.0.1]", "Ada <ada@example.com>", "a b@example.com", "\"a b\"@example.com",
        "a@example.com\nBcc: x@example.com", "a@b@example.com", "@example.com", "a@.com", "a@exa_mple/x.com",
        "a\u{a0}b@example.com", &long,
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
    let connector = acme("[[event]]\nkind = \"employee.updated\"\nwhen = \"item.id + 1 > 2\"\nemployee_id = \"item.id\"\n");
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

#[test]
fn a_source_changes_the_scheme_in_part_or_as_a_whole() {
    let catalog = catalog();
    let generic = catalog.get("generic-hmac").unwrap();
    let sign = |auth: Option<Json>| {
        let (scheme, _) = generic.scheme_with(auth.as_ref()).unwrap();
        let mut headers = http::HeaderMap::new();
        let key = scheme.key("Example-Secret-1").unwrap();
        usher::auth::sign(&scheme, &key, &mut headers, &mut b"{}".to_vec(), jiff::Timestamp::UNIX_EPOCH).unwrap();
        headers
    };
    assert!(sign(None)["x-usher-signature"].to_str().unwrap().starts_with("sha256="));
    let merged = sign(Some(json!({ "sig": "header:x-other", "entry": "{sig}" })));
    assert!(merged.contains_key("x-other") && !merged["x-other"].to_str().unwrap().contains('='));
    let replaced = sign(Some(json!({ "kind": "token", "token": "header:x-token" })));
    assert!(replaced.contains_key("x-token") && !replaced.contains_key("x-usher-signature"));
    assert!(generic.scheme_with(Some(&json!({ "encoding": "rot13" }))).is_err());
    assert!(generic.scheme_with(Some(&json!({ "colour": "blue" }))).is_err());
}

#[test]
fn a_file_of_the_directory_replaces_an_embedded_connector_but_not_another_file() {
    let mut catalog = catalog();
    let text = format!("name = \"docspace\"\nanswer = 204\n{AUTH}");
    catalog.add("connectors.d/docspace.toml", &text).unwrap();
    let replaced = catalog.get("docspace").unwrap();
    assert_eq!((replaced.file.as_str(), replaced.answer.as_u16()), ("connectors.d/docspace.toml", 204));
    let again = catalog.add("more/docspace.toml", &text).unwrap_err();
    assert!(lines(&again).contains("connectors.d/docspace.toml already"), "{}", lines(&again));
}

#[test]
fn all_problems_of_a_file_are_told_at_once_each_at_its_place() {
    let text = r#"name = "acme"
answer = 404
colour = "blue"
dedupe = [["json:/id"], [], ["colour:blue"]]

[auth]
kind = "hmac"
hash = "sha256"
signed = "{body}"
sig = "header:x-sig"
encoding = "rot13"

[fields]
salary = "item.salary"

[[handshake]]
method = "POST"

[[event]]
kind = "employee.fired"
employee_id = "item.id"

[[event]]
kind = "employee.hired"
employee_id = "item.id"
title = "item.title | lowr"
manager = 7

[[event]]
kind = "user.activated"
user_id = "item.id"
"#;
    let told: Vec<_> = Catalog::default().add("acme.toml", text).unwrap_err();
    let places: Vec<_> = told.iter().map(|problem| (problem.at.unwrap(), problem.key.as_str())).collect();
    let expected = [
        ((2, 10), "answer"),
        ((3, 1), "colour"),
        ((4, 25), "dedupe[1]"),
        ((4, 30), "dedupe[2][0]"),
        ((6, 1), "auth"),
        ((14, 10), "fields.salary"),
        ((17, 10), "handshake[0].method"),
        ((20, 8), "event[0].kind"),
        ((23, 1), "event[1].email"),
        ((26, 23), "event[1].title"),
        ((27, 11), "event[1].manager"),
        ((30, 8), "event[2].kind"),
    ];
    assert_eq!(places, expected, "{}", lines(&told));
    assert!(told.iter().all(|problem| problem.file == "acme.toml" && !problem.message.is_empty()));
}

#[test]
fn a_name_is_plain_and_the_same_as_the_files() {
    let named = |name: &str| refusal("acme.toml", &format!("name = \"{name}\"\n{AUTH}"));
    for hostile in ["../acme", "Acme", "a b", "", "acme.toml", "\u{e4}cme"] {
        assert!(named(hostile).contains("acme.toml:1:8: name: must be made of"), "{hostile}");
    }
    assert!(named("other").contains("must be the same as the file's name"));
    assert!(refusal("acme.toml", AUTH).contains("name: is missing"));
}

#[test]
fn a_file_that_is_not_toml_or_lacks_auth_is_refused() {
    assert!(refusal("acme.toml", "name = \n").starts_with("acme.toml:1:8: not valid TOML"));
    assert!(refusal("acme.toml", "name = \"acme\"\n").contains("auth: is missing"));
}

#[test]
fn what_the_items_expression_cannot_see_is_refused() {
    let text = format!("name = \"acme\"\n{AUTH}[[event]]\nkind = \"employee.updated\"\nitems = \"item.people\"\nemployee_id = \"event.id\"\n");
    let told = refusal("acme.toml", &text);
    assert!(told.contains("event[0].items") && told.contains("event[0].employee_id"), "{told}");
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        for connector in catalog().iter() {
            let _ = map(connector, &body);
        }
    }

    #[test]
    fn arbitrary_json_in_the_places_read_never_panics(value in json_value()) {
        let bodies = [
            json!({ "employees": value, "event": value, "payload": value, "type": "employee.hired", "data": value }),
            json!({ "employees": [{ "id": value, "changedFields": ["Status"], "fields": { "Status": { "value": "Active" }, "Work Email": value } }] }),
            json!({ "action": "hire_candidate", "payload": { "application": { "candidate": { "id": 1, "email_addresses": value }, "jobs": value, "offer": value } } }),
            json!({ "event": { "trigger": "user.created", "createOn": value }, "payload": { "id": value, "status": value } }),
        ];
        for connector in catalog().iter() {
            for body in &bodies {
                let _ = map(connector, body.to_string());
            }
        }
    }
}

fn json_value() -> impl proptest::strategy::Strategy<Value = Json> {
    use proptest::prelude::{Strategy, any, prop_oneof};
    let leaf = prop_oneof![
        proptest::strategy::Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 30, 4, |inner| {
        let key = prop_oneof!["value|type|id|name|fields|employment_type|departments".prop_map(|key: String| key), ".{0,5}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::hash_map(key, inner, 0..4).prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}
