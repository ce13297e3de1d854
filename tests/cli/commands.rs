//! Every command: help, usage, where results go, shapes of JSON.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use crate::stage::{API_KEY, HR_SECRET, Place, USHER, fixture, hmac, request};

const COMMANDS: [&[&str]; 27] = [
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

/// Only what explain and sign need.
fn only_sources(more: &str) -> Place {
    let place = Place::empty();
    place.write(
        "usher.toml",
        &format!("{more}\n[sources.own]\nconnector = \"generic-hmac\"\nsecrets = [{{ file = \"hr\" }}]\n[sources.bamboohr]\nconnector = \"bamboohr\"\nsecrets = [{{ file = \"example\" }}]\n"),
    );
    place.write("hr", HR_SECRET);
    place.write("example", "Example-Secret-1\n");
    place
}

fn keys(value: &Json) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn explain_needs_only_sources_and_keeps_to_its_shape() {
    let hired = fixture("bamboohr/hired.http");
    let with_portal = "[docspace]\nurl = \"https://portal.example.com\"\napi_key = { env = \"UNSET\" }\n[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n";
    for (more, actions) in [("", 0), (with_portal, 1)] {
        let place = only_sources(more);
        let explain = |at| place.run(&["explain", &hired, "--source", "bamboohr", "--json", "--at", at]);
        for at in ["1788249600", "2026-09-01T08:00:00Z", "2026-09-01T10:00:00+02:00", "1788249900"] {
            let ran = explain(at).good();
            let told = ran.json();
            assert_eq!(keys(&told), ["verified", "reason", "dedupe_keys", "events", "problem", "actions"]);
            assert_eq!(
                (&told["verified"], &told["reason"], &told["problem"]),
                (&json!(true), &Json::Null, &Json::Null)
            );
            assert_eq!(told["events"][0]["kind"], "employee.hired");
            assert_eq!(told["actions"].as_array().unwrap().len(), actions);
            assert_eq!(ran.err, "");
        }
        let ran = explain("1788249901");
        let told = ran.json();
        assert_eq!((ran.code, &told["verified"], &told["reason"]), (Some(1), &json!(false), &json!("stale")));
        assert_eq!(told["events"][0]["email"], "ada.example@example.com", "events are computed even when unverified");
    }
    let told = only_sources(with_portal)
        .run(&["explain", &hired, "--source", "bamboohr", "--json", "--at", "1788249600"])
        .json();
    assert_eq!(
        told["actions"],
        json!([{"action": "onboard", "event": "employee.hired", "params": {"type": "User", "mode": "create"}}])
    );
}

#[test]
fn explain_names_every_rejection_and_problem() {
    let place = only_sources("");
    let explain = |body: &str, headers: &str| {
        place.write("case.http", &format!("POST /hooks/own HTTP/1.1\r\n{headers}\r\n{body}"));
        place.run(&["explain", "case.http", "--source", "own", "--json"])
    };
    let good = r#"{"type":"employee.hired","data":{"employee_id":"1","email":"ada@corp.example"}}"#;
    let signed = |body: &str| format!("X-Usher-Signature: sha256={}\r\n", hmac(HR_SECRET, body));
    for (headers, reason) in [
        (String::new(), "missing_signature"),
        ("X-Usher-Signature: sha256=zz\r\n".to_owned(), "malformed_signature"),
        (signed("{}"), "bad_signature"),
        (signed(good).repeat(2), "ambiguous_header"),
    ] {
        let ran = explain(good, &headers);
        assert_eq!((ran.code, &ran.json()["reason"]), (Some(1), &json!(reason)), "{ran:#?}");
    }
    assert_eq!(explain(good, &signed(good)).good().json()["problem"], Json::Null);
    for body in ["not json", r#"{"type":"employee.hired","data":{"employee_id":"1"}}"#] {
        let told = explain(body, &signed(body)).good().json();
        assert_eq!(keys(&told["problem"]), ["what", "where"], "{told}");
        assert_eq!((&told["reason"], &told["actions"]), (&Json::Null, &json!([])));
    }
    place.write("bare.json", good);
    assert_eq!(place.run(&["explain", "bare.json", "--source", "own", "--json"]).json()["reason"], "missing_signature");
}

#[test]
fn explain_says_what_would_be_held_without_changing_the_shape() {
    let rule =
        "[[rules]]\non = \"employee.hired\"\nwhen = \"event.department == 'Lab'\"\nonboard = { type = \"User\" }\n";
    let place = only_sources(rule);
    let body = r#"{"type":"employee.hired","data":{"employee_id":"1","email":"ada@corp.example"}}"#;
    place
        .write("case.http", &format!("POST / HTTP/1.1\nX-Usher-Signature: sha256={}\n\n{body}", hmac(HR_SECRET, body)));
    let ran = place.run(&["explain", "case.http", "--source", "own", "--json"]).good();
    for action in ran.json()["actions"].as_array().unwrap() {
        assert_eq!(keys(action), ["action", "event", "params"]);
    }
    assert!(ran.err.contains("onboard would be held") && ran.err.contains("department"), "{ran:#?}");
    let ran = place.run(&["explain", "case.http", "--source", "own"]).good();
    assert!(ran.out.contains("verified  yes") && ran.out.contains("held") && ran.err.is_empty(), "{ran:#?}");
}

#[test]
fn what_sign_prints_is_accepted_by_a_server() {
    let place = Place::usual();
    let _server = place.serve();
    for (source, name) in [("own", "generic-hmac/hired.http"), ("bamboohr", "bamboohr/hired.http")] {
        let file = fixture(name);
        let signed = place.run(&["sign", &file, "--source", source]).good();
        assert_eq!(signed.err, "");
        let text = std::fs::read_to_string(&file).unwrap();
        let body = text.replace("\r\n", "\n").split_once("\n\n").unwrap().1.to_owned();
        let headers: Vec<_> = signed.out.lines().collect();
        let post = |headers: &[&str]| {
            request(place.public, &format!("POST /hooks/{source} HTTP/1.1"), headers, body.as_bytes())
        };
        assert_eq!(post(&headers), Some((200, String::new())), "{headers:?}");
        assert_eq!(post(&[]).unwrap().0, 401);
    }
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
