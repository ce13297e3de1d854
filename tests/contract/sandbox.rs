//! `usher sandbox` as a process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value as Json, json};

use crate::server::exchange;
use crate::workplace::Workplace;

const KEY: &str = "sk-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct Sandbox {
    child: Child,
    address: String,
    key: String,
}

impl Sandbox {
    fn start(key: &str, args: &[&str]) -> Self {
        let workplace = Workplace::new("");
        let mut all = vec!["sandbox", "--listen", "127.0.0.1:0"];
        all.extend(args);
        let mut child = workplace.command(&all).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address, key: key.to_owned() }
    }

    /// A call with the key and a JSON body.
    fn call(&self, method: &str, path: &str, body: &Json) -> (u16, Json) {
        let key = format!("Bearer {}", self.key);
        let (status, body) = exchange(
            &self.address,
            method,
            path,
            &[("Authorization", &key), ("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        );
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn create(&self, email: &str) -> String {
        let member = json!({ "email": email, "firstName": "Ada", "lastName": "Example", "type": "User" });
        let (status, answer) = self.call("POST", "/api/2.0/people", &member);
        assert_eq!(status, 200, "{answer}");
        answer["response"]["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_prints_its_address_takes_its_key_and_tells_its_state() {
    let sandbox = Sandbox::start(KEY, &[]);
    let id = sandbox.create("ada@example.com");
    let (_, state) = sandbox.call("GET", "/_sandbox/state", &Json::Null);
    assert_eq!(state["api_key"], KEY);
    let user = &state["users"][0];
    assert_eq!((&user["id"], &user["email"]), (&json!(id), &json!("ada@example.com")));
    assert_eq!((&user["status"], &user["activationStatus"]), (&json!(1), &json!(2)));
    assert_eq!(
        (&state["mails"][0]["to"], &state["mails"][0]["kind"]),
        (&json!("ada@example.com"), &json!("activation"))
    );
    let call = &state["calls"][0];
    assert_eq!(
        (&call["method"], &call["path"], &call["status"]),
        (&json!("POST"), &json!("/api/2.0/people"), &json!(200))
    );
    assert_eq!((state["users"].as_array().unwrap().len(), state["calls"].as_array().unwrap().len()), (1, 1));

    let other = Sandbox::start("sk-other", &["--api-key", "sk-other"]);
    assert_eq!(other.call("GET", "/api/2.0/people/@self", &Json::Null).0, 200);
    let (status, body) =
        exchange(&other.address, "GET", "/api/2.0/people/@self", &[("Authorization", "sk-other")], b"");
    assert_eq!((status, body.as_slice()), (401, &b""[..]));
}

#[test]
fn somebody_activates_once() {
    let sandbox = Sandbox::start(KEY, &[]);
    let id = sandbox.create("ada@example.com");
    let activate = |id: &str| exchange(&sandbox.address, "POST", &format!("/_sandbox/people/{id}/activate"), &[], b"");
    let (status, user) = activate(&id);
    let user: Json = serde_json::from_slice(&user).unwrap();
    assert_eq!((status, &user["id"], &user["activationStatus"]), (200, &json!(id), &json!(1)));
    assert_eq!(activate(&id).0, 409);
    assert_eq!(activate("00000000-0000-4000-8000-000000000000").0, 404);
    assert_eq!(activate("ada").0, 404);
}

#[test]
fn strict_refuses_every_congratulation_key_and_otherwise_the_published_one_is_taken() {
    for (args, status) in [(&[][..], 200), (&["--strict"][..], 403)] {
        let sandbox = Sandbox::start(KEY, args);
        let id = sandbox.create("ada@example.com");
        let send = |key: &str| {
            let path = format!("/api/2.0/portal/sendcongratulations?Userid={id}&Key={key}");
            exchange(&sandbox.address, "POST", &path, &[], b"").0
        };
        assert_eq!((send("welcome_guest"), send("birthday")), (status, 403));
        let (_, state) = sandbox.call("GET", "/_sandbox/state", &Json::Null);
        let congratulated = state["mails"].as_array().unwrap().iter().any(|mail| mail["kind"] == "congratulation");
        assert_eq!(congratulated, status == 200);
    }
}

#[test]
fn faults_are_ordered_in_json_and_a_reset_forgets_them() {
    let sandbox = Sandbox::start(KEY, &[]);
    let own = || sandbox.call("GET", "/api/2.0/people/@self", &Json::Null).0;
    let order = |fault: Json| sandbox.call("POST", "/_sandbox/faults", &fault).0;
    assert_eq!(
        order(
            json!({ "method": "GET", "path": "/api/2.0/people/@self", "status": 503, "headers": { "Retry-After": "7" } })
        ),
        200
    );
    assert_eq!((own(), own()), (503, 200));
    assert_eq!(order(json!({ "status": 429, "times": 2, "body": { "a": 1 } })), 200);
    assert_eq!((own(), own(), own()), (429, 429, 200));
    assert_eq!(order(json!({ "status": 500, "times": 9 })), 200);
    assert_eq!(sandbox.call("POST", "/_sandbox/reset", &Json::Null).0, 200);
    assert_eq!(own(), 200);
    for wrong in [json!({ "drop": "middle" }), json!({ "status": 99 }), json!({ "colour": "blue" }), json!([])] {
        assert_eq!(order(wrong), 400);
    }
}
