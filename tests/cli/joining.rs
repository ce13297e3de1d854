//! `people merge` and `people split`: the end of what the ledger could not decide.

use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::actors::Sandbox;
use crate::stage::{API_KEY, Place, Ran, until};
use crate::wire::request;

const ADA: &str = "ada@corp.example";

/// A call that an administrator makes at the portal.
fn administer(portal: &Sandbox, line: &str, body: &Json) {
    let head = [&format!("authorization: Bearer {API_KEY}"), "content-type: application/json"];
    let (status, answer) =
        request(portal.address, &format!("{line} HTTP/1.1"), &head, body.to_string().as_bytes()).unwrap();
    assert_eq!(status, 200, "{answer}");
}

fn user_id(portal: &Sandbox, email: &str) -> String {
    let state = portal.state();
    let user = state["users"].as_array().unwrap().iter().find(|user| user["email"] == email).unwrap();
    user["id"].as_str().unwrap().to_owned()
}

fn set_status(portal: &Sandbox, user_id: &str, status: u8) {
    administer(portal, &format!("PUT /api/2.0/people/status/{status}"), &json!({"userIds": [user_id]}));
}

fn delete(portal: &Sandbox, user_id: &str) {
    set_status(portal, user_id, 2);
    administer(portal, &format!("DELETE /api/2.0/people/{user_id}"), &json!({}));
}

fn people(place: &Place) -> Vec<Json> {
    place.run(&["people", "list", "--json"]).good().json().as_array().unwrap().clone()
}

/// What the audit has of these two commands.
fn acts(place: &Place) -> Vec<(String, String, Option<String>)> {
    let conn = Connection::open(place.path("usher.db")).unwrap();
    let mut statement = conn
        .prepare("SELECT what, subject, detail FROM audit WHERE what IN ('merge', 'split') AND who <> '' ORDER BY id")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn refused(ran: &Ran, code: i32, why: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{ran:#?}");
    assert!(ran.err.contains(why), "{why}: {ran:#?}");
}

/// A hire whose address belonged to somebody else, held; its job and its delivery.
fn recycled(place: &Place) -> (String, String) {
    assert_eq!(place.hire("3", ADA), Some(200));
    place.settled();
    assert_eq!(place.hire("9", ADA), Some(200));
    let jobs = until("the second hire is held", || {
        let jobs = place.jobs(&["--state", "held"]);
        (!jobs.is_empty()).then_some(jobs)
    });
    let reason = jobs[0]["reason"].as_str().unwrap();
    let delivery = jobs[0]["delivery"].to_string();
    assert!(reason.contains("usher people split 1 --email ADDRESS"), "{reason}");
    assert!(reason.contains(&format!("usher deliveries rerun {delivery}")), "{reason}");
    (jobs[0]["id"].to_string(), delivery)
}

#[test]
fn a_recycled_address_is_taken_off_the_old_row_and_a_new_person_onboarded() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    let (job, delivery) = recycled(&place);
    let split = |who: &str| place.run(&["people", "split", who, "--email", "ADA@corp.example"]);
    refused(&split("1"), 1, "that is the address of the account of person 1");
    delete(&portal, &user_id(&portal, ADA));
    assert_eq!(split("1").good().out, "person 1 is not known by that address any more\n");
    refused(&split("1"), 1, "person 1 is not known by that, or not any more");
    place.run(&["jobs", "cancel", &job]).good();
    place.run(&["deliveries", "rerun", &delivery]).good();
    until("the new employee has an account", || (portal.users() == [ADA]).then_some(()));
    place.settled();
    let people = people(&place);
    assert_eq!(people.len(), 2, "{people:#?}");
    assert_eq!((&people[0]["email"], &people[1]["email"]), (&Json::Null, &json!(ADA)));
    assert_eq!(people[1]["employees"], json!([{"source": "own", "id": "9"}]));
    assert_eq!(acts(&place), [("split".to_owned(), "person 1".to_owned(), Some("an address".to_owned()))]);
}

/// A disabled account keeps its address at the portal: the row may lose it, and the new person waits for the portal.
#[test]
fn the_address_of_a_disabled_account_may_be_split_off() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    recycled(&place);
    let old = user_id(&portal, ADA);
    let told = || place.jobs(&["--kind", "process", "--state", "done"]).len();
    let before = told();
    set_status(&portal, &old, 2);
    until("the portal has told", || (told() > before).then_some(()));
    place.run(&["people", "split", ADA, "--email", ADA]).good();
    assert_eq!((&people(&place)[0]["email"], &people(&place)[0]["user_id"]), (&Json::Null, &json!(old)));
}

