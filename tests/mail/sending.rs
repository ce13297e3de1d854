//! Letters that arrive.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use usher::mail::Mailer;

use crate::server::{Answer, Manners, Server, say};
use crate::{PASSWORD, letter, send, settings, with_login};

#[tokio::test]
async fn a_letter_arrives_as_it_is_rendered() {
    let server = Server::start(Manners::default()).await;
    let mailer = Mailer::new(settings(server.port)).unwrap();
    mailer.send(&letter()).await.unwrap();
    let heard = server.heard().await;
    assert!(heard.lines[0].starts_with("EHLO "), "{heard:?}");
    assert_eq!(
        heard.lines[1..],
        ["MAIL FROM:<usher@hr.example>", "RCPT TO:<ada.lovelace@people.example>", "DATA", "QUIT"]
    );
    let rendered = String::from_utf8(mailer.render(&letter()).unwrap()).unwrap();
    assert_eq!(heard.message.unwrap(), format!("{rendered}\r\n"));
}

#[tokio::test]
async fn a_line_that_is_a_dot_does_not_end_the_letter() {
    let server = Server::start(Manners::default()).await;
    let mut dotted = letter();
    dotted.text = "one\n.\nMAIL FROM:<evil@hr.example>\n..two\n\n.".to_owned();
    Mailer::new(settings(server.port)).unwrap().send(&dotted).await.unwrap();
    let message = server.heard().await.message.unwrap();
    let (_, body) = message.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.trim_end(), "one\r\n..\r\nMAIL FROM:<evil@hr.example>\r\n...two\r\n\r\n..");
}

#[tokio::test]
async fn a_lone_carriage_return_cannot_end_the_letter_for_a_lenient_server() {
    let server = Server::start(Manners::default()).await;
    let mut smuggling = letter();
    smuggling.text = "one\r.\rMAIL FROM:<evil@hr.example>\n.\rtwo\u{0}\u{b}".to_owned();
    Mailer::new(settings(server.port)).unwrap().send(&smuggling).await.unwrap();
    let message = server.heard().await.message.unwrap();
    assert_eq!(message.matches('\r').count(), message.matches("\r\n").count(), "{message:?}");
    assert!(message.trim_end().ends_with("one\r\n..\r\nMAIL FROM:<evil@hr.example>\r\n..\r\ntwo"), "{message:?}");
}

#[tokio::test]
async fn a_login_by_plain_or_login_goes_before_the_letter() {
    let plain = STANDARD.encode(format!("\0mailer@hr.example\0{PASSWORD}"));
    let (sent, heard) = send(Manners::default(), with_login).await;
    sent.unwrap();
    assert_eq!(heard.lines[1], format!("AUTH PLAIN {plain}"));

    let asking = Manners {
        ehlo: say("250-mail.test\r\n250 AUTH LOGIN"),
        auth: vec![say("334 VXNlcm5hbWU6"), say("334 UGFzc3dvcmQ6"), say("235 welcome")],
        ..Manners::default()
    };
    let (sent, heard) = send(asking, with_login).await;
    sent.unwrap();
    assert_eq!(
        heard.lines[1..4],
        ["AUTH LOGIN".to_owned(), STANDARD.encode("mailer@hr.example"), STANDARD.encode(PASSWORD)]
    );
}

#[tokio::test]
async fn what_comes_after_the_servers_yes_changes_nothing() {
    for quit in [Answer::Drop, Answer::Hang, say("500 what")] {
        let (sent, _) = send(Manners { quit, ..Manners::default() }, |settings| settings).await;
        assert_eq!(sent, Ok(()));
    }
}

#[tokio::test]
async fn a_forwarding_server_has_taken_the_recipient() {
    let (sent, _) = send(Manners { rcpt: say("251 will forward"), ..Manners::default() }, |settings| settings).await;
    assert_eq!(sent, Ok(()));
}

#[tokio::test]
async fn the_check_says_in_one_line_what_works_and_sends_nothing() {
    let server = Server::start(Manners::default()).await;
    let port = server.port;
    let said = Mailer::new(with_login(settings(port))).unwrap().check().await.unwrap();
    assert_eq!(said, format!("localhost:{port} takes mail (no TLS, logged in)"));
    let heard = server.heard().await;
    assert_eq!(heard.lines.len(), 3, "EHLO, AUTH, QUIT: {heard:?}");

    let server = Server::start(Manners { auth: vec![say("535 no")], ..Manners::default() }).await;
    let refused = Mailer::new(with_login(settings(server.port))).unwrap().check().await.unwrap_err();
    assert!(matches!(refused, usher::mail::MailError::Login(_)), "{refused:?}");
}
