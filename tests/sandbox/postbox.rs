//! The mail catcher.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use usher::sandbox::{Error, MailKind, Postbox, PostboxSettings, SmtpLogin};

use crate::smtp_client::Smtp;
use crate::stage::{Stage, read};

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A stage with a mail catcher that lasts as long as it.
pub(crate) async fn with_postbox(settings: PostboxSettings) -> (Stage, Postbox) {
    let stage = Stage::with(|all| all.postbox = settings).await;
    let postbox = stage.sandbox.start_postbox(ANYWHERE, CancellationToken::new()).await.unwrap();
    (stage, postbox)
}

async fn caught(stage: &Stage) -> Vec<Value> {
    let state = read(stage.client.get(format!("{}/_sandbox/state", stage.url)).send().await.unwrap()).await;
    state.json["mails"].as_array().unwrap().clone()
}

const LETTER: &str = concat!(
    "From: =?UTF-8?Q?Example_GmbH_-_Personalb=C3=BCro?= <hr@example.com>\r\n",
    "To: Ada <ada@example.com>\r\n",
    "Message-ID: <1.2@example.com>\r\n",
    "Subject: =?UTF-8?B?V2lsbGtvbW1lbiwgWm/Dqw==?=\r\n",
    "MIME-Version: 1.0\r\n",
    "Content-Type: multipart/alternative; boundary=\"cut\"\r\n",
    "\r\n",
    "--cut\r\n",
    "Content-Type: text/plain; charset=utf-8\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "\r\n",
    "Sch=C3=B6n, dass Sie da sind.\r\n",
    "--cut\r\n",
    "Content-Type: text/html; charset=utf-8\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "\r\n",
    "PHA+U2Now7ZuPC9wPg==\r\n",
    "--cut--",
);

#[tokio::test]
async fn a_letter_is_taken_read_and_shown_in_the_state() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    assert_eq!(postbox.url(), format!("smtp://{}", postbox.address));
    let mut smtp = Smtp::greeted(postbox.address).await;
    assert_eq!(smtp.send("ada@example.com", LETTER).await, 250);
    assert_eq!(smtp.ask("QUIT").await, 221);
    assert!(smtp.is_closed().await);
    let expected = json!({
        "to": "ada@example.com", "kind": "smtp", "at": "2026-08-01T10:05:00.1234567Z",
        "text": "Schön, dass Sie da sind.", "from": "hr@example.com", "subject": "Willkommen, Zoë",
        "html": "<p>Schön</p>", "message_id": "1.2@example.com", "raw": format!("{LETTER}\r\n"),
    });
    assert_eq!(caught(&stage).await, [expected]);
    stage.sandbox.reset();
    assert!(caught(&stage).await.is_empty());
}

#[tokio::test]
async fn a_plain_letter_has_no_html_and_docspaces_own_letters_have_no_text() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let letter = "From: usher@example.com\r\nSubject: Hello\r\nContent-Type: text/plain; charset=utf-8\r\n\
                  Content-Transfer-Encoding: 8bit\r\n\r\nSchön\r\n..dotted\r\n.. \r\nend";
    Smtp::greeted(postbox.address).await.send("ada@example.com", letter).await;
    stage.create("eve@example.com").await;
    let mails = caught(&stage).await;
    assert_eq!((&mails[0]["text"], mails[0].get("html")), (&json!("Schön\r\n.dotted\r\n. \r\nend\r\n"), None));
    assert_eq!(mails[0]["message_id"], "");
    assert_eq!(
        mails[1],
        json!({ "to": "eve@example.com", "kind": "activation", "at": "2026-08-01T10:05:00.1234567Z" })
    );
}

#[tokio::test]
async fn a_letter_without_a_header_is_kept_with_the_sender_of_its_envelope() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    for letter in ["", "\r\nnothing but this"] {
        assert_eq!(smtp.send("ada@example.com", letter).await, 250);
    }
    let mails = stage.sandbox.state().mails;
    for mail in &mails {
        let letter = mail.letter.as_ref().unwrap();
        assert_eq!(
            (letter.from.as_str(), letter.subject.as_str(), mail.kind),
            ("usher@example.com", "", MailKind::Smtp)
        );
    }
    assert_eq!(mails[1].text.as_deref().map(str::trim), Some("nothing but this"));
}

