//! The calls that change whether an account is enabled, and its type.

use serde_json::json;

use super::account::{Account, account};
use super::answer::{misshapen, needed, unknown};
use super::call::{self, Call};
use super::client::Client;
use super::error::Error;
use super::wire;
use crate::model::UserType;

/// `EmployeeStatus` of the server, by number, as its description has it in paths.
const ACTIVE: &str = "1";
const TERMINATED: &str = "2";

impl Client {
    /// Enable an account, or disable it: nobody can sign in to it then, and it stays in its groups and rooms. Somebody
    /// invited who never registered is pending again once enabled: look at the status of the answer. No letter is
    /// mailed; `user.updated` is published, also where nothing has changed (`UserController.cs`).
    ///
    /// `None`: the server answered success without this account, so that it is as it was.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 403 for oneself, the owner of the portal, somebody from LDAP, an
    /// administrator where the key is not the owner's, and an id that the portal does not know; with 402 where no seat
    /// is free to enable somebody. An id that is no GUID is not sent and counts as unknown: 404.
    pub async fn set_status(&self, user_id: &str, active: bool) -> Result<Option<Account>, Error> {
        let status = if active { ACTIVE } else { TERMINATED };
        self.change_one(call::SET_STATUS, ["people", "status", status], user_id).await
    }

    /// Give an account another type. The server mails whoever is named, changed or not, and publishes `user.updated`.
    /// It raises a type and makes an administrator a room administrator; whom it does not want to lower it answers
    /// with the type as it was: look at the type of the answer (`UserManagerWrapper.cs`).
    ///
    /// `None`: the server answered success without this account, which is unknown to it or disabled.
    ///
    /// # Errors
    /// Any of [`Error`]; [`Error::Refused`] with 403 where the key's owner may not give this type, with 402 where no
    /// paid seat is free. After [`Error::Uncertain`] the letter may have been sent. An id that is no GUID is not sent
    /// and counts as unknown: 404.
    pub async fn set_type(&self, user_id: &str, user_type: UserType) -> Result<Option<Account>, Error> {
        self.change_one(call::SET_TYPE, ["people", "type", user_type.as_str()], user_id).await
    }

    /// One of the calls that take a list of people and answer those they were about.
    async fn change_one(&self, call: Call, path: [&str; 3], user_id: &str) -> Result<Option<Account>, Error> {
        let user = wire::guid(user_id).ok_or_else(|| unknown(call))?;
        let request = self.request(call, &path).json(&json!({"userIds": [user]}));
        let response = needed(call, self.send(call, request).await?)?;
        let rows = response.as_array().ok_or_else(|| misshapen(call))?;
        let accounts = rows.iter().map(|row| account(call, row)).collect::<Result<Vec<Account>, Error>>()?;
        Ok(accounts.into_iter().find(|account| account.id == user))
    }
}
