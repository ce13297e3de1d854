//! What a fetcher is made of.

use std::time::Duration;

use http::HeaderName;
use secrecy::SecretString;
use url::Url;

pub use crate::config::Credentials;

/// What is known of a platform that answers calls.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the source in the configuration.
    pub source: String,
    /// Scheme, host and perhaps the beginning of a path. Nothing but this host is ever asked.
    pub base: Url,
    /// Hosts and addresses that may be private; hosts of these may be asked by plain http.
    pub allow: Vec<String>,
    /// How we show who we are.
    pub credentials: Credentials,
    /// Headers that each call carries, and that nobody may see.
    pub secret_headers: Vec<(HeaderName, SecretString)>,
    /// Most calls in any one minute; 0 is taken as 1.
    pub per_minute: u32,
    /// How long one answer may take, from connecting to its last byte. A token that has to be fetched before has as much
    /// for itself; waiting for the limit of calls is not in it.
    pub timeout: Duration,
}

/// Why no calls can be made. The texts say what to change in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// No http or https address, or one with a name or password in it.
    #[error("sources.{name}.fetch.{key}: must begin with https:// and name a host, without a user or password")]
    Address {
        /// Name of the source.
        name: String,
        /// The key of the address.
        key: &'static str,
    },
    /// Plain http to a host that is not allowed to be asked so.
    #[error(
        "sources.{name}.fetch.{key}: what is asked and answered would travel unencrypted; use https, or list {host} under allow"
    )]
    Plain {
        /// Name of the source.
        name: String,
        /// The key of the address.
        key: &'static str,
        /// The host.
        host: String,
    },
    /// A private address that is not allowed.
    #[error("sources.{name}.fetch.{key}: {host} is a private address; if that is meant, list it under allow")]
    Private {
        /// Name of the source.
        name: String,
        /// The key of the address.
        key: &'static str,
        /// The address.
        host: String,
    },
    /// An entry of `allow` is no host.
    #[error(
        "sources.{name}.fetch.allow: one entry is neither the name of a host nor an address, as hr.internal or 10.1.2.3"
    )]
    Allow {
        /// Name of the source.
        name: String,
    },
    /// A credential cannot stand in a header.
    #[error("sources.{name}.fetch.{key}: is empty or holds characters that no header can carry, such as a line break")]
    Credential {
        /// Name of the source.
        name: String,
        /// The key of the credential.
        key: String,
    },
    /// The HTTP client could not be made, for https mostly for want of CA certificates.
    #[error(
        "sources.{name}.fetch: no client could be made: {cause}. For https this machine needs CA certificates (package ca-certificates)"
    )]
    Tls {
        /// Name of the source.
        name: String,
        /// Why.
        cause: String,
    },
}
