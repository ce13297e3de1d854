//! `[sources.NAME.fetch]`: what it yields, and every misuse with what to do.

use std::time::Duration;

use secrecy::ExposeSecret;
use usher::config::{Config, Credentials, Needs, SecretRef, SourceFetch};
use usher::connector::Catalog;
use usher::document::Problem;

use super::told;

/// A connector that asks; `fetch` is the rest of its table.
fn connector(name: &str, fetch: &str) -> String {
    format!(
        r#"
name = "{name}"
[auth]
kind = "token"
token = "header:x-token"
[fetch]
path = "/v1/people/{{{{ item.id }}}}"
{fetch}
[[event]]
kind = "employee.hired"
employee_id = "item.id"
email = "fetched.email"
"#
    )
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::embedded();
    for (name, fetch) in [
        ("bearer", "base = \"https://api.acme.example/v2\"\nauth = [\"bearer\"]\nper_minute = 90\ntimeout = \"20s\""),
        ("basic", "base = \"https://api.acme.example\"\nauth = [\"bearer\", \"basic\"]"),
        (
            "oauth2",
            "base = \"https://api.acme.example\"\nauth = [\"oauth2\"]\ntoken_url = \"https://login.acme.example/token\"\nscope = \"people:read\"",
        ),
        ("oauth2-anywhere", "auth = [\"oauth2\"]"),
        ("keyed", "base = \"https://api.acme.example\"\nsecret_headers = [\"X-Api-Key\", \"x-account\"]"),
        ("open", "base = \"https://api.acme.example\""),
        ("plain", "base = \"http://api.acme.example\""),
        ("near", "base = \"https://10.1.2.3\""),
    ] {
        catalog.add(&format!("{name}.toml"), &connector(name, fetch)).unwrap();
    }
    catalog
}

fn look_up(secret: SecretRef<'_>) -> Result<String, String> {
    match secret {
        SecretRef::Env("HR") => Ok("hook-s3cret".to_owned()),
        SecretRef::Env("TOKEN") => Ok("token-s3cret".to_owned()),
        SecretRef::Env("WORDS") => Ok("Bearer token-s3cret".to_owned()),
        SecretRef::Env("LINES") => Ok("s3cret\nmore".to_owned()),
        SecretRef::Env("COLON") => Ok("s3cret:more".to_owned()),
        SecretRef::Env(name) => Err(format!("the environment variable {name} is not set; set it")),
        SecretRef::File(path) => Err(format!("the file {path} cannot be read; put the secret there")),
    }
}

fn parse(connector: &str, fetch: &str, needs: Needs) -> Result<Config, Vec<Problem>> {
    let text = format!("[sources.hr]\nconnector = \"{connector}\"\nsecrets = [{{ env = \"HR\" }}]\n{fetch}\n");
    Config::parse("usher.toml", &text, &catalog(), &look_up, needs)
}

fn sound(connector: &str, fetch: &str) -> SourceFetch {
    let config = parse(connector, fetch, Needs::Everything).unwrap_or_else(|problems| panic!("{}", told(&problems)));
    config.sources["hr"].fetch.clone().unwrap()
}

/// Who has seen one webhook of such a source can send any other: nothing of it may be believed.
#[test]
fn a_body_that_is_not_signed_is_not_believed_where_the_platform_is_not_asked() {
    let open = connector("half", "base = \"https://api.acme.example\"").replace(
        "kind = \"token\"\ntoken = \"header:x-token\"",
        "kind = \"hmac\"\nhash = \"sha256\"\nsigned = \"{json:/id}\"\nsig = \"header:x-sig\"\nencoding = \"hex\"",
    );
    let gone = "[[event]]\nkind = \"employee.terminated\"\nemployee_id = \"item.id\"\n";
    let serving = |connector: String| {
        let mut catalog = catalog();
        catalog.add("half.toml", &connector).unwrap();
        let text = "[sources.hr]\nconnector = \"half\"\nsecrets = [{ env = \"HR\" }]\n";
        let config = Config::parse("usher.toml", text, &catalog, &look_up, Needs::Everything);
        told(&config.unwrap_or_else(|problems| panic!("{}", told(&problems))).serve_problems())
    };
    assert_eq!(serving(format!("{open}{gone}")), "");
    let refused = serving(format!("{open}{gone}fetch = false\n"));
    assert!(refused.contains("sources.hr.connector") && refused.contains("fetch = false"), "{refused}");
    assert_eq!(serving(format!("{}{gone}fetch = false\n", open.replace("{json:/id}", "{body}"))), "");
}

