//! Mishaps that HR departments fear, as they come in: who is invited all the same, and who is not. The README names them.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::actors::Sandbox;
use crate::stage::{Place, until, until_within};
use crate::wire::hmac;

/// The usual place with more in its configuration: what stands before its rules, and its rules.
pub(crate) fn place(before: &str, rules: &str) -> Place {
    let place = Place::usual();
    let text = place.read("usher.toml");
    let (head, _) = text.split_once("[[rules]]").unwrap();
    place.write("usher.toml", &format!("{head}{before}\n{rules}"));
    place
}

/// Post an event to a source with the connector generic-hmac.
pub(crate) fn tell(place: &Place, source: &str, kind: &str, data: &Json) {
    assert_eq!(place.post(source, &json!({"type": kind, "data": data}).to_string()), Some(200));
}

/// The jobs of a kind: how many in this state.
pub(crate) fn count(jobs: &[Json], kind: &str, state: &str) -> usize {
    jobs.iter().filter(|job| job["kind"] == kind && job["state"] == state).count()
}

/// Why the only held job waits.
pub(crate) fn held(jobs: &[Json]) -> String {
    let held: Vec<_> = jobs.iter().filter(|job| job["state"] == "held").collect();
    assert_eq!(held.len(), 1, "{jobs:#?}");
    held[0]["reason"].as_str().unwrap().to_owned()
}

pub(crate) fn status_of(portal: &Sandbox, email: &str) -> i64 {
    let state = portal.state();
    let user = state["users"].as_array().unwrap().iter().find(|user| user["email"] == email).cloned();
    user.unwrap_or_else(|| panic!("no account of {email}"))["status"].as_i64().unwrap()
}

const ONBOARD: &str = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n";

/// A body of many new people, as one delivery of a field-based webhook.
fn staff(number: usize) -> String {
    let field = |value: &str| json!({"value": value});
    let employee = |n: usize| {
        json!({
            "id": n.to_string(), "changedFields": ["Status"],
            "fields": {
                "First name": field("Ada"), "Last name": field("Example"), "Work Email": field(&format!("p{n}@example.com")),
                "Hire Date": field("2026-09-01"), "Status": field("Active"),
            },
        })
    };
    json!({"employees": (1..=number).map(employee).collect::<Vec<_>>()}).to_string()
}

#[test]
fn mass_import() {
    let place = place("[guard]\nnew_people_per_day = 50\n", ONBOARD);
    let portal = place.sandbox(&[]);
    let server = place.serve();
    let body = staff(2000);
    let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string();
    let signature = hmac(crate::stage::HR_SECRET, &format!("{body}{stamp}"));
    let head = [
        format!("x-bamboohr-signature: {signature}"),
        format!("x-bamboohr-timestamp: {stamp}"),
        "content-type: application/json".to_owned(),
    ];
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    let answer = crate::wire::request(place.public, "POST /hooks/bamboohr HTTP/1.1", &head, body.as_bytes());
    assert_eq!(answer.unwrap().0, 200);
    until_within(Duration::from_secs(240), "all but fifty wait", || {
        (place.jobs(&["--state", "held"]).len() == 1950).then_some(())
    });
    let jobs = place.settled();
    assert_eq!((count(&jobs, "onboard", "done"), count(&jobs, "onboard", "held")), (50, 1950));
    assert_eq!(portal.users().len(), 50);
    assert_eq!(server.log().matches("the guard holds people").count(), 1, "one notice for the burst");
    let released = place.run(&["jobs", "release", "--state", "held", "--kind", "onboard", "--limit", "100"]).good();
    assert_eq!(released.out, "100 released\n");
    until("they are invited", || (portal.users().len() == 150).then_some(()));
    place.settled();
    let cancelled = place.run(&["jobs", "cancel", "--state", "held"]).good();
    assert_eq!(cancelled.out, "1850 cancelled\n");
    assert_eq!(portal.users().len(), 150);
    let state = portal.state();
    assert_eq!(state["mails"].as_array().unwrap().len(), 150, "each of them one letter");
}