#[tokio::test]
async fn every_recipient_gets_an_entry_and_several_letters_go_over_one_connection() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    assert_eq!(smtp.ask("mail from:<>").await, 250);
    for to in ["ada@example.com", "eve@example.com"] {
        assert_eq!(smtp.ask(&format!("RCPT TO:<{to}>")).await, 250);
    }
    assert_eq!(smtp.ask("DATA").await, 354);
    assert_eq!(smtp.ask("Subject: One\r\n\r\nFirst\r\n.").await, 250);
    assert_eq!(smtp.send("zoe@example.com", "Subject: Two\r\n\r\nSecond").await, 250);
    let mails = stage.sandbox.state().mails.into_iter().map(|mail| (mail.to, mail.letter.unwrap().subject));
    let expected = [("ada@example.com", "One"), ("eve@example.com", "One"), ("zoe@example.com", "Two")];
    assert_eq!(mails.collect::<Vec<_>>(), expected.map(|(to, subject)| (to.to_owned(), subject.to_owned())));
}

#[tokio::test]
async fn the_greeting_tells_what_is_spoken() {
    let (_stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::connect(postbox.address).await;
    assert_eq!(smtp.reply().await.0, 220);
    smtp.write(b"EHLO client.example\r\n").await;
    let (code, lines) = smtp.reply().await;
    assert_eq!(
        (code, lines[1..].to_vec()),
        (250, vec!["SIZE 1048576".to_owned(), "8BITMIME".to_owned(), "AUTH PLAIN LOGIN".to_owned()])
    );
    assert_eq!(smtp.ask("HELO client.example").await, 250);
}

#[tokio::test]
async fn commands_out_of_order_unknown_or_unreadable_are_refused_and_the_talk_goes_on() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::connect(postbox.address).await;
    smtp.reply().await;
    for (line, code) in [
        ("MAIL FROM:<a@example.com>", 503),
        ("AUTH PLAIN", 503),
        ("EHLO", 501),
        ("EHLO client.example", 250),
        ("NOOP", 250),
        ("STARTTLS", 502),
        ("VRFY ada", 502),
        ("RCPT TO:<ada@example.com>", 503),
        ("DATA", 503),
        ("MAIL FROM:a@example.com", 501),
        ("MAIL FROM:<a b@example.com>", 501),
        ("MAIL FROM:<zoë@example.com>", 501),
        ("MAIL", 501),
        ("MAIL FROM:<a@example.com> SMTPUTF8", 555),
        ("MAIL FROM:<a@example.com> SIZE=many", 501),
        ("MAIL FROM:<a@example.com> SIZE=1048577", 552),
        ("MAIL FROM: <a@example.com> SIZE=1048576", 250),
        ("MAIL FROM:<a@example.com>", 503),
        ("AUTH PLAIN AGEAYg==", 503),
        ("RCPT TO:<nobody>", 501),
        ("RCPT TO:<>", 501),
        ("RCPT TO:<ada@example.com> NOTIFY=NEVER", 555),
        ("RCPT TO:<ada@example.com>", 250),
        ("RSET", 250),
        ("DATA", 503),
        ("RCPT TO:<ada@example.com>", 503),
    ] {
        assert_eq!(smtp.ask(line).await, code, "{line}");
    }
    assert_eq!(smtp.send("ada@example.com", "Subject: x\r\n\r\ny").await, 250);
    assert_eq!(stage.mails(), [("ada@example.com".to_owned(), MailKind::Smtp)]);
}

#[tokio::test]
async fn any_login_is_taken_unless_one_is_set() {
    let (_stage, postbox) = with_postbox(PostboxSettings::default()).await;
    // "user", "secret" in all the forms.
    for dialogue in [
        &[("AUTH PLAIN AHVzZXIAc2VjcmV0", 235)][..],
        &[("AUTH PLAIN", 334), ("AHVzZXIAc2VjcmV0", 235)],
        &[("AUTH LOGIN", 334), ("dXNlcg==", 334), ("c2VjcmV0", 235)],
        &[("AUTH LOGIN dXNlcg==", 334), ("c2VjcmV0", 235)],
        &[("AUTH PLAIN", 334), ("*", 501), ("AUTH PLAIN !", 501), ("AUTH PLAIN dXNlcg==", 501), ("NOOP", 250)],
        &[("AUTH CRAM-MD5", 504), ("AUTH", 501), ("AUTH PLAIN a b", 501)],
    ] {
        let mut smtp = Smtp::greeted(postbox.address).await;
        for (line, code) in dialogue {
            assert_eq!(smtp.ask(line).await, *code, "{line}");
        }
    }
}

