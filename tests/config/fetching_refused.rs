//! Every misuse of `[sources.NAME.fetch]`, with what to do.

use usher::config::Needs;

use super::fetching::{parse, refused};
use super::told;

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
