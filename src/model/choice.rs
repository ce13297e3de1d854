//! The choices that a rule offers.

use serde::{Deserialize, Serialize};

/// How an account comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `POST /people` with names, then the invitation call, as the published flow does.
    #[default]
    Create,
    /// `POST /people/invite` alone: no names, DocSpace's own welcome letter on registration.
    Invite,
    /// A shared invitation link, mailed by our own SMTP: the account comes to be when the person registers.
    Link,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Create, Self::Invite, Self::Link];

    /// The word in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Invite => "invite",
            Self::Link => "link",
        }
    }
}

/// What becomes of a hire whose address has an account already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existing {
    /// Done: the account stays as it is.
    Keep,
    /// Done after the rule's groups and rooms were added to the account.
    Extend,
    /// Wait for a person to decide.
    Held,
}

impl Existing {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Keep, Self::Extend, Self::Held];

    /// The word in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Extend => "extend",
            Self::Held => "held",
        }
    }
}

/// The choice for each state that an account may be found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnExisting {
    /// Disabled.
    pub terminated: Existing,
    /// A guest, whatever its activation.
    pub guest: Existing,
    /// Not yet activated.
    pub pending: Existing,
    /// Active.
    pub active: Existing,
}

impl Default for OnExisting {
    fn default() -> Self {
        Self { terminated: Existing::Held, guest: Existing::Keep, pending: Existing::Keep, active: Existing::Keep }
    }
}

/// A way to congratulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// `POST /portal/sendcongratulations`, as published.
    SendCongratulations,
    /// DocSpace's own welcome letter, where the person's way of joining got one.
    Letter,
    /// A mail of our own.
    Smtp,
    /// A mention at a welcome document.
    Mention,
    /// Sharing a welcome room, with notice.
    Room,
    /// A signed POST to a receiver of ours, such as a chat.
    Webhook,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 6] =
        [Self::SendCongratulations, Self::Letter, Self::Smtp, Self::Mention, Self::Room, Self::Webhook];

    /// The word in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendCongratulations => "sendcongratulations",
            Self::Letter => "letter",
            Self::Smtp => "smtp",
            Self::Mention => "mention",
            Self::Room => "room",
            Self::Webhook => "webhook",
        }
    }

    /// What it means that the channel accepted, in one sentence.
    #[must_use]
    pub fn guarantee(self) -> &'static str {
        match self {
            Self::SendCongratulations => {
                "The portal has accepted the call; it only logs a mail that fails, and a real server accepts no key that \
                 an API caller can have."
            }
            Self::Letter => {
                "DocSpace mails its own welcome letter to whoever registers by an invitation or a shared link; we send \
                 nothing, and do not learn whether it arrived."
            }
            Self::Smtp => "The mail server has taken the letter; a letter sent again has the same Message-ID.",
            Self::Mention => {
                "DocSpace has accepted the call, which is no proof of a mail: the person's own settings may be against \
                 it, and no more than 200 characters are mailed."
            }
            Self::Room => {
                "DocSpace has let the person into the room and mails so to somebody who is new there; who was a member \
                 already gets no mail."
            }
            Self::Webhook => "The receiver has answered 2xx; a message sent again has the same webhook-id.",
        }
    }
}

/// Who is congratulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// Everybody whose account becomes active, however it came to be.
    #[default]
    EveryoneNew,
    /// Only those whom we created or invited.
    Onboarded,
}

impl Whom {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::EveryoneNew, Self::Onboarded];

    /// The word in configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EveryoneNew => "everyone-new",
            Self::Onboarded => "onboarded",
        }
    }
}
