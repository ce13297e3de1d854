//! What messages have said of work that waits for its day. The latest word on each field counts, also when an earlier
//! message is processed once more.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::model::{Event, EventKind};

/// Where an event was told, in the order of acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Number of the delivery.
    pub delivery: i64,
    /// Number of the event table.
    pub table: usize,
    /// Number of the item.
    pub item: usize,
}

impl Place {
    /// Before all others.
    const FIRST: Self = Self { delivery: 0, table: 0, item: 0 };
    /// After all others: what is in no delivery is new.
    pub const LATEST: Self = Self { delivery: i64::MAX, table: 0, item: 0 };
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    #[serde(flatten)]
    place: Place,
    event: Event,
}

/// What was said of one piece of work, message by message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    kind: EventKind,
    messages: Vec<Message>,
}

/// Messages kept apart; of more, those after the first are put together.
const MOST: usize = 16;

impl Told {
    /// The beginning: this event asks for the work.
    pub(super) fn first(place: Place, event: &Event) -> Self {
        Self { kind: event.kind, messages: vec![Message { place, event: event.clone() }] }
    }

    /// As the payload of the work has it.
    pub(super) fn of(payload: &Json) -> Option<Self> {
        let event = serde_json::from_value::<Event>(payload.get("event")?.clone()).ok()?;
        let kind = event.kind;
        let messages = payload.get("told").and_then(|told| serde_json::from_value::<Vec<Message>>(told.clone()).ok());
        let messages = messages.filter(|messages| !messages.is_empty());
        Some(Self { kind, messages: messages.unwrap_or_else(|| vec![Message { place: Place::FIRST, event }]) })
    }

    /// For the payload.
    pub(super) fn json(&self) -> Json {
        serde_json::json!(self.messages)
    }

    /// The kind of event that asks for the work.
    pub(super) fn kind(&self) -> EventKind {
        self.kind
    }

    /// With one more message, or with another reading of one that is there.
    pub(super) fn with(mut self, place: Place, event: &Event) -> Self {
        let message = Message { place, event: event.clone() };
        let number = self.messages.partition_point(|other| other.place < place);
        match self.messages.get_mut(number) {
            Some(other) if other.place == place => *other = message,
            _ => self.messages.insert(number, message),
        }
        if self.messages.len() > MOST {
            let before = self.messages.remove(1);
            if let Some(next) = self.messages.get_mut(1) {
                next.event = overlaid(before.event, &next.event);
            }
        }
        self
    }

    /// Whether nothing was told after `place`.
    pub(super) fn is_latest(&self, place: Place) -> bool {
        self.messages.iter().all(|message| message.place <= place)
    }

    /// All of it as one event.
    pub(super) fn event(&self) -> Event {
        let said = self.messages.iter().map(|message| message.event.clone());
        let event = said.reduce(|before, later| overlaid(before, &later));
        Event { kind: self.kind, ..event.unwrap_or_else(|| Event::new(self.kind)) }
    }
}

/// `before` with every field that `later` has: what a message leaves out stays as it was.
fn overlaid(before: Event, later: &Event) -> Event {
    let either = |later: &Option<String>, before: Option<String>| later.clone().or(before);
    Event {
        kind: before.kind,
        employee_id: either(&later.employee_id, before.employee_id),
        email: either(&later.email, before.email),
        first_name: either(&later.first_name, before.first_name),
        last_name: either(&later.last_name, before.last_name),
        starts_on: either(&later.starts_on, before.starts_on),
        ends_on: either(&later.ends_on, before.ends_on),
        department: either(&later.department, before.department),
        title: either(&later.title, before.title),
        employment_type: either(&later.employment_type, before.employment_type),
        manager: either(&later.manager, before.manager),
        location: either(&later.location, before.location),
        match_id: either(&later.match_id, before.match_id),
        user_id: either(&later.user_id, before.user_id),
        status: later.status.or(before.status),
        activation_status: later.activation_status.or(before.activation_status),
        occurred_at: either(&later.occurred_at, before.occurred_at),
    }
}
