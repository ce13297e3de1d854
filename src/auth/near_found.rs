//! Everything in a request that may be a signature, wherever and however it is written.

use std::borrow::Cow;

use super::encoding::Encoding;
use super::request::Request;
use super::scheme::{Place, SignatureScheme};

/// Values longer than this are no signatures.
const LONGEST: usize = 4096;

/// Lengths of the digests of sha1, sha256 and sha512; the last is also that of an ed25519 signature.
const LENGTHS: [usize; 3] = [20, 32, 64];

/// Bytes that may be a signature, and what the scheme would have to say to find them.
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    /// How it differs from the scheme, each the end of "it fits ..."; empty for what the scheme finds.
    pub(super) clauses: Vec<String>,
}

/// Possible signatures, those that differ least first.
pub(super) fn everywhere(kind: &SignatureScheme, request: &Request<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    if let Some(text) = request.bytes(&kind.sig) {
        of_text(kind, &String::from_utf8_lossy(&text), None, &mut found);
    }
    let own = kind.sig.header();
    for (name, value) in request.headers() {
        if Some(name) != own {
            let place = Place::Header(name.clone()).name();
            of_text(kind, &String::from_utf8_lossy(value.as_bytes()), Some(&place), &mut found);
        }
    }
    found.sort_by_key(|one| one.clauses.len());
    found
}

fn of_text(kind: &SignatureScheme, text: &str, place: Option<&str>, found: &mut Vec<Found>) {
    if text.len() > LONGEST {
        return;
    }
    let mut add = |bytes: Vec<u8>, encoding: Encoding, layout: Option<String>| {
        if !LENGTHS.contains(&bytes.len()) || found.iter().any(|one| one.bytes == bytes) {
            return;
        }
        let own = kind.layout.encoding;
        let place = place.map(|place| format!("in {place} instead of {}", kind.sig.name()));
        let encoding = (encoding != own).then(|| format!("in {} instead of {}", encoding.word(), own.word()));
        found.push(Found { bytes, clauses: [place, layout, encoding].into_iter().flatten().collect() });
    };
    for encoding in encodings(kind.layout.encoding) {
        for bytes in kind.layout.decoded(text, encoding) {
            add(bytes, encoding, None);
        }
    }
    for (before, item) in fragments(text) {
        for encoding in encodings(kind.layout.encoding) {
            if let Some(bytes) = encoding.decode(item) {
                add(bytes, encoding, Some(format!("written `{before}{{sig}}` instead of `{}`", kind.layout.pattern())));
            }
        }
    }
}

/// All of them, the scheme's own first: a text may be of two.
fn encodings(own: Encoding) -> impl Iterator<Item = Encoding> {
    let others = Encoding::WORDS.into_iter().map(|(_, encoding)| encoding).filter(move |encoding| *encoding != own);
    std::iter::once(own).chain(others)
}

/// The items of a list of whatever kind, each with what stands before its value, such as `v1=`.
fn fragments(text: &str) -> Vec<(Cow<'_, str>, &str)> {
    let mut found = vec![(Cow::Borrowed(""), text.trim())];
    for item in text.split([',', ';', ' ', '\t']).map(str::trim).filter(|item| !item.is_empty()) {
        found.push((Cow::Borrowed(""), item));
        // The padding of base64 is no separator.
        if let Some(at) = item.trim_end_matches('=').find(['=', ':']) {
            found.push((Cow::Borrowed(&item[..=at]), &item[at + 1..]));
        }
    }
    // `v1,SIGNATURE` is one item of a list with blanks.
    for item in text.split([' ', '\t']) {
        if let Some((before, value)) = item.split_once(',') {
            found.push((Cow::Owned(format!("{before},")), value));
        }
    }
    found.retain(|(before, _)| before.len() <= 16);
    found
}
