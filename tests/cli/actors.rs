//! Running programs: any of them, and the stand-in portal.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::stage::API_KEY;
use crate::wire::request;

/// A running program; it ends with the test.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) log: PathBuf,
}

impl Process {
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Send a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Wait for the end: how it ended, and how long it took.
    pub(crate) fn ended(&mut self, within: Duration) -> (ExitStatus, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, began.elapsed());
            }
            assert!(began.elapsed() < within, "not ended within {within:?}: {}", self.log());
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The stand-in portal.
pub(crate) struct Sandbox {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

impl Sandbox {
    pub(crate) fn state(&self) -> Json {
        let (status, body) = request(self.address, "GET /_sandbox/state HTTP/1.1", &[], b"").unwrap();
        assert_eq!(status, 200);
        serde_json::from_str(&body).unwrap()
    }

    /// Give an order of the control interface.
    pub(crate) fn order(&self, path: &str, body: &Json) -> u16 {
        let line = format!("POST /_sandbox/{path} HTTP/1.1");
        request(self.address, &line, &["content-type: application/json"], body.to_string().as_bytes()).unwrap().0
    }

    pub(crate) fn fault(&self, fault: &Json) {
        assert_eq!(self.order("faults", fault), 200);
    }

    /// A call of an administrator's, such as `GET /group`; its response.
    pub(crate) fn call(&self, line: &str, body: &Json) -> Json {
        let authorization = format!("authorization: Bearer {API_KEY}");
        let head = [authorization.as_str(), "content-type: application/json"];
        let line = format!("{} HTTP/1.1", line.replace(' ', " /api/2.0"));
        let (status, answer) = request(self.address, &line, &head, body.to_string().as_bytes()).unwrap();
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str::<Json>(&answer).unwrap()["response"].clone()
    }

    /// Make accounts of the people with these numbers; their ids.
    pub(crate) fn make_accounts(&self, from: u32, to: u32) -> Vec<Json> {
        let account = |number| {
            let email = format!("p{number}@corp.example");
            json!({"email": email, "firstName": "Ada", "lastName": "Lovelace", "type": "User"})
        };
        (from..to).map(|number| self.call("POST /people", &account(number))["id"].clone()).collect()
    }

    pub(crate) fn users(&self) -> Vec<String> {
        texts(&self.state()["users"], "email")
    }

    /// Kinds of the mails to an address.
    pub(crate) fn mails(&self, email: &str) -> Vec<String> {
        let state = self.state();
        let mails = state["mails"].as_array().unwrap().iter().filter(|mail| mail["to"] == email).cloned();
        texts(&Json::Array(mails.collect()), "kind")
    }

    pub(crate) fn activate(&self, email: &str) {
        let state = self.state();
        let user = state["users"].as_array().unwrap().iter().find(|user| user["email"] == email).unwrap();
        assert_eq!(self.order(&format!("people/{}/activate", user["id"].as_str().unwrap()), &json!({})), 200);
    }
}

fn texts(list: &Json, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}
