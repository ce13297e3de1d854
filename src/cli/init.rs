//! `usher init`: a configuration to begin with.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

use crate::hooks::secret;
use crate::sandbox::DEFAULT_API_KEY;

use super::output::{Failure, Out, note};

const TEMPLATE: &str = include_str!("init.toml");
/// What to do next, with an example of the platform that the template names.
const NEXT: &str = include_str!("init_next.txt");

pub(super) fn run(config: &Path, out: &mut Out) -> Result<(), Failure> {
    let base = config.parent().unwrap_or_else(|| Path::new(""));
    let secrets = base.join("secrets");
    let files = [
        (secrets.join("docspace_api_key"), SecretString::from(DEFAULT_API_KEY)),
        (secrets.join("docspace_webhook"), secret::fresh()?),
        (secrets.join("hr_webhook"), secret::fresh()?),
    ];
    if config.exists() {
        return Err(Failure::failed(format!("{} exists already; nothing was changed", config.display())));
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&secrets)
        .with_context(|| format!("cannot make {}", secrets.display()))?;
    for (path, secret) in &files {
        if path.exists() {
            out.line(format!("kept {}", path.display()))?;
            continue;
        }
        write(path, &format!("{}\n", secret.expose_secret()), 0o600)?;
        out.line(format!("wrote {}", path.display()))?;
    }
    write(config, TEMPLATE, 0o644)?;
    out.line(format!("wrote {}", config.display()))?;
    note(NEXT.trim_end());
    Ok(())
}

fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
