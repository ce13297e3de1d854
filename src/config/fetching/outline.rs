//! What `[sources.NAME.fetch]` says that is no secret, for those who ask nobody.

use serde_json::Value as Json;

use crate::config::SecretPlace;

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
