//! Secrets for webhooks.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{SecretString, zeroize::Zeroizing};

/// With it a secret has a capital, a small letter, a digit and a special character, whatever the rest is.
const PREFIX: &str = "Usher1-";
/// As long as the portal's rules for passwords allow by default, so that a stricter minimum is met too.
const LENGTH: usize = 30;

/// A fresh random secret: 30 printable ASCII characters without blanks, of all four kinds that the portal's rules for
/// passwords may ask for (`PasswordSettings.cs`), 138 bits of them random.
///
/// # Errors
/// The system has no randomness to give.
pub fn fresh() -> io::Result<SecretString> {
    let mut bytes = Zeroizing::new([0; 18]);
    aws_lc_rs::rand::fill(&mut *bytes).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let random = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes));
    Ok(SecretString::from(PREFIX.chars().chain(random.chars()).take(LENGTH).collect::<String>()))
}
