//! What `[sources.NAME.fetch]` says that is no secret, for those who ask nobody.

use serde_json::Value as Json;

use crate::config::{SecretPlace, Source};
use crate::connector::Call;

/// Where a platform would be asked, and where the credentials are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchOutline {
    /// `base` as written; absent: the connector's.
    pub base: Option<String>,
    /// Each secret by its key, such as `bearer` or `oauth2.client_secret`.
    pub secrets: Vec<(String, SecretPlace)>,
}

impl FetchOutline {
    /// Of the table as written. What is wrong with it is told elsewhere.
    pub(in crate::config) fn of(table: &Json) -> Self {
        let base = table.get("base").and_then(Json::as_str).map(str::to_owned);
        let mut secrets = Vec::new();
        collect("", table, &mut secrets);
        Self { base, secrets }
    }

    /// What is to be done about each secret after it was mended; nothing where there is none.
    #[must_use]
    pub fn mending(&self) -> String {
        let told = |(key, place): &(String, SecretPlace)| match place {
            SecretPlace::Env(name) => {
                format!(
                    "; {key} is the environment variable {name}, and a new value there needs a restart of the server"
                )
            }
            SecretPlace::File(path) => format!("; {key} is in the file {path}, which is read again without a restart"),
        };
        self.secrets.iter().map(told).collect()
    }
}

impl Source {
    /// Method and address of a call to the platform, for people.
    #[must_use]
    pub fn line_of(&self, call: &Call) -> String {
        let connector = || self.connector.fetch.as_ref().and_then(|fetch| fetch.base.as_ref()).map(ToString::to_string);
        let base = self.fetch_outline.base.clone().or_else(connector);
        let base = base.unwrap_or_else(|| format!("(sources.{}.fetch.base)", self.name));
        let method = if call.body.is_some() { "POST" } else { "GET" };
        format!("{method} {}{}", base.trim_end_matches('/'), call.path_and_query)
    }
}

fn collect(key: &str, table: &Json, secrets: &mut Vec<(String, SecretPlace)>) {
    for (name, value) in table.as_object().into_iter().flatten() {
        let path = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
        match SecretPlace::of(value) {
            Some(place) => secrets.push((path, place)),
            None => collect(&path, value, secrets),
        }
    }
}
