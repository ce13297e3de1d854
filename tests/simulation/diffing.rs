//! What one simulation says differently from another.

use usher::docspace::Account;
use usher::simulation::{Change, Counts, Row, Verdict, diff};

use crate::scene::{Scene, account, hired};

fn rows(employees: &[&str], accounts: Vec<Account>) -> Vec<Row> {
    let scene = Scene::default().accounts(accounts);
    employees.iter().fold(scene, |scene, employee| scene.tell(hired(employee))).rows()
}

#[test]
fn only_what_is_different_is_told() {
    let before = rows(&["1", "2", "3"], Vec::new());
    let now = rows(&["4", "3", "2"], vec![account("2")]);
    let (changes, counts) = diff(&before, &now);
    assert_eq!(counts, Counts { new: 1, gone: 1, changed: 1, same: 1 });
    let told: Vec<_> = changes
        .iter()
        .map(|change| match change {
            Change::New { now } => ("new", now.employee_id.as_deref(), None, Some(now.verdict)),
            Change::Gone { before } => ("gone", before.employee_id.as_deref(), Some(before.verdict), None),
            Change::Changed { before, now } => {
                ("changed", now.employee_id.as_deref(), Some(before.verdict), Some(now.verdict))
            }
        })
        .collect();
    assert_eq!(
        told,
        [
            ("new", Some("4"), None, Some(Verdict::Create)),
            ("changed", Some("2"), Some(Verdict::Create), Some(Verdict::Skip)),
            ("gone", Some("1"), Some(Verdict::Create), None),
        ]
    );
}

#[test]
fn rows_come_back_from_json_as_they_were() {
    let before = rows(&["1", "1", "2"], vec![account("2")]);
    let text = serde_json::to_string(&before).unwrap();
    let read: Vec<Row> = serde_json::from_str(&text).unwrap();
    assert_eq!(read, before);
    assert_eq!(diff(&read, &before), (Vec::new(), Counts { same: 3, ..Counts::default() }));
}

#[test]
fn of_several_events_of_one_person_each_is_compared_with_its_own() {
    let before = rows(&["1"], Vec::new());
    let now = rows(&["1", "1"], Vec::new());
    let (changes, counts) = diff(&before, &now);
    assert_eq!(counts, Counts { new: 1, same: 1, ..Counts::default() });
    assert!(matches!(&changes[..], [Change::New { now }] if now.verdict == Verdict::Skip), "{changes:#?}");
}
