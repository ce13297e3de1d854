//! The `[auth]` table as written.

use serde::Deserialize;

/// The `[auth]` table of a connector, as written: texts only, judged all at once by `Scheme::compile`.
///
/// A place is `header:NAME`, `json:/POINTER` or `form:NAME`, a field of a form by its whole name. Unknown keys are refused by serde.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeSpec {
    /// `hmac`, `ed25519`, `token` or `basic`.
    pub kind: String,
    /// `sha1`, `sha256` (default) or `sha512`. Beside ed25519 it is accepted and means nothing.
    pub hash: Option<String>,
    /// What is signed: literals and `{body} {timestamp} {id} {header:NAME} {json:/POINTER}`.
    pub signed: Option<String>,
    /// The place of the signature.
    pub sig: Option<String>,
    /// Text that stands once before the whole list of signatures.
    pub sig_prefix: Option<String>,
    /// What separates several signatures. Absent: there is one.
    pub list_sep: Option<String>,
    /// The text of one list item round `{sig}`, such as `v1={sig}`. Absent: the signature alone.
    pub entry: Option<String>,
    /// `hex` (default), `base64`, `base64url` or `base64(hex)`.
    pub encoding: Option<String>,
    /// Where the timestamp is, and how old it may be.
    pub timestamp: Option<TimestampSpec>,
    /// The id of a delivery: a place, `sha256:body` or `sha256:signed`.
    /// Absent: `sha256:signed` where `signed` holds `{timestamp}`, else `sha256:body`.
    pub id: Option<String>,
    /// `empty`: a header of `signed` that is missing counts as empty text. Absent: the request is refused.
    pub missing_header: Option<String>,
    /// How a configured secret becomes the key.
    pub secret: Option<SecretSpec>,
    /// The place of a static token; here it may also be `query:NAME`, a parameter of the query.
    pub token: Option<String>,
    /// Text before the token, such as `Bearer `.
    pub prefix: Option<String>,
    /// `all`: every item that a `*` of `token` selects must hold the token. The only rule there is.
    #[serde(rename = "match")]
    pub matching: Option<String>,
}

/// The `timestamp` table of [`SchemeSpec`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampSpec {
    /// A place, or `entry:KEY`: a `KEY=value` item in the list of signatures.
    pub src: String,
    /// `s` (default), `ms` (both since 1970) or `rfc3339`.
    pub unit: Option<String>,
    /// Seconds that the timestamp may differ from the clock, both ways, inclusive. Absent or null: 300. 0: no check.
    pub tolerance: Option<i64>,
}

/// The `secret` table of [`SchemeSpec`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSpec {
    /// A prefix that is taken off where it is present, such as `whsec_`.
    pub strip: Option<String>,
    /// `utf8` (default), `base64` (default for ed25519) or `hex`.
    pub decode: Option<String>,
}
