//! Why no calls can be made.

/// What is wrong with how a source asks. The texts say what to change in the configuration.
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
