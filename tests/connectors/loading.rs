//! What a catalogue takes, and how it tells what is wrong with a file.

use std::time::Duration;

use usher::connector::Proof;

use super::*;

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
kind = "user.left"
user_id = "item.id"
"#;
    let told: Vec<_> = Catalog::default().add("acme.toml", text).unwrap_err();
    let places: Vec<_> = told.iter().map(|problem| (problem.at.unwrap(), problem.key.as_str())).collect();
    let expected = [
        ((2, 10), "answer"),
        ((3, 1), "colour"),
        ((4, 25), "dedupe[1]"),
        ((4, 30), "dedupe[2][0]"),
        ((11, 12), "auth.encoding"),
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
    for hostile in ["../acme", "Acme", "a b", "", "acme.toml", "\u{e4}cme", "acme!"] {
        assert!(named(hostile).contains("acme.toml:1:8: name: must be made of"), "{hostile}");
    }
    assert!(named("other").contains("must be the same as the file's name"));
    assert!(refusal("acme.toml", AUTH).contains("name: is missing"));
}

#[test]
fn a_connector_whose_file_is_broken_is_neither_there_nor_unknown() {
    let mut catalog = catalog();
    assert!(catalog.is_unknown("acme") && !catalog.is_unknown("docspace"));
    catalog.add("connectors.d/docspace.toml", "name = \"docspace\"\n").unwrap_err();
    catalog.lose("connectors.d/acme.toml");
    for name in ["docspace", "acme"] {
        assert!(catalog.get(name).is_none() && !catalog.is_unknown(name), "{name}");
    }
    assert!(catalog.is_unknown("other"));
    catalog.lose_directory();
    assert!(!catalog.is_unknown("other"));
}

#[test]
fn a_file_that_is_not_toml_or_lacks_auth_is_refused() {
    assert!(refusal("acme.toml", "name = \n").starts_with("acme.toml:1:8: not valid TOML"));
    assert!(refusal("acme.toml", "name = \"acme\"\n").contains("auth: is missing"));
}

#[test]
fn what_the_items_expression_cannot_see_is_refused() {
    let text = format!(
        "name = \"acme\"\n{AUTH}[[event]]\nkind = \"employee.updated\"\nitems = \"item.people\"\nemployee_id = \"event.id\"\n"
    );
    let told = refusal("acme.toml", &text);
    assert!(told.contains("event[0].items") && told.contains("event[0].employee_id"), "{told}");
}

#[test]
fn a_field_whose_expression_is_wrong_is_not_said_to_be_missing_as_well() {
    let lines = "[fields]\nemployee_id = \"item.id | uppercase\"\nemail = \"item.mail\"\n[[event]]\nkind = \"employee.hired\"\n";
    let problems = refusal("acme.toml", &format!("name = \"acme\"\n{AUTH}{lines}"));
    assert!(problems.contains("unknown filter uppercase") && !problems.contains("is missing"), "{problems}");
    let problems = refusal("acme.toml", &format!("name = \"acme\"\n{AUTH}{}", lines.replace("email", "title")));
    assert!(problems.contains("event[0].email: is missing; employee.hired cannot do without"), "{problems}");
}

#[test]
fn what_is_known_of_a_platform_is_read_and_wrong_words_are_refused() {
    let connector = acme(concat!(
        "[evidence]\nscheme = \"vendor\"\npayload = \"assumed\"\nnote = \"paths were guessed\"\n",
        "[sender]\ndeadline = \"3s\"\nstatuses = \"2xx\"\nretries = \"six\"\n",
    ));
    assert_eq!((connector.title.as_str(), connector.evidence.assumed()), ("acme", vec!["payload"]));
    assert_eq!(connector.evidence.weakest(), Some(Proof::Assumed));
    assert_eq!((connector.sender.deadline, connector.sender.statuses.as_str()), (Some(Duration::from_secs(3)), "2xx"));
    for (lines, reason) in [
        ("[evidence]\nscheme = \"sure\"", "must be vendor, third-party or assumed"),
        ("[sender]\ndeadline = \"soon\"", "must be a time"),
        ("[evidence]\nbody = \"vendor\"", "is not a key here"),
    ] {
        let problems = refusal("acme.toml", &format!("name = \"acme\"\n{AUTH}{lines}\n"));
        assert!(problems.contains(reason), "{lines}: {problems}");
    }
}

#[test]
fn a_file_without_auth_that_tells_limits_is_about_a_platform_that_cannot_post_here() {
    let mut catalog = Catalog::default();
    catalog.add("queue.toml", "name = \"queue\"\ntitle = \"Queue HR\"\nlimits = \"It keeps a queue.\"\n").unwrap();
    assert!(catalog.get("queue").is_none());
    assert_eq!(catalog.platform("queue").unwrap().limits, "It keeps a queue.");
    let problems = refusal("queue.toml", "name = \"queue\"\nlimits = \"x\"\n[[event]]\nkind = \"employee.hired\"\n");
    assert!(problems.contains("describes a platform that cannot post here"), "{problems}");
}

#[test]
fn every_connector_of_the_program_is_sound() {
    let problems = Catalog::problems_of_embedded();
    assert!(problems.is_empty(), "{}", lines(&problems));
    assert!(catalog().iter().count() > 40);
}
