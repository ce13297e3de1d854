//! Reading the configuration: what it yields, what it refuses and how it says so.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod advice;
mod awaiting;
mod broken;
mod broken_rules;
mod fetching;
mod fetching_refused;
mod guard;
mod moments;
mod movers;
mod onboarding;
mod refusals;
mod secrets;
mod serving;
mod texts;
mod written;

use secrecy::ExposeSecret;
use usher::config::{Config, Needs, SecretRef, StoreUrl, connectors_directory};
use usher::connector::Catalog;
use usher::document::Problem;
use usher::model::{Action, Channel, Congratulate, EventKind, Mode, Onboard, UserType};

/// Hires without a department; the signature covers the moment alone.
const THIN: &str = r#"
name = "thin"
docs = "https://example.com"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{timestamp}"
sig = "header:x-signature"
encoding = "hex"
timestamp = { src = "header:x-timestamp", unit = "s" }
[[event]]
kind = "employee.hired"
employee_id = "item.id"
email = "item.email"
[[event]]
kind = "employee.updated"
employee_id = "item.id"
"#;

/// What most texts here start from.
const SOUND: &str = r#"
[docspace]
url = "https://portal.example.com"
api_key = { env = "API_KEY" }
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
"#;

fn catalog() -> Catalog {
    let mut catalog = Catalog::embedded();
    catalog.add("thin.toml", THIN).unwrap();
    catalog
}

fn look_up(secret: SecretRef<'_>) -> Result<String, String> {
    match secret {
        SecretRef::Env("API_KEY") => Ok("sk-0123".to_owned()),
        SecretRef::Env("ACME") => Ok("s3cret-of-acme".to_owned()),
        SecretRef::Env("EMPTY") => Ok(String::new()),
        SecretRef::Env("STANDARD") => Ok("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
        SecretRef::Env("TWO_LINES") => Ok("s3cret\nwith more".to_owned()),
        SecretRef::Env(name) => Err(format!("the environment variable {name} is not set; set it")),
        SecretRef::File("secrets/key") => Ok("sk-from-file\n".to_owned()),
        SecretRef::File("secrets/crlf") => Ok("sk-from-file\r\n".to_owned()),
        SecretRef::File("secrets/newline") => Ok("\n".to_owned()),
        SecretRef::File("secrets/two-newlines") => Ok("sk-from-file\n\n".to_owned()),
        SecretRef::File(path) => Err(format!("the file {path} cannot be read; make it readable")),
    }
}

fn parse(text: &str, needs: Needs) -> Result<Config, Vec<Problem>> {
    Config::parse("usher.toml", text, &catalog(), &look_up, needs)
}

fn sound(more: &str) -> Config {
    parse(&format!("{SOUND}{more}"), Needs::Everything).unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// All problems of a text, one a line.
fn refused(text: &str) -> String {
    told(&parse(text, Needs::Everything).unwrap_err())
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = sound("");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.body_limit, 1_048_576);
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.store.url, StoreUrl::Sqlite("usher.db".to_owned()));
    assert_eq!(config.worker.concurrency, 8);
    assert_eq!((config.retention.bodies_days, config.retention.held_days), (30, 90));
    assert_eq!((config.retention.jobs_days, config.retention.leavers_days), (90, None));
    assert!(config.sources["acme"].options.is_empty());
}

#[test]
fn every_setting_written_is_read() {
    let config = sound(
        r#"
options = { site = "north", depth = 2 }
[server]
listen = "[::1]:9000"
body_limit = 100
[admin]
listen = "127.0.0.1:0"
[store]
url = "sqlite:///var/lib/usher/usher.db"
[connectors]
directory = "connectors.d"
[worker]
concurrency = 3
[retention]
bodies_days = 0
held_days = 7
jobs_days = 8
leavers_days = 9
"#,
    );
    assert_eq!(config.server.listen.to_string(), "[::1]:9000");
    assert_eq!(config.server.body_limit, 100);
    assert_eq!(config.admin.listen.port(), 0);
    assert_eq!(config.store.url, StoreUrl::Sqlite("/var/lib/usher/usher.db".to_owned()));
    assert_eq!(config.worker.concurrency, 3);
    assert_eq!((config.retention.bodies_days, config.retention.held_days), (0, 7));
    assert_eq!((config.retention.jobs_days, config.retention.leavers_days), (8, Some(9)));
    let portal = &config.portals[0];
    assert_eq!(portal.url.as_str(), "https://portal.example.com/");
    assert_eq!(portal.api_key.as_ref().unwrap().expose_secret(), "sk-0123");
    let source = &config.sources["acme"];
    assert_eq!((source.name.as_str(), source.connector.name.as_str()), ("acme", "generic-hmac"));
    assert_eq!(source.keys.len(), 1);
    assert_eq!(serde_json::json!(source.options), serde_json::json!({"site": "north", "depth": 2}));
}

