//! Every connector of the program, end to end: each of its fixtures comes again and again, and is acted on once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::{Value as Json, json};
use usher::app::fixtures::{self, Files, Folder};
use usher::connector::Connector;
use usher::connector::trial::HANDSHAKE;
use usher::model::{JobState, kind};

use crate::scene::EMBEDDED;
use crate::trial::Trial;

/// How many fixtures are tried at a time.
const AT_A_TIME: usize = 4;

pub(crate) type Case = (Arc<Connector>, Files);

/// Every fixture of the embedded connectors.
pub(crate) fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = fixtures::read(&directory).unwrap();
    let mut folders: BTreeMap<String, Folder> =
        folders.into_iter().map(|folder| (folder.name.clone(), folder)).collect();
    let mut cases = Vec::new();
    for connector in EMBEDDED.iter() {
        let folder = folders.remove(&connector.name).unwrap_or_default();
        assert!(!folder.cases.is_empty(), "{} has no fixture", connector.name);
        cases.extend(folder.cases.into_iter().map(|files| (Arc::clone(connector), files)));
    }
    cases
}

pub(crate) fn is_handshake(files: &Files) -> bool {
    files.name.starts_with(HANDSHAKE)
}

/// Try each; what every one came to, by its connector and name.
async fn each<T, F: Future<Output = Result<T, String>>>(
    cases: Vec<Case>,
    attempt: impl Fn(Arc<Connector>, Files) -> F,
) -> Vec<(String, T)> {
    let attempt = &attempt;
    let tried = stream::iter(cases).map(|(connector, files)| async move {
        let place = format!("{}/{}", connector.name, files.name);
        let name = connector.name.clone();
        attempt(connector, files).await.map(|told| (name, told)).map_err(|what| format!("{place}: {what}"))
    });
    let tried: Vec<_> = tried.buffer_unordered(AT_A_TIME).collect().await;
    let (good, wrong): (Vec<_>, Vec<_>) = tried.into_iter().partition(Result::is_ok);
    let mut wrong: Vec<_> = wrong.into_iter().filter_map(Result::err).collect();
    wrong.sort();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    good.into_iter().flatten().collect()
}

fn same<T: PartialEq + Debug>(what: &str, told: T, wanted: T) -> Result<(), String> {
    if told == wanted { Ok(()) } else { Err(format!("{what}: {told:#?} instead of {wanted:#?}")) }
}

/// The action that the rules ask for.
fn action(event: &Json) -> Option<&'static str> {
    match event["kind"].as_str().unwrap() {
        "employee.hired" => Some(kind::ONBOARD),
        "employee.updated" => Some(kind::UPDATE),
        "employee.terminated" | "employee.rescinded" => Some(kind::DISABLE),
        _ => None,
    }
}

/// Send it twice at a time, and once more when everything was done: there is one set of actions, and it is what the
/// expected file says. Signed anew it may be another delivery, and nobody gets another account or letter. What it led to.
async fn again_and_again(connector: Arc<Connector>, files: Files) -> Result<Vec<String>, String> {
    let mut trial = Trial::start(&connector, &files).await;
    let answer = connector.answer;
    let (one, two) = tokio::join!(trial.send(), trial.send());
    same("the answers to two at a time", (one.status(), two.status()), (answer, answer))?;
    trial.t.drain().await;
    let before = trial.state().await;
    let kinds = as_expected(&trial).await?;
    same("the answer to the third", trial.send().await.status(), answer)?;
    trial.t.drain().await;
    same("what is there after the third", trial.state().await, before.clone())?;
    same("the answer to one signed anew", trial.send_anew().await.status(), answer)?;
    trial.t.drain().await;
    same("accounts and letters after one signed anew", trial.state().await.outcome(), before.outcome())?;
    let (asked, calls) = (trial.platform.asked().len(), trial.calls().len());
    same("whether the platform is asked no more than once for each that may be news", asked <= 3 * calls, true)?;
    Ok(kinds)
}

