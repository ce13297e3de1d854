//! Every command: help, usage, where results go, shapes of JSON.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::stage::{API_KEY, Place, USHER, fixture};
use crate::wire::request;

const COMMANDS: [&[&str]; 31] = [
    &[],
    &["serve"],
    &["demo"],
    &["init"],
    &["check"],
    &["sandbox"],
    &["replay"],
    &["explain"],
    &["sign"],
    &["connectors"],
    &["connectors", "list"],
    &["connectors", "show"],
    &["deliveries"],
    &["deliveries", "list"],
    &["deliveries", "show"],
    &["deliveries", "rerun"],
    &["jobs"],
    &["jobs", "list"],
    &["jobs", "show"],
    &["jobs", "retry"],
    &["jobs", "release"],
    &["jobs", "cancel"],
    &["people", "list"],
    &["people", "invite"],
    &["people", "status"],
    &["people", "congratulate"],
    &["link"],
    &["hooks"],
    &["hooks", "install"],
    &["hooks", "list"],
    &["hooks", "remove"],
];

#[test]
fn every_command_has_help_on_standard_output() {
    let place = Place::empty();
    for command in COMMANDS {
        let help = place.run(&[command, &["--help"]].concat()).good();
        assert!(help.out.contains("Usage: usher") && help.err.is_empty(), "{command:?} {help:#?}");
        assert!(help.out.contains("--config <FILE>"), "{command:?} {help:#?}");
    }
    assert!(place.run(&["--version"]).good().out.starts_with("usher "));
}

#[test]
fn wrong_usage_is_told_on_standard_error_with_code_2() {
    let place = Place::usual();
    let hired = fixture("bamboohr/hired.http");
    place.write("broken.http", "POST /hooks/own HTTP/1.1\nno colon\n\n{}");
    let wrong: [&[&str]; 22] = [
        &[],
        &["nonsense"],
        &["serve", "--nonsense"],
        &["jobs", "list", "--state", "sleeping"],
        &["jobs", "retry"],
        &["jobs", "release", "--dry-run"],
        &["jobs", "show"],
        &["jobs", "show", "seven"],
        &["deliveries", "rerun"],
        &["explain", &hired],
        &["explain", &hired, "--source", "nobody"],
        &["explain", &hired, "--source", "bamboohr", "--at", "yesterday"],
        &["explain", "no-such-file.http", "--source", "bamboohr"],
        &["explain", "broken.http", "--source", "bamboohr"],
        &["replay", "--source", "bamboohr"],
        &["replay", &hired, "--source", "bamboohr", "--set", "nonsense"],
        &["replay", &hired, "--source", "bamboohr", "--to", "nonsense"],
        &["people", "invite", "--email", "ada@corp.example"],
        &["people", "invite", "--email", "nonsense", "--first", "Ada", "--last", "Example"],
        &["people", "invite", "--email", "ada@corp.example", "--first", "Ada", "--last", "Example", "--type", "All"],
        &["people", "invite", "--email", "ada@corp.example", "--first", "Ada", "--last", "Example", "--type", "Guest"],
        &["sandbox", "--listen", "127.0.0.1:0", "--webhook-url", "nonsense", "--webhook-secret", "x"],
    ];
    for args in wrong {
        let ran = place.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?} {ran:#?}");
        assert!(!ran.err.trim().is_empty(), "{args:?}");
    }
    assert!(!place.path("usher.db").exists(), "nothing was done");
}

#[test]
fn the_configuration_is_named_before_or_after_the_command_or_by_the_environment() {
    let place = Place::usual();
    std::fs::rename(place.path("usher.toml"), place.path("other.toml")).unwrap();
    let hired = fixture("generic-hmac/hired.http");
    let explain = ["explain", hired.as_str(), "--source", "own", "--json"];
    let named = ["--config", "other.toml"];
    assert_eq!(place.run(&explain).code, Some(2));
    let (before, after) = ([&named[..], &explain].concat(), [&explain[..], &named].concat());
    // The fixture is signed with another secret, so it is rejected: exit code 1.
    for ran in [place.run(&before), place.run(&after), place.run_with(&[("USHER_CONFIG", "other.toml")], &explain)] {
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        assert_eq!(ran.json()["reason"], "bad_signature");
    }
    let ran = place.run_with(&[("USHER_CONFIG", "missing.toml")], &before);
    assert_eq!(ran.code, Some(1), "what is typed wins: {ran:#?}");
    for args in [["jobs", "--config", "other.toml", "list"], ["jobs", "list", "--config", "other.toml"]] {
        assert!(place.run(&args).err.contains("no store"), "{args:?}");
    }
}