#[test]
fn rules_are_read_in_their_order() {
    let config = sound(
        r#"
[[rules]]
on = "employee.hired"
when = "event.department == 'Research'"
onboard = { type = "RoomAdmin", mode = "invite", allow_paid = true }
[[rules]]
on = "employee.hired"
onboard = { type = "User" }
[[rules]]
on = "user.activated"
congratulate = { key = "k" }
"#,
    );
    let actions: Vec<_> = config
        .rules
        .iter()
        .map(|rule| (rule.on, rule.asks.iter().map(|ask| ask.action.clone()).collect::<Vec<_>>()))
        .collect();
    let onboard = |user_type, mode| vec![Action::Onboard(Onboard { mode, ..Onboard::new(user_type) })];
    let via = vec![Channel::SendCongratulations];
    let congratulate = Congratulate { key: Some("k".to_owned()), ..Congratulate::new(via) };
    assert_eq!(
        actions,
        [
            (EventKind::EmployeeHired, onboard(UserType::RoomAdmin, Mode::Invite)),
            (EventKind::EmployeeHired, onboard(UserType::User, Mode::Create)),
            (EventKind::UserActivated, vec![Action::Congratulate(congratulate)]),
        ]
    );
    assert_eq!(config.rules[0].when.as_ref().unwrap().text(), "event.department == 'Research'");
    assert!(config.rules[1].when.is_none());
}

#[test]
fn a_source_changes_the_scheme_of_its_connector() {
    let text = format!(
        "{SOUND}auth = {{ sig = 'header:x-other', signed = '{{timestamp}}', timestamp = {{ src = 'header:x-t', unit = 's' }} }}\n"
    );
    let config = parse(&text, Needs::Everything).unwrap();
    assert!(config.sources["acme"].scheme.is_signature());
    assert!(!config.sources["acme"].scheme.covers_body());
    let text = format!("{SOUND}auth = {{ kind = 'token', token = 'header:x-token' }}\n");
    let config = parse(&text, Needs::Everything).unwrap();
    assert!(!config.sources["acme"].scheme.is_signature());
}

#[test]
fn the_directory_of_connectors_is_known_before_the_rest() {
    let directory = |text: &str| connectors_directory("usher.toml", text);
    assert_eq!(directory("[connectors]\ndirectory = 'connectors.d'\n[nonsense]").as_deref(), Some("connectors.d"));
    assert_eq!(directory("[connectors]\ndirectory = ''"), None);
    assert_eq!(directory("[connectors]\ndirectory = 7"), None);
    assert_eq!(directory("[server]"), None);
    assert_eq!(directory("[connectors"), None);
}

#[test]
fn the_example_is_sound() {
    let text = include_str!("../../deploy/usher.example.toml");
    let any = |_: SecretRef<'_>| Ok("0123456789abcdef".to_owned());
    let catalog = Catalog::embedded();
    let config = Config::parse("usher.example.toml", text, &catalog, &any, Needs::Everything);
    let config = config.unwrap_or_else(|problems| panic!("{}", told(&problems)));
    assert_eq!(told(&config.warnings), "");
    assert_eq!(told(&config.serve_problems()), "");
    assert_eq!(config.sources.keys().collect::<Vec<_>>(), ["bamboohr", "docspace", "greenhouse"]);
    let rules: Vec<_> = config.rules.iter().map(|rule| (rule.on, rule.asks[0].action.name())).collect();
    assert_eq!(rules, [(EventKind::EmployeeHired, "onboard"), (EventKind::UserActivated, "congratulate")]);
}

#[test]
fn the_example_shows_the_defaults() {
    let text = include_str!("../../deploy/usher.example.toml");
    let any = |_: SecretRef<'_>| Ok("0123456789abcdef".to_owned());
    let catalog = Catalog::embedded();
    let config = Config::parse("usher.example.toml", text, &catalog, &any, Needs::Everything).unwrap();
    let default = sound("");
    assert_eq!(config.server, default.server);
    assert_eq!(config.admin, default.admin);
    assert_eq!(config.worker, default.worker);
    assert_eq!(config.retention, default.retention);
}
