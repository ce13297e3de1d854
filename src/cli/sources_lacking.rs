//! What a source lacks to be served, as far as it can be told from here: the environment of a server may be another.

use std::fs;

use crate::app::Loaded;
use crate::config::{SecretPlace, Source, secret_of_file};

/// What is missing: a few words for the table, and a sentence with what to do.
pub(super) struct Lack {
    pub(super) state: &'static str,
    pub(super) told: String,
}

/// The first thing that is missing, if any.
pub(super) fn lack(loaded: &Loaded, source: &Source) -> Option<Lack> {
    secret(loaded, source).or_else(|| fetch(loaded, source)).or_else(|| assumptions(source))
}

fn secret(loaded: &Loaded, source: &Source) -> Option<Lack> {
    let is_in_file = |place: &SecretPlace| matches!(place, SecretPlace::File(_));
    let is_known = !source.awaits_secret && source.secret_places.iter().all(is_in_file);
    (is_known && !loaded.has_secret(source)).then(|| Lack {
        state: "lacks secret",
        told: format!("sources.{}.secrets: no file there holds a secret that can be used", source.name),
    })
}

fn fetch(loaded: &Loaded, source: &Source) -> Option<Lack> {
    let (wanted, outline, name) = (source.connector.fetch.as_ref()?, &source.fetch_outline, &source.name);
    let has = |key: &str| outline.secrets.iter().any(|(kept, _)| kept.eq_ignore_ascii_case(key));
    let is_of =
        |kept: &str, kind: &str| kept == kind || kept.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.'));
    let takes = |kept: &str| wanted.auth.iter().any(|kind| is_of(kept, kind.as_str()));
    if wanted.base.is_none() && outline.base.is_none() {
        let told = format!(
            "sources.{name}.fetch.base is missing: where the platform is asked for what its webhooks leave out"
        );
        return Some(Lack { state: "lacks fetch.base", told });
    }
    let mut lacks: Vec<String> = Vec::new();
    if !wanted.auth.is_empty() && !outline.secrets.iter().any(|(kept, _)| takes(kept)) {
        lacks.push(wanted.auth.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" or "));
    }
    let headers = wanted.secret_headers.iter().map(|header| format!("headers.{header}"));
    lacks.extend(headers.filter(|key| !has(key)));
    if !lacks.is_empty() {
        let told = format!(
            "[sources.{name}.fetch] lacks {}: credentials for asking the platform what its webhooks leave out",
            lacks.join(" and ")
        );
        return Some(Lack { state: "lacks fetch credentials", told });
    }
    let empty = outline.secrets.iter().find(|(_, place)| is_empty(loaded, place));
    empty.map(|(key, place)| Lack {
        state: "lacks fetch credentials",
        told: format!("sources.{name}.fetch.{key}: the {place} holds no secret, or cannot be read"),
    })
}

fn is_empty(loaded: &Loaded, place: &SecretPlace) -> bool {
    match place {
        SecretPlace::Env(_) => false,
        SecretPlace::File(path) => fs::read_to_string(loaded.base.join(path)).ok().and_then(secret_of_file).is_none(),
    }
}

fn assumptions(source: &Source) -> Option<Lack> {
    let assumed: Vec<_> = source.connector.evidence.assumed().into_iter().collect();
    if assumed.is_empty() || source.accepts_assumptions {
        return None;
    }
    let told = format!(
        "source {}: of the connector {} the {} is assumed, not proven; `usher serve` wants accept_assumptions = true, after a look \
         with `usher explain` at what the platform really sends",
        source.name,
        source.connector.name,
        assumed.join(" and the ")
    );
    Some(Lack { state: "lacks accept_assumptions", told })
}
