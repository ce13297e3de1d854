//! `usher connectors test`: the fixtures of a directory, judged with what is to be done.

use crate::stage::{Place, Ran};

/// A place with a connector that passes.
fn place() -> Place {
    let place = Place::empty();
    place.run(&["connectors", "new", "acme"]).good();
    place
}

fn test(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["connectors", "test"], more].concat())
}

fn alter(place: &Place, file: &str, from: &str, to: &str) {
    let text = place.read(file);
    assert!(text.contains(from), "{from} is not in {text}");
    place.write(file, &text.replace(from, to));
}

const EXPECTED: &str = "connectors.d/acme/hired.expected.json";
const REQUEST: &str = "connectors.d/acme/hired.http";
const CONNECTOR: &str = "connectors.d/acme.toml";

#[test]
fn a_fixture_that_does_not_fit_is_shown_by_its_difference_and_written_by_leave_alone() {
    let place = place();
    let sound = place.read(EXPECTED);
    alter(&place, EXPECTED, "\"1001\"", "\"1002\"");
    let wrong = place.read(EXPECTED);
    let tested = test(&place, &[]);
    assert_eq!(tested.code, Some(1));
    for line in [
        "FAILED  acme, 2 fixtures",
        "  connectors.d/acme/hired.http: does not come to what hired.expected.json says",
        "    -      \"employee_id\": \"1002\",",
        "    +      \"employee_id\": \"1001\",",
        "    --update writes it, if this is what it should come to",
        "1 connector, 2 fixtures: 1 passed, 1 failed",
    ] {
        assert!(tested.out.lines().any(|told| told == line), "{line}: {}", tested.out);
    }
    assert!(!tested.out.contains('\u{1b}'), "no colours where nobody looks");
    assert_eq!(place.read(EXPECTED), wrong, "nothing is written without leave");

    let updated = test(&place, &["--update"]).good();
    assert!(updated.out.contains("wrote   connectors.d/acme/hired.expected.json\n"), "{updated:#?}");
    assert!(!updated.out.contains("ignored"), "what fits is left alone: {updated:#?}");
    assert!(updated.notes().contains("review what was written"), "{updated:#?}");
    assert_eq!(place.read(EXPECTED), sound);
    let again = test(&place, &["--update"]).good();
    assert!(!again.out.contains("wrote") && !again.notes().contains("review"), "{again:#?}");
    test(&place, &[]).good();
}

#[test]
fn a_fixture_whose_signature_does_not_hold_is_signed_anew_by_leave() {
    let place = place();
    alter(&place, REQUEST, "1001", "1003");
    let tested = test(&place, &[]);
    assert_eq!(tested.code, Some(1));
    for told in [
        "does not verify with the example secret Example-Secret-1: bad_signature",
        "the string to sign is: {\"event\":\"employee.created\",\"employee\":{\"id\":1003,",
        "--update signs it anew",
    ] {
        assert!(tested.out.contains(told), "{told}: {}", tested.out);
    }
    let updated = test(&place, &["--update"]).good();
    assert_eq!(updated.out.matches("wrote").count(), 2, "{updated:#?}");
    assert!(place.read(EXPECTED).contains("\"1003\"") && place.read(REQUEST).contains("\"id\":1003,"));
    test(&place, &[]).good();
}

#[test]
fn a_day_that_is_no_date_is_a_fault_whatever_was_expected() {
    let place = place();
    alter(&place, REQUEST, "2026-10-01", "01-12-2026");
    let updated = test(&place, &["--update"]);
    assert_eq!(updated.code, Some(1), "writing it down does not make it a date: {updated:#?}");
    assert!(
        updated.out.contains("hired.http: starts_on is no date: the connector has to yield YYYY-MM-DD"),
        "{updated:#?}"
    );
    let read = "starts_on = \"item.employee.start_date";
    alter(&place, CONNECTOR, read, &format!("{read} | date('%d-%m-%Y')"));
    test(&place, &["--update"]).good();
    assert!(place.read(EXPECTED).contains("\"2026-12-01\""));
}

#[test]
fn what_is_missing_beside_a_connector_is_told_and_not_made_up() {
    let place = place();
    let remove = |name: &str| std::fs::remove_file(place.path(&format!("connectors.d/acme/{name}"))).unwrap();
    remove("hired.expected.json");
    let tested = test(&place, &[]);
    assert_eq!(tested.code, Some(1));
    assert!(tested.out.contains("hired.http: hired.expected.json is missing"), "{tested:#?}");
    test(&place, &["--update"]).good();
    test(&place, &[]).good();
    remove("ignored.http");
    place.write("connectors.d/nobody/case.http", "{}");
    for more in [&[][..], &["--update"]] {
        let tested = test(&place, more);
        assert_eq!(tested.code, Some(1), "{tested:#?}");
        for told in [
            "connectors.d/acme/ignored.expected.json: belongs to no request: there is no .http of that name",
            "connectors.d/acme.toml: has no fixture that yields no event: one to be ignored",
            "connectors.d/nobody: belongs to no connector: there is no nobody.toml beside it",
            "1 connector, 1 fixture: 1 passed, 0 failed; 3 problems beside them",
        ] {
            assert!(tested.out.contains(told), "{told}: {tested:#?}");
        }
    }
    remove("ignored.expected.json");
    remove("hired.http");
    remove("hired.expected.json");
    assert!(test(&place, &[]).out.contains("connectors.d/acme.toml: has no fixture at all"));
}

