//! Secrets of `[sources.NAME.fetch]` that are replaced while the program runs.

use secrecy::{ExposeSecret, SecretString};

use super::{Credentials, SourceFetch};

impl SourceFetch {
    /// Put another secret in the place of the one of this key, as it stands in [`super::FetchOutline::secrets`]. Whether
    /// it is another one.
    pub fn replace(&mut self, key: &str, secret: SecretString) -> bool {
        let known = match (key, &mut self.credentials) {
            ("bearer", Credentials::Bearer(token)) => Some(token),
            ("basic.user", Credentials::Basic { user, .. }) => Some(user),
            ("basic.password", Credentials::Basic { password, .. }) => Some(password),
            ("oauth2.client_secret", Credentials::OAuth2 { client_secret, .. }) => Some(client_secret),
            _ => {
                let header = key.strip_prefix("headers.").unwrap_or_default();
                let mut headers = self.secret_headers.iter_mut();
                headers.find(|(name, _)| name.as_str().eq_ignore_ascii_case(header)).map(|(_, secret)| secret)
            }
        };
        let Some(known) = known.filter(|known| known.expose_secret() != secret.expose_secret()) else { return false };
        *known = secret;
        true
    }
}
