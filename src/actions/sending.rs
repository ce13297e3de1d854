//! What became of a try to send something, whichever way it went.

use std::time::Duration;

use crate::docspace::Error as PortalError;
use crate::mail::MailError;
use crate::receiver::ReceiverError;

/// What became of a try. `why` is fit for logs; `words` may hold the other side's, and with them a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sending {
    /// It was accepted; what to add to that, if anything.
    Accepted(Option<&'static str>),
    /// Definitely refused for this person, and not worth another try like this.
    Refused { why: String, words: String },
    /// Nothing was asked: the way is not there as things are set up now.
    Unavailable(String),
    /// Definitely not sent; worth another try later, for which the other side may ask to wait.
    NotSent { why: String, after: Option<Duration> },
    /// It may have been sent or not.
    Uncertain { why: String, words: String },
}

impl Sending {
    /// Refused by ourselves: nothing was asked.
    pub(super) fn declined(why: impl Into<String>) -> Self {
        let why = why.into();
        Self::Refused { words: why.clone(), why }
    }

    pub(super) fn of_portal(result: Result<(), PortalError>) -> Self {
        let Err(error) = result else { return Self::Accepted(None) };
        let (why, words, after) = (error.to_string(), error.summary(), error.after());
        match error {
            PortalError::Refused { .. } | PortalError::Reserved { .. } => Self::Refused { why, words },
            PortalError::Scope { .. } => Self::Unavailable(why),
            PortalError::Unsent(_)
            | PortalError::Busy { .. }
            | PortalError::Paused { .. }
            | PortalError::MailLimit { .. }
            | PortalError::Limited { .. } => Self::NotSent { why, after },
            PortalError::Uncertain(_) => Self::Uncertain { why, words },
        }
    }

    /// A mail server that wants another login is out of reach until the configuration is mended: then it goes on by
    /// itself.
    pub(super) fn of_mail(result: Result<(), MailError>) -> Self {
        let Err(error) = result else { return Self::Accepted(None) };
        let words = error.to_string();
        match error {
            MailError::Unsent(_)
            | MailError::Busy { .. }
            | MailError::Login(_)
            // The server wants a login, or TLS before it (RFC 4954, 6).
            | MailError::Refused { code: 530 | 538, .. } => Self::NotSent { why: words, after: None },
            MailError::Refused { code, .. } => {
                Self::Refused { why: format!("the mail server refused the letter or its recipient with {code}"), words }
            }
            MailError::Unfit(why) => Self::declined(why),
            MailError::Uncertain(why) => Self::Uncertain { why, words },
        }
    }

    pub(super) fn of_receiver(result: Result<(), ReceiverError>) -> Self {
        let Err(error) = result else { return Self::Accepted(None) };
        let why = error.to_string();
        match error {
            ReceiverError::Unsent(_) => Self::NotSent { why, after: None },
            ReceiverError::Busy { after, .. } => Self::NotSent { why, after },
            ReceiverError::Refused { .. } => Self::declined(why),
            ReceiverError::Uncertain(_) => Self::Uncertain { words: why.clone(), why },
        }
    }
}
