//! `usher connectors`: what an administrator reads before setting a platform up.

use serde_json::json;

use crate::stage::Place;

pub(crate) const THIN: &str = r#"
name = "acme"
title = "Acme People"
docs = "https://acme.example/webhooks"
limits = "Contractors are not told."
decode = ["json", "form"]
setup = """
Open Settings, Webhooks, and write {url} as the address.
Choose all events.
"""
[evidence]
scheme = "vendor"
payload = "third-party"
fetch = "assumed"
note = "no answer was seen"
[sender]
deadline = "3s"
statuses = "2xx"
retries = "six times in three days"
[auth]
kind = "hmac"
signed = "{timestamp}"
timestamp = { src = "header:x-acme-time" }
sig = "header:x-acme"
# Where people stand.

# What somebody who works here
# has for a status.
[options]
status = "Status"
[[handshake]]
method = "GET"
echo = { from = "query:challenge", to = "text" }
[fetch]
path = "/v1/people/{{ item.id }}"
auth = ["bearer", "oauth2"]
secret_headers = ["x-account-token"]
per_minute = 30
[[event]]
kind = "employee.hired"
when = "fetched.state == source.options.status"
employee_id = "item.id"
email = "fetched.mail"
first_name = "fetched.first"
[[event]]
kind = "employee.terminated"
fetch = false
employee_id = "item.id"
"#;

const PULLED: &str = r#"
name = "pulled"
title = "Pulled People"
docs = "https://pulled.example"
limits = """
It has a queue and posts nothing.
Export the list and run `usher people invite --file`.
"""
"#;

pub(crate) fn place(config: &str) -> Place {
    let place = Place::empty();
    place.write("usher.toml", &format!("[connectors]\ndirectory = \"connectors.d\"\n{config}"));
    place.write("connectors.d/acme.toml", THIN);
    place.write("connectors.d/pulled.toml", PULLED);
    place
}

const SOURCES: &str = r#"
[server]
public_url = "https://hooks.example.com/usher"
[sources.hr]
connector = "acme"
secrets = [{ env = "UNSET" }]
options = { status = "State" }
[sources.own]
connector = "generic-hmac"
secrets = []
"#;

#[test]
fn a_platform_is_shown_with_everything_that_is_to_be_done_and_known() {
    let shown = place(SOURCES).run(&["connectors", "show", "acme"]).good();
    assert_eq!(
        shown.out,
        r#"name       acme
title      Acme People
docs       https://acme.example/webhooks
file       connectors.d/acme.toml
evidence   scheme: vendor, payload: third-party, fetch: assumed
evidence   what is assumed is served for a source that says accept_assumptions = true, and for no other
note       no answer was seen
limits     Contractors are not told.
sender     waits 3 s for an answer
sender     takes for success: 2xx
sender     tries again: six times in three days
address    https://hooks.example.com/usher/hooks/hr (source hr)
setup      Open Settings, Webhooks, and write https://hooks.example.com/usher/hooks/hr as the address.
setup      Choose all events.
auth       kind = "hmac"
auth       signed = "{timestamp}"
auth       timestamp = {"src":"header:x-acme-time"}
auth       sig = "header:x-acme"
auth       the signature does not cover the body: serve refuses it, explain verifies it
decode     json, form
handshake  GET echo = {"from":"query:challenge","to":"text"}
fetch      GET /v1/people/{{ item.id }} below the base that the source names
fetch      needs in [sources.NAME.fetch]: base, bearer or oauth2, headers.x-account-token
fetch      at most 30 calls a minute, 10 s each
fetch      tells email, first_name
event      employee.hired: email, employee_id, first_name, kind
event      employee.hired tells no first day (starts_on): rules with before_start hold them
event      employee.terminated: employee_id, kind
event      employee.terminated tells no last day (ends_on): rules with after_end hold leavers
option     # What somebody who works here
option     # has for a status.
option     status = "Status"; the source hr sets "State"
source     one of it, for the configuration:

[sources.acme]
connector = "acme"
secrets = [{ file = "secrets/acme" }]
accept_assumptions = true   # compare a real request first: assumed is the fetch

[sources.acme.fetch]
base = "https://YOUR-ACCOUNT.example.com"   # where your account is
bearer = { file = "secrets/acme_token" }
# or oauth2 = { client_id = "CLIENT", client_secret = { file = "secrets/acme_client" }, token_url = "https://YOUR-ACCOUNT.example.com/oauth/token" }
headers = { x-account-token = { file = "secrets/acme_x-account-token" } }
"#
    );
}

#[test]
fn of_a_body_that_is_not_signed_nothing_is_believed_where_the_platform_is_always_asked() {
    let place = place(SOURCES);
    place.write("connectors.d/acme.toml", &THIN.replace("fetch = false\n", ""));
    let shown = place.run(&["connectors", "show", "acme"]).good();
    let line = "auth       the signature does not cover the body, of which nothing is believed but whom to ask about\n";
    assert!(shown.out.contains(line), "{}", shown.out);
}

#[test]
fn what_is_written_above_an_option_is_shown_with_it() {
    let notes = |name: &str| {
        let shown = place("").run(&["connectors", "show", name, "--json"]).good().json();
        (shown[0]["options"].clone(), shown[0]["option_notes"].clone())
    };
    let (_, own) = notes("acme");
    assert_eq!(own.as_object().unwrap().len(), 1);
    let (options, told) = notes("remote");
    assert!(told["email_on"].as_str().unwrap().starts_with("An address at work that is entered late"), "{told}");
    // A list over several lines is one option, and one without a word of its own has none.
    assert!(options["updated_on"].is_array() && told.get("updated_on").is_none(), "{told}");
    let (options, told) = notes("zoho-people");
    assert!(options["months"].is_object() && told["months"].as_str().unwrap().contains("01-Oct-2026"), "{told}");
}

