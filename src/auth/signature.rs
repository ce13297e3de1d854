//! hmac and ed25519: verifying and making signatures.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::Reject;
use super::key::Key;
use super::problems::Problems;
use super::request::{Bytes, Request};
use super::scheme::{Algorithm, Hash, Scheme, SignatureScheme};
use super::template::{Piece, Template};

/// How many signatures of one request are tried. Rolling a secret takes two or three; without a bound a list of
/// thousands would buy an unsigned request as many public key operations over its body.
const MAX_CANDIDATES: usize = 64;

/// Verifies a request; gives back the signed string in its parts.
pub(super) fn verify<'s>(
    scheme: &'s Scheme,
    signature: &'s SignatureScheme,
    keys: &[Key],
    request: &'s Request<'_>,
    now: Timestamp,
) -> Result<Vec<Bytes<'s>>, Reject> {
    let text = request.bytes(&signature.sig).ok_or(Reject::MissingSignature)?;
    let text = String::from_utf8_lossy(&text);
    let mut candidates = signature.layout.candidates(&text);
    if candidates.is_empty() {
        return Err(Reject::MalformedSignature);
    }
    candidates.truncate(MAX_CANDIDATES);
    let timestamp = request.timestamp(signature, &text);
    if signature.needs_timestamp() && timestamp.is_none() {
        return Err(Reject::MissingTimestamp);
    }
    if let (Some(timing), Some(timestamp)) = (&signature.timing, &timestamp) {
        timing.check(timestamp, now)?;
    }
    let signed = request.signed(scheme, signature, timestamp.as_ref())?;
    let holds = match signature.algorithm {
        Algorithm::Hmac(hash) => any_mac_fits(hash, keys, &signed, &candidates),
        Algorithm::Ed25519 => any_public_key_fits(keys, &signed, &candidates),
    };
    if holds { Ok(signed) } else { Err(Reject::BadSignature) }
}

/// The signed string of a request, whether or not it verifies.
pub(super) fn signed<'s>(
    scheme: &'s Scheme,
    signature: &'s SignatureScheme,
    request: &'s Request<'_>,
) -> Option<Vec<Bytes<'s>>> {
    let text = request.bytes(&signature.sig).unwrap_or_default();
    let timestamp = request.timestamp(signature, &String::from_utf8_lossy(&text));
    request.signed(scheme, signature, timestamp.as_ref()).ok()
}

/// Signs the parts.
pub(super) fn make(algorithm: Algorithm, key: &Key, signed: &[Bytes<'_>]) -> Result<Vec<u8>, String> {
    let hash = match algorithm {
        Algorithm::Hmac(hash) => hash,
        Algorithm::Ed25519 => {
            let pair = key.pair().ok_or(
                "signing needs the private ed25519 key (whsk_ and base64); this is the public one, which only verifies",
            )?;
            let signature = pair.try_sign(&signed.concat()).map_err(|_| "the ed25519 key does not sign".to_owned())?;
            return Ok(signature.as_ref().to_vec());
        }
    };
    let mac = match hash {
        Hash::Sha1 => mac::<Hmac<Sha1>>(key, signed).map(finish),
        Hash::Sha256 => mac::<Hmac<Sha256>>(key, signed).map(finish),
        Hash::Sha512 => mac::<Hmac<Sha512>>(key, signed).map(finish),
    };
    mac.ok_or_else(|| "the key is not one of this scheme".to_owned())
}

impl SignatureScheme {
    /// A timestamp that is neither signed nor judged is not read.
    pub(super) fn needs_timestamp(&self) -> bool {
        let judged = self.timing.as_ref().is_some_and(|timing| timing.tolerance > 0);
        judged || self.signed.has(&Piece::Timestamp)
    }

    /// The same scheme over another string; a wrong template is cut short.
    pub(super) fn over(&self, template: &str) -> Self {
        Self { signed: Template::parse(template, &mut Problems::default()), ..self.clone() }
    }

    /// Whether the id is a part of what is signed.
    pub(super) fn signs_id(&self) -> bool {
        self.signed.has(&Piece::Id)
    }
}

fn any_mac_fits(hash: Hash, keys: &[Key], signed: &[Bytes<'_>], candidates: &[Vec<u8>]) -> bool {
    keys.iter().any(|key| match hash {
        Hash::Sha1 => mac_fits::<Hmac<Sha1>>(key, signed, candidates),
        Hash::Sha256 => mac_fits::<Hmac<Sha256>>(key, signed, candidates),
        Hash::Sha512 => mac_fits::<Hmac<Sha512>>(key, signed, candidates),
    })
}

/// The body is hashed once for each key, whatever the number of candidates. `verify_slice` takes constant time.
fn mac_fits<M: Mac + KeyInit + Clone>(key: &Key, signed: &[Bytes<'_>], candidates: &[Vec<u8>]) -> bool {
    mac::<M>(key, signed)
        .is_some_and(|mac| candidates.iter().any(|candidate| mac.clone().verify_slice(candidate).is_ok()))
}

fn mac<M: Mac + KeyInit>(key: &Key, signed: &[Bytes<'_>]) -> Option<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key.shared()?).ok()?;
    for part in signed {
        mac.update(part);
    }
    Some(mac)
}

fn finish<M: Mac>(mac: M) -> Vec<u8> {
    mac.finalize().into_bytes().to_vec()
}

fn any_public_key_fits(keys: &[Key], signed: &[Bytes<'_>], candidates: &[Vec<u8>]) -> bool {
    let message = signed.concat();
    keys.iter().any(|key| candidates.iter().any(|candidate| public_key_fits(key, &message, candidate)))
}

/// Whether the owner of a public key has signed the message.
pub(super) fn public_key_fits(key: &Key, message: &[u8], signature: &[u8]) -> bool {
    key.public().is_some_and(|public| UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok())
}
