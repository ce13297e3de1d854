//! A look into a store that changes nothing: no table is brought up to date, no row written, no file made.

use std::io::ErrorKind;
use std::path::Path;

use rusqlite::Connection;

use super::open::{self, DedupeKey};
use super::{PersonFilter, StoreError, failure, people, rows, sql};
use crate::ledger::{Keys, Recent};
use crate::model::{Delivery, Person, Timestamp, Waiting};

/// One unchanging state of a store, as of its opening. Held for long it keeps a server's log from being emptied: drop it
/// soon.
pub struct Snapshot {
    conn: Connection,
    key: DedupeKey,
}

impl Snapshot {
    /// Look into the store at `path`; `None` where there is none yet, or nothing in it.
    ///
    /// # Errors
    /// [`StoreError::Failed`] with a sentence that names the file; also for the tables of another version.
    pub fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        if std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Ok(None);
        }
        open::see_file(path, false)?;
        Self::look(path).map_err(|error| failure::opening(path, &error))
    }

    fn look(path: &Path) -> Result<Option<Self>, StoreError> {
        let conn = open::reader(path)?;
        conn.execute_batch("BEGIN")?;
        let Some(found) = open::version(&conn)? else { return Ok(None) };
        open::not_newer(found)?;
        if found < open::NEWEST {
            return Err(StoreError::Failed(format!(
                "an older version of Usher made it (tables of version {found}, this one needs {}), and this command \
                 changes nothing. `usher serve`, and `usher people list` too, bring it up to date: run one of them first, \
                 on a copy if need be",
                open::NEWEST
            )));
        }
        let key = open::stored_key(&conn)?.ok_or_else(|| StoreError::Failed("its key is missing".to_owned()))?;
        Ok(Some(Self { conn, key }))
    }

    /// Everybody, by id.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        people::list(&self.conn, &PersonFilter::default())
    }

    /// Jobs of these people that a later event may still change.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub fn waiting(&self, people: &[Person]) -> Result<Vec<Waiting>, StoreError> {
        people::waiting(&self.conn, people)
    }

    /// How many people were let in and how many accounts disabled since then.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub fn recent(&self, since: Timestamp) -> Result<Recent, StoreError> {
        people::recent(&self.conn, since)
    }

    /// Those of `keys` that belonged to people whose data was erased.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub fn forgotten(&self, keys: &Keys) -> Result<Keys, StoreError> {
        people::forgotten(&self.conn, &self.key, keys)
    }

    /// Show `take` every delivery accepted since then, in the order of acceptance, one after the other: all their bodies
    /// together may be large.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub fn deliveries(&self, since: Timestamp, mut take: impl FnMut(Delivery)) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare_cached(sql::DELIVERIES_SINCE)?;
        let mut found = statement.query([rows::Millis::from(since)])?;
        while let Some(row) = found.next()? {
            take(rows::delivery(row)?);
        }
        Ok(())
    }
}
