//! `usher simulate` of movers, leavers and those who come back, against what a server then does.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::mishaps::{place, tell};
use crate::stage::Place;

const RULES: &str = r#"
[[rules]]
on = "employee.hired"
onboard = { type = "User", groups = [{ expr = "event.department or []" }] }
[[rules]]
on = "employee.hired"
enable = {}
[[rules]]
on = "employee.updated"
update = { groups = [{ expr = "event.department" }], type = { expr = "event.title" }, allow_paid = true }
[[rules]]
on = "employee.terminated"
disable = { after_end = "0d" }
"#;
const COLUMNS: [&str; 7] = ["kind", "employee_id", "email", "department", "title", "starts_on", "ends_on"];
/// Days, counted from today.
const PAST: &str = "-20";
const FUTURE: &str = "200";

/// What is told, and the verdicts of what follows: kind, employee, address, department, title, first and last day.
const EVENTS: [([&str; 7], &[&str]); 26] = [
    (["updated", "1", "", "Support", "", "", ""], &["move"]),
    (["updated", "1", "", "Sales", "", "", ""], &["move"]),
    (["updated", "2", "", "", "", "", ""], &["skip"]),
    (["updated", "3", "", "Nowhere", "", "", ""], &["hold"]),
    (["updated", "4", "", "Support", "RoomAdmin", "", ""], &["move"]),
    (["updated", "4", "", "", "User", "", ""], &["skip"]),
    (["updated", "4", "", "Sales", "User", "", ""], &["move"]),
    (["terminated", "1", "", "", "", "", PAST], &["disable"]),
    (["terminated", "1", "", "Sales", "", "", PAST], &["skip"]),
    (["updated", "1", "p1@corp.example", "Support", "", "", ""], &["skip"]),
    (["terminated", "2", "", "", "", "", ""], &["hold"]),
    (["terminated", "2", "", "", "", "", FUTURE], &["plan"]),
    (["terminated", "30", "p30@corp.example", "", "", "", PAST], &["hold"]),
    (["updated", "30", "p30@corp.example", "Sales", "", "", ""], &["skip"]),
    (["terminated", "31", "owner@sandbox.example", "", "", "", PAST], &["hold"]),
    (["terminated", "32", "p32@corp.example", "", "", "", PAST], &["skip"]),
    (["updated", "33", "p33@corp.example", "Sales", "", "", ""], &["skip"]),
    (["terminated", "5", "", "", "", "", PAST], &["hold"]),
    (["terminated", "6", "", "", "", "", PAST], &["disable"]),
    (["terminated", "7", "", "", "", "", PAST], &["hold"]),
    (["hired", "1", "p1@corp.example", "", "", "-10", ""], &["enable", "skip"]),
    (["hired", "6", "p6@corp.example", "", "", "-900", ""], &["hold", "hold"]),
    (["terminated", "8", "", "", "", "", PAST], &["disable"]),
    (["hired", "2", "p2@corp.example", "", "", "201", ""], &["unplan", "skip", "skip"]),
    (["hired", "40", "p40@corp.example", "Nowhere", "", "", ""], &["hold"]),
    (["updated", "40", "", "Sales", "", "", ""], &["hold"]),
];

/// Every job that follows from rules, oldest first.
fn jobs(place: &Place) -> Vec<Json> {
    let mut jobs: Vec<_> =
        ["onboard", "update", "disable", "enable"].iter().flat_map(|kind| place.jobs(&["--kind", kind])).collect();
    jobs.sort_by_key(|job| job["id"].as_i64().unwrap());
    jobs
}

/// Whether a job became what the row has told.
fn is_so(row: &Json, job: &Json) -> bool {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let (verdict, why) = (text(&row["verdict"]), text(&row["why"]));
    let (state, reason) = (text(&job["state"]), text(&job["reason"]));
    let is_done = state == "done" && row["action"] == job["kind"];
    match verdict.as_str() {
        "disable" => is_done && reason.starts_with("disabled;"),
        "enable" => is_done && reason.starts_with("enabled:"),
        "move" => is_done && why.split("; ").all(|part| reason.contains(part.trim_start_matches("into the group "))),
        "hold" => state == "held" && reason == why,
        "skip" if row["action"] == "onboard" => {
            is_done && reason.starts_with("known: onboarded before") && why.starts_with("known: onboarded before")
        }
        "skip" => is_done && reason == why,
        _ => false,
    }
}

/// The values of one event, with its days as dates.
fn values(told: &[&str; 7]) -> Vec<String> {
    let value = |(column, value): (&&str, &&str)| match value.parse::<i64>() {
        Ok(days) if column.ends_with("_on") => {
            let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
            at.strftime("%Y-%m-%d").to_string()
        }
        _ => (*value).to_owned(),
    };
    COLUMNS.iter().zip(told).map(value).collect()
}

fn data(told: &[&str; 7]) -> Json {
    let mut data = json!({"first_name": "Ada"});
    for (column, value) in COLUMNS.iter().zip(values(told)).skip(1).filter(|(_, value)| !value.is_empty()) {
        data[column] = json!(value);
    }
    data
}

#[test]
fn movers_and_leavers_become_what_is_told() {
    let place = place("[worker]\nconcurrency = 1\n[guard]\nleavers_per_day = 2\n", RULES);
    let portal = place.sandbox(&[]);
    let owner = portal.call("GET /people/@self", &json!({}))["id"].clone();
    for group in ["Sales", "Support"] {
        portal.call("POST /group", &json!({"groupName": group, "groupManager": owner, "members": []}));
    }
    let _server = place.serve();
    for number in 1..=8 {
        let hired = ["hired", &number.to_string(), &format!("p{number}@corp.example"), "Sales", "", "-900", ""];
        tell(&place, "own", "employee.hired", &data(&hired));
    }
    place.settled();
    portal.make_accounts(30, 31);
    let state = portal.state();
    let fifth = state["users"].as_array().unwrap().iter().find(|user| user["email"] == "p5@corp.example").unwrap();
    portal.call("PUT /people/type/DocSpaceAdmin", &json!({"userIds": [fifth["id"]]}));
    place.settled();

    let mut list = format!("{},first_name\n", COLUMNS.join(","));
    for (told, _) in EVENTS {
        writeln!(list, "employee.{},Ada", values(&told).join(",")).unwrap();
    }
    place.write("events.csv", &list);
    let simulated = place.run(&["simulate", "events.csv", "--source", "own", "--json"]).good().json();
    let rows = simulated["rows"].as_array().unwrap();
    let mut rows = rows.iter();
    let mut seen = jobs(&place).len();
    for (told, wanted) in EVENTS {
        tell(&place, "own", &format!("employee.{}", told[0]), &data(&told));
        place.settled();
        let all = jobs(&place);
        let mut new = all[seen..].iter();
        seen = all.len();
        for verdict in wanted {
            let row = rows.next().unwrap();
            assert_eq!(row["verdict"], *verdict, "{told:?} {row:#}");
            if !["plan", "unplan"].contains(verdict) {
                let job = new.next().unwrap_or_else(|| panic!("no job: {row:#}"));
                assert!(is_so(row, job), "{told:?} {row:#} {job:#}");
            }
        }
        assert_eq!(new.next(), None, "{told:?}");
    }
    assert_eq!(rows.next(), None);
}
