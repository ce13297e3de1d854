//! A store in a directory of its own, and short ways to say what happens to it.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use rusqlite::Connection;
use usher::auth::{Dedupe, Scheme, SchemeSpec, Verified, verify};
use usher::ledger::Keys;
use usher::model::{Delivery, DeliveryId, Job, JobId, JobState, NewJob, PersonId, Timestamp};
use usher::store::{Accepted, Change, Claim, JobFilter, Settlement, Store, StoreError};

pub(crate) struct Scene {
    pub(crate) store: Store,
    pub(crate) dir: tempfile::TempDir,
}

/// So many seconds after the day on which all these stories begin.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn days(days: i64) -> Timestamp {
    at(days * 24 * 3600)
}

/// A request that passed verification, with the dedupe keys `x-a` and `x-b` as far as given.
pub(crate) fn verified(headers: &[(&str, &str)], body: &[u8]) -> Verified {
    let spec: SchemeSpec = toml::from_str("kind = 'token'\ntoken = 'header:x-token'").unwrap();
    let scheme = Scheme::compile(&spec).unwrap();
    let dedupe = Dedupe::compile(&[vec!["header:x-a".to_owned()], vec!["header:x-b".to_owned()]]).unwrap();
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().chain(&[("x-token", "secret")]) {
        map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    verify(&scheme, &[scheme.key("secret").unwrap()], &dedupe, &map, &Bytes::copy_from_slice(body), at(0)).unwrap()
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("usher.db"), true).await.unwrap();
        Self { store, dir }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("usher.db")
    }

    /// Another program's look at the same file.
    pub(crate) fn other(&self) -> Connection {
        let conn = Connection::open(self.file()).unwrap();
        conn.busy_timeout(Duration::from_secs(5)).unwrap();
        conn
    }

    pub(crate) async fn reopened(self) -> Self {
        let Self { store, dir } = self;
        store.close().await;
        let store = Store::open(&dir.path().join("usher.db"), false).await.unwrap();
        Self { store, dir }
    }

    pub(crate) async fn accept(&self, key: &str) -> Result<Accepted, StoreError> {
        self.store.accept("acme", verified(&[("x-a", key)], key.as_bytes()), at(0)).await
    }

    pub(crate) async fn delivered(&self, key: &str) -> DeliveryId {
        match self.accept(key).await.unwrap() {
            Accepted::New(id) => id,
            other => panic!("{key} was {other:?}"),
        }
    }

    pub(crate) async fn claim_process(&self, now: Timestamp) -> Vec<(Job, Delivery)> {
        self.store.claim(claim(100, 0), now).await.unwrap().process
    }

    pub(crate) async fn claim_actions(&self, now: Timestamp) -> Vec<Job> {
        self.store.claim(claim(0, 100), now).await.unwrap().actions
    }

    /// Keys of what is claimed.
    pub(crate) async fn claimed(&self, now: Timestamp) -> Vec<String> {
        self.claim_actions(now).await.into_iter().map(|job| job.key).collect()
    }

    pub(crate) async fn change(&self, change: Change, now: Timestamp) -> Result<(), StoreError> {
        self.store.write(Keys::default(), true, now, |_| (change, ())).await
    }

    pub(crate) async fn enqueue(&self, jobs: Vec<NewJob>) {
        self.change(Change { enqueue: jobs, ..Change::default() }, at(0)).await.unwrap();
    }

    pub(crate) async fn settle(&self, end: Settlement, now: Timestamp) -> Result<(), StoreError> {
        self.change(Change { settlements: vec![end], ..Change::default() }, now).await
    }

    pub(crate) async fn all_jobs(&self) -> Vec<Job> {
        self.store.jobs(JobFilter::default()).await.unwrap()
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.store.jobs(JobFilter { ids: vec![id], ..JobFilter::default() }).await.unwrap().remove(0)
    }

    /// A person without anything, to hang jobs on.
    pub(crate) fn person(&self) -> PersonId {
        let conn = self.other();
        conn.execute("INSERT INTO people (portal, account, created_at) VALUES ('docspace', 'unknown', 0)", []).unwrap();
        PersonId(conn.last_insert_rowid())
    }
}

pub(crate) fn claim(process: usize, actions: usize) -> Claim {
    Claim {
        process,
        actions,
        questions: actions,
        resting: Vec::new(),
        paused: Vec::new(),
        lease: Duration::from_secs(60),
    }
}

pub(crate) fn action(key: &str, person: Option<PersonId>) -> NewJob {
    NewJob {
        kind: "onboard",
        key: key.to_owned(),
        state: JobState::Ready,
        reason: None,
        delivery: None,
        person,
        payload: serde_json::json!({ "params": {} }),
        due_at: None,
    }
}

/// The end of a try, as the state has it.
pub(crate) fn end(job: &Job, state: JobState) -> Settlement {
    Settlement {
        job: job.id,
        fence: job.fence,
        state,
        reason: Some(format!("went to {state}")),
        due_at: None,
        attempts: 1,
        outage_since: None,
        started_at: at(1),
        outcome: if state == JobState::Ready { "retry" } else { state.as_str() },
        then: Vec::new(),
        off: Vec::new(),
    }
}

/// Try again at `due`.
pub(crate) fn retry_at(job: &Job, due: Timestamp) -> Settlement {
    Settlement { due_at: Some(due), ..end(job, JobState::Ready) }
}
