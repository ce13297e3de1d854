//! `usher sign`: the headers that a sender of a source would add to a request, and the query where its token stands
//! there; also the signing for `replay`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::app::{self, Loaded, SystemClock};
use crate::auth::{self, Outgoing};
use crate::config::{Needs, Source};
use crate::fixture::Fixture;
use crate::model::Clock;

use super::output::{Failure, Out, note};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A fixture: an HTTP request, or a bare JSON body.
    file: PathBuf,
    /// The source whose scheme and first secret are used.
    #[arg(long, value_name = "NAME")]
    source: String,
}

pub(super) fn run(config: &Path, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let loaded = app::load(config, Needs::SourcesOnly)?;
    let source = source(&loaded, &args.source)?;
    let fixture = read(&args.file)?;
    let mut request = Request::of(&fixture)?;
    let before = request.clone();
    request.sign(&source)?;
    if request.body != fixture.body {
        note("this scheme signs inside the body, which would change with these headers; `usher replay` sends it so");
    }
    if request.query != before.query || source.scheme.reads_query() {
        out.line(format!("?{}", request.query))?;
    }
    for name in request.headers.keys() {
        if request.headers.get(name) != before.headers.get(name) || is_read(&source, name) {
            for value in request.headers.get_all(name) {
                out.line(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))?;
            }
        }
    }
    Ok(())
}

/// Whether the scheme sets this header although the fixture had the same value.
fn is_read(source: &Source, name: &HeaderName) -> bool {
    source.scheme.headers_set_by_sign().iter().any(|set| set == name.as_str())
}

/// A configured source.
pub(super) fn source(loaded: &Loaded, name: &str) -> Result<Arc<Source>, Failure> {
    loaded.config.sources.get(name).cloned().ok_or_else(|| {
        let names: Vec<_> = loaded.config.sources.keys().cloned().collect();
        Failure::usage(format!("the configuration has no source '{name}'; it has {}", names.join(", ")))
    })
}

/// A fixture file. One that cannot be used is wrong usage: a failure would look like a request that was refused.
pub(super) fn read(file: &Path) -> Result<Fixture, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    Fixture::parse(&bytes).map_err(|error| wrong(&error))
}

/// A request that can be signed and sent.
#[derive(Clone)]
pub(super) struct Request {
    /// What stands after the `?` of the target.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The request that a fixture describes.
    pub(super) fn of(fixture: &Fixture) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in &fixture.headers {
            let name: HeaderName = name.parse().with_context(|| format!("'{name}' is not a header name"))?;
            let value = HeaderValue::from_bytes(value.as_bytes())
                .with_context(|| format!("the value of {name} is not a header value"))?;
            headers.append(name, value);
        }
        let query =
            fixture.target.as_deref().and_then(|target| target.split_once('?')).map(|(_, query)| query.to_owned());
        Ok(Self { query: query.unwrap_or_default(), headers, body: fixture.body.clone() })
    }

    /// Sign with the scheme and the first secret of `source`.
    pub(super) fn sign(&mut self, source: &Source) -> Result<(), Failure> {
        let key = source.keys.first().ok_or_else(|| {
            Failure::usage(format!(
                "sources.{}.secrets: is empty; a request cannot be signed without a secret",
                source.name
            ))
        })?;
        let outgoing = Outgoing { query: &mut self.query, headers: &mut self.headers, body: &mut self.body };
        auth::sign_request(&source.scheme, key, outgoing, SystemClock.now()).map_err(Failure::failed)
    }
}
