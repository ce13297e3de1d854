//! Who would be brought in, held, or left as known.

use jiff::SignedDuration;
use usher::connector::event_of;
use usher::docspace::{Account, Group};
use usher::guard::Guard;
use usher::ledger::{Keys, Recent};
use usher::model::{
    Action, Channel, Congratulate, EmployeeId, Event, EventKind, Existing, Mode, Person, RoomAccess, RoomGrant,
    UserType,
};
use usher::simulation::{Item, Look, Verdict, summary};

use crate::scene::{ID, PORTAL, Scene, account, address, hired, now, ours, person, rule};

#[test]
fn each_way_to_an_account_has_its_word() {
    let room = || vec![RoomGrant { id: "12".to_owned(), access: RoomAccess::Read }];
    for (mode, user_type, rooms, verdict) in [
        (Mode::Create, UserType::User, Vec::new(), Verdict::Create),
        (Mode::Invite, UserType::User, Vec::new(), Verdict::Invite),
        (Mode::Link, UserType::User, Vec::new(), Verdict::Link),
        (Mode::Create, UserType::Guest, room(), Verdict::Room),
        (Mode::Create, UserType::Guest, Vec::new(), Verdict::Dead),
    ] {
        let scene =
            Scene::with_onboard(|wanted| (wanted.mode, wanted.user_type, wanted.rooms) = (mode, user_type, rooms));
        assert_eq!(scene.tell(hired("1")).verdicts(), [verdict]);
    }
}

#[test]
fn a_row_says_who_what_and_where() {
    let scene = Scene::with_onboard(|wanted| wanted.groups = vec!["Sales".to_owned()]);
    let rows = scene.tell(hired("1")).rows();
    let row = &rows[0];
    assert_eq!(row.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!((row.email.as_deref(), row.employee_id.as_deref()), (Some("p1@corp.org"), Some("1")));
    assert_eq!((row.event, row.action.as_deref()), (Some(EventKind::EmployeeHired), Some("onboard")));
    assert_eq!((row.source.as_str(), row.portal.as_str()), ("hr", PORTAL));
    assert_eq!(row.details.to_string(), "User; groups Sales");
    assert_eq!(row.why, None);
}

#[test]
fn the_second_event_of_somebody_finds_what_the_first_has_done() {
    let rows = Scene::default().tell(hired("1")).tell(hired("1")).rows();
    assert_eq!((rows[0].verdict, rows[1].verdict), (Verdict::Create, Verdict::Skip));
    assert!(rows[1].why.as_deref().unwrap().starts_with("known: onboarded before"), "{:?}", rows[1]);
}

#[test]
fn an_account_that_is_there_is_known_or_held_as_the_rule_says() {
    let active = account("1");
    let pending = Account { activation_status: 2, ..account("1") };
    let guest = Account { user_type: UserType::Guest, ..account("1") };
    let terminated = Account { status: 2, ..account("1") };
    for (found, word, verdict) in [
        (&active, "(active)", Verdict::Skip),
        (&pending, "(not yet activated)", Verdict::Skip),
        (&guest, "(a guest)", Verdict::Skip),
        (&terminated, "a disabled account", Verdict::Hold),
    ] {
        let (told, why) = Scene::default().accounts(vec![found.clone()]).tell(hired("1")).only();
        assert_eq!(told, verdict, "{why}");
        assert!(why.contains(word), "{why}");
    }
    let held = Scene::with_onboard(|wanted| wanted.on_existing.active = Existing::Held);
    assert_eq!(held.accounts(vec![active.clone()]).tell(hired("1")).verdicts(), [Verdict::Hold]);
    let extended = Scene::with_onboard(|wanted| wanted.on_existing.active = Existing::Extend);
    let (verdict, why) = extended.accounts(vec![active]).tell(hired("1")).only();
    assert!(verdict == Verdict::Skip && why.contains("added to the rule's groups"), "{why}");
}

#[test]
fn the_account_on_record_is_found_wherever_its_address_has_moved() {
    let moved = Account { email: "new@corp.org".to_owned(), ..account("1") };
    let mut scene = Scene::default().accounts(vec![moved]).tell(hired("1"));
    scene.people = vec![Person { user_id: Some(account("1").id), ..person(7, "1") }];
    assert_eq!(scene.verdicts(), [Verdict::Skip]);
}

#[test]
fn the_account_of_somebody_else_on_record_is_asked_about() {
    let mut scene = Scene::default().accounts(vec![account("1")]).tell(hired("1"));
    scene.people = vec![Person { email: None, user_id: Some(account("1").id), ..person(7, "9") }];
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Hold && why.contains("the account of person 7"), "{why}");
}

