//! What a fixture comes to, as its expected file has it.

use http::Method;
use serde_json::{Map, Value as Json, json};

use super::request::Request;
use super::{Case, DAY, Fault, HANDSHAKE, Verdict};
use crate::auth;
use crate::connector::{Connector, Input, MapProblem, Mapped, Probe, Reply};
use crate::schedule;

/// What the expected file of a handshake says.
pub(super) fn shake(connector: &Connector, request: &Request, faults: &mut Vec<Fault>) -> Result<Json, String> {
    let Reply { handshake, answer, .. } = reply(connector, request)
        .ok_or_else(|| format!("no [[handshake]] of {} answers this request", connector.name))?;
    if handshake.is_verified {
        faults.extend(request.unsound(connector));
    }
    let left_out = ["x-content-type-options", "content-length"];
    let mut headers = Map::new();
    for (name, value) in answer.headers.iter().filter(|(name, _)| !left_out.contains(&name.as_str())) {
        headers.insert(name.to_string(), Json::from(String::from_utf8_lossy(value.as_bytes())));
    }
    let body = String::from_utf8_lossy(&answer.body);
    Ok(json!({ "handshake": { "status": answer.status.as_u16(), "headers": headers, "body": body } }))
}

fn reply<'c>(connector: &'c Connector, request: &Request) -> Option<Reply<'c>> {
    let body = if request.method == Method::POST { &request.body[..] } else { &[] };
    connector.handshake(Probe { method: &request.method, query: &request.query, headers: &request.headers, body })
}

/// What the expected file of a webhook says.
pub(super) fn map(
    connector: &Connector,
    request: &Request,
    case: &Case<'_>,
    verdict: &mut Verdict,
) -> Result<Json, String> {
    if reply(connector, request).is_some() {
        let name = &case.name;
        return Err(format!(
            "is answered as a handshake and never stored; call it {HANDSHAKE}{name}.http if it is to be"
        ));
    }
    if request.method != Method::POST {
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
    let (mapped, asked) =
        if connector.has_fetch() { complete(connector, &input) } else { (connector.map(&input), None) };
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
        let events = || mapped.iter().filter_map(|mapped| mapped.result.as_ref().ok());
        verdict.kinds = events().map(|event| event.kind).collect();
        verdict.faults.extend(events().flat_map(schedule::odd_days).map(Fault::Broken));
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
