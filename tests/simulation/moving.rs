//! Movers and leavers: only accounts that are ours, and no administrators.

use usher::docspace::{Account, Group};
use usher::ledger::Recent;
use usher::model::{Action, Disable, Enable, Event, EventKind, Grant, GrantKind, Person, Update, UserType};
use usher::simulation::{Look, Verdict};

use crate::scene::{ID, Scene, account, address, hired, now, onboard, ours, person, rule, told};

const LEFT: EventKind = EventKind::EmployeeTerminated;

fn leaving() -> Scene {
    let mut scene = Scene::default().accounts(vec![account("1"), account("2"), account("3")]);
    scene.rules.push(rule(LEFT, Action::Disable(Disable::default())));
    scene.people = vec![ours(1, "1"), ours(2, "2"), ours(3, "3")];
    scene
}

#[test]
fn leavers_are_counted_and_told_once() {
    let mut scene = leaving().tell(told(LEFT, "1")).tell(told(LEFT, "1")).tell(told(LEFT, "2")).tell(told(LEFT, "3"));
    scene.recent = Recent { newcomers: 0, leavers: 3 };
    scene.guard.leavers_per_day = Some(5);
    assert_eq!(scene.verdicts(), [Verdict::Disable, Verdict::Skip, Verdict::Disable, Verdict::Hold]);
}

#[test]
fn an_account_that_is_not_ours_waits_unless_it_is_allowed() {
    let mut scene = leaving().tell(told(LEFT, "1"));
    scene.people = vec![Person { user_id: Some(account("1").id), ..person(1, "1") }];
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Hold && why.contains("not onboarded"), "{why}");
    scene.guard.allow = vec![address("1")];
    assert_eq!(scene.verdicts(), [Verdict::Disable]);
}

#[test]
fn an_administrator_is_held_unless_allowed() {
    let admin = Account { user_type: UserType::DocSpaceAdmin, ..account("1") };
    let mut scene = leaving().accounts(vec![admin]).tell(told(LEFT, "1"));
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Hold && why.contains("administers"), "{why}");
    scene.guard.allow = vec![account("1").id];
    assert_eq!(scene.verdicts(), [Verdict::Disable]);
}

#[test]
fn the_owner_of_the_portal_and_that_of_the_key_are_never_touched() {
    let owner = Account { is_owner: true, ..account("1") };
    let mut scene = leaving().accounts(vec![owner]).tell(told(LEFT, "1"));
    scene.guard.allow = vec![address("1")];
    assert_eq!(scene.only().0, Verdict::Hold);
    let mut look = Look::new(vec![account("1")], false);
    look.owner = Some(account("1").id);
    scene.look = Some(look);
    assert!(scene.only().1.contains("API key"), "{:?}", scene.only());
    assert!(scene.asked()["docspace"].owner);
}

#[test]
fn without_a_look_the_ledger_says_whose_account_it_is() {
    let mut scene = leaving().tell(told(LEFT, "1")).tell(told(LEFT, "4")).tell(told(LEFT, "5"));
    scene.people.push(Person { user_id: Some(account("4").id), ..person(4, "4") });
    scene.look = None;
    assert_eq!(scene.verdicts(), [Verdict::Disable, Verdict::Hold, Verdict::Skip]);
}

#[test]
fn an_account_that_is_gone_or_disabled_is_left() {
    let gone = leaving().accounts(Vec::new()).tell(told(LEFT, "1"));
    assert_eq!(gone.only().0, Verdict::Skip);
    let disabled = Account { status: 2, ..account("1") };
    assert_eq!(leaving().accounts(vec![disabled]).tell(told(LEFT, "1")).only().0, Verdict::Skip);
}

#[test]
fn who_is_hired_and_leaves_in_one_simulation_is_made_and_disabled() {
    let scene = leaving().tell(hired("9")).tell(told(LEFT, "9"));
    assert_eq!(scene.verdicts(), [Verdict::Create, Verdict::Disable]);
}

#[test]
fn somebody_who_is_back_is_enabled() {
    let back = || Event { starts_on: Some("2026-08-01".to_owned()), ..hired("1") };
    let left = Person { left_at: Some(now()), ends_on: Some("2026-01-31".to_owned()), ..ours(1, "1") };
    let enable = |status| {
        let mut scene = leaving().accounts(vec![Account { status, ..account("1") }]).tell(back());
        scene.rules = vec![rule(EventKind::EmployeeHired, Action::Enable(Enable {}))];
        scene.rules.push(rule(EventKind::EmployeeHired, Action::Onboard(onboard())));
        scene.people = vec![left.clone()];
        scene.verdicts()
    };
    assert_eq!(enable(1), [Verdict::Skip, Verdict::Skip]);
    assert_eq!(enable(2), [Verdict::Enable, Verdict::Skip], "once it is enabled it is known, and nobody has to look");
}

#[test]
fn a_mover_is_told_what_changes() {
    let group = |name: &str, number: u8| Group { id: format!("{}{number}", &ID[..35]), name: name.to_owned() };
    let wanted = Update { user_type: Some(UserType::RoomAdmin), groups: Some(vec!["Sales".to_owned()]), rooms: None };
    let mut scene = Scene::default().tell(told(EventKind::EmployeeUpdated, "1"));
    scene.rules = vec![rule(EventKind::EmployeeUpdated, Action::Update(wanted))];
    let (old, new, own) = (group("Support", 1), group("Sales", 2), group("Chess", 3));
    let granted = Grant { kind: GrantKind::Group, id: old.id.clone() };
    scene.people = vec![Person { grants: vec![granted], ..ours(1, "1") }];
    let stands = |user_type, groups| {
        let mut look = Look::new(vec![Account { user_type, groups, ..account("1") }], false);
        look.groups = Some(vec![old.clone(), new.clone(), own.clone()]);
        Some(look)
    };
    scene.look = stands(UserType::User, vec![old.clone(), own.clone()]);
    let (verdict, why) = scene.only();
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::Move, "from User to RoomAdmin; into the group Sales; out of the group Support")
    );
    scene.look = stands(UserType::RoomAdmin, vec![new.clone(), own.clone()]);
    assert_eq!(scene.only().0, Verdict::Skip);
    scene.people = vec![Person { user_id: Some(account("1").id), ..person(1, "1") }];
    let (verdict, why) = scene.only();
    assert!(verdict == Verdict::Skip && why.contains("not onboarded"), "{why}");
}
