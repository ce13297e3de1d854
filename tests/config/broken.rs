//! Broken configurations, each with everything that is wrong with it.

use super::refused;

#[test]
fn a_text_that_is_not_toml() {
    let text = r#"[server
listen = 
[sources]
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:1:8: not valid TOML: unclosed table, expected `]`
"##
    );
}

#[test]
fn nothing_at_all() {
    let text = r#""#;
    assert_eq!(
        refused(text),
        r##"usher.toml:1:1: sources: is missing; add [sources.NAME] with connector and secrets; its endpoint is then /hooks/NAME
"##
    );
}

#[test]
fn keys_nobody_knows() {
    let text = r#"[server]
listen = "127.0.0.1:8080"
port = 80
[sever]
[admin]
adress = "x"
[store]
path = "usher.db"
[worker]
threads = 2
[retention]
days = 3
[connectors]
dir = "x"
[docspace]
url = "https://portal.example.com"
api_key = { env = "API_KEY", default = "x" }
token = "x"
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
secret = "x"
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:3:1: server.port: is not a key here; [server] has listen, public_url and body_limit
usher.toml:4:2: sever: is not a key here; the sections are server, admin, store, connectors, docspace, portals, smtp, receivers, texts, sources, rules, guard, worker and retention
usher.toml:6:1: admin.adress: is not a key here; [admin] has listen
usher.toml:8:1: store.path: is not a key here; [store] has url
usher.toml:10:1: worker.threads: is not a key here; [worker] has concurrency
usher.toml:12:1: retention.days: is not a key here; [retention] has bodies_days, held_days, jobs_days and leavers_days
usher.toml:13:1: connectors.directory: is missing; name the directory with your connectors, or leave [connectors] out
usher.toml:14:1: connectors.dir: is not a key here; [connectors] has directory
usher.toml:17:30: docspace.api_key.default: is not a key here; a secret has env or file
usher.toml:18:1: docspace.token: is not a key here; a portal has url, api_key, company, reconcile and limits
usher.toml:22:1: sources.acme.secret: is not a key here; a source has connector, secrets, awaiting_secret, portal, auth, options, accept_assumptions and fetch
"##
    );
}

#[test]
fn values_of_the_wrong_kind() {
    let text = r#"[server]
listen = 8080
body_limit = "1 MiB"
[admin]
listen = "localhost:8081"
[store]
url = true
[connectors]
directory = ["connectors.d"]
[worker]
concurrency = 1.5
[retention]
bodies_days = "30"
[docspace]
url = 7
api_key = ["x"]
[sources]
acme = "generic-hmac"
[rules]
on = "employee.hired"
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:2:10: server.listen: must be a text in quotes, not integer
usher.toml:3:14: server.body_limit: must be a whole number, not string
usher.toml:5:10: admin.listen: 'localhost:8081' is not an address to listen on; write an IP address and a port, such as 127.0.0.1:8081
usher.toml:7:7: store.url: must be a text in quotes, not boolean
usher.toml:9:13: connectors.directory: must be a text in quotes, not array
usher.toml:11:15: worker.concurrency: must be a whole number, not float
usher.toml:13:15: retention.bodies_days: must be a whole number, not string
usher.toml:15:7: docspace.url: must be a text in quotes, not integer
usher.toml:16:11: docspace.api_key: must be a table, not array
usher.toml:18:8: sources.acme: must be a table, not string
usher.toml:19:1: rules: is a list of tables; write [[rules]] with two brackets for each
"##
    );
}

#[test]
fn values_out_of_range() {
    let text = r#"[server]
listen = "0.0.0.0:8081"
body_limit = 0
[admin]
listen = "127.0.0.1:8081"
[store]
url = "postgres://usher:s3cret@db/usher"
[worker]
concurrency = 0
[retention]
bodies_days = -1
held_days = 99999
jobs_days = 0
leavers_days = 0
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:3:14: server.body_limit: must be between 1 and 67108864
usher.toml:5:10: admin.listen: the public and the admin listener share this address; give each a port of its own
usher.toml:7:7: store.url: PostgreSQL is not in this version; write sqlite://usher.db
usher.toml:9:15: worker.concurrency: must be between 1 and 64
usher.toml:11:15: retention.bodies_days: must be between 0 and 3650
usher.toml:12:13: retention.held_days: must be between 0 and 3650
usher.toml:13:13: retention.jobs_days: must be between 1 and 3650
usher.toml:14:16: retention.leavers_days: must be between 1 and 3650
"##
    );
}

