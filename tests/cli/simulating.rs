//! `usher simulate`: what would become of a staff list, of fixtures and of stored deliveries, and nothing done.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::actors::Sandbox;
use crate::stage::{Place, until};

/// People with the numbers `from..to`, as a list of the staff has them.
fn staff(from: u32, to: u32) -> String {
    let mut text = "employee_id,email,first_name,last_name,department\n".to_owned();
    for number in from..to {
        writeln!(text, "{number},p{number}@corp.example,Ada,Lovelace,Sales").unwrap();
    }
    text
}

fn calls(portal: &Sandbox) -> Vec<String> {
    let state = portal.state();
    let line = |call: &Json| format!("{} {}", call["method"].as_str().unwrap(), call["path"].as_str().unwrap());
    state["calls"].as_array().unwrap().iter().map(line).collect()
}

/// Every file of the place but logs of programs, and the log and index of the store, which SQLite keeps as it likes.
fn files(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let all = std::fs::read_dir(place.path("")).unwrap().map(|entry| entry.unwrap().path());
    let files = all.filter(|path| path.is_file());
    let named = files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path));
    let kept = named.filter(|(name, _)| ["-wal", "-shm", ".log"].iter().all(|end| !name.ends_with(end)));
    kept.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// A store in which one person was onboarded, and no server any more.
