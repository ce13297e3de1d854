//! Mishaps that come later: links that expire, old messages, leavers, and people who come back.

use serde_json::json;

use crate::mishaps::{count, place, status_of, tell};
use crate::stage::until;

const RULES: &str = "[[rules]]\non = \"employee.hired\"\nenable = {}\n\
    [[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n\
    [[rules]]\non = \"employee.terminated\"\ndisable = {}\n";

#[test]
fn expired_link() {
    let place = place("", "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", mode = \"invite\" }\n");
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    assert_eq!(place.hire("1", "ada@example.com"), Some(200));
    place.settled();
    assert_eq!(portal.mails("ada@example.com"), ["invitation"]);
    // Eight days go by.
    let conn = rusqlite::Connection::open(place.path("usher.db")).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let week = 8 * 24 * 3600 * 1000;
    conn.execute("UPDATE people SET link_expires_at = link_expires_at - ?1, invited_at = invited_at - ?1", [week])
        .unwrap();
    let waiting = place.run(&["people", "list", "--unaccepted"]).good().out;
    assert!(waiting.contains("(expired)"), "{waiting}");
    place.run(&["people", "remind", "ada@example.com"]).good();
    assert_eq!(portal.mails("ada@example.com"), ["invitation", "invitation"]);
    let waiting = place.run(&["people", "list", "--unaccepted"]).good().out;
    assert!(!waiting.contains("(expired)"), "the new letter has a new link: {waiting}");
    assert_eq!(portal.users(), ["ada@example.com"]);
}

#[test]
fn old_redelivery() {
    let place = place("", RULES);
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    let hired = json!({"employee_id": "1", "email": "ada@example.com", "first_name": "Ada", "starts_on": "2024-02-01"});
    tell(&place, "own", "employee.hired", &hired);
    place.settled();
    tell(&place, "own", "employee.terminated", &json!({"employee_id": "1", "ends_on": "2026-10-31"}));
    until("the leaver is out", || (status_of(&portal, "ada@example.com") == 2).then_some(()));
    let before = place.settled().len();
    // The same bytes again: known, and nothing follows.
    tell(&place, "own", "employee.hired", &hired);
    assert_eq!(place.settled().len(), before);
    // The same hire in other words, as after a move of the HR platform.
    let mut again = hired.clone();
    again["department"] = json!("Sales");
    tell(&place, "own", "employee.hired", &again);
    let jobs = until("both actions wait", || {
        let jobs = place.settled();
        (jobs.iter().filter(|job| job["state"] == "held").count() == 2).then_some(jobs)
    });
    assert_eq!((count(&jobs, "enable", "held"), count(&jobs, "onboard", "held")), (1, 1));
    assert_eq!(status_of(&portal, "ada@example.com"), 2, "the leaver stays out");
    assert_eq!(portal.mails("ada@example.com"), ["activation"]);
}

#[test]
fn leaver_burst() {
    let place = place("[guard]\nleavers_per_day = 2\n", RULES);
    let portal = place.sandbox(&[]);
    let server = place.serve();
    for n in 1..=8 {
        assert_eq!(place.hire(&n.to_string(), &format!("p{n}@example.com")), Some(200));
    }
    until("all are in", || (portal.users().len() == 8).then_some(()));
    place.settled();
    for n in 1..=8 {
        tell(&place, "own", "employee.terminated", &json!({"employee_id": n.to_string()}));
    }
    until("six wait", || (place.jobs(&["--state", "held"]).len() == 6).then_some(()));
    let jobs = place.settled();
    assert_eq!((count(&jobs, "disable", "done"), count(&jobs, "disable", "held")), (2, 6));
    let out = (1..=8).filter(|n| status_of(&portal, &format!("p{n}@example.com")) == 2).count();
    assert_eq!(out, 2);
    assert_eq!(server.log().matches("the guard holds people").count(), 1, "one notice for the burst");
    place.run(&["jobs", "release", "--kind", "disable", "--state", "held"]).good();
    until("who was released is out", || {
        let out = (1..=8).filter(|n| status_of(&portal, &format!("p{n}@example.com")) == 2).count();
        (out == 8).then_some(())
    });
}

#[test]
fn two_hr_systems() {
    let before = "[sources.payroll]\nconnector = \"generic-hmac\"\nsecrets = [{ file = \"secrets/hr\" }]\n";
    let place = place(before, RULES);
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    tell(
        &place,
        "own",
        "employee.hired",
        &json!({"employee_id": "1", "email": "ada@example.com", "first_name": "Ada"}),
    );
    tell(
        &place,
        "payroll",
        "employee.hired",
        &json!({"employee_id": "X-9", "email": "Ada@example.com", "first_name": "Ada"}),
    );
    until("both have been worked on", || (count(&place.settled(), "onboard", "done") == 2).then_some(()));
    assert_eq!(portal.users(), ["ada@example.com"]);
    assert_eq!(portal.mails("ada@example.com"), ["activation"]);
    let people = place.run(&["people", "list", "--json"]).good().json();
    assert_eq!(people.as_array().unwrap().len(), 1, "{people:#}");
    let check = place.run(&["check"]);
    assert!(check.out.contains("match_id"), "{check:#?}");
    tell(&place, "payroll", "employee.terminated", &json!({"employee_id": "X-9"}));
    until("either of them tells of the end", || (status_of(&portal, "ada@example.com") == 2).then_some(()));
}

#[test]
fn rehire() {
    let place = place("", RULES);
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    let hired = |starts_on: &str| {
        let data = json!({"employee_id": "1", "email": "ada@example.com", "first_name": "Ada", "starts_on": starts_on});
        tell(&place, "own", "employee.hired", &data);
    };
    hired("2024-02-01");
    place.settled();
    portal.activate("ada@example.com");
    tell(&place, "own", "employee.terminated", &json!({"employee_id": "1", "ends_on": "2026-10-31"}));
    until("the leaver is out", || (status_of(&portal, "ada@example.com") == 2).then_some(()));
    hired("2026-12-01");
    until("she is back", || (status_of(&portal, "ada@example.com") == 1).then_some(()));
    let jobs = place.settled();
    assert!(jobs.iter().all(|job| job["state"] == "done"), "{jobs:#?}");
    assert_eq!(portal.users(), ["ada@example.com"], "the same account");
    assert_eq!(portal.mails("ada@example.com"), ["activation"], "and no second letter");
    let people = place.run(&["people", "list", "--json"]).good().json();
    assert!(people[0]["left_at"].is_null(), "{people:#}");
}
