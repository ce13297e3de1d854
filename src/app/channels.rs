//! What channels need beside the portals: the mailer, and the receivers of webhooks.

use std::collections::BTreeMap;

use crate::config::{Config, Smtp, SmtpTls};
use crate::docspace::{ClientError, http_client};
use crate::mail::{self, Login, Mailbox, Mailer, Tls};
use crate::receiver::Receiver;

use super::SetupError;

/// The mailer of `[smtp]`, if there is one.
///
/// # Errors
/// A setting cannot be used, or TLS cannot be set up.
pub fn mailer(config: &Config) -> Result<Option<Mailer>, SetupError> {
    let Some(smtp) = &config.smtp else { return Ok(None) };
    let mailer = settings(smtp)?;
    Mailer::new(mailer).map(Some).map_err(|error| SetupError::Mail { key: "smtp".to_owned(), error })
}

fn settings(smtp: &Smtp) -> Result<mail::Settings, SetupError> {
    let mailbox = |key: &str, text: &str| {
        text.parse::<Mailbox>().map_err(|error| SetupError::Mail { key: format!("smtp.{key}"), error })
    };
    let tls = match smtp.tls {
        SmtpTls::StartTls => Tls::StartTls,
        SmtpTls::Tls => Tls::Tls,
        SmtpTls::None => Tls::None,
    };
    let login = smtp.login.clone().map(|(user, password)| Login { user, password });
    let reply_to = smtp.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?;
    let from = mailbox("from", &smtp.from)?;
    Ok(mail::Settings { login, reply_to, ..mail::Settings::new(smtp.host.clone(), smtp.port, tls, from) })
}

/// The receivers whose secrets are known.
pub(super) fn receivers(config: &Config) -> Result<BTreeMap<String, Receiver>, SetupError> {
    let mut receivers = BTreeMap::new();
    for (name, receiver) in &config.receivers {
        let Some(key) = receiver.key.clone() else { continue };
        let client = http_client(&receiver.url).map_err(|error| {
            let cause = match error {
                ClientError::Tls(cause) => cause,
                other => other.to_string(),
            };
            SetupError::Receiver { name: name.clone(), cause }
        })?;
        receivers.insert(name.clone(), Receiver::new(receiver.url.clone(), client, receiver.scheme.clone(), key));
    }
    Ok(receivers)
}
