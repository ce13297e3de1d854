//! Every way in which a call can fail, and what follows from it.

use std::net::IpAddr;
use std::time::Duration;

use super::asked::Asked;

/// Why there is no answer. The texts say what happened and what to do; they hold no secret, no path, no query and nothing
/// of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Our own limit of calls is used up.
    #[error("{at} was not asked: as many calls as sources.{}.fetch.per_minute allows are under way; it is asked later", .at.source)]
    Limited {
        /// Who would have been asked.
        at: Asked,
        /// How long to wait at least.
        after: Duration,
    },
    /// The call leads out of the base: nothing was sent.
    #[error(
        "{at} was not asked: the path that the connector makes is not one below sources.{}.fetch.base. Mend path and query under [fetch] of the connector",
        .at.source
    )]
    Astray {
        /// Who would have been asked.
        at: Asked,
    },
    /// The name of the host cannot be looked up.
    #[error("the name {} cannot be looked up ({cause}). {}", .at.looked_up(), .at.check("the name service of this machine"))]
    Unresolved {
        /// Who was to be asked.
        at: Asked,
        /// What the system says.
        cause: String,
    },
    /// The host has a private address, which nobody has allowed: nothing was sent.
    #[error(
        "{at} was not asked: its address {address} is not one of the public internet. If that is meant, list the host under sources.{}.fetch.allow",
        .at.source
    )]
    Private {
        /// Who was to be asked.
        at: Asked,
        /// One of its addresses.
        address: IpAddr,
    },
    /// No connection.
    #[error("no connection to {at}{} ({cause}). {}", .at.way(), .at.check("that this machine may reach it"))]
    Unreachable {
        /// Who was to be asked.
        at: Asked,
        /// What the system says.
        cause: String,
    },
    /// No whole answer in time.
    #[error("{at} did not answer in full{} within {} s; it is asked again later", .at.way(), .limit.as_secs_f32())]
    Slow {
        /// Who was asked.
        at: Asked,
        /// The time it had.
        limit: Duration,
    },
    /// The connection broke before the answer was complete.
    #[error("the connection to {at}{} broke before its answer was complete ({cause}); it is asked again later", .at.way())]
    Broken {
        /// Who was asked.
        at: Asked,
        /// What the system says.
        cause: String,
    },
    /// It asks us to come later.
    #[error("{at} puts us off with status {status}{}", waiting(*.after))]
    Busy {
        /// Who was asked.
        at: Asked,
        /// 429, or 503 with a time to wait.
        status: u16,
        /// How long to wait at least.
        after: Duration,
    },
    /// It fails.
    #[error("{at} fails with status {status}; it is asked again later")]
    Failing {
        /// Who was asked.
        at: Asked,
        /// 408, or from 500 on.
        status: u16,
    },
    /// It sends us elsewhere. Redirects are never followed: the credentials are for one host.
    #[error(
        "{at} redirects (status {status}), which is not followed. Write the address it moved to under sources.{}.fetch",
        .at.source
    )]
    Redirected {
        /// Who was asked.
        at: Asked,
        /// 300 to 399.
        status: u16,
    },
    /// It does not take the credentials, or they may not read this.
    #[error("{at} refuses us with status {status}. {}", refusal(*.status, &.at.source))]
    Refused {
        /// Who was asked.
        at: Asked,
        /// 401 or 403.
        status: u16,
    },
    /// It does not know what was asked for.
    #[error("{at} does not know what it was asked for (status {status}). It may be too new or deleted, or the path wrong: look at sources.{}.fetch.base", .at.source)]
    Missing {
        /// Who was asked.
        at: Asked,
        /// 404 or 410.
        status: u16,
    },
    /// It does not understand the call.
    #[error(
        "{at} does not take the call (status {status}). Look at [fetch] of the connector, and at what the platform asks of a call"
    )]
    Rejected {
        /// Who was asked.
        at: Asked,
        /// Any other status.
        status: u16,
    },
    /// The answer is too long.
    #[error("the answer of {at} is longer than {limit} bytes. Ask for fewer fields under [fetch] of the connector")]
    TooLarge {
        /// Who was asked.
        at: Asked,
        /// The longest that is read.
        limit: usize,
    },
    /// The answer is no JSON.
    #[error("{at} answers with success, but {why}. Check sources.{}.fetch.base", .at.source)]
    NotJson {
        /// Who was asked.
        at: Asked,
        /// What is wrong with the answer.
        why: &'static str,
    },
    /// The token address refuses the client.
    #[error(
        "{at} gives no token: status {status}{}. Check client_id, client_secret, scope and token_url of sources.{}.fetch.oauth2",
        coded(*.code),
        .at.source
    )]
    TokenRefused {
        /// Who was asked for a token.
        at: Asked,
        /// Any other than 2xx, 3xx, 429 and 5xx.
        status: u16,
        /// The reason, if it is one of those in RFC 6749, section 5.2.
        code: Option<&'static str>,
    },
    /// The token address answers with success, but not with a token.
    #[error("{at} answers with success, but {why}. Check token_url of sources.{}.fetch.oauth2", .at.source)]
    NoToken {
        /// Who was asked for a token.
        at: Asked,
        /// What is wrong with the answer.
        why: &'static str,
    },
}