#[test]
fn paths_are_relative_to_the_configuration_file() {
    let place = Place::usual();
    std::fs::create_dir(place.path("etc")).unwrap();
    std::fs::rename(place.path("usher.toml"), place.path("etc/usher.toml")).unwrap();
    std::fs::rename(place.path("secrets"), place.path("etc/secrets")).unwrap();
    let _portal = place.sandbox(&[]);
    place
        .run(&[
            "--config",
            "etc/usher.toml",
            "people",
            "invite",
            "--email",
            "a@corp.example",
            "--first",
            "A",
            "--last",
            "B",
        ])
        .good();
    assert!(place.path("etc/usher.db").exists() && !place.path("usher.db").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::usual();
    drop(place.serve());
    let hired = fixture("bamboohr/hired.http");
    let commands: [&[&str]; 8] = [
        &["connectors"],
        &["connectors", "--json"],
        &["connectors", "show", "bamboohr"],
        &["jobs", "list", "--json"],
        &["people", "list"],
        &["sign", &hired, "--source", "bamboohr"],
        &["explain", &hired, "--source", "bamboohr"],
        &["--help"],
    ];
    for args in commands {
        let mut command = Command::new(USHER);
        command.env_clear().current_dir(place.path("")).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{args:?}");
    }
}

#[test]
fn the_catalogue_needs_no_configuration() {
    let place = Place::empty();
    let list = place.run(&["connectors"]).good();
    for name in ["bamboohr", "docspace", "generic-hmac", "greenhouse", "standard-webhooks"] {
        assert!(list.out.contains(&format!("{name}.toml")), "{list:#?}");
        let shown = place.run(&["connectors", "show", name, "--json"]).good().json();
        assert_eq!((shown.as_array().unwrap().len(), &shown[0]["name"]), (1, &json!(name)));
    }
    assert_eq!(
        place.run(&["connectors", "list", "--json"]).good().json(),
        place.run(&["connectors", "--json"]).good().json()
    );
    assert_eq!(place.run(&["connectors", "show", "acme"]).code, Some(2));
    assert_eq!(place.run(&["connectors", "--config", "missing.toml"]).code, Some(2), "a file that was asked for");
}

#[test]
fn the_catalogue_shows_connectors_of_ones_own() {
    let place = Place::empty();
    let acme = "name = \"acme\"\ndocs = \"here\"\n[auth]\nkind = \"hmac\"\nhash = \"sha256\"\nsigned = \"{body}\"\nsig = \"header:x-acme\"\nencoding = \"hex\"\n";
    place.write("usher.toml", "[connectors]\ndirectory = \"connectors.d\"\n[sources.a]\nconnector = \"acme\"\nsecrets = [{ env = \"UNSET\" }]\n");
    place.write("connectors.d/acme.toml", acme);
    let list = place.run(&["connectors"]).good();
    assert!(list.out.contains("connectors.d/acme.toml") && list.out.contains("bamboohr.toml"), "{list:#?}");
    place.write("connectors.d/beta.toml", "name = ");
    let list = place.run(&["connectors"]);
    assert_eq!((list.code, list.out.as_str()), (Some(2), ""), "{list:#?}");
    assert!(list.err.contains("connectors.d/beta.toml:1:"), "{list:#?}");
    place.write("usher.toml", "[connectors\n");
    assert_eq!(place.run(&["connectors"]).code, Some(2), "nobody knows what more there may be");
}

#[test]
fn init_writes_private_secrets_and_never_overwrites() {
    let place = Place::empty();
    let first = place.run(&["init"]).good();
    assert_eq!(
        first.out,
        "wrote secrets/docspace_api_key\nwrote secrets/docspace_webhook\nwrote secrets/hr_webhook\nwrote usher.toml\n"
    );
    assert!(first.err.contains("usher serve"), "what to do next is a note: {first:#?}");
    let mode = |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("secrets"), 0o700);
    let secrets = ["secrets/docspace_api_key", "secrets/docspace_webhook", "secrets/hr_webhook"];
    for secret in secrets {
        assert_eq!(mode(secret), 0o600, "{secret}");
    }
    assert_eq!(place.read("secrets/docspace_api_key").trim(), API_KEY);
    let before: Vec<_> = secrets.iter().map(|secret| place.read(secret)).collect();
    assert_ne!(before[1], before[2]);
    let again = place.run(&["init"]);
    assert_eq!((again.code, again.out.as_str()), (Some(1), ""), "{again:#?}");
    assert_eq!(again.err, "error: usher.toml exists already; nothing was changed\n");
    std::fs::remove_file(place.path("usher.toml")).unwrap();
    std::fs::remove_file(place.path("secrets/hr_webhook")).unwrap();
    let mended = place.run(&["init"]).good();
    assert_eq!(
        mended.out,
        "kept secrets/docspace_api_key\nkept secrets/docspace_webhook\nwrote secrets/hr_webhook\nwrote usher.toml\n"
    );
    assert_eq!(before[..2], secrets[..2].iter().map(|secret| place.read(secret)).collect::<Vec<_>>());
    place.run(&["--config", "deep/er/usher.toml", "init"]).good();
    assert_eq!(mode("deep/er/secrets/hr_webhook"), 0o600);
}

#[test]
fn the_sandbox_tells_its_address_and_takes_its_key() {
    let place = Place::empty();
    let portal = place.sandbox(&["--api-key", "sk-mine", "--strict"]);
    let ask = |key: &str| {
        request(portal.address, "GET /api/2.0/people/@self HTTP/1.1", &[&format!("Authorization: Bearer {key}")], b"")
    };
    assert_eq!((ask("sk-mine").unwrap().0, ask(API_KEY).unwrap().0), (200, 401));
    assert_eq!(portal.state()["api_key"], "sk-mine");
    let taken = place.run(&["sandbox", "--listen", &portal.address.to_string()]);
    assert_eq!((taken.code, taken.out.as_str()), (Some(1), ""), "{taken:#?}");
    assert!(taken.err.contains("--listen"), "{taken:#?}");
}
