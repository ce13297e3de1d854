//! A connector on trial: its fixtures against what they should mean. One judgement for the command and for the suite.
//!
//! A fixture is a webhook, signed with the [example secret](Scheme::example_secret), and mapped on one fixed day with the
//! connector's own options. One whose name begins with [`HANDSHAKE`] is a request that is answered instead.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use super::{Answer, Connector, Input, MapProblem, Mapped};
use crate::auth::{self, Key};
use crate::fixture::{self, Fixture};
use crate::model::EventKind;

/// The day on which fixtures are mapped.
pub const DAY: Date = date(2026, 9, 1);
/// How the names of fixtures begin that are handshakes.
pub const HANDSHAKE: &str = "handshake-";
/// How many bytes of a signed string are told.
const SHOWN: usize = 400;

/// One fixture: what its files hold.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The file's name without `.http`.
    pub name: &'a str,
    /// `NAME.http`: an exact request, or a bare JSON body.
    pub request: &'a [u8],
    /// `NAME.expected.json`.
    pub expected: Option<&'a [u8]>,
    /// `NAME.fetched.json`: what the platform answers when it is asked for the rest.
    pub fetched: Option<&'a [u8]>,
}

/// What one fixture came to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What its expected file should say; `None` where that cannot be told.
    pub told: Option<Json>,
    /// The kinds of the events that it yields.
    pub kinds: BTreeSet<EventKind>,
    /// Whether it is a webhook without events or problems.
    pub is_ignored: bool,
    /// What is wrong; empty: it passes.
    pub faults: Vec<Fault>,
}

/// What is wrong with a fixture. The sentences may quote it: fixtures are made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Only its author can mend it.
    Broken(String),
    /// It is not signed as the connector says.
    Unsound {
        /// A sentence with the code of the refusal.
        what: String,
        /// The string that the signature must be made of, shortened; `None` where a part of it is missing.
        signed: Option<String>,
    },
    /// It does not come to what its expected file says.
    Differs {
        /// A sentence that names what is different.
        what: String,
        /// What was expected, as text; empty without a file.
        expected: String,
        /// What it came to, as the file should have it.
        told: String,
    },
}

impl Fault {
    /// The sentence.
    #[must_use]
    pub fn what(&self) -> &str {
        match self {
            Self::Broken(what) | Self::Unsound { what, .. } | Self::Differs { what, .. } => what,
        }
    }
}

/// The text of an expected file.
#[must_use]
pub fn expected_text(told: &Json) -> String {
    format!("{told:#}\n")
}

/// Judge one fixture.
#[must_use]
pub fn judge(connector: &Connector, case: &Case<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    let request = match Request::read(case.request) {
        Ok(request) => request,
        Err(what) => {
            verdict.faults.push(Fault::Broken(what));
            return verdict;
        }
    };
    let told = if case.name.starts_with(HANDSHAKE) {
        shake(connector, &request)
    } else {
        verdict.faults.extend(request.unsound(connector));
        map(connector, &request, case, &mut verdict)
    };
    match told {
        Ok(told) => {
            verdict.faults.extend(differs(case, &told));
            verdict.told = Some(told);
        }
        Err(what) => verdict.faults.push(Fault::Broken(what)),
    }
    verdict
}

/// What the fixtures of a connector lack as a whole, a sentence each.
#[must_use]
pub fn lacking(connector: &Connector, verdicts: &[Verdict]) -> Vec<String> {
    if verdicts.is_empty() {
        return vec!["has no fixture at all".to_owned()];
    }
    let mut kinds: BTreeSet<EventKind> = connector.events.iter().map(|table| table.kind).collect();
    for kind in verdicts.iter().flat_map(|verdict| &verdict.kinds) {
        kinds.remove(kind);
    }
    let mut lacking: Vec<_> = kinds.iter().map(|kind| format!("has no fixture that yields {kind}")).collect();
    if connector.has_events() && !verdicts.iter().any(|verdict| verdict.is_ignored) {
        lacking.push("has no fixture that yields no event: one to be ignored".to_owned());
    }
    lacking
}

