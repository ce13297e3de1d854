//! Invitation links that anyone may use.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::{misshapen, needed};
use super::call::{self, Call};
use super::client::Client;
use super::error::Error;
use super::wire;
use crate::model::UserType;

/// Life of a link of the obsolete call (`email:validinterval` of the server's configuration).
const OLD_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An invitation link that anyone may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLink {
    /// Where to register.
    pub url: String,
    /// When it ends; `None`: never, or the server does not tell.
    pub expires_at: Option<Timestamp>,
}

impl Client {
    /// A link for people to register by themselves as this type: the one the portal has for the type, or else a new
    /// one. Servers before 3.7 and guests get the link of the obsolete call, which lives 7 days; so does whoever has a
    /// link that is used up, since the server makes no second one beside it. `None`: the owner of the key may not
    /// have one.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 402 where no paid seat is free.
    pub async fn shared_link(&self, user_type: UserType) -> Result<Option<SharedLink>, Error> {
        let asked = if user_type == UserType::Guest { Ok(Link::Obsolete) } else { self.recent_link(user_type).await };
        let result = match asked {
            Ok(Link::Usable(link)) => return Ok(Some(link)),
            Ok(Link::Obsolete) => self.invitation_link(user_type).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(link) => {
                let expires_at = self.shared.clock.now().checked_add(OLD_LIFE).ok();
                Ok(link.map(|url| SharedLink { url, expires_at }))
            }
            Err(Error::Refused { status: 403, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The link of the obsolete call, which anyone may use for 7 days. `None`: the owner of the key may not have one,
    /// which the server says with an empty text.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn invitation_link(&self, user_type: UserType) -> Result<Option<String>, Error> {
        let call = call::OLD_LINK;
        let request = self.request(call, &["portal", "users", "invite", user_type.as_str()]);
        match needed(call, self.send(call, request).await?)? {
            Value::String(link) => Ok(Some(link).filter(|link| !link.trim().is_empty())),
            _ => Err(misshapen(call)),
        }
    }

    /// The link of the calls that came with 3.7.
    async fn recent_link(&self, user_type: UserType) -> Result<Link, Error> {
        let kind = user_type.as_str();
        let request = self.request(call::LINK, &["portal", "users", "invitationlink", kind]);
        match self.send(call::LINK, request).await {
            Ok(Some(response)) => {
                if let Link::Usable(link) = self.read_link(call::LINK, &response)? {
                    return Ok(Link::Usable(link));
                }
            }
            Ok(None) => {}
            Err(Error::Refused { status: 404 | 405, .. }) => return Ok(Link::Obsolete),
            Err(error) => return Err(error),
        }
        let request = self.request(call::NEW_LINK, &["portal", "users", "invitationlink"]);
        match self.send(call::NEW_LINK, request.json(&json!({"employeeType": kind}))).await {
            Ok(response) => self.read_link(call::NEW_LINK, &needed(call::NEW_LINK, response)?),
            Err(Error::Refused { status: 400 | 404 | 405, .. }) => Ok(Link::Obsolete),
            Err(error) => Err(error),
        }
    }

    fn read_link(&self, call: Call, response: &Value) -> Result<Link, Error> {
        let link: wire::Link = wire::read(response).ok_or_else(|| misshapen(call))?;
        let expires_at = match link.expiration.as_deref() {
            None => None,
            Some(text) => Some(wire::moment(text).ok_or_else(|| misshapen(call))?),
        };
        let expired = link.is_expired.unwrap_or_else(|| expires_at.is_some_and(|end| end <= self.shared.clock.now()));
        let used_up = link.max_use_count.is_some_and(|most| link.current_use_count.unwrap_or(0) >= most);
        match link.url.filter(|url| !url.trim().is_empty()) {
            Some(url) if !expired && !used_up => Ok(Link::Usable(SharedLink { url, expires_at })),
            _ => Ok(Link::Obsolete),
        }
    }
}

/// What the calls that came with 3.7 give.
enum Link {
    Usable(SharedLink),
    /// Nothing that can be used: the obsolete call has to help.
    Obsolete,
}
