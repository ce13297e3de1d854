//! The calls about accounts.

use serde_json::json;

use super::account::{Account, account};
use super::address::reserved_address;
use super::answer::{known, needed, unknown};
use super::call::{self, Call};
use super::client::Client;
use super::error::Error;
use super::page::{Page, paging};
use super::wire;
use crate::model::UserType;

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// E-mail address.
    pub email: String,
    /// First name; the server wants one.
    pub first_name: String,
    /// Last name; may be empty.
    pub last_name: String,
    /// Type; always sent, since the server would make a paid room administrator without it.
    pub user_type: UserType,
    /// Language of its pages and letters, such as `de`; `None`: the portal's own.
    pub culture: Option<String>,
}

/// Which accounts to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeopleQuery {
    /// Flags: 1 active, 2 terminated, 4 pending; `None`: any.
    pub status: Option<u8>,
    /// 0 not activated, 1 activated, 2 pending; `None`: any.
    pub activation_status: Option<u8>,
    /// Only those that the owner of the key has invited.
    pub invited_by_me: bool,
    /// How many to leave out at the beginning.
    pub start: u32,
    /// How many to list, 1 to 100.
    pub count: u32,
}

impl Client {
    /// The account of an e-mail address, pending and terminated ones too; `None` if there is none. Addresses are
    /// sent in lower case here and below: whether the server minds the case depends on its database.
    ///
    /// # Errors
    /// Any of [`Error`]. An empty 404 is [`Error::Paused`]: the portal itself is gone.
    pub async fn find_by_email(&self, email: &str) -> Result<Option<Account>, Error> {
        self.may_send(call::FIND, email)?;
        let request = self.request(call::FIND, &["people", "email"]).query(&[("email", email.to_lowercase())]);
        let found = known(self.send(call::FIND, request).await)?;
        found.map(|response| account(call::FIND, &response)).transpose()
    }

    /// The account of this id; `None` if there is none.
    ///
    /// # Errors
    /// As [`Client::find_by_email`].
    pub async fn account(&self, user_id: &str) -> Result<Option<Account>, Error> {
        // The server would take anything else for a user name.
        let Some(id) = wire::guid(user_id) else {
            return Ok(None);
        };
        let found = known(self.send(call::ACCOUNT, self.request(call::ACCOUNT, &["people", &id])).await)?;
        found.map(|response| account(call::ACCOUNT, &response)).transpose()
    }

    /// The account that the key belongs to. Kept after the first success.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Scope`] where the key has no right to its own account.
    pub async fn owner(&self) -> Result<Account, Error> {
        let owner = self.shared.owner.get_or_try_init(|| async {
            let response = self.send(call::OWNER, self.request(call::OWNER, &["people", "@self"])).await?;
            account(call::OWNER, &needed(call::OWNER, response)?)
        });
        owner.await.cloned()
    }

    /// Make an account. The server mails the activation letter by itself. Where no paid seat is left it makes a
    /// plain `User` without a word: look at the type of the answer.
    ///
    /// # Errors
    /// Any of [`Error`]. A 400 may mean that the address has an account.
    pub async fn create(&self, new: &NewAccount) -> Result<Account, Error> {
        self.may_send(call::CREATE, &new.email)?;
        let body = wire::Member {
            email: &new.email.to_lowercase(),
            first_name: &new.first_name,
            last_name: &new.last_name,
            kind: new.user_type.as_str(),
            culture_name: new.culture.as_deref(),
        };
        let response = self.send(call::CREATE, self.request(call::CREATE, &["people"]).json(&body)).await?;
        account(call::CREATE, &needed(call::CREATE, response)?)
    }

    /// Invite one address, with a letter in this language, such as `de`, or in the portal's own. Success is not proof: servers before 3.7 skip an invitation they do not like without a
    /// word. For an address with an account nothing is mailed.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn invite(&self, email: &str, user_type: UserType, culture: Option<&str>) -> Result<(), Error> {
        self.may_send(call::INVITE, email)?;
        let body = wire::Invitations {
            invitations: [wire::Invitation { email: &email.to_lowercase(), kind: user_type.as_str() }],
            culture,
        };
        self.send(call::INVITE, self.request(call::INVITE, &["people", "invite"]).json(&body)).await?;
        Ok(())
    }

    /// Mail the invitation again. The server leaves out whoever is active or terminated without a word. Only for
    /// accounts that came to be by [`Client::invite`]: the link leads nobody in whom [`Client::create`] made
    /// (`InvitationValidator.cs`).
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Limited`] after 5 of them in a quarter of an hour. An id that is no GUID is not
    /// sent and counts as unknown: [`Error::Refused`] with 404.
    pub async fn resend_invitation(&self, user_id: &str) -> Result<(), Error> {
        let call = call::RESEND;
        let user = wire::guid(user_id).ok_or_else(|| unknown(call))?;
        let body = json!({"userIds": [user], "resendAll": false});
        self.send(call, self.request(call, &["people", "invite"]).json(&body)).await?;
        Ok(())
    }

    /// A part of the list of accounts, by address: no two have the same, while the server's own order leaves open
    /// who stands in which part of those with one first name (`DbUserService.cs`).
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 403 where the owner of the key is a plain user.
    pub async fn people(&self, query: &PeopleQuery) -> Result<Page<Account>, Error> {
        let flags = [("employeeStatus", query.status), ("activationStatus", query.activation_status)];
        let flags: Vec<(&str, u8)> = flags.into_iter().filter_map(|(name, flag)| Some((name, flag?))).collect();
        let mine = query.invited_by_me.then_some(("invitedByMe", true));
        let request = self.request(call::PEOPLE, &["people", "filter"]);
        let request = request.query(&flags).query(mine.as_slice()).query(&[("sortBy", "email")]);
        let request = request.query(&paging(query.start, query.count));
        self.page(call::PEOPLE, request, query.start, |row| account(call::PEOPLE, row)).await
    }

    /// Nobody's address goes to a real portal by way of a fixture or a try-out.
    pub(super) fn may_send(&self, call: Call, email: &str) -> Result<(), Error> {
        if reserved_address(email) && !self.is_sandbox() {
            return Err(Error::Reserved { call: call.name });
        }
        Ok(())
    }

    /// Ask whether the portal takes the key again; a key without the right to its own account counts as taken. A
    /// success ends the pause, a failure puts the next probe off by a minute.
    ///
    /// # Errors
    /// The portal is still out of reach or refuses us.
    pub async fn probe(&self) -> Result<(), Error> {
        self.shared.pause.probing(self.shared.clock.now());
        match self.send(call::OWNER, self.request(call::OWNER, &["people", "@self"])).await {
            Ok(_) | Err(Error::Scope { .. } | Error::Refused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
