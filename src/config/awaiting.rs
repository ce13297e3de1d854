//! Sources that wait for their secret.

use super::{Config, SecretPlace, Source};
use crate::document::Section;

/// Which sources cannot verify anything yet, and what to do next.
pub(super) fn advise(root: &Section<'_>, config: &Config) {
    let Some(sources) = root.section("sources") else { return };
    for source in config.sources.values().filter(|source| source.awaits_secret && source.keys.is_empty()) {
        let section = sources.section(&source.name);
        if let Some(entry) = section.and_then(|section| section.get("awaiting_secret")) {
            entry.problem(format!("{}; until it is there {}. {}", state(source), meanwhile(source), next(source)));
        }
    }
}

fn state(source: &Source) -> String {
    let why: Vec<_> = source.unset.iter().map(|(_, sentence)| sentence.as_str()).collect();
    if why.is_empty() {
        return "the source waits for its secret".to_owned();
    }
    format!("the source waits for its secret ({})", why.join("; "))
}

fn meanwhile(source: &Source) -> &'static str {
    if source.connector.handshakes.is_empty() {
        "every request gets 503: this platform is not known to send a handshake"
    } else {
        "only the platform's handshakes are answered, and webhooks get 503"
    }
}

fn next(source: &Source) -> String {
    let name = &source.name;
    let file = source.secret_places.iter().find_map(|place| match place {
        SecretPlace::File(path) => Some(path),
        SecretPlace::Env(_) => None,
    });
    match (source.connector.tells_secret(), file) {
        (true, Some(file)) => format!(
            "The platform tells it in the first request to /hooks/{name}; then `usher sources secret {name} --save` puts it \
             into {file}, and a running server takes it from there"
        ),
        (true, None) => format!(
            "The platform tells it in the first request to /hooks/{name}, and `usher sources secret {name}` shows it. Write \
             secrets = [{{ file = \"secrets/{name}\" }}], so that --save has a place for it"
        ),
        (false, Some(file)) => format!(
            "The platform does not tell it by itself: put it into {file} as soon as you have it, and a running server takes \
             it from there"
        ),
        (false, None) => format!(
            "The platform does not tell it by itself. Write secrets = [{{ file = \"secrets/{name}\" }}]: what is put into that \
             file is taken by a running server"
        ),
    }
}
