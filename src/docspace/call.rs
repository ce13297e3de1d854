//! The table of calls: method, name for messages, what the key needs for it, and which limits it falls under.

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
    /// The server allows few of it in a quarter of an hour, for each path (`RateLimiterSettings.cs`).
    pub(super) sensitive: bool,
    /// It sends a mail each time, and nothing tells afterwards whether it did: it gets a connection of its own.
    pub(super) once: bool,
    /// Servers before 3.7 do not have it: an empty 404 need not mean that the portal is gone.
    pub(super) recent: bool,
}

impl Call {
    /// Method of the call, as the name has it.
    pub(super) fn verb(self) -> &'static str {
        self.name.split_once(' ').map_or("GET", |(verb, _)| verb)
    }

    /// Method of the call.
    pub(super) fn method(self) -> Method {
        match self.verb() {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "DELETE" => Method::DELETE,
            _ => Method::GET,
        }
    }

    /// Whether the server counts it among the writes, of which fewer may be on at one time: all but GET.
    pub(super) fn is_write(self) -> bool {
        self.verb() != "GET"
    }

    /// Whether the server counts it towards the writes of a day: POST and PUT.
    pub(super) fn counts_for_the_day(self) -> bool {
        matches!(self.verb(), "POST" | "PUT")
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
    Call { name, access, sensitive: false, once: false, recent: false }
}

const fn scoped(name: &'static str, scope: &'static str) -> Call {
    call(name, Access::Scope(scope))
}

/// A call that mails, and that the server allows seldom.
const fn mailing(name: &'static str, scope: &'static str) -> Call {
    Call { sensitive: true, once: true, ..scoped(name, scope) }
}

const fn recent(name: &'static str, scope: &'static str) -> Call {
    Call { recent: true, ..scoped(name, scope) }
}

pub(super) const FIND: Call = scoped("GET /people/email", "accounts:read");
pub(super) const ACCOUNT: Call = scoped("GET /people/{id}", "accounts:read");
pub(super) const PEOPLE: Call = scoped("GET /people/filter", "accounts:read");
pub(super) const OWNER: Call = scoped("GET /people/@self", "accounts.self:read");
pub(super) const CREATE: Call = scoped("POST /people", "accounts:write");
pub(super) const INVITE: Call = scoped("POST /people/invite", "accounts:write");
pub(super) const RESEND: Call = mailing("PUT /people/invite", "accounts:write");
pub(super) const SET_STATUS: Call = scoped("PUT /people/status/{status}", "accounts:write");
/// Whoever is named gets a letter, changed or not.
pub(super) const SET_TYPE: Call = Call { once: true, ..scoped("PUT /people/type/{type}", "accounts:write") };
pub(super) const GROUPS: Call = scoped("GET /group", "accounts:read");
pub(super) const JOIN_GROUP: Call = scoped("PUT /group/{id}/members", "accounts:write");
pub(super) const LEAVE_GROUP: Call = scoped("DELETE /group/{id}/members", "accounts:write");
pub(super) const ROOM_MEMBERS: Call = scoped("GET /files/rooms/{id}/share", "rooms:read");
pub(super) const SHARE_ROOM: Call = Call { once: true, ..scoped("PUT /files/rooms/{id}/share", "rooms:write") };
pub(super) const RESEND_ROOM: Call = mailing("POST /files/rooms/{id}/resend", "rooms:write");
pub(super) const MENTION: Call = mailing("POST /files/file/{id}/sendeditornotify", "files:write");
pub(super) const OLD_LINK: Call = scoped("GET /portal/users/invite/{type}", "*:read");
pub(super) const LINK: Call = recent("GET /portal/users/invitationlink/{type}", "*:read");
pub(super) const NEW_LINK: Call = recent("POST /portal/users/invitationlink", "*:write");
pub(super) const CONGRATULATE: Call = call("POST /portal/sendcongratulations", Access::Anonymous);
pub(super) const KEY: Call = call("GET /keys/@self", Access::AnyKey);
/// The settings without the key: with one, a scope that it lacks would be in the way.
pub(super) const STANDING: Call = call("GET /settings", Access::Anonymous);
pub(super) const SETTINGS: Call = call("GET /settings", Access::Optional("*:read"));
pub(super) const VERSION: Call = call("GET /settings/version/build", Access::Optional("*:read"));
pub(super) const INVITATIONS: Call = scoped("GET /settings/invitationsettings", "*:read");
pub(super) const WEBHOOKS: Call = scoped("GET /settings/webhook", "*:read");
pub(super) const NEW_WEBHOOK: Call = scoped("POST /settings/webhook", "*:write");
pub(super) const CHANGE_WEBHOOK: Call = scoped("PUT /settings/webhook", "*:write");
pub(super) const REMOVE_WEBHOOK: Call = scoped("DELETE /settings/webhook/{id}", "*:write");
pub(super) const WEBHOOK_LOG: Call = scoped("GET /settings/webhooks/log", "*:read");