/// The fixture's file signed as its connector says, with the example secret and at the time that it names, else on
/// [`DAY`]. Everything else in it stays as it is.
///
/// # Errors
/// A sentence: it is no fixture, or the scheme cannot sign it.
pub fn sign_anew(connector: &Connector, file: &[u8]) -> Result<Vec<u8>, String> {
    let mut request = Request::read(file)?;
    let (key, now) = (example_key(connector)?, request.sent_at(connector));
    let mut body = request.body.to_vec();
    auth::sign(&connector.scheme, &key, &mut request.headers, &mut body, now)?;
    let text = |name: &String| Some((name.clone(), request.headers.get(name)?.to_str().ok()?.to_owned()));
    let set: Vec<_> = connector.scheme.headers_set_by_sign().iter().filter_map(text).collect();
    let target = format!("/hooks/{}", connector.name);
    fixture::rewrite(file, &target, &set, &body).map_err(|error| error.to_string())
}

/// The example secret as a key of the connector.
///
/// # Errors
/// A sentence; no scheme that compiles is known to refuse it.
pub fn example_key(connector: &Connector) -> Result<Key, String> {
    connector.scheme.key(&connector.scheme.example_secret())
}

/// A fixture's request.
struct Request {
    method: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    fn read(file: &[u8]) -> Result<Self, String> {
        let fixture = Fixture::parse(file).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &fixture.headers {
            let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
            headers.append(name, HeaderValue::try_from(value).map_err(|error| error.to_string())?);
        }
        Ok(Self { method: fixture.method, headers, body: fixture.body.into() })
    }

    /// When it was signed.
    fn sent_at(&self, connector: &Connector) -> Timestamp {
        auth::sent_at(&connector.scheme, &self.headers, &self.body).unwrap_or_else(noon)
    }

    fn unsound(&self, connector: &Connector) -> Option<Fault> {
        let key = match example_key(connector) {
            Ok(key) => key,
            Err(problem) => return Some(Fault::Broken(problem)),
        };
        let now = self.sent_at(connector);
        let scheme = &connector.scheme;
        let verified = auth::verify(scheme, &[key], &connector.dedupe, &self.headers, &self.body, now);
        let what =
            format!("does not verify with the example secret {}: {}", scheme.example_secret(), verified.err()?.code());
        let signed = auth::signed_bytes(scheme, &self.headers, &self.body);
        Some(Fault::Unsound { what, signed: signed.map(|bytes| shortened(&bytes)) })
    }
}

fn noon() -> Timestamp {
    DAY.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or_default()
}

/// Line ends and other control characters shown as such.
fn shortened(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
    let mut shown: String =
        text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect();
    if bytes.len() > SHOWN {
        shown.push_str(&format!("... ({} bytes in all)", bytes.len()));
    }
    shown
}

/// What the expected file of a handshake says.
fn shake(connector: &Connector, request: &Request) -> Result<Json, String> {
    let answer = answer(connector, request)
        .ok_or_else(|| format!("no [[handshake]] of {} answers this request", connector.name))?;
    let left_out = ["x-content-type-options", "content-length"];
    let mut headers = Map::new();
    for (name, value) in answer.headers.iter().filter(|(name, _)| !left_out.contains(&name.as_str())) {
        headers.insert(name.to_string(), Json::from(String::from_utf8_lossy(value.as_bytes())));
    }
    let body = String::from_utf8_lossy(&answer.body);
    Ok(json!({ "handshake": { "status": answer.status.as_u16(), "headers": headers, "body": body } }))
}

fn answer(connector: &Connector, request: &Request) -> Option<Answer> {
    let method = Method::from_bytes(request.method.as_bytes()).ok()?;
    connector.handshake(&method, &request.headers, &request.body)
}

