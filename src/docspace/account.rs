//! An account, as answers show it.

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{lacking, misshapen};
use super::call::Call;
use super::error::Error;
use super::groups::{Group, group};
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
    /// Whether it owns the portal. Nobody may disable the owner.
    pub is_owner: bool,
    /// The groups it is in, those of the server itself left out; a disabled account is in its groups still.
    pub groups: Vec<Group>,
    /// GUID of the account that made this one, lower case.
    pub created_by: Option<String>,
    /// When the account came to be.
    pub registered_at: Option<Timestamp>,
    /// Language of its pages and letters, such as `de` or `pt-BR`; `None` where the server does not show it.
    pub culture: Option<String>,
}

impl Account {
    /// Whether the e-mail address was confirmed (`activationStatus` has bit 1).
    #[must_use]
    pub fn is_activated(&self) -> bool {
        self.activation_status & 1 == 1
    }

    /// Whether it administers the portal, as the owner or as a `DocSpaceAdmin`. Only the owner may disable such an
    /// account (`UserController.cs`).
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.is_owner || self.user_type == UserType::DocSpaceAdmin
    }

    /// Whether it is a room administrator: no administrator of the portal, but rooms may be its own.
    #[must_use]
    pub fn is_room_admin(&self) -> bool {
        self.user_type == UserType::RoomAdmin
    }
}

/// The account of an `EmployeeFullDto`.
pub(super) fn account(call: Call, response: &Value) -> Result<Account, Error> {
    if response.is_null() {
        return Err(lacking(call, "response"));
    }
    let employee: wire::Employee = wire::read(response).ok_or_else(|| misshapen(call))?;
    let id = employee.id.as_deref().and_then(wire::guid).ok_or_else(|| lacking(call, "id"))?;
    let groups = employee.groups.iter().flatten().map(|row| group(call, row)).collect::<Result<_, Error>>()?;
    Ok(Account {
        id,
        user_type: user_type(&employee)
            .ok_or_else(|| lacking(call, "isAdmin, isRoomAdmin, isCollaborator or isVisitor"))?,
        is_owner: employee.is_owner == Some(true),
        groups,
        status: employee.status.ok_or_else(|| lacking(call, "status"))?,
        activation_status: employee.activation_status.ok_or_else(|| lacking(call, "activationStatus"))?,
        created_by: employee.created_by.as_ref().and_then(wire::creator),
        registered_at: employee.registration_date.as_deref().and_then(wire::moment),
        culture: employee.culture_name.filter(|name| !name.is_empty()),
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