fn lived_in(place: &Place) {
    let mut server = place.serve();
    assert_eq!(place.hire("900", "p900@corp.example"), Some(200));
    place.settled();
    server.signal("TERM");
    assert!(server.ended(Duration::from_secs(15)).0.success());
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn a_list_of_the_staff_is_judged_without_a_trace() {
    let place = Place::usual();
    place.edit(
        "[[rules]]\non = \"employee.hired\"",
        "[guard]\nnew_people_per_day = 51\n[[rules]]\non = \"employee.hired\"",
    );
    let portal = place.sandbox(&[]);
    portal.make_accounts(0, 40);
    lived_in(&place);
    place.write("staff.csv", &staff(0, 300));
    let (before, asked) = (files(&place), calls(&portal).len());
    let ran = place.run(&["simulate", "staff.csv", "--source", "own"]).good();
    // One was let in today already.
    assert_eq!(last_line(&ran.out), "create 50, hold 210, skip 40", "{ran:#?}");
    assert_eq!(ran.out.lines().count(), 302, "a head, everybody, the sum");
    assert!(ran.out.contains("new_people_per_day") && ran.out.contains("has an account already"), "{}", ran.out);
    let json = place.run(&["simulate", "staff.csv", "--source", "own", "--json"]).good();
    let told = json.json();
    assert_eq!((&told["summary"]["create"], &told["summary"]["dead"]), (&json!(50), &json!(0)));
    assert_eq!(told["rows"].as_array().unwrap().len(), 300);
    let (first, held) = (&told["rows"][0], &told["rows"][299]);
    assert_eq!(
        (&first["verdict"], &first["email"], &first["name"]),
        (&json!("skip"), &json!("p0@corp.example"), &json!("Ada Lovelace"))
    );
    assert_eq!(
        (&held["verdict"], &held["action"], &held["details"]),
        (&json!("hold"), &json!("onboard"), &json!({"type": "User"}))
    );
    assert_eq!(place.run(&["simulate", "staff.csv", "--source", "own", "--json"]).good().out, json.out, "it is stable");
    assert_eq!(files(&place), before);
    let calls = calls(&portal).split_off(asked);
    assert!(calls.iter().all(|call| call.starts_with("GET ")), "{calls:?}");
    assert!(calls.len() <= 9, "three looks at all accounts, and not at each: {calls:?}");
}

#[test]
fn only_what_is_different_from_before_is_told() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    place.write("staff.csv", &staff(0, 4));
    let simulate = |more: &[&str]| place.run(&[&["simulate", "staff.csv", "--source", "own"], more].concat()).good();
    place.write("before.json", &simulate(&["--json"]).out);
    assert_eq!(simulate(&["--diff", "before.json"]).out, "0 new, 0 gone, 0 changed, 4 the same\n");
    portal.make_accounts(1, 2);
    place.write("staff.csv", &staff(1, 5));
    let ran = simulate(&["--diff", "before.json"]);
    assert_eq!(last_line(&ran.out), "1 new, 1 gone, 1 changed, 2 the same", "{ran:#?}");
    assert_eq!(ran.out.lines().count(), 5, "{}", ran.out);
    let told = simulate(&["--diff", "before.json", "--json"]).json();
    assert_eq!(told["summary"], json!({"new": 1, "gone": 1, "changed": 1, "same": 2}));
    let changed = &told["changes"][0];
    assert_eq!((&changed["change"], &changed["now"]["email"]), (&json!("changed"), &json!("p1@corp.example")));
    assert_eq!((&changed["before"]["verdict"], &changed["now"]["verdict"]), (&json!("create"), &json!("skip")));
    assert!(!place.path("usher.db").exists(), "a store is not made by asking");
    for (name, text) in [("none.json", ""), ("other.json", r#"{"rows": [{"id": 1}]}"#)] {
        place.write(name, text);
        let ran = place.run(&["simulate", "staff.csv", "--source", "own", "--diff", name]);
        assert_eq!(ran.code, Some(2), "{ran:#?}");
        assert!(ran.notes().contains("is no simulation"), "{ran:#?}");
    }
}

#[test]
fn stored_deliveries_are_told_as_they_would_be_today() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    portal.fault(&json!({"method": "POST", "path": "/people", "status": 403, "times": 1}));
    let _server = place.serve();
    assert_eq!(place.hire("1", "held@corp.example"), Some(200));
    until("the first is held", || place.jobs(&["--state", "held"]).pop());
    assert_eq!(place.hire("2", "made@corp.example"), Some(200));
    assert_eq!(place.post("own", r#"{"type": "employee.hired", "data": {"employee_id": "3"}}"#), Some(200));
    place.settled();
    let asked = calls(&portal).len();
    let ran = place.run(&["simulate", "--since", "1h", "--json"]).good();
    let told = ran.json();
    let rows = told["rows"].as_array().unwrap();
    let of_own: Vec<_> = rows.iter().filter(|row| row["source"] == "own").collect();
    let verdicts: Vec<_> = of_own.iter().map(|row| row["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["create", "skip", "dead"], "{told:#}");
    assert!(of_own[2]["place"].as_str().unwrap().starts_with("delivery "), "{told:#}");
    assert!(of_own[2]["why"].as_str().unwrap().contains("needs email"), "{told:#}");
    assert_eq!(rows.len(), 3, "what the portal told of its accounts is of no consequence: {told:#}");
    let calls = calls(&portal).split_off(asked);
    assert!(calls.iter().all(|call| call.starts_with("GET ")), "{calls:?}");
    let none = place.run(&["simulate", "--since", "2100-01-01T00:00:00Z"]).good();
    assert_eq!(none.out, "nothing would happen: there is no event\n");
    let other = place.run(&["simulate", "--since", "1h", "--source", "bamboohr"]).good();
    assert_eq!(other.out, "nothing would happen: there is no event\n");
    assert_eq!(place.jobs(&["--kind", "onboard"]).len(), 2, "nothing was queued");
}

#[test]
fn fixtures_in_their_order_are_told_with_a_word_on_a_bad_signature() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    let hire = json!({"type": "employee.hired", "data": {"employee_id": "1", "email": "ada@corp.example", "first_name": "Ada"}});
    place.write("bare.json", &hire.to_string());
    let head = "POST /hooks/own HTTP/1.1\nx-usher-signature: sha256=00112233\n\n";
    place.write("exact.http", &format!("{head}{hire}"));
    let ran = place.run(&["simulate", "bare.json", "exact.http", "--source", "own"]).good();
    assert_eq!(last_line(&ran.out), "create 1, skip 1", "{ran:#?}");
    assert!(ran.notes().contains("exact.http") && ran.notes().contains("401"), "{}", ran.err);
    assert!(!ran.notes().contains("bare.json"), "{}", ran.err);
    // Without the secrets there is nothing to be said of signatures, and all the rest is the same.
    std::fs::remove_file(place.path("secrets/hr")).unwrap();
    let without = place.run(&["simulate", "bare.json", "exact.http", "--source", "own"]).good();
    assert_eq!(without.out, ran.out);
    assert!(!without.notes().contains("401"), "{}", without.err);
}

#[test]
fn a_wrong_list_is_told_with_every_line() {
    let place = Place::usual();
    place.write("unknown.csv", "employee_id,e-mail,first\n1,ada@corp.example,Ada\n");
    let ran = place.run(&["simulate", "unknown.csv", "--source", "own", "--offline"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    for word in ["unknown.csv: line 1", "'e-mail'", "'first'", "employee_id", "first_name"] {
        assert!(ran.notes().contains(word), "{word}: {ran:#?}");
    }
    place.write(
        "wrong.csv",
        "kind,employee_id,email\n,1,ada@corp.example\n,2,nobody\nemployee.promoted,3,eve@corp.example\n,4\n,,bob@corp.example\n",
    );
    let ran = place.run(&["simulate", "wrong.csv", "--source", "own", "--offline"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    let notes = ran.notes();
    for line in
        ["line 3: email", "line 4: 'employee.promoted'", "line 5: there are 2 fields", "line 6: employee.hired needs"]
    {
        assert!(notes.contains(line), "{line}: {notes}");
    }
    assert!(!notes.contains("line 2"), "{notes}");
    assert_eq!(ran.out, "");
}

#[test]
fn what_is_wrongly_asked_is_refused() {
    let place = Place::usual();
    place.write("staff.csv", &staff(0, 1));
    for (args, word) in [
        (&["simulate"][..], "--since"),
        (&["simulate", "staff.csv"], "--source"),
        (&["simulate", "staff.csv", "--source", "nobody"], "no source 'nobody'"),
        (&["simulate", "staff.csv", "--source", "own", "--since", "1d"], "cannot be used"),
        (&["simulate", "--since", "yesterday"], "7d"),
        (&["simulate", "missing.csv", "--source", "own"], "missing.csv"),
        (&["simulate", "staff.csv", "--source", "own", "--diff", "missing.json"], "missing.json"),
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, Some(2), "{args:?} {ran:#?}");
        assert!(ran.err.contains(word), "{args:?} {ran:#?}");
    }
}

#[test]
fn a_portal_that_does_not_answer_can_be_left_out() {
    let place = Place::usual();
    place.write("staff.csv", &staff(0, 2));
    let simulate = |more: &[&str]| place.run(&[&["simulate", "staff.csv", "--source", "own"], more].concat());
    let ran = simulate(&[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.notes().contains("portal docspace") && ran.notes().contains("--offline"), "{ran:#?}");
    std::fs::remove_file(place.path("secrets/api_key")).unwrap();
    let ran = simulate(&[]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.notes().contains("api_key") && ran.notes().contains("--offline"), "{ran:#?}");
    let ran = simulate(&["--offline"]).good();
    assert_eq!(last_line(&ran.out), "create 2");
    assert!(ran.notes().contains("left out (--offline)"), "{ran:#?}");
}
