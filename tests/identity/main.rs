//! Who is who: which row an event of an HR platform or of DocSpace belongs to, in every order of events.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests fail by panicking")]

mod addresses;
mod merging;
mod orders;
mod rows;

use jiff::Timestamp;
use usher::ledger::{Joined, Ledger};
use usher::model::{EmployeeId, Event, EventKind, Person, PersonId};

pub(crate) const PORTAL: &str = "docspace";
pub(crate) const X: &str = "00000000-0000-0000-0000-00000000000a";
pub(crate) const Y: &str = "00000000-0000-0000-0000-00000000000b";
pub(crate) const ADA: &str = "ada@corp.example";
pub(crate) const NEW: &str = "lovelace@corp.example";
pub(crate) const HOME: &str = "ada@home.example";

pub(crate) fn now() -> Timestamp {
    "2026-08-03T08:00:00Z".parse().unwrap()
}

pub(crate) fn id(source: &str, id: &str) -> EmployeeId {
    EmployeeId { source: source.to_owned(), id: id.to_owned() }
}

pub(crate) fn employee(kind: EventKind, employee: &str, email: &str) -> Event {
    let mut event = Event::new(kind);
    event.employee_id = Some(employee.to_owned());
    event.email = Some(email.to_owned());
    event
}

pub(crate) fn hired(number: &str, email: &str) -> Event {
    employee(EventKind::EmployeeHired, number, email)
}

pub(crate) fn updated(number: &str, email: &str) -> Event {
    employee(EventKind::EmployeeUpdated, number, email)
}

pub(crate) fn matching(event: Event, match_id: &str) -> Event {
    Event { match_id: Some(match_id.to_owned()), ..event }
}

pub(crate) fn user(kind: EventKind, user_id: &str, email: &str) -> Event {
    let mut event = Event::new(kind);
    event.user_id = Some(user_id.to_owned());
    event.email = Some(email.to_owned());
    event.status = Some(1);
    event.activation_status = Some(2);
    event
}

pub(crate) fn join(ledger: &mut Ledger, source: &str, event: &Event) -> PersonId {
    match ledger.join(PORTAL, source, event, now()) {
        Joined::Person(id) => id,
        doubtful => panic!("{doubtful:?}"),
    }
}

/// What a DocSpace webhook does.
pub(crate) fn tell(ledger: &mut Ledger, kind: EventKind, user_id: &str, email: &str) -> PersonId {
    let event = user(kind, user_id, email);
    let person = join(ledger, "docspace", &event);
    ledger.observe(person, &event, now());
    person
}

/// What the end of an onboarding does.
pub(crate) fn onboard(ledger: &mut Ledger, person: PersonId, user_id: &str) {
    ledger.adopt(person, user_id);
    let person = ledger.edit(person).unwrap();
    (person.intent_at, person.invited_at) = (Some(now()), Some(now()));
}

/// A row as the store had it.
pub(crate) fn row(number: i64) -> Person {
    Person::new(PersonId(number), PORTAL, now())
}
