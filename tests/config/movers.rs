//! `update`, `disable` and `enable` of a rule: what becomes of those who move, leave and come back.

use serde_json::json;
use usher::model::{Action, Moment, RoomAccess, RoomGrant, Update, UserType};
use usher::rules::Parameter;

use super::{parse, refused, sound, told};

/// Six lines.
const BEFORE: &str = r#"[docspace]
url = "https://portal.example.com"
api_key = { env = "API_KEY" }
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
"#;

fn rule(on: &str, action: &str) -> String {
    format!("[[rules]]\non = \"{on}\"\n{action}\n")
}

fn read(on: &str, action: &str) -> Action {
    sound(&rule(on, action)).rules[0].asks[0].action.clone()
}

/// What is told of the action of one rule, which stands in the ninth line.
fn problem(on: &str, action: &str) -> String {
    refused(&format!("{BEFORE}{}", rule(on, action)))
}

fn warned(rules: &str) -> String {
    told(&sound(rules).warnings)
}

#[test]
fn an_update_is_read_with_what_is_fixed_and_what_is_computed() {
    let text = r#"update = { type = "RoomAdmin", allow_paid = true, groups = ["Everybody", { expr = "event.department" }], rooms = [{ id = 12, access = "edit" }, { id = { expr = "event.title" } }] }"#;
    for on in ["employee.updated", "employee.hired"] {
        let config = sound(&rule(on, text));
        let ask = &config.rules[0].asks[0];
        let wanted = Update {
            user_type: Some(UserType::RoomAdmin),
            groups: Some(vec!["Everybody".to_owned()]),
            rooms: Some(vec![RoomGrant { id: "12".to_owned(), access: RoomAccess::Edit }]),
        };
        assert_eq!(ask.action, Action::Update(wanted));
        let computed: Vec<_> = ask.computed.iter().map(|computed| computed.parameter).collect();
        assert_eq!(computed, [Parameter::Group, Parameter::Room(RoomAccess::Read)]);
    }
}

#[test]
fn what_an_update_leaves_out_is_absent_and_an_empty_list_is_not() {
    let update = |text: &str| read("employee.updated", &format!("update = {text}")).params();
    assert_eq!(update(r#"{ groups = [] }"#), json!({"groups": []}));
    assert_eq!(update(r#"{ rooms = [] }"#), json!({"rooms": []}));
    assert_eq!(update(r#"{ type = "User" }"#), json!({"type": "User"}));
}

#[test]
fn an_update_that_cannot_be_is_refused() {
    assert_eq!(
        problem("employee.updated", "update = { allow_paid = true, paid = 1 }"),
        "usher.toml:9:10: rules[0].update: changes nothing; add groups = [{ expr = \"event.department\" }], rooms or type\n\
         usher.toml:9:31: rules[0].update.paid: is not a key here; update has groups, rooms, type and allow_paid\n"
    );
    for (kind, why) in [
        ("Guest", "DocSpace makes no guest"),
        ("All", "is refused"),
        ("RoomAdmin", "takes a paid seat; add allow_paid = true"),
        ("user", "is not an account type"),
    ] {
        let told = problem("employee.updated", &format!("update = {{ type = \"{kind}\" }}"));
        assert!(told.contains("rules[0].update.type: ") && told.contains(why), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn disabling_is_at_once_or_counted_from_the_last_day() {
    for on in ["employee.terminated", "employee.rescinded"] {
        assert_eq!(read(on, "disable = {}").params(), json!({}));
        let Action::Disable(disable) =
            read(on, "disable = { after_end = \"2w\", at = \"17:30\", zone = \"Europe/Berlin\" }")
        else {
            panic!("another action")
        };
        let zone = "Europe/Berlin".to_owned();
        assert_eq!(disable.after_end, Some(Moment { days: 14, at: "17:30".parse().unwrap(), zone }));
    }
}

/// In the morning of the last day somebody is still at work.
#[test]
fn without_a_time_the_last_day_ends_in_the_evening() {
    let Action::Disable(disable) = read("employee.terminated", "disable = { after_end = \"0d\" }") else {
        panic!("another action")
    };
    let moment = disable.after_end.unwrap();
    assert_eq!((moment.days, moment.at.to_string(), moment.zone), (0, "18:00:00".to_owned(), "UTC".to_owned()));
}

#[test]
fn each_follows_only_the_events_that_suit_it() {
    for (action, on, advice) in [
        ("update = { groups = [] }", "employee.terminated", "use it on employee.updated"),
        ("update = { groups = [] }", "user.updated", "use it on employee.updated"),
        ("disable = {}", "employee.hired", "use it on employee.terminated or employee.rescinded"),
        ("disable = {}", "user.deleted", "use it on employee.terminated or employee.rescinded"),
        ("enable = {}", "employee.updated", "use it on employee.hired"),
        ("enable = {}", "employee.terminated", "use it on employee.hired"),
    ] {
        let told = problem(on, action);
        assert!(told.contains(&format!("cannot follow {on}; {advice}")), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    assert!(matches!(read("employee.hired", "enable = {}"), Action::Enable(_)));
}

#[test]
fn keys_that_are_none_are_told() {
    assert_eq!(
        problem("employee.terminated", "disable = { at = \"18:00\", when = 1 }"),
        "usher.toml:9:18: rules[0].disable.at: belongs to after_end, which is not there; add it, such as after_end = \"3d\"\n\
         usher.toml:9:27: rules[0].disable.when: is not a key here; disable has after_end, at and zone\n"
    );
    assert_eq!(
        problem("employee.hired", "enable = { now = true }"),
        "usher.toml:9:12: rules[0].enable.now: is not a key here; enable has no keys: write enable = {}\n"
    );
}

#[test]
fn a_last_day_that_no_source_sends_is_refused() {
    let source = BEFORE.replace("generic-hmac", "greenhouse");
    let told = refused(&format!("{source}{}", rule("employee.rescinded", "disable = { after_end = \"0d\" }")));
    assert_eq!(
        told,
        "usher.toml:9:25: rules[0].disable.after_end: counts from event.ends_on, which employee.rescinded never has here \
         (it comes from acme); map it in the connector or take this out\n"
    );
    let source = BEFORE.replace("generic-hmac", "bamboohr");
    let text = format!("{source}{}", rule("employee.terminated", "disable = { after_end = \"0d\" }"));
    assert!(parse(&text, usher::config::Needs::Everything).is_ok());
}

#[test]
fn disabling_without_a_limit_is_told() {
    let rules = rule("employee.terminated", "disable = {}");
    assert_eq!(
        warned(&rules),
        "usher.toml:1:1: guard: nothing limits how many accounts the rules disable, should HR report too many as gone. \
         Write [guard] with leavers_per_day = 5 (0: every leaver waits for you)\n"
    );
    assert_eq!(warned(&format!("{rules}[guard]\nleavers_per_day = 5\n")), "");
    assert_eq!(warned(&rule("employee.hired", "enable = {}")), "");
}
