//! What a simulation says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::model::{Action, Channel, Event, EventKind, Person, Timestamp, UserType};

use super::Item;

/// What would become of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// An account is made, and DocSpace mails the activation letter.
    Create,
    /// DocSpace mails an invitation.
    Invite,
    /// A guest comes to be by being invited to a room.
    #[serde(rename = "invite to room")]
    Room,
    /// An invitation link is mailed by our own mail server.
    Link,
    /// The work is kept until its time.
    Plan,
    /// What was planned before is taken back.
    Unplan,
    /// The job waits for a person.
    Hold,
    /// Nothing is done: known, or done before.
    Skip,
    /// An account is brought to what the rules say.
    Move,
    /// An account is disabled.
    Disable,
    /// An account is enabled again.
    Enable,
    /// A congratulation is sent.
    Congratulate,
    /// The job gives up.
    Dead,
    /// No rule asks for anything.
    None,
}

impl Verdict {
    /// Every verdict, in the order of summaries.
    pub const ALL: [Self; 14] = [
        Self::Create,
        Self::Invite,
        Self::Room,
        Self::Link,
        Self::Plan,
        Self::Unplan,
        Self::Hold,
        Self::Skip,
        Self::Move,
        Self::Disable,
        Self::Enable,
        Self::Congratulate,
        Self::Dead,
        Self::None,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Invite => "invite",
            Self::Room => "invite to room",
            Self::Link => "link",
            Self::Plan => "plan",
            Self::Unplan => "unplan",
            Self::Hold => "hold",
            Self::Skip => "skip",
            Self::Move => "move",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Congratulate => "congratulate",
            Self::Dead => "dead",
            Self::None => "none",
        }
    }
}

/// What an action would do, as far as the rule says it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Details {
    /// Account type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub user_type: Option<UserType>,
    /// Groups, as the rule names them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<String>,
    /// Rooms, each with the right there: `12 (read)`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rooms: Vec<String>,
    /// Channels of a congratulation.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub via: Vec<Channel>,
}

impl Details {
    pub(super) fn of(action: &Action) -> Self {
        let rooms = |rooms: &[crate::model::RoomGrant]| {
            rooms.iter().map(|room| format!("{} ({})", room.id, room.access.as_str())).collect()
        };
        match action {
            Action::Onboard(wanted) => Self {
                user_type: Some(wanted.user_type),
                groups: wanted.groups.clone(),
                rooms: rooms(&wanted.rooms),
                via: Vec::new(),
            },
            Action::Update(wanted) => Self {
                user_type: wanted.user_type,
                groups: wanted.groups.clone().unwrap_or_default(),
                rooms: rooms(wanted.rooms.as_deref().unwrap_or_default()),
                via: Vec::new(),
            },
            Action::Congratulate(wanted) => Self { via: wanted.via.clone(), ..Self::default() },
            Action::Disable(_) | Action::Enable(_) => Self::default(),
        }
    }
}

impl std::fmt::Display for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |word: &str, list: &[String]| (!list.is_empty()).then(|| format!("{word} {}", list.join(", ")));
        let via: Vec<_> = self.via.iter().map(|channel| channel.as_str().to_owned()).collect();
        let parts = [
            self.user_type.map(|user_type| user_type.to_string()),
            list("groups", &self.groups),
            list("rooms", &self.rooms),
            list("via", &via),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

/// What would become of one person by one action. What is not known is left out of its JSON. Nothing in it depends on the
/// time of the simulation alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The address that it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// The person's id in the source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub employee_id: Option<String>,
    /// The person's DocSpace account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<String>,
    /// What would start it; absent where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<EventKind>,
    /// The source that tells of it.
    pub source: String,
    /// Where it stands, where it cannot be read: a file or a delivery.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<String>,
    /// Name of the portal.
    pub portal: String,
    /// The action; absent where no rule asks for one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<String>,
    /// What would become of it.
    pub verdict: Verdict,
    /// When, where it is planned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<Timestamp>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// What the rule asks for.
    #[serde(skip_serializing_if = "is_usual", default)]
    pub details: Details,
}

fn is_usual(details: &Details) -> bool {
    *details == Details::default()
}

impl Row {
    /// A row of nothing but the place.
    pub(super) fn new(item: &Item, verdict: Verdict) -> Self {
        Self {
            name: None,
            email: None,
            employee_id: None,
            user_id: None,
            event: None,
            source: item.source.clone(),
            place: None,
            portal: item.portal.clone(),
            action: None,
            verdict,
            due_at: None,
            why: None,
            details: Details::default(),
        }
    }

    /// The same about somebody: as the ledger has them after `event`, else as the event does.
    pub(super) fn about(mut self, event: &Event, person: Option<&Person>) -> Self {
        let told = |ours: fn(&Person) -> &Option<String>, theirs: &Option<String>| {
            person.and_then(|person| ours(person).clone()).or_else(|| theirs.clone())
        };
        let names = [told(|p| &p.first_name, &event.first_name), told(|p| &p.last_name, &event.last_name)];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.name = Some(name).filter(|name| !name.is_empty());
        self.email = told(|p| &p.email, &event.email);
        self.user_id = told(|p| &p.user_id, &event.user_id);
        let employees = person.map(|person| person.employees.as_slice()).unwrap_or_default();
        let known = employees.iter().find(|employee| employee.source == self.source);
        self.employee_id = event.employee_id.clone().or_else(|| known.map(|employee| employee.id.clone()));
        self.event = Some(event.kind);
        self
    }
}

/// How many rows of each verdict there are, in the order of [`Verdict::ALL`], those of none included.
#[must_use]
pub fn summary(rows: &[Row]) -> Map<String, Json> {
    let count = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    Verdict::ALL.into_iter().map(|verdict| (verdict.as_str().to_owned(), Json::from(count(verdict)))).collect()
}
