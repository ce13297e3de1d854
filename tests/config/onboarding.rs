//! `onboard = {...}`: groups, rooms, reminders and what is done about accounts that are there.

use jiff::SignedDuration;
use serde_json::json;
use usher::config::duration;
use usher::model::{Action, Existing, Onboard, Way};

use super::{refused, sound};

/// Seven lines.
const BEFORE: &str = r#"[docspace]
url = "https://portal.example.com"
api_key = { env = "API_KEY" }
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
[[rules]]
"#;

const SMTP: &str = "[smtp]\nhost = \"mail.example.com\"\nfrom = \"HR <hr@example.com>\"\n";

fn read(onboard: &str) -> Onboard {
    let rule = format!("{SMTP}{BEFORE}on = \"employee.hired\"\nonboard = {onboard}\n");
    let config = super::parse(&rule, usher::config::Needs::Everything);
    let config = config.unwrap_or_else(|problems| panic!("{}", super::told(&problems)));
    match &config.rules[0].asks[0].action {
        Action::Onboard(onboard) => onboard.clone(),
        other => panic!("{other:?}"),
    }
}

fn problem(onboard: &str) -> String {
    refused(&format!("{BEFORE}on = \"employee.hired\"\nonboard = {onboard}\n"))
}

#[test]
fn a_length_of_time_is_read_as_people_write_it() {
    for (text, hours) in [("5d", 120), ("36h", 36), ("1d 12h", 36), ("2 weeks", 336), ("90m", 1), (" 1h ", 1)] {
        assert_eq!(duration(text).map(|length| length.as_hours()), Some(hours), "{text}");
    }
    for text in ["", "5", "soon", "-5d", "0h", "1y", "1mo", "99999999999999d"] {
        assert_eq!(duration(text), None, "{text}");
    }
}

#[test]
fn what_is_to_become_of_an_account_that_is_there_is_read_and_has_a_default() {
    let usual = read(r#"{ type = "User" }"#);
    let chosen = [usual.on_existing.terminated, usual.on_existing.guest, usual.on_existing.pending];
    assert_eq!(chosen, [Existing::Held, Existing::Keep, Existing::Keep]);
    let onboard = read(r#"{ type = "User", on_existing = { terminated = "keep", active = "extend" } }"#);
    assert_eq!((onboard.on_existing.terminated, onboard.on_existing.active), (Existing::Keep, Existing::Extend));
    let wrong = problem(r#"{ type = "User", on_existing = { active = "delete", gone = "keep" } }"#);
    assert!(wrong.contains("'delete' is not a choice") && wrong.contains("on_existing.gone"), "{wrong}");
}

#[test]
fn a_reminder_is_read_and_shown_in_the_parameters() {
    let onboard = read(r#"{ type = "User", mode = "invite", remind_after = "5d" }"#);
    assert_eq!(onboard.remind_after, Some(SignedDuration::from_hours(120)));
    let params = Action::Onboard(onboard.clone()).params();
    assert_eq!(params, json!({"type": "User", "mode": "invite", "remind_after": "PT120H"}));
    assert_eq!(serde_json::from_value::<Onboard>(params).unwrap(), onboard);
}

#[test]
fn a_reminder_that_cannot_be_is_refused() {
    let never = problem(r#"{ type = "User", remind_after = "5d" }"#);
    assert!(never.contains("remind_after: cannot be done for accounts of mode \"create\""), "{never}");
    assert_eq!(read(r#"{ type = "User", remind_after = "5d" }"#).way(), Way::Created, "our own mail server can");
    for (text, what) in [("soon", "is not a length of time"), ("30m", "less than an hour"), ("", "is not a length")] {
        let wrong = problem(&format!(r#"{{ type = "User", mode = "invite", remind_after = "{text}" }}"#));
        assert!(wrong.contains(what), "{text}: {wrong}");
    }
}

#[test]
fn whoever_gets_a_link_cannot_be_put_anywhere_yet() {
    let rule = r#"{ type = "User", mode = "link", groups = ["Sales"], rooms = [{ id = 1 }] }"#;
    let told = refused(&format!("{SMTP}{BEFORE}on = \"employee.hired\"\nonboard = {rule}\n"));
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains("onboard.groups: cannot be") && told.contains("onboard.rooms: cannot be"), "{told}");
    let guest = read(r#"{ type = "Guest", mode = "link", rooms = [{ id = 1 }] }"#);
    assert_eq!(guest.way(), Way::Room, "guests come by their rooms whatever the mode");
    let computed = r#"{ type = { expr = "'Guest'" }, mode = "link", rooms = [{ id = 1 }] }"#;
    assert_eq!(read(computed).rooms.len(), 1);
    assert!(problem(r#"{ type = "Guest", rooms = [] }"#).contains("'Guest' is refused without a room"));
}

#[test]
fn an_example_of_everything_is_sound() {
    let rule = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", culture = \"de\", groups = [\"Sales\"], rooms = [{ id = 12, access = \"edit\" }], on_existing = { active = \"extend\" } }\n";
    assert_eq!(sound(rule).rules.last().unwrap().asks.len(), 1);
}
