//! What becomes of values of each kind.

use serde_json::{Map, Value as Json, json};

use crate::{acme, made, of};

pub(crate) const HIRED: &str = r#"
decode = ["json", "form", "ndjson"]
[[event]]
kind = "employee.hired"
items = "body.people"
when = "item.news == 'Hired' and item.level >= 30 and headers['x-tenant-kind'] == 'trial'"
employee_id = "item.id"
email = "item.mail"
starts_on = "item['First Day']"
"#;

fn text(value: &Json) -> &str {
    value.as_str().unwrap()
}

fn person() -> Json {
    json!({
        "type": "person.created", "people": [{
            "news": "hired", "level": 30, "id": 4711, "uuid": "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01",
            "name": "Ada King-Lovelace", "mail": "Ada.King@corp.acme.test", "private": "ADA@home.test",
            "phone": "+44 (0)20 7946-0018", "date_of_birth": "1990-12-10", "First Day": "2026-10-01",
            "note": "Ada (4711) writes from ada.king@corp.acme.test since 1999", "salary": 51234.5,
            "is_manager": true, "nothing": null, "photo": "https://hr.acme.test/photos/4711/ada.png",
            "department": "Engines", "city": "Straße 12", "language": "en"
        }]
    })
}

pub(crate) fn all_texts(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::Object(members) => members.values().for_each(|member| all_texts(member, found)),
        Json::Array(items) => items.iter().for_each(|item| all_texts(item, found)),
        Json::String(text) => found.push(text.clone()),
        _ => {}
    }
}

/// What must not be left of the person, in small letters.
const GONE: [&str; 12] =
    ["ada", "king", "lovelace", "acme", "4711", "7946", "0018", "engines", "51234", "6b1f7c1e", "straße", "home"];

#[test]
fn people_are_gone_and_the_shapes_are_as_they_were() {
    for seed in 0..12 {
        let made = of(&acme(HIRED), &person(), seed);
        let written = made.to_string().to_lowercase();
        // Made-up letters may happen to contain a short word.
        let words: Vec<_> = written.split(|c: char| !c.is_alphanumeric()).collect();
        for word in GONE {
            assert!(!words.contains(&word), "{word}: {made:#}");
        }
        let one = &made["people"][0];
        let keys = |told: &Json| told["people"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&made), keys(&person()));
        for (key, same) in [
            ("news", json!("hired")),
            ("level", json!(30)),
            ("First Day", json!("2026-10-01")),
            ("is_manager", json!(true)),
            ("nothing", Json::Null),
            ("language", json!("en")),
        ] {
            assert_eq!(one[key], same, "{key}");
        }
        assert_eq!(made["type"], "person.created");
        let id = one["id"].as_i64().unwrap();
        assert!((1000..10000).contains(&id), "{id}");
        assert!(uuid::Uuid::parse_str(text(&one["uuid"])).is_ok());
        assert_eq!(text(&one["name"]).len(), "Ada King-Lovelace".len());
        assert!(
            text(&one["name"]).starts_with(char::is_uppercase)
                && text(&one["name"])[8..].starts_with(char::is_uppercase)
                || text(&one["name"]).contains('-')
        );
        let domains = ["@example.com", "@example.org", "@example.net"];
        for key in ["mail", "private"] {
            assert!(domains.iter().any(|domain| text(&one[key]).ends_with(domain)), "{}", one[key]);
        }
        assert_ne!(text(&one["mail"]).rsplit('@').next(), text(&one["private"]).rsplit('@').next());
        let born: jiff::civil::Date = text(&one["date_of_birth"]).parse().unwrap();
        assert!((1989..=1991).contains(&born.year()) && born != jiff::civil::date(1990, 12, 10), "{born}");
        let phone: String = text(&one["phone"]).chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(phone, "+00 (0)00 0000-0000");
        assert!(text(&one["photo"]).starts_with("https://example."), "{}", one["photo"]);
        assert!(one["salary"].is_f64());
    }
}