#[test]
fn a_connector_that_is_broken_is_told_by_file_line_and_column_and_with_what_there_is() {
    let place = place();
    let sound = place.read(CONNECTOR);
    for (from, to, at, told) in [
        ("email = \"item.employee.email\"", "email = \"item.employee.email", "email = ", "not valid TOML"),
        (
            "kind = \"employee.hired\"",
            "kind = \"employee.hird\"",
            "kind = \"employee.hird",
            "the events are employee.hired",
        ),
        (
            "email = \"item.employee.email\"",
            "email = \"item.email | lowr\"",
            "email = ",
            "the filters are lower, upper",
        ),
        ("email = \"item.employee.email\"", "email = \"item.email | \"", "email = ", "unexpected end of input"),
        ("email = \"item.employee.email\"", "emial = \"item.email\"", "emial = ", "the fields are employee_id, email"),
        ("\nwhen = ", "\nwen = ", "wen = ", "event[0].wen"),
        ("\n[auth]\n", "\n[fetch]\npath = \"/v1/{{ item.id\"\n[auth]\n", "path = ", "expected end of variable block"),
    ] {
        assert!(sound.contains(from), "{from}: {sound}");
        place.write(CONNECTOR, &sound.replacen(from, to, 1));
        let broken = place.read(CONNECTOR);
        let (line, _) = broken.lines().enumerate().find(|(_, line)| line.starts_with(at)).unwrap();
        let tested = test(&place, &[]);
        assert_eq!(tested.code, Some(1), "{to}: {tested:#?}");
        let place_of_it = format!("  connectors.d/acme.toml:{}:", line + 1);
        let problem = tested.out.lines().find(|told| told.starts_with(&place_of_it));
        let problem = problem.unwrap_or_else(|| panic!("{place_of_it}: {tested:#?}"));
        let column = problem[place_of_it.len()..].split_once(": ").unwrap().0;
        assert!(column.parse::<usize>().is_ok() && problem.contains(told), "{to}: {problem}");
        // A typo leaves the field out; one whose expression is wrong is there.
        let is_missing = tested.out.contains("is missing; employee.hired cannot do without");
        assert_eq!(is_missing, to.starts_with("emial"), "{to}: {tested:#?}");
        let rows = test(&place, &["--json"]).json();
        let row =
            rows.as_array().unwrap().iter().find(|row| row["problems"][0]["what"].as_str().unwrap().contains(told));
        assert_eq!(row.unwrap()["passed"], false);
    }
    place.write(CONNECTOR, &sound);
    test(&place, &[]).good();
}

#[test]
fn verdicts_are_there_as_json() {
    let place = place();
    let good = test(&place, &["--json"]).good();
    let rows = good.json();
    let cases: Vec<_> = rows.as_array().unwrap().iter().map(|row| (&row["case"], &row["passed"])).collect();
    assert_eq!(cases, [(&"hired".into(), &true.into()), (&"ignored".into(), &true.into())]);
    assert!(good.notes().contains("1 connector, 2 fixtures: 2 passed, 0 failed"));
    alter(&place, EXPECTED, "\"1001\"", "\"1002\"");
    let bad = test(&place, &["--json"]);
    let row = &bad.json()[0];
    assert_eq!((bad.code, &row["passed"], &row["file"]), (Some(1), &false.into(), &REQUEST.into()));
    let diff = row["problems"][0]["diff"].as_str().unwrap();
    assert!(diff.contains("-      \"employee_id\": \"1002\",\n+      \"employee_id\": \"1001\",\n"), "{diff}");
    let updated = test(&place, &["--json", "--update"]).good().json();
    assert_eq!((&updated[0]["passed"], &updated[0]["changed"][0]), (&true.into(), &EXPECTED.into()));
}

#[test]
fn a_directory_that_is_not_there_or_holds_nothing_is_wrong_usage() {
    let place = Place::empty();
    place.write("empty/note.txt", "");
    for (more, told) in [
        (&[][..], "there is no directory connectors.d; name one, or begin it with `usher connectors new NAME`"),
        (&["nowhere"], "nowhere: cannot be read"),
        (&["empty"], "empty holds neither connectors (NAME.toml) nor fixtures (NAME/CASE.http)"),
    ] {
        let refused = test(&place, more);
        assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{refused:#?}");
        assert!(refused.err.contains(told), "{refused:#?}");
    }
}

#[test]
fn the_program_passes_its_own_fixtures() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let tested = test(&Place::empty(), &[fixtures]).good();
    assert!(!tested.out.contains("FAILED"), "{tested:#?}");
    let summary = tested.out.lines().last().unwrap();
    let number = |word: &str| {
        let before = summary.split(word).next().unwrap().trim_end();
        before.rsplit(' ').next().unwrap().parse::<usize>().unwrap()
    };
    assert!(number("connectors") >= 40 && number("passed") >= 300 && number("failed") == 0, "{summary}");
}
