//! TLS: required where it is asked for, checked, and not needed where it is not.

use std::future::Future;
use std::process::Command;

use usher::mail::{MailError, Mailer, Settings, SetupError, Tls};

use crate::server::{Heard, Manners, Server, say};
use crate::{assert_discreet, letter, settings, with_login};

/// Run the test of this name in a process of its own that trusts the authorities of one file and no others.
fn trusting(file: &str, name: &str, run: impl Future<Output = ()>) {
    let file = format!("{}/tests/mail/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("SSL_CERT_FILE").as_deref() == Ok(file.as_str()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return runtime.unwrap().block_on(run);
    }
    let mut alone = Command::new(std::env::current_exe().unwrap());
    alone.args([&format!("tls::{name}"), "--exact", "--nocapture"]);
    let done = alone.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR").output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

const AUTHORITY: &str = "certificates/authority.pem";

async fn send(manners: Manners, adjust: impl FnOnce(Settings) -> Settings) -> (Result<(), MailError>, Heard) {
    let (sent, heard) = crate::send(manners, adjust).await;
    if let Err(error) = &sent {
        assert_discreet(error);
    }
    (sent, heard)
}

fn starttls(settings: Settings) -> Settings {
    Settings { tls: Tls::StartTls, ..with_login(settings) }
}

fn implicit(settings: Settings) -> Settings {
    Settings { tls: Tls::Tls, ..with_login(settings) }
}

#[test]
fn a_letter_goes_out_under_starttls() {
    trusting(AUTHORITY, "a_letter_goes_out_under_starttls", async {
        let (sent, heard) = send(Manners::default(), starttls).await;
        assert_eq!(sent, Ok(()));
        let verbs: Vec<_> = heard.lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(verbs, ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]);
        assert!(heard.message.unwrap().contains("welcome."));
    });
}

#[test]
fn a_letter_goes_out_under_tls_from_the_first_byte() {
    trusting(AUTHORITY, "a_letter_goes_out_under_tls_from_the_first_byte", async {
        let server = Server::start(Manners { secured: true, ..Manners::default() }).await;
        let mailer = Mailer::new(implicit(settings(server.port))).unwrap();
        mailer.send(&letter()).await.unwrap();
        assert!(server.heard().await.message.is_some());
        let server = Server::start(Manners { secured: true, ..Manners::default() }).await;
        let port = server.port;
        let said = Mailer::new(implicit(settings(port))).unwrap().check().await.unwrap();
        assert_eq!(said, format!("localhost:{port} takes mail (TLS, logged in)"));
    });
}

#[test]
fn a_server_without_starttls_gets_neither_password_nor_letter() {
    trusting(AUTHORITY, "a_server_without_starttls_gets_neither_password_nor_letter", async {
        let (sent, heard) = send(Manners { ehlo: say("250 AUTH PLAIN"), ..Manners::default() }, starttls).await;
        let Err(MailError::Unsent(said)) = &sent else { panic!("{sent:?}") };
        assert!(said.contains("offers no STARTTLS"), "{said}");
        assert!(heard.lines.iter().all(|line| line.starts_with("EHLO") || line == "QUIT"), "{heard:?}");
        let (sent, heard) = send(Manners { starttls: say("454 not now"), ..Manners::default() }, starttls).await;
        assert!(matches!(sent, Err(MailError::Busy { code: 454, .. })), "{sent:?}");
        assert!(!heard.lines.iter().any(|line| line.starts_with("AUTH")), "{heard:?}");
    });
}

#[test]
fn replies_slipped_in_before_tls_are_not_taken_for_the_servers() {
    trusting(AUTHORITY, "replies_slipped_in_before_tls_are_not_taken_for_the_servers", async {
        // Enough for the whole conversation, so that a client which reads ahead believes the letter sent.
        let slipped = "220 go\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued";
        let (sent, heard) = send(Manners { starttls: say(slipped), ..Manners::default() }, starttls).await;
        let Err(MailError::Unsent(said)) = &sent else { panic!("{sent:?}") };
        assert!(said.starts_with("no TLS with the mail server localhost:"), "{said}");
        assert_eq!(heard.lines.len(), 2, "EHLO and STARTTLS: {heard:?}");
    });
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    trusting(AUTHORITY, "a_certificate_for_another_name_is_refused", async {
        for protect in [starttls, implicit] {
            let manners = Manners { secured: protect(settings(1)).tls == Tls::Tls, ..Manners::default() };
            let by_number = |settings| Settings { host: "127.0.0.1".to_owned(), ..protect(settings) };
            let (sent, heard) = send(manners, by_number).await;
            let Err(MailError::Unsent(said)) = &sent else { panic!("{sent:?}") };
            assert!(said.starts_with("no TLS with the mail server 127.0.0.1:"), "{said}");
            assert!(!heard.lines.iter().any(|line| line.starts_with("AUTH")), "{heard:?}");
        }
    });
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    // The server's own certificate is no authority, but it is one that can be read: others are not trusted.
    trusting("certificates/server.pem", "a_certificate_of_an_unknown_authority_is_refused", async {
        let (sent, _) = send(Manners { secured: true, ..Manners::default() }, |settings| Settings {
            host: "127.0.0.1".to_owned(),
            ..implicit(settings)
        })
        .await;
        assert!(matches!(sent, Err(MailError::Unsent(_))), "{sent:?}");
    });
}

#[test]
fn a_server_that_speaks_no_tls_is_told_from_one_that_does() {
    trusting(AUTHORITY, "a_server_that_speaks_no_tls_is_told_from_one_that_does", async {
        let (sent, _) = send(Manners::default(), implicit).await;
        let Err(MailError::Unsent(said)) = &sent else { panic!("{sent:?}") };
        assert!(said.contains("no TLS with the mail server"), "{said}");
    });
}

#[test]
fn without_authorities_only_a_server_without_tls_can_be_set_up() {
    trusting("certificates/none.pem", "without_authorities_only_a_server_without_tls_can_be_set_up", async {
        let (sent, _) = send(Manners::default(), with_login).await;
        assert_eq!(sent, Ok(()));
        for protect in [starttls, implicit] {
            let refused = Mailer::new(protect(settings(587))).unwrap_err();
            assert!(matches!(refused, SetupError::Tls(_)), "{refused:?}");
            assert!(refused.to_string().contains("ca-certificates"), "{refused}");
        }
    });
}
