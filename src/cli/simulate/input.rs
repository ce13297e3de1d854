//! What is to be simulated, and the copy of the ledger that it is simulated on.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use csv::StringRecord;
use jiff::Timestamp;

use crate::app::{self, Loaded};
use crate::auth::{self, Incoming, Reject};
use crate::config::{Needs, Source};
use crate::connector::event_of;
use crate::ledger::{Keys, Recent};
use crate::model::{Delivery, Event, EventKind};
use crate::process;
use crate::simulation::{Book, Item};
use crate::store::Snapshot;

use super::{Args, yesterday};
use crate::cli::output::{Failure, note};
use crate::cli::sheet;
use crate::cli::sign::{self, Request};

/// The items in order, and the ledger as it is now.
pub(super) fn read(file: &Path, loaded: &Loaded, args: &Args, now: Timestamp) -> Result<(Book, Vec<Item>), Failure> {
    let source = args.source.as_deref().map(|name| sign::source(loaded, name)).transpose()?;
    let mut items = Vec::new();
    if let Some(source) = &source {
        // Only a whole configuration has the secrets, and nothing but the look at signatures needs them.
        let whole = app::load(file, Needs::SourcesOnly).ok();
        let keyed = whole.and_then(|whole| whole.config.sources.get(&source.name).cloned());
        for path in &args.files {
            match path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
                true => items.extend(staff(path, source)?),
                false => items.extend(fixture(path, source, keyed.as_deref(), now)?),
            }
        }
    }
    let path = loaded.store_path();
    let Some(snapshot) = Snapshot::open(&path)? else {
        note(&format!("there is no store at {} yet: nobody is known", path.display()));
        return Ok((Book::default(), items));
    };
    if let Some(since) = args.since {
        items = stored(&snapshot, loaded, since, source.as_deref(), now)?;
    }
    let mut keys = Keys::default();
    for item in &items {
        if let Ok(event) = &item.told {
            keys.add(&item.source, event);
        }
    }
    let recent: Recent = snapshot.recent(yesterday(now))?;
    let people = snapshot.people()?;
    let waiting = snapshot.waiting(&people)?;
    Ok((Book::new(people, recent, snapshot.forgotten(&keys)?).with_waiting(waiting), items))
}

/// The items of one request to `source`.
fn map(source: &Source, place: &str, headers: &[(String, String)], body: &[u8], now: Timestamp) -> Vec<Item> {
    let item =
        |told| Item { source: source.name.clone(), portal: source.portal.clone(), place: place.to_owned(), told };
    match process::map(source, headers, body, now) {
        Err(problem) => vec![item(Err(problem.to_string()))],
        Ok(mapped) => mapped.into_iter().map(|mapped| item(mapped.result.map_err(|p| p.to_string()))).collect(),
    }
}

/// The items of one fixture. That a server would not take it is told where `keyed` has the secrets of the source.
fn fixture(file: &Path, source: &Source, keyed: Option<&Source>, now: Timestamp) -> Result<Vec<Item>, Failure> {
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
    let items = map(source, &place, &auth::kept_headers(&source.scheme, &headers), &body, now);
    if items.is_empty() {
        note(&format!("{place}: no event: the connector takes nothing from this request"));
    }
    Ok(items)
}

/// A list of people, one event for each.
fn staff(file: &Path, source: &Source) -> Result<Vec<Item>, Failure> {
    let events = sheet::read(file, columns, event)?;
    let item = |event| Item {
        source: source.name.clone(),
        portal: source.portal.clone(),
        place: file.display().to_string(),
        told: Ok(event),
    };
    Ok(events.into_iter().map(item).collect())
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
) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    let mut removed = 0;
    snapshot.deliveries(since, |delivery| {
        if only.is_some_and(|only| only.name != delivery.source) {
            return;
        }
        let Delivery { id, source, headers, body, .. } = delivery;
        let place = format!("delivery {id}");
        match (loaded.config.sources.get(&source), body) {
            (_, None) => removed += 1,
            (Some(source), Some(body)) => items.extend(map(source, &place, &headers, &body, now)),
            (None, Some(_)) => {
                let told = Err(format!("the configuration has no source '{source}' any more"));
                items.push(Item { source, portal: String::new(), place, told });
            }
        }
    })?;
    if removed > 0 {
        note(&format!(
            "{removed} delivery(ies) left out: their bodies are gone, by retention or because somebody was forgotten"
        ));
    }
    Ok(items)
}
