//! The conversation with the mail server after the greeting, step by step.

use std::fmt::Display;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Auth, Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::error::MailError;
use super::reach::negative;
use super::scrub::Scrub;
use super::settings::Login;

/// How long to wait for the answer to QUIT, which changes nothing any more.
const GOODBYE: Duration = Duration::from_secs(2);
/// How much longer than a command the message may take.
const MESSAGE_FACTOR: u32 = 4;

/// A connection that has been greeted. Every error but [`MailError::Uncertain`] is definite.
pub(super) struct Session<'m> {
    connection: AsyncSmtpConnection,
    limit: Duration,
    scrub: &'m Scrub,
}

impl<'m> Session<'m> {
    /// `limit` is for each command.
    pub(super) fn new(connection: AsyncSmtpConnection, limit: Duration, scrub: &'m Scrub) -> Self {
        Self { connection, limit, scrub }
    }

    /// Log in by what the server offers, PLAIN before LOGIN (RFC 4954).
    pub(super) async fn log_in(&mut self, login: &Login) -> Result<(), MailError> {
        let Some(mechanism) = self.connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS) else {
            return Err(MailError::Login(
                "the mail server offers no login by PLAIN or LOGIN on this connection; set tls of the mail settings to \
                 what it wants, or take user and password away"
                    .to_owned(),
            ));
        };
        let credentials = Credentials::new(login.user.clone(), login.password.expose_secret().to_owned());
        let mut question = Auth::new(mechanism, credentials.clone(), None).map_err(|_| strange("its login"))?;
        // LOGIN asks for the user and then for the password.
        for _ in 0..3 {
            let answer = self.command(question, "refused the login").await.map_err(|error| match error {
                MailError::Refused { text, .. } => {
                    MailError::Login(format!("the mail server {text}; correct user and password of the mail settings"))
                }
                other => other,
            })?;
            if !answer.has_code(334) {
                return completed(&answer, "its login");
            }
            question =
                Auth::new_from_response(mechanism, credentials.clone(), &answer).map_err(|_| strange("its login"))?;
        }
        Err(strange("its login"))
    }

    /// Hand over one message.
    pub(super) async fn deliver(&mut self, envelope: &Envelope, message: &[u8]) -> Result<(), MailError> {
        let sender = Mail::new(envelope.from().cloned(), Vec::new());
        completed(&self.command(sender, "refused the sender").await?, "MAIL")?;
        for to in envelope.to() {
            let recipient = Rcpt::new(to.clone(), Vec::new());
            completed(&self.command(recipient, "refused the recipient").await?, "RCPT")?;
        }
        if !self.command(Data, "refused to take a message").await?.has_code(354) {
            return Err(strange("DATA"));
        }
        self.message(message).await
    }

    /// The message and the dot. lettre asks for the next part once the last one has been written, and writes the dot
    /// when there is none: from then on the server may have taken the message.
    async fn message(&mut self, message: &[u8]) -> Result<(), MailError> {
        let mut handed_over = false;
        let mut parts = std::iter::once(message);
        let parts = std::iter::from_fn(|| {
            let part = parts.next();
            handed_over |= part.is_none();
            part
        });
        let sent = timeout(self.limit * MESSAGE_FACTOR, self.connection.message_iter(parts)).await;
        let what = match sent {
            Ok(Ok(reply)) if is_completion(&reply) => return Ok(()),
            Ok(Err(error)) if error.status().is_some() => {
                return Err(negative(&error, self.scrub, "refused the letter"));
            }
            Ok(Ok(_)) => "the mail server gave a strange answer",
            Ok(Err(_)) => "the connection to the mail server was lost",
            Err(_) => "the mail server did not answer in time",
        };
        Err(if handed_over {
            MailError::Uncertain(format!("{what} after the letter was handed over"))
        } else {
            MailError::Unsent(format!("{what} before the letter was handed over; look at the mail server's log"))
        })
    }

    /// Say goodbye. Whatever comes of it, nothing changes.
    pub(super) async fn leave(mut self) {
        let _ = timeout(self.limit.min(GOODBYE), self.connection.command(Quit)).await;
    }

    /// Say goodbye where the server still listens.
    pub(super) async fn end(self, sent: &Result<(), MailError>) {
        if !matches!(sent, Err(MailError::Unsent(_) | MailError::Uncertain(_))) {
            self.leave().await;
        }
    }

    async fn command(&mut self, command: impl Display, refused: &str) -> Result<Response, MailError> {
        let what = match timeout(self.limit, self.connection.command(command)).await {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) if error.status().is_some() => return Err(negative(&error, self.scrub, refused)),
            Ok(Err(_)) => "the connection to the mail server was lost",
            Err(_) => "the mail server did not answer in time",
        };
        Err(MailError::Unsent(format!("{what} before the letter was handed over; look at the mail server's log")))
    }
}

fn completed(reply: &Response, step: &str) -> Result<(), MailError> {
    if is_completion(reply) { Ok(()) } else { Err(strange(step)) }
}

/// 2yz; lettre takes 3yz for good as well.
fn is_completion(reply: &Response) -> bool {
    reply.code().severity == Severity::PositiveCompletion
}

fn strange(step: &str) -> MailError {
    MailError::Unsent(format!("the mail server does not keep to SMTP at {step}; look at its log"))
}