#[test]
fn the_same_text_is_replaced_by_the_same_everywhere() {
    let made = of(&acme(HIRED), &person(), 3);
    let one = &made["people"][0];
    let (name, note, mail) = (text(&one["name"]), text(&one["note"]), text(&one["mail"]));
    let first = name.split(' ').next().unwrap();
    let id = one["id"].to_string();
    assert!(note.starts_with(&format!("{first} ({id}) ")), "{note} {name} {id}");
    assert!(note.contains(&mail.to_lowercase()), "{note} {mail}");
    assert!(mail.starts_with(&format!("{first}.")), "{mail} {name}");
    assert!(text(&one["photo"]).contains(&format!("/{id}/{}", first.to_lowercase())), "{}", one["photo"]);
    assert_eq!(text(&one["private"]).split('@').next().unwrap(), first.to_uppercase());
}

#[test]
fn two_that_differ_stay_two() {
    let people: Vec<_> =
        (100..400).map(|number| json!({"id": number, "name": format!("{}mail", letters(number))})).collect();
    let made = of(&acme(HIRED), &json!({"people": people}), 11);
    let made: std::collections::BTreeSet<_> =
        made["people"].as_array().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(made.len(), 300);
}

fn letters(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
}

#[test]
fn words_of_the_platform_stay_unless_they_are_a_persons() {
    let connector = acme(HIRED);
    let made = of(
        &connector,
        &json!({
            "event": "employee.hired", "eventType": "hire", "status": "On Leave", "maritalStatus": "Divorced",
            "action": "Ada was hired", "type": "ada", "object": "employee", "name": "Ada", "state": 12,
            "code": 400, "employee_code": "A-400", "page": 3, "id": 3
        }),
        5,
    );
    for (key, same) in [
        ("event", json!("employee.hired")),
        ("eventType", json!("hire")),
        ("status", json!("On Leave")),
        ("object", json!("employee")),
        ("state", json!(12)),
        ("code", json!(400)),
        ("page", json!(3)),
    ] {
        assert_eq!(made[key], same, "{key}");
    }
    for (key, gone) in
        [("maritalStatus", "Divorced"), ("action", "Ada was hired"), ("type", "ada"), ("employee_code", "A-400")]
    {
        assert_ne!(made[key], gone, "{key}");
    }
    assert_ne!(made["id"], 3);
}

#[test]
fn keys_that_are_people_are_replaced_and_others_stay() {
    let body = json!({
        "name": "Grace Hopper", "byMail": {"grace@corp.test": 1}, "byNumber": {"90210": {"name": "x"}},
        "byName": {"Hopper": {"first_name": "Grace"}}, "field_12": 1
    });
    let made = of(&acme(HIRED), &body, 1);
    let keys = |at: &str| made[at].as_object().unwrap().keys().next().unwrap().clone();
    assert!(keys("byMail").contains("@example.") && !keys("byMail").contains("grace"), "{made:#}");
    assert!(keys("byNumber") != "90210" && keys("byName") != "Hopper", "{made:#}");
    assert_eq!(text(&made["name"]).split(' ').nth(1).unwrap(), keys("byName"), "the same as where it is a value");
    assert!(made["byName"][keys("byName")].get("first_name").is_some() && made.get("field_12").is_some(), "{made:#}");
}

