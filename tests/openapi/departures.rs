//! Where the server is known to depart from its published description, and what the description leaves out.

use crate::description::Complaint;

/// One departure.
struct Departure {
    /// Method and path as the description has them; `*` for every call.
    call: &'static str,
    /// Place of the complaint; `*` stands for one segment.
    place: &'static str,
    /// A part of what is wrong there.
    what: &'static str,
    /// Where it is known from.
    reason: &'static str,
}

const KNOWN: &[Departure] = &[Departure {
    call: "GET /api/2.0/portal/users/{userID}",
    place: "answer body 200 /response/*",
    what: "is not a \"date-time\"",
    reason: "times of this record have no offset (UserInfo.cs)",
}];

/// Calls that the description may lack, with the reason.
pub(crate) const UNDESCRIBED: [(&str, &str); 2] = [
    ("GET /settings/version/build", "the server hides it from its description (VersionController.cs)"),
    ("GET /settings", "selections from the description leave it out"),
];

/// Why a complaint is none.
pub(crate) fn reason(complaint: &Complaint) -> Option<&'static str> {
    let lacking = UNDESCRIBED.iter().find(|(call, _)| {
        complaint.place == "path" && complaint.call == call.replacen(' ', &format!(" {}", crate::stage::API), 1)
    });
    let known = KNOWN
        .iter()
        .find(|known| (known.call == "*" || known.call == complaint.call) && fits(known.place, &complaint.place));
    lacking.map(|(_, reason)| *reason).or(known.map(|known| known.reason))
}

fn fits(pattern: &str, place: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), place.split('/').collect());
    wanted.len() == given.len() && wanted.iter().zip(given).all(|(wanted, given)| *wanted == "*" || *wanted == given)
}
