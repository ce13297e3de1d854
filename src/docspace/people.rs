//! The calls about accounts.

use jiff::Timestamp;
use serde_json::Value;

use super::address::reserved_address;
use super::answer::uncertain;
use super::call::{self, Call};
use super::client::Client;
use super::error::Error;
use super::wire;
use crate::model::UserType;

/// An account, as the People API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// GUID, lower case.
    pub id: String,
    /// E-mail address, lower case; empty where the server does not show it.
    pub email: String,
    /// Name for display, HTML-encoded by the server; the address for somebody invited without a name.
    pub display_name: String,
    /// First name; empty before an invited person has registered.
    pub first_name: String,
    /// Last name; empty before an invited person has registered.
    pub last_name: String,
    /// 1 active, 2 terminated, 4 pending. Others are passed on as they come.
    pub status: i64,
    /// Flags: 1 activated, 2 pending.
    pub activation_status: i64,
    /// Read from the flags; the owner of the portal counts as `DocSpaceAdmin`.
    pub user_type: UserType,
    /// GUID of the account that made this one, lower case.
    pub created_by: Option<String>,
    /// When the account came to be.
    pub registered_at: Option<Timestamp>,
}

impl Account {
    /// Whether the e-mail address was confirmed (`activationStatus` has bit 1).
    #[must_use]
    pub fn is_activated(&self) -> bool {
        self.activation_status & 1 == 1
    }
}

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
        found.map(|response| account(call::FIND, response)).transpose()
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
        found.map(|response| account(call::ACCOUNT, response)).transpose()
    }

    /// The account that the key belongs to. Kept after the first success.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Scope`] where the key has no right to its own account.
    pub async fn owner(&self) -> Result<Account, Error> {
        let owner = self.shared.owner.get_or_try_init(|| async {
            let response = self.send(call::OWNER, self.request(call::OWNER, &["people", "@self"])).await?;
            account(call::OWNER, needed(call::OWNER, response)?)
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
        };
        let response = self.send(call::CREATE, self.request(call::CREATE, &["people"]).json(&body)).await?;
        account(call::CREATE, needed(call::CREATE, response)?)
    }

    /// Invite one address. Success is not proof: servers before 3.7 skip an invitation they do not like without a
    /// word. For an address with an account nothing is mailed.
    ///
    /// # Errors
    /// Any of [`Error`].
    pub async fn invite(&self, email: &str, user_type: UserType) -> Result<(), Error> {
        self.may_send(call::INVITE, email)?;
        let body = wire::Invitations {
            invitations: [wire::Invitation { email: &email.to_lowercase(), kind: user_type.as_str() }],
        };
        self.send(call::INVITE, self.request(call::INVITE, &["people", "invite"]).json(&body)).await?;
        Ok(())
    }

    /// Nobody's address goes to a real portal by way of a fixture or a try-out.
    fn may_send(&self, call: Call, email: &str) -> Result<(), Error> {
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

/// A look-up: `None` if the server knows no such thing.
pub(super) fn known(result: Result<Option<Value>, Error>) -> Result<Option<Value>, Error> {
    match result {
        Err(Error::Refused { status: 404, .. }) => Ok(None),
        // A success without `response` is no answer to a look-up.
        Ok(response) => Ok(Some(response.unwrap_or(Value::Null))),
        Err(error) => Err(error),
    }
}

pub(super) fn needed(call: Call, response: Option<Value>) -> Result<Value, Error> {
    response.ok_or_else(|| lacking(call, "response"))
}

/// A success that lacks what it has to hold.
pub(super) fn lacking(call: Call, member: &str) -> Error {
    uncertain(call, Some(200), format!("was answered with success, but without the member {member}"))
}

/// A member has another type than DocSpace gives it. The cause is left out: it quotes the value.
pub(super) fn misshapen(call: Call) -> Error {
    uncertain(call, Some(200), "was answered with success, but not in the shape of this call".to_owned())
}

fn account(call: Call, response: Value) -> Result<Account, Error> {
    if response.is_null() {
        return Err(lacking(call, "response"));
    }
    let employee: wire::Employee = serde_json::from_value(response).map_err(|_| misshapen(call))?;
    let id = employee.id.as_deref().and_then(wire::guid).ok_or_else(|| lacking(call, "id"))?;
    Ok(Account {
        id,
        user_type: user_type(&employee)
            .ok_or_else(|| lacking(call, "isAdmin, isRoomAdmin, isCollaborator or isVisitor"))?,
        status: employee.status.ok_or_else(|| lacking(call, "status"))?,
        activation_status: employee.activation_status.ok_or_else(|| lacking(call, "activationStatus"))?,
        created_by: employee.created_by.as_ref().and_then(wire::creator),
        registered_at: employee.registration_date.as_deref().and_then(wire::moment),
        email: employee.email.unwrap_or_default().to_lowercase(),
        display_name: employee.display_name.unwrap_or_default(),
        first_name: employee.first_name.unwrap_or_default(),
        last_name: employee.last_name.unwrap_or_default(),
    })
}

/// The type from the flags; `None` when the answer has none of them. No flag set means a room administrator: for
/// the server that is whoever stands in no system group (`UserExtensions.cs`).
fn user_type(employee: &wire::Employee) -> Option<UserType> {
    let flags = [
        (employee.is_owner, UserType::DocSpaceAdmin),
        (employee.is_admin, UserType::DocSpaceAdmin),
        (employee.is_visitor, UserType::Guest),
        (employee.is_collaborator, UserType::User),
        (employee.is_room_admin, UserType::RoomAdmin),
    ];
    if flags.iter().all(|(flag, _)| flag.is_none()) {
        return None;
    }
    Some(flags.into_iter().find(|(flag, _)| *flag == Some(true)).map_or(UserType::RoomAdmin, |(_, kind)| kind))
}
