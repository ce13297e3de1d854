//! The shape of the crate, checked: layers, names, and what may stand where.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a tree that cannot be read has failed")]

#[path = "layering/layer_proofs.rs"]
mod layer_proofs;
#[path = "layering/layers.rs"]
mod layers;
#[path = "layering/rules.rs"]
mod rules;
#[path = "layering/source.rs"]
mod source;
#[path = "layering/text_proofs.rs"]
mod text_proofs;
#[path = "layering/texts.rs"]
mod texts;

use std::fs;
use std::path::{Path, PathBuf};

use rules::Breach;

fn root() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it for tests"))
}

/// Every file below `folder`, as paths from `root` with forward slashes, sorted.
fn files(root: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(root, &path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<String> {
    let mut files = files(&root(), "src");
    files.retain(|file| Path::new(file).extension().is_some_and(|ending| ending == "rs"));
    assert!(files.len() > 20, "there is hardly anything to read");
    files
}

fn refuse(breaches: &[Breach]) {
    let lines: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "breaches: {}\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn every_file_keeps_to_the_rules_of_its_layer() {
    let read = |file: &String| rules::file(file, &fs::read_to_string(root().join(file)).unwrap());
    let breaches: Vec<Breach> = rust_files().iter().flat_map(read).collect();
    refuse(&breaches);
}

#[test]
fn the_map_and_the_list_name_every_module_and_nothing_else() {
    let mut modules: Vec<String> =
        rust_files().iter().filter_map(|file| layers::module(file)).map(str::to_owned).collect();
    modules.dedup();
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    refuse(&layers::map(&modules, &lib));
}

#[test]
fn queries_live_in_the_store_only() {
    let queries = files(&root(), "src")
        .into_iter()
        .filter(|file| Path::new(file).extension().is_some_and(|ending| ending == "sql"));
    let strays: Vec<String> = queries.filter(|file| !file.starts_with("src/store/")).collect();
    assert!(strays.is_empty(), "SQL outside src/store: {strays:?}");
}

#[test]
fn every_connector_has_a_recorded_request() {
    let mut tables = files(&root(), "src/connectors");
    // A platform that cannot post has no [auth], and no request.
    tables.retain(|file| fs::read_to_string(root().join(file)).unwrap().lines().any(|line| line == "[auth]"));
    let names = tables.iter().filter_map(|file| file.strip_prefix("src/connectors/")?.strip_suffix(".toml"));
    let connectors: Vec<String> = names.map(str::to_owned).collect();
    assert!(!connectors.is_empty(), "there is no connector to look at");
    let recorded = files(&root(), "fixtures");
    let fixtures: Vec<String> = recorded.iter().map(|file| file.replacen("fixtures/", "", 1)).collect();
    refuse(&texts::unexercised(&connectors, &fixtures));
}
