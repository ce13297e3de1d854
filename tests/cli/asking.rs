//! What a person sees, and can do, while a platform is to be asked.

use serde_json::json;

use crate::fetching::{asking, platform};
use crate::stage::{HR_SECRET, Place, free_port, until};
use crate::wire::request;

fn post(place: &Place, body: &str) {
    let token = format!("x-token: {HR_SECRET}");
    assert_eq!(request(place.public, "POST /hooks/acme HTTP/1.1", &[&token], body.as_bytes()).unwrap().0, 200);
}

fn fetch(at: &str) -> String {
    format!("fetch = {{ base = \"http://{at}/api\", allow = [\"127.0.0.1\"], bearer = {{ file = \"secrets/acme\" }} }}")
}

/// The number of the one question that has come to this state.
fn question(place: &Place, state: &str) -> String {
    until(state, || {
        let jobs = place.jobs(&["--kind", "fetch", "--state", state]);
        jobs.first().filter(|job| state != "ready" || !job["reason"].is_null()).map(|job| job["id"].to_string())
    })
}

#[test]
fn a_question_that_is_held_says_what_it_asks_and_the_delivery_where_it_stands() {
    let (address, _) = platform(401, "");
    let place = asking("auth = [\"bearer\"]", &fetch(&address.to_string()));
    let _portal = place.sandbox(&[]);
    let _server = place.serve();
    post(&place, r#"{"id": "7/b"}"#);
    let id = question(&place, "held");
    let line = format!("GET http://{address}/api/v1/people/7%2Fb");
    let shown = place.run(&["jobs", "show", &id]).good();
    assert!(shown.out.contains(&format!("  asks      {line}\n")), "{shown:#?}");
    assert!(shown.out.contains("bearer is in the file secrets/acme, which is read again"), "{shown:#?}");
    assert_eq!(place.run(&["jobs", "show", &id, "--json"]).good().json()[0]["asks"], line);
    let list = place.run(&["jobs", "list", "--state", "held"]).good();
    assert!(list.out.contains(" /v1/people/7%2Fb "), "{list:#?}");
    let deliveries = place.run(&["deliveries", "list"]).good();
    assert_eq!(place.run(&["deliveries", "list", "--json"]).good().json()[0]["open_items"][0]["state"], "held");
    assert!(deliveries.out.contains(&format!("one item, taken on its own (job {id} held)")), "{deliveries:#?}");
    place.run(&["jobs", "cancel", &id]).good();
    let list = place.run(&["jobs", "list", "--kind", "fetch"]).good();
    assert!(!list.out.contains("/v1/people"), "what is over is in the ledger: {list:#?}");
}

#[test]
fn a_question_that_was_answered_says_with_its_delivery_what_followed() {
    let (address, _) = platform(200, r#"{"email": "ada@corp.example", "first": "Ada", "last": "Example"}"#);
    let place = asking("auth = [\"bearer\"]", &fetch(&address.to_string()));
    let _portal = place.sandbox(&[]);
    let _server = place.serve();
    post(&place, r#"{"id": 7}"#);
    until("she is invited", || place.jobs(&["--kind", "onboard", "--state", "done"]).pop());
    let deliveries = place.run(&["deliveries", "list"]).good();
    assert!(deliveries.out.contains("one item, taken on its own (employee.hired -> onboard)"), "{deliveries:#?}");
}

#[test]
fn a_question_that_waits_for_another_try_can_be_asked_now() {
    let port = free_port();
    let place = asking("auth = [\"bearer\"]", &fetch(&format!("127.0.0.1:{port}")));
    let _portal = place.sandbox(&[]);
    let server = place.serve();
    post(&place, r#"{"id": 7}"#);
    let id = question(&place, "ready");
    drop(server);
    let due = |place: &Place| {
        let due = place.jobs(&["--kind", "fetch"])[0]["due_at"].as_str().unwrap().to_owned();
        due.parse::<jiff::Timestamp>().unwrap()
    };
    // As after hours without an answer.
    let store = rusqlite::Connection::open(place.path("usher.db")).unwrap();
    store.execute("UPDATE jobs SET due_at = due_at + 900000 WHERE kind = 'fetch'", []).unwrap();
    drop(store);
    let later = due(&place);
    let hurried = place.run(&["jobs", "retry", &id]).good();
    assert_eq!((hurried.out.as_str(), due(&place) < later), ("1 retried\n", true), "{hurried:#?}");
    let again = place.run(&["jobs", "retry", &id]);
    assert_eq!((again.code, again.out.as_str()), (Some(1), "0 retried\n"), "{again:#?}");
    assert!(again.err.contains("is ready; it cannot be retried: no try of it has failed, or it is due"), "{again:#?}");
    let audit = place.run(&["audit", "--json"]).good().json();
    let acts = audit.as_array().unwrap().iter().filter(|act| act["what"] == "retry").count();
    assert_eq!(acts, 1, "{audit:#}");
}

#[test]
fn a_source_that_could_not_be_served_is_not_called_ready() {
    let state = |place: &Place| {
        let rows = place.run(&["sources", "list", "--json"]).good().json();
        let row = rows.as_array().unwrap().iter().find(|row| row["name"] == "acme").unwrap().clone();
        (row["state"].as_str().unwrap().to_owned(), row["lacks"].as_str().unwrap_or_default().to_owned())
    };
    let auth = "auth = [\"bearer\", \"basic\"]\nsecret_headers = [\"x-account\"]";
    let place = asking(auth, "fetch.base = \"https://acme.example\"");
    let (word, lacks) = state(&place);
    assert_eq!(word, "lacks fetch credentials");
    assert!(lacks.contains("[sources.acme.fetch] lacks bearer or basic and headers.x-account"), "{lacks}");
    assert!(place.run(&["sources"]).good().notes().contains(&lacks));
    let place = asking(auth, "fetch = { bearer = { env = \"A\" }, headers = { X-Account = { env = \"B\" } } }");
    assert_eq!(state(&place).0, "lacks fetch.base");
    let place = asking("auth = [\"bearer\"]", &fetch("127.0.0.1:1"));
    assert_eq!(state(&place), ("ready".to_owned(), String::new()));
    place.write("secrets/acme", "\n");
    let (word, lacks) = state(&place);
    assert_eq!(word, "lacks fetch credentials");
    assert!(lacks.contains("sources.acme.fetch.bearer: the file secrets/acme holds no secret"), "{lacks}");
    place.write("secrets/acme", "acme-s3cret");
    let connector = place.read("connectors.d/acme.toml");
    place.write("connectors.d/acme.toml", &format!("{connector}[evidence]\npayload = \"assumed\"\n"));
    assert_eq!(state(&place).0, "lacks accept_assumptions");
    place.edit("connector = \"acme\"\n", "connector = \"acme\"\naccept_assumptions = true\n");
    assert_eq!(state(&place).0, "ready");
}

#[test]
fn an_item_that_cannot_be_read_is_told_beside_what_became_of_the_others() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    place.write(
        "connectors.d/list.toml",
        "name = \"list\"\n[auth]\nkind = \"token\"\ntoken = \"header:x-token\"\n[[event]]\nkind = \"employee.hired\"\n\
         items = \"body.people\"\nemployee_id = \"item.id\"\nemail = \"item.mail\"\nfirst_name = \"item.name\"\n",
    );
    place.edit(
        "[sources.own]",
        "[connectors]\ndirectory = \"connectors.d\"\n[sources.acme]\nconnector = \"list\"\nsecrets = [{ file = \"secrets/hr\" }]\n[sources.own]",
    );
    let _server = place.serve();
    let person = |id: u8| json!({"id": id, "mail": format!("p{id}@corp.example"), "name": "Ada"});
    post(&place, &json!({"people": [person(1), {"id": 2}, person(3)]}).to_string());
    let dead = until("one is dead", || Some(place.jobs(&["--state", "dead"]).first()?["id"].to_string()));
    let deliveries = place.run(&["deliveries", "list"]).good();
    let told =
        format!("employee.hired, employee.hired -> onboard, onboard; 1 item could not be read (job {dead} dead)");
    assert!(deliveries.out.contains(&told), "{deliveries:#?}");
}
