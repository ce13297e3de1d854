//! What can be said of a channel before it is tried, without asking anybody.

use jiff::{SignedDuration, Timestamp};

use crate::actions::letter::{self, Facts};
use crate::actions::sending::Sending;
use crate::config::{self, Config};
use crate::docspace::Account;
use crate::model::{Channel, Congratulate, Event, Person, UserType, Way};

/// An account that came to be so long before its activation was invited; who registers alone is active at once.
const AT_ONCE: SignedDuration = SignedDuration::from_mins(1);

/// Whom a congratulation is for, and how it is to be done.
pub struct Occasion<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The person's portal.
    pub portal: &'a config::Portal,
    /// What the rule asks for.
    pub params: &'a Congratulate,
    /// The activation.
    pub event: &'a Event,
    /// The person's row, if the ledger has one.
    pub person: Option<&'a Person>,
    /// The account as the portal has it now.
    pub account: &'a Account,
}

/// What is to be expected of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    /// It would be tried.
    Open,
    /// Not for this person: the next channel would be tried.
    Closed(String),
    /// Not as things are set up now: the next channel would be tried.
    Unavailable(String),
}

impl Prospect {
    /// What became of a channel that is not to be tried.
    pub(super) fn verdict(self) -> Option<Sending> {
        match self {
            Self::Open => None,
            Self::Closed(why) => Some(Sending::declined(why)),
            Self::Unavailable(why) => Some(Sending::Unavailable(why)),
        }
    }
}

impl Occasion<'_> {
    pub(super) fn facts(&self) -> Facts<'_> {
        let Self { portal, event, person, account, .. } = *self;
        Facts { portal, event, person, account: Some(account), link: None }
    }

    /// What is to be expected of a channel.
    #[must_use]
    pub fn prospect(&self, channel: Channel) -> Prospect {
        let unavailable = |what: &str| Prospect::Unavailable(what.to_owned());
        let params = self.params;
        match channel {
            Channel::SendCongratulations if params.key.is_none() => unavailable("the rule has no key"),
            Channel::Letter if !self.got_letter() => Prospect::Closed("this way of joining gets no letter".to_owned()),
            Channel::Smtp if self.config.smtp.is_none() => unavailable(letter::NO_MAILER),
            Channel::Smtp | Channel::Mention => match self.facts().address() {
                None => Prospect::Closed("no e-mail address of the person is known".to_owned()),
                Some(_) if channel == Channel::Mention && params.file.is_none() => {
                    unavailable("the rule names no file")
                }
                Some(address) if channel == Channel::Smtp && letter::is_kept_back(self.config, address) => {
                    Prospect::Closed(letter::RESERVED.to_owned())
                }
                Some(_) => Prospect::Open,
            },
            Channel::Room if params.room.is_none() => unavailable("the rule names no room"),
            Channel::Webhook => match &params.receiver {
                None => unavailable("the rule names no receiver"),
                Some(name) if !self.config.receivers.contains_key(name) => {
                    Prospect::Unavailable(format!("the configuration has no receiver '{name}' any more"))
                }
                Some(_) => Prospect::Open,
            },
            Channel::SendCongratulations | Channel::Letter | Channel::Room => Prospect::Open,
        }
    }

    /// Whether DocSpace has mailed its own welcome letter: it does to whoever registers by an invitation, a shared link
    /// or a room (`StudioNotifyService.cs`, UserInfoAddedAfterInviteAsync), and not to accounts of `POST /people`.
    ///
    /// Where the way was not seen, the account tells: guests come by rooms only, and an account that is clearly older
    /// than its activation was waiting for its invitation to be taken up. A sign-up by a third party or a trusted
    /// domain, which gets no letter, is active at once. An account made by an administrator of which no webhook told
    /// is taken for an invited one.
    fn got_letter(&self) -> bool {
        match self.person.and_then(|person| person.way) {
            Some(Way::Invited | Way::Link | Way::Room) => true,
            Some(Way::Created) => false,
            None if self.account.user_type == UserType::Guest => true,
            None => match (self.account.registered_at, self.activated_at()) {
                (Some(registered), Some(activated)) => activated.duration_since(registered) > AT_ONCE,
                _ => false,
            },
        }
    }

    /// When the account became active: as told, else when we learnt of it.
    pub(super) fn activated_at(&self) -> Option<Timestamp> {
        let told = self.event.occurred_at.as_ref().and_then(|text| text.parse().ok());
        told.or_else(|| self.person.and_then(|person| person.activated_at))
    }
}
