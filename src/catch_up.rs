//! What the webhooks of DocSpace missed: rows of its delivery log that never arrived, and accounts that became active
//! without a webhook.
//!
//! DocSpace tries each delivery six times within about half a minute and then gives it up (`WebhookSender.cs`), but
//! keeps it in its log. [`catch_up`] reads that log back to where it was read last; every row is verified again like a
//! request, and goes the same way. [`reconcile()`] finds activations that were never published at all.

mod backlog;
mod headers;
mod reconcile;

pub use reconcile::{Reconciled, reconcile};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::{info, warn};

use crate::app::App;
use crate::auth::{Incoming, Reject, Verified};
use crate::config::Source;
use crate::docspace::{self, Client, LogRow, Webhook};
use crate::hooks;
use crate::ledger::Keys;
use crate::store::{Accepted, Change, Store, StoreError};
use backlog::Reach;

/// DocSpace writes a row's headers and body down when its last attempt is over: after half a minute, or ten minutes
/// where every attempt times out. What is unsigned for longer stays so.
const STILL_TRYING: SignedDuration = SignedDuration::from_mins(15);

/// Why a gap could not be closed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The portal.
    #[error(transparent)]
    Portal(#[from] docspace::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a log is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// Take nothing in and keep no mark.
    pub dry_run: bool,
    /// From this moment on, whatever was read before; absent: from the mark that the last reading left, or all of it.
    pub since: Option<Timestamp>,
}

/// What reading the delivery log for one source came to. Rows of other things than `user.*` events are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaughtUp {
    /// Name of the portal.
    pub portal: String,
    /// Name of the source.
    pub source: String,
    /// How many webhooks of the portal post to this source.
    pub webhooks: usize,
    /// Rows read.
    pub looked_at: u64,
    /// Those that verify and that the store did not know.
    pub missed: u64,
    /// Those of them that it has taken in now.
    pub taken_in: u64,
    /// Those that it knew.
    pub seen: u64,
    /// Those that do not verify with any live secret. They are left alone.
    pub not_verified: u64,
    /// Those that were never sent, and so never signed. Only [`reconcile()`] finds what they told.
    pub not_signed: u64,
    /// Since when the log was read; absent where there is no webhook.
    pub from: Option<Timestamp>,
    /// When it was read.
    pub until: Timestamp,
}

/// Up to where the log was read.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Mark {
    /// Number of the last row before which nothing is left to be read.
    row: i64,
    /// Since when rows may be missing.
    whole_until: Timestamp,
}

/// What becomes of a row.
enum Verdict {
    Verified(Verified),
    Refused(Reject),
    /// `open` while DocSpace may still be sending it.
    NotSigned {
        open: bool,
    },
}

/// Take in what the delivery log of `portal` has for `source` and never arrived, the oldest first.
///
/// # Errors
/// [`Trouble`]; a key without the scope `*:read` is a [`docspace::Error::Scope`]. What was taken in before stays.
pub async fn catch_up(app: &App, source: &Source, portal: &Client, order: Order) -> Result<CaughtUp, Trouble> {
    let until = app.clock.now();
    let address = hooks::address(&app.config, &source.name);
    let mut ours = portal.webhooks().await?;
    ours.retain(|hook| hooks::is_ours(hook, address.as_ref(), &source.name));
    let name = format!("catch_up/{}/{}", source.portal, source.name);
    let mark = app.store.recall::<Mark>(&name).await?;
    let installed = ours.iter().filter_map(|hook| hook.created_at).min();
    let told = CaughtUp {
        portal: source.portal.clone(),
        source: source.name.clone(),
        webhooks: ours.len(),
        looked_at: 0,
        missed: 0,
        taken_in: 0,
        seen: 0,
        not_verified: 0,
        not_signed: 0,
        from: order.since.or(mark.map(|mark| mark.whole_until)).or(installed),
        until,
    };
    let whole = Mark { row: 0, whole_until: until };
    let mut reading = Reading { app, source, order, told, whole, is_whole: true };
    if !ours.is_empty() {
        let after = if order.since.is_some() { 0 } else { mark.map_or(0, |mark| mark.row) };
        reading.read(portal, &ours, after).await?;
        if !order.dry_run && order.since.is_none() {
            remember(&app.store, name, json!(reading.whole), until).await?;
        }
    }
    reading.tell();
    Ok(reading.told)
}

/// Keep a value, not to be lost.
async fn remember(store: &Store, name: String, value: serde_json::Value, now: Timestamp) -> Result<(), StoreError> {
    let change = Change { remember: vec![(name, value)], ..Change::default() };
    store.write(Keys::default(), true, now, move |_| (change, ())).await
}

