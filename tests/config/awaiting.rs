//! `awaiting_secret`: sources that may begin without their secret.

use usher::config::{Config, Needs};
use usher::document::Problem;

use super::{catalog, look_up, told};

/// Tells its secret in a handshake.
const TELLER: &str = r#"
name = "teller"
[auth]
kind = "hmac"
signed = "{body}"
sig = "header:x-signature"
[[handshake]]
method = "POST"
secret = "json:/token"
[[event]]
kind = "employee.hired"
employee_id = "item.id"
email = "item.email"
"#;

/// What comes before the lines of the source.
const BEGIN: &str = "guard.new_people_per_day = 50\n[docspace]\nurl = \"https://portal.example.com\"\napi_key = { env = \"API_KEY\" }\n[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n[sources.hr]\n";

fn source(lines: &str) -> String {
    format!("{BEGIN}{lines}\n")
}

fn parse(text: &str, needs: Needs) -> Result<Config, Vec<Problem>> {
    let mut catalog = catalog();
    catalog.add("teller.toml", TELLER).unwrap();
    Config::parse("usher.toml", text, &catalog, &look_up, needs)
}

fn refused(text: &str) -> String {
    told(&parse(text, Needs::Everything).unwrap_err())
}

/// The warnings about sources.
fn warned(lines: &str) -> String {
    let config = parse(&source(lines), Needs::Everything);
    let config = config.unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let about: Vec<_> = config.warnings.into_iter().filter(|told| told.key.starts_with("sources.")).collect();
    told(&about)
}

#[test]
fn a_secret_that_is_awaited_may_be_absent_in_every_way() {
    for secrets in [
        "",
        "secrets = []",
        "secrets = [{ env = 'UNSET' }]",
        "secrets = [{ file = 'x' }, { file = 'secrets/newline' }]",
    ] {
        let lines = format!("connector = \"teller\"\nawaiting_secret = true\n{secrets}");
        let config = parse(&source(&lines), Needs::Everything).unwrap_or_else(|problems| panic!("{}", told(&problems)));
        let source = &config.sources["hr"];
        assert!(source.awaits_secret && source.keys.is_empty(), "{secrets}");
        assert_eq!(source.unset.len(), source.secret_places.len(), "{secrets}");
        assert!(
            refused(&self::source(&lines).replace("awaiting_secret = true", "awaiting_secret = false"))
                .contains("sources.hr.secrets")
        );
    }
    let config = parse(
        &source("connector = \"teller\"\nawaiting_secret = true\nsecrets = [{ env = 'UNSET' }, { env = 'ACME' }]"),
        Needs::Everything,
    );
    let config = config.unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let unset: Vec<_> = config.sources["hr"].unset.iter().map(|(place, _)| *place).collect();
    assert_eq!((config.sources["hr"].keys.len(), unset), (1, vec![0]));
}

#[test]
fn what_is_wrong_with_a_secret_that_is_there_or_with_its_place_is_told_all_the_same() {
    let wrong = [
        ("secrets = ['s3cret']", "a secret is never written into this file"),
        ("secrets = { file = 'x' }", "must be a list of references"),
        ("secrets = [{ vault = 'x' }]", "does not say where the secret is"),
        ("secrets = [{ env = 'ACME' }]\nauth = { secret = { decode = 'hex' } }", "the secret is not hex"),
        ("secrets = [{ env = 'ACME' }]\nawaiting_secret = 'yes'", "awaiting_secret: must be true or false, not string"),
    ];
    for (lines, wanted) in wrong {
        let awaiting = if lines.contains("awaiting_secret") { "" } else { "\nawaiting_secret = true" };
        let told = refused(&source(&format!("connector = \"teller\"\n{lines}{awaiting}")));
        assert!(told.contains(wanted) && told.lines().count() == 1, "{lines}: {told}");
    }
}

#[test]
fn who_waits_is_told_with_what_to_do_next() {
    let file = "secrets = [{ file = 'secrets/hr' }]";
    assert_eq!(
        warned(&format!("connector = \"teller\"\nawaiting_secret = true\n{file}")),
        "usher.toml:10:19: sources.hr.awaiting_secret: the source waits for its secret (the file secrets/hr cannot be read; make it readable); until it is there only the platform's handshakes are answered, and webhooks get 503. The platform tells it in the first request to /hooks/hr; then `usher sources secret hr --save` puts it into secrets/hr, and a running server takes it from there\n"
    );
    assert_eq!(
        warned("connector = \"teller\"\nawaiting_secret = true"),
        "usher.toml:10:19: sources.hr.awaiting_secret: the source waits for its secret; until it is there only the platform's handshakes are answered, and webhooks get 503. The platform tells it in the first request to /hooks/hr, and `usher sources secret hr` shows it. Write secrets = [{ file = \"secrets/hr\" }], so that --save has a place for it\n"
    );
    let silent = warned(&format!("connector = \"generic-hmac\"\nawaiting_secret = true\n{file}"));
    assert!(silent.contains("every request gets 503: this platform is not known to send a handshake. "), "{silent}");
    assert!(silent.ends_with("The platform does not tell it by itself: put it into secrets/hr as soon as you have it, and a running server takes it from there\n"), "{silent}");
    let variable = warned("connector = \"generic-hmac\"\nawaiting_secret = true\nsecrets = [{ env = 'UNSET' }]");
    assert!(variable.contains("(the environment variable UNSET is not set; set it)"), "{variable}");
    assert!(variable.contains("Write secrets = [{ file = \"secrets/hr\" }]: what is put into that file"), "{variable}");
    let there = "connector = \"teller\"\nawaiting_secret = true\nsecrets = [{ env = 'ACME' }, { file = 'x' }]";
    assert_eq!(warned(there), "", "one secret is enough");
}

#[test]
fn where_a_secret_is_told_by_the_platform_a_missing_one_names_the_way_out() {
    let way_out = "; this platform tells it in its first request: awaiting_secret = true waits for it\n";
    for secrets in ["", "secrets = []", "secrets = [{ env = 'UNSET' }]"] {
        let told = refused(&source(&format!("connector = \"teller\"\n{secrets}")));
        assert!(told.ends_with(way_out) && told.lines().count() == 1, "{told}");
        let told = refused(&source(&format!("connector = \"generic-hmac\"\n{secrets}")));
        assert!(!told.contains("awaiting_secret") && told.lines().count() == 1, "{told}");
    }
}

#[test]
fn commands_that_read_no_secrets_are_not_told_that_one_is_awaited() {
    let lines = "connector = \"teller\"\nawaiting_secret = true\nsecrets = [{ env = 'ACME' }]";
    for needs in [Needs::StoreOnly, Needs::PortalOnly] {
        let config = parse(&source(lines), needs).unwrap_or_else(|problems| panic!("{}", told(&problems)));
        assert!(!told(&config.warnings).contains("waits"), "{}", told(&config.warnings));
        assert!(config.sources["hr"].unset.is_empty());
    }
}
