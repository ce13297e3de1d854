//! An empty directory, ports of its own, and bash.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::page;

/// The addresses of the page: webhooks, metrics, sandbox, mail catcher.
const WRITTEN: [&str; 4] = ["127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:8090", MAIL];
const MAIL: &str = "127.0.0.1:2525";

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Shell {
    directory: tempfile::TempDir,
    addresses: [String; 4],
    running: BTreeMap<String, Child>,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        copy_fixtures(&directory.path().join("fixtures"));
        Self { directory, addresses: free_addresses(), running: BTreeMap::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn with_addresses(&self, text: &str) -> String {
        let pairs = WRITTEN.iter().zip(&self.addresses);
        let text = pairs.fold(text.to_owned(), |text, (written, real)| text.replace(written, real));
        // The mail server's address also stands in two parts.
        text.replace(&port(MAIL), &port(&self.addresses[3]))
    }

    /// Put our addresses into a file that a command has written.
    pub(crate) fn readdress(&self, name: &str) {
        let text = std::fs::read_to_string(self.path(name)).expect("the file can be read");
        for address in WRITTEN {
            assert!(text.contains(address), "{name} does not name {address}, but the README does");
        }
        std::fs::write(self.path(name), self.with_addresses(&text)).expect("the file can be written");
    }

    fn bash(&self, script: &str) -> Command {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_usher"));
        let programs = program.parent().expect("the program lies in a directory").display();
        let path = std::env::var("PATH").unwrap_or_default();
        // The sandbox listens where it always does unless told otherwise.
        let listen = format!("usher sandbox --listen {}", self.addresses[2]);
        let script = self.with_addresses(script).replace("usher sandbox", &listen);
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &script]).current_dir(self.directory.path());
        command.env("PATH", format!("{programs}:{path}")).env("NO_PROXY", "*").env("no_proxy", "*");
        for variable in ["USHER_CONFIG", "USHER_LOG"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Run to the end; what it wrote to standard output.
    pub(crate) fn run(&self, name: &str, script: &str) -> String {
        let ended = self.bash(script).output().expect("bash runs");
        let (told, said) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(ended.status.success(), "{name}: {}\n{script}\n--- stdout\n{told}\n--- stderr\n{said}", ended.status);
        told.into_owned()
    }

    /// Start, in place of the one of the same name, and wait until it answers.
    pub(crate) fn start(&mut self, name: &str, script: &str) {
        if let Some(before) = self.running.remove(name) {
            end(before);
        }
        let log = self.path(&format!("{name}.log"));
        let file = || File::options().create(true).append(true).open(&log).expect("a log file");
        let mut command = self.bash(&format!("exec {script}"));
        let child = command.stdout(file()).stderr(file()).spawn().expect("bash runs");
        self.running.insert(name.to_owned(), child);
        let (address, path) = match name {
            "serve" => (&self.addresses[0], "/readyz"),
            "sandbox" => (&self.addresses[2], "/_sandbox/state"),
            other => panic!("how is one to know that {other} is ready?"),
        };
        let ready = wait_until(|| get(address, path).filter(|answer| answer.starts_with("HTTP/1.1 200")).is_some());
        assert!(ready, "{name} does not answer:\n{}", std::fs::read_to_string(&log).unwrap_or_default());
    }

    /// What Usher tells operators.
    pub(crate) fn metrics(&self) -> String {
        get(&self.addresses[1], "/metrics").expect("the admin listener answers")
    }

    /// What the sandbox has to tell.
    pub(crate) fn state(&self) -> Json {
        let answer = get(&self.addresses[2], "/_sandbox/state").expect("the sandbox answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer with a body");
        serde_json::from_str(body).expect("JSON")
    }

    /// Addresses of the sandbox's users.
    pub(crate) fn users(&self) -> Vec<String> {
        texts(&self.state()["users"], "email")
    }

    /// Kinds of the letters to an address, oldest first.
    pub(crate) fn letters(&self, to: &str) -> Vec<String> {
        let mails = self.state()["mails"].as_array().cloned().unwrap_or_default();
        texts(&mails.into_iter().filter(|mail| mail["to"] == to).collect(), "kind")
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        std::mem::take(&mut self.running).into_values().for_each(end);
    }
}

/// As Ctrl-C does.
fn end(mut child: Child) {
    let asked = Command::new("bash").args(["-c", &format!("kill -INT {}", child.id())]).status();
    let ended = asked.is_ok() && wait_until(|| matches!(child.try_wait(), Ok(Some(_))));
    if !ended {
        let _ = child.kill();
        let _ = child.wait();
    }
}

pub(crate) fn wait_until(mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// An address's port, as a configuration has it.
fn port(address: &str) -> String {
    format!("port = {}", address.rsplit(':').next().unwrap_or_default())
}

fn texts(list: &Json, field: &str) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// The whole answer to a GET.
fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Four free ports below the range that the system hands out by itself, so that nobody gets one of them meanwhile.
fn free_addresses() -> [String; 4] {
    let first = 20_000 + u16::try_from(std::process::id() % 3_000).expect("below 3,000") * 4;
    let ports = (first..32_000).chain(20_000..first);
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    std::array::from_fn(|_| format!("127.0.0.1:{}", free.next().expect("a free port")))
}

fn copy_fixtures(to: &std::path::Path) {
    let copied = Command::new("cp").arg("-r").arg(page::root().join("fixtures")).arg(to).status();
    assert!(copied.is_ok_and(|status| status.success()), "the fixtures can be copied");
}