#[tokio::test]
async fn a_login_that_is_set_is_asked_for() {
    let login = SmtpLogin { user: "user".to_owned(), password: "secret".to_owned() };
    let (stage, postbox) = with_postbox(PostboxSettings { login: Some(login), ..PostboxSettings::default() }).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    assert_eq!(smtp.ask("MAIL FROM:<usher@example.com>").await, 530);
    // "user", "wrong" and "other", "secret".
    for wrong in ["AUTH PLAIN AHVzZXIAd3Jvbmc=", "AUTH PLAIN AG90aGVyAHNlY3JldA=="] {
        assert_eq!(smtp.ask(wrong).await, 535);
    }
    assert_eq!(smtp.ask("MAIL FROM:<usher@example.com>").await, 530);
    assert_eq!(smtp.ask("AUTH PLAIN AHVzZXIAc2VjcmV0").await, 235);
    assert_eq!(smtp.send("ada@example.com", "Subject: x\r\n\r\ny").await, 250);
    assert_eq!(stage.mails().len(), 1);
}

#[tokio::test]
async fn a_catcher_stops_alone_and_closes_its_connections() {
    let stage = Stage::new().await;
    // An address of its own, so that no other test takes the port in between.
    let own = SocketAddr::from(([127, 0, 42, 7], 0));
    let postbox = stage.sandbox.start_postbox(own, CancellationToken::new()).await.unwrap();
    let address = postbox.address;
    let mut smtp = Smtp::greeted(address).await;
    postbox.stop();
    tokio::time::timeout(Duration::from_secs(5), postbox.stopped()).await.unwrap();
    assert!(smtp.is_closed().await);
    assert!(TcpStream::connect(address).await.is_err());
    stage.get("/people").await.ok();
    // The same address is free again, and a token of somebody else's stops it as well.
    let stop = CancellationToken::new();
    let again = stage.sandbox.start_postbox(address, stop.clone()).await.unwrap();
    let taken = stage.sandbox.start_postbox(address, stop.clone()).await;
    assert!(matches!(taken.err(), Some(Error::Listen { .. })));
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), again.stopped()).await.unwrap();
}

#[test]
fn the_command_prints_where_it_listens_and_where_it_catches_mail() {
    use std::io::{BufRead, BufReader};
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["sandbox", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let [http, smtp] = [lines.next(), lines.next()].map(|line| line.unwrap().unwrap());
    let address = smtp.strip_prefix("smtp://").map(|address| std::net::TcpStream::connect(address).unwrap());
    let mut greeting = String::new();
    BufReader::new(address.unwrap()).read_line(&mut greeting).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(http.starts_with("http://127.0.0.1:") && greeting.starts_with("220 "), "{http} {greeting}");
}

#[tokio::test]
async fn a_grown_up_client_gets_its_letter_through() {
    use lettre::message::{Mailbox, MultiPart};
    use lettre::transport::smtp::authentication::{Credentials, Mechanism};
    use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
    let login = SmtpLogin { user: "user".to_owned(), password: "secret".to_owned() };
    let (stage, postbox) = with_postbox(PostboxSettings { login: Some(login), ..PostboxSettings::default() }).await;
    let from: Mailbox = "Usher <usher@example.com>".parse().unwrap();
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let letter = Message::builder()
            .from(from.clone())
            .to("Zoë <zoe+hr@example.com>".parse().unwrap())
            .message_id(Some("<1@example.com>".to_owned()))
            .subject("Grüße 👋")
            .multipart(MultiPart::alternative_plain_html(".\n..Grüße".to_owned(), "<p>Grüße</p>".to_owned()))
            .unwrap();
        let client = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(postbox.address.port())
            .credentials(Credentials::new("user".to_owned(), "secret".to_owned()))
            .authentication(vec![mechanism])
            .build();
        client.send(letter).await.unwrap();
    }
    let mails = stage.sandbox.state().mails;
    assert_eq!((mails.len(), mails[0].to.as_str()), (2, "zoe+hr@example.com"));
    for mail in mails {
        let letter = mail.letter.unwrap();
        assert_eq!((letter.subject.as_str(), letter.from.as_str()), ("Grüße 👋", "usher@example.com"));
        assert_eq!((letter.html.as_deref(), letter.message_id.as_str()), (Some("<p>Grüße</p>"), "1@example.com"));
        assert_eq!(mail.text.unwrap().lines().collect::<Vec<_>>(), [".", "..Grüße"]);
    }
}
