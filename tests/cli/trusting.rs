//! What a connector assumes: it is served by leave only.

use crate::catalogue::{THIN, place};

#[test]
fn what_is_assumed_is_neither_served_nor_passed_by_check_without_leave_and_explained_without() {
    let config =
        |more: &str| format!("[sources.hr]\nconnector = \"acme\"\nsecrets = [{{ file = \"secrets/hr\" }}]\n{more}");
    let place = place(&config(""));
    place.write("secrets/hr", "Example-Secret-1\n");
    place.write(
        "connectors.d/acme.toml",
        &THIN
            .replace("signed = \"{timestamp}\"", "signed = \"{timestamp}{body}\"")
            .replace("[fetch]", "[fetch]\nbase = \"https://api.acme.example\"")
            .replace("{timestamp}", "{timestamp}.{body}")
            .replace("auth = [\"bearer\", \"oauth2\"]\nsecret_headers = [\"x-account-token\"]\n", ""),
    );
    for command in ["serve", "check"] {
        let refused = place.run(&[command]);
        assert_eq!(refused.code, Some(2), "{refused:#?}");
        assert!(
            refused.err.contains("of the connector acme the fetch is assumed, not proven (no answer was seen)"),
            "{refused:#?}"
        );
    }
    place.write("body.json", "{\"id\": 7}");
    let explained = place.run(&["explain", "body.json", "--source", "hr"]);
    assert_eq!(explained.code, Some(1), "it is not signed, which is shown: {explained:#?}");
    place.run(&["sign", "body.json", "--source", "hr"]).good();
    place.edit("secrets = [{ file", "accept_assumptions = true\nsecrets = [{ file");
    let checked = place.run(&["check"]);
    let line = checked
        .out
        .lines()
        .find(|line| line.trim_start().starts_with("evidence hr"))
        .unwrap_or_else(|| panic!("{checked:#?}"));
    assert!(line.contains("warning") && line.contains("fetch: assumed. no answer was seen"), "{line}");
}
