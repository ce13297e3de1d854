//! What marks one delivery among others: the time of its sending, and its id.

use http::HeaderMap;
use jiff::Timestamp;

use super::leaves::{Leaf, Step};

/// Last words of headers that hold the time of sending.
const TIMES: [&str; 7] = ["time", "sent", "at", "ts", "date", "created", "issued"];
/// Headers of HTTP with a time that is none of the webhook's.
const NONE_OF_IT: [&str; 5] = ["date", "age", "expires", "last-modified", "retry-after"];
/// Ends of headers that hold the id of a delivery.
const IDS: [&str; 6] = ["-delivery", "-delivery-id", "-event-id", "-message-id", "-msg-id", "-notification-id"];
/// Members of a body that hold it.
const MEMBERS: [&str; 5] = ["eventid", "deliveryid", "messageid", "notificationid", "webhookeventid"];
/// Members that may have such an id as their `id`.
const OWNERS: [&str; 4] = ["event", "delivery", "message", "notification"];

/// The place of the time of sending in a header of its own, and its unit.
pub(super) fn stamp(headers: &HeaderMap) -> Option<(String, &'static str)> {
    let rank = |name: &str| {
        let last = name.rsplit('-').next().unwrap_or_default();
        match name {
            _ if NONE_OF_IT.contains(&name) => None,
            _ if name.contains("timestamp") => Some(0),
            _ if name.contains("request-time") => Some(1),
            _ => TIMES.iter().position(|time| *time == last).map(|at| at + 2),
        }
    };
    let found = headers.iter().filter_map(|(name, value)| {
        let unit = unit(value.to_str().ok()?, name.as_str().contains("timestamp"))?;
        Some((rank(name.as_str())?, name, unit))
    });
    found.min_by_key(|(rank, ..)| *rank).map(|(_, name, unit)| (format!("header:{name}"), unit))
}

/// The unit of a time; of a number that is not called one, by how many digits it has.
fn unit(text: &str, is_called_so: bool) -> Option<&'static str> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        13 if is_number => Some("ms"),
        10 if is_number => Some("s"),
        _ if is_number => is_called_so.then_some("s"),
        _ => text.parse::<Timestamp>().ok().map(|_| "rfc3339"),
    }
}

/// The place of what is likely to be the id of the delivery.
pub(super) fn delivery(connector: &str, headers: &HeaderMap, leaves: &[Leaf<'_>]) -> Option<String> {
    let own = [format!("x-{connector}-id"), format!("x-{connector}-request-id"), format!("{connector}-id")];
    let is_id = |name: &str| {
        name == "webhook-id" || own.iter().any(|own| own == name) || IDS.iter().any(|end| name.ends_with(end))
    };
    if let Some((name, _)) = headers.iter().find(|(name, value)| is_id(name.as_str()) && !value.is_empty()) {
        return Some(format!("header:{name}"));
    }
    let is_member = |leaf: &&Leaf<'_>| {
        let is_owned = || leaf.above.last().is_some_and(|owner| OWNERS.contains(&owner.as_str()));
        // A word, or a small number, is what happened: the same in every delivery of its kind.
        let is_coined = |text: &str| text.len() > 3 && text.bytes().any(|byte| byte.is_ascii_digit());
        let is_sound = leaf.value.as_u64().is_some_and(|number| number >= 1000) || is_coined(leaf.text());
        is_sound && leaf.path.len() <= 3 && (MEMBERS.contains(&leaf.name.as_str()) || (leaf.name == "id" && is_owned()))
    };
    leaves.iter().filter(is_member).find_map(|leaf| pointer(&leaf.path))
}

/// A place as `[auth]` names it; `None` for one of a list.
fn pointer(path: &[Step]) -> Option<String> {
    let mut pointer = String::from("json:");
    for step in path {
        match step {
            Step::Key(key) => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Step::Item(_) | Step::Labelled(..) => return None,
        }
    }
    Some(pointer)
}
