//! Where the server is known to depart from its published description, and what the description leaves out.

use crate::description::Complaint;

/// One departure.
struct Departure {
    /// Methods and paths, as the description has them.
    calls: &'static [&'static str],
    /// Place of the complaint; `*` stands for one segment.
    place: &'static str,
    /// A part of what is wrong there.
    what: &'static str,
    /// Where it is known from.
    reason: &'static str,
}

const KNOWN: &[Departure] = &[
    Departure {
        calls: &["GET /api/2.0/portal/users/{userID}"],
        place: "answer body 200 /response/*",
        what: "is not a \"date-time\"",
        reason: "times of this record have no offset (UserInfo.cs)",
    },
    Departure {
        calls: &["GET /api/2.0/settings/webhook"],
        place: "answer body 200 /response/*/configs/*",
        what: "is not a \"date-time\"",
        reason: WEBHOOK_TIMES,
    },
    Departure {
        calls: &[
            "POST /api/2.0/settings/webhook",
            "PUT /api/2.0/settings/webhook",
            "PUT /api/2.0/settings/webhook/enable",
            "DELETE /api/2.0/settings/webhook/{id}",
        ],
        place: "answer body 200 /response/*",
        what: "is not a \"date-time\"",
        reason: WEBHOOK_TIMES,
    },
    Departure {
        calls: &[
            "GET /api/2.0/files/rooms/{id}/share",
            "GET /api/2.0/group",
            "GET /api/2.0/people",
            "GET /api/2.0/people/filter",
            "GET /api/2.0/people/simple/filter",
            "GET /api/2.0/settings/webhooks/log",
        ],
        place: "answer body 200",
        what: "\"total\" is not one of",
        reason: "parts of a list tell the length of the whole (CommonApiResponse.cs)",
    },
    Departure {
        calls: &[
            "GET /api/2.0/files/rooms/{id}/share",
            "PUT /api/2.0/files/rooms/{id}/share",
            "POST /api/2.0/files/rooms/{id}/resend",
        ],
        place: "status 404",
        what: "is not described",
        reason: "a room that is not there is told as everything that is not (ResponseWrapper.cs)",
    },
    Departure {
        calls: &["GET /api/2.0/portal/users/invitationlink/{employeeType}"],
        place: "status 402",
        what: "is not described",
        reason: "a link for a paid type needs a free seat (PortalController.cs)",
    },
    Departure {
        calls: &["PUT /api/2.0/people/status/{status}", "PUT /api/2.0/people/type/{type}"],
        place: "status 402",
        what: "is not described",
        reason: "whoever is enabled or gets a paid type needs a free seat (UserController.cs)",
    },
    Departure {
        calls: &["GET /api/2.0/settings/webhooks/log"],
        place: "query groupStatus",
        what: "29 is not one of",
        reason: "it is a sum of flags, of which the description knows single ones (WebhookGroupStatus.cs)",
    },
];

const WEBHOOK_TIMES: &str = "they are plain times as those of UserInfo.cs, and taken to have no offset either";

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
    let known = KNOWN.iter().find(|known| {
        known.calls.contains(&complaint.call.as_str())
            && fits(known.place, &complaint.place)
            && complaint.what.contains(known.what)
    });
    lacking.map(|(_, reason)| *reason).or(known.map(|known| known.reason))
}

fn fits(pattern: &str, place: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), place.split('/').collect());
    wanted.len() == given.len() && wanted.iter().zip(given).all(|(wanted, given)| *wanted == "*" || *wanted == given)
}

#[test]
fn nothing_but_a_known_departure_is_forgiven() {
    let known = Complaint {
        call: "GET /api/2.0/portal/users/{userID}".to_owned(),
        place: "answer body 200 /response/createDate".to_owned(),
        what: "\"2026-08-03T08:00:00\" is not a \"date-time\"".to_owned(),
    };
    assert!(reason(&known).is_some());
    let others = [
        Complaint { call: "GET /api/2.0/people/{userid}".to_owned(), ..known.clone() },
        Complaint { place: "answer body 200 /response".to_owned(), ..known.clone() },
        Complaint { place: "answer body 200 /response/createdBy/id".to_owned(), ..known.clone() },
        Complaint { what: "5 is not of type \"string\"".to_owned(), ..known.clone() },
        Complaint { call: "GET /api/2.0/people/lists".to_owned(), place: "path".to_owned(), ..known },
    ];
    for other in others {
        assert_eq!(reason(&other), None, "{other}");
    }
}
