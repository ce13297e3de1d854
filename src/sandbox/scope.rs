//! Which scopes of a key suffice for which call (`AuthorizationExtension.cs`, `ApiKeyScopesFilter.cs`).

use http::Method;

/// Calls that ask for no login. `path` is without the API's prefix.
pub(super) fn is_anonymous(method: &Method, path: &str) -> bool {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    match path {
        "/portal/sendcongratulations" => method == Method::POST,
        "/settings" | "/settings/version/build" => is_read,
        _ => false,
    }
}

/// The scopes that open a part of the API beside the global ones; the longer address stands first.
const AREAS: [(&str, &str); 5] = [
    ("/people/@self", "accounts.self"),
    ("/people", "accounts"),
    ("/group", "accounts"),
    ("/files/rooms", "rooms"),
    ("/files", "files"),
];

/// Whether these scopes cover the call. No scope at all, or `*`, is every scope.
///
/// On the real server three people calls skip this check; a client that relies on that is better told here.
pub(super) fn covers(permissions: &[String], method: &Method, path: &str) -> bool {
    let has = |scope: &str| permissions.iter().any(|permission| permission == scope);
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    if permissions.is_empty() || has("*") || (is_read && path == "/keys/@self") {
        return true;
    }
    let opens = |area: &str| has(&format!("{area}:write")) || (is_read && has(&format!("{area}:read")));
    let lies_in = |part: &str| path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    opens("*") || AREAS.iter().find(|(part, _)| lies_in(part)).is_some_and(|(_, area)| opens(area))
}
