//! `usher simulate` against what a server then does.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::stage::Place;

/// The verdicts, each of which has to fit what became of the job.
fn compared(rows: &Json, jobs: &[Json]) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    assert_eq!(jobs.len(), rows.len());
    let mut verdicts = Vec::new();
    for (row, job) in rows.iter().zip(jobs) {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let (verdict, why) = (text(&row["verdict"]), text(&row["why"]));
        let (state, reason) = (text(&job["state"]), text(&job["reason"]));
        let is_so = match verdict.as_str() {
            "create" => state == "done" && reason.starts_with("created as User"),
            "skip" => state == "done" && reason.starts_with("known:") && why.starts_with("known:"),
            "hold" => state == "held" && reason == why,
            _ => state == verdict && reason == why,
        };
        assert!(is_so, "{row:#} {job:#}");
        verdicts.push(verdict);
    }
    verdicts
}

#[test]
fn what_is_told_is_what_happens() {
    let place = Place::usual();
    place.edit(
        "onboard = { type = \"User\" }",
        "onboard = { type = \"User\", groups = [{ expr = \"event.department\" }] }\n[worker]\nconcurrency = 1\n[guard]\n\
         new_people_per_day = 2\nemail_domains = [\"corp.example\"]\nhired_at_most_ago = \"30d\"",
    );
    let portal = place.sandbox(&[]);
    let owner = portal.call("GET /people/@self", &json!({}))["id"].clone();
    portal.call("POST /group", &json!({"groupName": "Sales", "groupManager": owner, "members": []}));
    let ids = portal.make_accounts(2, 4);
    portal.call("PUT /people/status/2", &json!({"userIds": [ids[1]]}));
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let hires = [
        ("1", "p1@corp.example", "Ada", "Sales", today.as_str()),
        ("2", "p2@corp.example", "Ada", "Sales", &today),
        ("3", "p3@corp.example", "Ada", "Sales", &today),
        ("4", "p4@other.example", "Ada", "Sales", &today),
        ("5", "p5@corp.example", "007", "Sales", &today),
        ("6", "p6@corp.example", "Ada", "Nowhere", &today),
        ("7", "p7@corp.example", "Ada", "Sales", "2020-01-01"),
        ("8", "p8@corp.example", "Ada", "Sales", &today),
        ("1", "p1@corp.example", "Adele", "Sales", &today),
        ("9", "p9@corp.example", "Ada", "Sales", &today),
    ];
    let mut list = "employee_id,email,first_name,department,starts_on\n".to_owned();
    for (id, email, first, department, starts_on) in hires {
        writeln!(list, "{id},{email},{first},{department},{starts_on}").unwrap();
    }
    place.write("hires.csv", &list);
    let told = place.run(&["simulate", "hires.csv", "--source", "own", "--json"]).good().json();
    let _server = place.serve();
    for (id, email, first, department, starts_on) in hires {
        let data = json!({"employee_id": id, "email": email, "first_name": first, "department": department,
            "starts_on": starts_on});
        assert_eq!(place.post("own", &json!({"type": "employee.hired", "data": data}).to_string()), Some(200));
        // One after the other, as they are told.
        place.settled();
    }
    let verdicts = compared(&told["rows"], &place.jobs(&["--kind", "onboard"]));
    let wanted = ["create", "skip", "hold", "hold", "dead", "hold", "hold", "create", "skip", "hold"];
    assert_eq!(verdicts, wanted);
}
