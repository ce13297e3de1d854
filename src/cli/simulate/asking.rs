//! What the platforms answer about thin payloads, while they are simulated: from files, or by asking as a server does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::input::{Found, NO_EVENT, Thin, item};
use crate::app::{self, SystemClock};
use crate::cli::output::{Failure, note};
use crate::config::{Needs, SourceFetch};
use crate::connector::{Call, Input};
use crate::fetch::{FetchError, Fetcher};
use crate::model::{Clock, Event};
use crate::process;
use crate::simulation::Item;

/// The platforms that may be asked, and what they have answered so far: one person is often told of several times.
#[derive(Default)]
struct Desk {
    /// By source; none of those that are not asked.
    fetchers: BTreeMap<String, Fetcher>,
    answers: BTreeMap<(String, String), Result<Json, String>>,
}

/// Every item, completed where a platform is to be asked.
pub(super) async fn answered(
    file: &Path,
    found: Vec<Found>,
    is_silent: bool,
    now: Timestamp,
) -> Result<Vec<Item>, Failure> {
    let mut desk = Desk::default();
    let asks = |found: &&Found| matches!(found, Found::Thin(thin) if thin.given.is_none());
    let thin = found.iter().filter(asks).count();
    if thin > 0 {
        let what = if is_silent { "is not asked" } else { "is asked, as often in a minute as its source says" };
        note(&format!("{thin} request(s) tell only a part; for the rest the platform {what}"));
    }
    if thin > 0 && !is_silent {
        desk.fetchers = fetchers(file)?;
    }
    let mut items = Vec::with_capacity(found.len());
    for found in found {
        match found {
            Found::Item(item) => items.push(*item),
            Found::Thin(thin) => {
                let told = complete(&mut desk, &thin, now).await;
                if told.is_empty() {
                    note(&format!("{}: {NO_EVENT}", thin.place));
                }
                items.extend(told.into_iter().map(|told| item(&thin.source, &thin.place, told)));
            }
        }
    }
    Ok(items)
}

/// What asks the platforms of all sources that are asked. Only a whole configuration has the credentials.
fn fetchers(file: &Path) -> Result<BTreeMap<String, Fetcher>, Failure> {
    let loaded = app::load(file, Needs::Everything).map_err(|problems| {
        let mut lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        lines.push("add --no-fetch to simulate without asking the platforms".to_owned());
        Failure::Usage(lines)
    })?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let asked = loaded.config.sources.iter().filter_map(|(name, source)| Some((name, source.fetch.as_ref()?)));
    let fetcher = |(name, fetch): (&String, &SourceFetch)| {
        let fetcher = Fetcher::new(name, fetch.clone(), Arc::clone(&clock));
        let fetcher = fetcher.map_err(|error| Failure::failed(format!("source {name}: {error}")))?;
        Ok((name.clone(), fetcher))
    };
    asked.map(fetcher).collect()
}

/// What one thin request tells, item by item.
async fn complete(desk: &mut Desk, thin: &Thin, now: Timestamp) -> Vec<Result<Event, String>> {
    let Thin { source, headers, body, given, .. } = thin;
    let input = process::input(source, headers, body, None, now);
    let (parts, bad) = match source.connector.thin(&input) {
        Ok(found) => found,
        Err(problem) => return vec![Err(problem.to_string())],
    };
    let mut told: Vec<_> = bad.into_iter().map(|bad| bad.result.map_err(|problem| problem.to_string())).collect();
    for part in parts {
        let answer = match (part.call, given) {
            (None, _) => Ok(None),
            (Some(Err(problem)), _) => Err(problem.to_string()),
            (Some(Ok(_)), Some(given)) => Ok(Some(given.clone())),
            (Some(Ok(call)), None) => desk.ask(&source.name, &call).await.map(Some),
        };
        let input = |fetched| Input { fetched, ..input };
        match answer {
            Err(problem) => told.push(Err(problem)),
            Ok(fetched) => match source.connector.map_item(&input(fetched.as_ref()), &part.of, part.item) {
                Ok(mapped) => told.extend(mapped.into_iter().map(|one| one.result.map_err(|p| p.to_string()))),
                Err(problem) => told.push(Err(problem.to_string())),
            },
        }
    }
    told
}

impl Desk {
    /// What the platform of a source answers, or why that is not known.
    async fn ask(&mut self, source: &str, call: &Call) -> Result<Json, String> {
        let Some(fetcher) = self.fetchers.get(source) else {
            return Err("the platform is to be asked about it, and was not".to_owned());
        };
        let question = (source.to_owned(), format!("{} {:?}", call.path_and_query, call.body));
        if let Some(answer) = self.answers.get(&question) {
            return answer.clone();
        }
        let answer = loop {
            match fetcher.ask(call).await {
                // Our own limit is used up: a server has its queue wait, here nobody else wants the time.
                Err(FetchError::Limited { after, .. }) => tokio::time::sleep(after).await,
                answer => break answer,
            }
        };
        let answer = answer.map_err(|error| format!("the platform gave no answer: {error}"));
        self.answers.insert(question, answer.clone());
        answer
    }
}
