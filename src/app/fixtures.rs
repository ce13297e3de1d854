//! Fixtures as they lie in a directory: a folder for each connector, and for each case `CASE.http`, `CASE.expected.json`
//! and, for a thin payload, `CASE.fetched.json`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::connector::trial::Case;
use crate::connector::{Connector, examples};

/// A folder with this file has a configuration of its own: a play with its props, no fixtures of a connector.
const CONFIGURATION: &str = "usher.toml";
const REQUEST: &str = ".http";
const EXPECTED: &str = ".expected.json";
const FETCHED: &str = ".fetched.json";

/// The fixtures of one connector.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// The folder.
    pub path: PathBuf,
    /// Its name: that of the connector.
    pub name: String,
    /// In the order of their names.
    pub cases: Vec<Files>,
    /// Files that belong to no request, by name.
    pub strays: Vec<String>,
}

/// The files of one case, read.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The file's name without `.http`.
    pub name: String,
    /// `NAME.http`.
    pub request: Vec<u8>,
    /// `NAME.expected.json`.
    pub expected: Option<Vec<u8>>,
    /// `NAME.fetched.json`.
    pub fetched: Option<Vec<u8>>,
}

impl Files {
    /// The name and the content of each file.
    #[must_use]
    pub fn written(&self) -> Vec<(String, &[u8])> {
        let parts = [
            (REQUEST, Some(self.request.as_slice())),
            (EXPECTED, self.expected.as_deref()),
            (FETCHED, self.fetched.as_deref()),
        ];
        parts.into_iter().filter_map(|(end, bytes)| Some((format!("{}{end}", self.name), bytes?))).collect()
    }

    /// What is to be judged.
    #[must_use]
    pub fn case(&self) -> Case<'_> {
        Case {
            name: &self.name,
            request: &self.request,
            expected: self.expected.as_deref(),
            fetched: self.fetched.as_deref(),
        }
    }
}

impl Folder {
    /// Where the request of a case is.
    #[must_use]
    pub fn request(&self, case: &str) -> PathBuf {
        self.path.join(format!("{case}{REQUEST}"))
    }

    /// Where the expected file of a case is, or would be.
    #[must_use]
    pub fn expected(&self, case: &str) -> PathBuf {
        self.path.join(format!("{case}{EXPECTED}"))
    }
}

/// Every folder of `directory` that has fixtures in it, by name. Hidden ones are left out, and those with a configuration
/// of their own.
///
/// # Errors
/// Something cannot be read; the text names it.
pub fn read(directory: &Path) -> io::Result<Vec<Folder>> {
    let mut folders = Vec::new();
    for path in listed(directory)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.is_empty() || name.starts_with('.') || !path.is_dir() || path.join(CONFIGURATION).exists() {
            continue;
        }
        let folder = read_folder(path, name)?;
        if !(folder.cases.is_empty() && folder.strays.is_empty()) {
            folders.push(folder);
        }
    }
    Ok(folders)
}

/// The fixtures of a connector: those that come with the program, or those in the folder beside its file. Without any where
/// there is no such folder.
///
/// # Errors
/// Something cannot be read; the text names it.
pub fn of(connector: &Connector) -> io::Result<Folder> {
    let name = connector.name.clone();
    if connector.embedded {
        let files = examples(&name).into_iter().map(|(file, bytes)| (file.to_owned(), bytes.to_vec()));
        return Ok(sorted(PathBuf::new(), name, files));
    }
    let path = Path::new(&connector.file).with_extension("");
    if path.is_dir() { read_folder(path, name) } else { Ok(Folder { path, name, ..Folder::default() }) }
}

fn read_folder(path: PathBuf, name: String) -> io::Result<Folder> {
    let mut files = Vec::new();
    for file in listed(&path)? {
        let Some(file_name) = file.file_name().and_then(|name| name.to_str()) else { continue };
        if [REQUEST, EXPECTED, FETCHED].iter().any(|end| file_name.ends_with(end)) {
            files.push((file_name.to_owned(), bytes(&file)?));
        }
    }
    Ok(sorted(path, name, files))
}

/// Files put together by their cases.
fn sorted(path: PathBuf, name: String, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Folder {
    let mut cases: BTreeMap<String, Files> = BTreeMap::new();
    let mut beside = Vec::new();
    for (file_name, bytes) in files {
        match file_name.strip_suffix(REQUEST) {
            Some(case) => {
                cases.insert(case.to_owned(), Files { name: case.to_owned(), request: bytes, ..Files::default() });
            }
            None => beside.push((file_name, bytes)),
        }
    }
    let mut strays = Vec::new();
    for (file_name, text) in beside {
        let expects = file_name.strip_suffix(EXPECTED).and_then(|case| cases.get_mut(case));
        if let Some(case) = expects {
            case.expected = Some(text);
        } else if let Some(case) = file_name.strip_suffix(FETCHED).and_then(|case| cases.get_mut(case)) {
            case.fetched = Some(text);
        } else {
            strays.push(file_name);
        }
    }
    Folder { path, name, cases: cases.into_values().collect(), strays }
}

/// What is in a directory, by name.
fn listed(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).map_err(|error| named(directory, &error))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    fs::read(file).map_err(|error| named(file, &error))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: cannot be read ({error})", path.display()))
}
