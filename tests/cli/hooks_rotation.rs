//! `usher hooks install --rotate`: a new secret while webhooks are on their way.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use usher::sandbox::Settings;

use crate::portal::{Portal, reachable, taken, wait_taken};
use crate::stage::{Place, until};
use crate::wire::{hmac, request};

fn usual(_: &mut Settings) {}

fn rotate(place: &Place) -> String {
    place.run(&["hooks", "install", "--rotate"]).good().out
}

/// Post as DocSpace does, signed with this secret.
fn post(place: &Place, secret: &str, number: u32) -> u16 {
    let body = json!({"event": {"id": number, "createOn": "2026-08-03T08:00:00Z", "trigger": "file.created"},
        "payload": {"id": number}, "webhook": {"id": 1, "name": "usher", "triggers": ["*"]}})
    .to_string();
    let signature = format!("x-docspace-signature-256: sha256={}", hmac(secret.trim_end(), &body));
    request(place.public, "POST /hooks/docspace HTTP/1.1", &[&signature], body.as_bytes()).unwrap().0
}

#[test]
fn both_secrets_are_live_after_a_rotation_with_one_file() {
    let place = reachable();
    let _portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&["hooks", "install"]).good();
    let former = place.read("secrets/docspace");
    assert_eq!(post(&place, &former, 0), 200);
    assert!(rotate(&place).contains("stays valid in a running `usher serve` for 15 minutes"));
    let fresh = place.read("secrets/docspace");
    assert_ne!(fresh, former);
    assert_eq!((post(&place, &former, 1), post(&place, &fresh, 2), post(&place, &former, 3)), (200, 200, 200));
    assert_eq!(post(&place, "nobody's secret", 4), 401);
}

#[test]
fn with_two_files_the_former_secret_moves_to_the_second() {
    let place = reachable();
    place.edit(
        "[{ file = \"secrets/docspace\" }]",
        "[{ file = \"secrets/docspace\" }, { file = \"secrets/docspace_2\" }]",
    );
    place.write("secrets/docspace_2", "an-older-one\n");
    let _portal = Portal::open(&place, usual);
    let server = place.serve();
    place.run(&["hooks", "install"]).good();
    assert_eq!(place.read("secrets/docspace_2"), "an-older-one\n");
    let former = place.read("secrets/docspace");
    assert!(rotate(&place).contains("the former one is in "));
    let fresh = place.read("secrets/docspace");
    assert_eq!(place.read("secrets/docspace_2"), former);
    assert_eq!((post(&place, &fresh, 1), post(&place, &former, 2), post(&place, "an-older-one", 3)), (200, 200, 200));
    drop(server);
    let _server = place.serve();
    assert_eq!((post(&place, &fresh, 4), post(&place, &former, 5), post(&place, "an-older-one", 6)), (200, 200, 401));
}

#[test]
fn no_webhook_is_refused_while_secrets_are_replaced_again_and_again() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let server = place.serve();
    place.run(&["hooks", "install"]).good();
    let done = AtomicBool::new(false);
    let joined = std::thread::scope(|scope| {
        let joining = scope.spawn(|| {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) {
                portal.join(&format!("p{count}@corp.example"));
                count += 1;
            }
            count
        });
        for count in 1..6 {
            if count > 1 {
                rotate(&place);
            }
            until("the secret is taken over", || {
                (server.log().matches("secrets have changed").count() == count).then_some(())
            });
        }
        done.store(true, Ordering::Relaxed);
        joining.join().unwrap()
    });
    portal.settle();
    wait_taken(&place, joined * 2);
    assert!(joined > 0 && !server.log().contains("bad_signature"), "{}", server.log());
}

#[test]
fn a_rotation_that_the_portal_refuses_puts_both_files_back() {
    let place = reachable();
    place.edit(
        "[{ file = \"secrets/docspace\" }]",
        "[{ file = \"secrets/docspace\" }, { file = \"secrets/docspace_2\" }]",
    );
    place.write("secrets/docspace_2", "an-older-one\n");
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&["hooks", "install"]).good();
    let former = place.read("secrets/docspace");
    portal.fault(json!({"method": "PUT", "path": "/settings/webhook", "status": 400, "body": {
        "error": {"message": "No"}, "status": 1, "statusCode": 400}}));
    let refused = place.run(&["hooks", "install", "--rotate"]);
    assert!(refused.code == Some(1) && refused.err.contains("Nothing was changed"), "{refused:#?}");
    assert_eq!((place.read("secrets/docspace"), place.read("secrets/docspace_2").as_str()), (former, "an-older-one\n"));
    portal.join("ada@corp.example");
    wait_taken(&place, 2);
}

#[test]
fn a_rotation_that_nobody_answered_is_made_sure_of() {
    let place = reachable();
    let portal = Portal::open(&place, usual);
    let _server = place.serve();
    place.run(&["hooks", "install"]).good();
    let installed = place.read("secrets/docspace");
    portal.fault(json!({"method": "PUT", "path": "/settings/webhook", "drop": "after"}));
    rotate(&place);
    portal.join("ada@corp.example");
    portal.settle();
    let count = taken(&place);
    assert!(count >= 2, "{count}");
    portal.fault(json!({"method": "PUT", "path": "/settings/webhook", "drop": "after", "times": 2}));
    let open = place.run(&["hooks", "install", "--rotate"]);
    assert_eq!(open.code, Some(1));
    assert!(open.err.contains("Nobody knows") && open.err.contains("again"), "{open:#?}");
    assert!(place.path("secrets/docspace.former").exists());
    let again = place.run(&["hooks", "install"]).good();
    assert!(again.out.contains("new secret"), "{again:#?}");
    assert!(!place.path("secrets/docspace.former").exists());
    assert_ne!(place.read("secrets/docspace"), installed);
    portal.join("bob@corp.example");
    portal.settle();
    assert_eq!(taken(&place), count * 2);
}
