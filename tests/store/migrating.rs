//! A store that an earlier version made goes on with its rows.

use refinery::{Migration, Runner};
use rusqlite::Connection;
use usher::ledger::Keys;
use usher::store::{Change, PersonFilter, Store};

use crate::scene::at;

/// The tables of version 1, with somebody invited and a job that waits.
pub(crate) fn first_version(file: &std::path::Path) {
    let mut conn = Connection::open(file).unwrap();
    let text = include_str!("../../src/store/migrations/V1__initial.sql");
    Runner::new(&[Migration::unapplied("V1__initial", text).unwrap()]).run(&mut conn).unwrap();
    let now = at(0).as_millisecond();
    conn.execute(
        "INSERT INTO people (id, portal, email, account, intent_at, invited_at, created_at) \
         VALUES (7, 'docspace', 'ada@example.com', 'pending', ?1, ?1, ?1)",
        [now],
    )
    .unwrap();
    conn.execute("INSERT INTO employees (source, id, portal, person) VALUES ('hr', '42', 'docspace', 7)", []).unwrap();
    conn.execute(
        "INSERT INTO jobs (kind, state, key, person, portal, due_at, created_at, payload) \
         VALUES ('remind', 'ready', 'remind/1', 7, 'docspace', ?1, ?1, '{}')",
        [now],
    )
    .unwrap();
}

#[tokio::test]
async fn a_store_of_the_first_version_is_brought_up_to_date_with_everybody_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("usher.db");
    first_version(&file);
    let store = Store::open(&file, false).await.unwrap();
    let ada = store.people(PersonFilter::default()).await.unwrap().pop().unwrap();
    assert_eq!((ada.id.0, ada.email.as_deref(), ada.employees[0].id.as_str()), (7, Some("ada@example.com"), "42"));
    assert_eq!(ada.admitted_at, Some(at(0)), "who was invited before counts for the day's limit");
    assert_eq!((ada.left_at, ada.disabled_at, ada.plans.len(), ada.grants.len()), (None, None, 0, 0));
    let claimed = store.claim(crate::scene::claim(0, 5), at(1)).await.unwrap();
    assert_eq!(claimed.actions.len(), 1);
    let keys = Keys { recent: Some(at(-1)), ..Keys::person(ada.id) };
    let recent = store.write(keys, true, at(1), |ledger| (Change::default(), ledger.recent())).await.unwrap();
    assert_eq!((recent.newcomers, recent.leavers), (1, 0));
    store.close().await;
}

#[tokio::test]
async fn what_is_asked_and_changed_while_work_is_done_is_found_by_an_index() {
    let scene = crate::scene::Scene::new().await;
    let conn = scene.other();
    for statement in [
        "SELECT person FROM employees WHERE id = ?1",
        "UPDATE people SET merged_into = ?2 WHERE merged_into = ?1",
        "SELECT id FROM people WHERE merged_into IN (SELECT value FROM json_each(?1))",
    ] {
        let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let steps = plan.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>().unwrap();
        assert!(steps[0].starts_with("SEARCH "), "{statement}: {steps:?}");
    }
}
