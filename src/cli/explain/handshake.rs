//! A request that is answered before anything is stored.

use serde::Serialize;

use crate::auth::{Mask, Reject};
use crate::cli::output::{Failure, Out};
use crate::connector::Reply;

/// How much of an answer's body is shown, in characters.
const SHOWN: usize = 200;

/// A handshake and what it is answered.
#[derive(Serialize)]
pub(super) struct Shaken {
    pub(super) status: u16,
    /// Those that the connector sets.
    pub(super) headers: Vec<(String, String)>,
    /// Shortened.
    pub(super) body: String,
    /// Whether the request has to be signed.
    pub(super) is_verified: bool,
    /// Whether that is why it is refused.
    #[serde(skip)]
    pub(super) is_refused: bool,
    /// Whether the platform tells the source its secret with it.
    pub(super) tells_secret: bool,
}

impl Shaken {
    pub(super) fn of(reply: &Reply<'_>, reject: Option<Reject>, mask: &Mask) -> Self {
        let text = |bytes: &[u8]| mask.text(&String::from_utf8_lossy(bytes));
        let headers = reply.answer.headers.iter();
        let body = text(&reply.answer.body);
        let is_verified = reply.handshake.is_verified;
        Self {
            status: reply.answer.status.as_u16(),
            headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
            body: match body.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("{}...", &body[..end]),
                None => body,
            },
            is_verified,
            is_refused: is_verified && reject.is_some(),
            tells_secret: reply.secret.is_some(),
        }
    }

    /// In one line.
    pub(super) fn sentence(&self) -> String {
        if self.is_refused {
            return "a handshake of the connector, which has to be signed: answered 401".to_owned();
        }
        format!("a handshake of the connector: answered {}, and neither stored nor mapped", self.status)
    }

    pub(super) fn tell(&self, out: &mut Out) -> Result<(), Failure> {
        out.line(format!("handshake {}", self.sentence()))?;
        if self.is_refused {
            return Ok(());
        }
        for (name, value) in &self.headers {
            out.line(format!("            {name}: {value}"))?;
        }
        if !self.body.is_empty() {
            out.line(format!("            body: {}", self.body))?;
        }
        if self.tells_secret {
            out.line("            with it the platform tells the source's secret, which is kept (not shown here)")?;
        }
        Ok(())
    }
}
