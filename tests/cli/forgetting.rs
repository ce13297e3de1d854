//! Forgetting people with the real program.

use serde_json::json;

use crate::stage::{Place, until};

const ADA: &str = "ada.zebediah@corp.example";
const BOB: &str = "bob@corp.example";

fn hire(place: &Place, employee: &str, email: &str, last: &str) {
    let data = json!({"employee_id": employee, "email": email, "first_name": "Quixotina", "last_name": last});
    assert_eq!(place.post("own", &json!({"type": "employee.hired", "data": data}).to_string()), Some(200));
}

/// Whether a text stands in a file of the store.
fn is_stored(place: &Place, text: &str) -> bool {
    let files = std::fs::read_dir(place.path("")).unwrap().map(|entry| entry.unwrap().path());
    let mut stores = files.filter(|path| path.display().to_string().contains("usher.db"));
    stores.any(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(text))
}

#[test]
fn somebody_is_listed_and_then_forgotten_beside_a_running_server() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let server = place.serve();
    hire(&place, "EMP-QX-4711", ADA, "Zebediah");
    hire(&place, "8", BOB, "Example");
    until("two accounts", || (portal.users().len() == 2).then_some(()));
    portal.activate(ADA);
    until("the congratulation", || (portal.mails(ADA).len() == 2).then_some(()));
    place.settled();
    let dry = place.run(&["people", "forget", ADA, "--dry-run"]).good();
    assert!(
        dry.out.starts_with("person 1 at portal docspace: Quixotina Zebediah, ada.zebediah@corp.example\n"),
        "{dry:#?}"
    );
    assert!(dry.out.contains("2 job(s), 0 of them not done") && dry.out.contains("with a body"), "{dry:#?}");
    assert!(dry.notes().contains("nothing was erased"), "{dry:#?}");
    assert!(is_stored(&place, ADA), "nothing was done");

    let done = place.run(&["people", "forget", ADA]).good();
    let told = done.out.lines().last().unwrap();
    assert!(told.starts_with("forgotten: 1 row(s), 2 job(s), 0 of them cancelled, "), "{done:#?}");
    let notes = done.notes();
    let state = portal.state();
    let user = state["users"].as_array().unwrap().iter().find(|user| user["email"] == ADA).unwrap();
    let user = user["id"].as_str().unwrap();
    assert!(notes.contains(&format!("the account {user} at portal docspace stays")), "{done:#?}");
    assert!(notes.contains("backups") && notes.contains("HR platform"), "{done:#?}");
    for secret in [ADA, "Zebediah", "EMP-QX-4711", user] {
        assert!(!is_stored(&place, secret), "{secret}");
    }
    assert!(is_stored(&place, BOB));
    assert!(!server.log().contains("zebediah"), "{}", server.log());

    let list = place.run(&["people", "list"]).good();
    assert!(list.out.contains("(forgotten)") && list.out.contains(BOB), "{list:#?}");
    let show = place.run(&["people", "show", "1"]).good();
    assert!(show.out.contains("forgotten      20"), "{show:#?}");
    assert_eq!(place.run(&["people", "forget", ADA]).code, Some(1), "nobody is known by that any more");
    let again = place.run(&["people", "forget", "--person", "1"]).good();
    assert!(again.out.contains("nothing to do: forgotten before"), "{again:#?}");
    let audit = place.run(&["audit", "--json"]).good();
    assert!(!audit.out.contains("zebediah"), "{audit:#?}");
    let acts = audit.json();
    assert_eq!(
        (acts.as_array().unwrap().len(), &acts[0]["what"], &acts[0]["subject"]),
        (1, &json!("forget"), &json!("person 1"))
    );

    // A new hire by hand is no old message.
    let new = place.run(&["people", "invite", "--email", "new@corp.example", "--first", "Ada", "--last", "New"]).good();
    assert!(new.out.ends_with("1 new, 0 known, 0 held, 0 failed\n"), "{new:#?}");
    let back = place.run(&["people", "invite", "--email", ADA, "--first", "Ada", "--last", "Back"]).good();
    assert!(back.out.ends_with("0 new, 1 known, 0 held, 0 failed\n"), "the account is there: {back:#?}");
}

#[test]
fn who_is_not_named_clearly_is_not_forgotten() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    let server = place.serve();
    hire(&place, "2", ADA, "One");
    until("the first", || (portal.users().len() == 1).then_some(()));
    hire(&place, "3", BOB, "Two");
    until("both", || (portal.users().len() == 2).then_some(()));
    place.settled();
    drop(server);
    let refused = place.run(&["people", "forget", "2"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "a row and an employee: {refused:#?}");
    for line in ["names several people", "person 1 at portal docspace", "person 2 at portal docspace"] {
        assert!(refused.err.contains(line), "{line} {refused:#?}");
    }
    assert_eq!(place.run(&["people", "forget", "nobody@corp.example"]).code, Some(1));
    assert_eq!(place.run(&["people", "forget"]).code, Some(2));
    assert_eq!(place.run(&["people", "forget", "2", "--person", "2"]).code, Some(2));
    place.run(&["people", "forget", "--person", "2"]).good();
    let left = place.run(&["people", "list", "--json"]).good().json();
    assert_eq!((&left[0]["email"], &left[1]["email"]), (&json!(ADA), &json!(null)));
    assert!(!is_stored(&place, BOB) && is_stored(&place, ADA));
}

#[test]
fn work_that_is_under_way_is_a_reason_to_wait() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    portal.fault(&json!({"path": "/people", "method": "POST", "delay_ms": 60_000}));
    let _server = place.serve();
    hire(&place, "7", ADA, "Zebediah");
    until("the call is on its way", || {
        (place.jobs(&["--state", "running", "--kind", "onboard"]).len() == 1).then_some(())
    });
    let refused = place.run(&["people", "forget", ADA]);
    assert_eq!(refused.code, Some(1), "{refused:#?}");
    assert!(
        refused.err.contains("is being worked on") && refused.err.contains("try again in a moment"),
        "{refused:#?}"
    );
    assert!(is_stored(&place, ADA));
}
