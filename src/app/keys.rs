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

use super::{App, Loaded, read};
use crate::auth::{self, Incoming, Key, Reject, Verified};
use crate::config::{Config, SecretPlace, Source, secret_of_file};

/// How long a secret is accepted after its file has got another one.
const GRACE: SignedDuration = SignedDuration::from_mins(15);
/// The least time between two readings of unchanged files that requests ask for.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// The live secrets of every source that keeps one in a file.
pub(super) struct Keys {
    /// What paths are relative to.
    pub(super) base: PathBuf,
    rings: BTreeMap<String, Ring>,
}

/// The live secrets of one source.
struct Ring {
    held: Mutex<Held>,
    /// Whoever reads the files has it: the others wait for what was found.
    reading: tokio::sync::Mutex<()>,
}

struct Held {
    /// One for each place, in the order of the configuration; `None` where the secret is still awaited.
    current: Vec<Option<Key>>,
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
        let is_thin = source.connector.has_fetch();
        let verify = |keys: &[Key]| {
            let verified = auth::verify_request(&source.scheme, keys, &source.dedupe, incoming, now)?;
            Ok(if is_thin { verified.of_thin() } else { verified })
        };
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

    /// Whether a source still waits for its first secret, so that nothing can be verified. Its files are looked at again,
    /// as for a request that does not verify.
    pub async fn awaits_secret(&self, source: &Source) -> bool {
        if !source.awaits_secret {
            return false;
        }
        let Some(ring) = self.keys.rings.get(&source.name) else { return source.keys.is_empty() };
        let now = self.clock.now();
        ring.all(now).is_empty() && ring.asked(source, &self.keys.base, now).await.is_empty()
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

impl Loaded {
    /// Whether a secret that the source can use is there, as seen from here: the environment of a server may be another.
    #[must_use]
    pub fn has_secret(&self, source: &Source) -> bool {
        let is_there = |place: &SecretPlace| {
            let secret = match place {
                SecretPlace::Env(name) => std::env::var(name).ok().map(SecretString::from),
                SecretPlace::File(path) => text(&self.base.join(path)).ok(),
            };
            secret.is_some_and(|secret| source.scheme.key(secret.expose_secret()).is_ok())
        };
        source.secret_places.iter().any(is_there)
    }
}

impl Keys {
    pub(super) fn new(config: &Config, base: PathBuf) -> Self {
        let ring = |source: &Arc<Source>| Some((source.name.clone(), Ring::new(current(source)?)));
        Self { base, rings: config.sources.values().filter_map(ring).collect() }
    }
}

/// The secret at each place as the configuration was read; `None` for a source without a file, and where no secrets were
/// looked up.
fn current(source: &Source) -> Option<Vec<Option<Key>>> {
    let has_file = source.secret_places.iter().any(|place| matches!(place, SecretPlace::File(_)));
    if !has_file || source.keys.len() + source.unset.len() != source.secret_places.len() {
        return None;
    }
    let mut keys = source.keys.iter().cloned();
    let is_unset = |place| source.unset.iter().any(|(unset, _)| *unset == place);
    Some((0..source.secret_places.len()).map(|place| if is_unset(place) { None } else { keys.next() }).collect())
}

impl Ring {
    fn new(current: Vec<Option<Key>>) -> Self {
        let all = current.iter().flatten().cloned().collect();
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
pub(super) fn text(path: &Path) -> Result<SecretString, String> {
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
        let mut came = false;
        for (current, text) in self.current.iter_mut().zip(texts) {
            // A secret that is still awaited may be absent; one that is there must be usable.
            let text = text.filter(|text| current.is_some() || text.is_ok());
            match (text.map(|text| text.and_then(|text| source.scheme.key(text.expose_secret()))), &mut *current) {
                (Some(Ok(key)), Some(known)) if !key.is(known) => replaced.push(std::mem::replace(known, key)),
                (Some(Ok(_)), Some(_)) | (None, _) => {}
                (Some(Ok(key)), None) => {
                    *current = Some(key);
                    came = true;
                }
                (Some(Err(sentence)), _) => trouble = Some(sentence),
            }
        }
        if trouble != self.trouble {
            if let Some(what) = &trouble {
                warn!(source = source.name, what, "a secret cannot be read again; the one known so far stays live");
            }
            self.trouble = trouble;
        }
        if came {
            info!(source = source.name, "a secret that was awaited is there; webhooks are verified with it");
            self.gather();
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
        self.former.retain(|(former, _)| !current.iter().flatten().any(|key| key.is(former)));
        self.gather();
    }

    fn gather(&mut self) {
        self.all = self.current.iter().flatten().chain(self.former.iter().map(|(key, _)| key)).cloned().collect();
    }
}