/// The only problem, without the name of the file.
fn refused(connector: &str, fetch: &str) -> String {
    let problems = parse(connector, fetch, Needs::Everything).unwrap_err();
    let text = told(&problems);
    assert_eq!(problems.len(), 1, "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    let (_, text) = text.trim_end().split_once(": ").unwrap();
    text.to_owned()
}

#[test]
fn what_the_source_leaves_out_the_connector_says() {
    let fetch = sound("bearer", r#"fetch = { bearer = { env = "TOKEN" } }"#);
    assert_eq!(fetch.base.as_str(), "https://api.acme.example/v2");
    assert!(matches!(&fetch.credentials, Credentials::Bearer(token) if token.expose_secret() == "token-s3cret"));
    assert_eq!((fetch.per_minute, fetch.timeout), (90, Duration::from_secs(20)));
    assert!(fetch.allow.is_empty() && fetch.secret_headers.is_empty());
    assert!(!format!("{fetch:?}").contains("s3cret"));
}

#[test]
fn what_the_source_says_comes_first() {
    let fetch = sound(
        "bearer",
        r#"
[sources.hr.fetch]
base = "http://hr.internal:8080/acme"
allow = ["HR.internal", "10.1.2.3", "::1"]
bearer = { env = "TOKEN" }
per_minute = 6000
"#,
    );
    assert_eq!(fetch.base.as_str(), "http://hr.internal:8080/acme");
    assert_eq!((fetch.allow.len(), fetch.per_minute), (3, 6000));
}

#[test]
fn a_connector_that_leaves_nothing_open_needs_no_table() {
    let fetch = sound("open", "");
    assert_eq!(fetch.base.as_str(), "https://api.acme.example/");
    assert!(matches!(fetch.credentials, Credentials::None));
    assert!(matches!(sound("open", "fetch = {}").credentials, Credentials::None));
}

#[test]
fn user_and_password_are_read_in_each_way_that_platforms_want_them() {
    let basic = |table: &str| match sound("basic", &format!("fetch.basic = {table}")).credentials {
        Credentials::Basic { user, password } => (user.expose_secret().to_owned(), password.expose_secret().to_owned()),
        other => panic!("{other:?}"),
    };
    let pair = |user: &str, password: &str| (user.to_owned(), password.to_owned());
    assert_eq!(basic(r#"{ user = "service-7", password = { env = "TOKEN" } }"#), pair("service-7", "token-s3cret"));
    assert_eq!(basic(r#"{ user = { env = "TOKEN" } }"#), pair("token-s3cret", ""));
    assert_eq!(basic(r#"{ user = { env = "TOKEN" }, password = "x" }"#), pair("token-s3cret", "x"));
    assert_eq!(
        basic(r#"{ user = { env = "TOKEN" }, password = { env = "COLON" } }"#),
        pair("token-s3cret", "s3cret:more")
    );
}

#[test]
fn a_client_asks_where_and_for_what_the_connector_says_or_the_source() {
    let oauth2 = |connector: &str, fetch: &str| match sound(connector, fetch).credentials {
        Credentials::OAuth2 { token_url, client_id, client_secret, scope } => {
            assert_eq!((client_id.as_str(), client_secret.expose_secret()), ("usher", "token-s3cret"));
            (token_url.to_string(), scope)
        }
        other => panic!("{other:?}"),
    };
    let told = oauth2("oauth2", r#"fetch.oauth2 = { client_id = "usher", client_secret = { env = "TOKEN" } }"#);
    assert_eq!(told, ("https://login.acme.example/token".to_owned(), Some("people:read".to_owned())));
    let told = oauth2(
        "oauth2-anywhere",
        r#"
[sources.hr.fetch]
base = "https://eu.acme.example"
oauth2 = { client_id = "usher", client_secret = { env = "TOKEN" }, token_url = "https://eu.acme.example/t" }
"#,
    );
    assert_eq!(told, ("https://eu.acme.example/t".to_owned(), None));
}

#[test]
fn secret_headers_are_read_in_any_case_of_letters() {
    let fetch = sound("keyed", r#"fetch.headers = { x-API-key = { env = "TOKEN" }, X-Account = { env = "COLON" } }"#);
    let mut read: Vec<_> =
        fetch.secret_headers.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    read.sort_unstable();
    assert_eq!(read, [("x-account", "s3cret:more"), ("x-api-key", "token-s3cret")]);
}

#[test]
fn whoever_asks_nobody_needs_no_table_and_no_secret() {
    for needs in [Needs::SourcesOnly, Needs::PortalOnly, Needs::StoreOnly] {
        for (connector, fetch) in [
            ("bearer", ""),
            ("oauth2-anywhere", ""),
            ("oauth2-anywhere", "fetch = {}"),
            ("keyed", "fetch = {}"),
            ("bearer", r#"fetch.bearer = { env = "UNSET" }"#),
            ("basic", r#"fetch.basic = { user = { file = "none" }, password = { env = "UNSET" } }"#),
            ("oauth2", r#"fetch.oauth2 = { client_id = "usher", client_secret = { env = "UNSET" } }"#),
            ("keyed", r#"fetch.headers = { x-api-key = { env = "UNSET" } }"#),
        ] {
            let config = parse(connector, fetch, needs).unwrap_or_else(|problems| panic!("{}", told(&problems)));
            assert!(config.sources.get("hr").is_none_or(|source| source.fetch.is_none()), "{connector} {fetch}");
        }
        let malformed = parse("bearer", "fetch = { bearer = \"token-s3cret\", odd = 1 }", needs).unwrap_err();
        assert_eq!(malformed.len(), 2, "{}", told(&malformed));
    }
}

#[test]
fn a_table_that_is_needed_and_absent_is_told_with_what_to_write() {
    let lacking = |connector: &str| refused(connector, "");
    assert_eq!(
        lacking("bearer"),
        r#"sources.hr.fetch: is missing: bearer is asked for what its webhooks leave out; add it with bearer = { env = "NAME" }"#
    );
    assert_eq!(
        lacking("basic"),
        r#"sources.hr.fetch: is missing: basic is asked for what its webhooks leave out; add it with bearer = { env = "NAME" } or basic = { user = "...", password = { env = "NAME" } }"#
    );
    assert_eq!(
        lacking("oauth2-anywhere"),
        r#"sources.hr.fetch: is missing: oauth2-anywhere is asked for what its webhooks leave out; add it with base = "https://..." and oauth2 = { client_id = "...", client_secret = { env = "NAME" } }"#
    );
    assert_eq!(
        lacking("keyed"),
        "sources.hr.fetch: is missing: keyed is asked for what its webhooks leave out; add it with headers with x-api-key and x-account"
    );
}

/// What is told of each misuse: connector, configuration, and the sentence without its place in the configuration.
const MISUSES: [(&str, &str, &str); 39] = [
    (
        "generic-hmac",
        "fetch = {}",
        "fetch: stands here for nothing: the webhooks of generic-hmac say all that is needed; take it out",
    ),
    ("open", "fetch = 1", "fetch: must be a table, not integer"),
    (
        "open",
        "fetch.odd = 1",
        "fetch.odd: is not a key here; fetch has base, allow, bearer, basic, oauth2, headers and per_minute",
    ),
    // Where to ask.
    (
        "oauth2-anywhere",
        r#"fetch.oauth2 = { client_id = "usher", client_secret = { env = "TOKEN" }, token_url = "https://a.example" }"#,
        r#"fetch.base: is missing: where oauth2-anywhere answers differs; write base = "https://...""#,
    ),
    ("open", "fetch.base = 1", "fetch.base: must be a text in quotes, not integer"),
    ("open", "fetch.base = 'acme.example'", "fetch.base: is not an address; write it as https://api.example.com"),
    ("open", "fetch.base = 'ftp://acme.example'", "fetch.base: is not an address; write it as https://api.example.com"),
    ("open", "fetch.base = 'https://'", "fetch.base: is not an address; write it as https://api.example.com"),
    (
        "open",
        "fetch.base = 'https://user:s3cret@acme.example'",
        "fetch.base: must hold no user, query or fragment; credentials stand on their own",
    ),
    (
        "open",
        "fetch.base = 'https://acme.example/?key=s3cret'",
        "fetch.base: must hold no user, query or fragment; credentials stand on their own",
    ),
    (
        "open",
        "fetch.base = 'https://acme.example/#x'",
        "fetch.base: must hold no user, query or fragment; credentials stand on their own",
    ),
    (
        "open",
        "fetch.base = 'http://acme.example'",
        r#"fetch.base: would be asked unencrypted; write https://, or allow = ["acme.example"] if that is meant"#,
    ),
    (
        "open",
        "fetch.base = 'https://127.1'",
        r#"fetch.base: leads to 127.0.0.1, which is no address of the public internet; if that is meant, write allow = ["127.0.0.1"]"#,
    ),
    (
        "open",
        "fetch = { base = 'https://[fd00::7]:8443', allow = ['10.1.2.3'] }",
        r#"fetch.base: leads to [fd00::7], which is no address of the public internet; if that is meant, write allow = ["[fd00::7]"]"#,
    ),
    (
        "plain",
        "",
        r#"fetch: the base of the connector would be asked unencrypted; write https://, or allow = ["api.acme.example"] if that is meant"#,
    ),
    (
        "near",
        "fetch = {}",
        r#"fetch.base: the one of the connector leads to 10.1.2.3, which is no address of the public internet; if that is meant, write allow = ["10.1.2.3"]"#,
    ),
    ("open", "fetch.allow = 'hr.internal'", "fetch.allow: must be a list, not string"),
    ("open", "fetch.allow = [1]", "fetch.allow[0]: must be a text in quotes, not integer"),
    (
        "open",
        "fetch.allow = ['hr.internal', 'https://hr.internal']",
        r#"fetch.allow[1]: is neither the name of a host nor an address; write "hr.internal" or "10.1.2.3", without https:// and port"#,
    ),
    (
        "open",
        "fetch.allow = ['10.0.0.0/8']",
        r#"fetch.allow[0]: is neither the name of a host nor an address; write "hr.internal" or "10.1.2.3", without https:// and port"#,
    ),
    ("open", "fetch.per_minute = 0", "fetch.per_minute: must be a number of calls from 1 to 6000"),
    ("open", "fetch.per_minute = 4294967297", "fetch.per_minute: must be a number of calls from 1 to 6000"),
    // How to show who we are.
    ("bearer", "fetch = {}", r#"fetch: credentials are missing; write bearer = { env = "NAME" }"#),
    (
        "open",
        "fetch.bearer = { env = 'TOKEN' }",
        "fetch.bearer: is not what open takes: it wants none of this kind; take it out",
    ),
    (
        "bearer",
        "fetch.basic = { user = { env = 'TOKEN' } }",
        r#"fetch.basic: is not what bearer takes: it wants other credentials; write bearer = { env = "NAME" }"#,
    ),
    (
        "basic",
        "fetch = { bearer = { env = 'TOKEN' }, basic = { user = { env = 'TOKEN' } } }",
        "fetch.basic: stands beside bearer; a call shows one kind of credentials, so leave one out",
    ),
    (
        "bearer",
        "fetch.bearer = 's3cret'",
        r#"fetch.bearer: a secret is never written into this file; write { env = "NAME" } or { file = "path" }"#,
    ),
    ("bearer", "fetch.bearer = { env = 'UNSET' }", "fetch.bearer: the environment variable UNSET is not set; set it"),
    (
        "bearer",
        "fetch.bearer = { env = 'WORDS' }",
        "fetch.bearer: this secret has blanks, line ends or letters that no token has; store the token alone, without the word Bearer",
    ),
    (
        "basic",
        "fetch.basic = { password = { env = 'TOKEN' } }",
        r#"fetch.basic.user: is missing; write user = "...", or { env = "NAME" } where the platform takes a key for it"#,
    ),
    (
        "basic",
        "fetch.basic = { user = 'service-7' }",
        r#"fetch.basic.password: is missing beside user; write { env = "NAME" } or { file = "path" }"#,
    ),
    (
        "basic",
        "fetch.basic = { user = 'service-7', password = 's3cret' }",
        r#"fetch.basic.password: a secret is never written into this file; write { env = "NAME" } or { file = "path" }"#,
    ),
    (
        "basic",
        "fetch.basic = { user = { env = 'COLON' } }",
        "fetch.basic.user: is no user for Basic: it is empty, or has a colon or a line end in it",
    ),
    (
        "basic",
        "fetch.basic = { user = 'service-7', password = { env = 'LINES' } }",
        "fetch.basic.password: this secret has a line end in it; store the password alone",
    ),
    (
        "oauth2",
        "fetch.oauth2 = { client_id = ' ', client_secret = { env = 'TOKEN' } }",
        "fetch.oauth2.client_id: is empty; write the id that the platform gave to this client",
    ),
    (
        "oauth2-anywhere",
        "fetch = { base = 'https://a.example', oauth2 = { client_id = 'usher', client_secret = { env = 'TOKEN' } } }",
        "fetch.oauth2.token_url: is missing: where oauth2-anywhere gives tokens differs; write it",
    ),
    (
        "oauth2",
        "fetch.oauth2 = { client_id = 'usher', client_secret = { env = 'TOKEN' }, token_url = 'https://169.254.169.254/t' }",
        r#"fetch.oauth2.token_url: leads to 169.254.169.254, which is no address of the public internet; if that is meant, write allow = ["169.254.169.254"]"#,
    ),
    (
        "keyed",
        "fetch.headers = { x-api-key = { env = 'LINES' }, x-account = { env = 'TOKEN' } }",
        "fetch.headers.x-api-key: this secret has line ends or blanks around it that no header has; store the value alone",
    ),
    (
        "keyed",
        "fetch.headers = { x-api-key = { env = 'TOKEN' } }",
        r#"fetch.headers.x-account: is missing: each call needs it; write { env = "NAME" } or { file = "path" }"#,
    ),
];

#[test]
fn every_misuse_is_told_with_its_key_and_what_to_do() {
    for (connector, fetch, told) in MISUSES {
        assert_eq!(refused(connector, fetch), format!("sources.hr.{told}"), "{connector} {fetch}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = r#"
[sources.hr.fetch]
base = "https://10.1.2.3"
allow = ["10.1.2.4"]
bearer = { env = "UNSET" }
oauth2 = { odd = 1 }
headers = { x-odd = { env = "TOKEN" } }
per_minute = "many"
odd = 1
"#;
    let problems = told(&parse("keyed", text, Needs::Everything).unwrap_err());
    let keys: Vec<_> = problems.lines().filter_map(|line| line.split(": ").nth(1)).collect();
    let keys: Vec<_> = keys.iter().map(|key| key.trim_start_matches("sources.hr.fetch")).collect();
    assert_eq!(
        keys,
        [
            ".headers.x-api-key",
            ".headers.x-account",
            ".base",
            ".bearer",
            ".bearer",
            ".oauth2",
            ".headers.x-odd",
            ".per_minute",
            ".odd"
        ],
        "{problems}"
    );
}
