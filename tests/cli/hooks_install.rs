//! `usher hooks`: making, mending, listing and removing the portal's webhook towards us.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value as Json, json};
use usher::sandbox::Settings;

use crate::portal::{Portal, reachable, taken, wait_taken};
use crate::stage::{DOCSPACE_SECRET, Place};

const INSTALL: [&str; 2] = ["hooks", "install"];

fn usual(_: &mut Settings) {}

fn list(place: &Place) -> Vec<Json> {
    place.run(&["hooks", "list", "--json"]).good().json().as_array().unwrap().clone()
}

/// The last line of a command that did it.
fn last(place: &Place, args: &[&str]) -> String {
    place.run(args).good().out.lines().last().unwrap().to_owned()
}

/// Change the only webhook by hand.
fn spoil(portal: &Portal, changes: &[(&str, Json)]) {
    let mut hook = portal.hooks().remove(0);
    for (name, value) in changes {
        hook[*name] = value.clone();
    }
    portal.call("PUT", "/settings/webhook", &hook);
}

#[test]
fn the_webhook_is_made_and_the_running_server_takes_its_secret_over() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let server = place.serve();
    let ran = place.run(&INSTALL).good();
    for line in ["scope", "role", "address", "network", "probe"] {
        assert!(ran.out.lines().any(|told| told.trim_start().starts_with(line)), "{line} {ran:#?}");
    }
    assert!(ran.out.contains("made webhook 1 (usher) to http://127.0.0.1:"), "{ran:#?}");
    let secret = place.read("secrets/docspace");
    let secret = secret.strip_suffix('\n').unwrap();
    assert!(secret != DOCSPACE_SECRET && !ran.out.contains(secret) && !ran.err.contains(secret), "{ran:#?}");
    assert!((8..=30).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic()), "{secret}");
    for kind in [char::is_uppercase, char::is_lowercase, char::is_numeric, |c: char| c.is_ascii_punctuation()] {
        assert!(secret.contains(kind), "{secret}");
    }
    let mode = std::fs::metadata(place.path("secrets/docspace")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let files: Vec<_> =
        std::fs::read_dir(place.path("secrets")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), 3, "nothing is left behind: {files:?}");
    let hook = portal.hooks().remove(0);
    let is = (&hook["name"], &hook["triggers"], &hook["ssl"], &hook["enabled"]);
    assert_eq!(is, (&json!("usher"), &json!(15), &json!(false), &json!(true)));
    portal.join("ada@corp.example");
    wait_taken(&place, 2);
    let log = server.log();
    assert!(!log.contains("bad_signature") && !log.contains(secret), "{log}");
}

#[test]
fn a_second_time_there_is_nothing_to_do_and_what_differs_is_mended() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&INSTALL).good();
    let (secret, hooks) = (place.read("secrets/docspace"), portal.hooks());
    assert!(last(&place, &INSTALL).starts_with("nothing to do: webhook 1 (usher) "));
    assert_eq!((place.read("secrets/docspace"), portal.hooks()), (secret.clone(), hooks.clone()));
    let target = "66faa6e4-f133-11ea-b126-00ffeec8b4ef";
    let mended = [
        ("name", json!("by hand"), "nothing to do"),
        ("triggers", json!(0), "triggers"),
        ("triggers", json!(7), "triggers"),
        ("enabled", json!(false), "switched off"),
        ("targetId", json!(target), "tells of one thing only"),
    ];
    for (member, value, word) in mended {
        spoil(&portal, &[(member, value)]);
        let would = last(&place, &["hooks", "install", "--dry-run"]);
        let told = last(&place, &INSTALL);
        assert!(told.contains(word) && would.contains(word), "{member}: {would} {told}");
        assert!(last(&place, &INSTALL).starts_with("nothing to do"), "{member}");
        let hook = portal.hooks().remove(0);
        let is = (&hook["triggers"], &hook["enabled"], hook["targetId"].as_str().unwrap_or_default());
        assert_eq!(is, (&json!(15), &json!(true), ""), "{member}");
    }
    assert_eq!(place.read("secrets/docspace"), secret, "mending keeps the secret");
    portal.join("ada@corp.example");
    wait_taken(&place, 2);
}

#[test]
fn the_address_that_we_moved_from_is_mended_and_that_of_somebody_else_is_not() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&INSTALL).good();
    place.edit("public_url = \"http://127.0.0.1", "public_url = \"http://localhost");
    assert!(last(&place, &INSTALL).contains("changed webhook 1 (usher) to http://localhost:"));
    assert_eq!(portal.hooks().len(), 1);
    std::fs::remove_file(place.path("usher.db")).unwrap();
    place.edit("public_url = \"http://localhost", "public_url = \"http://127.0.0.1");
    let ran = place.run(&INSTALL).good();
    assert!(ran.out.contains("made webhook 2 "), "{ran:#?}");
    assert!(ran.notes().contains("webhook 1 (usher) posts to http://localhost:"), "{ran:#?}");
    assert_eq!(portal.hooks().len(), 2);
}

#[test]
fn a_dry_run_changes_nothing() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    assert!(last(&place, &["hooks", "install", "--dry-run"]).starts_with("would make a webhook (usher) to http"));
    assert_eq!((portal.hooks().len(), place.read("secrets/docspace").as_str()), (0, DOCSPACE_SECRET));
    place.run(&INSTALL).good();
    let secret = place.read("secrets/docspace");
    let would = last(&place, &["hooks", "install", "--dry-run", "--rotate"]);
    assert!(would.contains("would change webhook 1") && would.ends_with("new secret"), "{would}");
    assert_eq!(place.read("secrets/docspace"), secret);
}