#[test]
fn who_is_hired_again_and_whose_account_is_gone_gets_another_one() {
    let mut scene = Scene::default().tell(hired("1"));
    scene.people = vec![Person { hired_at: Some(now()), ..ours(7, "1") }];
    assert_eq!(scene.verdicts(), [Verdict::Create]);
    scene.people = vec![ours(7, "1")];
    assert_eq!(scene.verdicts(), [Verdict::Skip], "a hire told twice brings no deleted account back");
}

#[test]
fn what_an_earlier_try_has_made_is_finished() {
    let intent = Some(now() - SignedDuration::from_mins(1));
    let made = Account { created_by: Some(ID.to_owned()), registered_at: Some(now()), ..account("1") };
    let mut scene = Scene::default().tell(hired("1"));
    scene.people = vec![Person { intent_at: intent, admitted_at: intent, ..person(7, "1") }];
    scene.guard.new_people_per_day = Some(0);
    let mut look = Look::new(vec![made], false);
    look.owner = Some(ID.to_owned());
    scene.look = Some(look.clone());
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Create && why.contains("an earlier try"), "{why}");
    look.owner = Some(account("9").id);
    scene.look = Some(look);
    assert_eq!(scene.verdicts(), [Verdict::Skip], "somebody else has made it");
}

#[test]
fn the_limit_of_a_day_counts_in_the_order_of_the_events() {
    let mut scene = Scene { recent: Recent { newcomers: 8, leavers: 0 }, ..Scene::default() };
    scene.guard.new_people_per_day = Some(10);
    scene = scene.accounts(vec![account("2"), account("5")]);
    for employee in ["1", "2", "3", "4", "5"] {
        scene = scene.tell(hired(employee));
    }
    let rows = scene.rows();
    let verdicts: Vec<_> = rows.iter().map(|row| row.verdict).collect();
    // As when acting: once the limit is used up nobody is looked up any more, not even who would be found to be known.
    assert_eq!(verdicts, [Verdict::Create, Verdict::Skip, Verdict::Create, Verdict::Hold, Verdict::Hold]);
    assert!(rows[3].why.as_deref().unwrap().contains("new_people_per_day"), "{:?}", rows[3]);
    let counts = summary(&rows);
    assert_eq!(
        (counts["create"].as_u64(), counts["hold"].as_u64(), counts["dead"].as_u64()),
        (Some(2), Some(2), Some(0))
    );
}

#[test]
fn whom_the_ledger_knows_is_not_guarded() {
    let mut scene = Scene::default().accounts(vec![account("1")]).tell(hired("1"));
    scene.guard =
        Guard { new_people_per_day: Some(0), email_domains: Some(vec!["other.org".to_owned()]), ..Guard::default() };
    scene.people = vec![ours(7, "1")];
    assert_eq!(scene.verdicts(), [Verdict::Skip]);
    scene.people.clear();
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Hold && why.contains("email_domains"), "{why}");
}

#[test]
fn who_was_hired_long_ago_is_held() {
    let mut scene = Scene::default();
    scene.guard.hired_at_most_ago = Some(30);
    for (first_day, verdict) in [("2026-07-20", Verdict::Create), ("2025-07-20", Verdict::Hold)] {
        scene.items.clear();
        scene = scene.tell(Event { starts_on: Some(first_day.to_owned()), ..hired("1") });
        assert_eq!(scene.verdicts(), [verdict], "{first_day}");
    }
}

#[test]
fn a_group_that_the_portal_lacks_holds_and_uses_up_nothing() {
    let mut scene = Scene::with_onboard(|wanted| wanted.groups = vec!["Sales".to_owned()]);
    scene.guard.new_people_per_day = Some(1);
    let mut look = Look::new(Vec::new(), false);
    look.groups = Some(Vec::new());
    scene.look = Some(look.clone());
    scene = scene.tell(hired("1")).tell(hired("2"));
    let rows = scene.rows();
    assert_eq!(scene.verdicts(), [Verdict::Hold, Verdict::Hold]);
    assert!(rows[1].why.as_deref().unwrap().contains("no group 'Sales'"), "{:?}", rows[1]);
    look.groups = Some(vec![Group { id: ID.to_owned(), name: "sales".to_owned() }]);
    scene.look = Some(look);
    assert_eq!(scene.verdicts(), [Verdict::Create, Verdict::Hold]);
}

#[test]
fn a_name_that_no_account_can_have_is_told() {
    let nameless = Event { first_name: Some("007".to_owned()), ..hired("1") };
    assert_eq!(Scene::default().tell(nameless.clone()).verdicts(), [Verdict::Dead]);
    assert_eq!(Scene::default().tell(Event { first_name: None, ..hired("1") }).verdicts(), [Verdict::Dead]);
    assert_eq!(Scene::with_onboard(|wanted| wanted.mode = Mode::Invite).tell(nameless).verdicts(), [Verdict::Invite]);
}