#[test]
fn dates_of_lives_are_moved_and_those_of_work_stay() {
    let body = json!({
        "birthday": "1990-05-04", "fields": {"Birth Date": {"value": "05/04/1990"}, "Hire Date": {"value": "10/01/2026"}},
        "created_at": "2026-08-31T10:11:12.123Z", "updatedAt": 1_788_249_600, "visa_ends_on": "2027-01-02",
        "hire_date": "1 September 2026", "born": "4 May 1990", "start": "01-Oct-2026", "graduated": "2011-06-30", "timestamp": "1788249600"
    });
    let made = of(&acme(HIRED), &body, 9);
    for key in ["created_at", "updatedAt", "hire_date", "start", "timestamp"] {
        assert_eq!(made[key], body[key], "{key}");
    }
    assert_eq!(made["fields"]["Hire Date"], body["fields"]["Hire Date"]);
    for key in ["birthday", "visa_ends_on", "born", "graduated"] {
        assert_ne!(made[key], body[key], "{key}");
    }
    for key in ["birthday", "visa_ends_on", "graduated"] {
        assert!(text(&made[key]).parse::<jiff::civil::Date>().is_ok(), "{key}: {}", made[key]);
    }
    let date = text(&made["fields"]["Birth Date"]["value"]);
    let parts: Vec<u32> = date.split('/').map(|part| part.parse().unwrap()).collect();
    assert!(date != "05/04/1990" && (1..=12).contains(&parts[0]) && (1..=12).contains(&parts[1]), "{date}");
}

#[test]
fn only_headers_that_the_connector_reads_are_kept() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = [
        header("content-type", "application/json; boundary=ada-4711; charset=utf-8"),
        header("x-forwarded-for", "203.0.113.9"),
        header("x-tenant-kind", "trial"),
        header("user-agent", "Acme of Ada"),
        header("x-sig", "00ff"),
    ];
    let made = made(&acme(HIRED), &headers, b"{\"name\":\"Ada\"}", 1);
    let names: Vec<_> = made.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "x-tenant-kind", "x-sig"]);
    assert_eq!(made.headers[0].1, "application/json; charset=utf-8");
    assert_eq!(made.headers[1].1, "trial");
}

#[test]
fn forms_and_lines_are_written_as_they_came() {
    let connector = acme(HIRED);
    let kind = |kind: &str| vec![("content-type".to_owned(), kind.to_owned())];
    let form = made(
        &connector,
        &kind("application/x-www-form-urlencoded"),
        b"event=employee.hired&people[0][name]=Ada+King&people[0][id]=4711&people[0][news]=Hired&empty=",
        2,
    );
    let form = String::from_utf8(form.body).unwrap();
    let fields: Vec<_> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["event", "people[0][name]", "people[0][id]", "people[0][news]", "empty"]);
    assert_eq!((fields[0].1.as_str(), fields[3].1.as_str(), fields[4].1.as_str()), ("employee.hired", "Hired", ""));
    assert!(!form.to_lowercase().contains("ada") && !form.contains("4711"), "{form}");
    let lines = made(
        &connector,
        &kind("application/x-ndjson"),
        b"{\"name\":\"Ada\"}\n\n{\"name\": Ada}\n{\"nick\":\"Ada\"}",
        2,
    );
    let lines = String::from_utf8(lines.body).unwrap();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 3);
    let read = |line: &str| serde_json::from_str::<Json>(line);
    assert_eq!(read(lines[0]).unwrap()["name"], read(lines[2]).unwrap()["nick"]);
    assert!(read(lines[1]).is_err() && !lines.concat().contains("Ada"), "{lines:?}");
}

#[test]
fn what_is_no_json_is_replaced_as_text_and_bytes_are_refused() {
    let made = made(&acme(HIRED), &[], b"<person>Ada</person>", 1);
    let written = String::from_utf8(made.body).unwrap();
    assert!(written.len() == 20 && !written.contains("Ada"), "{written}");
    let refused = usher::anonymise::anonymise(
        &acme(HIRED),
        &Map::new(),
        usher::anonymise::Captured { headers: &[], body: b"\xff\xfe" },
        1,
    );
    assert!(refused.unwrap_err().contains("no text"));
}

#[test]
fn what_is_left_is_told_by_its_place() {
    let body = json!({"department": "engines", "type": "engines", "engines": 1, "name": "Ada"});
    let made = made(&acme(HIRED), &[], body.to_string().as_bytes(), 1);
    assert_eq!(made.left, ["department"]);
}
