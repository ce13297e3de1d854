//! Why there is no sandbox.

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The webhook address is not an absolute http or https URL.
    #[error("the webhook address is not an absolute http or https URL")]
    WebhookUrl,
    /// The HTTP client for webhooks could not be made.
    #[error("the HTTP client for webhooks cannot be made")]
    Client(#[source] reqwest::Error),
    /// The rule for names does not compile.
    #[error("the rule for names does not compile")]
    Names(#[source] regex::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}