#[test]
fn a_reserved_address_goes_to_a_sandbox_only() {
    let reserved = Event { email: Some("ada@example.com".to_owned()), ..hired("1") };
    let mut scene = Scene::default().tell(reserved);
    assert_eq!(scene.verdicts(), [Verdict::Dead]);
    scene.look = Some(Look::new(Vec::new(), true));
    assert_eq!(scene.verdicts(), [Verdict::Create]);
}

#[test]
fn without_a_look_the_ledger_alone_tells_who_is_known() {
    let mut scene = Scene { look: None, ..Scene::default() }.tell(hired("1")).tell(hired("2")).tell(hired("3"));
    scene.people = vec![ours(7, "1"), Person { user_id: Some(account("2").id), ..person(8, "2") }];
    assert_eq!(scene.verdicts(), [Verdict::Skip, Verdict::Skip, Verdict::Create]);
}

#[test]
fn what_cannot_be_mapped_is_a_row_of_its_own() {
    let mut scene = Scene::default();
    let (source, portal, place) = ("hr".to_owned(), PORTAL.to_owned(), "delivery 4".to_owned());
    scene.items.push(Item { source, portal, place, told: Err("body: it is not JSON".to_owned()) });
    let scene = scene.tell(hired("1"));
    let rows = scene.rows();
    assert_eq!(scene.verdicts(), [Verdict::Dead, Verdict::Create]);
    assert_eq!((rows[0].place.as_deref(), rows[0].why.as_deref()), (Some("delivery 4"), Some("body: it is not JSON")));
}

#[test]
fn who_was_forgotten_is_held() {
    let mut scene = Scene::default().tell(hired("1"));
    scene.forgotten = Keys::default();
    scene.forgotten.employees.insert(EmployeeId { source: "hr".to_owned(), id: "1".to_owned() });
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Hold && why.contains("erased"), "{why}");
}

#[test]
fn the_address_of_another_employee_is_held() {
    let mut scene = Scene::default().tell(Event { email: Some(address("1")), ..hired("2") });
    scene.people = vec![ours(7, "1")];
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Hold && why.contains("recycled"), "{why}");
}

#[test]
fn an_employee_for_whom_no_rule_asks_is_told_and_an_account_is_not() {
    let about_account = Event {
        user_id: Some(ID.to_owned()),
        email: Some(address("1")),
        status: Some(1),
        activation_status: Some(2),
        ..Event::new(EventKind::UserUpdated)
    };
    let scene = Scene { rules: Vec::new(), ..Scene::default() }.tell(hired("1")).tell(about_account);
    assert_eq!(scene.only().0, Verdict::None);
}

#[test]
fn an_activation_is_congratulated_once() {
    let congratulate = Congratulate::new(vec![Channel::Letter]);
    let activated = Event {
        user_id: Some(ID.to_owned()),
        email: Some(address("1")),
        status: Some(1),
        activation_status: Some(1),
        ..Event::new(EventKind::UserCreated)
    };
    let rules = vec![rule(EventKind::UserActivated, Action::Congratulate(congratulate))];
    let scene = Scene { rules, ..Scene::default() }.tell(activated.clone()).tell(activated);
    let rows = scene.rows();
    assert_eq!(scene.verdicts(), [Verdict::Congratulate], "{rows:#?}");
    assert_eq!((rows[0].event, rows[0].details.to_string()), (Some(EventKind::UserActivated), "via letter".to_owned()));
}

#[test]
fn columns_are_judged_as_mappings_are() {
    let event = event_of(EventKind::EmployeeHired, [("employee_id", " 7 "), ("email", "ADA@Corp.org"), ("title", "")]);
    let event = event.unwrap();
    assert_eq!(
        (event.employee_id.as_deref(), event.email.as_deref(), event.title),
        (Some("7"), Some("ada@corp.org"), None)
    );
    let lacking = event_of(EventKind::EmployeeHired, [("email", "ada@corp.org")]).unwrap_err();
    assert!(lacking.contains("employee_id"), "{lacking}");
    let wrong = event_of(EventKind::EmployeeHired, [("employee_id", "1"), ("email", "nobody")]).unwrap_err();
    assert!(wrong.starts_with("email ") && !wrong.contains("nobody"), "{wrong}");
    let user = event_of(EventKind::UserUpdated, [("user_id", ID), ("status", "1")]).unwrap();
    assert_eq!(user.status, Some(1));
    assert!(event_of(EventKind::UserUpdated, [("user_id", ID), ("status", "one")]).is_err());
}