#[test]
fn a_secret_that_is_missing_is_made_with_its_folder() {
    let place = reachable();
    place.edit("secrets/docspace", "more/secrets/docspace");
    let _portal = Portal::open(&place, usual);
    let ran = place.run(&INSTALL);
    assert_eq!(ran.code, Some(1), "nobody serves yet: {ran:#?}");
    assert!(!place.path("more/secrets/docspace").exists(), "it is taken back");
    place.write("more/secrets/docspace", "for-the-time-being");
    let _server = place.serve();
    std::fs::remove_dir_all(place.path("more")).unwrap();
    place.run(&INSTALL).good();
    let folder = std::fs::metadata(place.path("more/secrets")).unwrap().permissions().mode();
    assert_eq!(folder & 0o777, 0o700);
    std::fs::remove_file(place.path("more/secrets/docspace")).unwrap();
    let ran = place.run(&INSTALL).good();
    assert!(ran.out.contains("changed webhook 1") && ran.out.contains("new secret"), "{ran:#?}");
    assert!(place.read("more/secrets/docspace").len() > 20);
}

#[test]
fn with_environment_variables_only_the_secret_is_shown_once() {
    let place = reachable();
    place.edit("{ file = \"secrets/docspace\" }", "{ env = \"HOOK_ONE\" }, { env = \"HOOK_TWO\" }");
    let portal = Portal::open(&place, usual);
    let live = [("HOOK_ONE", "first-of-all"), ("HOOK_TWO", "second-of-all")];
    let server = place.serve_with(&live);
    let ran = place.run_with(&[], &INSTALL).good();
    let secret = ran.out.lines().find_map(|line| line.strip_prefix("secret: ")).unwrap();
    assert!(ran.out.contains("set HOOK_ONE to it"), "{ran:#?}");
    assert!(!place.run(&INSTALL).good().out.contains("secret: "));
    drop(server);
    let _server = place.serve_with(&[("HOOK_ONE", secret), ("HOOK_TWO", "first-of-all")]);
    portal.join("ada@corp.example");
    wait_taken(&place, 2);
    let rotated = place.run(&["hooks", "install", "--rotate"]).good();
    assert!(rotated.out.contains("set HOOK_TWO to what HOOK_ONE held"), "{rotated:#?}");
}

#[test]
fn lists_show_all_webhooks_and_which_is_ours() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&INSTALL).good();
    let other = json!({"name": "other", "uri": format!("http://{}/hooks/docspace?of=others", place.public),
        "secretKey": "Others-Secret-1", "enabled": true, "ssl": false, "triggers": 256});
    portal.call("POST", "/settings/webhook", &other);
    portal.call("PUT", "/settings/webhook/enable", &json!({"id": 2, "name": "other", "uri": "x", "enabled": false}));
    let rows = list(&place);
    assert_eq!(rows.len(), 2, "{rows:#?}");
    let is =
        |row: &Json| json!([row["id"], row["ours"], row["source"], row["health"], row["enabled"], row["triggers"]]);
    let ours = ["user.created", "user.invited", "user.updated", "user.deleted"];
    assert_eq!(is(&rows[0]), json!([1, true, "docspace", "good", true, ours]));
    assert_eq!(is(&rows[1]), json!([2, false, null, "disabled", false, ["file.uploaded"]]));
    let table = place.run(&["hooks", "list", "--portal", "docspace"]).good().out;
    assert!(table.lines().count() == 3 && table.contains("user.created user.invited"), "{table}");
    assert_eq!(place.run(&["hooks", "list", "--portal", "nobody"]).code, Some(2));
}

#[test]
fn ours_is_removed_by_name_and_another_only_by_number_and_with_yes() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&INSTALL).good();
    let other = json!({"name": "other", "uri": format!("http://{}/hooks/docspace?of=others", place.public),
        "secretKey": "Others-Secret-1", "enabled": true, "ssl": false, "triggers": 256});
    portal.call("POST", "/settings/webhook", &other);
    assert!(last(&place, &["hooks", "remove"]).starts_with("removed webhook 1 (usher) to http"));
    assert!(last(&place, &["hooks", "remove"]).starts_with("nothing to do"));
    let refused = place.run(&["hooks", "remove", "2"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("not ours") && refused.err.contains("--yes"), "{refused:#?}");
    assert_eq!(portal.hooks().len(), 1);
    assert!(last(&place, &["hooks", "remove", "2", "--yes"]).starts_with("removed webhook 2 (other)"));
    assert_eq!(place.run(&["hooks", "remove", "2", "--yes"]).code, Some(1));
    assert_eq!(place.run(&["hooks", "remove", "--yes"]).code, Some(2));
    assert_eq!(taken(&place), 0);
}

#[test]
fn what_init_writes_is_installed_at_the_sandbox() {
    let place = Place::empty();
    place.run(&["init"]).good();
    for (from, to) in [("8080", place.public), ("8081", place.admin), ("8090", place.portal)] {
        place.edit(&format!("127.0.0.1:{from}"), &to.to_string());
    }
    let before = place.read("secrets/docspace_webhook");
    assert_eq!(before.trim_end().len(), 30);
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&INSTALL).good();
    assert_ne!(place.read("secrets/docspace_webhook"), before);
    portal.join("ada@corp.example");
    wait_taken(&place, 2);
}
