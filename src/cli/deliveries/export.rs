//! `usher deliveries export`: a stored delivery as a fixture.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Map;

use crate::anonymise::{self, Anonymous, Captured};
use crate::app::SystemClock;
use crate::auth::{self, Outgoing};
use crate::cli::output::{Failure, Out, note};
use crate::config::{Config, Source};
use crate::connector::Input;
use crate::connector::trial::{self, Case, Fault};
use crate::model::{Clock, Delivery, DeliveryId};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number that the list shows.
    id: i64,
    /// Replace names, addresses, ids and all else that is not known to be harmless, and sign anew with the example secret.
    #[arg(long, conflicts_with = "as_is")]
    anonymise: bool,
    /// The exact bytes, with everybody in them.
    #[arg(long)]
    as_is: bool,
    /// Write CASE.http, with CASE.expected.json beside it where it is anonymised; never overwrites. Else it is printed.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Args {
    /// Wrong usage, before anything is read.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if !(self.anonymise || self.as_is) {
            return Err(Failure::usage(
                "a delivery holds people's data. Say --anonymise to have names, addresses, ids and the like replaced, or \
                 --as-is for the exact bytes with everybody in them",
            ));
        }
        let Some(file) = &self.to else { return Ok(()) };
        if file.extension().is_none_or(|extension| extension != "http") {
            return Err(Failure::usage("--to: a fixture is called CASE.http"));
        }
        for file in [file.clone(), file.with_extension("expected.json")] {
            if file.exists() {
                return Err(Failure::failed(format!("{} is there already; name another file", file.display())));
            }
        }
        Ok(())
    }
}

pub(super) async fn run(config: &Config, store: &Store, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let id = DeliveryId(args.id);
    let delivery = store.delivery(id).await?.ok_or_else(|| Failure::failed(format!("there is no delivery {id}")))?;
    let Some(body) = &delivery.body else {
        return Err(Failure::failed(format!(
            "the body of delivery {id} was removed, by retention or because somebody was forgotten; nothing is left to export"
        )));
    };
    let source = config.sources.get(&delivery.source).ok_or_else(|| {
        Failure::failed(format!(
            "the configuration has no source '{}' any more, so that nobody knows what in delivery {id} is secret; put it back",
            delivery.source
        ))
    })?;
    let (request, expected) = match args.anonymise {
        true => anonymised(source, &delivery, body)?,
        false => (as_is(source, &delivery, body)?, None),
    };
    let Some(file) = &args.to else { return out.bytes(&request) };
    write(file, &request, args.as_is)?;
    out.line(format!("wrote {}", file.display()))?;
    if let Some(expected) = expected {
        let beside = file.with_extension("expected.json");
        write(&beside, expected.as_bytes(), false)?;
        out.line(format!("wrote {}", beside.display()))?;
    }
    Ok(())
}

/// The fixture, and what its expected file says where that can be told.
fn anonymised(source: &Source, delivery: &Delivery, body: &[u8]) -> Result<(Vec<u8>, Option<String>), Failure> {
    let connector = &source.connector;
    let captured = Captured { headers: &delivery.headers, body };
    let made =
        anonymise::anonymise(connector, &source.options, captured, fastrand::u64(..)).map_err(Failure::failed)?;
    for path in &made.left {
        note(&format!(
            "look at it: what stood at {path} is still to be found, as the name of a key or in something that was kept"
        ));
    }
    // What signing sets is set anew: a signature, its time, and an id of the delivery.
    let gone = [connector.scheme.headers_set_by_sign(), source.scheme.headers_set_by_sign()].concat();
    let headers = made.headers.iter().filter(|(name, _)| !gone.contains(name));
    let file = text(&format!("/hooks/{}", connector.name), headers, &made.body);
    let request = trial::sign_anew(connector, &file).map_err(Failure::failed)?;
    compare(source, delivery, body, &made);
    let verdict = trial::judge(connector, &Case { name: "exported", request: &request, expected: None, fetched: None });
    for fault in &verdict.faults {
        match fault {
            Fault::Differs { .. } => {}
            Fault::Broken(_) if connector.has_fetch() => note(
                "what the platform answers is kept nowhere: write CASE.fetched.json beside it, with people made up, then \
                 `usher connectors test --update` writes CASE.expected.json",
            ),
            other => note(&format!("the fixture {}", other.what())),
        }
    }
    Ok((request, verdict.told.as_ref().map(trial::expected_text)))
}

/// Say where it does not mean the same any more.
fn compare(source: &Source, delivery: &Delivery, body: &[u8], made: &Anonymous) {
    let before = Input {
        source: &source.name,
        options: &source.options,
        headers: &delivery.headers,
        body,
        fetched: None,
        today: trial::DAY,
    };
    // Fixtures are judged with the connector's own options.
    let after = Input { options: &Map::new(), headers: &made.headers, body: &made.body, ..before };
    let differences = anonymise::differences(&source.connector, &before, &after);
    for difference in &differences {
        note(&format!("it does not map as the delivery did: {difference}"));
    }
    if !differences.is_empty() && !source.options.is_empty() {
        note(&format!(
            "sources.{} has options of its own, and a fixture is judged with those of the connector",
            source.name
        ));
    }
}

/// The request as it was stored. A token that stands in it is that of fixtures.
fn as_is(source: &Source, delivery: &Delivery, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in &delivery.headers {
        let name: HeaderName = name.parse().with_context(|| format!("'{name}' is not a header name"))?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).context("a stored header cannot be written")?);
    }
    let (mut query, mut body) = (String::new(), body.to_vec());
    if !source.scheme.is_signature() {
        let key = source.scheme.key(&source.scheme.example_secret()).map_err(Failure::failed)?;
        let outgoing = Outgoing { query: &mut query, headers: &mut headers, body: &mut body };
        auth::sign_request(&source.scheme, &key, outgoing, SystemClock.now()).map_err(Failure::failed)?;
        note("the token in it is the one of fixtures");
    }
    let target = format!("/hooks/{}", source.name);
    let target = if query.is_empty() { target } else { format!("{target}?{query}") };
    let lossy = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let pairs: Vec<_> = headers.iter().map(|(name, value)| (name.to_string(), lossy(value))).collect();
    Ok(text(&target, pairs.iter(), &body))
}

fn text<'h>(target: &str, headers: impl Iterator<Item = &'h (String, String)>, body: &[u8]) -> Vec<u8> {
    let mut text = format!("POST {target} HTTP/1.1\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    [text.as_bytes(), body].concat()
}

/// Write a new file; one with people in it is for its owner alone.
fn write(file: &Path, bytes: &[u8], is_private: bool) -> Result<(), Failure> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mode = if is_private { 0o600 } else { 0o644 };
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let written = opened.and_then(|mut opened| opened.write_all(bytes));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::failed(format!("{} is there already; name another file", file.display())),
        _ => Failure::failed(format!("cannot write {}: {error}", file.display())),
    })
}
