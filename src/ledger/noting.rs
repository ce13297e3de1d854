//! What a row takes over from events and from other rows.

use jiff::Timestamp;

use crate::model::{AccountState, EmployeeId, Event, EventKind, Person, kind};

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

/// Add what another row knew of the account that is now this person's.
pub(super) fn take_account_of(person: &mut Person, given: &Person) {
    person.account = given.account;
    person.way = person.way.or(given.way);
    person.deleted_at = given.deleted_at;
    for (kept, told) in [
        (&mut person.intent_at, given.intent_at),
        (&mut person.invited_at, given.invited_at),
        (&mut person.activated_at, given.activated_at),
        (&mut person.congratulated_at, given.congratulated_at),
        (&mut person.reminded_at, given.reminded_at),
        (&mut person.link_expires_at, given.link_expires_at),
        (&mut person.disabled_at, given.disabled_at),
    ] {
        *kept = kept.or(told);
    }
    let grants: Vec<_> = given.grants.iter().filter(|grant| !person.grants.contains(grant)).cloned().collect();
    person.grants.extend(grants);
}

/// Add what another row of the same human being knew, whatever account it had.
pub(super) fn take_over(person: &mut Person, given: Person) {
    take_employment(person, &given);
    person.admitted_at = person.admitted_at.or(given.admitted_at);
    person.first_name = person.first_name.take().or(given.first_name);
    person.last_name = person.last_name.take().or(given.last_name);
    person.match_id = person.match_id.take().or(given.match_id);
    person.employees.extend(given.employees);
    for email in given.email.into_iter().chain(given.other_emails) {
        match person.email {
            None => person.email = Some(email),
            Some(_) => remember_address(person, email),
        }
    }
    for plan in given.plans {
        if person.plan(&plan.kind).is_none() {
            person.plans.push(plan);
        }
    }
    if person.left_at.is_none() {
        person.plans.retain(|plan| plan.kind != kind::DISABLE);
    }
}

/// Of two rows the one that is employed tells; else either may.
fn take_employment(person: &mut Person, given: &Person) {
    let is_employed = |person: &Person| person.hired_at.is_some() && person.left_at.is_none();
    match (is_employed(person), is_employed(given)) {
        (true, true) => person.starts_on = person.starts_on.take().or(given.starts_on.clone()),
        (true, false) => {}
        (false, true) => {
            person.hired_at = given.hired_at;
            person.starts_on.clone_from(&given.starts_on);
            person.ends_on.clone_from(&given.ends_on);
            person.left_at = None;
        }
        (false, false) => {
            person.hired_at = person.hired_at.or(given.hired_at);
            person.left_at = person.left_at.or(given.left_at);
            person.starts_on = person.starts_on.take().or(given.starts_on.clone());
            person.ends_on = person.ends_on.take().or(given.ends_on.clone());
        }
    }
}

/// Of an account the portal knows the address, before that the HR platform. Every other address still names the person.
/// `is_taken`: another account has the address, so that HR's word does not make it this account's.
fn note_address(person: &mut Person, told_by: EventKind, email: &str, is_taken: bool) {
    let has_account = person.has_account() || person.is_ours();
    let is_unknown = person.email.is_none() && !(is_taken && has_account);
    let decides = is_unknown || told_by.is_user() == has_account;
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
pub(super) fn note(person: &mut Person, employee: Option<EmployeeId>, event: &Event, is_taken: bool, now: Timestamp) {
    if let Some(user_id) = &event.user_id {
        take_account(person, user_id);
    }
    if let Some(employee) = employee
        && !person.employees.contains(&employee)
    {
        person.employees.push(employee);
    }
    if let Some(email) = &event.email {
        note_address(person, event.kind, email, is_taken);
    }
    for (kept, told) in [
        (&mut person.match_id, &event.match_id),
        (&mut person.first_name, &event.first_name),
        (&mut person.last_name, &event.last_name),
    ] {
        if told.is_some() {
            kept.clone_from(told);
        }
    }
    if event.kind == EventKind::EmployeeHired {
        person.hired_at = person.hired_at.or(Some(now));
    }
}