#[test]
fn the_same_is_there_as_json() {
    let place = place(SOURCES);
    let shown = place.run(&["connectors", "show", "acme", "--json"]).good().json().as_array().unwrap().clone();
    assert_eq!(shown.len(), 1);
    let acme = &shown[0];
    for (pointer, value) in [
        ("/title", json!("Acme People")),
        ("/limits", json!("Contractors are not told.")),
        (
            "/evidence",
            json!({"scheme": "vendor", "payload": "third-party", "fetch": "assumed", "weakest": "assumed", "note": "no answer was seen"}),
        ),
        ("/sender", json!({"deadline_seconds": 3, "statuses": "2xx", "retries": "six times in three days"})),
        ("/endpoints/0/source", json!("hr")),
        ("/endpoints/0/url", json!("https://hooks.example.com/usher/hooks/hr")),
        ("/endpoints/0/options", json!({"status": "State"})),
        ("/events", json!(["employee.hired", "employee.terminated"])),
        ("/fields/employee.terminated", json!(["employee_id", "kind"])),
        ("/covers_body", json!(false)),
        ("/decode", json!(["json", "form"])),
        ("/handshakes/0/method", json!("GET")),
        ("/fetch/secret_headers", json!(["x-account-token"])),
        ("/fetched_fields", json!(["email", "first_name"])),
        ("/options", json!({"status": "Status"})),
        ("/option_notes", json!({"status": "What somebody who works here\nhas for a status."})),
        ("/answer", json!(200)),
    ] {
        assert_eq!(acme.pointer(pointer), Some(&value), "{pointer}");
    }
    let setup = acme["endpoints"][0]["setup"].as_str().unwrap();
    assert!(setup.contains("write https://hooks.example.com/usher/hooks/hr as"), "{setup}");
    let list = place.run(&["connectors", "--json"]).good().json();
    let rows = list.as_array().unwrap();
    assert!(rows.contains(acme), "the list has all of it");
    assert!(rows.iter().any(|row| row["name"] == "pulled"), "and those that cannot post");
}

#[test]
fn the_list_says_in_a_word_how_well_each_is_known() {
    let list = place("").run(&["connectors"]).good();
    let row = |name: &str| {
        let mut rows = list.out.lines().filter(|line| line.split_whitespace().next() == Some(name));
        let row = rows.next().unwrap_or_else(|| panic!("{list:#?}"));
        assert_eq!(rows.next(), None, "{list:#?}");
        row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("acme"), ["acme", "Acme People", "hired terminated", "assumed", "connectors.d/acme.toml"]);
    assert_eq!(
        row("pulled"),
        ["pulled", "Pulled People", "none: it cannot be connected directly", "connectors.d/pulled.toml"]
    );
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do_instead() {
    let place = place("[sources.hr]\nconnector = \"pulled\"\nsecrets = [{ env = \"UNSET\" }]\n");
    let shown = place.run(&["connectors", "show", "pulled"]).good();
    assert_eq!(
        shown.out,
        "name       pulled\ntitle      Pulled People\ndocs       https://pulled.example\nfile       connectors.d/pulled.toml\n\
         events     none: it cannot be connected directly, and no source can be of it\n\
         limits     It has a queue and posts nothing.\nlimits     Export the list and run `usher people invite --file`.\n"
    );
    let json = place.run(&["connectors", "show", "pulled", "--json"]).good().json();
    assert_eq!((&json[0]["name"], &json[0]["events"]), (&json!("pulled"), &json!([])));
    let serve = place.run(&["serve"]);
    assert_eq!(serve.code, Some(2), "{serve:#?}");
    assert!(
        serve.err.contains(
            "sources.hr.connector: Pulled People cannot be connected directly, so no source can be of it: It has a queue"
        ),
        "{serve:#?}"
    );
}

#[test]
fn an_address_is_shown_before_there_is_a_source() {
    let address = |place: &Place, name: &str| {
        let shown = place.run(&["connectors", "show", name]).good();
        shown.out.lines().find(|line| line.starts_with("address")).unwrap().to_owned()
    };
    assert_eq!(
        address(&Place::empty(), "bamboohr"),
        "address    https://YOUR-HOST/hooks/bamboohr once [sources.bamboohr] is in the configuration"
    );
    assert_eq!(
        address(&place("[sources.b]\nconnector = \"acme\"\n[sources.a]\nconnector = \"acme\"\n"), "acme"),
        "address    https://YOUR-HOST/hooks/a (source a)"
    );
    assert_eq!(
        address(&place(SOURCES), "bamboohr"),
        "address    https://hooks.example.com/usher/hooks/bamboohr once [sources.bamboohr] is in the configuration"
    );
}

#[test]
fn a_name_that_nobody_has_leads_to_those_like_it() {
    let place = place("");
    for (name, expected) in [
        ("bambohr", "error: there is no connector 'bambohr'; is bamboohr or bamboohr-events meant?\n"),
        ("pulledpeople", "error: there is no connector 'pulledpeople'; is pulled meant?\n"),
    ] {
        let shown = place.run(&["connectors", "show", name]);
        assert_eq!((shown.code, shown.out.as_str(), shown.err.as_str()), (Some(2), "", expected));
    }
    let shown = place.run(&["connectors", "show", "xyz"]);
    assert_eq!(shown.err, "error: there is no connector 'xyz'; `usher connectors` lists all\n");
}
