//! `usher hooks install` where it cannot work: nothing is changed, and the administrator is told what to do.

use serde_json::{Value as Json, json};
use usher::sandbox::{Key, Role, Settings};

use crate::portal::{Portal, reachable};
use crate::stage::{DOCSPACE_SECRET, Place, Ran};

const STRONG: &str = "sk-feed0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab";

fn usual(_: &mut Settings) {}

fn install(place: &Place) -> Ran {
    place.run(&["hooks", "install"])
}

/// It failed with these words, and everything is as before.
fn refused(place: &Place, portal: &Portal, words: &[&str]) {
    let ran = install(place);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let told = format!("{}{}", ran.out, ran.notes());
    for word in words {
        assert!(told.contains(word), "{word}: {told}");
    }
    unchanged(place, portal);
}

fn unchanged(place: &Place, portal: &Portal) {
    assert_eq!(portal.hooks(), [Json::Null; 0]);
    assert_eq!(place.read("secrets/docspace"), DOCSPACE_SECRET);
    assert!(!place.path("secrets/docspace.former").exists());
}

#[test]
fn without_a_server_the_probe_fails_and_that_is_told() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    refused(&place, &portal, &["HEAD gets no answer", "is `usher serve` running", "status 500", "Nothing was changed"]);
}

#[test]
fn something_else_at_the_address_is_told() {
    let place = reachable();
    place.edit(
        &format!("public_url = \"http://{}\"", place.public),
        &format!("public_url = \"http://{}\"", place.portal),
    );
    let portal = Portal::open(&place, usual);
    refused(&place, &portal, &["HEAD is answered with 404", "reverse proxy", "status 400", "Nothing was changed"]);
}

#[test]
fn an_address_in_a_private_network_is_told_with_both_ways_out() {
    let place = reachable();
    let own = format!("public_url = \"http://{}\"", place.public);
    place.edit(&own, "public_url = \"http://usher.corp.example:8080\"");
    let portal = Portal::open(&place, usual);
    portal.sandbox.set_host("usher.corp.example", &["10.1.2.3".parse().unwrap()]);
    refused(&place, &portal, &["public address", "webhooks:blacklist", "Nothing was changed"]);
    place.edit("usher.corp.example:8080", "10.1.2.3:8080");
    let ran = place.run(&["hooks", "install", "--dry-run"]).good();
    assert!(ran.out.contains("leads to 10.1.2.3, which is private: this portal is a sandbox"), "{ran:#?}");
}

#[test]
fn the_role_of_the_keys_owner_decides() {
    for (role, is_refused, words) in [
        (Role::User, true, "a User, whom the portal tells of nobody; use the key of a DocSpace administrator"),
        (Role::RoomAdmin, false, "only part of the guests"),
        (Role::DocSpaceAdmin, false, "sees everybody"),
    ] {
        let place = reachable();
        let portal = Portal::open(&place, |settings| settings.role = role);
        let _server = place.serve();
        if is_refused {
            refused(&place, &portal, &["FAILED", words]);
        } else {
            let ran = install(&place).good();
            assert!(ran.out.contains(words), "{ran:#?}");
            assert_eq!(portal.hooks().len(), 1);
        }
    }
}