#[test]
fn two_rows_of_one_human_being_become_one() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let server = place.serve();
    assert_eq!(place.hire("3", ADA), Some(200));
    place.settled();
    delete(&portal, &user_id(&portal, ADA));
    assert_eq!(place.hire("9", "lovelace@corp.example"), Some(200));
    until("the second account", || (portal.users().len() == 1).then_some(()));
    place.settled();
    until("the deletion is known", || (people(&place)[0]["deleted_at"] != Json::Null).then_some(()));
    let merge = |keep: &str, other: &str| place.run(&["people", "merge", keep, other]);
    refused(&merge("1", "1"), 1, "both are person 1");
    refused(&merge("1", "99"), 1, "there is no person 99");
    refused(&merge("1", "nobody@corp.example"), 1, "the ledger knows nobody by 'nobody@corp.example'");
    let merged = merge("1", "lovelace@corp.example").good();
    assert_eq!(merged.out, "person 2 is merged into person 1, with 1 job(s)\n");
    let again = merge("1", "2").good();
    assert_eq!((again.out.as_str(), again.notes().contains("already; nothing was changed")), ("", true), "{again:#?}");
    refused(&merge("2", "1"), 1, "person 2 is merged into person 1; name that one");
    drop(server);
    let list = place.run(&["people", "list"]).good();
    assert!(list.out.contains(" (merged into 1) "), "{list:#?}");
    let shown = place.run(&["people", "show", "2"]).good();
    assert!(shown.out.contains("merged into    person 1"), "{shown:#?}");
    let row = &place.run(&["people", "show", "9", "--json"]).good().json()[0];
    assert_eq!((&row["id"], &row["email"]), (&json!(1), &json!("lovelace@corp.example")), "{row:#?}");
    assert_eq!(row["other_emails"], json!([ADA]));
    assert!(place.jobs(&["--person", "2"]).is_empty());
    assert_eq!(place.jobs(&["--person", "1", "--kind", "onboard"]).len(), 2);
    assert_eq!(acts(&place), [("merge".to_owned(), "person 2 into person 1".to_owned(), None)]);
}

#[test]
fn an_id_is_split_off_into_a_row_of_its_own() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    let server = place.serve();
    let hire = |employee: &str, email: &str| {
        let data = json!({"employee_id": employee, "email": email, "first_name": "Ada", "match_id": "m-1"});
        assert_eq!(place.post("own", &json!({"type": "employee.hired", "data": data}).to_string()), Some(200));
        place.settled();
    };
    hire("3", ADA);
    hire("9", "bob@corp.example");
    drop(server);
    assert_eq!(people(&place).len(), 1, "the shared id was a wrong one");
    let split = |key: &str, value: &str| place.run(&["people", "split", "1", key, value]);
    assert_eq!(split("--employee", "own/9").good().out, "it is taken off person 1, and person 2 has it now\n");
    assert_eq!(split("--match-id", "m-1").good().out, "it is taken off person 1, and person 3 has it now\n");
    refused(&split("--employee", "own/9"), 1, "person 1 is not known by that");
    refused(&split("--employee", "nonsense"), 2, "SOURCE/ID");
    refused(&place.run(&["people", "split", "1"]), 2, "--email");
    refused(&place.run(&["people", "split", "1", "--email", ADA, "--match-id", "m"]), 2, "cannot be used with");
    let shown = place.run(&["people", "show", "2"]).good();
    assert!(shown.out.contains("split from     person 1"), "{shown:#?}");
    assert_eq!(
        acts(&place),
        [
            ("split".to_owned(), "person 1 into person 2".to_owned(), Some("an employee id of own".to_owned())),
            ("split".to_owned(), "person 1 into person 3".to_owned(), Some("a match id".to_owned())),
        ]
    );
}
