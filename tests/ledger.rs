//! Who an event is about, and the one transition to active: in every order of events.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests fail by panicking")]

use jiff::{SignedDuration, Timestamp};
use usher::ledger::{Joined, Ledger};
use usher::model::{AccountState, EmployeeId, Event, EventKind, Person, PersonId};

const X: &str = "00000000-0000-0000-0000-00000000000a";
const Y: &str = "00000000-0000-0000-0000-00000000000b";
const ADA: &str = "ada@corp.example";

fn now() -> Timestamp {
    "2026-08-03T08:00:00Z".parse().unwrap()
}

fn hired(employee: &str, email: &str) -> Event {
    let mut event = Event::new(EventKind::EmployeeHired);
    event.employee_id = Some(employee.to_owned());
    event.email = Some(email.to_owned());
    event
}

fn user(kind: EventKind, id: &str, email: &str, activation: i64) -> Event {
    let mut event = Event::new(kind);
    event.user_id = Some(id.to_owned());
    event.email = Some(email.to_owned());
    event.status = Some(1);
    event.activation_status = Some(activation);
    event
}

fn join(ledger: &mut Ledger, source: &str, event: &Event) -> PersonId {
    match ledger.join("docspace", source, event, now()) {
        Joined::Person(id) => id,
        doubtful => panic!("{doubtful:?}"),
    }
}

/// What a DocSpace webhook does; whether it is the transition.
fn tell(ledger: &mut Ledger, event: &Event) -> bool {
    let person = join(ledger, "docspace", event);
    ledger.observe(person, event, now()).is_some()
}

fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.len() < 2 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for first in 0..items.len() {
        let mut rest = items.to_vec();
        let head = rest.remove(first);
        all.extend(permutations(&rest).into_iter().map(|tail| [vec![head.clone()], tail].concat()));
    }
    all
}

#[derive(Debug, Clone)]
enum Fact {
    Told(Box<Event>),
    ReadBack,
}

#[test]
fn an_account_of_ours_makes_the_transition_once_whatever_order_the_news_take() {
    let told = |kind, bits| Fact::Told(Box::new(user(kind, X, ADA, bits)));
    let update = told(EventKind::UserUpdated, 1);
    let created = told(EventKind::UserCreated, 2);
    let invited = told(EventKind::UserInvited, 2);
    let registered = told(EventKind::UserCreated, 1);
    for facts in [
        vec![created, update.clone(), update.clone(), Fact::ReadBack],
        vec![invited, registered, update, Fact::ReadBack],
    ] {
        for order in permutations(&facts) {
            let mut ledger = Ledger::default();
            let person = join(&mut ledger, "hr", &hired("7", ADA));
            ledger.edit(person).unwrap().intent_at = Some(now());
            let mut transitions = 0;
            for fact in &order {
                match fact {
                    Fact::Told(event) => transitions += usize::from(tell(&mut ledger, event)),
                    Fact::ReadBack => ledger.adopt(person, X),
                }
            }
            let person = ledger.get(person).unwrap();
            assert_eq!(transitions, 1, "{order:?}");
            assert_eq!((person.account, person.activated_at), (AccountState::Active, Some(now())), "{order:?}");
        }
    }
}

/// The address of the webhook is another one than that of the hire, so that only the read-back joins the two.
#[test]
fn an_account_that_was_told_of_under_another_address_is_one_person_after_the_read_back() {
    let update = user(EventKind::UserUpdated, X, "ada.l@corp.example", 1);
    let created = user(EventKind::UserCreated, X, "ada.l@corp.example", 2);
    for read_back_after in 0..3 {
        let mut ledger = Ledger::default();
        let person = join(&mut ledger, "hr", &hired("7", ADA));
        ledger.edit(person).unwrap().intent_at = Some(now());
        let mut transitions = 0;
        for (number, event) in [&created, &update, &update].into_iter().enumerate() {
            if number == read_back_after {
                ledger.adopt(person, X);
            }
            transitions += usize::from(tell(&mut ledger, event));
        }
        assert_eq!(transitions, 1, "{read_back_after}");
        let person = ledger.get(person).unwrap();
        assert!(
            person.activated_at.is_some() && person.account == AccountState::Active,
            "{read_back_after} {person:?}"
        );
        let rows = ledger.into_changed();
        assert_eq!(rows.iter().filter(|row| row.user_id.is_some()).count(), 1, "{rows:#?}");
    }
}

