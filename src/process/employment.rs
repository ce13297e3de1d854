//! What an `employee.*` event says of the employment: who has left, and whether a hire is news of somebody who has.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ledger::Ledger;
use crate::model::{Event, EventKind, Person, PersonId, Timestamp};
use crate::schedule;

/// What a hire means for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hire {
    /// Nothing is known of an end.
    News,
    /// It begins after the last day: hired again.
    Again,
    /// The person has left, and nothing shows that this hire is a later one: perhaps an old message.
    Doubtful,
}

impl Hire {
    /// What `event` means for `person` as the ledger knew them before it.
    pub(super) fn of(person: Option<&Person>, event: &Event) -> Self {
        let Some(last_day) = person.and_then(last_day) else { return Self::News };
        let told = event.starts_on.as_ref().or(event.occurred_at.as_ref());
        match told.and_then(|text| schedule::date(text)) {
            Some(first_day) if first_day > last_day => Self::Again,
            _ => Self::Doubtful,
        }
    }

    /// Why work that follows from it has to wait for a person.
    pub(super) fn hold(self) -> Option<String> {
        (self == Self::Doubtful).then(|| {
            "HR has told that this person leaves or has left, and nothing shows that this hire comes after that: perhaps \
             it is an old message. If the person was hired again, release this job; else cancel it"
                .to_owned()
        })
    }
}

/// The last day of somebody whose employment ends or has ended.
fn last_day(person: &Person) -> Option<Date> {
    let left_at = person.left_at?;
    let told = person.ends_on.as_ref().and_then(|text| schedule::date(text));
    Some(told.unwrap_or_else(|| left_at.to_zoned(TimeZone::UTC).date()))
}

/// Note on the person what the event says of the employment.
pub(super) fn note(ledger: &mut Ledger, id: PersonId, event: &Event, hire: Hire, now: Timestamp) {
    let Some(person) = ledger.edit(id) else { return };
    match event.kind {
        EventKind::EmployeeHired if hire != Hire::Doubtful => {
            person.left_at = None;
            person.ends_on = None;
            if event.starts_on.is_some() {
                person.starts_on.clone_from(&event.starts_on);
            }
        }
        EventKind::EmployeeUpdated if event.starts_on.is_some() && person.left_at.is_none() => {
            person.starts_on.clone_from(&event.starts_on);
        }
        EventKind::EmployeeTerminated | EventKind::EmployeeRescinded => {
            person.left_at = person.left_at.or(Some(now));
            if event.ends_on.is_some() {
                person.ends_on.clone_from(&event.ends_on);
            }
        }
        _ => {}
    }
}
