//! Broken configurations: everything wrong is told at once, with the file, the key and what to do, before any port opens.

use crate::stage::Place;

/// What `check` and `serve` say of a configuration: the same, on standard error alone, with exit code 2.
fn refused(place: &Place) -> String {
    let (check, serve) = (place.run(&["check"]), place.run(&["serve"]));
    assert_eq!((check.code, check.out.as_str()), (Some(2), ""), "{check:#?}");
    assert_eq!((serve.code, serve.out.as_str()), (Some(2), ""), "{serve:#?}");
    assert_eq!(check.err, serve.err);
    check.err.lines().map(without_lists).collect()
}

/// A line without the names that grow with the program.
fn without_lists(line: &str) -> String {
    let end = ["there are ", "the filters are "].iter().find_map(|list| Some(line.find(list)? + list.len()));
    format!("{}\n", end.map_or(line.to_owned(), |end| format!("{}...", &line[..end])))
}

fn with(text: &str) -> Place {
    let place = Place::empty();
    place.write("usher.toml", text);
    place.write("secrets/good", "0123456789\n");
    place
}

#[test]
fn no_file_at_all() {
    assert_eq!(
        refused(&Place::empty()),
        r##"error: usher.toml: cannot be read (No such file or directory (os error 2)); `usher init` writes one, --config names another
"##
    );
}

#[test]
fn a_text_that_is_not_toml() {
    assert_eq!(
        refused(&with("[server]\nlisten = 127.0.0.1\n[sources.own\n")),
        r##"error: usher.toml:2:15: not valid TOML: invalid float, expected nothing
error: usher.toml:3:13: not valid TOML: unclosed table, expected `]`
"##
    );
}

#[test]
fn keys_nobody_knows() {
    assert_eq!(
        refused(&with(
            "[server]\nport = 80\n[sources.own]\nconnector = \"generic-hmac\"\nsecrets = [{ file = \"secrets/good\" }]\nsecret = 1\n"
        )),
        r##"error: usher.toml:2:1: server.port: is not a key here; [server] has listen, public_url and body_limit
error: usher.toml:6:1: sources.own.secret: is not a key here; a source has connector, secrets, awaiting_secret, portal, auth, options, accept_assumptions and fetch
"##
    );
}

#[test]
fn secrets_that_are_not_there_or_stand_in_the_file() {
    assert_eq!(
        refused(&with(
            r#"[docspace]
url = "https://portal.example.com"
api_key = "sk-plain"
[sources.unset]
connector = "generic-hmac"
secrets = [{ env = "UNSET_SECRET" }]
[sources.missing]
connector = "generic-hmac"
secrets = [{ file = "secrets/missing" }]
[sources.plain]
connector = "generic-hmac"
secrets = ["plain-text"]
"#
        )),
        r##"error: usher.toml:3:11: docspace.api_key: a secret is never written into this file; write { env = "NAME" } or { file = "path" }
error: usher.toml:6:12: sources.unset.secrets[0]: the environment variable UNSET_SECRET is not set; set it
error: usher.toml:9:12: sources.missing.secrets[0]: the file secrets/missing cannot be read (No such file or directory (os error 2)); put the secret there
error: usher.toml:12:12: sources.plain.secrets[0]: a secret is never written into this file; write { env = "NAME" } or { file = "path" }
"##
    );
}

#[test]
fn a_directory_of_connectors_that_is_not_there() {
    assert_eq!(
        refused(&with(
            r#"[connectors]
directory = "nowhere"
[sources.own]
connector = "acme"
secrets = [{ file = "secrets/good" }]
"#
        )),
        r##"error: usher.toml:2:13: connectors.directory: nowhere cannot be read (No such file or directory (os error 2)); make it, or name another
"##
    );
}

#[test]
fn a_connector_of_ones_own_that_is_broken() {
    let place = with(
        r#"[connectors]
directory = "connectors.d"
[sources.own]
connector = "acme"
secrets = [{ file = "secrets/good" }]
"#,
    );
    place.write(
        "connectors.d/acme.toml",
        "name = \"acme\"\n[auth]\nkind = \"hmac\"\n[[event]]\nkind = \"employee.hired\"\nemail = \"item.mail |\"\n",
    );
    place.write("connectors.d/notes.txt", "not a connector");
    assert_eq!(
        refused(&place),
        r##"error: connectors.d/acme.toml:2:1: auth: signed: is missing or empty; name what is signed, such as '{body}'
error: connectors.d/acme.toml:2:1: auth: sig: is missing; write header:NAME, json:/POINTER or form:NAME
error: connectors.d/acme.toml:4:1: event[0].employee_id: is missing; employee.hired cannot do without
error: connectors.d/acme.toml:6:20: event[0].email: unexpected end of input, expected identifier
"##
    );
}

