//! `usher connectors new`: a connector to begin with, from a captured request, from another one, or from nothing.

use crate::stage::{Place, Ran};

/// A request of a platform that nobody has described, as it was captured.
pub(crate) const CAPTURED: &str = "POST /hooks/anything HTTP/1.1\nContent-Type: application/json\n\
    Authorization: Bearer of-nobodys-business\nCookie: session=secret\n\
    X-Tanagra-Signature: t=1788249600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd\n\n\
    {\"event\":\"worker.joined\",\"data\":{\"workers\":[{\"id\":77,\"work_email\":\"mia@corp.test\",\"given_name\":\"Mia\"}]}}";

fn new(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["connectors", "new"], more].concat())
}

fn test(place: &Place) -> Ran {
    place.run(&["connectors", "test"])
}

/// The files below a directory.
fn files(place: &Place, directory: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place.path(directory)).into_iter().flatten() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{directory}/{name}");
        match place.path(&path).is_dir() {
            true => names.extend(files(place, &path)),
            false => names.push(path),
        }
    }
    names.sort();
    names
}

/// All that is there, with its bytes.
fn contents(place: &Place) -> Vec<(String, String)> {
    files(place, "connectors.d").into_iter().map(|name| (name.clone(), place.read(&name))).collect()
}

#[test]
fn a_connector_from_nothing_passes_its_test_and_says_what_comes_next() {
    let place = Place::empty();
    let made = new(&place, &["acme"]).good();
    let wanted = [
        "connectors.d/acme.toml",
        "connectors.d/acme/hired.http",
        "connectors.d/acme/hired.expected.json",
        "connectors.d/acme/ignored.http",
        "connectors.d/acme/ignored.expected.json",
    ];
    assert_eq!(made.out, wanted.map(|file| format!("wrote {file}\n")).concat());
    for told in [
        "usher connectors test connectors.d",
        "directory = \"connectors.d\"",
        "[sources.acme]",
        "usher explain connectors.d/acme/hired.http --source acme",
    ] {
        assert!(made.notes().contains(told), "{told}: {made:#?}");
    }
    let tested = test(&place).good();
    assert_eq!(tested.out, "ok      acme, 2 fixtures\n1 connector, 2 fixtures: 2 passed, 0 failed\n");
    // What it says of the configuration holds: with these lines the fixture is explained.
    place.write(
        "usher.toml",
        "[connectors]\ndirectory = \"connectors.d\"\n[sources.acme]\nconnector = \"acme\"\nsecrets = [{ file = \"secrets/acme\" }]\n",
    );
    place.write("secrets/acme", "Example-Secret-1");
    let explained = place.run(&["explain", "connectors.d/acme/hired.http", "--source", "acme", "--json"]).good().json();
    assert_eq!((&explained["verified"], &explained["events"][0]["kind"]), (&true.into(), &"employee.hired".into()));
    // And once it is written there, nobody is told to write it.
    let other = new(&place, &["other"]).good();
    assert!(!other.notes().contains("[connectors]") && other.notes().contains("[sources.other]"), "{other:#?}");
}

#[test]
fn a_connector_from_a_captured_request_finds_people_and_signature_and_keeps_no_secret() {
    let place = Place::empty();
    place.write("captured.http", CAPTURED);
    let made = new(&place, &["tanagra", "--from", "captured.http", "--directory", "mine"]).good();
    assert!(made.notes().contains("signature in x-tanagra-signature"), "{made:#?}");
    let text = place.read("mine/tanagra.toml");
    for line in [
        "signed = \"{timestamp}.{body}\"",
        "sig = \"header:x-tanagra-signature\"",
        "entry = \"v1={sig}\"",
        "timestamp = { src = \"entry:t\", unit = \"s\", tolerance = 300 }",
        "items = \"body.data.workers\"",
        "when = \"body.event == 'worker.joined'\"",
        "employee_id = \"item.id\"",
        "email = \"item.work_email\"",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}: {text}");
    }
    for name in files(&place, "mine") {
        let text = place.read(&name);
        for secret in ["nobodys-business", "session=secret", "5257a869"] {
            assert!(!text.contains(secret), "{name} has {secret}");
        }
    }
    let body = CAPTURED.split_once("\n\n").unwrap().1;
    assert!(place.read("mine/tanagra/hired.http").ends_with(&format!("\n\n{body}")), "the body stays as it is");
    let tested = place.run(&["connectors", "test", "mine"]).good();
    assert!(tested.out.contains("2 passed, 0 failed"), "{tested:#?}");
}