#[test]
fn a_key_without_the_scope_is_told_and_a_stronger_one_is_used_once() {
    let place = reachable();
    let portal = Portal::open(&place, |settings| {
        settings.permissions = vec!["accounts:write".to_owned(), "accounts.self:read".to_owned(), "*:read".to_owned()];
        settings.extra_keys = vec![Key { key: STRONG.to_owned(), permissions: vec!["*:write".to_owned()] }];
    });
    let server = place.serve();
    refused(&place, &portal, &["FAILED", "*:write", "--api-key-file"]);
    place.write("strong", &format!("{STRONG}\n"));
    let strong = ["--api-key-file", "strong"];
    let ran = place.run(&[&["hooks", "install"][..], &strong].concat()).good();
    assert!(!ran.out.contains(STRONG) && !ran.err.contains(STRONG), "{ran:#?}");
    assert_eq!(portal.hooks().len(), 1);
    for file in ["usher.toml", "secrets/api_key", "secrets/docspace"] {
        assert!(!place.read(file).contains(STRONG), "{file}");
    }
    let store = std::fs::read(place.path("usher.db")).unwrap();
    assert!(!store.windows(STRONG.len()).any(|part| part == STRONG.as_bytes()) && !server.log().contains(STRONG));
    std::fs::remove_file(place.path("secrets/api_key")).unwrap();
    assert_eq!(place.run(&[&["hooks", "list", "--json"][..], &strong].concat()).good().json()[0]["ours"], true);
    place.write("secrets/api_key", crate::stage::API_KEY);
    assert_eq!(place.run(&["hooks", "remove"]).code, Some(1));
    place.run(&[&["hooks", "remove"][..], &strong].concat()).good();
    assert_eq!(portal.hooks(), [Json::Null; 0]);
    for (file, text) in [("strong", "sk-with a blank"), ("strong", "\n"), ("strong", "sk-one\nsk-two\n")] {
        place.write(file, text);
        let ran = place.run(&[&["hooks", "list"][..], &strong].concat());
        assert_eq!(ran.code, Some(2), "{ran:#?}");
    }
    assert_eq!(place.run(&["hooks", "list", "--api-key-file", "missing"]).code, Some(2));
}

#[test]
fn a_key_that_only_has_its_area_cannot_list() {
    let place = reachable();
    let _portal = Portal::open(&place, |settings| settings.permissions = vec!["accounts:write".to_owned()]);
    let ran = place.run(&["hooks", "list"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("*:read") && ran.err.contains("--api-key-file"), "{ran:#?}");
}

#[test]
fn a_secret_that_the_portal_refuses_is_taken_back() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    let body = json!({"error": {"message": "Das Passwort ist zu kurz"}, "status": 1, "statusCode": 400});
    portal.fault(json!({"method": "POST", "path": "/settings/webhook", "status": 400, "body": body}));
    refused(&place, &portal, &["Das Passwort ist zu kurz", "rules for passwords", "Nothing was changed"]);
    for status in [401, 403, 429, 503] {
        portal.fault(json!({"method": "POST", "path": "/settings/webhook", "status": status}));
        refused(&place, &portal, &["Nothing was changed"]);
    }
    install(&place).good();
}

#[test]
fn a_webhook_whose_making_was_not_answered_is_found() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    portal.fault(json!({"method": "POST", "path": "/settings/webhook", "drop": "before"}));
    refused(&place, &portal, &["Nothing was changed"]);
    portal.fault(json!({"method": "POST", "path": "/settings/webhook", "drop": "after"}));
    assert!(install(&place).good().out.contains("made webhook 1"));
    assert_eq!(portal.hooks().len(), 1);
    assert_ne!(place.read("secrets/docspace"), DOCSPACE_SECRET);
}

#[test]
fn what_the_configuration_lacks_is_told_with_what_to_write() {
    let wrong = |edit: &dyn Fn(&Place), args: &[&str], words: &[&str]| {
        let place = reachable();
        edit(&place);
        let ran = place.run(&[&["hooks", "install"], args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:#?}");
        for word in words {
            assert!(ran.err.contains(word), "{word}: {ran:#?}");
        }
    };
    let public_url = |place: &Place| place.edit("public_url", "# public_url");
    wrong(&public_url, &[], &["server.public_url", "is missing", "https://usher.example.com/hooks/docspace"]);
    let no_source = |place: &Place| place.edit("connector = \"docspace\"", "connector = \"generic-hmac\"");
    wrong(&no_source, &[], &["[sources.docspace]", "connector = \"docspace\""]);
    wrong(&|_| {}, &["--source", "nobody"], &["--source nobody"]);
    wrong(&|_| {}, &["--source", "own"], &["--source own", "not DocSpace"]);
    wrong(&|_| {}, &["--portal", "nobody"], &["--portal nobody"]);
}

#[test]
fn a_file_that_another_source_uses_too_is_left_alone() {
    let place = reachable();
    place.edit("secrets/hr", "secrets/docspace");
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    let ran = install(&place);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("is the secret of the source bamboohr too"), "{ran:#?}");
    unchanged(&place, &portal);
}
