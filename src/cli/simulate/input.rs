//! What is to be simulated, and the copy of the ledger that it is simulated on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use csv::StringRecord;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::app::{self, Loaded};
use crate::auth::{self, Incoming, Reject};
use crate::config::{Needs, Source};
use crate::connector::event_of;
use crate::ledger::{Keys, Recent};
use crate::model::{Delivery, Event, EventKind};
use crate::process;
use crate::simulation::{Book, Item};
use crate::store::Snapshot;

use super::{Args, asking, yesterday};
use crate::cli::explain;
use crate::cli::output::{Failure, note};
use crate::cli::sheet;
use crate::cli::sign::{self, Request};

/// What is said of a request that tells nothing.
pub(super) const NO_EVENT: &str = "no event: the connector takes nothing from this request";

/// The items in order, and the ledger as it is now.
pub(super) async fn read(
    file: &Path,
    loaded: &Loaded,
    args: &Args,
    now: Timestamp,
) -> Result<(Book, Vec<Item>), Failure> {
    let source = args.source.as_deref().map(|name| sign::source(loaded, name)).transpose()?;
    let path = loaded.store_path();
    let snapshot = Snapshot::open(&path)?;
    if snapshot.is_none() {
        note(&format!("there is no store at {} yet: nobody is known", path.display()));
    }
    let found = match (&snapshot, args.since) {
        (Some(snapshot), Some(since)) => stored(snapshot, loaded, since, source.as_deref(), now)?,
        _ => files(file, source.as_ref(), args, now)?,
    };
    let items = asking::answered(file, found, args.no_fetch || args.offline, now).await?;
    let book = snapshot.map_or_else(|| Ok(Book::default()), |snapshot| book(&snapshot, &items, now))?;
    Ok((book, items))
}

/// What files tell.
fn files(file: &Path, source: Option<&Arc<Source>>, args: &Args, now: Timestamp) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    if let Some(source) = source {
        // Only a whole configuration has the secrets, and nothing but the look at signatures needs them.
        let whole = app::load(file, Needs::SourcesOnly).ok();
        let keyed = whole.and_then(|whole| whole.config.sources.get(&source.name).cloned());
        for path in &args.files {
            match path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
                true => found.extend(staff(path, source)?),
                false => found.extend(fixture(path, source, keyed.as_deref(), now)?),
            }
        }
    }
    Ok(found)
}

/// A copy of the ledger, as far as the items speak of people.
fn book(snapshot: &Snapshot, items: &[Item], now: Timestamp) -> Result<Book, Failure> {
    let mut keys = Keys::default();
    for item in items {
        if let Ok(event) = &item.told {
            keys.add(&item.source, event);
        }
    }
    let recent: Recent = snapshot.recent(yesterday(now))?;
    let people = snapshot.people()?;
    let waiting = snapshot.waiting(&people)?;
    Ok(Book::new(people, recent, snapshot.forgotten(&keys)?).with_waiting(waiting))
}

/// What is told at one place.
pub(super) enum Found {
    /// An item as it is.
    Item(Box<Item>),
    /// A request whose items are completed by answers of the platform.
    Thin(Thin),
}

/// A request to a source that asks its platform.
pub(super) struct Thin {
    pub(super) source: Arc<Source>,
    pub(super) place: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// What the platform answers, where a file says it.
    pub(super) given: Option<Json>,
}

/// One item, told at this place.
pub(super) fn item(source: &Source, place: &str, told: Result<Event, String>) -> Item {
    Item { source: source.name.clone(), portal: source.portal.clone(), place: place.to_owned(), told }
}

/// What one request to `source` tells.
fn map(
    source: &Arc<Source>,
    place: &str,
    headers: Vec<(String, String)>,
    body: &[u8],
    given: Option<Json>,
    now: Timestamp,
) -> Vec<Found> {
    if source.connector.has_fetch() {
        let (source, place, body) = (Arc::clone(source), place.to_owned(), body.to_vec());
        return vec![Found::Thin(Thin { source, place, headers, body, given })];
    }
    let told = match process::map(source, &headers, body, now) {
        Err(problem) => vec![Err(problem.to_string())],
        Ok(mapped) => mapped.into_iter().map(|mapped| mapped.result.map_err(|p| p.to_string())).collect(),
    };
    if told.is_empty() {
        note(&format!("{place}: {NO_EVENT}"));
    }
    told.into_iter().map(|told| Found::Item(Box::new(item(source, place, told)))).collect()
}

