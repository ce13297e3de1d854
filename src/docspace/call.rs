//! The table of calls: method, name for messages, and what the key needs for it.

use reqwest::Method;

/// What a call asks of the API key. Source of the scopes: `AuthorizationExtension.cs` of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The key, with this scope or a wider one.
    Scope(&'static str),
    /// Any valid key.
    AnyKey,
    /// The key is sent and widens the answer, but a wrong one need not be noticed.
    Optional(&'static str),
    /// No key is sent.
    Anonymous,
}

/// One kind of call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Method and path below the API's base, for messages: without ids, addresses and query.
    pub(super) name: &'static str,
    pub(super) access: Access,
}

impl Call {
    /// Method of the call. All writes of the table are POST.
    pub(super) fn method(self) -> Method {
        if self.is_write() { Method::POST } else { Method::GET }
    }

    /// Whether the server counts it among the writes, which have the lower limit.
    pub(super) fn is_write(self) -> bool {
        !self.name.starts_with("GET ")
    }

    /// Whether the key is sent.
    pub(super) fn sends_key(self) -> bool {
        self.access != Access::Anonymous
    }

    /// Whether an answer other than 401 shows that the portal takes the key.
    pub(super) fn proves_key(self) -> bool {
        matches!(self.access, Access::Scope(_) | Access::AnyKey)
    }

    /// The scope whose lack the server answers with an empty 403; `None` where scopes play no part.
    pub(super) fn scope(self) -> Option<&'static str> {
        match self.access {
            Access::Scope(scope) | Access::Optional(scope) => Some(scope),
            Access::AnyKey | Access::Anonymous => None,
        }
    }
}

const fn call(name: &'static str, access: Access) -> Call {
    Call { name, access }
}

pub(super) const FIND: Call = call("GET /people/email", Access::Scope("accounts:read"));
pub(super) const ACCOUNT: Call = call("GET /people/{id}", Access::Scope("accounts:read"));
pub(super) const OWNER: Call = call("GET /people/@self", Access::Scope("accounts.self:read"));
pub(super) const CREATE: Call = call("POST /people", Access::Scope("accounts:write"));
pub(super) const INVITE: Call = call("POST /people/invite", Access::Scope("accounts:write"));
pub(super) const PORTAL_USER: Call = call("GET /portal/users/{id}", Access::Scope("*:read"));
pub(super) const LINK: Call = call("GET /portal/users/invite/{type}", Access::Scope("*:read"));
pub(super) const CONGRATULATE: Call = call("POST /portal/sendcongratulations", Access::Anonymous);
pub(super) const KEY: Call = call("GET /keys/@self", Access::AnyKey);
pub(super) const SETTINGS: Call = call("GET /settings", Access::Optional("*:read"));
pub(super) const VERSION: Call = call("GET /settings/version/build", Access::Optional("*:read"));
