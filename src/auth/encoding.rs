//! How digests and secrets are written as text.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// Senders differ in the padding they write, so both forms are read.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// The text form of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
    Base64Url,
    /// Base64 of the hex text.
    Base64OfHex,
}

impl Encoding {
    /// The words of the `encoding` key.
    pub(super) const WORDS: [(&'static str, Self); 4] = [
        ("hex", Self::Hex),
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
        ("base64(hex)", Self::Base64OfHex),
    ];

    /// The word of this encoding.
    pub(super) fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, encoding)| *encoding == self).map_or("", |(word, _)| word)
    }

    /// The bytes; `None` when the text is empty or not of this encoding.
    pub(super) fn decode(self, text: &str) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Hex => hex::decode(text).ok(),
            Self::Base64 => BASE64.decode(text).ok(),
            Self::Base64Url => BASE64_URL.decode(text).ok(),
            Self::Base64OfHex => hex::decode(BASE64.decode(text).ok()?).ok(),
        };
        bytes.filter(|bytes| !bytes.is_empty())
    }

    /// The text that senders write: lower-case hex, padded base64.
    pub(super) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => BASE64.encode(bytes),
            Self::Base64Url => BASE64_URL.encode(bytes),
            Self::Base64OfHex => BASE64.encode(hex::encode(bytes)),
        }
    }
}
