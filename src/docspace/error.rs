//! What can go wrong with a call, in the classes callers branch on.

use std::fmt;
use std::time::Duration;

use super::call::CONGRATULATE;

/// A call without a usable answer. Its texts name the call without ids, addresses and query, and are fit for logs.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request never left: safe to repeat.
    #[error("{0}")]
    Unsent(Trouble),
    /// The request left, but no valid answer came: a time-out, a reset, a 5xx other than 503, or something that is
    /// not DocSpace's envelope. It may have taken effect.
    #[error("{0}")]
    Uncertain(Trouble),
    /// 429 or 503: not now.
    #[error("{call} was put off by the portal with status {status}{}", waiting(*after))]
    Busy {
        /// Method and path.
        call: &'static str,
        /// 429 or 503.
        status: u16,
        /// Wait at least so long. For 429 always present: without `Retry-After` it is the window of the limit, a
        /// minute, or a quarter of an hour for the calls that the server allows seldom.
        after: Option<Duration>,
    },
    /// The portal has sent all the mail invitations it may in 24 hours: nobody was invited.
    #[error("{call} was put off by the portal: it has sent all the invitations by mail that it may send in 24 hours")]
    MailLimit {
        /// Method and path.
        call: &'static str,
        /// Ask again then. The server does not tell when the first one is free again.
        after: Duration,
    },
    /// Not sent: the limits kept on our side leave no room for it now.
    #[error("{call} was not sent yet: the limit of such calls is used up for the next {} s", after.as_secs())]
    Limited {
        /// Method and path.
        call: &'static str,
        /// There is room again then.
        after: Duration,
    },
    /// 401, empty 402 or empty 404, or an empty 403 of a portal that is being restored: it refuses us as a whole.
    #[error("{call} was answered with status {status}: {}", portal_reason(*status))]
    Paused {
        /// Method and path.
        call: &'static str,
        /// 401, 402, 403 or 404.
        status: u16,
    },
    /// Empty 403: the key lacks a scope.
    #[error(
        "{call} was answered with an empty 403: the API key lacks the scope {needed}. Give the key this scope, or \
         make a new key with it, in the portal under Developer Tools, API keys"
    )]
    Scope {
        /// Method and path.
        call: &'static str,
        /// The narrowest scope that suffices, such as `accounts:write`.
        needed: String,
    },
    /// Not sent, on purpose: an address reserved for examples and tests belongs into a sandbox.
    #[error(
        "{call} was not sent: the address lies in a domain reserved for examples and tests, and the portal is no sandbox"
    )]
    Reserved {
        /// Method and path.
        call: &'static str,
    },
    /// Any other refusal: the server understood the request and did not do it.
    #[error("{call} was refused by the portal with status {status}{}", refusal_hint(call, *status, *validation))]
    Refused {
        /// Method and path.
        call: &'static str,
        /// The HTTP status, 400 to 499.
        status: u16,
        /// The request did not pass the server's validation of its members.
        validation: bool,
        /// The server's words, in the language of the key's owner. May hold an e-mail address: not for logs.
        message: String,
    },
}

/// The debug text is the display text: a refusal's message must not reach a log through `{:?}`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Error {
    /// The display text and, for a refusal, the server's words with e-mail addresses taken out.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Refused { message, .. } if !message.is_empty() => {
                format!("{self}: {}", scrub(message))
            }
            _ => self.to_string(),
        }
    }

    /// Whether the other side is out of reach as a whole, so that waiting helps and uses up no attempt.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        !matches!(self, Self::Scope { .. } | Self::Refused { .. } | Self::Reserved { .. })
    }

    /// How long to wait at least, as the other side asked or our own limits want it.
    #[must_use]
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Busy { after, .. } => *after,
            Self::MailLimit { after, .. } | Self::Limited { after, .. } => Some(*after),
            _ => None,
        }
    }

    /// The HTTP status of the answer, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unsent(trouble) | Self::Uncertain(trouble) => trouble.status,
            Self::Busy { status, .. } | Self::Paused { status, .. } | Self::Refused { status, .. } => Some(*status),
            Self::Scope { .. } => Some(403),
            Self::MailLimit { .. } => Some(400),
            Self::Reserved { .. } | Self::Limited { .. } => None,
        }
    }
}

/// A call that got no valid answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call} {why}")]
pub struct Trouble {
    /// Method and path.
    pub call: &'static str,
    /// The HTTP status, if an answer came at all.
    pub status: Option<u16>,
    /// The rest of the sentence: what happened and what to do.
    pub why: String,
}

fn waiting(after: Option<Duration>) -> String {
    after.map_or_else(
        || "; it is tried again later".to_owned(),
        |after| format!("; it asks to wait {} s", after.as_secs()),
    )
}

/// Why the portal as a whole refuses us, and what to do.
pub(super) fn portal_reason(status: u16) -> &'static str {
    match status {
        401 => {
            "the portal does not accept the API key. Check that [docspace] api_key is right (it begins with sk-), \
             active and not expired, and that its owner is active"
        }
        402 => "the portal is not paid for. Its owner has to renew the subscription",
        403 => "the portal is being restored or moved. Wait until that is over",
        404 => "there is no portal at this address, or it is suspended. Check [docspace] url",
        _ => "the portal refuses every call",
    }
}

fn refusal_hint(call: &str, status: u16, validation: bool) -> &'static str {
    match (status, validation) {
        (_, true) => " (a member of the request is not valid)",
        (402, _) => " (the quota of the subscription is used up)",
        // It goes without the API key: what does not pass is its own.
        (403, _) if call == CONGRATULATE.name => " (the key of the congratulation does not pass)",
        (403, _) => " (the owner of the API key may not do this)",
        (404, _) => " (not found)",
        _ => "",
    }
}

/// Longest part of a server's message that is passed on, in characters.
const MESSAGE_LIMIT: usize = 300;

/// The text on one line, with every word that holds an `@` replaced.
pub(super) fn scrub(message: &str) -> String {
    let words: Vec<&str> =
        message.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let words: Vec<&str> = words.into_iter().map(|word| if word.contains('@') { "[address]" } else { word }).collect();
    words.join(" ").chars().take(MESSAGE_LIMIT).collect()
}