/// What was done, against what the expected file says.
async fn as_expected(trial: &Trial) -> Result<Vec<String>, String> {
    let none = Vec::new();
    let events = trial.expected["events"].as_array().unwrap_or(&none);
    let mut wanted: Vec<_> = events.iter().filter_map(|event| Some((action(event)?, event.clone()))).collect();
    let jobs = trial.jobs().await;
    let of_work = |kind: &str| [kind::PROCESS, kind::FETCH].contains(&kind);
    let actions = jobs.iter().filter(|job| !of_work(&job.kind));
    let (congratulated, done): (Vec<_>, Vec<_>) = actions.partition(|job| job.kind == kind::CONGRATULATE);
    let mut told: Vec<_> = done.iter().map(|job| (job.kind.as_str(), job.payload["event"].clone())).collect();
    for list in [&mut wanted, &mut told] {
        list.sort_by_key(|(kind, event)| (*kind, event.to_string()));
    }
    same("the actions", told, wanted)?;
    let broken = jobs.iter().filter(|job| of_work(&job.kind) && job.state == JobState::Dead).count();
    same("whether something could not be mapped", broken > 0, trial.expected.get("problem").is_some())?;
    let hired = events.iter().filter(|event| event["kind"] == "employee.hired");
    let letter = |event: &Json| if event["first_name"].is_string() { "activation" } else { "invitation" };
    let hired: BTreeMap<_, _> = hired.map(|event| (event["email"].as_str().unwrap(), letter(event))).collect();
    let mut users = trial.t.users();
    users.sort();
    same("the accounts", users, hired.keys().map(ToString::to_string).collect())?;
    for (email, letter) in hired {
        same(&format!("the letters to {email}"), trial.t.mails(email), vec![letter.to_owned()])?;
    }
    let (calls, asked) = (trial.calls(), trial.platform.asked());
    same("the number of calls to the platform", asked.len(), calls.len())?;
    for call in &calls {
        let is_asked = asked.iter().any(|asked| trial.is_asked_by(call, asked));
        same(&format!("whether {call:?} is among {asked:?}"), is_asked, true)?;
    }
    let kinds = events.iter().map(|event| event["kind"].as_str().unwrap().to_owned());
    Ok(kinds.chain(congratulated.iter().map(|_| kind::CONGRATULATE.to_owned())).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fixture_that_comes_again_and_again_leads_to_one_set_of_actions() {
    let webhooks = cases().into_iter().filter(|(_, files)| !is_handshake(files)).collect();
    let told = each(webhooks, again_and_again).await;
    let silent: Vec<_> = EMBEDDED
        .iter()
        .filter(|connector| connector.has_events())
        .filter(|connector| !told.iter().any(|(name, kinds)| *name == connector.name && !kinds.is_empty()))
        .map(|connector| connector.name.clone())
        .collect();
    assert_eq!(silent, Vec::<String>::new(), "these have led to no event");
    let kinds: BTreeSet<_> = told.iter().flat_map(|(_, kinds)| kinds.iter().map(String::as_str)).collect();
    for kind in ["employee.hired", "employee.updated", "employee.terminated", "employee.rescinded", kind::CONGRATULATE]
    {
        assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
    }
}

async fn greeted_twice(connector: Arc<Connector>, files: Files) -> Result<(), String> {
    let trial = Trial::start(&connector, &files).await;
    for time in ["first", "second"] {
        same(&format!("the {time} answer"), trial.shake_hands().await, trial.expected.clone())?;
    }
    trial.t.drain().await;
    same("the jobs", trial.jobs().await.len(), 0)?;
    same("what is there", json!([trial.state().await.deliveries(), trial.platform.asked().len()]), json!([0, 0]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_handshake_that_comes_twice_is_answered_the_same_and_leaves_nothing() {
    let handshakes: Vec<_> = cases().into_iter().filter(|(_, files)| is_handshake(files)).collect();
    let shaken = each(handshakes, greeted_twice).await;
    let shaken: BTreeSet<_> = shaken.iter().map(|(name, ())| name.as_str()).collect();
    let with: BTreeSet<_> = EMBEDDED
        .iter()
        // A HEAD without anything in it is tried elsewhere.
        .filter(|connector| connector.handshakes.iter().any(|handshake| handshake.method != http::Method::HEAD))
        .map(|connector| connector.name.as_str())
        .collect();
    assert_eq!(shaken, with);
}

/// With another body, and with another signature or token.
async fn damaged(connector: Arc<Connector>, files: Files) -> Result<(), String> {
    let mut trial = Trial::start(&connector, &files).await;
    let sound = trial.fixture.clone();
    let mut damages = 0;
    if connector.scheme.covers_body() {
        trial.fixture.body.push(b' ');
        same("the answer to another body", trial.send().await.status().as_u16(), 401)?;
        damages += 1;
    }
    trial.fixture = sound.clone();
    if trial.forge() {
        same("the answer to another signature or token", trial.send().await.status().as_u16(), 401)?;
        damages += 1;
    }
    same("whether anything was damaged", damages > 0, true)?;
    trial.t.drain().await;
    same("what is stored", (trial.jobs().await.len(), trial.state().await.deliveries()), (0, 0))?;
    trial.fixture = sound;
    same("the answer to the sound one", trial.send().await.status(), connector.answer)?;
    same("what is stored of the sound one", trial.state().await.deliveries(), 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_every_connector_a_damaged_webhook_is_refused_and_leaves_nothing() {
    let mut seen = BTreeSet::new();
    let mut one = cases();
    one.retain(|(connector, files)| !is_handshake(files) && seen.insert(connector.name.clone()));
    let tried = each(one, damaged).await.len();
    assert_eq!(tried, EMBEDDED.iter().count());
}