/// The items of one fixture. That a server would not take it is told where `keyed` has the secrets of the source.
fn fixture(file: &Path, source: &Arc<Source>, keyed: Option<&Source>, now: Timestamp) -> Result<Vec<Found>, Failure> {
    let fixture = sign::read(file)?;
    let is_exact = fixture.target.is_some();
    let Request { query, headers, body } = Request::of(&fixture)?;
    let body = Bytes::from(body);
    let place = file.display().to_string();
    if let Some(source) = keyed.filter(|_| is_exact) {
        let incoming = Incoming { query: &query, headers: &headers, body: &body };
        match auth::verify_request(&source.scheme, &source.keys, &source.dedupe, incoming, now) {
            // A request that was kept for a while says nothing of what is simulated.
            Ok(_) | Err(Reject::Stale) => {}
            Err(reject) => note(&format!(
                "{place}: a server would refuse this request with 401 ({}); it is simulated all the same",
                reject.code()
            )),
        }
    }
    let given = explain::fetched(file, None)?;
    Ok(map(source, &place, auth::kept_headers(&source.scheme, &headers), &body, given, now))
}

/// A list of people, one event for each.
fn staff(file: &Path, source: &Source) -> Result<Vec<Found>, Failure> {
    let place = file.display().to_string();
    let events = sheet::read(file, columns, event)?;
    Ok(events.into_iter().map(|event| Found::Item(Box::new(item(source, &place, Ok(event))))).collect())
}

fn columns(head: &StringRecord) -> Result<(), String> {
    let unknown: Vec<_> = head.iter().filter(|column| !Event::FIELDS.contains(column)).collect();
    if !unknown.is_empty() {
        return Err(format!(
            "there is no field {} of events; the first line names the columns, with commas between, each of {}",
            unknown.iter().map(|column| format!("'{column}'")).collect::<Vec<_>>().join(" and no field "),
            Event::FIELDS.join(", ")
        ));
    }
    let doubled =
        head.iter().enumerate().find(|(number, column)| head.iter().take(*number).any(|other| other == *column));
    doubled.map_or(Ok(()), |(_, column)| Err(format!("there are two columns {column}")))
}

fn event(head: &StringRecord, record: &StringRecord) -> Result<Event, String> {
    let fields: BTreeMap<_, _> = head.iter().zip(record.iter()).collect();
    let kind = match fields.get("kind").filter(|kind| !kind.is_empty()) {
        Some(kind) => kind.parse::<EventKind>().map_err(|error| error.to_string())?,
        None => EventKind::EmployeeHired,
    };
    event_of(kind, fields.into_iter().filter(|(name, _)| *name != "kind"))
}

/// What was accepted since then, in the order of acceptance.
fn stored(
    snapshot: &Snapshot,
    loaded: &Loaded,
    since: Timestamp,
    only: Option<&Source>,
    now: Timestamp,
) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    let mut removed = 0;
    snapshot.deliveries(since, |delivery| {
        if only.is_some_and(|only| only.name != delivery.source) {
            return;
        }
        let Delivery { id, source, headers, body, .. } = delivery;
        let place = format!("delivery {id}");
        match (loaded.config.sources.get(&source), body) {
            (_, None) => removed += 1,
            (Some(source), Some(body)) => found.extend(map(source, &place, headers, &body, None, now)),
            (None, Some(_)) => {
                let told = Err(format!("the configuration has no source '{source}' any more"));
                found.push(Found::Item(Box::new(Item { source, portal: String::new(), place, told })));
            }
        }
    })?;
    if removed > 0 {
        note(&format!(
            "{removed} delivery(ies) left out: their bodies are gone, by retention or because somebody was forgotten"
        ));
    }
    Ok(found)
}
