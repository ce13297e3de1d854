//! Secrets stand outside the file: `{ env = "NAME" }` or `{ file = "path" }`.

use secrecy::{ExposeSecret, SecretString};

use super::{LookUp, Needs, SecretRef};
use crate::document::{Entry, Section};

/// How to write a secret.
pub(super) const HOW: &str = r#"write { env = "NAME" } or { file = "path" }"#;

/// Whether, and how, secrets are fetched.
pub(super) struct Secrets<'a> {
    pub(super) look_up: &'a LookUp<'a>,
    pub(super) needs: Needs,
}

impl Secrets<'_> {
    /// The value behind a reference, if `wanted`; a reference must be well-formed in any case. `None`
    /// where it is not wanted, or a problem was recorded.
    pub(super) fn read(&self, entry: &Entry<'_>, wanted: bool) -> Option<SecretString> {
        self.look(entry, wanted)?.map_err(|sentence| entry.problem(sentence)).ok()
    }

    /// The same, but that a secret which is not there is no problem: the sentence says why.
    pub(super) fn look(&self, entry: &Entry<'_>, wanted: bool) -> Option<Result<SecretString, String>> {
        if entry.json().is_string() {
            entry.problem(format!("a secret is never written into this file; {HOW}"));
            return None;
        }
        let section = entry.section()?;
        let env = name(&section, "env");
        let file = name(&section, "file");
        let reference = match (&env, &file) {
            (Some(name), None) => SecretRef::Env(name.as_deref()?),
            (None, Some(path)) => SecretRef::File(path.as_deref()?),
            (Some(_), Some(_)) => {
                entry.problem(format!("has env and file; {HOW}"));
                return None;
            }
            (None, None) => {
                entry.problem(format!("does not say where the secret is; {HOW}"));
                return None;
            }
        };
        section.finish("a secret has env or file");
        if !wanted {
            return None;
        }
        Some((self.look_up)(reference).and_then(|value| {
            let (value, place) = match reference {
                SecretRef::Env(name) => {
                    let value = Some(SecretString::from(value)).filter(|value| !value.expose_secret().is_empty());
                    (value, format!("the environment variable {name}"))
                }
                SecretRef::File(path) => (secret_of_file(value), format!("the file {path}")),
            };
            value.ok_or_else(|| format!("{place} is empty; put the secret there"))
        }))
    }
}

/// `Some(None)` if the key is there but unusable.
fn name(section: &Section<'_>, key: &str) -> Option<Option<String>> {
    let entry = section.get(key)?;
    let name = entry.text();
    if name.as_deref().is_some_and(|name| name.is_empty() || name.contains('\0')) {
        entry.problem("is empty; name the place of the secret");
        return Some(None);
    }
    Some(name)
}

/// The secret in a file of this text; `None` where it is empty. Editors and `echo` end a file with a newline that is no
/// part of the secret.
#[must_use]
pub fn secret_of_file(text: String) -> Option<SecretString> {
    let text = SecretString::from(text);
    let secret = text.expose_secret();
    let secret = secret.strip_suffix('\n').map_or(secret, |secret| secret.strip_suffix('\r').unwrap_or(secret));
    (!secret.is_empty()).then(|| SecretString::from(secret))
}
