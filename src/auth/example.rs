//! What fixtures are signed with, when they were, and what a signature of theirs is of.

use base64::Engine;
use http::HeaderMap;
use jiff::Timestamp;

use super::encoding::BASE64;
use super::key::PRIVATE_PREFIX;
use super::request::Request;
use super::scheme::{Algorithm, Decode, Kind, Scheme};
use super::signature;

/// The secret that all fixtures share, as text.
pub const EXAMPLE_SECRET: &str = "Example-Secret-1";
/// Before the colon in the example's Basic credentials.
const EXAMPLE_USER: &str = "usher";

impl Scheme {
    /// The documented secret of fixtures in the form that this scheme wants, as a source would be given it:
    /// [`EXAMPLE_SECRET`] as it is, or in base64 or hex after the prefix that is stripped; with a user for Basic; and for
    /// ed25519 the private key whose seed is that text twice (a seed has 32 bytes).
    #[must_use]
    pub fn example_secret(&self) -> String {
        match &self.kind {
            Kind::Basic => return format!("{EXAMPLE_USER}:{EXAMPLE_SECRET}"),
            Kind::Signature(signature) if signature.algorithm == Algorithm::Ed25519 => {
                return format!("{PRIVATE_PREFIX}{}", BASE64.encode(EXAMPLE_SECRET.repeat(2)));
            }
            Kind::Signature(_) | Kind::Token(_) => {}
        }
        let prefix = self.secret.strip.as_deref().unwrap_or_default();
        match self.secret.decode {
            Decode::Utf8 => EXAMPLE_SECRET.to_owned(),
            Decode::Base64 => format!("{prefix}{}", BASE64.encode(EXAMPLE_SECRET)),
            Decode::Hex => format!("{prefix}{}", hex::encode(EXAMPLE_SECRET)),
        }
    }
}

/// When a request says that it was sent; `None` where the scheme has no timestamp, or the request none that can be read.
#[must_use]
pub fn sent_at(scheme: &Scheme, headers: &HeaderMap, body: &[u8]) -> Option<Timestamp> {
    let Kind::Signature(signature) = &scheme.kind else { return None };
    let request = Request::new("", headers, body);
    let text = request.bytes(&signature.sig).unwrap_or_default();
    let stamp = request.timestamp(signature, &String::from_utf8_lossy(&text))?;
    signature.timing.as_ref()?.moment(&stamp)
}

/// The bytes that a signature of this request is made over; `None` where a part of them is missing, or nothing is signed
/// (token, basic).
#[must_use]
pub fn signed_bytes(scheme: &Scheme, headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    let Kind::Signature(kind) = &scheme.kind else { return None };
    let request = Request::new("", headers, body);
    signature::signed(scheme, kind, &request).map(|parts| parts.concat())
}