impl FetchError {
    /// Whether waiting helps: the platform is out of reach or busy, or our own limit is used up. It uses up no attempt.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Limited { .. }
                | Self::Unresolved { .. }
                | Self::Unreachable { .. }
                | Self::Slow { .. }
                | Self::Broken { .. }
                | Self::Busy { .. }
                | Self::Failing { .. }
        )
    }

    /// How long to wait at least, as the platform or our own limit wants it.
    #[must_use]
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Limited { after, .. } | Self::Busy { after, .. } => Some(*after),
            _ => None,
        }
    }

    /// Whether somebody has to change something first: credentials, an address, the connector. Asking again does not help.
    #[must_use]
    pub fn needs_somebody(&self) -> bool {
        matches!(
            self,
            Self::Astray { .. }
                | Self::Private { .. }
                | Self::Redirected { .. }
                | Self::Refused { .. }
                | Self::TokenRefused { .. }
        )
    }

    /// Whether the platform, or whoever gives tokens for it, does not take what it was shown.
    #[must_use]
    pub fn is_about_credentials(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::TokenRefused { .. })
    }

    /// One word for metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Limited { .. } => "limited",
            Self::Astray { .. } => "astray",
            Self::Unresolved { .. } => "unresolved",
            Self::Private { .. } => "private",
            Self::Unreachable { .. } => "unreachable",
            Self::Slow { .. } => "slow",
            Self::Broken { .. } => "broken",
            Self::Busy { .. } => "busy",
            Self::Failing { .. } => "failing",
            Self::Redirected { .. } => "redirected",
            Self::Refused { .. } => "refused",
            Self::Missing { .. } => "missing",
            Self::Rejected { .. } => "rejected",
            Self::TooLarge { .. } => "too_large",
            Self::NotJson { .. } => "not_json",
            Self::TokenRefused { .. } => "token_refused",
            Self::NoToken { .. } => "no_token",
        }
    }
}

fn waiting(after: Duration) -> String {
    if after.is_zero() {
        "; it is asked again later".to_owned()
    } else {
        format!("; it is asked again in {} s", after.as_secs())
    }
}

fn refusal(status: u16, source: &str) -> String {
    match status {
        401 => format!("Check that the credentials under sources.{source}.fetch are right and have not expired"),
        _ => format!("The credentials under sources.{source}.fetch may not read this; let the platform permit it"),
    }
}

fn coded(code: Option<&'static str>) -> String {
    code.map_or_else(String::new, |code| format!(" ({code})"))
}