#[test]
fn account_types_that_cost_money_unasked() {
    assert_eq!(
        refused(&with(
            r#"[docspace]
url = "http://127.0.0.1:1"
api_key = { file = "secrets/good" }
[sources.own]
connector = "generic-hmac"
secrets = [{ file = "secrets/good" }]
[[rules]]
on = "employee.hired"
onboard = {}
[[rules]]
on = "employee.hired"
onboard = { type = "All" }
[[rules]]
on = "employee.hired"
onboard = { type = "DocSpaceAdmin" }
"#
        )),
        r##"error: usher.toml:9:11: rules[0].onboard.type: is missing; there is no default, since some types take a paid seat; write type = "User"
error: usher.toml:12:20: rules[1].onboard.type: 'All' is refused, since the server turns it into a paid room administrator; write User
error: usher.toml:15:20: rules[2].onboard.type: 'DocSpaceAdmin' takes a paid seat; add allow_paid = true if that is meant, or write User
"##
    );
}

#[test]
fn expressions_that_cannot_be_read() {
    assert_eq!(
        refused(&with(
            r#"[docspace]
url = "http://127.0.0.1:1"
api_key = { file = "secrets/good" }
[sources.own]
connector = "generic-hmac"
secrets = [{ file = "secrets/good" }]
[[rules]]
on = "employee.hired"
when = "event.department == 'R&D' and"
onboard = { type = "User" }
[[rules]]
on = "employee.hired"
when = "event.departement == 'R&D'"
onboard = { type = "User" }
[[rules]]
on = "employee.hired"
when = "event.department | shout"
onboard = { type = "User" }
"#
        )),
        r##"error: usher.toml:9:35: rules[0].when: unexpected end of input, expected expression
error: usher.toml:13:15: rules[1].when: event has no field departement; its fields are kind, employee_id, email, first_name, last_name, starts_on, ends_on, department, title, employment_type, manager, location, match_id, user_id, status, activation_status, occurred_at
error: usher.toml:17:28: rules[2].when: unknown filter shout; the filters are ...
"##
    );
}

#[test]
fn a_signature_that_leaves_the_body_open() {
    assert_eq!(
        refused(&with(
            r#"[sources.own]
connector = "generic-hmac"
secrets = [{ file = "secrets/good" }]
[sources.own.auth]
signed = "{timestamp}"
timestamp = { src = "header:x-time", unit = "s" }
"#
        )),
        r##"error: usher.toml:4:1: sources.own.auth: the signature does not cover the body, so whoever has seen one webhook can send any other; serve needs {body} in signed, or a connector with [fetch], which asks the platform itself what is true
"##
    );
}

#[test]
fn all_of_it_at_once() {
    assert_eq!(
        refused(&with(
            r#"[server]
listen = "localhost"
prot = 1
[store]
url = "usher.db"
[docspace]
url = "portal.example.com"
api_key = { env = "UNSET_KEY" }
[sources."HR"]
connector = "bambohr"
secrets = []
[[rules]]
on = "employee.hird"
when = "event.email =="
onboard = { type = "user" }
"#
        )),
        r##"error: usher.toml:2:10: server.listen: 'localhost' is not an address to listen on; write an IP address and a port, such as 127.0.0.1:8080
error: usher.toml:3:1: server.prot: is not a key here; [server] has listen, public_url and body_limit
error: usher.toml:5:7: store.url: is not a store; write sqlite:// and a path, such as sqlite://usher.db
error: usher.toml:7:7: docspace.url: is not the address of a portal; write it as https://portal.example.com
error: usher.toml:8:11: docspace.api_key: the environment variable UNSET_KEY is not set; set it
error: usher.toml:9:1: sources.HR: the name of a source is part of its address /hooks/NAME; use a-z, 0-9, - and _
error: usher.toml:10:13: sources.HR.connector: there is no connector 'bambohr'; is one of these meant: bamboohr and bamboohr-events? `usher connectors` lists all
error: usher.toml:11:11: sources.HR.secrets: is empty, so that nothing could be verified; write secrets = [{ env = "NAME" }], or { file = "path" } in the list
error: usher.toml:13:6: rules[0].on: 'employee.hird' is not an event; the events are employee.hired, employee.updated, employee.terminated, employee.rescinded, user.invited, user.created, user.updated, user.activated, user.deleted
error: usher.toml:14:21: rules[0].when: unexpected end of input, expected expression
error: usher.toml:15:20: rules[0].onboard.type: 'user' is not an account type; use User, Guest, RoomAdmin or DocSpaceAdmin
"##
    );
}

#[test]
fn a_log_filter_that_cannot_be_read() {
    let ran = Place::usual().run_with(&[("USHER_LOG", "usher=loud")], &["check"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert_eq!(
        ran.err,
        r##"error: USHER_LOG holds no valid log filter (error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5); use a level such as info or debug, or usher::docspace=debug
"##
    );
}