#[test]
fn an_account_first_seen_active_by_an_update_never_makes_the_transition() {
    let news = [
        user(EventKind::UserUpdated, X, ADA, 1),
        user(EventKind::UserCreated, X, ADA, 2),
        user(EventKind::UserUpdated, X, ADA, 1),
        user(EventKind::UserCreated, X, ADA, 1),
    ];
    let mut ledger = Ledger::default();
    assert!(news.iter().all(|event| !tell(&mut ledger, event)));
}

#[test]
fn status_two_alone_is_not_the_bit_unset() {
    let mut ledger = Ledger::default();
    let mut disabled = user(EventKind::UserUpdated, X, ADA, 1);
    disabled.status = Some(2);
    assert!(!tell(&mut ledger, &disabled));
    assert!(!tell(&mut ledger, &user(EventKind::UserUpdated, X, ADA, 1)));
    let mut without = user(EventKind::UserUpdated, Y, "bob@corp.example", 1);
    (without.status, without.activation_status) = (Some(2), None);
    assert!(!tell(&mut ledger, &without), "nothing was said of the bit");
    assert!(!tell(&mut ledger, &user(EventKind::UserUpdated, Y, "bob@corp.example", 1)));
}

#[test]
fn an_account_made_anew_after_a_deletion_makes_its_own_transition() {
    let mut ledger = Ledger::default();
    let person = join(&mut ledger, "hr", &hired("7", ADA));
    ledger.edit(person).unwrap().intent_at = Some(now());
    assert!(tell(&mut ledger, &user(EventKind::UserUpdated, X, ADA, 1)));
    ledger.edit(person).unwrap().congratulated_at = Some(now());
    assert!(!tell(&mut ledger, &user(EventKind::UserDeleted, X, ADA, 1)));
    let gone = ledger.get(person).unwrap();
    assert_eq!((gone.intent_at, gone.invited_at), (None, None), "who is hired again gets a new account");
    assert!(!tell(&mut ledger, &user(EventKind::UserUpdated, X, ADA, 1)), "late news of an account that is gone");
    assert!(!tell(&mut ledger, &user(EventKind::UserCreated, Y, ADA, 2)));
    assert_eq!(ledger.get(person).unwrap().congratulated_at, None, "nobody has congratulated on this account");
    assert!(tell(&mut ledger, &user(EventKind::UserUpdated, Y, ADA, 1)));
    assert!(!tell(&mut ledger, &user(EventKind::UserUpdated, Y, ADA, 1)));
}

/// Without the webhook of the deletion, only the look-up tells that the person has another account now.
#[test]
fn an_account_found_in_place_of_another_one_starts_unseen() {
    let mut ledger = Ledger::default();
    let person = join(&mut ledger, "hr", &hired("7", ADA));
    ledger.adopt(person, X);
    let row = ledger.edit(person).unwrap();
    (row.account, row.congratulated_at) = (AccountState::Active, Some(now()));
    ledger.adopt(person, Y);
    ledger.edit(person).unwrap().intent_at = Some(now());
    assert_eq!(ledger.get(person).unwrap().congratulated_at, None);
    assert!(tell(&mut ledger, &user(EventKind::UserUpdated, Y, ADA, 1)));
    ledger.adopt(person, Y);
    assert!(!tell(&mut ledger, &user(EventKind::UserUpdated, Y, ADA, 1)), "the same account again is nothing new");
}

#[test]
fn an_event_of_seven_days_ago_is_news_and_an_older_one_is_not_unless_we_made_the_account() {
    for (days, hours, ours, news) in [(7, 0, false, true), (7, 1, false, false), (30, 0, true, true)] {
        let mut ledger = Ledger::default();
        if ours {
            let person = join(&mut ledger, "hr", &hired("7", ADA));
            ledger.edit(person).unwrap().intent_at = Some(now());
        }
        let mut event = user(EventKind::UserCreated, X, ADA, 1);
        event.occurred_at = Some((now() - SignedDuration::from_hours(days * 24 + hours)).to_string());
        assert_eq!(tell(&mut ledger, &event), news, "{days} {hours} {ours}");
    }
}

