//! The live secrets of the sources: those of the configuration, and what their files say since.
//!
//! A file is read again when a request does not verify, at most once a second unless it was changed, and from time to
//! time. Whatever was live until then stays so for a while: a sender that was told of the new secret still has requests
//! on their way that it signed with the old one.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use tracing::{info, warn};

use super::{App, read};
use crate::auth::{self, Incoming, Key, Reject, Verified};
use crate::config::{Config, SecretPlace, Source, secret_of_file};

/// How long a secret is accepted after its file has got another one.
const GRACE: SignedDuration = SignedDuration::from_mins(15);
/// The least time between two readings of unchanged files that requests ask for.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// The live secrets of every source that keeps one in a file.
pub(super) struct Keys {
    /// What paths are relative to.
    base: PathBuf,
    rings: BTreeMap<String, Ring>,
}

/// The live secrets of one source.
struct Ring {
    held: Mutex<Held>,
    /// Whoever reads the files has it: the others wait for what was found.
    reading: tokio::sync::Mutex<()>,
}

struct Held {
    /// One for each place, in the order of the configuration.
    current: Vec<Key>,
    /// Those that were replaced, and until when they are accepted.
    former: Vec<(Key, Timestamp)>,
    /// All of them, for requests.
    all: Arc<[Key]>,
    /// When a request had the files read last.
    asked_at: Option<Timestamp>,
    /// How the files looked at the last reading.
    stamps: Vec<Option<Stamp>>,
    /// What was wrong with a file at the last reading, said once.
    trouble: Option<String>,
}

impl App {
    /// Verify a request with the secrets that are live now. Where none fits, the files of the source are read again.
    ///
    /// # Errors
    /// [`Reject`].
    pub async fn verify(&self, source: &Source, incoming: Incoming<'_>) -> Result<Verified, Reject> {
        let now = self.clock.now();
        let verify = |keys: &[Key]| auth::verify_request(&source.scheme, keys, &source.dedupe, incoming, now);
        let Some(ring) = self.keys.rings.get(&source.name) else { return verify(&source.keys) };
        let known = ring.all(now);
        match verify(&known) {
            Err(reject @ (Reject::BadSignature | Reject::BadToken)) => {
                let found = ring.asked(source, &self.keys.base, now).await;
                if Arc::ptr_eq(&known, &found) { Err(reject) } else { verify(&found) }
            }
            judged => judged,
        }
    }

    /// Read the files of all sources again, so that a secret that was replaced comes to its end although every request
    /// verifies with it.
    pub async fn look_at_secrets(&self) {
        for source in self.config.sources.values() {
            if let Some(ring) = self.keys.rings.get(&source.name) {
                let _reading = ring.reading.lock().await;
                ring.read(source, &self.keys.base, self.clock.now()).await;
            }
        }
    }
}

impl Keys {
    pub(super) fn new(config: &Config, base: PathBuf) -> Self {
        let reads = |source: &&Arc<Source>| {
            let has_file = source.secret_places.iter().any(|place| matches!(place, SecretPlace::File(_)));
            has_file && source.keys.len() == source.secret_places.len()
        };
        let sources = config.sources.values().filter(reads);
        Self { base, rings: sources.map(|source| (source.name.clone(), Ring::new(source.keys.clone()))).collect() }
    }
}

impl Ring {
    fn new(current: Vec<Key>) -> Self {
        let all = current.clone().into();
        let held = Held { current, former: Vec::new(), all, asked_at: None, stamps: Vec::new(), trouble: None };
        Self { held: Mutex::new(held), reading: tokio::sync::Mutex::new(()) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self, now: Timestamp) -> Arc<[Key]> {
        let mut held = self.held();
        if held.former.iter().any(|(_, end)| *end <= now) {
            held.former.retain(|(_, end)| *end > now);
            held.gather();
        }
        Arc::clone(&held.all)
    }

    /// What is live after a reading that a request asked for. It is left out where the last one is not long ago and no
    /// file looks different since.
    async fn asked(&self, source: &Source, base: &Path, now: Timestamp) -> Arc<[Key]> {
        let _reading = self.reading.lock().await;
        let last = self.held().asked_at;
        // A clock that was set back must not keep the files from being read.
        let is_due = last.is_none_or(|last| now.duration_since(last).abs() >= PAUSE);
        if is_due || beside(source, base, stamp).await != self.held().stamps {
            self.held().asked_at = Some(now);
            self.read(source, base, now).await;
        }
        self.all(now)
    }

    /// Read the files; for whoever has `reading`.
    async fn read(&self, source: &Source, base: &Path, now: Timestamp) {
        let found = beside(source, base, |path| (stamp(path), text(path))).await;
        let (stamps, texts) = found.into_iter().map(|found| found.unzip()).unzip();
        let mut held = self.held();
        held.stamps = stamps;
        held.take(source, texts, now);
    }
}

/// What tells that a file was written or replaced: its number, length and time.
type Stamp = Option<(u64, u64, i64, i64)>;

fn stamp(path: &Path) -> Stamp {
    let about = std::fs::metadata(path).ok()?;
    Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
}

/// The secret in a file.
fn text(path: &Path) -> Result<SecretString, String> {
    secret_of_file(read(path)?).ok_or_else(|| format!("the file {} is empty", path.display()))
}

/// Do `work` with each file of the source, on a thread that may wait for the disk; `None` for places that cannot change
/// while the program runs.
async fn beside<T: Send + 'static>(
    source: &Source,
    base: &Path,
    work: impl Fn(&Path) -> T + Send + 'static,
) -> Vec<Option<T>> {
    let file = |place: &SecretPlace| match place {
        SecretPlace::File(path) => Some(base.join(path)),
        SecretPlace::Env(_) => None,
    };
    let files: Vec<_> = source.secret_places.iter().map(file).collect();
    let work = move || files.into_iter().map(|file| file.map(|file| work(&file))).collect();
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

impl Held {
    fn take(&mut self, source: &Source, texts: Vec<Option<Result<SecretString, String>>>, now: Timestamp) {
        let mut replaced = Vec::new();
        let mut trouble = None;
        for (current, text) in self.current.iter_mut().zip(texts) {
            match text.map(|text| text.and_then(|text| source.scheme.key(text.expose_secret()))) {
                Some(Ok(key)) if !key.is(current) => replaced.push(std::mem::replace(current, key)),
                Some(Ok(_)) | None => {}
                Some(Err(sentence)) => trouble = Some(sentence),
            }
        }
        if trouble != self.trouble {
            if let Some(what) = &trouble {
                warn!(source = source.name, what, "a secret cannot be read again; the one known so far stays live");
            }
            self.trouble = trouble;
        }
        if replaced.is_empty() {
            return;
        }
        info!(
            source = source.name,
            minutes = GRACE.as_mins(),
            "secrets have changed; the former ones stay live a while"
        );
        self.former.extend(replaced.into_iter().map(|key| (key, now + GRACE)));
        let current = &self.current;
        self.former.retain(|(former, _)| !current.iter().any(|key| key.is(former)));
        self.gather();
    }

    fn gather(&mut self) {
        self.all = self.current.iter().chain(self.former.iter().map(|(key, _)| key)).cloned().collect();
    }
}
