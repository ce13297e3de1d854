//! What the program itself needs at rest.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long the server is left alone before it is looked at.
const REST: Duration = Duration::from_secs(2);

/// Ends the server, whatever happens.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A sentence with the resident memory of `usher serve` that has served nobody yet.
pub(crate) fn measure(dir: &Path) -> String {
    let dir = tempfile::tempdir_in(dir).unwrap();
    let config = dir.path().join("usher.toml");
    let text = r#"
[server]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[docspace]
url = "http://127.0.0.1:1"
api_key = { env = "BENCH_SECRET" }
[sources.own]
connector = "generic-hmac"
secrets = [{ env = "BENCH_SECRET" }]
[[rules]]
on = "employee.hired"
onboard = { type = "User" }
"#;
    std::fs::write(&config, text).unwrap();
    let server = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["serve", "--config"])
        .arg(&config)
        .env("BENCH_SECRET", "a-secret-of-the-bench")
        .env_remove("USHER_LOG")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut server = Guard(server.unwrap());
    let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("serving")), "usher serve did not start");
    std::thread::sleep(REST);
    let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", server.0.id())) else {
        return "Memory at rest is measured on Linux only".to_owned();
    };
    let [all, own] = ["VmRSS:", "RssAnon:"].map(|key| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    });
    format!(
        "Memory of an idle usher serve: {all:.1} MiB resident, {own:.1} MiB of it its own (the rest is the mapped program)"
    )
}
