//! Authentication of webhooks: stub, replaced by its owner.
use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;

/// The `[auth]` table of a connector, as written.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct SchemeSpec { pub kind: String }

/// A compiled scheme.
#[derive(Debug, Clone)]
pub struct Scheme {}

/// One decoded live secret. Debug prints nothing of it.
#[derive(Clone)]
pub struct Key {}
impl std::fmt::Debug for Key { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("Key") } }

/// Lists of parts, each list one dedupe key.
#[derive(Debug, Clone)]
pub struct Dedupe {}

/// One dedupe key of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DedupeKey {
    /// The parts it is made of, such as `json:/account,json:/delivery_id`: the namespace of the value.
    pub name: String,
    /// The value: the one part's value, or a JSON array of the parts' values.
    pub value: String,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reject {
    #[error("missing_signature")] MissingSignature,
    #[error("malformed_signature")] MalformedSignature,
    #[error("bad_signature")] BadSignature,
    #[error("missing_timestamp")] MissingTimestamp,
    #[error("stale")] Stale,
    #[error("missing_id")] MissingId,
    #[error("ambiguous_header")] AmbiguousHeader,
    #[error("bad_token")] BadToken,
}
impl Reject { pub fn code(self) -> &'static str { unimplemented!() } }

/// A request that passed [`verify`]; only this module makes one.
#[derive(Debug, Clone)]
pub struct Verified { headers: Vec<(String, String)>, body: Bytes, keys: Vec<DedupeKey> }
impl Verified {
    pub fn headers(&self) -> &[(String, String)] { &self.headers }
    pub fn body(&self) -> &Bytes { &self.body }
    pub fn keys(&self) -> &[DedupeKey] { &self.keys }
}

impl Scheme {
    /// All problems of the spec at once.
    pub fn compile(spec: &SchemeSpec) -> Result<Self, Vec<String>> { let _ = spec; unimplemented!() }
    /// hmac or ed25519 (as opposed to token, basic).
    pub fn is_signature(&self) -> bool { unimplemented!() }
    /// Whether the signed string contains `{body}`.
    pub fn covers_body(&self) -> bool { unimplemented!() }
    /// Decode one configured secret; refuses an empty one and one that does not decode.
    pub fn key(&self, secret: &str) -> Result<Key, String> { let _ = secret; unimplemented!() }
    /// JSON pointers of body values that `auth` names as secrets, to be masked in every view.
    pub fn secret_pointers(&self) -> Vec<String> { unimplemented!() }
}
impl Dedupe {
    /// Each list is one key; an empty slice means the one key `auth.id`.
    pub fn compile(lists: &[Vec<String>]) -> Result<Self, Vec<String>> { let _ = lists; unimplemented!() }
}

/// Verify the raw bytes; try every live key; compare in constant time.
pub fn verify(scheme: &Scheme, keys: &[Key], dedupe: &Dedupe, headers: &HeaderMap, body: &Bytes, now: Timestamp) -> Result<Verified, Reject> {
    let _ = (scheme, keys, dedupe, headers, body, now); unimplemented!()
}
/// The dedupe keys of a request, whether or not it verifies (for `explain`).
pub fn dedupe_keys(scheme: &Scheme, dedupe: &Dedupe, headers: &HeaderMap, body: &Bytes) -> Vec<DedupeKey> { let _ = (scheme, dedupe, headers, body); unimplemented!() }
/// Sign: sets the headers (timestamp, id, signature or token) that `verify` will read, or the body fields where the scheme keeps them there.
pub fn sign(scheme: &Scheme, key: &Key, headers: &mut HeaderMap, body: &mut Vec<u8>, now: Timestamp) -> Result<(), String> { let _ = (scheme, key, headers, body, now); unimplemented!() }
