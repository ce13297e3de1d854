//! What the real server costs while there is nothing it can do.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};
use usher::sandbox::DEFAULT_API_KEY;

use crate::scene::HR_SECRET;
use crate::support::TestApp;
use crate::watching::until;

/// A running `usher serve`, ended with the test.
struct Served {
    child: Child,
    listen: String,
    _dir: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    fn start(t: &TestApp, api_key: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n[docspace]\nurl = \"http://{}\"\n\
             api_key = {{ env = \"API_KEY\" }}\n[sources.own]\nconnector = \"generic-hmac\"\nsecrets = [{{ env = \"HR\" }}]\n\
             [[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n",
            t.portal_address()
        );
        std::fs::write(dir.path().join("usher.toml"), text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_usher"))
            .args(["serve", "--config"])
            .arg(dir.path().join("usher.toml"))
            .env("API_KEY", api_key)
            .env("HR", HR_SECRET)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let listen = loop {
            let line: Json = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            if line["message"] == "serving" {
                break line["listen"].as_str().unwrap().to_owned();
            }
        };
        // The log is read to its end, so that the server never waits for it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, listen, _dir: dir }
    }

    async fn hire(&self, t: &TestApp, title: &str) {
        let data = json!({"employee_id": "7", "email": "ada@corp.example", "first_name": "Ada", "title": title});
        let (headers, body) = t.sign("own", json!({"type": "employee.hired", "data": data}).to_string().into());
        let url = format!("http://{}/hooks/own", self.listen);
        let client = usher::docspace::http_client(&url.parse().unwrap()).unwrap();
        assert_eq!(client.post(url).headers(headers).body(body).send().await.unwrap().status(), 200);
    }

    /// Seconds of processor time so far.
    fn spent(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // Fields 14 and 15 of proc(5), in hundredths of a second on every Linux.
        fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
    }
}

#[tokio::test]
async fn a_server_that_can_do_nothing_costs_next_to_nothing() {
    let (t, slow) = (TestApp::start().await, TestApp::start().await);
    let idle = Served::start(&t, DEFAULT_API_KEY);
    // Its portal is paused once a look at it, or a call, was refused; and a job is due.
    let paused = Served::start(&t, "sk-wrong");
    paused.hire(&t, "one").await;
    // The first job is under way for long, and the second one of the same person is due.
    slow.fault(json!({"path": "/people/email", "delay_ms": 60_000}));
    let blocked = Served::start(&slow, DEFAULT_API_KEY);
    blocked.hire(&slow, "one").await;
    blocked.hire(&slow, "two").await;
    until("the first job is under way", async || slow.calls("GET", "/people/email") == 1).await;
    for (what, server) in [("idle", &idle), ("paused", &paused), ("blocked", &blocked)] {
        comes_to_rest(what, server).await;
    }
    // The first job may have been the one that found out about the key.
    assert!(t.calls("GET", "/people/email") <= 1, "{}", t.calls("GET", "/people/email"));
    assert_eq!(slow.calls("GET", "/people/email"), 1);
}

/// What a start takes may last on a busy machine; whoever has nothing to do and does it in circles never ends.
async fn comes_to_rest(what: &str, server: &Served) {
    let mut spent = Vec::new();
    for _ in 0..10 {
        let before = server.spent();
        tokio::time::sleep(Duration::from_secs(4)).await;
        spent.push(server.spent() - before);
        if spent.last() < Some(&0.4) {
            return;
        }
    }
    panic!("{what}: {spent:?} s in 4 s each");
}
