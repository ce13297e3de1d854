//! What may be meant by a text that is no expression: slips of those who know other languages.

use std::ops::Range;

use super::ExprError;

/// The signs of other languages, each with what is said of it. Longer ones go first.
const SIGNS: [(&str, &str); 6] = [
    ("!==", "`!==` is no operator: write `!=`"),
    ("===", "`===` is no operator: write `==`"),
    ("&&", "`&&` is no operator: write `and`"),
    ("||", "`||` is no operator: write `or`"),
    ("=", "a single `=` compares nothing: is `==` meant?"),
    ("!", "`!` is no operator: write `not`"),
];

/// A better word for a problem that the parser has found at `found`, if one of the usual slips is there.
pub(super) fn hint(text: &str, found: &Range<usize>) -> Option<ExprError> {
    let error = |message: &str, range: Range<usize>| ExprError { message: message.to_owned(), range: Some(range) };
    let (is_quoted, open) = quotes(text);
    for (sign, message) in SIGNS {
        let starts = text.match_indices(sign).map(|(start, _)| start..start + sign.len());
        // The parser stops at the sign or within it: two of `===` are an operator to it.
        let hit = starts.filter(|range| range.start <= found.start && found.start < range.end);
        let mut plain = hit.filter(|range| {
            let is_part = sign.len() == 1 && is_part_of_comparison(text, range);
            !is_part && !is_quoted.get(range.start).copied().unwrap_or_default()
        });
        if let Some(range) = plain.next() {
            return Some(error(message, range));
        }
    }
    open.map(|start| {
        let message =
            "this quote is not closed: a text begins and ends with the same quote, and `\\'` is one within it";
        error(message, start..start + 1)
    })
}

/// Whether a sign belongs to `==`, `!=`, `<=` or `>=`.
fn is_part_of_comparison(text: &str, range: &Range<usize>) -> bool {
    text[..range.start].ends_with(['=', '!', '<', '>']) || text[range.end..].starts_with('=')
}

/// Which bytes lie within quotes, and where one begins that is not closed.
fn quotes(text: &str) -> (Vec<bool>, Option<usize>) {
    let mut within = Vec::with_capacity(text.len());
    let mut open: Option<(usize, u8)> = None;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        within.push(open.is_some());
        match open {
            _ if is_escaped => is_escaped = false,
            Some(_) if byte == b'\\' => is_escaped = true,
            Some((_, quote)) if byte == quote => open = None,
            None if matches!(byte, b'\'' | b'"') => open = Some((at, byte)),
            _ => {}
        }
    }
    (within, open.map(|(at, _)| at))
}
