//! What is planned for a day, moved and taken back.

use usher::model::{Event, EventKind, Moment};
use usher::simulation::Verdict;

use crate::scene::{Scene, address, hired, told};

#[test]
fn a_start_date_plans_moves_and_takes_back() {
    let zone = "Europe/Berlin".to_owned();
    let moment = Moment { days: -7, at: jiff::civil::time(9, 0, 0, 0), zone };
    let scene = Scene::with_onboard(|wanted| wanted.before_start = Some(moment));
    let hire = Event { starts_on: Some("2026-09-01".to_owned()), ..hired("1") };
    let later = Event { starts_on: Some("2026-10-01".to_owned()), ..told(EventKind::EmployeeUpdated, "1") };
    let mut scene = scene.tell(hire).tell(later).tell(told(EventKind::EmployeeTerminated, "1"));
    let rows = scene.rows();
    assert_eq!(scene.verdicts(), [Verdict::Plan, Verdict::Plan, Verdict::Unplan], "{rows:#?}");
    let due: Vec<_> = rows.iter().map(|row| row.due_at.map(|at| at.to_string())).collect();
    assert_eq!(due, [Some("2026-08-25T07:00:00Z".to_owned()), Some("2026-09-24T07:00:00Z".to_owned()), None]);
    assert_eq!((rows[2].action.as_deref(), rows[2].email.clone()), (Some("onboard"), Some(address("1"))));
    scene.guard.email_domains = Some(vec!["other.org".to_owned()]);
    let why = scene.rows()[0].why.clone().unwrap();
    assert!(why.starts_with("it will wait then") && why.contains("email_domains"), "{why}");
}

#[test]
fn a_first_day_told_later_plans_what_was_held_for_want_of_it_and_moves_it() {
    let moment = Moment { days: -3, at: "08:00".parse().unwrap(), zone: "UTC".to_owned() };
    let later = |day: &str| Event { starts_on: Some(day.to_owned()), ..told(EventKind::EmployeeUpdated, "1") };
    let scene = Scene::with_onboard(|wanted| wanted.before_start = Some(moment));
    let scene = scene.tell(hired("1")).tell(later("2026-10-01")).tell(later("2026-11-02")).tell(later("2026-07-01"));
    assert_eq!(scene.verdicts(), [Verdict::Hold, Verdict::Plan, Verdict::Plan, Verdict::Create]);
    let due: Vec<_> = scene.rows().iter().filter_map(|row| row.due_at).map(|due| due.to_string()).collect();
    assert_eq!(due, ["2026-09-28T08:00:00Z", "2026-10-30T08:00:00Z"]);
}
