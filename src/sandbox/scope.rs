//! Which scopes of a key suffice for which call.

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

/// Whether these scopes cover the call. No scope at all, or `*`, is every scope.
///
/// On the real server three people calls skip this check; a client that relies on that is better told here.
pub(super) fn covers(permissions: &[String], method: &Method, path: &str) -> bool {
    let has = |scope: &str| permissions.iter().any(|permission| permission == scope);
    if permissions.is_empty() || has("*") || path == "/keys/@self" {
        return true;
    }
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let is_global = has("*:write") || (is_read && has("*:read"));
    let has_area = |area: &str| has(&format!("{area}:write")) || (is_read && has(&format!("{area}:read")));
    match path {
        "/people/@self" => is_global || has_area("accounts.self"),
        _ if is_in(path, "/people") || is_in(path, "/group") => is_global || has_area("accounts"),
        _ if is_in(path, "/files/rooms") => is_global || has_area("rooms"),
        _ if is_in(path, "/files") => is_global || has_area("files"),
        _ => is_global,
    }
}

/// Whether this is the path of `area`, or below it.
fn is_in(path: &str, area: &str) -> bool {
    path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
