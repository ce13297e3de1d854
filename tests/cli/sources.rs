//! `usher sources`: a platform that tells its secret in its first request, from the first start to webhooks that verify.

use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::{Value as Json, json};

use crate::stage::Place;
use crate::wire::{hmac, request};

const TELLER: &str = r#"
name = "teller"
docs = "https://example.com/webhooks"
setup = "Enter {url} as the address. Then call PUT /subscriptions/UUID/verify with the token."
[auth]
kind = "hmac"
signed = "{body}"
sig = "header:x-signature"
[[handshake]]
method = "POST"
secret = "json:/verification_token"
[[event]]
kind = "employee.hired"
employee_id = "item.id"
email = "item.email"
"#;

/// The usual place, with a source that waits for its secret.
fn waiting() -> Place {
    let place = Place::usual();
    place.write("connectors.d/teller.toml", TELLER);
    let text = place.read("usher.toml");
    place.write(
        "usher.toml",
        &format!(
            "{text}[connectors]\ndirectory = \"connectors.d\"\n[sources.payroll]\nconnector = \"teller\"\n\
             secrets = [{{ file = \"secrets/payroll\" }}]\nawaiting_secret = true\n"
        ),
    );
    place.edit("[server]\n", "[server]\npublic_url = \"https://hooks.example.com/usher\"\n");
    place
}

const HIRE: &str = r#"{"id":"7","email":"ada@corp.example"}"#;

fn post(place: &Place, secret: &str) -> u16 {
    let signature = format!("x-signature: {}", hmac(secret, HIRE));
    request(place.public, "POST /hooks/payroll HTTP/1.1", &[&signature], HIRE.as_bytes()).unwrap().0
}

fn tell(place: &Place, secret: &str) -> u16 {
    let body = json!({"verification_token": secret}).to_string();
    request(place.public, "POST /hooks/payroll HTTP/1.1", &[], body.as_bytes()).unwrap().0
}

fn payroll(place: &Place) -> Json {
    let rows = place.run(&["sources", "list", "--json"]).good();
    assert!(!rows.out.contains("tok-"), "{rows:#?}");
    rows.json().as_array().unwrap().iter().find(|row| row["name"] == "payroll").unwrap().clone()
}

fn secret(place: &Place, args: &[&str]) -> crate::stage::Ran {
    place.run(&[&["sources", "secret"], args].concat())
}