/// What the expected file of a webhook says.
fn map(connector: &Connector, request: &Request, case: &Case<'_>, verdict: &mut Verdict) -> Result<Json, String> {
    if answer(connector, request).is_some() {
        let name = &case.name;
        return Err(format!(
            "is answered as a handshake and never stored; call it {HANDSHAKE}{name}.http if it is to be"
        ));
    }
    if request.method != "POST" {
        return Err(format!(
            "is a {}; a webhook is a POST, and {HANDSHAKE}{}.http a handshake",
            request.method, case.name
        ));
    }
    let fetched = case.fetched.map(serde_json::from_slice::<Json>).transpose();
    let fetched = fetched.map_err(|error| format!("{}.fetched.json is not JSON ({error})", case.name))?;
    let headers = auth::kept_headers(&connector.scheme, &request.headers);
    let input = Input {
        source: &connector.name,
        options: &Map::new(),
        headers: &headers,
        body: &request.body,
        fetched: fetched.as_ref(),
        today: DAY,
    };
    let (mapped, asked) = if connector.has_fetch() { complete(connector, &input) } else { (connector.map(&input), None) };
    match (asked, case.fetched) {
        (Some(call), None) => {
            let name = case.name;
            return Err(format!("{name}.fetched.json is missing: what the platform answers to {call}"));
        }
        (None, Some(_)) => {
            return Err(format!("{}.fetched.json is never asked for: nothing of this request needs it", case.name));
        }
        _ => {}
    }
    if let Ok(mapped) = &mapped {
        verdict.is_ignored = mapped.is_empty();
        verdict.kinds = mapped.iter().filter_map(|mapped| Some(mapped.result.as_ref().ok()?.kind)).collect();
    }
    Ok(told(mapped))
}

/// Map item by item, as it is done where the platform is asked; and a call that wants an answer. One answer stands for
/// all of them.
fn complete(connector: &Connector, input: &Input<'_>) -> (Result<Vec<Mapped>, MapProblem>, Option<String>) {
    let (items, mut mapped) = match connector.thin(input) {
        Ok(found) => found,
        Err(problem) => return (Err(problem), None),
    };
    let mut asked = None;
    for item in items {
        let known = match item.call {
            None => Input { fetched: None, ..*input },
            Some(Ok(call)) => {
                let method = if call.body.is_some() { "POST" } else { "GET" };
                asked.get_or_insert_with(|| format!("{method} {}", call.path_and_query));
                *input
            }
            Some(Err(problem)) => {
                mapped.push(Mapped { table: 0, item: item.item, result: Err(problem) });
                continue;
            }
        };
        match connector.map_item(&known, &item.of, item.item) {
            Ok(found) => mapped.extend(found),
            Err(problem) => return (Err(problem), asked),
        }
    }
    mapped.sort_by_key(|mapped| (mapped.item, mapped.table));
    (Ok(mapped), asked)
}

fn told(mapped: Result<Vec<Mapped>, MapProblem>) -> Json {
    let mapped = match mapped {
        Ok(mapped) => mapped,
        Err(problem) => return json!({ "problem": problem }),
    };
    let mut told = Map::new();
    let events: Vec<_> = mapped.iter().filter_map(|mapped| mapped.result.as_ref().ok()).collect();
    told.insert("events".to_owned(), json!(events));
    if let Some(problem) = mapped.iter().find_map(|mapped| mapped.result.as_ref().err()) {
        told.insert("problem".to_owned(), json!(problem));
    }
    Json::Object(told)
}

fn differs(case: &Case<'_>, told: &Json) -> Option<Fault> {
    let file = format!("{}.expected.json", case.name);
    let fault = |what: String, expected: String| Some(Fault::Differs { what, expected, told: expected_text(told) });
    let Some(expected) = case.expected else {
        return fault(format!("{file} is missing"), String::new());
    };
    match serde_json::from_slice::<Json>(expected) {
        Ok(expected) if expected == *told => None,
        Ok(expected) => fault(format!("does not come to what {file} says"), expected_text(&expected)),
        Err(error) => fault(format!("{file} is not JSON ({error})"), String::from_utf8_lossy(expected).into_owned()),
    }
}
