//! What a client is made of: settings, address, key, TLS.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::limits::Limits;

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a whole call, from connecting to the last byte of the answer; waiting for our own limits is not in it.
    pub call: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), call: Duration::from_secs(30) }
    }
}

/// The name of a portal that was given none.
const DEFAULT_NAME: &str = "docspace";

/// What the client needs to know.
#[derive(Clone)]
pub struct Settings {
    /// Name of the portal in the configuration.
    pub name: String,
    /// Address of the portal, without `/api/2.0`.
    pub url: Url,
    /// API key of the portal, `sk-` and 64 hex digits.
    pub api_key: SecretString,
    /// Limits to keep.
    pub limits: Limits,
    /// Time limits.
    pub timeouts: Timeouts,
}

impl Settings {
    /// Settings with the usual limits.
    #[must_use]
    pub fn new(url: Url, api_key: SecretString) -> Self {
        Self { name: DEFAULT_NAME.to_owned(), url, api_key, limits: Limits::default(), timeouts: Timeouts::default() }
    }
}

/// Why a client could not be set up. The texts say what to change in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not http or https, or without a host.
    #[error("[docspace] url must begin with https:// or http:// and name a host")]
    Address,
    /// A name or password stands in the address.
    #[error("[docspace] url must not hold a name or password; the API key belongs in [docspace] api_key")]
    Credentials,
    /// The key is empty or cannot stand in a header.
    #[error("[docspace] api_key is empty or holds characters that a key never has, such as a line break")]
    Key,
    /// The HTTP client could not be made, for https mostly for want of CA certificates.
    #[error(
        "no client for [docspace] url could be made: {0}. For https this machine needs CA certificates (package ca-certificates)"
    )]
    Tls(String),
}

/// A client for requests to `url` that are not calls of DocSpace, such as replayed webhooks; the same rules for TLS,
/// proxies and redirects.
///
/// # Errors
/// TLS cannot be set up.
pub fn http_client(url: &Url) -> Result<reqwest::Client, ClientError> {
    built(builder(url, Timeouts::default()))
}

pub(super) fn builder(url: &Url, timeouts: Timeouts) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("docspace-usher/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.call);
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    // Without this the set-up looks for CA certificates, and fails where there are none.
    if url.scheme() == "https" { builder.https_only(true) } else { builder.tls_certs_only([]) }
}

pub(super) fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, ClientError> {
    builder.build().map_err(|error| ClientError::Tls(super::exchange::root_cause(&error)))
}

/// The API's base address, and the host for messages.
pub(super) fn base(url: &Url) -> Result<(Url, String), ClientError> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(ClientError::Address)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ClientError::Address);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::Credentials);
    }
    let named = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    base.path_segments_mut().map_err(|()| ClientError::Address)?.pop_if_empty().extend(["api", "2.0"]);
    Ok((base, named))
}

/// DocSpace takes an API key only behind `Bearer`, spelled so (`BaseStartup.cs`).
pub(super) fn bearer(api_key: &SecretString) -> Result<HeaderValue, ClientError> {
    let key = api_key.expose_secret();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientError::Key);
    }
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| ClientError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether an address lies on this machine: `localhost`, a name under it, or a loopback address.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}
