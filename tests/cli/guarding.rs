//! What the commands tell of the guard.

use crate::stage::{Place, Ran, fixture, until};

/// The line of `check` about the guard, with single spaces.
fn line(check: &Ran) -> String {
    let line = check.out.lines().find(|line| line.trim_start().starts_with("guard ")).unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn check_says_in_words_what_is_guarded_and_what_is_not() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    let check = place.run(&["check"]).good();
    let told = line(&check);
    assert!(told.starts_with("guard warning ") && told.contains("nothing limits whom the rules let in"), "{told}");
    assert!(told.contains("Write [guard] with new_people_per_day = 50"), "{told}");
    assert_eq!(check.out.matches("nothing limits").count(), 1, "{check:#?}");
    for (guard, words) in [
        (
            "new_people_per_day = 50",
            "at most 50 new people in 24 hours; not limited: email_domains, hired_at_most_ago, leavers_per_day",
        ),
        (
            "new_people_per_day = 50\nallow = [\"boss@example.com\"]",
            "at most 50 new people in 24 hours; not limited: email_domains, hired_at_most_ago, leavers_per_day; 1 \
             account(s) may be changed by name (allow)",
        ),
        (
            "new_people_per_day = 0\nemail_domains = [\"Example.com\"]\nhired_at_most_ago = \"30d\"\nleavers_per_day = 5",
            "all new people wait for you; addresses of example.com alone; first day of work at most 30 days back; at most \
             5 leavers in 24 hours",
        ),
    ] {
        let place = Place::usual();
        let _portal = place.sandbox(&[]);
        place.edit("[admin]", &format!("[guard]\n{guard}\n[admin]"));
        assert_eq!(line(&place.run(&["check"]).good()), format!("guard ok {words}"));
    }
}

#[test]
fn serve_warns_of_rules_that_let_everybody_in() {
    let place = Place::usual();
    let log = place.serve().log();
    assert!(log.contains("nothing limits whom the rules let in"), "{log}");
}

#[test]
fn what_init_writes_limits_newcomers_and_leavers() {
    let place = Place::empty();
    place.run(&["init"]).good();
    let text = place.read("usher.toml");
    let (_, guard) = text.split_once("\n[guard]\n").unwrap();
    assert!(guard.starts_with("new_people_per_day = 50\nleavers_per_day = 5\n"), "{guard}");
    for line in ["\n#email_domains = [\"example.com\"]\n", "\n#hired_at_most_ago = \"30d\"\n"] {
        assert!(guard.contains(line), "{line}");
    }
    assert_eq!(line(&place.run(&["check"])).split(';').next(), Some("guard ok at most 50 new people in 24 hours"));
}

#[test]
fn whoever_is_held_is_found_and_let_in_by_hand() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    place.edit("[admin]", "[guard]\nnew_people_per_day = 0\n[admin]");
    let _server = place.serve();
    place.run(&["replay", &fixture("generic-hmac/hired.http"), "--source", "own"]).good();
    until("the hold", || {
        let held = place.run(&["jobs", "list", "--state", "held"]).good().out;
        held.contains("nobody is let in without having been looked at").then_some(())
    });
    let by_hand = ["people", "invite", "--email", "bob@example.com", "--first", "Bob", "--last", "Example"];
    assert!(place.run(&by_hand).good().out.contains("1 new, 0 known, 0 held, 0 failed"));
    assert_eq!(portal.users(), ["bob@example.com"]);
    place.run(&["jobs", "release", "--state", "held"]).good();
    until("the account", || (portal.users().len() == 2).then_some(()));
}
