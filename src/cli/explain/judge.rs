//! Everything that `explain` finds out about a request.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Method;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value as Json;

use crate::auth::{self, Incoming, Mask, Trace};
use crate::cli::sign::Request;
use crate::config::{Config, Source};
use crate::connector::{MapProblem, Mapped, Probe, TableLook};
use crate::docspace::{self, Expected};
use crate::ledger::Ledger;
use crate::model::{Action, Event, EventKind, Timestamp};
use crate::process::{self, Follow};
use crate::rules::{self, RuleLook};
use crate::schedule;

use super::fetching::{self, Fetching};
use super::handshake::Shaken;

/// The request that is explained.
pub(super) struct Asked<'a> {
    pub(super) config: &'a Config,
    pub(super) source: &'a Source,
    pub(super) method: Method,
    pub(super) request: Request,
    /// What the platform answers, where a file says it.
    pub(super) fetched: Option<Json>,
    pub(super) now: Timestamp,
}

/// What was found out; nothing in it holds a secret.
pub(super) struct Explanation {
    pub(super) is_verified: bool,
    pub(super) reject: Option<auth::Reject>,
    pub(super) dedupe_keys: Vec<String>,
    pub(super) events: Vec<Event>,
    pub(super) problem: Option<MapProblem>,
    pub(super) actions: Vec<Follow>,
    /// Events that a rule enables accounts on. Whether somebody is back is for the ledger to say, and here it is empty.
    pub(super) for_the_back: Vec<EventKind>,
    pub(super) detail: Detail,
    pub(super) mask: Mask,
}

/// More of it than the fixed shape has.
#[derive(Serialize)]
pub(super) struct Detail {
    /// The request is answered, and neither stored nor mapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) handshake: Option<Shaken>,
    pub(super) auth: Trace,
    pub(super) secrets: Vec<Tried>,
    pub(super) tables: Vec<TableLook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fetch: Option<Fetching>,
    pub(super) rules: Vec<RulesOf>,
    pub(super) calls: Vec<CallsOf>,
}

/// A secret by its place, and whether the request fits it.
#[derive(Serialize)]
pub(super) struct Tried {
    pub(super) place: String,
    pub(super) fits: bool,
}

/// The rules over one event.
#[derive(Serialize)]
pub(super) struct RulesOf {
    pub(super) event: EventKind,
    pub(super) rules: Vec<RuleLook>,
}

/// The calls of one action.
#[derive(Serialize)]
pub(super) struct CallsOf {
    pub(super) action: &'static str,
    pub(super) event: EventKind,
    pub(super) portal: String,
    pub(super) calls: Vec<Expected>,
}

pub(super) fn explain(asked: &Asked<'_>) -> Explanation {
    let Asked { source, method, request, .. } = asked;
    let body = Bytes::from(request.body.clone());
    let incoming = Incoming { query: &request.query, headers: &request.headers, body: &body };
    let probe = Probe { method, query: &request.query, headers: &request.headers, body: &body };
    let reply = source.connector.handshake(probe);
    let mut mask = Mask::of(&source.keys);
    mask.hide_sent(&source.scheme, incoming);
    if let Some(secret) = reply.as_ref().and_then(|reply| reply.secret.as_ref()) {
        mask.hide(secret.expose_secret());
    }
    let verified = auth::verify_request(&source.scheme, &source.keys, &source.dedupe, incoming, asked.now);
    let is_verified = verified.is_ok();
    let reject = verified.err();
    let handshake = reply.map(|reply| Shaken::of(&reply, reject, &mask));
    // What is answered is refused only where it has to be signed.
    let reject = reject.filter(|_| handshake.as_ref().is_none_or(|handshake| handshake.is_refused));
    let detail = Detail::of_auth(asked, incoming, reject, &mask);
    let mut explanation = Explanation {
        is_verified,
        reject,
        dedupe_keys: Vec::new(),
        events: Vec::new(),
        problem: None,
        actions: Vec::new(),
        for_the_back: Vec::new(),
        detail: Detail { handshake, ..detail },
        mask,
    };
    // Nor is it known again or mapped.
    if explanation.detail.handshake.is_none() {
        let keys = auth::dedupe_keys(&source.scheme, &source.dedupe, &request.headers, &body);
        explanation.dedupe_keys = keys.into_iter().map(|key| key.value).collect();
        explanation.map(asked);
    }
    explanation
}

