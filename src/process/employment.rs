//! What an `employee.*` event says of the employment: who has left, and whether a hire is news of somebody who has.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ledger::Ledger;
use crate::model::{Event, Person, PersonId, Timestamp};
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
        let Some(person) = person else { return Self::News };
        let Some(last_day) = last_day(person) else { return Self::News };
        let date = |text: &Option<String>| text.as_ref().and_then(|text| schedule::date(text));
        let first_day = date(&event.starts_on);
        // The first day of the employment that ended, or was never to begin: the old message come once more.
        let is_old = first_day.is_some() && first_day == date(&person.starts_on);
        // Of somebody whose end was told before any hire, this may be the hire that ended: it was on its way for longer.
        let is_first = person.hired_at.is_none() && date(&person.ends_on).is_none();
        match first_day.or_else(|| date(&event.occurred_at).filter(|_| event.starts_on.is_none())) {
            Some(first_day) if first_day > last_day && !is_old && !is_first => Self::Again,
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
    if hire != Hire::Doubtful {
        ledger.employ(id, event, now);
    }
}
