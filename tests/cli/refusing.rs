//! A right configuration on a machine that does not fit it: exit code 1 and a sentence.

use std::net::TcpListener;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use crate::stage::{Place, Ran, until};

/// What a command says that fails with exit code 1 and no result, logs left out.
fn failed(ran: Ran) -> String {
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:#?}");
    ran.notes()
}

/// What `check` and `serve` say of the store.
fn store_refused(place: &Place) -> (String, String) {
    let check = place.run(&["check"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    let line = check.out.lines().find(|line| line.trim_start().starts_with("store ")).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    (words.join(" "), failed(place.run(&["serve"])))
}

fn store_at(path: &str) -> Place {
    let place = Place::usual();
    place.edit("[docspace]\n", &format!("[store]\nurl = \"sqlite://{path}\"\n[docspace]\n"));
    place
}

#[test]
fn a_port_that_is_taken() {
    let place = Place::usual();
    let port = |text: String, address: std::net::SocketAddr| text.replace(&address.to_string(), "ADDRESS");
    let taken = TcpListener::bind(place.public).unwrap();
    assert_eq!(
        port(failed(place.run(&["serve"])), place.public),
        r##"error: cannot listen on ADDRESS: Address already in use (os error 98); is another program (or another `usher serve`) using the port? Change `[server] listen`
"##
    );
    drop(taken);
    let _taken = TcpListener::bind(place.admin).unwrap();
    assert_eq!(
        port(failed(place.run(&["serve"])), place.admin),
        r##"error: cannot listen on ADDRESS: Address already in use (os error 98); is another program (or another `usher serve`) using the port? Change `[admin] listen`
"##
    );
    assert!(!place.path("usher.db").exists(), "nothing is made before the ports are open");
}

#[test]
fn a_store_in_a_directory_that_is_not_there() {
    let (check, serve) = store_refused(&store_at("nowhere/usher.db"));
    assert_eq!(
        check,
        r##"store FAILED the directory of the store nowhere/usher.db does not exist; make it, or change `url` under [store]"##
    );
    assert_eq!(
        serve,
        r##"error: the directory of the store nowhere/usher.db does not exist; make it, or change `url` under [store]
"##
    );
}

#[test]
fn a_directory_in_place_of_the_store() {
    let place = store_at("data");
    std::fs::create_dir(place.path("data")).unwrap();
    let (check, serve) = store_refused(&place);
    assert_eq!(check, r##"store FAILED the store data is a directory; name a file in `url` under [store]"##);
    assert_eq!(
        serve,
        r##"error: the store data is a directory; name a file in `url` under [store]
"##
    );
}

#[test]
fn a_file_that_is_no_store() {
    let place = store_at("usher.db");
    place
        .write("usher.db", "A text of some length that is certainly not a database of any kind.\n".repeat(20).as_str());
    let (check, serve) = store_refused(&place);
    assert_eq!(
        check,
        r##"store FAILED the store usher.db cannot be opened: the file is not a store of Usher (not an SQLite database); move it away, or change `url` under [store]"##
    );
    assert_eq!(
        serve,
        r##"error: the store usher.db cannot be opened: the file is not a store of Usher (not an SQLite database); move it away, or change `url` under [store]
"##
    );
    assert!(place.read("usher.db").starts_with("A text"));
}

#[test]
fn the_database_of_another_program() {
    let place = store_at("usher.db");
    Connection::open(place.path("usher.db")).unwrap().execute_batch("CREATE TABLE songs (title)").unwrap();
    let (check, serve) = store_refused(&place);
    assert_eq!(
        check,
        r##"store FAILED the store usher.db cannot be opened: it is the database of another program; change `url` under [store]"##
    );
    assert_eq!(
        serve,
        r##"error: the store usher.db cannot be opened: it is the database of another program; change `url` under [store]
"##
    );
}

#[test]
fn a_store_that_another_program_keeps_locked() {
    let place = store_at("usher.db");
    drop(place.serve());
    let locker = Connection::open(place.path("usher.db")).unwrap();
    locker.busy_timeout(Duration::from_secs(10)).unwrap();
    locker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (check, serve) = store_refused(&place);
    assert_eq!(
        check,
        r##"store FAILED usher.db: another program keeps the store locked; end it, or try again in a moment"##
    );
    assert_eq!(
        serve,
        r##"error: the store usher.db: another program keeps the store locked; end it, or try again in a moment
"##
    );
}

#[test]
fn a_store_that_a_server_works_on_already() {
    let place = Place::usual();
    let mut first = place.serve();
    place.edit(&place.public.to_string(), "127.0.0.1:0");
    place.edit(&place.admin.to_string(), "127.0.0.1:0");
    assert_eq!(
        failed(place.run(&["serve"])),
        r##"error: another `usher serve`, or a command that does its work itself, works on usher.db; stop it or let it finish, or give this one another [store] url
"##
    );
    first.signal("TERM");
    assert!(first.ended(Duration::from_secs(10)).0.success());
    let mut second = place.begin_serve();
    until("the second serves", || {
        assert_eq!(second.child.try_wait().unwrap(), None, "{}", second.log());
        (second.log().matches("\"serving\"").count() == 2).then_some(())
    });
}

#[test]
fn lists_of_a_store_that_is_not_there_yet() {
    let place = Place::usual();
    for command in [["jobs", "list"], ["deliveries", "list"], ["people", "list"]] {
        assert_eq!(
            failed(place.run(&command)),
            r##"error: there is no store at usher.db yet; `usher serve` makes it
"##
        );
    }
    assert!(!place.path("usher.db").exists(), "asking leaves nothing behind");
}

#[test]
fn a_portal_that_does_not_answer_is_a_failed_check_and_no_obstacle_for_serve() {
    let place = Place::usual();
    let check = place.run(&["check"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    assert!(check.out.contains("portal") && check.out.contains("FAILED"), "{check:#?}");
    let _server = place.serve();
    assert_eq!(place.hire("1", "ada@corp.example"), Some(200));
}

#[test]
fn a_portal_that_is_closed_for_a_while_is_not_blamed_on_the_key() {
    let place = Place::usual();
    let portal = place.sandbox(&[]);
    for (condition, word) in [("unpaid", "subscription"), ("restoring", "restored"), ("suspended", "suspended")] {
        assert_eq!(portal.order("condition", &json!({ "condition": condition })), 200);
        let check = place.run(&["check"]);
        assert_eq!(check.code, Some(1), "{check:#?}");
        assert!(check.out.contains(word) && !check.out.contains("make a key"), "{check:#?}");
    }
}

#[test]
fn a_mail_server_that_is_not_there_is_a_failed_check() {
    let place = Place::usual();
    let _portal = place.sandbox(&[]);
    let usual = place.read("usher.toml");
    let with = |from: &str| {
        let smtp = format!("[smtp]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nfrom = \"{from}\"\n");
        place.write("usher.toml", &format!("{usual}{smtp}"));
    };
    with("hello@usher.example");
    let check = place.run(&["check"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    let line = check.out.lines().find(|line| line.trim_start().starts_with("smtp")).unwrap_or_default();
    assert!(line.contains("FAILED") && line.contains("127.0.0.1:1"), "{check:#?}");
    with("nobody");
    let serve = place.run(&["serve"]);
    assert_eq!(serve.code, Some(2), "{serve:#?}");
    assert!(serve.err.contains("error: smtp.from: this is no sender"), "{serve:#?}");
}
