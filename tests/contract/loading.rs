//! Files: what each command needs, where paths lead, and that one mistake is told once.

use serde_json::json;

use crate::acme::{ACME, RULE, hire, signed};
use crate::workplace::{SECRET, Workplace};

#[test]
fn explain_and_sign_need_only_the_sources() {
    let rest = r#"
[docspace]
url = "https://portal.example.com"
api_key = { env = "USHER_TEST_IS_NOT_SET" }
[store]
url = "sqlite://nowhere/usher.db"
"#;
    for rest in [rest, ""] {
        let workplace = Workplace::with_connector(ACME, &format!("{RULE}{rest}"));
        assert_eq!(workplace.explain("acme", &signed(&hire())).code, 0, "{rest}");
        let ended = workplace.run(&["sign", "request.http", "--source", "acme"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let names: Vec<_> = ended.out.lines().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(names.len(), 3, "{}", ended.out);
        for name in ["x-acme-timestamp", "x-acme-signature", "x-acme-delivery"] {
            assert!(names.contains(&name), "{}", ended.out);
        }
        assert!(!ended.out.contains(SECRET));
    }
}

#[test]
fn what_sign_prints_verifies() {
    let workplace = Workplace::with_connector(ACME, "");
    workplace.write("body.json", hire().to_string());
    let signed = workplace.run(&["sign", "body.json", "--source", "acme"]).out;
    workplace.write("signed.http", format!("POST /hooks/acme HTTP/1.1\n{signed}\n{}", hire()));
    let ended = workplace.run(&["explain", "signed.http", "--source", "acme", "--json"]);
    assert_eq!((ended.code, &ended.json()["verified"]), (0, &json!(true)));
}

#[test]
fn a_broken_connector_file_is_told_once_and_not_as_an_unknown_connector_too() {
    let broken = ACME.replace("item.id", "item.id | lowr");
    let workplace = Workplace::with_connector(&broken, "[sources.other]\nconnector = \"other\"\nsecrets = [SECRET]\n");
    workplace.write("connectors.d/other.toml", ACME.replace("\"acme\"", "\"other\""));
    let ended = workplace.explain("other", &signed(&hire()));
    assert_eq!(ended.code, 2);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert!(ended.err.contains("connectors.d/acme.toml:18:26: event[0].employee_id"), "{}", ended.err);
    let ended = workplace.run(&["connectors"]);
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
}

#[test]
fn a_directory_that_is_not_there_is_told_once() {
    let workplace = Workplace::with_source("acme", "[connectors]\ndirectory = \"nowhere\"\n");
    let ended = workplace.explain("acme", b"{}");
    assert_eq!((ended.code, ended.err.lines().count()), (2, 1), "{}", ended.err);
    assert!(ended.err.contains("connectors.directory: nowhere cannot be read"), "{}", ended.err);
}

#[test]
fn a_connector_of_the_directory_is_listed_with_its_file_and_replaces_an_embedded_one() {
    let workplace = Workplace::with_connector(ACME, "");
    workplace.write("connectors.d/greenhouse.toml", ACME.replace("\"acme\"", "\"greenhouse\""));
    let ended = workplace.run(&["connectors", "list", "--json"]);
    let listed = ended.json();
    let file = |name: &str| {
        let row = listed.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
        row["file"].as_str().unwrap().to_owned()
    };
    assert!(file("acme").ends_with("connectors.d/acme.toml"), "{listed}");
    assert!(file("greenhouse").ends_with("connectors.d/greenhouse.toml"), "{listed}");
    assert_eq!(file("docspace"), "docspace.toml");
}

#[test]
fn the_configuration_may_be_named_before_or_after_the_command_or_by_the_environment() {
    let workplace = Workplace::with_connector(ACME, "");
    workplace.explain("acme", &signed(&hire()));
    std::fs::create_dir(workplace.path().join("elsewhere")).unwrap();
    let explain = |args: &[&str], environment: &str| {
        let mut command = workplace.command(args);
        command.current_dir(workplace.path().join("elsewhere"));
        if !environment.is_empty() {
            command.env("USHER_CONFIG", environment);
        }
        command.args(["../request.http", "--source", "acme", "--at", "2026-09-01T12:00:00+02:00"]);
        command.output().unwrap().status.code()
    };
    assert_eq!(explain(&["--config", "../usher.toml", "explain"], ""), Some(0));
    assert_eq!(explain(&["explain", "--config", "../usher.toml"], ""), Some(0));
    assert_eq!(explain(&["explain"], "../usher.toml"), Some(0));
    assert_eq!(explain(&["explain"], ""), Some(2));
}
