//! What is allowed but told, and what only `serve` refuses.

use super::{SOUND, parse, sound, told};
use usher::config::Needs;

/// A line for what most texts here start from.
const GUARD: &str = "guard.new_people_per_day = 50\n";

/// What is told of a configuration that has a guard.
fn warned(more: &str) -> String {
    let config = parse(&format!("{GUARD}{SOUND}{more}"), Needs::Everything);
    told(&config.unwrap_or_else(|problems| panic!("{}", told(&problems))).warnings)
}

#[test]
fn serve_alone_refuses_a_signature_that_leaves_the_body_out() {
    let text = SOUND.replace("generic-hmac", "thin");
    let config = parse(&text, Needs::Everything).unwrap();
    assert_eq!(
        told(&config.serve_problems()),
        "usher.toml:6:13: sources.acme.connector: the signature does not cover the body, so whoever has seen one webhook can send any other; serve needs {body} in signed, or a connector with [fetch], which asks the platform itself what is true\n"
    );
    assert!(sound("").serve_problems().is_empty());
    let mended = format!("{text}auth = {{ signed = '{{timestamp}}.{{body}}' }}\n");
    assert!(parse(&mended, Needs::Everything).unwrap().serve_problems().is_empty());
    let token = format!("{text}auth = {{ kind = 'token', token = 'header:x-token' }}\n");
    assert!(parse(&token, Needs::Everything).unwrap().serve_problems().is_empty());
}

#[test]
fn a_sound_configuration_is_not_warned_about() {
    let rules = r#"
[[rules]]
on = "employee.hired"
when = "event.department == 'Research'"
onboard = { type = "User" }
[[rules]]
on = "employee.hired"
onboard = { type = "User" }
[[rules]]
on = "user.activated"
congratulate = { key = "k" }
[sources.docspace]
connector = "docspace"
secrets = [{ env = "ACME" }]
"#;
    assert_eq!(warned(rules), "");
}

#[test]
fn a_configuration_without_rules_is_told() {
    assert_eq!(
        warned(""),
        "usher.toml:1:1: rules: there are none: deliveries are kept, and nothing follows from them\n"
    );
}

#[test]
fn what_is_probably_not_meant_is_told() {
    let text = SOUND.replacen('\n', GUARD, 1).replace("https", "http").replace("generic-hmac", "thin");
    let text = format!(
        r#"{text}
[admin]
listen = "0.0.0.0:8081"
[sources.people]
connector = "bamboohr"
secrets = [{{ env = "ACME" }}]
options = {{ email = "Private Email", e_mail = "Private Email" }}
[sources.acme.options]
site = "north"
[[rules]]
on = "employee.hired"
when = "event.department == 'Research' or (event.title is defined and event.title == 'CEO')"
onboard = {{ type = "User" }}
[[rules]]
on = "employee.hired"
onboard = {{ type = "User" }}
[[rules]]
on = "employee.hired"
when = "event.email is defined"
onboard = {{ type = "DocSpaceAdmin", allow_paid = true }}
[[rules]]
on = "user.created"
congratulate = {{ key = "k" }}
"#
    );
    let warnings = parse(&text, Needs::Everything).map(|config| told(&config.warnings));
    assert_eq!(
        warnings.unwrap_or_else(|problems| told(&problems)),
        r##"usher.toml:3:7: docspace.url: the API key travels unencrypted; use https://
usher.toml:10:10: admin.listen: the admin listener asks nobody who they are; make sure that only operators can reach it
usher.toml:12:13: sources.people.connector: acme and people may tell of the same people, who are onboarded at docspace. They are the same to Usher only where they tell the same e-mail address or match_id, and no match_id comes from acme and people: one human being with two addresses gets two accounts. Map match_id in each; where a connector has the option match_id, set it
usher.toml:14:47: sources.people.options.e_mail: the connector bamboohr has the options first_name, last_name, email, starts_on, ends_on, department, title, employment_type, status and match_id
usher.toml:16:8: sources.acme.options.site: the connector thin has no options
usher.toml:19:8: rules[0].when: event.department never comes from acme, so each employee.hired from there is held; ask event.department is defined first if that is not meant
usher.toml:27:11: rules[2].onboard: never happens: rules[1] has no condition and always comes first
usher.toml:29:6: rules[3].on: no source sends user.created, so this rule never applies; add a source with one of these connectors: cloudevents, docspace, generic-basic, generic-hmac, generic-token, github-style, outpost, slack-style, standard-webhooks, stripe-style and svix
usher.toml:30:16: rules[3].congratulate: user.created also comes for accounts that are not active yet or have long been; user.activated comes once, when somebody activates
"##
    );
}

#[test]
fn a_portal_on_this_machine_needs_no_encryption() {
    for host in ["127.0.0.1:8090", "[::1]:8090", "localhost:8090"] {
        let text = SOUND.replace("https://portal.example.com", &format!("http://{host}"));
        let config = parse(&text, Needs::Everything).unwrap();
        assert!(!told(&config.warnings).contains("unencrypted"), "{host}");
    }
}

#[test]
fn what_no_way_and_no_channel_of_the_rule_uses_is_told() {
    let hire = |onboard: &str| {
        warned(&format!(
            "[smtp]\nhost = \"127.0.0.1\"\ntls = \"none\"\nfrom = \"hello@example.com\"\n\
             [[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\", {onboard} }}\n"
        ))
    };
    assert!(hire("text = \"invitation_link\"").contains("rules[0].onboard.text: is not mailed"));
    assert_eq!(hire("mode = \"link\", text = \"invitation_link\""), "");
    let congratulate = |with: &str| {
        let rule = format!("[[rules]]\non = \"user.activated\"\ncongratulate = {{ {with} }}\n");
        let source = "[sources.docspace]\nconnector = \"docspace\"\nsecrets = [{ env = \"ACME\" }]\n";
        warned(&(rule + source))
    };
    let told = congratulate("via = [\"letter\"], key = \"k\", file = 7, room = { id = 7 }, text = \"congratulation\"");
    for (key, channel) in
        [("key", "sendcongratulations"), ("file", "mention"), ("room", "room"), ("text", "smtp, mention and webhook")]
    {
        let line =
            format!("rules[0].congratulate.{key}: is not used: it belongs to {channel}, which via does not name");
        assert!(told.contains(&line), "{told}");
    }
    assert_eq!(
        congratulate("via = [\"mention\", \"room\"], file = 7, room = { id = 7 }, text = \"congratulation\""),
        ""
    );
}

#[test]
fn two_platforms_without_a_shared_id_are_told_where_they_onboard() {
    const HIRED: &str = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n";
    let hiring = |options: &str| {
        format!("[sources.hiring]\nconnector = \"greenhouse\"\nsecrets = [{{ env = \"ACME\" }}]\n{options}\n")
    };
    let told = warned(&(hiring("") + HIRED));
    assert!(
        told.starts_with("usher.toml:10:13: sources.hiring.connector: acme and hiring may tell of the same people")
    );
    assert!(told.contains("no match_id comes from hiring:"), "{told}");
    assert_eq!(warned(&(hiring("options = { match_id = \"id\" }") + HIRED)), "", "the connector of acme maps one");
    let updated = HIRED.replace("employee.hired", "employee.updated");
    assert!(!warned(&(hiring("") + &updated)).contains("same people"), "nobody is onboarded by a hire");
    assert_eq!(warned(HIRED), "", "one platform alone");
}