#[test]
fn the_address_of_another_employee_of_the_source_is_not_decided_here() {
    let mut ledger = Ledger::default();
    let ada = join(&mut ledger, "hr", &hired("7", ADA));
    let bob = join(&mut ledger, "hr", &hired("8", "bob@corp.example"));
    let recycled = ledger.join("docspace", "hr", &hired("9", ADA), now());
    assert_eq!(recycled, Joined::Recycled(ada, EmployeeId { source: "hr".to_owned(), id: "9".to_owned() }));
    let disputed = ledger.join("docspace", "hr", &hired("8", ADA), now());
    assert_eq!(disputed, Joined::Disputed { person: bob, holder: ada });
    assert!(!ledger.get(bob).unwrap().goes_by(ADA));
    assert_eq!(ledger.get(ada).unwrap().employees.len(), 1);
}

#[test]
fn a_second_platform_joins_by_address_or_by_the_id_both_share() {
    let mut ledger = Ledger::default();
    let mut first = hired("7", ADA);
    first.match_id = Some("m-1".to_owned());
    let ada = join(&mut ledger, "hr", &first);
    assert_eq!(join(&mut ledger, "payroll", &hired("p-1", ADA)), ada);
    let mut shared = hired("c-1", "ada.private@mail.example");
    shared.match_id = Some("m-1".to_owned());
    assert_eq!(join(&mut ledger, "hiring", &shared), ada);
    let mut again = hired("9", ADA);
    again.match_id = Some("m-1".to_owned());
    assert_eq!(join(&mut ledger, "hr", &again), ada, "the shared id says that it is the same person");
    assert_eq!(ledger.get(ada).unwrap().employees.len(), 4);
}

#[test]
fn an_address_follows_the_news_until_there_is_an_intent_or_an_account() {
    let mut updated = hired("7", "lovelace@corp.example");
    updated.kind = EventKind::EmployeeUpdated;
    for (frozen, email) in [(None, "lovelace@corp.example"), (Some("intent"), ADA), (Some("account"), ADA)] {
        let mut ledger = Ledger::default();
        let ada = join(&mut ledger, "hr", &hired("7", ADA));
        match frozen {
            Some("intent") => ledger.edit(ada).unwrap().intent_at = Some(now()),
            Some(_) => ledger.adopt(ada, X),
            None => {}
        }
        assert_eq!(join(&mut ledger, "hr", &updated), ada);
        assert_eq!(ledger.get(ada).unwrap().email.as_deref(), Some(email), "{frozen:?}");
    }
}

#[test]
fn an_address_that_moved_to_a_new_account_belongs_to_the_latest_row() {
    let mut old = Person::new(PersonId(5), "docspace", now());
    (old.user_id, old.email) = (Some(X.to_owned()), Some(ADA.to_owned()));
    let mut ledger = Ledger::new(vec![old]);
    let moved = join(&mut ledger, "docspace", &user(EventKind::UserCreated, Y, ADA, 2));
    assert_ne!(moved, PersonId(5), "a living account keeps its row");
    assert_eq!(join(&mut ledger, "hr", &hired("7", ADA)), moved);
}

#[test]
fn a_row_of_another_platform_is_taken_over_with_its_account() {
    let mut ledger = Ledger::default();
    let known = join(&mut ledger, "payroll", &hired("p-1", "ada.l@corp.example"));
    ledger.adopt(known, X);
    let row = ledger.edit(known).unwrap();
    (row.account, row.invited_at, row.congratulated_at) = (AccountState::Active, Some(now()), Some(now()));
    let person = join(&mut ledger, "hr", &hired("7", ADA));
    ledger.adopt(person, X);
    let person = ledger.get(person).unwrap();
    assert_eq!((person.employees.len(), person.account), (2, AccountState::Active));
    assert!(person.invited_at.is_some() && person.congratulated_at.is_some());
    assert_eq!((ledger.row(known), ledger.merged()), (None, vec![(known, person.id)]), "it was never stored");
}

#[test]
fn another_employee_of_the_same_source_keeps_the_account() {
    let mut ledger = Ledger::default();
    let first = join(&mut ledger, "hr", &hired("7", "shared@corp.example"));
    ledger.adopt(first, X);
    let second = join(&mut ledger, "hr", &hired("8", ADA));
    ledger.adopt(second, X);
    assert_eq!(ledger.get(first).unwrap().user_id.as_deref(), Some(X));
    assert_eq!(ledger.get(second).unwrap().user_id, None);
}
