//! Ids that name two rows.

use usher::ledger::Ledger;
use usher::model::{EventKind, Person, PersonId};

use crate::{ADA, HOME, NEW, X, Y, hired, id, join, matching, now, onboard, row, tell, updated};

/// The applicant system's candidate and the HR system's employee, before the shared id was filled in there.
fn two_rows() -> (Ledger, PersonId, PersonId) {
    let mut ledger = Ledger::default();
    let candidate = join(&mut ledger, "hiring", &matching(hired("c-1", HOME), "m-1"));
    let employee = join(&mut ledger, "hr", &hired("7", ADA));
    assert_ne!(candidate, employee);
    (ledger, candidate, employee)
}

fn current(ledger: &Ledger, ids: &[PersonId]) -> Vec<PersonId> {
    ids.iter().copied().filter(|id| ledger.row(*id).is_some_and(Person::is_current)).collect()
}

#[test]
fn two_rows_that_one_event_names_by_ids_become_one() {
    let (mut ledger, candidate, employee) = two_rows();
    let one = join(&mut ledger, "hr", &matching(updated("7", ADA), "m-1"));
    assert_eq!(current(&ledger, &[candidate, employee]), [one]);
    let person = ledger.get(one).unwrap();
    assert_eq!((person.employees.len(), person.match_id.as_deref()), (2, Some("m-1")));
    assert!(person.goes_by(HOME) && person.email.as_deref() == Some(ADA), "{person:?}");
}

#[test]
fn the_row_that_has_the_account_stays() {
    for first in [true, false] {
        let (mut ledger, candidate, employee) = two_rows();
        let has_it = if first { candidate } else { employee };
        onboard(&mut ledger, has_it, X);
        assert_eq!(join(&mut ledger, "hr", &matching(updated("7", ADA), "m-1")), has_it);
        let address = if first { HOME } else { ADA };
        let person = ledger.get(has_it).unwrap();
        assert_eq!((person.user_id.as_deref(), person.email.as_deref()), (Some(X), Some(address)));
        assert!(person.goes_by(ADA) && person.goes_by(HOME) && person.invited_at.is_some());
        assert_eq!(ledger.merged().len(), 1);
    }
}

#[test]
fn two_accounts_are_never_made_one_and_the_employee_id_comes_first() {
    let (mut ledger, candidate, employee) = two_rows();
    onboard(&mut ledger, candidate, X);
    onboard(&mut ledger, employee, Y);
    assert_eq!(join(&mut ledger, "hr", &matching(updated("7", ADA), "m-1")), employee);
    assert_eq!(current(&ledger, &[candidate, employee]), [candidate, employee]);
    assert_eq!(ledger.get(employee).unwrap().match_id, None, "it stays with the other row");
}

/// What was begun for each of them may have made an account already.
#[test]
fn two_intents_are_never_made_one() {
    let (mut ledger, candidate, employee) = two_rows();
    for person in [candidate, employee] {
        ledger.edit(person).unwrap().intent_at = Some(now());
    }
    join(&mut ledger, "hr", &matching(updated("7", ADA), "m-1"));
    assert_eq!(current(&ledger, &[candidate, employee]).len(), 2);
}

/// HR has mistyped a number, and it is a colleague's.
#[test]
fn ids_that_contradict_each_other_stay_where_they_are() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &matching(hired("7", ADA), "m-1"));
    let bob = join(&mut ledger, "hiring", &matching(hired("c-2", "bob@corp.example"), "m-2"));
    assert_eq!(join(&mut ledger, "hr", &matching(updated("7", ADA), "m-2")), ada);
    assert_eq!(current(&ledger, &[ada, bob]).len(), 2);
    assert_eq!(ledger.get(ada).unwrap().match_id.as_deref(), Some("m-1"));
    let eve = join(&mut ledger, "hr", &matching(hired("9", "eve@corp.example"), "m-9"));
    join(&mut ledger, "hr", &matching(updated("9", "eve@corp.example"), "m-1"));
    assert_eq!(current(&ledger, &[ada, eve]).len(), 2, "the same source knows them as two");
}

#[test]
fn a_corrected_shared_id_is_the_one_that_joins() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &matching(hired("7", ADA), "m-wrong"));
    join(&mut ledger, "hr", &matching(updated("7", ADA), "m-1"));
    assert_eq!(join(&mut ledger, "hiring", &matching(hired("c-1", HOME), "m-1")), ada);
}

#[test]
fn an_employee_id_that_comes_with_the_account_of_another_row_stays_with_its_own() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    onboard(&mut ledger, ada, X);
    let eve = tell(&mut ledger, EventKind::UserCreated, Y, NEW);
    let mut event = crate::user(EventKind::UserUpdated, Y, NEW);
    event.employee_id = Some("7".to_owned());
    assert_eq!(join(&mut ledger, "hr", &event), eve);
    assert_eq!(ledger.get(eve).unwrap().employees, []);
    assert_eq!(ledger.get(ada).unwrap().employees, [id("hr", "7")]);
}

#[test]
fn a_stored_row_outlives_one_that_is_not_stored_yet() {
    let mut old = row(5);
    old.employees.push(id("hr", "7"));
    let mut ledger = Ledger::new(vec![old]);
    let new = join(&mut ledger, "hiring", &matching(hired("c-1", HOME), "m-1"));
    onboard(&mut ledger, new, X);
    assert_eq!(join(&mut ledger, "hr", &matching(hired("7", ADA), "m-1")), PersonId(5));
    assert_eq!(ledger.merged(), [(new, PersonId(5))]);
    assert_eq!(ledger.get(PersonId(5)).unwrap().user_id.as_deref(), Some(X));
    assert_eq!(ledger.into_changed().len(), 1);
}
