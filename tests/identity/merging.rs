//! `merge` and `split`: what a human being says of who is who.

use usher::ledger::{Elsewhere, Joined, Key, Ledger, MergeError, SplitError};
use usher::model::EventKind::{EmployeeTerminated, UserDeleted};
use usher::model::{Grant, GrantKind, Person, PersonId, Plan, kind};

use crate::{ADA, HOME, NEW, PORTAL, X, Y, employee, hired, id, join, matching, now, onboard, row, tell};

const ONE: PersonId = PersonId(1);
const TWO: PersonId = PersonId(2);

/// Two stored rows.
fn two(change: impl FnOnce(&mut Person, &mut Person)) -> Ledger {
    let (mut one, mut two) = (row(1), row(2));
    (one.email, two.email) = (Some(ADA.to_owned()), Some(HOME.to_owned()));
    one.employees.push(id("hr", "7"));
    two.employees.push(id("hiring", "c-1"));
    change(&mut one, &mut two);
    Ledger::new(vec![one, two])
}

fn account(person: &mut Person, user_id: &str) {
    person.user_id = Some(user_id.to_owned());
    (person.intent_at, person.invited_at) = (Some(now()), Some(now()));
}

fn plan(kind: &str) -> Plan {
    Plan {
        kind: kind.to_owned(),
        due_at: now(),
        key: format!("{kind}/1"),
        delivery: None,
        hold: None,
        payload: serde_json::Value::Null,
    }
}

#[test]
fn the_row_that_stays_takes_over_all_that_the_other_one_was_known_by() {
    let mut ledger = two(|_, two| {
        account(two, X);
        two.match_id = Some("m-1".to_owned());
        two.other_emails = vec![NEW.to_owned()];
        two.grants = vec![Grant { kind: GrantKind::Room, id: "1".to_owned() }];
        two.plans = vec![plan(kind::ONBOARD)];
        (two.hired_at, two.admitted_at) = (Some(now()), Some(now()));
    });
    ledger.merge(ONE, TWO).unwrap();
    let one = ledger.get(ONE).unwrap().clone();
    assert_eq!((one.user_id.as_deref(), one.match_id.as_deref()), (Some(X), Some("m-1")));
    assert_eq!((one.employees.len(), one.grants.len(), one.plans.len()), (2, 1, 1));
    assert!([ADA, HOME, NEW].iter().all(|email| one.goes_by(email)), "{one:?}");
    assert_eq!(one.email.as_deref(), Some(HOME), "that of the account");
    assert!(one.invited_at.is_some() && one.hired_at.is_some() && one.admitted_at.is_some());
    assert_eq!(ledger.get(TWO).unwrap().id, ONE, "work that goes on for the other one is about this one now");
    let other = ledger.row(TWO).unwrap();
    assert_eq!(*other, Person { merged_into: Some(ONE), ..row(2) });
    assert_eq!(ledger.merged(), [(TWO, ONE)]);
}

#[test]
fn a_living_account_counts_and_nothing_of_a_deleted_one() {
    let mut ledger = two(|one, two| {
        account(one, X);
        (one.deleted_at, one.congratulated_at) = (Some(now()), Some(now()));
        account(two, Y);
    });
    ledger.merge(ONE, TWO).unwrap();
    let one = ledger.get(ONE).unwrap();
    assert_eq!((one.user_id.as_deref(), one.deleted_at, one.congratulated_at), (Some(Y), None, None));
}

/// Who came back under another employee id is employed, and is not disabled because the former employment has ended.
#[test]
fn of_a_former_and_a_present_employment_the_present_one_counts() {
    for former_stays in [true, false] {
        let mut ledger = two(|one, two| {
            let (former, present) = if former_stays { (one, two) } else { (two, one) };
            (former.hired_at, former.left_at) = (Some(now()), Some(now()));
            former.ends_on = Some("2026-07-31".to_owned());
            former.plans = vec![plan(kind::DISABLE)];
            present.hired_at = Some(now());
            present.starts_on = Some("2026-08-01".to_owned());
        });
        ledger.merge(ONE, TWO).unwrap();
        let one = ledger.get(ONE).unwrap();
        assert_eq!((one.left_at, &one.ends_on, one.starts_on.as_deref()), (None, &None, Some("2026-08-01")));
        assert!(one.plans.is_empty(), "{former_stays}");
    }
}

#[test]
fn what_cannot_be_one_row_is_refused_and_left_as_it_is() {
    let refused = |keep, other, change: fn(&mut Person, &mut Person), error| {
        let mut ledger = two(change);
        assert_eq!(ledger.merge(keep, other), Err(error));
        assert!(ledger.merged().is_empty() && ledger.into_changed().is_empty(), "{error}");
    };
    refused(ONE, ONE, |_, _| (), MergeError::Same(ONE));
    refused(ONE, PersonId(3), |_, _| (), MergeError::Unknown(PersonId(3)));
    refused(ONE, TWO, |_, two| two.portal = "second".to_owned(), MergeError::Portals(ONE, TWO));
    refused(ONE, TWO, |_, two| two.forgotten_at = Some(now()), MergeError::Forgotten(TWO));
    refused(ONE, TWO, |one, _| one.merged_into = Some(PersonId(9)), MergeError::Merged(ONE, PersonId(9)));
    refused(ONE, TWO, |_, two| two.merged_into = Some(ONE), MergeError::Already(TWO, ONE));
    let accounts = |one: &mut Person, two: &mut Person| {
        account(one, X);
        account(two, Y);
    };
    refused(ONE, TWO, accounts, MergeError::Accounts(ONE, TWO));
}

