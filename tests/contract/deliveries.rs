//! What a server takes for the same delivery, and what becomes of one it cannot map.

use serde_json::{Value as Json, json};

use crate::acme::{ACME, RULE};
use crate::conditions::CONGRATULATE;
use crate::server::Server;
use crate::workplace::{Workplace, signature};

const LISTENERS: &str = "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[docspace]\nurl = \"http://127.0.0.1:9\"\napi_key = { file = \"secret\" }\n";

struct Scene {
    workplace: Workplace,
    server: Server,
}

impl Scene {
    fn new(connector: &str, source: &str) -> Self {
        let workplace = Workplace::with_connector(connector, &format!("{RULE}{LISTENERS}{source}"));
        let server = Server::start(&workplace);
        Self { workplace, server }
    }

    fn post(&self, source: &str, header: &str, entry: &str, body: &Json) {
        let body = body.to_string();
        let value = format!("{entry}{}", signature(&[body.as_bytes()]));
        assert_eq!(self.server.post(source, &[(header, &value)], body.as_bytes()), 200, "{body}");
    }

    fn deliveries(&self) -> usize {
        let ended = self.workplace.run(&["deliveries", "list", "--json"]);
        ended.json().as_array().unwrap().len()
    }

    /// The jobs, once none is left to do.
    fn jobs(&self) -> Vec<Json> {
        for _ in 0..100 {
            let jobs = self.workplace.run(&["jobs", "list", "--json"]).json();
            let jobs = jobs.as_array().unwrap().clone();
            let is_at_work =
                |job: &Json| job["kind"] == "process" && ["ready", "running"].contains(&job["state"].as_str().unwrap());
            if !jobs.is_empty() && !jobs.iter().any(is_at_work) {
                return jobs;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the jobs do not end");
    }
}

/// Signed over the body alone, so that the server's clock does not matter.
fn acme() -> String {
    ACME.replace("{timestamp}.{body}", "{body}").replace("timestamp =", "# timestamp =").replace("v1={sig}", "{sig}")
}

#[test]
fn any_known_key_makes_a_delivery_seen_and_its_unknown_keys_become_known() {
    let source = "[sources.docspace]\nconnector = \"docspace\"\nsecrets = [SECRET]\n";
    let scene = Scene::new(&acme(), source);
    let post = |event: i64, created: &str, name: &str| {
        let body = json!({
            "event": { "id": event, "createOn": created, "trigger": "user.updated" },
            "payload": { "id": "u-1", "firstName": name },
            "webhook": { "id": 3 },
        });
        scene.post("docspace", "x-docspace-signature-256", "sha256=", &body);
        scene.deliveries()
    };
    assert_eq!(post(1, "2026-09-01T10:00:00Z", "Ada"), 1);
    assert_eq!(post(1, "2026-09-01T10:00:00Z", "Ada"), 1, "the same again");
    assert_eq!(post(2, "2026-09-01T10:00:00Z", "Ada"), 1, "a retry by hand has a new event id");
    assert_eq!(post(2, "2026-09-01T10:00:00Z", "Eve"), 1, "which is known from then on");
    assert_eq!(post(3, "2026-09-01T10:00:00Z", "Bob"), 2, "two updates within one second differ in the payload");
    assert_eq!(post(4, "2026-09-01T10:00:01Z", "Bob"), 3);
}

#[test]
fn a_key_with_a_missing_part_is_left_out_and_sources_do_not_share_keys() {
    let scene = Scene::new(&acme(), "[sources.twin]\nconnector = \"acme\"\nsecrets = [SECRET]\n");
    let post = |source: &str, body: Json| {
        scene.post(source, "x-acme-signature", "", &body);
        scene.deliveries()
    };
    assert_eq!(post("acme", json!({ "account": 1, "delivery_id": "a", "employees": [] })), 1);
    assert_eq!(post("acme", json!({ "account": 1, "delivery_id": "a", "employees": [], "again": true })), 1);
    assert_eq!(post("twin", json!({ "account": 1, "delivery_id": "a", "employees": [] })), 2);
    assert_eq!(post("acme", json!({ "account": 1, "employees": [] })), 3);
    assert_eq!(post("acme", json!({ "account": 1, "employees": [], "other": true })), 4);
}

#[test]
fn a_delivery_that_cannot_be_mapped_is_kept_as_a_dead_job_and_one_bad_item_dies_alone() {
    let scene = Scene::new(&acme(), "");
    scene.post("acme", "x-acme-signature", "", &json!({ "account": 1, "delivery_id": 1 }));
    let jobs = scene.jobs();
    assert_eq!((jobs.len(), &jobs[0]["state"]), (1, &json!("dead")), "{jobs:?}");
    assert!(jobs[0]["reason"].as_str().unwrap().contains("body.employees"), "{jobs:?}");

    let person = |id: Json, email: &str| json!({ "action": "Created", "id": id, "work_email": email });
    let employees =
        [person(json!(1), "one@example.com"), person(json!(2), "nobody"), person(json!(3), "three@example.com")];
    scene.post("acme", "x-acme-signature", "", &json!({ "account": 1, "delivery_id": 2, "employees": employees }));
    let jobs = scene.jobs();
    let count = |kind: &str, dead: bool| {
        jobs.iter().filter(|job| job["kind"] == kind && (job["state"] == "dead") == dead).count()
    };
    assert_eq!((count("onboard", false), count("process", true), count("process", false)), (2, 2, 1), "{jobs:?}");
}

#[test]
fn an_activation_told_again_and_again_is_congratulated_once() {
    let source = "[sources.inhouse]\nconnector = \"generic-hmac\"\nsecrets = [SECRET]\n";
    let scene = Scene::new(&acme(), &format!("{source}{CONGRATULATE}"));
    let told = [
        json!({ "type": "user.created", "data": { "user_id": "u-1", "status": 1, "activation_status": 2 } }),
        json!({ "type": "user.activated", "data": { "user_id": "u-1" } }),
        json!({ "type": "user.activated", "data": { "user_id": "U-1", "title": "again" } }),
        json!({ "type": "user.updated", "data": { "user_id": "u-1", "status": 1, "activation_status": 1 } }),
        json!({ "type": "user.activated", "data": { "user_id": "u-2", "status": 2 } }),
    ];
    for body in &told {
        scene.post("inhouse", "x-usher-signature", "sha256=", body);
    }
    assert_eq!(scene.deliveries(), told.len());
    let jobs = scene.jobs();
    assert_eq!(jobs.iter().filter(|job| job["kind"] == "congratulate").count(), 1, "{jobs:?}");
}

#[test]
fn two_headers_of_one_name_that_matter_are_refused_and_others_are_not() {
    let scene = Scene::new(&acme(), "");
    let body = json!({ "account": 1, "delivery_id": 1, "employees": [] }).to_string();
    let right = signature(&[body.as_bytes()]);
    let post = |headers: &[(&str, &str)]| scene.server.post("acme", headers, body.as_bytes());
    assert_eq!(post(&[("x-acme-signature", &right), ("X-Acme-Signature", &right)]), 401);
    assert_eq!(post(&[("x-acme-signature", &right), ("x-other", "1"), ("x-other", "2")]), 200);
}
