//! The stage: a directory of its own with a configuration, and the real program in it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::actors::{Process, Sandbox};
use crate::wire::{hmac, request};

pub(crate) const USHER: &str = env!("CARGO_BIN_EXE_usher");
pub(crate) const API_KEY: &str = "sk-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub(crate) const HR_SECRET: &str = "hr-secret-of-the-stage-1";
pub(crate) const DOCSPACE_SECRET: &str = "docspace-secret-of-stage";

/// How long anything that should happen soon may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// A port that nobody listens on: below those that the system gives to outgoing connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub(crate) fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).display().to_string()
}

/// Ask until there is an answer.
pub(crate) fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_within(SOON, what, ask)
}

/// The same for what takes longer.
pub(crate) fn until_within<T>(limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// What a command that ended left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Exit code 0.
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The log lines left out: what the command itself said on standard error.
    pub(crate) fn notes(&self) -> String {
        self.err.lines().filter(|line| !line.starts_with('{')).map(|line| format!("{line}\n")).collect()
    }
}

/// A directory with a configuration.
pub(crate) struct Place {
    dir: TempDir,
    pub(crate) public: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) portal: SocketAddr,
}

impl Place {
    /// With nothing in it.
    pub(crate) fn empty() -> Self {
        let address = || SocketAddr::from(([127, 0, 0, 1], free_port()));
        Self { dir: tempfile::tempdir().unwrap(), public: address(), admin: address(), portal: address() }
    }

    /// With the usual configuration.
    pub(crate) fn usual() -> Self {
        let place = Self::empty();
        let Self { public, admin, portal, .. } = &place;
        place.write(
            "usher.toml",
            &format!(
                r#"[server]
listen = "{public}"
[admin]
listen = "{admin}"
[docspace]
url = "http://{portal}"
api_key = {{ file = "secrets/api_key" }}
[sources.own]
connector = "generic-hmac"
secrets = [{{ file = "secrets/hr" }}]
[sources.bamboohr]
connector = "bamboohr"
secrets = [{{ file = "secrets/hr" }}]
[sources.docspace]
connector = "docspace"
secrets = [{{ file = "secrets/docspace" }}]
[[rules]]
on = "employee.hired"
onboard = {{ type = "User" }}
[[rules]]
on = "user.activated"
congratulate = {{ via = ["sendcongratulations"], key = "welcome_guest" }}
"#
            ),
        );
        place.write("secrets/api_key", API_KEY);
        place.write("secrets/hr", HR_SECRET);
        place.write("secrets/docspace", DOCSPACE_SECRET);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Change the configuration.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.read("usher.toml");
        assert!(text.contains(from), "{from} is not in {text}");
        self.write("usher.toml", &text.replace(from, to));
    }

    /// The program with no environment but `env`.
    pub(crate) fn run_with(&self, env: &[(&str, &str)], args: &[&str]) -> Ran {
        let mut command = assert_cmd::Command::new(USHER);
        command.env_clear().envs(env.iter().copied()).current_dir(self.dir.path()).args(args);
        let output = command.timeout(Duration::from_secs(60)).output().unwrap();
        let dir = self.dir.path().display().to_string();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&dir, "DIR");
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(&[], args)
    }

    fn start(&self, args: &[&str], log: &str) -> Process {
        self.start_with(&[], args, log)
    }

    fn start_with(&self, env: &[(&str, &str)], args: &[&str], log: &str) -> Process {
        let log = self.path(log);
        let stderr = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(USHER);
        command.env_clear().env("USHER_LOG", "trace").envs(env.iter().copied());
        command.current_dir(self.dir.path()).args(args);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        Process { child, log }
    }

    /// A server that is on its way up.
    pub(crate) fn begin_serve(&self) -> Process {
        self.start(&["serve"], "serve.log")
    }

    /// A server that is ready.
    pub(crate) fn serve(&self) -> Process {
        self.serve_with(&[])
    }

    /// The same with an environment.
    pub(crate) fn serve_with(&self, env: &[(&str, &str)]) -> Process {
        let mut process = self.start_with(env, &["serve"], "serve.log");
        until("the server is ready", || {
            assert_eq!(process.child.try_wait().unwrap(), None, "{}", process.log());
            (request(self.public, "GET /readyz HTTP/1.1", &[], b"")?.0 == 200).then_some(())
        });
        process
    }

    /// The stand-in portal, posting its webhooks to the server.
    pub(crate) fn sandbox(&self, more: &[&str]) -> Sandbox {
        let listen = self.portal.to_string();
        let hook = format!("http://{}/hooks/docspace", self.public);
        let mut args = vec!["sandbox", "--listen", &listen];
        if !more.contains(&"--webhook-url") {
            args.extend(["--webhook-url", &hook, "--webhook-secret", DOCSPACE_SECRET]);
        }
        args.extend(more);
        let mut process = self.start(&args, "sandbox.log");
        let mut line = String::new();
        BufReader::new(process.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line} {}", process.log()));
        Sandbox { address: address.parse().unwrap(), process }
    }

    /// Sign a hire as a client of its own would and post it; the status, or nothing where nobody answered.
    pub(crate) fn hire(&self, employee: &str, email: &str) -> Option<u16> {
        let data = json!({"employee_id": employee, "email": email, "first_name": "Ada", "last_name": "Example"});
        self.post("own", &json!({"type": "employee.hired", "data": data}).to_string())
    }

    pub(crate) fn post(&self, source: &str, body: &str) -> Option<u16> {
        let signature = format!("x-usher-signature: sha256={}", hmac(HR_SECRET, body));
        let head = [signature.as_str(), "content-type: application/json"];
        Some(request(self.public, &format!("POST /hooks/{source} HTTP/1.1"), &head, body.as_bytes())?.0)
    }

    pub(crate) fn jobs(&self, filter: &[&str]) -> Vec<Json> {
        let mut args = vec!["jobs", "list", "--json"];
        args.extend(filter);
        self.run(&args).good().json().as_array().unwrap().clone()
    }

    /// Wait until no job goes on by itself; all of them.
    pub(crate) fn settled(&self) -> Vec<Json> {
        until("all jobs have ended", || {
            let jobs = self.jobs(&[]);
            let is_open = |job: &Json| job["state"] == "ready" || job["state"] == "running";
            (!jobs.is_empty() && !jobs.iter().any(is_open)).then_some(jobs)
        })
    }
}
