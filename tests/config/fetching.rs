//! `[sources.NAME.fetch]`: what it yields.

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

pub(crate) fn parse(connector: &str, fetch: &str, needs: Needs) -> Result<Config, Vec<Problem>> {
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
pub(crate) fn refused(connector: &str, fetch: &str) -> String {
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
