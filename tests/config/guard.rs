//! `[guard]`: who may come without a look.

use usher::config::Needs;
use usher::guard::Guard;

use super::{SOUND, parse, refused, sound, told};

fn read(guard: &str) -> Guard {
    sound(&format!("[guard]\n{guard}\n")).guard
}

#[test]
fn what_is_left_out_guards_nothing() {
    assert!(sound("").guard.is_empty());
    assert!(read("").is_empty());
    let guard = read("leavers_per_day = 0");
    assert_eq!(guard, Guard { leavers_per_day: Some(0), ..Guard::default() });
}

#[test]
fn every_limit_is_read() {
    let guard = read(
        r#"
new_people_per_day = 50
email_domains = ["Example.COM", "bücher.example", " example.org ", "example.com"]
hired_at_most_ago = "30d"
leavers_per_day = 5
allow = ["Ada@Example.com", "6B1F7C1E-0D5A-4A2B-9A53-3F6D2B8F9C01"]
"#,
    );
    assert_eq!(
        guard,
        Guard {
            new_people_per_day: Some(50),
            email_domains: Some(["example.com", "example.org", "xn--bcher-kva.example"].map(str::to_owned).into()),
            hired_at_most_ago: Some(30),
            leavers_per_day: Some(5),
            allow: ["ada@example.com", "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01"].map(str::to_owned).into(),
        }
    );
    for (text, days) in [("4w", 28), ("1w 2d", 9), ("0d", 0), ("30 days", 30)] {
        assert_eq!(read(&format!("hired_at_most_ago = \"{text}\"")).hired_at_most_ago, Some(days), "{text}");
    }
}

#[test]
fn everything_wrong_with_the_guard_is_told_at_once() {
    let text = r#"[guard]
new_people_per_day = -1
leavers_per_day = 99999999999
email_domains = ["@example.com", "*.example.com", "example", "exa mple.com", "127.0.0.1", "example.com.", ""]
hired_at_most_ago = "2h"
allow = ["", "ada"]
people = 5
"#;
    assert_eq!(
        refused(&format!("{text}{SOUND}")),
        r#"usher.toml:2:22: guard.new_people_per_day: must be between 0 and 1000000; 0: each one waits for a person
usher.toml:3:19: guard.leavers_per_day: must be between 0 and 1000000; 0: each one waits for a person
usher.toml:4:18: guard.email_domains[0]: '@example.com' has an @ in it; write what follows the @ of an address, such as "example.com"
usher.toml:4:34: guard.email_domains[1]: '*.example.com' has a * in it, and there are no patterns: name each domain; write what follows the @ of an address, such as "example.com"
usher.toml:4:51: guard.email_domains[2]: 'example' is no domain; write what follows the @ of an address, such as "example.com"
usher.toml:4:62: guard.email_domains[3]: 'exa mple.com' is no domain; write what follows the @ of an address, such as "example.com"
usher.toml:4:78: guard.email_domains[4]: '127.0.0.1' is no domain; write what follows the @ of an address, such as "example.com"
usher.toml:4:91: guard.email_domains[5]: 'example.com.' is no domain; write what follows the @ of an address, such as "example.com"
usher.toml:4:107: guard.email_domains[6]: '' is no domain; write what follows the @ of an address, such as "example.com"
usher.toml:5:21: guard.hired_at_most_ago: '2h' is not a number of days; write a number of whole days, such as "30d", or of weeks, such as "4w"
usher.toml:6:10: guard.allow[0]: is empty; write the address or the DocSpace id of an account, or take it out
usher.toml:6:14: guard.allow[1]: 'ada' is neither an e-mail address nor a DocSpace id of an account
usher.toml:7:1: guard.people: is not a key here; [guard] has new_people_per_day, email_domains, hired_at_most_ago, leavers_per_day and allow
"#
    );
}

#[test]
fn what_cannot_be_a_limit_is_refused_with_what_to_write() {
    for (key, value, message) in [
        ("new_people_per_day", "\"50\"", "must be a whole number"),
        ("new_people_per_day", "1.5", "must be a whole number"),
        ("new_people_per_day", "1000001", "must be between 0 and 1000000"),
        ("email_domains", "[]", "is empty, so that everybody would be held; name your domains, or take it out"),
        ("email_domains", "\"example.com\"", "must be a list"),
        ("email_domains", "[7]", "must be a text"),
        ("hired_at_most_ago", "\"30\"", "is not a number of days"),
        ("hired_at_most_ago", "\"1d 12h\"", "is not a number of days"),
        ("hired_at_most_ago", "\"1mo\"", "is not a number of days"),
        ("hired_at_most_ago", "\"-3d\"", "must be between 0 and 36500 days"),
        ("hired_at_most_ago", "\"9999w\"", "must be between 0 and 36500 days"),
        ("hired_at_most_ago", "30", "must be a text"),
        ("allow", "\"ada@example.com\"", "must be a list"),
    ] {
        let told = refused(&format!("[guard]\n{key} = {value}\n{SOUND}"));
        assert!(told.contains(&format!("guard.{key}")) && told.contains(message), "{key} = {value}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn rules_that_let_everybody_in_are_told() {
    let warned = |guard: &str, rule: &str| {
        let config = parse(&format!("{guard}{SOUND}[[rules]]\n{rule}\n"), Needs::Everything);
        told(&config.unwrap_or_else(|problems| panic!("{}", told(&problems))).warnings)
    };
    let onboards = "on = \"employee.hired\"\nonboard = { type = \"User\" }";
    let told = "guard: nothing limits whom the rules let in: a wrong export in HR would invite everybody in it. Write \
                [guard] with new_people_per_day = 50 (0: everybody waits for you)\n";
    assert_eq!(warned("", onboards), format!("usher.toml:1:1: {told}"));
    assert_eq!(warned("\n[guard]\nleavers_per_day = 5\n", onboards), format!("usher.toml:2:1: {told}"));
    for limit in ["new_people_per_day = 0", "email_domains = [\"example.com\"]", "hired_at_most_ago = \"30d\""] {
        assert_eq!(warned(&format!("[guard]\n{limit}\n"), onboards), "", "{limit}");
    }
    let congratulates = "on = \"user.activated\"\ncongratulate = { via = [\"letter\"] }";
    assert!(!warned("", congratulates).contains("guard"));
}
