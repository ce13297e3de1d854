//! JSON bytes as .NET's serializer writes them, so that receivers which re-serialize before they verify fail here too.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// `value` on one line; everything outside ASCII and `" & ' + < > \`` as `\uXXXX` with upper-case digits.
///
/// # Errors
/// Never for a [`Value`]; the serializer's signature has one.
pub(super) fn to_bytes(value: &Value) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, DotNet))?;
    Ok(bytes)
}

/// `value` without the members that equal their type's default: null, 0, false and the empty GUID. Empty texts stay.
pub(super) fn without_defaults(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, member)| !is_default(member))
                .map(|(name, member)| (name, without_defaults(member)))
                .collect(),
        ),
        other => other,
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text == "00000000-0000-0000-0000-000000000000",
        Value::Array(_) | Value::Object(_) => false,
    }
}

struct DotNet;

impl DotNet {
    fn escape<W: ?Sized + Write>(writer: &mut W, unit: u16) -> io::Result<()> {
        write!(writer, "\\u{unit:04X}")
    }
}

impl Formatter for DotNet {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for sign in fragment.chars() {
            match sign {
                '&' | '\'' | '+' | '<' | '>' | '`' | '\u{7f}'.. => {
                    for unit in sign.encode_utf16(&mut [0; 2]) {
                        Self::escape(writer, *unit)?;
                    }
                }
                _ => write!(writer, "{sign}")?,
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => Self::escape(writer, 0x22),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(code) => Self::escape(writer, u16::from(code)),
        }
    }
}
