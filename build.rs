//! Lists the connector files under `src/connectors` and their fixtures under `fixtures`, so that adding one takes no Rust.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How the files of an example end.
const PARTS: [&str; 3] = [".http", ".expected.json", ".fetched.json"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/connectors");
    println!("cargo::rerun-if-changed=fixtures");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let (mut connectors, mut examples) = (String::from("&[\n"), String::from("&[\n"));
    for path in listed(&root.join("src/connectors"))? {
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let (name, stem) = (text(path.file_name()), text(path.file_stem()));
        writeln!(connectors, "    ({name:?}, include_str!({:?})),", path.to_string_lossy())?;
        let folder = root.join("fixtures").join(&stem);
        let files = if folder.is_dir() { listed(&folder)? } else { Vec::new() };
        for file in files {
            let name = text(file.file_name());
            if PARTS.iter().any(|part| name.ends_with(part)) {
                writeln!(examples, "    ({stem:?}, {name:?}, include_bytes!({:?})),", file.to_string_lossy())?;
            }
        }
    }
    for (name, mut list) in [("connectors.rs", connectors), ("examples.rs", examples)] {
        list.push_str("]\n");
        std::fs::write(out.join(name), list)?;
    }
    Ok(())
}

/// What is in a directory, by name.
fn listed(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths =
        std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn text(name: Option<&std::ffi::OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().into_owned()
}
