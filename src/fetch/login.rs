//! How a platform is shown who asks.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::line::Line;
use super::settings::{Credentials, SetupError};
use super::token::{self, Tokens};
use crate::address::Allowed;
use crate::model::Clock;

/// Credentials, ready for calls.
pub(super) struct Shown {
    pub(super) login: Login,
    /// The secret headers, and a fixed `Authorization`.
    pub(super) headers: HeaderMap,
}

/// How calls get their `Authorization`.
pub(super) enum Login {
    /// It is fixed, by this key; or there is none.
    Fixed(Option<&'static str>),
    /// By tokens that are fetched.
    Tokens(Box<Tokens>),
}

impl Shown {
    /// `line` is the one to the platform: tokens are fetched under the same terms.
    pub(super) fn new(
        line: &Line,
        allowed: &Arc<Allowed>,
        credentials: Credentials,
        secret_headers: &[(HeaderName, SecretString)],
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let name = &line.at.source;
        let unusable = |key: &str| SetupError::Credential { name: name.clone(), key: key.to_owned() };
        let mut headers = HeaderMap::new();
        for (header, value) in secret_headers {
            let value = secret(value).ok_or_else(|| unusable(&format!("headers.{header}")))?;
            headers.insert(header.clone(), value);
        }
        let mut fixed = |how, value: Option<HeaderValue>| -> Result<Login, SetupError> {
            headers.insert(AUTHORIZATION, value.ok_or_else(|| unusable(how))?);
            Ok(Login::Fixed(Some(how)))
        };
        let login = match credentials {
            Credentials::None => Login::Fixed(None),
            Credentials::Bearer(token) => fixed("bearer", token::bearer(token.expose_secret()))?,
            Credentials::Basic { user, password } => fixed("basic", basic(&user, &password))?,
            Credentials::OAuth2 { token_url: url, client_id, client_secret, scope } => {
                let line = Line::new(name, "oauth2.token_url", &url, allowed, line.timeout)?;
                let (clock, state) = (Arc::clone(clock), token::State::default());
                Login::Tokens(Box::new(Tokens { line, url, client_id, client_secret, scope, clock, state }))
            }
        };
        Ok(Self { login, headers })
    }
}

/// `Authorization` with user and password (RFC 7617).
fn basic(user: &SecretString, password: &SecretString) -> Option<HeaderValue> {
    let (user, password) = (user.expose_secret(), password.expose_secret());
    let usable = !user.is_empty() && !user.contains(':') && !format!("{user}{password}").contains(char::is_control);
    let value = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let mut value = HeaderValue::try_from(value).ok().filter(|_| usable)?;
    value.set_sensitive(true);
    Some(value)
}

/// A secret as the value of a header.
fn secret(value: &SecretString) -> Option<HeaderValue> {
    let value = value.expose_secret();
    let mut value = HeaderValue::try_from(value).ok().filter(|_| !value.trim().is_empty())?;
    value.set_sensitive(true);
    Some(value)
}
