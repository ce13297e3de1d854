//! What a letter looks like, read by another library than the one that writes it.

use mail_parser::{Address, MessageParser};
use usher::mail::{Letter, MailError, Mailer, Settings};

use crate::{letter, settings};

fn rendered(letter: &Letter) -> Result<String, MailError> {
    let mailer = Mailer::new(settings(25)).unwrap();
    mailer.render(letter).map(|bytes| String::from_utf8(bytes).unwrap())
}

/// The names of the headers, in order.
fn headers(message: &str) -> Vec<&str> {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let starts = head.split("\r\n").filter(|line| !line.starts_with(' '));
    starts.map(|line| line.split_once(':').unwrap().0).collect()
}

fn recipient(message: &str) -> (Option<String>, Option<String>) {
    let parsed = MessageParser::default().parse(message).unwrap();
    let Some(Address::List(list)) = parsed.to() else { panic!("no list of recipients") };
    assert_eq!(list.len(), 1);
    (list[0].name.as_deref().map(str::to_owned), list[0].address.as_deref().map(str::to_owned))
}

#[test]
fn the_headers_of_a_letter_are_these() {
    let message = rendered(&letter()).unwrap();
    let expected = "From: \"Usher at Example\" <usher@hr.example>\r\n\
                    To: \"Ada Lovelace\" <ada.lovelace@people.example>\r\n\
                    Subject: Welcome, Ada!\r\n\
                    Date: Mon, 02 Mar 2026 09:30:00 +0000\r\n\
                    Message-ID: <congratulation-17@usher.hr.example>\r\n\
                    Auto-Submitted: auto-generated\r\n\
                    Content-Language: en-GB\r\n\
                    MIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=utf-8\r\n\
                    Content-Transfer-Encoding: 7bit\r\n\
                    \r\n\
                    Hello Ada,\r\n\r\nwelcome.\r\n";
    assert_eq!(message, expected);
    assert_eq!(rendered(&letter()).unwrap(), expected, "the same letter is the same bytes");
}

#[test]
fn answers_go_where_the_settings_say() {
    let reply_to = Some("People team <people@hr.example>".parse().unwrap());
    let mailer = Mailer::new(Settings { reply_to, ..settings(25) }).unwrap();
    let message = String::from_utf8(mailer.render(&letter()).unwrap()).unwrap();
    assert!(message.contains("\r\nReply-To: \"People team\" <people@hr.example>\r\n"), "{message}");
}

#[test]
fn a_letter_with_html_offers_both() {
    let mut both = letter();
    both.text = "Grüße\n".to_owned();
    both.html = Some("<p>Grüße &amp; Küsse</p>".to_owned());
    let message = rendered(&both).unwrap();
    assert!(message.contains("\r\nContent-Type: multipart/alternative;"), "{message}");
    assert!(message.is_ascii(), "any server can carry it");
    let parsed = MessageParser::default().parse(&message).unwrap();
    assert_eq!(parsed.body_text(0).unwrap().trim_end(), "Grüße");
    assert_eq!(parsed.body_html(0).unwrap().trim_end(), "<p>Grüße &amp; Küsse</p>");
    assert_eq!((parsed.text_body_count(), parsed.html_body_count()), (1, 1));
}

#[test]
fn names_and_subjects_in_any_script_arrive_as_they_were() {
    for name in ["Zoë Müller-Łukasiewicz", "李小龍", "O'Hara, \"Scarlett\" \\ <x>", "a@b", "Ada, Bob"] {
        let mut named = letter();
        named.to_name = Some(name.to_owned());
        named.subject = format!("Für {name}: 🎉 willkommen");
        let message = rendered(&named).unwrap();
        assert!(message.is_ascii(), "{message}");
        assert_eq!(recipient(&message), (Some(name.to_owned()), Some(letter().to)), "{message}");
        let parsed = MessageParser::default().parse(&message).unwrap();
        assert_eq!(parsed.subject(), Some(named.subject.as_str()), "{message}");
    }
}

