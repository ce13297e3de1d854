//! A letter that a mail catcher took, read as MIME.

use mail_parser::{Message, MessageParser, PartType};
use serde::Serialize;

/// What a letter says beside its plain text, which is [`super::Mail::text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Address of the header `From`; the sender of the envelope where that cannot be read.
    pub from: String,
    /// Decoded; empty where there is none.
    pub subject: String,
    /// The HTML text, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Without its angle brackets; empty where there is none.
    pub message_id: String,
    /// The whole letter as it came, without the dots that SMTP doubles. Bytes that are no UTF-8 are replaced.
    pub raw: String,
}

impl Letter {
    /// Read a letter, and its plain text with the line ends it came with; what cannot be read is empty.
    pub(super) fn read(raw: &[u8], envelope_sender: &str) -> (Self, String) {
        let raw_text = String::from_utf8_lossy(raw).into_owned();
        let Some(message) = MessageParser::default().parse(raw) else {
            let from = envelope_sender.to_owned();
            let letter = Self { from, subject: String::new(), html: None, message_id: String::new(), raw: raw_text };
            return (letter, String::new());
        };
        let from = message.from().and_then(|from| from.first()).and_then(|from| from.address());
        let letter = Self {
            from: from.unwrap_or(envelope_sender).to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            html: html(&message),
            message_id: message.message_id().unwrap_or_default().to_owned(),
            raw: raw_text,
        };
        (letter, plain(&message).unwrap_or_default())
    }
}

/// The first plain part; the parser offers an HTML part for it where there is no other.
fn plain(message: &Message<'_>) -> Option<String> {
    message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        _ => None,
    })
}

fn html(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(text) => Some(text.to_string()),
        _ => None,
    })
}
