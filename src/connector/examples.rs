//! The fixtures of the embedded connectors: requests with made-up people, for whoever has nothing but the program.

/// Connector, file name and content of every fixture of an embedded connector, sorted; written by `build.rs`.
const EMBEDDED: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// The files of an embedded connector's fixtures, by name: `CASE.http`, `CASE.expected.json` and, for a thin payload,
/// `CASE.fetched.json`. Empty for a connector that the program does not have.
#[must_use]
pub fn examples(connector: &str) -> Vec<(&'static str, &'static [u8])> {
    let own = EMBEDDED.iter().filter(|(of, ..)| *of == connector);
    own.map(|(_, name, bytes)| (*name, *bytes)).collect()
}