#[test]
fn line_breaks_in_names_and_subjects_add_no_header() {
    let usual = headers(&rendered(&letter()).unwrap()).join(" ");
    for breach in [
        "\r\nBcc: evil@hr.example",
        "\nBcc: x",
        "\rBcc: x",
        "\r\n\r\nBody",
        "\u{85}Bcc: x",
        "\u{2028}Bcc: x",
        "\0\u{b}\u{c}",
    ] {
        let mut crafted = letter();
        crafted.to_name = Some(format!("Ada{breach}"));
        crafted.subject = format!("Welcome{breach}");
        crafted.language = Some(format!("en{breach}"));
        let message = rendered(&crafted).unwrap();
        assert_eq!(headers(&message).join(" "), usual.replace(" Content-Language", ""), "{message}");
        let parsed = MessageParser::default().parse(&message).unwrap();
        assert!(parsed.bcc().is_none() && parsed.subject().unwrap().starts_with("Welcome"), "{message}");
    }
}

#[test]
fn a_name_that_looks_encoded_is_not_decoded() {
    let mut crafted = letter();
    crafted.to_name = Some("=?utf-8?q?Eve?=".to_owned());
    crafted.subject = "For =?utf-8?b?RXZl?=".to_owned();
    let message = rendered(&crafted).unwrap();
    let parsed = MessageParser::default().parse(&message).unwrap();
    assert_eq!(parsed.subject(), Some("For = ?utf-8?b?RXZl?="));
    assert_eq!(recipient(&message).0.as_deref(), Some("= ?utf-8?q?Eve?="));
}

#[test]
fn a_letter_to_no_address_or_without_a_proper_id_is_not_written() {
    let long = format!("{}@people.example", "a".repeat(250));
    let bad = [
        "",
        "ada",
        "@people.example",
        "ada@",
        "ada lovelace@people.example",
        "a@b.example, c@d.example",
        "Ada <ada@people.example>",
        "ada@people.example>\r\nRCPT TO:<evil@hr.example",
        "ada@people.example\r\nDATA",
        "\"a\r\nb\"@people.example",
        "\"a b\"@people.example",
        "ädä@people.example",
        &long,
    ];
    for to in bad {
        let crafted = Letter { to: to.to_owned(), ..letter() };
        let refused = rendered(&crafted).expect_err(to);
        assert!(matches!(refused, MailError::Unfit(_)), "{refused:?}");
        assert!(!format!("{refused:?}").contains("people.example"), "{refused:?}");
    }
    for id in ["", "17", "a@b@c", "@b", "a@", "a b@c", "<a@b>", "a@b\r\nBcc: x", "ä@b"] {
        let crafted = Letter { message_id: id.to_owned(), ..letter() };
        assert!(matches!(rendered(&crafted), Err(MailError::Unfit(_))), "{id}");
    }
    let ancient = Letter { date: "-000001-01-01T00:00:00Z".parse().unwrap(), ..letter() };
    assert!(matches!(rendered(&ancient), Err(MailError::Unfit(_))));
}

#[test]
fn a_domain_in_any_script_is_written_in_ascii() {
    let message = rendered(&Letter { to: "ada@bücher.example".to_owned(), to_name: None, ..letter() }).unwrap();
    assert_eq!(recipient(&message), (None, Some("ada@xn--bcher-kva.example".to_owned())));
}

#[test]
fn endless_names_and_lines_keep_within_the_limits_of_smtp() {
    let mut endless = letter();
    endless.to_name = Some("x".repeat(5_000));
    endless.subject = "ü".repeat(5_000);
    endless.text = "word".repeat(5_000);
    let message = rendered(&endless).unwrap();
    let longest = message.split("\r\n").map(str::len).max().unwrap();
    assert!(longest <= 998, "{longest}");
    let parsed = MessageParser::default().parse(&message).unwrap();
    assert!(parsed.body_text(0).unwrap().trim_end() == endless.text, "the text arrives whole");
}

#[test]
fn nothing_about_a_person_or_the_login_shows_when_debugged() {
    let settings = crate::with_login(settings(25));
    let mailer = Mailer::new(settings.clone()).unwrap();
    let shown = format!("{:?} {mailer:?} {settings:?}", letter());
    for private in ["Ada", "people.example", "mailer", "hr.example>", crate::PASSWORD] {
        assert!(!shown.contains(private), "{private}: {shown}");
    }
}
