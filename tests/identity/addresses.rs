//! Addresses change, and are given to others.

use usher::ledger::{Joined, Ledger};
use usher::model::EventKind::{EmployeeTerminated, UserCreated, UserDeleted, UserUpdated};

use crate::{ADA, HOME, NEW, PORTAL, X, Y, employee, hired, id, join, matching, now, onboard, row, tell, updated};

#[test]
fn before_the_account_exists_hr_moves_the_address_and_the_old_one_still_names_the_person() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    assert_eq!(join(&mut ledger, "hr", &updated("7", NEW)), ada);
    let person = ledger.get(ada).unwrap();
    assert_eq!((person.email.as_deref(), person.other_emails.as_slice()), (Some(NEW), &[ADA.to_owned()][..]));
    for (source, email) in [("payroll", ADA), ("time", NEW)] {
        assert_eq!(join(&mut ledger, source, &hired("p-1", email)), ada, "another platform tells {email}");
    }
}

#[test]
fn after_that_the_account_keeps_its_address_and_the_new_one_names_the_person_too() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    onboard(&mut ledger, ada, X);
    join(&mut ledger, "hr", &updated("7", NEW));
    assert_eq!(ledger.get(ada).unwrap().email.as_deref(), Some(ADA));
    assert_eq!(join(&mut ledger, "payroll", &hired("p-1", NEW)), ada);
}

#[test]
fn the_portal_moves_the_address_of_an_account_and_the_old_one_stays_a_name() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    onboard(&mut ledger, ada, X);
    assert_eq!(tell(&mut ledger, UserUpdated, X, NEW), ada);
    let person = ledger.get(ada).unwrap();
    assert_eq!((person.email.as_deref(), person.goes_by(ADA)), (Some(NEW), true));
    join(&mut ledger, "hr", &hired("7", ADA));
    assert_eq!(ledger.get(ada).unwrap().email.as_deref(), Some(NEW), "HR still has the old one");
}

/// Whoever is hired again after the account was deleted gets it at the address that HR tells now.
#[test]
fn of_a_deleted_account_the_portal_knows_no_address_any_more() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    onboard(&mut ledger, ada, X);
    tell(&mut ledger, UserDeleted, X, ADA);
    join(&mut ledger, "hr", &hired("7", NEW));
    assert_eq!(ledger.get(ada).unwrap().email.as_deref(), Some(NEW));
}

#[test]
fn an_address_of_before_given_to_a_new_employee_of_the_source_is_recycled() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    onboard(&mut ledger, ada, X);
    tell(&mut ledger, UserUpdated, X, NEW);
    assert_eq!(ledger.join(PORTAL, "hr", &hired("9", ADA), now()), Joined::Recycled(ada, id("hr", "9")));
    tell(&mut ledger, UserCreated, Y, ADA);
    assert_eq!(
        ledger.join(PORTAL, "hr", &hired("9", ADA), now()),
        Joined::Recycled(ada, id("hr", "9")),
        "also where somebody has made an account there"
    );
}

/// The ledger knows the account by its webhooks alone, so that no employee id could contradict.
#[test]
fn an_address_that_an_account_has_left_is_not_taken_for_that_account() {
    let mut ledger = Ledger::default();
    let member = tell(&mut ledger, UserCreated, X, ADA);
    tell(&mut ledger, UserUpdated, X, NEW);
    assert_eq!(ledger.join(PORTAL, "hr", &hired("9", ADA), now()), Joined::Recycled(member, id("hr", "9")));
    assert_eq!(join(&mut ledger, "hr", &hired("7", NEW)), member, "its own address is");
    assert_eq!(join(&mut ledger, "payroll", &hired("p-7", ADA)), member, "HR may still have the old one");
}

