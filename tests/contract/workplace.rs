//! A directory with a configuration, secrets and requests, and the binary run in it.

use std::path::Path;
use std::process::{Command, Output};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value as Json;
use sha2::Sha256;
use tempfile::TempDir;

/// The secret of every source, unless a test writes another.
pub(crate) const SECRET: &str = "Example-Secret-1";

/// The moment at which requests are explained, Unix seconds: 2026-09-01T10:00:00Z.
pub(crate) const NOW: i64 = 1_788_256_800;

pub(crate) struct Workplace {
    dir: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Workplace {
    /// With this configuration, in which `SECRET` stands for a reference to [`SECRET`].
    pub(crate) fn new(config: &str) -> Self {
        let workplace = Self { dir: tempfile::tempdir().unwrap() };
        workplace.write("secret", SECRET);
        workplace.configure(config);
        workplace
    }

    /// With one source, named after its connector.
    pub(crate) fn with_source(connector: &str, rest: &str) -> Self {
        Self::new(&format!("[sources.{connector}]\nconnector = \"{connector}\"\nsecrets = [SECRET]\n{rest}"))
    }

    /// With one source `acme` whose connector is this text in a configured directory.
    pub(crate) fn with_connector(text: &str, rest: &str) -> Self {
        let workplace = Self::with_source("acme", &format!("{rest}\n[connectors]\ndirectory = \"connectors.d\"\n"));
        workplace.write("connectors.d/acme.toml", text);
        workplace
    }

    pub(crate) fn configure(&self, config: &str) {
        self.write("usher.toml", config.replace("[SECRET]", "[{ file = \"secret\" }]"));
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The binary in this directory, with nothing of the environment's own configuration.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.current_dir(self.path()).env_remove("USHER_CONFIG").args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.command(args).output().unwrap().into()
    }

    /// `usher explain --json` of a file with these bytes, as of [`NOW`].
    pub(crate) fn explain(&self, source: &str, file: &[u8]) -> Ended {
        self.explain_at(source, file, NOW)
    }

    pub(crate) fn explain_at(&self, source: &str, file: &[u8], at: i64) -> Ended {
        self.write("request.http", file);
        self.run(&["explain", "request.http", "--source", source, "--at", &at.to_string(), "--json"])
    }

    /// What the source `acme` makes of a body, whether or not it is signed.
    pub(crate) fn told(&self, body: &Json) -> Json {
        self.explain("acme", body.to_string().as_bytes()).json()
    }
}

/// A request file.
pub(crate) fn request(headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut file = b"POST /hooks/acme HTTP/1.1\n".to_vec();
    for (name, value) in headers {
        file.extend(format!("{name}: {value}\n").bytes());
    }
    file.push(b'\n');
    file.extend(body);
    file
}

/// HMAC-SHA256 of the parts in lower-case hex, keyed with [`SECRET`].
pub(crate) fn signature(parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    for part in parts {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}