#[test]
fn an_id_that_is_split_off_has_a_row_of_its_own() {
    let mut ledger = two(|one, _| one.match_id = Some("m-1".to_owned()));
    let new = ledger.split(ONE, Key::Employee(id("hr", "7")), false, now()).unwrap().unwrap();
    assert_eq!(ledger.get(new).unwrap().employees, [id("hr", "7")]);
    assert_eq!(ledger.get(ONE).unwrap().employees, []);
    assert_eq!(join(&mut ledger, "hr", &hired("7", NEW)), new);
    let shared = ledger.split(ONE, Key::MatchId("m-1".to_owned()), false, now()).unwrap().unwrap();
    assert_eq!(join(&mut ledger, "payroll", &matching(hired("p-1", NEW), "m-1")), shared);
    assert_eq!(ledger.split(ONE, Key::Employee(id("hr", "7")), false, now()), Err(SplitError::NotTheirs(ONE)));
    assert_eq!(ledger.split(ONE, Key::Email(ADA.to_owned()), false, now()), Err(SplitError::Only(ONE)));
}

#[test]
fn the_address_of_a_living_account_stays_with_it() {
    let email = || Key::Email(ADA.to_owned());
    let with = |change: fn(&mut Person)| {
        two(|one, _| {
            account(one, X);
            one.other_emails = vec![NEW.to_owned()];
            change(one);
        })
    };
    let mut living = with(|_| ());
    assert_eq!(living.split(ONE, email(), false, now()), Err(SplitError::Account(ONE)));
    assert_eq!(living.split(ONE, Key::Email(NEW.to_owned()), false, now()), Ok(None), "a further one does not");
    assert_eq!(living.split(ONE, email(), true, now()), Ok(None), "the portal says that it is free");
    assert_eq!(living.get(ONE).unwrap().email, None);
    for change in [|one: &mut Person| one.deleted_at = Some(now()), |one: &mut Person| one.disabled_at = Some(now())] {
        assert_eq!(with(change).split(ONE, email(), false, now()), Ok(None));
    }
    assert_eq!(
        with(|one| one.forgotten_at = Some(now())).split(ONE, email(), false, now()),
        Err(SplitError::Forgotten(ONE))
    );
    let merged = with(|one| one.merged_into = Some(TWO)).split(ONE, email(), false, now());
    assert_eq!(merged, Err(SplitError::Merged(ONE, TWO)));
}

/// The platforms still tell the shared id that has made them one.
#[test]
fn what_was_split_is_not_made_one_again_by_the_next_event() {
    let mut ledger = two(|one, _| {
        one.match_id = Some("m-1".to_owned());
        one.employees.push(id("hiring", "c-9"));
    });
    let new = ledger.split(ONE, Key::Employee(id("hiring", "c-9")), false, now()).unwrap().unwrap();
    assert_eq!(join(&mut ledger, "hiring", &matching(hired("c-9", NEW), "m-1")), new);
    assert_eq!(join(&mut ledger, "hr", &matching(hired("7", ADA), "m-1")), ONE);
    assert!(ledger.merged().is_empty());
    ledger.merge(ONE, new).unwrap();
    assert_eq!(join(&mut ledger, "hiring", &hired("c-9", NEW)), ONE, "a human being may say otherwise");
}

/// The two ends of a held job whose address is recycled.
#[test]
fn a_recycled_address_has_an_end_in_either_case() {
    let stage = || {
        let mut ledger = Ledger::default();
        let ada = join(&mut ledger, "hr", &hired("3", ADA));
        onboard(&mut ledger, ada, X);
        let left = employee(EmployeeTerminated, "3", ADA);
        join(&mut ledger, "hr", &left);
        ledger.employ(ada, &left, now());
        ledger.plan(ada, plan(kind::DISABLE));
        let joined = ledger.join(PORTAL, "hr", &hired("9", ADA), now());
        assert_eq!(joined, Joined::Recycled(ada, id("hr", "9")));
        (ledger, ada)
    };
    let (mut same, ada) = stage();
    same.admit(ada, "hr", &hired("9", ADA), now()).unwrap();
    let person = same.get(ada).unwrap();
    assert_eq!((person.employees.len(), person.left_at, person.plans.len()), (2, None, 0), "employed again");
    assert_eq!(join(&mut same, "hr", &hired("9", NEW)), ada, "the new id is hers for good");
    let (mut other, ada) = stage();
    tell(&mut other, UserDeleted, X, ADA);
    other.split(ada, Key::Email(ADA.to_owned()), false, now()).unwrap();
    let new = join(&mut other, "hr", &hired("9", ADA));
    assert_ne!(new, ada);
    assert!(other.get(ada).unwrap().left_at.is_some());
    assert_eq!(other.admit(ada, "hr", &hired("9", ADA), now()), Err(Elsewhere::Employee(new)));
}
