//! `[texts.NAME]`: what is read, and what is refused.

use super::{SOUND, catalog, look_up, refused, sound, told};
use usher::config::{Config, Needs};

const BEFORE: &str = r#"[docspace]
url = "https://portal.example.com"
api_key = { env = "API_KEY" }
[sources.acme]
connector = "generic-hmac"
secrets = [{ env = "ACME" }]
"#;

/// The subject for a language, as written.
fn subject(config: &Config, name: &str, language: Option<&str>) -> String {
    config.texts[name].choose(language).1.subject.text().to_owned()
}

#[test]
fn the_built_in_texts_are_there() {
    let config = sound("");
    assert_eq!(config.texts.keys().collect::<Vec<_>>(), ["activation_help", "congratulation", "invitation_link"]);
    assert!(subject(&config, "congratulation", None).starts_with("Welcome"));
    assert!(subject(&config, "congratulation", Some("de-AT")).starts_with("Willkommen"));
}

#[test]
fn texts_are_read_by_name_and_language() {
    let config = sound(
        r#"
[texts.hello]
default = "de"
[texts.hello.de]
subject = "Hallo {{ person.first_name }}"
text = "Willkommen"
html = "<p>Willkommen</p>"
[texts.hello.pt-BR]
subject = "Olá"
text = "Bem-vindo"
[texts.one.fr]
subject = "Salut"
text = "Bienvenue"
"#,
    );
    assert_eq!(subject(&config, "hello", Some("en")), "Hallo {{ person.first_name }}");
    assert_eq!(subject(&config, "hello", Some("pt-br")), "Olá");
    assert_eq!(subject(&config, "one", Some("en")), "Salut", "the only language is for everybody");
    assert!(config.texts["hello"].choose(None).1.html.is_some());
    assert!(config.texts.contains_key("congratulation"));
}

#[test]
fn a_text_of_a_built_in_name_replaces_it_in_all_languages() {
    let config = sound("[texts.congratulation.fr]\nsubject = 'Salut'\ntext = 'Bienvenue'\n");
    assert_eq!(subject(&config, "congratulation", Some("de")), "Salut");
}

#[test]
fn texts_that_cannot_be() {
    let text = r#"[texts.none]
[texts.unclear.de]
subject = "Hallo"
text = "Willkommen"
[texts.unclear.fr]
subject = "Salut"
text = "Bienvenue"
[texts.missing]
default = "en"
[texts.missing.de]
subject = "Hallo"
text = "Willkommen"
[texts.half.en]
subject = "Hi"
body = "Welcome"
["texts"."odd"."klingon!"]
subject = "nuqneH"
text = "Qapla'"
[texts.broken.en]
subject = "Hi {{ persn.first_name }}"
text = """
Hello,
{{ person.first_name | shout }}
"""
html = "<p>{% for x in person %}{% endfor %}</p>"
[texts]
flat = "Hello"
"#;
    let problems = refused(&format!("{BEFORE}{text}"));
    for start in [
        "usher.toml:7:1: texts.none: has no text; add [texts.none.en]",
        "usher.toml:8:8: texts.unclear.default: is missing; name the language for everybody else, of de, fr",
        "usher.toml:15:11: texts.missing.default: there is no text in 'en' here; there is de",
        "usher.toml:19:1: texts.half.en.text: is missing; write the letter as plain text",
        "usher.toml:21:1: texts.half.en.body: is not a key here; a text has subject, text and html",
        "usher.toml:22:1: texts.odd.klingon!: is not a language here; write a tag such as en, de or pt-BR",
        "usher.toml:26:18: texts.broken.en.subject: unknown variable persn; the variables here are person, company",
        "usher.toml:29:24: texts.broken.en.text: unknown filter shout",
        "usher.toml:31:15: texts.broken.en.html: for is not allowed",
        "usher.toml:33:8: texts.flat: must be a table, not string",
    ] {
        assert!(problems.lines().any(|line| line.starts_with(start)), "{start}\n{problems}");
    }
    assert!(!problems.contains("rules"), "{problems}");
}

#[test]
fn a_rule_that_names_a_text_is_warned_of_what_it_lacks() {
    let text = r#"[sources.docspace]
connector = "docspace"
secrets = [{ env = "ACME" }]
[smtp]
host = "mail.example.com"
from = "hello@example.com"
[texts.link.en]
subject = "Hi"
text = "Here: {{ link.url }}"
[[rules]]
on = "user.activated"
congratulate = { via = ["smtp"], language = "fr" }
[[rules]]
on = "user.activated"
congratulate = { via = ["smtp"], text = "link", language = "en-GB" }
"#;
    let config = Config::parse("usher.toml", &format!("{SOUND}{text}"), &catalog(), &look_up, Needs::Everything);
    let warnings = told(&config.unwrap().warnings);
    assert!(warnings.contains("the text congratulation is not there in 'fr', so it is sent in en"), "{warnings}");
    assert!(warnings.contains("the text link shows a link, which only an invitation has"), "{warnings}");
    assert!(!warnings.contains("en-GB"), "{warnings}");
}

#[test]
fn receivers_need_an_address_and_a_secret_of_their_kind() {
    let text = r#"[receivers.good]
url = "https://chat.example.com/hooks"
secret = { env = "STANDARD" }
[receivers.bad]
url = "https://user:pass@chat.example.com/hooks"
secret = { env = "TWO_LINES" }
"#;
    let problems = refused(&format!("{BEFORE}{text}"));
    for start in [
        "usher.toml:11:7: receivers.bad.url: is not an address to post to",
        "usher.toml:12:10: receivers.bad.secret: the secret is not base64; a secret of Standard Webhooks is whsec_",
    ] {
        assert!(problems.lines().any(|line| line.starts_with(start)), "{start}\n{problems}");
    }
}
