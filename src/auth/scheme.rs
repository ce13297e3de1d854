//! The compiled scheme: what the texts of the `[auth]` table mean.

use http::HeaderName;

use super::encoding::Encoding;
use super::pointer::Pointer;
use super::template::{Piece, Template};
use super::timing::Timing;

/// A compiled scheme; made by `Scheme::compile`, holds no secret.
#[derive(Debug, Clone)]
pub struct Scheme {
    pub(super) kind: Kind,
    pub(super) id: IdSource,
    pub(super) secret: SecretForm,
    /// Headers that change what is verified. Two of one name leave open which one counts, so they are refused.
    pub(super) watched: Vec<HeaderName>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Signature(SignatureScheme),
    Token(TokenScheme),
    Basic,
}

#[derive(Debug, Clone)]
pub(super) struct SignatureScheme {
    pub(super) algorithm: Algorithm,
    pub(super) signed: Template,
    pub(super) sig: Place,
    pub(super) layout: Layout,
    pub(super) timing: Option<Timing>,
    pub(super) missing_header_is_empty: bool,
}

#[derive(Debug, Clone)]
pub(super) struct TokenScheme {
    pub(super) place: Place,
    pub(super) prefix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hmac(Hash),
    Ed25519,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// Where a text of the request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Header(HeaderName),
    Json(Pointer),
    /// A field of a form, by its whole name.
    Form(String),
    /// A parameter of the query.
    Query(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IdSource {
    Place(Place),
    Body,
    Signed,
}

/// How a configured secret becomes the bytes of a key.
#[derive(Debug, Clone)]
pub(super) struct SecretForm {
    pub(super) strip: Option<String>,
    pub(super) decode: Decode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decode {
    Utf8,
    Base64,
    Hex,
}

/// How signatures stand in their header or field.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) prefix: String,
    pub(super) separator: Option<String>,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) encoding: Encoding,
}

impl Place {
    /// Reads `header:NAME`, `json:/POINTER`, `form:NAME` or `query:NAME`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("header", name)) => header_name(name).map(Self::Header),
            Some(("json", pointer)) => Pointer::parse(pointer).map(Self::Json),
            Some(("form" | "query", "")) => Err(format!("'{text}' lacks its name")),
            Some(("form", name)) => Ok(Self::Form(name.to_owned())),
            Some(("query", name)) => Ok(Self::Query(name.to_owned())),
            _ => Err(format!("'{text}' is not header:NAME, json:/POINTER, form:NAME or query:NAME")),
        }
    }

    /// The place as it is written in a file.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Header(name) => format!("header:{name}"),
            Self::Json(pointer) => format!("json:{}", pointer.text()),
            Self::Form(name) => format!("form:{name}"),
            Self::Query(name) => format!("query:{name}"),
        }
    }

    pub(super) fn header(&self) -> Option<&HeaderName> {
        match self {
            Self::Header(name) => Some(name),
            Self::Json(_) | Self::Form(_) | Self::Query(_) => None,
        }
    }

    pub(super) fn is_plural(&self) -> bool {
        matches!(self, Self::Json(pointer) if pointer.is_plural())
    }
}

/// A header name in lower case.
pub(super) fn header_name(text: &str) -> Result<HeaderName, String> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| format!("'{text}' is not a header name"))
}

impl Layout {
    /// The items of the list, trimmed. Nothing when the prefix of the whole list is missing.
    fn items<'v>(&self, value: &'v str) -> Vec<&'v str> {
        match (trim(value).strip_prefix(&self.prefix), &self.separator) {
            (Some(list), Some(separator)) => list.split(separator.as_str()).map(trim).collect(),
            (Some(item), None) => vec![trim(item)],
            (None, _) => Vec::new(),
        }
    }

    /// Every signature that decodes; items of another shape or version are passed over.
    pub(super) fn candidates(&self, value: &str) -> Vec<Vec<u8>> {
        self.decoded(value, self.encoding)
    }

    /// The same in another encoding.
    pub(super) fn decoded(&self, value: &str, encoding: Encoding) -> Vec<Vec<u8>> {
        self.items(value)
            .into_iter()
            .filter_map(|item| item.strip_prefix(self.before.as_str()))
            .filter_map(|item| item.strip_suffix(self.after.as_str()))
            .filter_map(|text| encoding.decode(text))
            .collect()
    }

    /// The value of the first `key=value` item.
    pub(super) fn entry<'v>(&self, value: &'v str, key: &str) -> Option<&'v str> {
        self.items(value)
            .into_iter()
            .filter_map(|item| item.split_once('='))
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// How one signature is written, for people.
    pub(super) fn pattern(&self) -> String {
        let Self { prefix, before, after, separator, .. } = self;
        let more = separator.as_deref().map(|separator| format!("{separator}...")).unwrap_or_default();
        format!("{prefix}{before}{{sig}}{after}{more}")
    }

    /// The text for one signature, with the `key=value` item before it where there is one.
    pub(super) fn write(&self, signature: &[u8], entry: Option<(&str, &str)>) -> String {
        let mut text = self.prefix.clone();
        if let Some((key, value)) = entry {
            let separator = self.separator.as_deref().unwrap_or_default();
            text.extend([key, "=", value, separator]);
        }
        let encoded = self.encoding.encode(signature);
        text.extend([self.before.as_str(), &encoded, &self.after]);
        text
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

impl Scheme {
    /// hmac or ed25519 (as opposed to token, basic).
    pub fn is_signature(&self) -> bool {
        matches!(self.kind, Kind::Signature(_))
    }

    /// Whether the signed string contains `{body}`. False for token and basic.
    pub fn covers_body(&self) -> bool {
        matches!(&self.kind, Kind::Signature(scheme) if scheme.signed.has(&Piece::Body))
    }

    /// JSON pointers of body values that `auth` names as secrets. A segment `*` stands for every item of a list. What
    /// shows a body asks [`masked`](Self::masked), which also knows the fields of forms.
    pub fn secret_pointers(&self) -> Vec<String> {
        match &self.kind {
            Kind::Token(TokenScheme { place: Place::Json(pointer), .. }) => vec![pointer.text().to_owned()],
            _ => Vec::new(),
        }
    }

    /// Whether the token is a parameter of the query, so that a request without it can never hold.
    #[must_use]
    pub fn reads_query(&self) -> bool {
        matches!(&self.kind, Kind::Token(TokenScheme { place: Place::Query(_), .. }))
    }

    /// The header that holds a static secret.
    pub(super) fn secret_header(&self) -> Option<&HeaderName> {
        match &self.kind {
            Kind::Token(token) => token.place.header(),
            Kind::Basic => Some(&http::header::AUTHORIZATION),
            Kind::Signature(_) => None,
        }
    }
}
