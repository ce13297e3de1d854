//! `[sources.NAME.fetch]`: how a platform is asked for what its webhooks leave out.

use secrecy::SecretString;
use url::Url;

/// How we show a platform who we are.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Not at all, or by headers of our own.
    None,
    /// `Authorization: Bearer` with this token.
    Bearer(SecretString),
    /// `Authorization: Basic`. Some platforms take a key for the user, so that both are secrets.
    Basic {
        /// The user; without a colon.
        user: SecretString,
        /// The password; may be empty.
        password: SecretString,
    },
    /// Tokens by OAuth 2 client credentials (RFC 6749, section 4.4).
    OAuth2 {
        /// Where tokens are given.
        token_url: Url,
        /// Who asks for them.
        client_id: String,
        /// What that client proves itself with.
        client_secret: SecretString,
        /// What the token is to be good for; absent: what the platform gives.
        scope: Option<String>,
    },
}