#[test]
fn secrets_that_cannot_be_had() {
    let text = r#"[docspace]
url = "https://portal.example.com"
api_key = { env = "EMPTY" }
[sources.unset]
connector = "generic-hmac"
secrets = [{ env = "UNSET" }, { file = "missing" }, { file = "secrets/newline" }]
[sources.plain]
connector = "generic-hmac"
secrets = ["s3cret"]
[sources.lone]
connector = "generic-hmac"
secrets = { env = "ACME" }
[sources.none]
connector = "generic-hmac"
secrets = []
[sources.absent]
connector = "generic-hmac"
[sources.odd]
connector = "generic-hmac"
secrets = [{ vault = "x" }, {}, { env = "" }, { env = 7 }, 7]
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:3:11: docspace.api_key: the environment variable EMPTY is empty; put the secret there
usher.toml:6:12: sources.unset.secrets[0]: the environment variable UNSET is not set; set it
usher.toml:6:31: sources.unset.secrets[1]: the file missing cannot be read; make it readable
usher.toml:6:53: sources.unset.secrets[2]: the file secrets/newline is empty; put the secret there
usher.toml:9:12: sources.plain.secrets[0]: a secret is never written into this file; write { env = "NAME" } or { file = "path" }
usher.toml:12:11: sources.lone.secrets: must be a list of references to secrets; write secrets = [{ env = "NAME" }], or { file = "path" } in the list
usher.toml:15:11: sources.none.secrets: is empty, so that nothing could be verified; write secrets = [{ env = "NAME" }], or { file = "path" } in the list
usher.toml:16:1: sources.absent.secrets: is missing; write secrets = [{ env = "NAME" }], or { file = "path" } in the list
usher.toml:20:12: sources.odd.secrets[0]: does not say where the secret is; write { env = "NAME" } or { file = "path" }
usher.toml:20:29: sources.odd.secrets[1]: does not say where the secret is; write { env = "NAME" } or { file = "path" }
usher.toml:20:41: sources.odd.secrets[2].env: is empty; name the place of the secret
usher.toml:20:55: sources.odd.secrets[3].env: must be a text in quotes, not integer
usher.toml:20:60: sources.odd.secrets[4]: must be a table, not integer
"##
    );
}

#[test]
fn portals_that_cannot_be() {
    let text = r#"[docspace]
url = "https://portal.example.com/api/2.0?x=1"
api_key = { file = "secrets/two-newlines" }
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:2:7: docspace.url: has a path; DocSpace answers at the root of its host; write it as https://portal.example.com
usher.toml:3:11: docspace.api_key: this secret has blanks, line ends or letters that no API key has; store the key alone
"##
    );
}

#[test]
fn sources_that_cannot_be() {
    let text = r#"[sources."HR Europe"]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
[sources.typo]
connector = "bamboo"
secrets = [{ env = "UNSET" }]
options = "x"
[sources.blank]
secrets = [{ env = "ACME" }]
auth = []
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:1:1: sources.HR Europe: the name of a source is part of its address /hooks/NAME; use a-z, 0-9, - and _
usher.toml:5:13: sources.typo.connector: there is no connector 'bamboo'; is bamboohr meant? `usher connectors` lists all
usher.toml:6:12: sources.typo.secrets[0]: the environment variable UNSET is not set; set it
usher.toml:7:11: sources.typo.options: must be a table, not string
usher.toml:8:1: sources.blank.connector: is missing; name one of bamboohr, docspace, generic-hmac, greenhouse, standard-webhooks and thin
usher.toml:10:8: sources.blank.auth: must be a table, not array
"##
    );
}
