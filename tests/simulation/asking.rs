//! What of a portal is asked for.

use usher::guard::Guard;
use usher::model::Person;

use crate::scene::{PORTAL, Scene, account, address, hired, person};

#[test]
fn everybody_who_may_come_into_question_is_asked_for_whatever_the_limit() {
    let mut scene = Scene::default().tell(hired("1")).tell(hired("2")).tell(hired("1"));
    scene.guard.new_people_per_day = Some(0);
    scene.people = vec![Person { user_id: Some(account("2").id), ..person(7, "2") }];
    let asked = scene.asked().remove(PORTAL).unwrap();
    let people: Vec<_> = asked.people.into_iter().collect();
    assert_eq!(people, [(None, address("1")), (Some(account("2").id), address("2"))]);
    assert!(asked.names && !asked.groups && !asked.owner);
}

#[test]
fn nobody_is_asked_for_whom_the_guard_stops_anyway() {
    let mut scene = Scene::default().tell(hired("1"));
    scene.guard = Guard { email_domains: Some(vec!["other.org".to_owned()]), ..Guard::default() };
    assert!(scene.asked().is_empty());
}

#[test]
fn groups_and_the_owner_are_asked_for_where_they_matter() {
    let mut scene = Scene::with_onboard(|wanted| wanted.groups = vec!["Sales".to_owned()]).tell(hired("1"));
    scene.people = vec![Person { intent_at: Some(person(7, "1").created_at), ..person(7, "1") }];
    let asked = scene.asked().remove(PORTAL).unwrap();
    assert!(asked.groups && asked.owner);
}
