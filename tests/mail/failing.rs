//! Every point at which sending can end, and on which side of the dot it lies.

use std::time::Duration;

use tokio::net::TcpListener;
use usher::mail::{MailError, Mailer, Settings};

use crate::server::{Answer, Heard, Manners, Server, say};
use crate::{assert_discreet, letter, send, settings, with_login};

/// Short: a step that a busy machine answers later ends in the same way.
const IMPATIENT: Duration = Duration::from_millis(400);

async fn failure(manners: Manners) -> (MailError, Heard) {
    let (sent, heard) = send(manners, with_login).await;
    let error = sent.expect_err("the letter was sent");
    assert_discreet(&error);
    (error, heard)
}

fn impatient(settings: Settings) -> Settings {
    Settings { timeout: IMPATIENT, ..settings }
}

fn usual() -> Manners {
    Manners::default()
}

/// Servers that refuse, at each step, by a reply.
fn refusing(reply: &str) -> [(&'static str, Manners); 5] {
    [
        ("the login", Manners { auth: vec![say(reply)], ..usual() }),
        ("the sender", Manners { mail: say(reply), ..usual() }),
        ("the recipient", Manners { rcpt: say(reply), ..usual() }),
        ("to take a message", Manners { data: say(reply), ..usual() }),
        ("the letter", Manners { dot: say(reply), ..usual() }),
    ]
}

/// Servers that do this instead of answering, at each step before the message.
fn ending(answer: &Answer) -> [(&'static str, Manners); 6] {
    [
        ("greeting", Manners { greeting: answer.clone(), ..usual() }),
        ("EHLO", Manners { ehlo: answer.clone(), ..usual() }),
        ("AUTH", Manners { auth: vec![answer.clone()], ..usual() }),
        ("MAIL", Manners { mail: answer.clone(), ..usual() }),
        ("RCPT", Manners { rcpt: answer.clone(), ..usual() }),
        ("DATA", Manners { data: answer.clone(), ..usual() }),
    ]
}

#[tokio::test]
async fn a_server_that_nobody_can_reach_has_taken_nothing() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = Mailer::new(settings(port)).unwrap().send(&letter()).await.unwrap_err();
    let MailError::Unsent(said) = &error else { panic!("{error:?}") };
    assert!(said.starts_with(&format!("cannot reach the mail server localhost:{port}")), "{said}");
    assert!(said.contains("host and port"), "{said}");
}

#[tokio::test]
async fn a_name_without_an_address_has_taken_nothing() {
    // A label longer than any name may have: no resolver is asked for it.
    let host = format!("{}.invalid", "m".repeat(64));
    let nowhere = Settings { host: host.clone(), ..settings(25) };
    let error = Mailer::new(nowhere).unwrap().send(&letter()).await.unwrap_err();
    let MailError::Unsent(said) = &error else { panic!("{error:?}") };
    assert!(said.starts_with(&format!("cannot reach the mail server {host}:25")), "{said}");
}

#[tokio::test]
async fn a_refused_greeting_has_taken_nothing_and_quotes_the_server() {
    let (error, heard) = failure(Manners { greeting: say("554 no service for you here"), ..usual() }).await;
    let MailError::Unsent(said) = &error else { panic!("{error:?}") };
    assert!(said.contains("554: no service for you here"), "{said}");
    assert!(heard.lines.iter().all(|line| line == "QUIT"), "{heard:?}");
    let (error, _) = failure(Manners { greeting: say("421 too busy"), ..usual() }).await;
    assert!(matches!(error, MailError::Busy { code: 421, .. }), "{error:?}");
}

#[tokio::test]
async fn a_refusal_for_good_is_definite_at_every_step_even_after_the_dot() {
    for (what, manners) in refusing("552 5.2.2 over quota") {
        let (error, heard) = failure(manners).await;
        let said = error.to_string();
        assert!(said.contains(&format!("refused {what} (552: 5.2.2 over quota)")), "{said}");
        match error {
            MailError::Login(_) => assert_eq!(what, "the login"),
            MailError::Refused { code: 552, .. } => assert_ne!(what, "the login"),
            other => panic!("{what}: {other:?}"),
        }
        assert_eq!(heard.lines.last().map(String::as_str), Some("QUIT"), "{what}: goodbye is said");
    }
}

#[tokio::test]
async fn a_refusal_for_now_is_busy_at_every_step_even_after_the_dot() {
    for (what, manners) in refusing("451 4.3.0 try again") {
        let (error, _) = failure(manners).await;
        let said = error.to_string();
        assert!(said.contains(&format!("refused {what} (451: 4.3.0 try again)")), "{said}");
        assert!(matches!(error, MailError::Busy { code: 451, .. }), "{what}: {error:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_matter_of_the_login() {
    let (error, heard) = failure(Manners { auth: vec![say("535 5.7.8 bad credentials")], ..usual() }).await;
    let MailError::Login(said) = &error else { panic!("{error:?}") };
    assert!(said.contains("correct user and password"), "{said}");
    assert!(!heard.lines.iter().any(|line| line.starts_with("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn a_server_without_a_login_we_know_gets_no_letter() {
    let (error, heard) = failure(Manners { ehlo: say("250-mail.test\r\n250 AUTH CRAM-MD5"), ..usual() }).await;
    assert!(matches!(error, MailError::Login(_)), "{error:?}");
    assert_eq!(heard.lines.len(), 2, "EHLO and QUIT: {heard:?}");
}

#[tokio::test]
async fn a_connection_lost_before_the_message_has_taken_nothing() {
    for (step, manners) in ending(&Answer::Drop) {
        let (error, _) = failure(manners).await;
        assert!(matches!(error, MailError::Unsent(_)), "{step}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_before_the_message_has_taken_nothing() {
    for (step, manners) in ending(&Answer::Hang) {
        let (sent, _) = send(manners, |settings| impatient(with_login(settings))).await;
        let error = sent.expect_err(step);
        assert_discreet(&error);
        assert!(matches!(error, MailError::Unsent(_)), "{step}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_keep_to_smtp_has_taken_nothing() {
    let odd = [
        ("greeting", Manners { greeting: say("HTTP/1.1 400 Bad Request"), ..usual() }),
        ("AUTH", Manners { auth: vec![say("334 !"), say("235 fine")], ..usual() }),
        ("an endless AUTH", Manners { auth: vec![say("334 VXNlcm5hbWU6"); 9], ehlo: login_only(), ..usual() }),
        ("MAIL", Manners { mail: say("354 go ahead"), ..usual() }),
        ("RCPT", Manners { rcpt: say("354 go ahead"), ..usual() }),
        ("DATA", Manners { data: say("250 taken"), ..usual() }),
    ];
    for (step, manners) in odd {
        let (error, heard) = failure(manners).await;
        assert!(matches!(error, MailError::Unsent(_)), "{step}: {error:?}");
        assert!(heard.message.is_none(), "{step}");
    }
}

fn login_only() -> Answer {
    say("250-mail.test\r\n250 AUTH LOGIN")
}

#[tokio::test]
async fn a_connection_lost_after_the_dot_leaves_it_open() {
    let (error, heard) = failure(Manners { dot: Answer::Drop, ..usual() }).await;
    assert!(matches!(error, MailError::Uncertain(_)), "{error:?}");
    assert!(error.to_string().ends_with("the letter may have been sent"), "{error}");
    assert!(heard.message.is_some(), "the server had the whole message");
}

#[tokio::test]
async fn silence_after_the_dot_leaves_it_open() {
    // Every step before the dot has to be answered within this time, on a busy machine too.
    let timeout = Duration::from_secs(2);
    let (sent, heard) =
        send(Manners { dot: Answer::Hang, ..usual() }, |settings| Settings { timeout, ..settings }).await;
    let error = sent.unwrap_err();
    assert_eq!(
        error,
        MailError::Uncertain("the mail server did not answer in time after the letter was handed over".to_owned())
    );
    assert!(heard.message.is_some(), "the server had the whole message");
}

#[tokio::test]
async fn a_strange_reply_to_the_dot_leaves_it_open() {
    for reply in ["354 go on", "fine", "999 what", "\u{1}"] {
        let (error, _) = failure(Manners { dot: say(reply), ..usual() }).await;
        assert!(matches!(error, MailError::Uncertain(_)), "{reply}: {error:?}");
    }
}

/// More than the buffers of both ends hold, so that the dot cannot have left this machine.
async fn send_much(dot: Answer, adjust: fn(Settings) -> Settings) -> MailError {
    let server = Server::start(Manners { reads: false, dot, ..usual() }).await;
    let mut long = letter();
    long.text = format!("{}\n", "x".repeat(70)).repeat(200_000);
    let error = Mailer::new(adjust(settings(server.port))).unwrap().send(&long).await.unwrap_err();
    assert_discreet(&error);
    error
}

#[tokio::test]
async fn a_connection_lost_within_the_message_has_taken_nothing() {
    let error = send_much(Answer::Drop, |settings| settings).await;
    let MailError::Unsent(said) = &error else { panic!("{error:?}") };
    assert!(said.contains("lost before the letter was handed over"), "{said}");
}

#[tokio::test]
async fn a_server_that_stops_reading_within_the_message_has_taken_nothing() {
    let error = send_much(Answer::Stall, impatient).await;
    let MailError::Unsent(said) = &error else { panic!("{error:?}") };
    assert!(said.contains("in time before the letter was handed over"), "{said}");
}

#[tokio::test]
async fn what_the_server_says_is_quoted_without_addresses_and_control_characters() {
    let chatty = "550-5.1.1 <ada.lovelace@people.example> Recipient (ADA.LOVELACE)\r\n\
                  550 5.1.1 \"ada l\"@people.example mailer@hr.example unknown\u{7}";
    let (error, _) = failure(Manners { rcpt: say(chatty), ..usual() }).await;
    let MailError::Refused { code: 550, text } = &error else { panic!("{error:?}") };
    assert_eq!(
        text,
        "refused the recipient (550: 5.1.1 <[address]> Recipient ([address]) [address] [address] unknown)"
    );
    let (error, _) = failure(Manners { rcpt: say(&format!("550 {}", "long ".repeat(150))), ..usual() }).await;
    assert!(error.to_string().len() < 400, "{error}");
}

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    for (reply, advice) in [
        ("550 no such user", "look at the person's address"),
        ("530 authentication required", "set user, password and tls"),
        ("552 too large", "too large"),
        ("554 rejected", "look at the letter"),
    ] {
        let (error, _) = failure(Manners { rcpt: say(reply), ..usual() }).await;
        assert!(error.to_string().contains(advice), "{error}");
    }
}
