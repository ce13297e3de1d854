//! What a row takes over from events and from other rows.

use jiff::Timestamp;

use crate::model::{AccountState, EmployeeId, Event, EventKind, Person};

/// Whether `person` is known to a source of these employee ids, and by other ids only.
#[must_use]
pub fn is_another(person: &Person, employees: &[EmployeeId]) -> bool {
    let mine = |employee: &&EmployeeId| person.employees.iter().any(|own| own.source == employee.source);
    let shared: Vec<_> = employees.iter().filter(mine).collect();
    !shared.is_empty() && shared.iter().all(|employee| !person.employees.contains(employee))
}

/// The account is this person's. Of an account before it nothing stays true.
pub(super) fn take_account(person: &mut Person, user_id: &str) {
    if person.user_id.as_deref().is_some_and(|before| before != user_id) {
        person.account = AccountState::Unknown;
        person.way = None;
        person.reminded_at = None;
        person.link_expires_at = None;
        person.deleted_at = None;
        person.activated_at = None;
        person.congratulated_at = None;
    }
    person.user_id = Some(user_id.to_owned());
}

/// Add what another row of the same account knew.
pub(super) fn take_over(person: &mut Person, given: Person) {
    person.account = given.account;
    person.way = person.way.or(given.way);
    person.deleted_at = given.deleted_at;
    for (kept, told) in [
        (&mut person.hired_at, given.hired_at),
        (&mut person.intent_at, given.intent_at),
        (&mut person.invited_at, given.invited_at),
        (&mut person.activated_at, given.activated_at),
        (&mut person.congratulated_at, given.congratulated_at),
        (&mut person.reminded_at, given.reminded_at),
        (&mut person.link_expires_at, given.link_expires_at),
    ] {
        *kept = kept.or(told);
    }
    person.match_id = person.match_id.take().or(given.match_id);
    person.employees.extend(given.employees);
    for (kept, told) in [
        (&mut person.left_at, given.left_at),
        (&mut person.admitted_at, given.admitted_at),
        (&mut person.disabled_at, given.disabled_at),
    ] {
        *kept = kept.or(told);
    }
    person.starts_on = person.starts_on.take().or(given.starts_on);
    person.ends_on = person.ends_on.take().or(given.ends_on);
    for email in given.email.into_iter().chain(given.other_emails) {
        remember_address(person, email);
    }
    let grants = given.grants.into_iter().filter(|grant| !person.grants.contains(grant)).collect::<Vec<_>>();
    person.grants.extend(grants);
    for plan in given.plans {
        if person.plan(&plan.kind).is_none() {
            person.plans.push(plan);
        }
    }
}

/// Of an account the portal knows the address, before that the HR platform. Every other address still names the person.
fn note_address(person: &mut Person, told_by: EventKind, email: &str) {
    let has_account = person.user_id.is_some() || person.is_ours();
    let decides = person.email.is_none() || told_by.is_user() == has_account;
    if !decides || told_by == EventKind::UserDeleted {
        remember_address(person, email.to_owned());
    } else if let Some(before) = person.email.replace(email.to_owned()) {
        person.other_emails.retain(|other| other != email);
        remember_address(person, before);
    }
}

fn remember_address(person: &mut Person, email: String) {
    if person.email.as_ref() != Some(&email) && !person.other_emails.contains(&email) {
        person.other_emails.push(email);
    }
}

/// Take over what the event says of the person.
pub(super) fn note(person: &mut Person, employee: Option<EmployeeId>, event: &Event, now: Timestamp) {
    if let Some(user_id) = &event.user_id {
        take_account(person, user_id);
    }
    if let Some(employee) = employee
        && !person.employees.contains(&employee)
    {
        person.employees.push(employee);
    }
    if let Some(email) = &event.email {
        note_address(person, event.kind, email);
    }
    if person.match_id.is_none() {
        person.match_id.clone_from(&event.match_id);
    }
    for (kept, told) in [(&mut person.first_name, &event.first_name), (&mut person.last_name, &event.last_name)] {
        if told.is_some() {
            kept.clone_from(told);
        }
    }
    if event.kind == EventKind::EmployeeHired {
        person.hired_at = person.hired_at.or(Some(now));
    }
}