/// One reading of the log.
struct Reading<'a> {
    app: &'a App,
    source: &'a Source,
    order: Order,
    told: CaughtUp,
    whole: Mark,
    /// Whether no row so far may still be sent.
    is_whole: bool,
}

impl Reading<'_> {
    async fn read(&mut self, portal: &Client, hooks: &[Webhook], after: i64) -> Result<(), Trouble> {
        let mut reach = Reach { after, since: self.order.since };
        let mut backlog = backlog::read(portal, hooks, reach).await?;
        if backlog.newest.is_some_and(|newest| newest < after) {
            info!(portal = self.source.portal, "the delivery log has begun anew; reading all of it");
            reach.after = 0;
            backlog = backlog::read(portal, hooks, reach).await?;
        }
        self.whole.row = reach.after;
        loop {
            for row in backlog.rows {
                reach.after = row.id;
                self.take(row).await?;
            }
            if !backlog.is_cut {
                // Rows of other things come after the last one of a person, too.
                if self.is_whole {
                    self.whole.row = self.whole.row.max(backlog.newest.unwrap_or_default());
                }
                return Ok(());
            }
            backlog = backlog::read(portal, hooks, reach).await?;
        }
    }

    async fn take(&mut self, row: LogRow) -> Result<(), Trouble> {
        let (id, created_at) = (row.id, row.created_at);
        let mut is_open = false;
        self.told.looked_at += 1;
        match self.judge(row).await {
            Verdict::Refused(reject) => {
                warn!(
                    source = self.source.name,
                    row = id,
                    reason = reject.code(),
                    "a row of the delivery log does not verify; not taken in"
                );
                self.told.not_verified += 1;
            }
            Verdict::NotSigned { open } => {
                is_open = open;
                self.told.not_signed += 1;
            }
            Verdict::Verified(verified) => self.accept(verified).await?,
        }
        if is_open && self.is_whole {
            self.is_whole = false;
            self.whole.whole_until = created_at.unwrap_or(self.told.until);
        }
        if self.is_whole {
            self.whole.row = id;
        }
        Ok(())
    }

    /// The row as if it came now.
    async fn judge(&self, row: LogRow) -> Verdict {
        let now = self.told.until;
        let headers = headers::read(&row.request_headers);
        let body = Bytes::from(row.request_payload);
        match self.app.verify(self.source, Incoming { query: "", headers: &headers, body: &body }).await {
            Ok(verified) => Verdict::Verified(verified),
            // The time is the portal's, which may be a little ahead.
            Err(Reject::MissingSignature) => {
                Verdict::NotSigned { open: row.created_at.is_some_and(|at| now.duration_since(at) < STILL_TRYING) }
            }
            Err(reject) => Verdict::Refused(reject),
        }
    }

    async fn accept(&mut self, verified: Verified) -> Result<(), Trouble> {
        let app = self.app;
        // Asked first, so that a delivery known as dead is not tried again: nobody has sent it again.
        if app.store.knows(&self.source.name, &verified).await? {
            self.told.seen += 1;
            return Ok(());
        }
        if self.order.dry_run {
            self.told.missed += 1;
            return Ok(());
        }
        match app.store.accept(&self.source.name, verified, app.clock.now()).await? {
            Accepted::Seen(_) => self.told.seen += 1,
            Accepted::New(_) | Accepted::Restarted(_) => {
                self.told.missed += 1;
                self.told.taken_in += 1;
                app.wake.notify_one();
            }
        }
        Ok(())
    }

    fn tell(&self) {
        let CaughtUp { portal, source, looked_at, missed, taken_in, seen, not_verified, not_signed, .. } = &self.told;
        info!(portal, source, looked_at, missed, taken_in, seen, not_verified, not_signed, "read the delivery log");
        if *not_verified > 0 {
            warn!(
                portal,
                source,
                not_verified,
                "rows of the delivery log were signed with another secret; if the source had one before, add it to its \
                 `secrets` and run `usher catch-up --since TIME`"
            );
        }
        if *not_signed > 0 {
            info!(portal, source, not_signed, "rows were never signed; a reconciliation finds what they told");
        }
        if !self.order.dry_run {
            let outcomes =
                [("taken_in", taken_in), ("seen", seen), ("not_verified", not_verified), ("not_signed", not_signed)];
            for (outcome, count) in outcomes {
                self.app.metrics.caught_up(source, outcome, *count);
            }
        }
    }
}
