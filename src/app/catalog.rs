//! The catalogue as an installation has it: the embedded connectors and those of a directory.

use std::io;
use std::path::{Path, PathBuf};

use super::problem;
use crate::config;
use crate::connector::Catalog;
use crate::document::{Document, Problem};

/// The embedded connectors and those of the directory that the configuration `text` of `file` names, with every
/// problem of every file there.
///
/// # Errors
/// The embedded ones are broken.
pub fn catalog(file: &Path, text: &str) -> Result<(Catalog, Vec<Problem>), Vec<Problem>> {
    let mut catalog = Catalog::embedded();
    let name = file.display().to_string();
    let Some(directory) = config::connectors_directory(&name, text) else { return Ok((catalog, Vec::new())) };
    let directory = file.parent().unwrap_or(Path::new("")).join(directory);
    let problems = match add_directory(&mut catalog, &directory) {
        Ok(problems) => problems,
        Err(error) => {
            catalog.lose_directory();
            let message = format!("{} cannot be read ({error}); make it, or name another", directory.display());
            at_directory(&name, text, message)?
        }
    };
    Ok((catalog, problems))
}

/// Add every `.toml` file of a directory to a catalogue; gives back every problem of every file.
///
/// # Errors
/// The directory cannot be listed.
pub fn add_directory(catalog: &mut Catalog, directory: &Path) -> io::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for path in connector_files(directory)? {
        let name = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => problems.extend(catalog.add(&name, &text).err().unwrap_or_default()),
            Err(error) => {
                catalog.lose(&name);
                problems.push(problem(&path, &format!("cannot be read ({error})")));
            }
        }
    }
    Ok(problems)
}

fn connector_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<_> = std::fs::read_dir(directory)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    Ok(files)
}

/// A problem of the key that names the directory.
fn at_directory(name: &str, text: &str, message: String) -> Result<Vec<Problem>, Vec<Problem>> {
    let document = Document::parse(name, text)?;
    if let Some(entry) = document.root().section("connectors").and_then(|section| section.get("directory")) {
        entry.problem(message);
    }
    Ok(document.into_problems())
}
