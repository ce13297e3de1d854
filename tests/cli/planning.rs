//! What is planned for people: listed, shown, explained and taken back by hand.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::json;

use crate::actors::Process;
use crate::stage::{Place, fixture};

const ADA: &str = "ada@example.com";

/// A server whose hires are planned for a day before they start, and the day of a start far from today.
fn planning() -> (Place, Process, String) {
    let place = Place::usual();
    place.edit(
        r#"onboard = { type = "User" }"#,
        r#"onboard = { type = "User", before_start = "1d", at = "08:00", zone = "UTC" }"#,
    );
    let server = place.serve();
    let start = (Timestamp::now() + SignedDuration::from_hours(24 * 300)).strftime("%Y-%m-%d").to_string();
    (place, server, start)
}

fn day_before(start: &str) -> String {
    let day = start.parse::<jiff::civil::Date>().unwrap().yesterday().unwrap();
    format!("{day}T08:00:00Z")
}

#[test]
fn a_planned_onboarding_is_told_listed_shown_and_taken_back_with_a_line_in_the_audit() {
    let (place, _server, start) = planning();
    let due = day_before(&start);
    let set = format!("data.starts_on={start}");
    let fixture = fixture("generic-hmac/hired.http");
    let replay = place.run(&["replay", &fixture, "--source", "own", "--wait", "--set", &set]).good();
    assert!(replay.out.contains(&format!("employee.hired -> planned onboard at {due}")), "{replay:#?}");
    assert!(replay.out.ends_with(&format!("planned: onboard of person 1 at {due}\n")), "{replay:#?}");

    let list = place.run(&["people", "list", "--planned"]).good();
    let words: Vec<_> = list.out.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(words, [due.as_str(), "onboard", "1", "Ada", "Example", ADA, "docspace", "1"], "{list:#?}");
    let rows = place.run(&["people", "list", "--planned", "--json"]).good().json();
    assert_eq!((rows.as_array().unwrap().len(), rows[0]["id"].as_i64()), (1, Some(1)));
    let plan = &rows[0]["plans"][0];
    assert_eq!(json!([plan["kind"], plan["due_at"], plan["delivery"], plan["hold"]]), json!(["onboard", due, 1, null]));
    let show = place.run(&["people", "show", ADA]).good();
    assert!(show.out.contains(&format!("planned        onboard at {due} (delivery 1)\n")), "{show:#?}");
    assert!(show.out.contains(&format!("starts on      {start}\n")), "{show:#?}");

    let other = place.run(&["people", "cancel", ADA, "--kind", "disable"]);
    assert_eq!((other.code, other.out.as_str()), (Some(1), ""), "{other:#?}");
    let cancel = place.run(&["people", "cancel", ADA, "--kind", "onboard"]).good();
    assert_eq!(cancel.out, format!("taken back: person 1, onboard at {due} (delivery 1)\n"));
    let conn = Connection::open(place.path("usher.db")).unwrap();
    let acts = "SELECT what || ', ' || subject || ', ' || detail FROM audit";
    let act: String = conn.query_row(acts, [], |row| row.get(0)).unwrap();
    assert_eq!(act, "cancel, person 1, onboard", "only what was done is noted");
    let again = place.run(&["people", "cancel", "1"]);
    assert_eq!(again.code, Some(1), "{again:#?}");
    assert!(again.notes().contains("nothing like that is planned"), "{again:#?}");
    assert_eq!(place.run(&["people", "list", "--planned", "--json"]).good().json(), json!([]));
    assert_eq!(place.jobs(&["--kind", "onboard"]).len(), 0);
}

#[test]
fn who_is_nobody_and_what_is_no_kind_is_told() {
    let place = Place::usual();
    place.serve();
    let nobody = place.run(&["people", "cancel", "nobody@example.com"]);
    assert_eq!((nobody.code, nobody.notes().contains("knows nobody")), (Some(1), true), "{nobody:#?}");
    for wrong in [
        &["people", "cancel"][..],
        &["people", "cancel", ADA, "--kind", "process"],
        &["people", "list", "--planned", "--unaccepted"],
    ] {
        assert_eq!(place.run(wrong).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn explain_tells_when_and_keeps_to_its_shape() {
    let place = Place::usual();
    let berlin = r#"onboard = { type = "User", before_start = "3d", zone = "Europe/Berlin" }"#;
    place.edit(r#"onboard = { type = "User" }"#, berlin);
    let fixture = fixture("generic-hmac/hired.http");
    let explain = |env: &[(&str, &str)], more: &[&str]| {
        let args = [&["explain", &fixture, "--source", "own", "--at", "2026-08-03T08:00:00Z"], more].concat();
        place.run_with(env, &args)
    };
    let told = explain(&[], &[]);
    assert!(told.out.contains("            planned for 2026-09-28T06:00:00Z\n"), "{told:#?}");
    let ran = explain(&[], &["--json"]);
    let action = &ran.json()["actions"][0];
    assert_eq!(action.as_object().unwrap().keys().collect::<Vec<_>>(), ["action", "event", "params"]);
    assert_eq!(action["params"]["before_start"], json!({"days": -3, "at": "08:00:00", "zone": "Europe/Berlin"}));
    assert!(ran.notes().contains("onboard would be planned for 2026-09-28T06:00:00Z"), "{ran:#?}");

    // A machine whose own data know another zone only: its file begins as all of them do.
    place.write("zones/Elsewhere", "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let zones = place.path("zones").display().to_string();
    let told = explain(&[("TZDIR", &zones)], &[]);
    assert!(told.out.contains("planned for 2026-09-28T06:00:00Z"), "{told:#?}");
    place.edit("Europe/Berlin", "Elsewhere");
    let refused = explain(&[("TZDIR", &zones)], &[]);
    assert!(refused.notes().contains("'Elsewhere' is not a time zone"), "{refused:#?}");
}