#[test]
fn what_a_captured_request_does_not_say_is_said_to_be_missing() {
    let place = Place::empty();
    place.write("thin.json", r#"{"id": 9}"#);
    let made = new(&place, &["thin", "--from", "thin.json"]).good();
    for told in [
        "nothing in the request looks like a signature or a token",
        "nothing in the request looks like email",
        "hired.http is not mapped yet: employee.hired needs email, from `item.email`, which yields nothing",
    ] {
        assert!(made.notes().contains(told), "{told}: {made:#?}");
    }
    let tested = test(&place);
    assert_eq!(tested.code, Some(1), "{tested:#?}");
    assert!(tested.out.contains("connectors.d/thin.toml: has no fixture that yields employee.hired"), "{tested:#?}");
}

#[test]
fn a_connector_like_another_has_its_text_and_its_fixtures() {
    let place = Place::empty();
    let made = new(&place, &["payroll", "--like", "bamboohr"]).good();
    assert!(made.out.starts_with("wrote connectors.d/payroll.toml\nwrote connectors.d/payroll/"), "{made:#?}");
    assert!(!made.notes().contains("there is no fixture yet"), "{made:#?}");
    for file in files(&place, "connectors.d/payroll") {
        let original = file.replace("connectors.d/payroll", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/bamboohr"));
        assert_eq!(std::fs::read(place.path(&file)).unwrap(), std::fs::read(&original).unwrap(), "{file}");
    }
    let shown = place.run(&["connectors", "show", "bamboohr", "--json"]).good().json();
    let text = place.read("connectors.d/payroll.toml");
    assert!(text.contains("name = \"payroll\"\n") && !text.contains("name = \"bamboohr\""), "{text}");
    test(&place).good();
    place.write("usher.toml", "[connectors]\ndirectory = \"connectors.d\"\n");
    let same = place.run(&["connectors", "show", "payroll", "--json"]).good().json();
    for key in ["auth", "events", "fields", "options", "decode"] {
        assert_eq!(same[0][key], shown[0][key], "{key}");
    }
}

#[test]
fn a_connector_like_one_of_ones_own_takes_its_fixtures_along() {
    for configuration in ["", "[connectors]\ndirectory = \"connectors.d\"\n"] {
        let place = Place::empty();
        place.write("usher.toml", configuration);
        new(&place, &["acme"]).good();
        let made = new(&place, &["acme-two", "--like", "acme"]).good();
        assert!(made.out.contains("wrote connectors.d/acme-two/hired.http\n"), "{made:#?}");
        let tested = test(&place).good();
        assert!(tested.out.contains("2 connectors, 4 fixtures: 4 passed, 0 failed"), "{tested:#?}");
    }
}

#[test]
fn a_captured_request_joins_the_text_of_another_connector() {
    let place = Place::empty();
    place.write("captured.http", CAPTURED);
    let made = new(&place, &["payroll", "--like", "bamboohr", "--from", "captured.http"]).good();
    assert_eq!(files(&place, "connectors.d/payroll").len(), 2, "{made:#?}");
    assert!(made.notes().contains("captured.http is not mapped yet: the payload lacks `body.employees`"), "{made:#?}");
    let tested = test(&place);
    assert_eq!(tested.code, Some(1));
    assert!(!tested.out.contains("captured.http"), "it verifies and is what it is: {tested:#?}");
}

#[test]
fn nothing_is_ever_overwritten() {
    let place = Place::empty();
    place.write("captured.http", CAPTURED);
    place.write("connectors.d/filed.toml", "# mine");
    place.write("connectors.d/foldered/note.txt", "mine");
    new(&place, &["acme"]).good();
    let before = contents(&place);
    for args in [&["acme"][..], &["acme", "--like", "bamboohr"], &["filed"], &["foldered", "--from", "captured.http"]] {
        let refused = new(&place, args);
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{refused:#?}");
        assert!(refused.err.contains("exists already; nothing was changed"), "{refused:#?}");
    }
    assert_eq!(contents(&place), before);
}

#[test]
fn what_cannot_be_begun_is_refused_with_what_to_do_and_leaves_nothing() {
    let place = Place::empty();
    place.write("text.txt", "not json");
    place.write("empty.http", "");
    let long = "a".repeat(61);
    for (args, told) in [
        (&["Acme"][..], "'Acme' is no name for a connector: it has 1 to 60 lower-case letters"),
        (&["../acme"], "is no name for a connector"),
        (&["a b"], "is no name for a connector"),
        (&[""], "is no name for a connector"),
        (&["_acme"], "it begins with a letter or a digit"),
        (&[&long], "is no name for a connector"),
        (&["bamboohr"], "begin with its text by --like bamboohr"),
        (&["adp"], "the program has a connector 'adp'"),
        (&["acme", "--like", "nobody"], "there is no connector 'nobody'"),
        (&["acme", "--like", "adp"], "adp cannot post webhooks"),
        (&["acme", "--from", "missing.http"], "missing.http: cannot be read"),
        (&["acme", "--from", "text.txt"], "text.txt: the body is not JSON"),
        (&["acme", "--from", "empty.http"], "empty.http: "),
        (&[], "<NAME>"),
    ] {
        let refused = new(&place, args);
        assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{args:?}: {refused:#?}");
        assert!(refused.err.contains(told), "{args:?}: {refused:#?}");
    }
    assert!(!place.path("connectors.d").exists());
}
