//! What the mailer needs to know.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

/// How long to wait for one step when nothing else is said.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The mail server, and in whose name letters go out.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name or IP address of the server, without brackets; under TLS its certificate must be made out to it.
    pub host: String,
    /// Usually 587 with [`Tls::StartTls`], 465 with [`Tls::Tls`], 25 with [`Tls::None`].
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// User and password; `None` for a server that takes our letters without.
    pub login: Option<Login>,
    /// Sender of every letter; bounces go there too.
    pub from: Mailbox,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Mailbox>,
    /// How long one step may take: connecting with the greeting, logging in, each command. The message itself gets four
    /// times as long, since a server looks into it before it answers (RFC 5321, 4.5.3.2.6, asks for 10 minutes) and a
    /// time-out there leaves open whether it was sent. [`TIMEOUT`] is a good one.
    pub timeout: Duration,
}

impl Settings {
    /// Settings with [`TIMEOUT`], and neither login nor reply address.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, tls: Tls, from: Mailbox) -> Self {
        Self { host: host.into(), port, tls, login: None, from, reply_to: None, timeout: TIMEOUT }
    }

    /// Whether the server runs on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all. No password is sent over it, unless the server runs on this machine.
    None,
    /// By STARTTLS (RFC 3207), and not at all if the server does not offer it: then nothing is sent.
    StartTls,
    /// From the first byte (RFC 8314).
    Tls,
}

impl Tls {
    /// The word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "no TLS",
            Self::StartTls => "STARTTLS",
            Self::Tls => "TLS",
        }
    }
}

/// Who we are to the mail server, by AUTH PLAIN or LOGIN (RFC 4954).
#[derive(Clone)]
pub struct Login {
    /// The user, often an e-mail address.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// Shows neither: the user may be somebody's address.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// An e-mail address with or without a name, read from `Name <a@b>` or `a@b` (RFC 5322, 3.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox(pub(super) lettre::message::Mailbox);

impl FromStr for Mailbox {
    type Err = SetupError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mailbox: lettre::message::Mailbox = text.trim().parse().map_err(|_| SetupError::Mailbox)?;
        let plain = |text: &str| !text.contains(char::is_control);
        let email: &str = mailbox.email.as_ref();
        if !email.is_ascii() || email.contains(' ') || !plain(email) || !mailbox.name.as_deref().is_none_or(plain) {
            return Err(SetupError::Mailbox);
        }
        Ok(Self(mailbox))
    }
}

/// Shows no address.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").finish_non_exhaustive()
    }
}

/// Why no mailer could be set up. The texts say what to change in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Not one mailbox.
    #[error("this is no sender; write one address in ASCII, with or without a name: `Name <name@domain>`")]
    Mailbox,
    /// No host.
    #[error("host of the mail settings must be the name or IP address of the mail server, without port")]
    Host,
    /// A password over an open connection.
    #[error(
        "the mail settings would send the password to {0} in the clear; set tls to STARTTLS or TLS, or take the login away"
    )]
    OpenPassword(String),
    /// User or password is empty or holds what no login can.
    #[error("user and password of the mail settings must not be empty or hold a NUL character")]
    Login,
    /// TLS could not be set up, mostly for want of CA certificates.
    #[error(
        "no TLS for the mail server could be set up: {0}. This machine needs CA certificates (package ca-certificates)"
    )]
    Tls(String),
}
