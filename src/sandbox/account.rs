//! One account, and the three shapes in which the server shows it.
//!
//! `EmployeeDto` is the short one without e-mail, `EmployeeFullDto` the one of the people calls without `isActive`,
//! `UserInfo` the internal record of `/portal/users` and of webhooks.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::employee::{ACTIVATED, EmployeeType};
use super::groups::Group;
use super::wire::{api_time, html_encoded, ticks, whole_seconds};

/// An account of the portal.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    /// Unique; made from the e-mail address.
    pub(super) user_name: String,
    /// Never `All`.
    pub(super) kind: EmployeeType,
    pub(super) is_owner: bool,
    /// `EmployeeStatus`.
    pub(super) status: u8,
    /// `EmployeeActivationStatus`.
    pub(super) activation: u8,
    pub(super) culture: Option<String>,
    pub(super) location: Option<String>,
    pub(super) notes: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) created_by: Option<Uuid>,
    pub(super) modified_at: Timestamp,
    pub(super) terminated_at: Option<Timestamp>,
}

impl Account {
    /// Whether the address was confirmed.
    pub(super) fn is_active(&self) -> bool {
        self.activation & ACTIVATED != 0
    }

    /// The name shown; somebody without a name is shown by the address. Encoded for HTML, as the server sends it.
    pub(super) fn display_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" => html_encoded(&self.email),
            name => html_encoded(name),
        }
    }

    /// `EmployeeDto`.
    pub(super) fn employee(&self) -> Value {
        Value::Object(self.employee_members())
    }

    fn employee_members(&self) -> Map<String, Value> {
        let photo = |size: &str| format!("/static/images/default_user_photo_size_{size}.png");
        members(json!({
            "id": self.id.to_string(),
            "displayName": self.display_name(),
            "avatar": photo("82-82"),
            "avatarOriginal": photo("200-200"),
            "avatarMax": photo("200-200"),
            "avatarMedium": photo("48-48"),
            "avatarSmall": photo("32-32"),
            "profileUrl": format!("/accounts/people/filter?search={}", self.id),
            "hasAvatar": false,
            "isAnonim": false,
        }))
    }

    /// `EmployeeFullDto`; `creator` is the account named by `created_by`, while it exists.
    pub(super) fn employee_full(&self, creator: Option<&Self>, groups: &[&Group]) -> Value {
        let department: Vec<_> = groups.iter().map(|group| html_encoded(&group.name)).collect();
        let groups = (!groups.is_empty()).then(|| groups.iter().map(|group| group.summary()).collect::<Vec<_>>());
        let mut full = self.employee_members();
        full.extend(members(json!({
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userName": self.user_name,
            "email": self.email,
            "status": self.status,
            // The people calls hide the "auto generated" bit; webhooks show it.
            "activationStatus": self.activation & !4,
            "terminated": self.terminated_at.map(api_time),
            "department": department.join(", "),
            "groups": groups,
            "location": self.location,
            "notes": self.notes,
            "isAdmin": self.kind == EmployeeType::DocSpaceAdmin && !self.is_owner,
            "isRoomAdmin": self.kind == EmployeeType::RoomAdmin,
            "isLDAP": false,
            "isOwner": self.is_owner,
            "isVisitor": self.kind == EmployeeType::Guest,
            "isCollaborator": self.kind == EmployeeType::User,
            "cultureName": self.culture,
            "mobilePhoneActivationStatus": 0,
            "isSSO": false,
            "quotaLimit": 0,
            "usedSpace": 0,
            "isCustomQuota": false,
            "createdBy": creator.map(Self::employee),
            "registrationDate": api_time(self.created_at),
            "hasPersonalFolder": false,
            "tfaAppEnabled": false,
        })));
        full.retain(|_, member| !member.is_null());
        Value::Object(full)
    }

    /// `UserInfo` as `GET /portal/users/{guid}` answers it: dates without a zone.
    pub(super) fn user_info(&self) -> Value {
        let mut record = self.record("");
        record.retain(|_, member| !member.is_null());
        Value::Object(record)
    }

    /// `UserInfo` as webhooks carry it: dates in UTC, defaults left out.
    pub(super) fn payload(&self) -> Value {
        super::dotnet::without_defaults(Value::Object(self.record("Z")))
    }

    fn record(&self, zone: &str) -> Map<String, Value> {
        members(json!({
            "id": self.id.to_string(),
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userName": self.user_name,
            "status": self.status,
            "activationStatus": self.activation,
            "terminatedDate": self.terminated_at.map(|at| whole_seconds(at) + zone),
            "email": self.email,
            "location": self.location,
            "notes": self.notes,
            "removed": false,
            "lastModified": ticks(self.modified_at) + zone,
            "tenantId": 1,
            "isActive": self.is_active(),
            "cultureName": self.culture,
            "mobilePhoneActivationStatus": 0,
            "ldapQouta": 0,
            "createDate": whole_seconds(self.created_at) + zone,
            "createdBy": self.created_by.map(|id| id.to_string()),
            "spam": false,
            "checkActivation": !self.is_active(),
        }))
    }
}

/// The members of an object; nothing for any other value.
fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
