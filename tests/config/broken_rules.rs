//! Broken rules, each with everything that is wrong with it.

use super::refused;

/// What stands before the rules: six lines.
const BEFORE: &str = r#"[docspace]
url = "https://portal.example.com"
api_key = { env = "API_KEY" }
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
"#;

#[test]
fn accounts_that_cannot_be() {
    let text = r#"[[rules]]
onboard = { type = "All" }
[[rules]]
on = "employee.hired"
onboard = { mode = "link", paid = true }
[[rules]]
on = "employee.hired"
onboard = { type = "Guest" }
[[rules]]
on = "employee.hired"
onboard = { type = "RoomAdmin" }
[[rules]]
on = "employee.hired"
onboard = { type = "DocSpaceAdmin", allow_paid = "yes" }
[[rules]]
on = "employee.terminated"
onboard = { type = "user" }
"#;
    assert_eq!(
        refused(&format!("{BEFORE}{text}")),
        r##"usher.toml:7:1: rules[0].on: is missing; name an event, such as employee.hired
usher.toml:8:20: rules[0].onboard.type: 'All' is refused, since the server turns it into a paid room administrator; write User
usher.toml:11:11: rules[1].onboard.type: is missing; there is no default, since some types take a paid seat; write type = "User"
usher.toml:11:20: rules[1].onboard.mode: mails the link itself, so that it needs a mail server; add [smtp] with host and from
usher.toml:11:28: rules[1].onboard.paid: is not a key here; onboard has type, mode, culture, groups, rooms, on_existing, text, remind_after, before_start, at, zone and allow_paid
usher.toml:14:20: rules[2].onboard.type: 'Guest' is refused without a room: a guest comes to be by being let into a room; add rooms = [{ id = 1, access = "read" }], or write User
usher.toml:17:20: rules[3].onboard.type: 'RoomAdmin' takes a paid seat; add allow_paid = true if that is meant, or write User
usher.toml:20:20: rules[4].onboard.type: 'DocSpaceAdmin' takes a paid seat; add allow_paid = true if that is meant, or write User
usher.toml:20:50: rules[4].onboard.allow_paid: must be true or false, not string
usher.toml:23:11: rules[5].onboard: makes an account for somebody who was hired and cannot follow employee.terminated; use it on employee.hired
usher.toml:23:20: rules[5].onboard.type: 'user' is not an account type; use User, Guest, RoomAdmin or DocSpaceAdmin
"##
    );
}

#[test]
fn congratulations_that_cannot_be() {
    let text = r#"[[rules]]
on = "employee.hird"
[[rules]]
on = "employee.hired"
congratulate = { via = ["mail", "sendcongratulations", "sendcongratulations"] }
[[rules]]
on = "user.activated"
congratulate = { via = [], key = "" }
[[rules]]
on = "user.deleted"
onboard = { type = "User" }
congratulate = { via = "sendcongratulations", key = 7 }
[[rules]]
on = "user.activated"
congratulate = "welcome_guest"
"#;
    assert_eq!(
        refused(&format!("{BEFORE}{text}")),
        r##"usher.toml:7:1: rules[0]: does nothing; add onboard = { type = "User" }, congratulate = { key = "..." }, update, disable or enable
usher.toml:8:6: rules[0].on: 'employee.hird' is not an event; the events are employee.hired, employee.updated, employee.terminated, employee.rescinded, user.invited, user.created, user.updated, user.activated, user.deleted
usher.toml:11:16: rules[1].congratulate: speaks to somebody with a DocSpace account and cannot follow employee.hired; use it on user.activated
usher.toml:11:16: rules[1].congratulate.key: is missing; the channel sendcongratulations needs it; write key = "...", or name other channels in via, since a real portal refuses this one
usher.toml:11:25: rules[1].congratulate.via[0]: there is no channel 'mail'; there are sendcongratulations, letter, smtp, mention, room and webhook
usher.toml:11:56: rules[1].congratulate.via[2]: 'sendcongratulations' stands here twice; once is enough
usher.toml:14:24: rules[2].congratulate.via: is empty; name a channel: sendcongratulations, letter, smtp, mention, room and webhook
usher.toml:14:34: rules[2].congratulate.key: is empty; the channel sendcongratulations needs it; write key = "...", or name other channels in via, since a real portal refuses this one
usher.toml:17:11: rules[3].onboard: makes an account for somebody who was hired and cannot follow user.deleted; use it on employee.hired
usher.toml:18:16: rules[3].congratulate: speaks to somebody with a DocSpace account and cannot follow user.deleted; use it on user.activated
usher.toml:18:24: rules[3].congratulate.via: must be a list, not string
usher.toml:18:53: rules[3].congratulate.key: must be a text in quotes, not integer
usher.toml:21:16: rules[4].congratulate: must be a table, not string
"##
    );
}

#[test]
fn conditions_on_fields_that_never_come() {
    let text = r#"[docspace]
url = "https://portal.example.com"
api_key = { env = "API_KEY" }
[sources.thin]
connector = "thin"
secrets = [{ env = "ACME" }]
[sources.thin-two]
connector = "thin"
secrets = [{ env = "ACME" }]
[[rules]]
on = "employee.hired"
when = "event.department == 'Research' and event.title == 'CEO'"
onboard = { type = "User" }
[[rules]]
on = "employee.hired"
when = "event.location is defined"
onboard = { type = "User" }
[[rules]]
on = "employee.updated"
onboard = { type = "User" }
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:12:8: rules[0].when: reads event.department, which employee.hired never has here (it comes from thin and thin-two); map it in the connector or take it out of the expression
usher.toml:12:8: rules[0].when: reads event.title, which employee.hired never has here (it comes from thin and thin-two); map it in the connector or take it out of the expression
usher.toml:16:8: rules[1].when: reads event.location, which employee.hired never has here (it comes from thin and thin-two); map it in the connector or take it out of the expression
usher.toml:20:11: rules[2].onboard: needs an e-mail address, which employee.updated never has here (it comes from thin and thin-two); map email in the connector or use employee.hired
"##
    );
}

#[test]
fn rules_without_a_portal() {
    let text = r#"[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
[[rules]]
on = "employee.hired"
onboard = { type = "User" }
when = 1
"#;
    assert_eq!(
        refused(text),
        r##"usher.toml:1:1: docspace: is missing, but the rules act on a portal; add [docspace] with url and api_key
usher.toml:7:8: rules[0].when: must be a text in quotes, not integer
"##
    );
}
