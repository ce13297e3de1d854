//! `people congratulate --preview`: what would be said and done, and nothing of it is.

use crate::stage::{Place, until};

const ADA: &str = "ada@corp.example";
const PUBLISHED: &str = r#"congratulate = { via = ["sendcongratulations"], key = "welcome_guest" }"#;
const BY_MAIL: &str = r#"congratulate = { via = ["letter", "smtp", "mention", "webhook"], file = 101, receiver = "chat" }
[smtp]
host = "127.0.0.1"
port = 9
tls = "none"
from = "hello@usher.example"
[receivers.chat]
url = "http://127.0.0.1:9/"
secret = { file = "secrets/chat" }
[texts.congratulation.en]
subject = "Hi {{ person.first_name }}"
text = """
Welcome to {{ portal.url }}!
"""
html = "<p>{{ person.first_name }}</p>"
[texts.congratulation.de]
subject = "Hallo {{ person.first_name }}"
text = "Willkommen!""#;

fn preview(place: &Place, more: &[&str]) -> crate::stage::Ran {
    place.run(&[&["people", "congratulate", ADA, "--preview"], more].concat())
}

#[test]
fn a_preview_shows_text_and_channels_and_writes_nothing() {
    let place = Place::usual();
    place.write("secrets/chat", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let portal = place.sandbox(&[]);
    assert_eq!(preview(&place, &[]).code, Some(1), "there is nobody yet");
    place.run(&["people", "invite", "--email", ADA, "--first", "Ada", "--last", "Example"]).good();
    place.edit(PUBLISHED, BY_MAIL);
    let before = place.jobs(&[]).len();
    let url = format!("http://{}", place.portal);
    let shown = preview(&place, &[]).good().out;
    let text = format!("text: congratulation (en)\nsubject: Hi Ada\n\nWelcome to {url}!\n\nhtml:\n<p>Ada</p>\n");
    assert!(shown.starts_with(&text), "{shown}");
    assert!(shown.contains("\nthe account is not activated yet"), "{shown}");
    for line in [
        "1. letter: skipped: this way of joining gets no letter",
        "2. smtp: The mail server has taken the letter",
        "3. mention: DocSpace has accepted the call, which is no proof of a mail",
        "4. webhook: The receiver has answered 2xx",
    ] {
        assert!(shown.lines().any(|shown| shown.starts_with(line)), "{line}\n{shown}");
    }
    let german = preview(&place, &["--language", "de-AT"]).good().out;
    assert!(german.starts_with("text: congratulation (de)\nsubject: Hallo Ada\n\nWillkommen!\n\n"), "{german}");
    assert_eq!((place.jobs(&[]).len(), portal.mails(ADA)), (before, vec!["activation".to_owned()]));
}

#[test]
fn a_preview_leaves_no_store_behind_and_tells_whom_nothing_would_reach() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let server = place.serve();
    place.hire("1", ADA);
    until("the account", || (portal.users() == [ADA]).then_some(()));
    place.settled();
    portal.activate(ADA);
    until("the congratulation", || (portal.mails(ADA).len() == 2).then_some(()));
    place.settled();
    assert!(preview(&place, &[]).good().out.contains("this person was congratulated before"));
    drop(server);
    let elsewhere = place.read("usher.toml").replace("[docspace]", "[store]\nurl = \"sqlite://none.db\"\n[docspace]");
    place.write("usher.toml", &elsewhere);
    let shown = preview(&place, &[]).good().out;
    assert!(shown.contains("1. sendcongratulations: The portal has accepted the call"), "{shown}");
    assert!(!place.path("none.db").exists());
}

#[test]
fn a_preview_of_a_text_that_cannot_be_written_says_why_and_fails() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    place.run(&["people", "invite", "--email", ADA, "--first", "Ada", "--last", "Example"]).good();
    place.edit(PUBLISHED, "congratulate = { via = [\"letter\"], text = \"hi\" }\n[texts.hi.en]\nsubject = \"Hi\"\ntext = \"{{ person.title }}\"");
    let shown = preview(&place, &[]);
    assert_eq!(shown.code, Some(1), "{shown:#?}");
    assert!(shown.out.starts_with("no text: the text hi in en cannot be written: text: "), "{shown:#?}");
    for wrong in [["--language", "de"], ["--preview", "--again"]] {
        let ran = place.run(&[&["people", "congratulate", ADA], wrong.as_slice()].concat());
        assert_eq!(ran.code, Some(2), "{ran:#?}");
    }
}
