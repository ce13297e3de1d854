//! What of a delivery is completed by asking the platform: which call, and what for.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;

use crate::cli::output::{Failure, Out};
use crate::config::Source;
use crate::connector::{Fetch, Input, MapProblem, Mapped, Thin};

/// The root of what the platform answers.
const FETCHED: &str = "fetched";

/// The calls that would be made.
#[derive(Serialize)]
pub(super) struct Fetching {
    /// Whether a file said what the platform answers.
    pub(super) is_given: bool,
    /// Places of expressions that read the answer, such as `[[event]] 1, email`.
    pub(super) needed_for: Vec<String>,
    /// Names of the headers that each call carries beside those of HTTP.
    pub(super) headers: Vec<String>,
    /// Kinds of credentials and where they are kept: `bearer from env ACME_TOKEN`.
    pub(super) credentials: Vec<String>,
    pub(super) items: Vec<Asking>,
}

/// One item that some table may mean.
#[derive(Serialize)]
pub(super) struct Asking {
    /// The expression of the items; empty for the body itself.
    pub(super) of: String,
    pub(super) item: usize,
    /// Method and address; absent where nothing is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<String>,
    /// What is posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Json>,
    /// Why there is no call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

/// Map a delivery as a server does: of a thin one item by item, each with the same answer.
pub(super) fn map(source: &Source, input: &Input<'_>) -> (Result<Vec<Mapped>, MapProblem>, Option<Fetching>) {
    let Some(fetch) = &source.connector.fetch else { return (source.connector.map(input), None) };
    let (items, mut mapped) = match source.connector.thin(input) {
        Ok(found) => found,
        Err(problem) => return (Err(problem), None),
    };
    let fetching = Fetching {
        is_given: input.fetched.is_some(),
        needed_for: needed_for(source),
        headers: headers(fetch),
        credentials: credentials(source, fetch),
        items: items.iter().map(|thin| asking(source, thin)).collect(),
    };
    for thin in items {
        let fetched = input.fetched.filter(|_| thin.call.is_some());
        match thin.call {
            Some(Err(problem)) => mapped.push(Mapped { table: 0, item: thin.item, result: Err(problem) }),
            _ => match source.connector.map_item(&Input { fetched, ..*input }, &thin.of, thin.item) {
                Ok(found) => mapped.extend(found),
                Err(problem) => return (Err(problem), Some(fetching)),
            },
        }
    }
    mapped.sort_by_key(|mapped| (mapped.item, mapped.table));
    (Ok(mapped), Some(fetching))
}

fn needed_for(source: &Source) -> Vec<String> {
    let mut places = Vec::new();
    for (number, table) in source.connector.events.iter().enumerate().filter(|(_, table)| table.is_fetched) {
        let own = [("needs", &table.needs), ("when", &table.when)];
        let own = own.into_iter().filter_map(|(key, expr)| Some((key, expr.as_ref()?)));
        let keys: BTreeSet<_> = own
            .chain(table.fields())
            .filter(|(_, expr)| expr.sees(FETCHED))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        if !keys.is_empty() {
            let keys: Vec<_> = keys.into_iter().collect();
            places.push(format!("[[event]] {} ({}): {}", number + 1, table.kind, keys.join(", ")));
        }
    }
    places
}

fn headers(fetch: &Fetch) -> Vec<String> {
    let fixed = fetch.headers.iter().map(|(name, _)| name);
    fixed.chain(&fetch.secret_headers).map(ToString::to_string).collect()
}

fn credentials(source: &Source, fetch: &Fetch) -> Vec<String> {
    let kept = &source.fetch_outline.secrets;
    if !kept.is_empty() {
        return kept.iter().map(|(key, place)| format!("{key} from {place}")).collect();
    }
    let kinds = fetch.auth.iter().map(|kind| kind.as_str().to_owned());
    let headers = fetch.secret_headers.iter().map(|name| format!("headers.{name}"));
    let wanted: Vec<_> = kinds.chain(headers).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    vec![format!("missing: sources.{}.fetch has none of {}", source.name, wanted.join(", "))]
}

fn asking(source: &Source, thin: &Thin) -> Asking {
    let Thin { of, item, call, .. } = thin;
    let made = call.as_ref().and_then(|call| call.as_ref().ok());
    Asking {
        of: of.clone(),
        item: *item,
        call: made.map(|call| source.line_of(call)),
        body: made.and_then(|call| call.body.clone()),
        problem: call.as_ref().and_then(|call| call.as_ref().err()).map(ToString::to_string),
    }
}

impl Fetching {
    pub(super) fn tell(&self, out: &mut Out, line: impl Fn(String) -> String) -> Result<(), Failure> {
        for Asking { of, item, call, body, problem } in &self.items {
            let place = if of.is_empty() { "the body".to_owned() } else { format!("item {} of `{of}`", item + 1) };
            let what = match (call, problem) {
                (Some(call), _) => call.clone(),
                (None, Some(problem)) => format!("no call can be made: {problem}"),
                (None, None) => "nothing is asked: its table says fetch = false".to_owned(),
            };
            out.line(line(format!("fetch     {place}: {what}")))?;
            if let Some(body) = body {
                out.line(line(format!("            body {body}")))?;
            }
        }
        if self.items.iter().all(|asking| asking.call.is_none()) {
            return Ok(());
        }
        for (what, names) in [("headers", &self.headers), ("credentials", &self.credentials)] {
            if !names.is_empty() {
                out.line(format!("            {what}: {}", names.join(", ")))?;
            }
        }
        if !self.is_given {
            out.line("            the answer is not known here, and nobody is asked: lay it beside the file as CASE.fetched.json, or name it with --fetched FILE")?;
            for place in &self.needed_for {
                out.line(format!("            needed for {place}"))?;
            }
        }
        Ok(())
    }
}
