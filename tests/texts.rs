//! The texts that people read: which language is chosen, and what the built-in ones say.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected has failed")]

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use usher::expr::Scope;
use usher::texts::{BuiltIn, Part, Rendered, Text, TextError, Texts, TextsError};

fn text(subject: &str) -> Text {
    Text::parse(subject, "x", None).unwrap()
}

fn texts(tags: &[&str]) -> Texts {
    let by_language: BTreeMap<_, _> = tags.iter().map(|tag| ((*tag).to_owned(), text(tag))).collect();
    Texts::new(by_language, tags[0]).unwrap()
}

#[test]
fn the_nearest_language_is_chosen() {
    let texts = texts(&["en", "de", "de-AT", "sr-Cyrl", "pt_BR"]);
    for (wanted, expected) in [
        (Some("de-AT"), "de-AT"),
        (Some("de_at"), "de-AT"),
        (Some("DE"), "de"),
        (Some("de-CH-1901"), "de"),
        (Some("sr-Cyrl-RS"), "sr-Cyrl"),
        (Some("sr"), "en"),
        (Some("pt-BR"), "pt-BR"),
        (Some("pt"), "en"),
        (Some("d"), "en"),
        (Some("fr-FR"), "en"),
        (Some(" de "), "de"),
        (Some(""), "en"),
        (Some("-"), "en"),
        (None, "en"),
    ] {
        let (tag, text) = texts.choose(wanted);
        assert_eq!(tag, expected, "{wanted:?}");
        assert_eq!(text.subject.text().replace('_', "-"), expected, "{wanted:?}");
    }
}

#[test]
fn there_is_always_a_text_in_the_default_language() {
    let only_german = BTreeMap::from([("de".to_owned(), text("de"))]);
    assert_eq!(Texts::new(only_german, "en").map(drop), Err(TextsError::NoDefault("en".to_owned())));
}

#[test]
fn a_mistake_in_a_text_is_told_with_its_part_and_place() {
    let mistake =
        |subject: &str, text: &str, html: Option<&str>| Text::parse(subject, text, html).map(drop).unwrap_err();
    for (problem, part) in [
        (mistake("{{ nobody.x }}", "x", None), Part::Subject),
        (mistake("x", "{{ nobody.x }}", None), Part::Text),
        (mistake("x", "x", Some("{{ nobody.x }}")), Part::Html),
    ] {
        let TextError { part: found, problem: inner } = &problem;
        assert_eq!((*found, inner.range.clone()), (part, Some(3..9)));
        assert!(problem.to_string().starts_with(&format!("{}: unknown variable nobody", part.key())), "{problem}");
    }
}

#[test]
fn a_field_that_there_never_is_is_refused_at_load() {
    for (text, told) in [
        ("{{ person.first_nam }}", "text: person has no field first_nam; its fields are kind, employee_id, email,"),
        ("{% if portal.nam %}x{% endif %}", "text: portal has no field nam; its fields are name, url"),
        ("{{ link.href or 'x' }}", "text: link has no field href; its fields are url, valid_until"),
    ] {
        let problem = Text::parse("x", text, None).unwrap_err().to_string();
        assert!(problem.starts_with(told), "{problem}");
    }
}

#[test]
fn values_are_escaped_in_html_alone() {
    let text = Text::parse("{{ person.title }}\n", "{{ person.title }}", Some("{{ person.title }}")).unwrap();
    let scope = Scope::new([("person", &json!({"title": "<b>"}))]);
    let expected = Rendered { subject: "<b>".to_owned(), text: "<b>".to_owned(), html: Some("&lt;b&gt;".to_owned()) };
    assert!(text.render(&scope).unwrap() == expected);
}

#[test]
fn nothing_to_show_is_told_with_its_part_and_without_a_value() {
    let text = Text::parse("x", "{{ person.first_name }}", None).unwrap();
    let problem = text.render(&Scope::new([])).unwrap_err();
    assert!(problem.starts_with("text: the expression `person.first_name` has no value to show"), "{problem}");
}

fn built_in(which: BuiltIn, language: &str, values: &Json) -> Rendered {
    let texts = Texts::built_in(which).unwrap();
    let (tag, text) = texts.choose(Some(language));
    assert_eq!(tag, language, "{which:?}");
    let roots = ["person", "company", "portal", "link"];
    text.render(&Scope::new(roots.map(|root| (root, &values[root])))).unwrap()
}

fn values() -> Json {
    json!({
        "person": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@people.example"},
        "company": {"name": "Example Ltd"},
        "portal": {"name": "Example Docs", "url": "https://docs.example"},
        "link": {"url": "https://docs.example/rooms/share?key=1&x=2", "valid_until": "2026-03-09T12:00:00Z"},
    })
}

#[test]
fn the_built_in_texts_read_well_with_everything_known() {
    let congratulation = built_in(BuiltIn::Congratulation, "en", &values());
    assert_eq!(congratulation.subject, "Welcome, Ada!");
    assert_eq!(
        congratulation.text,
        "Hello Ada,\n\n\
         congratulations, your account in Example Docs is ready, and we are glad that you are here.\n\n\
         You can sign in at any time: https://docs.example\n\n\
         All the best for your start!\n\n\
         Example Ltd\n"
    );
    let invitation = built_in(BuiltIn::InvitationLink, "de", &values());
    assert_eq!(invitation.subject, "Ihre Einladung zu Example Docs");
    assert_eq!(
        invitation.text,
        "Guten Tag Ada,\n\n\
         Sie sind zu Example Docs eingeladen. Bitte registrieren Sie sich hier:\n\n\
         https://docs.example/rooms/share?key=1&x=2\n\n\
         Der Link ist bis 2026-03-09 gültig.\n\n\
         Bitte geben Sie den Link nicht weiter. Falls Sie diese Nachricht nicht erwartet haben, brauchen Sie nichts zu \
         tun.\n\n\
         Example Ltd\n"
    );
}

#[test]
fn the_built_in_texts_read_well_with_hardly_anything_known() {
    for which in BuiltIn::ALL {
        for language in ["en", "de"] {
            let bare = built_in(which, language, &json!({"link": {"url": "https://docs.example/x"}}));
            assert!(!bare.subject.is_empty() && !bare.subject.contains('\n'), "{bare:?}");
            for text in [&bare.subject, &bare.text] {
                for scar in [" ,", "  ", " .", " !", "\n\n\n", "None", "undefined", "{", ", !"] {
                    assert!(!text.contains(scar), "{which:?} {language}, {scar:?}: {text}");
                }
            }
            assert_eq!(bare.text.contains("https://docs.example/x"), which == BuiltIn::InvitationLink, "{}", bare.text);
        }
    }
}

#[test]
fn an_invitation_without_a_link_is_not_written() {
    let texts = Texts::built_in(BuiltIn::InvitationLink).unwrap();
    let values = json!({"person": {"first_name": "Ada"}});
    let problem = texts.choose(None).1.render(&Scope::new([("person", &values["person"])])).unwrap_err();
    assert!(problem.contains("`link.url`"), "{problem}");
}

#[test]
fn the_built_in_texts_have_the_names_of_the_configuration() {
    assert_eq!(BuiltIn::ALL.map(BuiltIn::name), ["congratulation", "invitation_link", "activation_help"]);
}
