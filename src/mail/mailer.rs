//! The mailer: settings, and the three things it does.

use std::fmt;
use std::sync::Arc;

use lettre::message::Message;
use lettre::transport::smtp::client::TlsParameters;
use secrecy::ExposeSecret;

use super::error::MailError;
use super::letter::Letter;
use super::reach::reach;
use super::scrub::Scrub;
use super::session::Session;
use super::settings::{Settings, SetupError, Tls};

/// Sends letters through one mail server. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    tls: Option<TlsParameters>,
}

/// Shows the server alone.
impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("host", &self.shared.settings.host).finish_non_exhaustive()
    }
}

impl Mailer {
    /// A mailer with these settings. Opens no connection. TLS is set up only where the settings want it, so that a
    /// machine without CA certificates can write to a server on itself.
    ///
    /// # Errors
    /// The host is none, a password would cross the network in the clear, or TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let host = &settings.host;
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        if host.is_empty() || !is_address && !host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
            return Err(SetupError::Host);
        }
        if let Some(login) = &settings.login {
            let usable = |text: &str| !text.is_empty() && !text.contains('\0');
            if !usable(&login.user) || !usable(login.password.expose_secret()) {
                return Err(SetupError::Login);
            }
            if settings.tls == Tls::None && !settings.is_loopback() {
                return Err(SetupError::OpenPassword(host.clone()));
            }
        }
        let tls = match settings.tls {
            Tls::None => None,
            Tls::StartTls | Tls::Tls => {
                Some(TlsParameters::new_rustls(host.clone()).map_err(|error| SetupError::Tls(error.to_string()))?)
            }
        };
        Ok(Self { shared: Arc::new(Shared { settings, tls }) })
    }

    /// Send one letter: `Ok` once the server has taken responsibility for it.
    ///
    /// At most once: nothing is tried a second time here. A caller that drops the future does not know whether the
    /// letter was sent, and has to take that as [`MailError::Uncertain`].
    ///
    /// # Errors
    /// All are definite but [`MailError::Uncertain`].
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message = self.message(letter)?;
        let bytes = message.formatted();
        let users = message.envelope().to().iter().map(|to| to.user().to_owned());
        let scrub = self.scrub(users);
        let mut session = self.open(&scrub).await?;
        let sent = session.deliver(message.envelope(), &bytes).await;
        session.end(&sent).await;
        sent
    }

    /// Connect and log in, without sending anything. One line for the operator, like
    /// `smtp.example.com:587 takes mail (STARTTLS, logged in)`.
    ///
    /// # Errors
    /// As [`Mailer::send`], but never [`MailError::Uncertain`], [`MailError::Refused`] or [`MailError::Unfit`].
    pub async fn check(&self) -> Result<String, MailError> {
        let scrub = self.scrub([]);
        self.open(&scrub).await?.leave().await;
        let Settings { host, port, tls, login, .. } = &self.shared.settings;
        let login = if login.is_some() { "logged in" } else { "no login" };
        Ok(format!("{host}:{port} takes mail ({}, {login})", tls.as_str()))
    }

    /// The bytes of the letter, lines ended by CRLF, for a preview. The boundary of its parts is another one each time.
    ///
    /// # Errors
    /// [`MailError::Unfit`].
    pub fn render(&self, letter: &Letter) -> Result<Vec<u8>, MailError> {
        Ok(self.message(letter)?.formatted())
    }

    fn message(&self, letter: &Letter) -> Result<Message, MailError> {
        letter.message(&self.shared.settings)
    }

    /// What a server may repeat and we must not: local parts stand alone in some replies.
    fn scrub(&self, users: impl IntoIterator<Item = String>) -> Scrub {
        let login = self.shared.settings.login.iter().map(|login| login.user.clone());
        Scrub::new(users.into_iter().chain(login))
    }

    async fn open<'s>(&self, scrub: &'s Scrub) -> Result<Session<'s>, MailError> {
        let Shared { settings, tls } = &*self.shared;
        let connection = reach(settings, tls.as_ref(), scrub).await?;
        let mut session = Session::new(connection, settings.timeout, scrub);
        if let Some(login) = &settings.login
            && let Err(error) = session.log_in(login).await
        {
            session.end(&Err(error.clone())).await;
            return Err(error);
        }
        Ok(session)
    }
}
