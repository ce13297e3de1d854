//! Where secrets come from, when they are needed, and that they are never shown.

use secrecy::ExposeSecret;
use usher::config::Needs;

use super::{SOUND, parse, refused, sound, told};

#[test]
fn a_secret_from_a_file_loses_one_final_newline() {
    for file in ["secrets/key", "secrets/crlf"] {
        let text = SOUND.replace(r#"env = "API_KEY""#, &format!("file = '{file}'"));
        let config = parse(&text, Needs::Everything).unwrap();
        assert_eq!(config.portals[0].api_key.as_ref().unwrap().expose_secret(), "sk-from-file");
    }
}

#[test]
fn every_live_secret_is_read() {
    let text = SOUND.replace(r#"[{ env = "ACME" }]"#, r#"[{ env = "ACME" }, { file = "secrets/key" }]"#);
    assert_eq!(parse(&text, Needs::Everything).unwrap().sources["acme"].keys.len(), 2);
}

#[test]
fn one_secret_may_serve_two_sources() {
    let config = sound("[sources.other]\nconnector = \"greenhouse\"\nsecrets = [{ env = \"ACME\" }]\n");
    assert_eq!(config.sources.keys().collect::<Vec<_>>(), ["acme", "other"]);
}

#[test]
fn a_command_about_sources_needs_nothing_else() {
    let text = r#"
[docspace]
url = "https://portal.example.com"
api_key = { env = "UNSET" }
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
[[rules]]
on = "employee.hired"
onboard = { type = "User" }
"#;
    assert_eq!(refused(text), "usher.toml:4:11: docspace.api_key: the environment variable UNSET is not set; set it\n");
    let config = parse(text, Needs::SourcesOnly).unwrap();
    assert!(config.portals.iter().all(|portal| portal.api_key.is_none()));
    assert_eq!(config.sources["acme"].keys.len(), 1);
    assert_eq!(config.rules.len(), 1);
    let (_, without) = text.split_once("[sources").unwrap();
    assert!(parse(&format!("[sources{without}"), Needs::SourcesOnly).is_ok());
}

#[test]
fn a_command_about_sources_still_refuses_what_is_malformed() {
    let text = SOUND.replace(r#"{ env = "API_KEY" }"#, r#"{ env = "API_KEY", file = "x" }"#).replace("url", "uri");
    let problems = told(&parse(&text, Needs::SourcesOnly).unwrap_err());
    assert_eq!(
        problems,
        r#"usher.toml:2:1: docspace.url: is missing; write the portal's address, such as https://portal.example.com
usher.toml:3:1: docspace.uri: is not a key here; a portal has url, api_key, company, reconcile and limits
usher.toml:4:11: docspace.api_key: has env and file; write { env = "NAME" } or { file = "path" }
"#
    );
}

#[test]
fn a_command_about_the_store_needs_no_secret() {
    let text = SOUND.replace("API_KEY", "UNSET").replace("ACME", "UNSET");
    let config = parse(&text, Needs::StoreOnly).unwrap();
    assert!(config.portals.iter().all(|portal| portal.api_key.is_none()));
    assert!(config.sources["acme"].keys.is_empty());
    assert!(parse("", Needs::StoreOnly).is_ok());
}

#[test]
fn no_secret_is_ever_shown() {
    let text = format!("{SOUND}[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n");
    let config = parse(&text, Needs::Everything).unwrap();
    let shown = format!("{config:?} {:?}", config.portals);
    assert!(!shown.contains("s3cret") && !shown.contains("sk-0123"), "{shown}");
    let plain = text
        .replace(r#"{ env = "API_KEY" }"#, r#""sk-0123""#)
        .replace(r#"[{ env = "ACME" }]"#, r#"["s3cret-of-acme", { env = "TWO_LINES" }]"#);
    let told = refused(&plain);
    assert!(told.contains("a secret is never written into this file"), "{told}");
    assert!(!told.contains("s3cret") && !told.contains("sk-0123"), "{told}");
    let unfit = text.replace("API_KEY", "TWO_LINES").replace("https://", "https://sk-0123:s3cret@");
    let told = refused(&unfit);
    assert_eq!(told.lines().count(), 2);
    assert!(!told.contains("s3cret") && !told.contains("sk-0123"), "{told}");
}