#[test]
fn a_told_secret_is_saved_while_serving_and_webhooks_verify_with_it() {
    let place = waiting();
    let check = place.run(&["check"]);
    assert!(check.out.contains("the source waits for its secret"), "{check:#?}");
    assert_eq!(payroll(&place)["state"], "awaiting secret", "also before there is a store");
    let server = place.serve();
    assert!(server.log().contains("the source waits for its secret"));
    assert_eq!(post(&place, "tok-from-the-platform"), 503);
    let none = secret(&place, &["payroll", "--save"]);
    assert_eq!(
        (none.code, none.err.contains("no secret waits for payroll: none was received yet")),
        (Some(1), true),
        "{none:#?}"
    );
    assert!(none.err.contains("https://hooks.example.com/usher/hooks/payroll"));

    assert_eq!(tell(&place, "tok-from-the-platform"), 200);
    let row = payroll(&place);
    assert_eq!((&row["state"], row["received_at"].as_array().unwrap().len()), (&json!("secret received"), 1));
    assert_eq!(row["endpoint"], "https://hooks.example.com/usher/hooks/payroll");
    let table = place.run(&["sources"]).good();
    assert!(table.notes().contains("source payroll: 1 secret(s) received, the last at 2"), "{table:#?}");
    let check = place.run(&["check"]);
    assert!(check.out.contains("`usher sources secret payroll --save` puts it"), "{check:#?}");

    let saved = secret(&place, &["payroll", "--save"]).good();
    assert_eq!(saved.out, "saved to secrets/payroll\n", "{saved:#?}");
    for told in [
        "call PUT /subscriptions/UUID/verify",
        "Enter https://hooks.example.com/usher/hooks/payroll as",
        "https://example.com/webhooks",
    ] {
        assert!(saved.err.contains(told), "{told}: {saved:#?}");
    }
    assert_eq!(place.read("secrets/payroll"), "tok-from-the-platform\n");
    assert_eq!(place.path("secrets/payroll").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(post(&place, "tok-from-the-platform"), 200, "without a restart");
    assert_eq!(post(&place, "tok-of-somebody"), 401);
    assert_eq!((&payroll(&place)["state"], &payroll(&place)["received_at"]), (&json!("ready"), &json!([])));
    assert_eq!(secret(&place, &["payroll"]).code, Some(1), "it is not kept any more");

    let audit = place.run(&["audit", "--json"]).good().json();
    assert_eq!((&audit[0]["what"], &audit[0]["subject"]), (&json!("save secret"), &json!("source payroll")));
    assert!(!server.log().contains("tok-"), "{}", server.log());
    assert!(server.log().contains("has told a secret") && server.log().contains("a secret that was awaited is there"));
    drop(server);
    let check = place.run(&["check"]);
    assert!(!check.out.contains("waits for its secret") && !check.out.contains("received"), "{check:#?}");
}

#[test]
fn a_secret_told_again_to_a_source_that_has_one_is_kept_and_overwrites_nothing() {
    let place = waiting();
    place.write("secrets/payroll", "tok-from-the-platform");
    let server = place.serve();
    assert_eq!(post(&place, "tok-from-the-platform"), 200);
    assert_eq!(tell(&place, "tok-asked-for-again"), 200);
    assert_eq!(payroll(&place)["state"], "ready", "a stranger's word changes nothing");
    let full = secret(&place, &["payroll", "--save"]);
    assert_eq!(full.code, Some(1));
    assert!(full.err.contains("holds a secret already, and nothing was changed"), "{full:#?}");
    assert_eq!(place.read("secrets/payroll"), "tok-from-the-platform");
    assert!(secret(&place, &["payroll"]).good().out.ends_with("  tok-asked-for-again\n"));
    assert_eq!(post(&place, "tok-asked-for-again"), 401);
    assert!(!server.log().contains("tok-"), "{}", server.log());
}

#[test]
fn secrets_are_shown_once_and_of_several_none_is_saved() {
    let place = waiting();
    let server = place.serve();
    assert_eq!((tell(&place, "tok-1"), tell(&place, "tok-2")), (200, 200));
    let save = secret(&place, &["payroll", "--save"]);
    assert_eq!((save.code, save.err.contains("2 secrets were received")), (Some(1), true), "{save:#?}");
    assert!(!place.path("secrets/payroll").exists());
    let shown = secret(&place, &["payroll"]).good();
    let lines: Vec<_> = shown.out.lines().map(|line| line.split_once("  ").unwrap()).collect();
    assert_eq!(lines.iter().map(|(_, secret)| *secret).collect::<Vec<_>>(), ["tok-1", "tok-2"]);
    assert!(lines.iter().all(|(at, _)| at.parse::<jiff::Timestamp>().is_ok()), "{shown:#?}");
    assert!(shown.notes().contains("Anybody who knows https://hooks.example.com/usher/hooks/payroll can post one"));
    let again = secret(&place, &["payroll"]);
    assert_eq!((again.code, again.out.as_str()), (Some(1), ""));
    let audit = place.run(&["audit", "--json"]).good();
    assert_eq!((&audit.json()[0]["what"], &audit.json()[0]["detail"]), (&json!("show secret"), &json!("2 secret(s)")));
    assert!(!audit.out.contains("tok-"));
    drop(server);
}

#[test]
fn a_secret_goes_into_an_empty_file_and_into_none_that_another_source_reads() {
    let place = waiting();
    place.write("secrets/payroll", "\n");
    let server = place.serve();
    assert_eq!(tell(&place, "tok-1"), 200);
    place.edit("secrets/payroll", "secrets/hr");
    place.write("secrets/hr", "");
    let shared = secret(&place, &["payroll", "--save"]);
    assert_eq!(
        (shared.code, shared.err.contains("is the secret of the source bamboohr too")),
        (Some(2), true),
        "{shared:#?}"
    );
    place.edit("connector = \"teller\"\nsecrets = [{ file = \"secrets/hr\" }]", "connector = \"teller\"");
    let nowhere = secret(&place, &["payroll", "--save"]);
    assert_eq!((nowhere.code, nowhere.err.contains("names no file to save it to")), (Some(2), true), "{nowhere:#?}");
    place.edit("connector = \"teller\"", "connector = \"teller\"\nsecrets = [{ file = \"secrets/payroll\" }]");
    let unfit = "auth = { secret = { decode = \"hex\" } }\nawaiting_secret";
    place.edit("awaiting_secret", unfit);
    let odd = secret(&place, &["payroll", "--save"]);
    assert_eq!((odd.code, odd.err.contains("cannot be its secret")), (Some(1), true), "{odd:#?}");
    assert!(!odd.err.contains("tok-1"));
    place.edit(unfit, "awaiting_secret");
    secret(&place, &["payroll", "--save"]).good();
    assert_eq!(place.read("secrets/payroll"), "tok-1\n");
    assert_eq!(post(&place, "tok-1"), 200);
    drop(server);
}

#[test]
fn what_was_told_to_a_source_that_is_gone_can_still_be_taken() {
    let place = waiting();
    let server = place.serve();
    assert_eq!(tell(&place, "tok-1"), 200);
    drop(server);
    place.edit("[sources.payroll]", "[sources.wages]");
    let rows = place.run(&["sources", "--json"]).good().json();
    let row = rows.as_array().unwrap().iter().find(|row| row["name"] == "payroll").unwrap();
    assert_eq!((&row["state"], &row["connector"]), (&json!("not configured"), &json!(null)));
    assert_eq!(secret(&place, &["payroll", "--save"]).code, Some(2));
    assert!(secret(&place, &["payroll"]).good().out.ends_with("  tok-1\n"));
    assert_eq!(secret(&place, &["payroll"]).code, Some(2), "neither configured nor told anything");
    let never = secret(&place, &["own"]);
    assert_eq!((never.code, never.err.contains("does not tell one by itself")), (Some(1), true), "{never:#?}");
}

#[test]
fn the_list_needs_no_secret_and_says_which_source_is_ready() {
    let place = waiting();
    std::fs::remove_file(place.path("secrets/hr")).unwrap();
    let table = place.run(&["sources", "list"]).good();
    let line = |name: &str| table.out.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned();
    assert!(line("bamboohr").contains("lacks secret") && line("payroll").contains("awaiting secret"), "{table:#?}");
    assert!(table.err.contains("sources.bamboohr.secrets: no file"), "{table:#?}");
    place.edit("public_url = \"https://hooks.example.com/usher\"\n", "");
    assert_eq!(payroll(&place)["endpoint"], "/hooks/payroll");
    symlink(place.path("secrets/docspace"), place.path("secrets/payroll")).unwrap();
    assert_eq!(payroll(&place)["state"], "ready");
}
