//! Letters: what they look like, what becomes of them at every step of SMTP, and what is said about it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that meets the unexpected has failed")]

mod failing;
mod letters;
mod sending;
mod server;
mod setup;
mod tls;

use std::time::Duration;

use secrecy::SecretString;
use usher::mail::{Letter, Login, MailError, Mailer, Settings, Tls};

use server::{Heard, Manners, Server};

const PASSWORD: &str = "hunter2-secret";

/// A server on this machine, without TLS and login.
fn settings(port: u16) -> Settings {
    let from = "Usher at Example <usher@hr.example>".parse().unwrap();
    Settings { timeout: Duration::from_secs(20), ..Settings::new("localhost", port, Tls::None, from) }
}

fn with_login(settings: Settings) -> Settings {
    let login = Login { user: "mailer@hr.example".to_owned(), password: SecretString::from(PASSWORD.to_owned()) };
    Settings { login: Some(login), ..settings }
}

fn letter() -> Letter {
    Letter {
        to: "ada.lovelace@people.example".to_owned(),
        to_name: Some("Ada Lovelace".to_owned()),
        subject: "Welcome, Ada!".to_owned(),
        text: "Hello Ada,\n\nwelcome.\n".to_owned(),
        html: None,
        message_id: "congratulation-17@usher.hr.example".to_owned(),
        language: Some("en-GB".to_owned()),
        date: "2026-03-02T09:30:00Z".parse().unwrap(),
    }
}

/// Send the usual letter to a server with these manners.
async fn send(manners: Manners, adjust: impl FnOnce(Settings) -> Settings) -> (Result<(), MailError>, Heard) {
    let server = Server::start(manners).await;
    let mailer = Mailer::new(adjust(settings(server.port))).unwrap();
    let sent = mailer.send(&letter()).await;
    (sent, server.heard().await)
}

/// Nothing about a person and no password in what is said, whether shown or debugged.
fn assert_discreet(error: &MailError) {
    let said = format!("{error} {error:?}").to_lowercase();
    for private in ["@", "lovelace", "ada", "mailer", PASSWORD] {
        assert!(!said.contains(private), "{private}: {said}");
    }
}