#[test]
fn an_address_that_moved_to_another_account_is_only_that_ones() {
    let mut ledger = Ledger::default();
    let ada = tell(&mut ledger, UserCreated, X, ADA);
    let eve = tell(&mut ledger, UserCreated, Y, ADA);
    assert_ne!(ada, eve);
    assert_eq!((ledger.get(ada).unwrap().email.as_deref(), ledger.get(ada).unwrap().goes_by(ADA)), (None, true));
    join(&mut ledger, "hr", &matching(hired("7", ADA), "m-7"));
    assert_eq!(ledger.get(eve).unwrap().employees, [id("hr", "7")]);
}

/// The typing error was somebody's address.
#[test]
fn an_account_that_appears_at_an_address_of_before_is_not_the_persons() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", "adda@corp.example"));
    join(&mut ledger, "hr", &updated("7", ADA));
    let adda = tell(&mut ledger, UserCreated, Y, "adda@corp.example");
    assert_ne!(adda, ada);
    assert_eq!(ledger.get(ada).unwrap().email.as_deref(), Some(ADA));
}

/// By a link people register with any of their addresses.
#[test]
fn an_account_that_appears_at_a_later_address_is_that_of_whom_we_invited() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", HOME));
    ledger.edit(ada).unwrap().intent_at = Some(now());
    join(&mut ledger, "hr", &updated("7", ADA));
    assert_eq!(tell(&mut ledger, UserCreated, X, ADA), ada);
}

#[test]
fn a_new_account_at_the_address_of_somebody_who_has_left_is_not_theirs() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    onboard(&mut ledger, ada, X);
    let left = employee(EmployeeTerminated, "7", ADA);
    join(&mut ledger, "hr", &left);
    ledger.employ(ada, &left, now());
    tell(&mut ledger, UserDeleted, X, ADA);
    let eve = tell(&mut ledger, UserCreated, Y, ADA);
    assert_ne!(eve, ada);
    assert_eq!(ledger.join(PORTAL, "hr", &hired("9", ADA), now()), Joined::Recycled(ada, id("hr", "9")));
    ledger.split(ada, usher::ledger::Key::Email(ADA.to_owned()), false, now()).unwrap();
    assert_eq!(join(&mut ledger, "hr", &hired("9", ADA)), eve);
}

/// An old account that nobody knew goes, while the new one of that address is being made.
#[test]
fn the_deletion_of_an_unknown_account_takes_no_intent_from_whoever_gets_its_address() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    ledger.edit(ada).unwrap().intent_at = Some(now());
    assert_ne!(tell(&mut ledger, UserDeleted, Y, ADA), ada);
    assert!(ledger.get(ada).unwrap().intent_at.is_some());
}

#[test]
fn a_disputed_address_is_not_taken_and_the_rest_of_the_event_is() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    let bob = join(&mut ledger, "hr", &hired("8", "bob@corp.example"));
    let mut news = updated("8", ADA);
    news.first_name = Some("Bob".to_owned());
    let joined = ledger.join(PORTAL, "hr", &news, now());
    assert_eq!(joined, Joined::Disputed { person: bob, holder: ada });
    let bob = ledger.get(bob).unwrap();
    assert_eq!((bob.email.as_deref(), bob.first_name.as_deref()), (Some("bob@corp.example"), Some("Bob")));
}

#[test]
fn rows_that_were_given_up_or_erased_are_nobody() {
    for change in [
        |p: &mut usher::model::Person| p.merged_into = Some(usher::model::PersonId(9)),
        |p: &mut usher::model::Person| p.forgotten_at = Some(now()),
    ] {
        let mut gone = row(5);
        gone.user_id = Some(X.to_owned());
        gone.email = Some(ADA.to_owned());
        gone.match_id = Some("m-7".to_owned());
        gone.employees.push(id("hr", "7"));
        change(&mut gone);
        let mut ledger = Ledger::new(vec![gone]);
        assert_eq!(ledger.holder(PORTAL, X), None);
        assert!(ledger.known(PORTAL, "hr", &matching(hired("7", ADA), "m-7")).is_none());
        assert!(join(&mut ledger, "hr", &matching(hired("7", ADA), "m-7")).0 < 0);
    }
}