impl Detail {
    fn of_auth(asked: &Asked<'_>, incoming: Incoming<'_>, reject: Option<auth::Reject>, mask: &Mask) -> Self {
        let Asked { config, source, now, .. } = asked;
        let mut trace = auth::trace(&source.scheme, &source.keys, &source.dedupe, incoming, *now, mask);
        if reject.is_some() && trace.causes.is_empty() {
            trace.causes.extend(of_another(config, source, incoming, *now));
        }
        if let Some(reject) = reject.filter(|_| trace.causes.is_empty()) {
            trace.causes.extend(unknown(reject).map(str::to_owned));
        }
        let fits = trace.fits;
        let places = source.secret_places.iter().enumerate();
        let tried = places.map(|(number, place)| Tried { place: place.to_string(), fits: fits == Some(number) });
        Self {
            handshake: None,
            auth: trace,
            secrets: tried.collect(),
            tables: Vec::new(),
            fetch: None,
            rules: Vec::new(),
            calls: Vec::new(),
        }
    }
}

impl Explanation {
    fn map(&mut self, asked: &Asked<'_>) {
        let Asked { source, request, fetched, now, .. } = asked;
        let headers = auth::kept_headers(&source.scheme, &request.headers);
        let input = process::input(source, &headers, &request.body, fetched.as_ref(), *now);
        self.detail.tables = source.connector.look(&input).unwrap_or_default();
        let (mapped, fetching) = fetching::map(source, &input);
        self.detail.fetch = fetching;
        match mapped {
            Err(problem) => self.problem = Some(problem),
            Ok(items) => self.follow(asked, items),
        }
    }

    fn follow(&mut self, asked: &Asked<'_>, items: Vec<Mapped>) {
        let Asked { config, source, now, .. } = *asked;
        let (rules, today) = (&config.rules, schedule::today(now));
        let mut ledger = Ledger::default();
        for mapped in items {
            let event = match mapped.result {
                Ok(event) => event,
                Err(problem) => {
                    self.problem.get_or_insert(problem);
                    continue;
                }
            };
            let consequences = process::follow(&mut ledger, rules, source.into(), &event, now);
            let planned = rules::plan(rules, &event, today);
            let enabled = planned.iter().any(|planned| matches!(planned.action, Action::Enable(_)));
            let is_shown = |follow: &Follow| matches!(follow.action, Action::Enable(_));
            if enabled && !consequences.follows.iter().any(is_shown) {
                self.for_the_back.push(event.kind);
            }
            // What the ledger makes of an event has rules of its own.
            let mut looked = BTreeMap::from([(event.kind.as_str(), &event)]);
            for follow in &consequences.follows {
                looked.entry(follow.event.kind.as_str()).or_insert(&follow.event);
                self.detail.calls.push(CallsOf {
                    action: follow.action.name(),
                    event: follow.event.kind,
                    portal: follow.portal.clone(),
                    calls: docspace::outline(&follow.action),
                });
            }
            for event in looked.values() {
                self.detail.rules.push(RulesOf { event: event.kind, rules: rules::look(rules, event, today) });
            }
            self.actions.extend(consequences.follows);
            self.events.push(event);
        }
    }
}

/// What is left where no likely cause was found.
fn unknown(reject: auth::Reject) -> Option<&'static str> {
    match reject {
        auth::Reject::BadSignature => Some(
            "no slip of the usual kinds explains it: the secret is another one, or the body is not byte for byte the one that \
             was sent, or the platform signs something else than what stands at `signed`",
        ),
        auth::Reject::BadToken => Some("what was sent is none of the source's secrets"),
        _ => None,
    }
}

/// Another source that the request may have been meant for, or whose secret it was signed with.
fn of_another(config: &Config, source: &Source, incoming: Incoming<'_>, now: Timestamp) -> Vec<String> {
    let others = config.sources.values().filter(|other| other.name != source.name);
    let verify = |scheme, keys: &[_]| auth::verify_request(scheme, keys, &source.dedupe, incoming, now).is_ok();
    let mut causes = Vec::new();
    let example = source.scheme.key(&source.scheme.example_secret());
    if example.is_ok_and(|example| verify(&source.scheme, &[example])) {
        causes.push(
            "it fits with the example secret that fixtures are signed with: `usher connectors test` tries those, and \
             `usher replay` signs them anew"
                .to_owned(),
        );
    }
    for other in others {
        if verify(&other.scheme, &other.keys) && other.connector.name != source.connector.name {
            causes.push(format!("the source {} would take it: is it meant for /hooks/{}?", other.name, other.name));
            continue;
        }
        let fits = other.keys.iter().position(|key| verify(&source.scheme, std::slice::from_ref(key)));
        if let Some(place) = fits.and_then(|number| other.secret_places.get(number)) {
            causes.push(format!("it fits with a secret of the source {} ({place})", other.name));
        }
    }
    causes
}