#[test]
fn rescinded_hire() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", before_start = \"3d\" }\n\
                 [[rules]]\non = \"employee.rescinded\"\ndisable = {}\n";
    let place = place("", rules);
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    let day = |days: i64| jiff::Zoned::now().date().saturating_add(jiff::ToSpan::days(days));
    let ada = json!({"employee_id": "1", "email": "ada@example.com", "first_name": "Ada", "starts_on": day(60)});
    tell(&place, "own", "employee.hired", &ada);
    let planned = until("the onboarding is planned", || {
        let people = place.run(&["people", "list", "--planned", "--json"]).json();
        people.as_array().filter(|people| !people.is_empty()).cloned()
    });
    assert_eq!(planned[0]["plans"][0]["due_at"], format!("{}T08:00:00Z", day(57)).as_str(), "{planned:#?}");
    tell(&place, "own", "employee.rescinded", &json!({"employee_id": "1"}));
    until("nothing is planned any more", || {
        let people = place.run(&["people", "list", "--planned", "--json"]).json();
        (people == json!([])).then_some(())
    });
    // Somebody else has been invited already.
    tell(
        &place,
        "own",
        "employee.hired",
        &json!({"employee_id": "2", "email": "bob@example.com", "first_name": "Bob",
        "starts_on": "2026-01-01"}),
    );
    place.settled();
    tell(&place, "own", "employee.rescinded", &json!({"employee_id": "2"}));
    until("the account is disabled", || (status_of(&portal, "bob@example.com") == 2).then_some(()));
    assert_eq!(portal.users(), ["bob@example.com"], "who was rescinded in time was never invited");
}

#[test]
fn private_mailbox() {
    let before = "[guard]\nemail_domains = [\"example.com\"]\n\
                  [sources.applicants]\nconnector = \"generic-hmac\"\nsecrets = [{ file = \"secrets/hr\" }]\n";
    let place = place(before, ONBOARD);
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    tell(
        &place,
        "applicants",
        "employee.hired",
        &json!({"employee_id": "candidate-9", "email": "ada@home.example.org",
        "first_name": "Ada", "match_id": "P-1"}),
    );
    assert!(held(&place.settled()).contains("email_domains"));
    tell(
        &place,
        "own",
        "employee.hired",
        &json!({"employee_id": "4711", "email": "ada@example.com", "first_name": "Ada",
        "match_id": "P-1"}),
    );
    let jobs = place.settled();
    assert_eq!((count(&jobs, "onboard", "done"), count(&jobs, "onboard", "cancelled")), (1, 1), "{jobs:#?}");
    assert_eq!(portal.users(), ["ada@example.com"]);
    assert_eq!(portal.mails("ada@home.example.org"), [""; 0]);
    let people = place.run(&["people", "list", "--json"]).good().json();
    assert_eq!(people.as_array().unwrap().len(), 1, "candidate and employee are one person: {people:#}");
    assert_eq!(people[0]["employees"].as_array().unwrap().len(), 2);
}

#[test]
fn contractor_without_the_field() {
    let rules = "[[rules]]\non = \"employee.hired\"\nwhen = \"event.employment_type != 'contractor'\"\n\
                 onboard = { type = \"User\" }\n";
    let place = place("", rules);
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    tell(
        &place,
        "own",
        "employee.hired",
        &json!({"employee_id": "1", "email": "ada@example.com", "first_name": "Ada"}),
    );
    assert!(held(&place.settled()).contains("employment_type"));
    tell(
        &place,
        "own",
        "employee.hired",
        &json!({"employee_id": "2", "email": "bob@example.com", "first_name": "Bob",
        "employment_type": "contractor"}),
    );
    tell(
        &place,
        "own",
        "employee.hired",
        &json!({"employee_id": "3", "email": "eve@example.com", "first_name": "Eve",
        "employment_type": "permanent"}),
    );
    until("who is in is invited", || (portal.users() == ["eve@example.com"]).then_some(()));
    place.settled();
    assert_eq!(place.run(&["jobs", "release", "--state", "held"]).good().out, "1 released\n");
    until("who was looked at is invited", || (portal.users().len() == 2).then_some(()));
    assert!(!portal.users().contains(&"bob@example.com".to_owned()));
}

#[test]
fn recycled_address() {
    let place = place("", ONBOARD);
    let portal = place.sandbox(&[]);
    let _server = place.serve();
    let hire = |id: &str, first: &str| {
        let data = json!({"employee_id": id, "email": "a.example@example.com", "first_name": first});
        tell(&place, "own", "employee.hired", &data);
    };
    hire("1", "Ada");
    place.settled();
    hire("2", "Anton");
    let reason = held(&place.settled());
    assert!(reason.contains("under another employee id"), "{reason}");
    assert_eq!(portal.users(), ["a.example@example.com"]);
    assert_eq!(portal.mails("a.example@example.com"), ["activation"], "nobody got a second letter");
}
