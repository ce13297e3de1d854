//! What people did by hand, as the real program records it; and the counts and limits of what they do to jobs.

use serde_json::{Value as Json, json};

use crate::portal::{Portal, reachable};
use crate::stage::{Place, until};

const ADA: &str = "ada@corp.example";

fn acts(place: &Place, args: &[&str]) -> Vec<Json> {
    let ran = place.run(&[&["audit", "--json"], args].concat()).good();
    assert!(!ran.out.contains('@') && !ran.out.contains("Quixotina"), "{ran:#?}");
    ran.json().as_array().unwrap().clone()
}

fn told(acts: &[Json]) -> Vec<(&str, &str)> {
    acts.iter().map(|act| (act["what"].as_str().unwrap(), act["subject"].as_str().unwrap())).collect()
}

/// Everybody is held who is hired.
fn held(place: &Place, number: usize) {
    place.edit("onboard = { type = \"User\" }", "when = \"event.department == 'Lab'\"\nonboard = { type = \"User\" }");
    let server = place.serve();
    for number in 1..=number {
        assert_eq!(place.hire(&number.to_string(), &format!("p{number}@corp.example")), Some(200));
    }
    until("all are held", || (place.jobs(&["--state", "held"]).len() == number).then_some(()));
    drop(server);
}

#[test]
fn work_by_hand_is_recorded_with_who_when_and_what() {
    let place = Place::usual();
    let portal = place.sandbox(&["--webhook-url", "http://127.0.0.1:1/", "--webhook-secret", "nobody-listens"]);
    place.run(&["people", "invite", "--email", ADA, "--first", "Quixotina", "--last", "Example"]).good();
    portal.activate(ADA);
    place.run(&["people", "congratulate", ADA]).good();
    place.run(&["people", "congratulate", ADA, "--again"]).good();
    place.run(&["people", "remind", ADA]).good();
    let all = acts(&place, &[]);
    let person = "person 1";
    assert_eq!(
        told(&all),
        [("invite", person), ("congratulate", person), ("congratulate", person), ("remind", person)]
    );
    assert_eq!((&all[1]["detail"], &all[2]["detail"]), (&json!(null), &json!("again")));
    let since = all[2]["at"].as_str().unwrap();
    assert_eq!(acts(&place, &["--since", since]), all[2..]);
    assert!(acts(&place, &["--since", "2999-01-01T00:00:00Z"]).is_empty());
    assert_eq!(acts(&place, &["--since", "1d"]), all);
    let table = place.run(&["audit"]).good();
    let line = table.out.lines().nth(1).unwrap();
    assert!(line.contains(all[0]["who"].as_str().unwrap()) && line.ends_with("person 1"), "{table:#?}");
    assert_eq!(place.run(&["audit", "--since", "yesterday"]).code, Some(2));
}

#[test]
fn jobs_are_let_go_a_few_at_a_time_by_their_reason() {
    let place = Place::usual();
    held(&place, 25);
    let run = |args: &[&str]| place.run(&[&["jobs"], args].concat());
    assert_eq!(place.jobs(&["--reason", "DEPARTMENT"]).len(), 25, "whatever the case");
    assert!(place.jobs(&["--reason", "new_people_per_day"]).is_empty());
    let dry = run(&["release", "--reason", "department", "--limit", "3", "--dry-run"]).good();
    assert_eq!(
        (dry.out.lines().count(), dry.notes()),
        (4, "3 job(s) to be released, and 22 left for another time\n".to_owned())
    );
    let row = dry.out.lines().nth(1).unwrap();
    assert!(row.contains(" p1@corp.example "), "whom it is about, for whoever decides: {row}");
    let none = run(&["release", "--reason", "department", "--limit", "0"]);
    assert_eq!((none.code, none.notes().contains("a whole number from 1 on")), (Some(2), true), "{none:#?}");
    let unknown = run(&["release", "9999"]);
    assert_eq!((unknown.code, unknown.notes().contains("there is no job 9999")), (Some(1), true), "{unknown:#?}");
    let first = run(&["release", "--reason", "department", "--limit", "3"]).good();
    assert_eq!(first.out, "3 released\n");
    assert_eq!(first.notes().lines().count(), 1 + 1 + 3, "the count, the head and the rows: {first:#?}");
    let ids: Vec<_> = place.jobs(&["--kind", "onboard"]).iter().map(|job| job["id"].as_i64().unwrap()).collect();
    let ready: Vec<_> = place.jobs(&["--state", "ready"]).iter().map(|job| job["id"].as_i64().unwrap()).collect();
    assert_eq!(ready, ids[..3], "the first by id");
    let rest = run(&["cancel", "--state", "held"]).good();
    assert_eq!(rest.out, "22 cancelled\n");
    assert!(rest.notes().lines().count() == 1 + 1 + 20 + 1 && rest.notes().ends_with("... and 2 more\n"), "{rest:#?}");
    assert_eq!(run(&["cancel", "--state", "held"]).good().out, "0 cancelled\n");
    assert_eq!(run(&["retry", "--limit", "3"]).code, Some(2), "a limit alone names no jobs");
    assert_eq!(run(&["retry", "--state", "dead", "--limit", "0"]).code, Some(2));
    let (one, other) = (ids[0].to_string(), ids[1].to_string());
    assert_eq!(run(&["cancel", &one, &other, "--limit", "1"]).good().out, "1 cancelled\n");

    let all = acts(&place, &[]);
    let words: Vec<_> = told(&all).into_iter().map(|(what, _)| what).collect();
    assert_eq!(words, ["release", "cancel", "cancel"], "nothing is recorded where nothing was changed");
    assert_eq!(told(&all)[2].1, format!("job {one}"));
    let table = place.run(&["audit"]).good();
    assert!(table.out.lines().all(|line| line.chars().count() < 160), "{table:#?}");
}

#[test]
fn reruns_and_webhooks_made_rotated_and_removed_are_recorded() {
    let place = reachable();
    let _portal = Portal::open(&place, |_| {});
    let server = place.serve();
    assert_eq!(place.hire("7", ADA), Some(200));
    place.settled();
    place.run(&["deliveries", "rerun", "1"]).good();
    place.run(&["hooks", "install", "--dry-run"]).good();
    place.run(&["hooks", "install"]).good();
    place.run(&["hooks", "install"]).good();
    place.run(&["hooks", "install", "--rotate"]).good();
    place.run(&["hooks", "remove"]).good();
    place.run(&["hooks", "remove"]).good();
    drop(server);
    let all = acts(&place, &[]);
    let hook = "webhook 1";
    assert_eq!(
        told(&all),
        [("rerun", "delivery 1"), ("hooks install", hook), ("hooks rotate", hook), ("hooks remove", hook)]
    );
    assert_eq!(all[1]["detail"], "source docspace");
}
