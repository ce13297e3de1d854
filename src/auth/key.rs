//! Live secrets, decoded once at load.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use secrecy::{ExposeSecret, SecretSlice};
use subtle::ConstantTimeEq;

use super::encoding::BASE64;
use super::scheme::{Algorithm, Decode, Kind, Scheme, SecretForm};

/// Prefix of a private ed25519 key in Standard Webhooks (`spec/standard-webhooks.md`): base64 of the 32 bytes of the
/// seed, or of the 64 bytes of seed and public key.
pub(super) const PRIVATE_PREFIX: &str = "whsk_";
/// Prefix of a public ed25519 key there.
const PUBLIC_PREFIX: &str = "whpk_";

/// One decoded live secret. Its bytes are wiped when the last clone is dropped; Debug prints nothing of it.
#[derive(Clone)]
pub struct Key(Arc<Material>);

enum Material {
    Shared(SecretSlice<u8>),
    Ed25519 { public: Vec<u8>, pair: Option<Ed25519KeyPair> },
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Whether both are the same secret; told in constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self.0.as_ref(), other.0.as_ref()) {
            (Material::Shared(own), Material::Shared(other)) => own.expose_secret().ct_eq(other.expose_secret()).into(),
            (Material::Ed25519 { public: own, pair }, Material::Ed25519 { public: other, pair: other_pair }) => {
                own == other && pair.is_some() == other_pair.is_some()
            }
            _ => false,
        }
    }

    /// A shared secret of these bytes; `None` where there are none.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Option<Self> {
        (!bytes.is_empty()).then(|| Self(Arc::new(Material::Shared(SecretSlice::from(bytes)))))
    }

    /// The bytes of a shared secret.
    pub(super) fn shared(&self) -> Option<&[u8]> {
        match self.0.as_ref() {
            Material::Shared(bytes) => Some(bytes.expose_secret()),
            Material::Ed25519 { .. } => None,
        }
    }

    pub(super) fn public(&self) -> Option<&[u8]> {
        match self.0.as_ref() {
            Material::Ed25519 { public, .. } => Some(public),
            Material::Shared(_) => None,
        }
    }

    pub(super) fn pair(&self) -> Option<&Ed25519KeyPair> {
        match self.0.as_ref() {
            Material::Ed25519 { pair, .. } => pair.as_ref(),
            Material::Shared(_) => None,
        }
    }
}

impl Scheme {
    /// Decodes one configured secret.
    ///
    /// For ed25519 that is a public key of 32 bytes, which verifies, or a private one (`whsk_` and base64, or 64 bytes),
    /// which also signs.
    ///
    /// # Errors
    /// An empty secret and one that does not decode; the text never repeats the secret.
    pub fn key(&self, secret: &str) -> Result<Key, String> {
        let asymmetric = matches!(&self.kind, Kind::Signature(scheme) if scheme.algorithm == Algorithm::Ed25519);
        let material = if asymmetric {
            ed25519(secret, &self.secret)?
        } else {
            Material::Shared(SecretSlice::from(decode(secret, &self.secret)?))
        };
        Ok(Key(Arc::new(material)))
    }
}

fn decode(secret: &str, form: &SecretForm) -> Result<Vec<u8>, String> {
    let text = match &form.strip {
        Some(prefix) => secret.strip_prefix(prefix.as_str()).unwrap_or(secret),
        None => secret,
    };
    let bytes = match form.decode {
        Decode::Utf8 => Ok(text.as_bytes().to_vec()),
        Decode::Base64 => BASE64.decode(text).map_err(|_| "the secret is not base64".to_owned()),
        Decode::Hex => hex::decode(text).map_err(|_| "the secret is not hex".to_owned()),
    }?;
    if bytes.is_empty() {
        return Err("the secret is empty".to_owned());
    }
    Ok(bytes)
}

fn ed25519(secret: &str, form: &SecretForm) -> Result<Material, String> {
    if let Some(private) = secret.strip_prefix(PRIVATE_PREFIX) {
        let bytes = SecretSlice::from(BASE64.decode(private).map_err(|_| "the private key is not base64".to_owned())?);
        return private_key(bytes.expose_secret());
    }
    let secret = secret.strip_prefix(PUBLIC_PREFIX).unwrap_or(secret);
    let bytes = SecretSlice::from(decode(secret, form)?);
    match bytes.expose_secret() {
        public if public.len() == 32 => Ok(Material::Ed25519 { public: public.to_vec(), pair: None }),
        private => private_key(private),
    }
}

fn private_key(bytes: &[u8]) -> Result<Material, String> {
    let pair = match bytes.len() {
        32 => Ed25519KeyPair::from_seed_unchecked(bytes),
        64 => Ed25519KeyPair::from_seed_and_public_key(&bytes[..32], &bytes[32..]),
        _ => {
            return Err("an ed25519 key has 32 bytes, or 64 with its private half in front".to_owned());
        }
    };
    let pair = pair.map_err(|_| "the halves of the ed25519 key do not fit".to_owned())?;
    Ok(Material::Ed25519 { public: pair.public_key().as_ref().to_vec(), pair: Some(pair) })
}
