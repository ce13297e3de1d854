//! The way to the mail server: connection, greeting, TLS; and what to say where it ends.

use std::error::Error;
use std::io;
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::error::MailError;
use super::scrub::Scrub;
use super::settings::{Settings, Tls};
use super::stream::LineByLine;

/// The longest wait for one of several addresses of a server.
const ONE_ADDRESS: Duration = Duration::from_secs(10);

/// A connection with the greeting and the answer to EHLO behind it, protected as the settings want.
pub(super) async fn reach(
    settings: &Settings,
    tls: Option<&TlsParameters>,
    scrub: &Scrub,
) -> Result<AsyncSmtpConnection, MailError> {
    let words = Words { settings, scrub };
    let mut connection = match timeout(settings.timeout, connect(settings, tls)).await {
        Ok(connection) => connection.map_err(|failure| words.failure(&failure))?,
        Err(_) => return Err(words.silence()),
    };
    if let (Tls::StartTls, Some(tls)) = (settings.tls, tls) {
        if !connection.can_starttls() {
            return Err(words.no_starttls());
        }
        match timeout(settings.timeout, connection.starttls(tls.clone(), &ClientId::default())).await {
            Ok(done) => done.map_err(|error| words.failure(&Failure::Smtp(error)))?,
            Err(_) => return Err(words.silence()),
        }
    }
    Ok(connection)
}

enum Failure {
    Io(io::Error),
    Smtp(SmtpError),
}

async fn connect(settings: &Settings, tls: Option<&TlsParameters>) -> Result<AsyncSmtpConnection, Failure> {
    let server = (settings.host.as_str(), settings.port);
    let limit = (settings.timeout / 2).min(ONE_ADDRESS);
    let name = ClientId::default();
    if settings.tls == Tls::StartTls {
        let stream = LineByLine::new(dial(server, limit).await.map_err(Failure::Io)?);
        return AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name).await.map_err(Failure::Smtp);
    }
    AsyncSmtpConnection::connect_tokio1(server, Some(limit), &name, tls.cloned(), None).await.map_err(Failure::Smtp)
}

/// A connection to the first address of the server that takes one.
async fn dial(server: (&str, u16), limit: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in lookup_host(server).await? {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "connection timed out"),
        }
    }
    Err(last)
}

/// What to say. Nothing was sent in any of these cases.
struct Words<'w> {
    settings: &'w Settings,
    scrub: &'w Scrub,
}

impl Words<'_> {
    fn server(&self) -> String {
        format!("the mail server {}:{}", self.settings.host, self.settings.port)
    }

    fn silence(&self) -> MailError {
        MailError::Unsent(format!(
            "{} does not answer; check host, port and tls of the mail settings (usual are 587 with STARTTLS, 465 with TLS)",
            self.server()
        ))
    }

    fn no_starttls(&self) -> MailError {
        MailError::Unsent(format!(
            "{} offers no STARTTLS, so nothing is sent to it; set tls of the mail settings to what it speaks",
            self.server()
        ))
    }

    fn failure(&self, failure: &Failure) -> MailError {
        let error: &(dyn Error + 'static) = match failure {
            Failure::Io(error) => error,
            Failure::Smtp(error) => {
                if error.status().is_some() {
                    return self.refusal(error);
                }
                if error.is_response() {
                    return MailError::Unsent(format!(
                        "{} hangs up or does not speak SMTP; check port and tls of the mail settings",
                        self.server()
                    ));
                }
                error
            }
        };
        let cause = root(error);
        let said = self.scrub.quote(&cause.to_string());
        MailError::Unsent(if is_tls(cause) {
            format!(
                "no TLS with {}: {said}; check tls and port of the mail settings, and whether this machine trusts the \
                 server's certificate for that name",
                self.server()
            )
        } else {
            format!("cannot reach {}: {said}; check host and port of the mail settings", self.server())
        })
    }

    /// The greeting, EHLO or STARTTLS was answered by a refusal.
    fn refusal(&self, error: &SmtpError) -> MailError {
        match negative(error, self.scrub, "turned us away") {
            MailError::Refused { text, .. } => MailError::Unsent(format!(
                "the mail server {text}; ask its operator whether it takes mail from this machine"
            )),
            other => other,
        }
    }
}

/// The definite error of a 4yz or 5yz reply; `refused` completes a sentence that begins with the server.
pub(super) fn negative(error: &SmtpError, scrub: &Scrub, refused: &str) -> MailError {
    let code = error.status().map_or(0, u16::from);
    let said = error.source().map(|said| scrub.quote(&said.to_string())).unwrap_or_default();
    let text = if said.is_empty() { format!("{refused} ({code})") } else { format!("{refused} ({code}: {said})") };
    if error.is_transient() { MailError::Busy { code, text } } else { MailError::Refused { code, text } }
}

fn root<'e>(mut error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inside.is_some_and(|inside| inside.is::<rustls::Error>())
}
