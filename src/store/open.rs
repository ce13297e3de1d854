//! Opening of the database file: connections and their settings, tables, the key of the dedupe hashes.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use refinery::{Migration, Runner};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use super::{StoreError, failure, sql, wal};

/// Older versions can damage a database in WAL mode when two connections write and checkpoint at once
/// (<https://sqlite.org/wal.html#walresetbug>).
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a statement waits for a lock that another program holds.
const BUSY: Duration = Duration::from_secs(2);

/// How long the opening of a store is tried again while another program opens, makes or mends the same one. SQLite does
/// not wait by itself where waiting could be for good: of two that switch to the log at once, one is refused at once.
const OPENING: Duration = Duration::from_secs(10);

/// Memory for pages of a connection that writes, in KiB: a whole batch fits.
const WRITER_CACHE: i64 = 16 * 1024;

/// Every version of the tables, oldest first. A version that was once released is never changed.
const MIGRATIONS: [(&str, &str); 3] = [
    ("V1__initial", include_str!("migrations/V1__initial.sql")),
    ("V2__joiner_safety", include_str!("migrations/V2__joiner_safety.sql")),
    ("V3__catalogue", include_str!("migrations/V3__catalogue.sql")),
];

/// The version of the tables that this program works with.
#[expect(clippy::cast_possible_wrap, reason = "they are few")]
pub(super) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Key of the dedupe hashes.
pub(super) type DedupeKey = [u8; 32];

/// Its name among `meta`.
const DEDUPE_KEY: &str = "dedupe_key";

/// Open the file at `path`, with `create` make it, and bring its tables up to date.
pub(super) fn prepare(path: &Path, create: bool) -> Result<(Connection, DedupeKey), StoreError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(StoreError::Failed(format!(
            "SQLite {} can damage the store; Usher needs 3.51.3 or later: build it with the bundled one",
            rusqlite::version()
        )));
    }
    see_file(path, create)?;
    let until = Instant::now() + OPENING;
    loop {
        match open_tables(path) {
            Err(StoreError::Locked) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            opened => return opened.map_err(|error| failure::opening(path, &error)),
        }
    }
}

fn open_tables(path: &Path) -> Result<(Connection, DedupeKey), StoreError> {
    let mut conn = connect(path)?;
    migrate(&mut conn)?;
    for statement in sql::ALL {
        conn.prepare_cached(statement)?;
    }
    let key = dedupe_key(&conn)?;
    Ok((conn, key))
}

/// A connection that may write, to the file that has been open before: the one with this key.
pub(super) fn again(path: &Path, key: &DedupeKey) -> Result<Connection, StoreError> {
    let failed = |what: &str| StoreError::Failed(format!("the store {} {what}", path.display()));
    if !path.exists() {
        return Err(failed("is gone; bring it back, or restart"));
    }
    let conn = connect(path)?;
    if stored_key(&conn).ok().flatten().as_ref() != Some(key) {
        return Err(failed("has been replaced by another file; bring it back, or restart"));
    }
    Ok(conn)
}

/// A connection that may write, with all settings.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(sql::ALL.len() + 16);
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Failed("its file system cannot share memory (WAL); put it on a local disk".to_owned()));
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // What is erased is overwritten: personal data stays in no free page.
    let _: i64 = conn.pragma_update_and_check(None, "secure_delete", true, |row| row.get(0))?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE)?;
    // What a savepoint may have to put back stays in memory; as a file it took a quarter of the writer's time.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // The checkpoints are made by `wal`, beside the writer.
    let _: i64 = conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |row| row.get(0))?;
    let _: i64 = conn.pragma_update_and_check(None, "journal_size_limit", wal::LIMIT, |row| row.get(0))?;
    Ok(conn)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(sql::ALL.len() + 16);
    Ok(conn)
}

/// Make the file if it is missing and wanted, and say plainly what is wrong with its place.
pub(super) fn see_file(path: &Path, create: bool) -> Result<(), StoreError> {
    let name = path.display();
    let failed = |text: String| Err(StoreError::Failed(text));
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            failed(format!("the store {name} is a directory; name a file in `url` under [store]"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            failed(format!("the store {name} cannot be seen: {error}"))
        }
        Err(_) if !create => failed(format!("there is no store at {name} yet; `usher serve` makes it")),
        Err(_) => match private(OpenOptions::new().write(true).create_new(true)).open(path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => failed(format!(
                "the directory of the store {name} does not exist; make it, or change `url` under [store]"
            )),
            Err(error) => failed(format!("the store {name} cannot be made: {error}; see who may write its directory")),
        },
    }
}

/// Files that only their owner may read.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let mut known = Vec::new();
    for (name, text) in MIGRATIONS {
        known.push(Migration::unapplied(name, text).map_err(|error| bad_migration(&error))?);
    }
    // Another program may do the same at the same moment; whoever comes second finds it done.
    let mut tries = 0;
    loop {
        match version(conn)? {
            Some(found) if found >= NEWEST => return not_newer(found),
            _ => {}
        }
        conn.set_transaction_behavior(TransactionBehavior::Immediate);
        let done = Runner::new(&known).set_grouped(true).run(conn);
        conn.set_transaction_behavior(TransactionBehavior::Deferred);
        tries += 1;
        match done {
            Ok(_) => return Ok(()),
            Err(error) if tries == 3 => return Err(bad_migration(&error)),
            Err(_) => {}
        }
    }
}

/// Refuse the tables of a version to come.
pub(super) fn not_newer(found: i64) -> Result<(), StoreError> {
    if found <= NEWEST {
        return Ok(());
    }
    Err(StoreError::Failed(format!(
        "a newer version of Usher made it (tables of version {found}, this one knows {NEWEST}); run that version"
    )))
}

fn bad_migration(error: &refinery::Error) -> StoreError {
    use std::error::Error;
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<rusqlite::Error>()
            && cause.sqlite_error_code().is_some_and(|code| code != rusqlite::ErrorCode::Unknown)
        {
            return failure::of(cause);
        }
        source = cause.source();
    }
    StoreError::Failed(format!("its tables could not be brought up to date: {error}"))
}

/// Version of the tables; `None` for a new file. The tables of another program are refused.
pub(super) fn version(conn: &Connection) -> Result<Option<i64>, StoreError> {
    // One statement: between two of them another program may have made the tables.
    let look = "SELECT count(*), count(*) FILTER (WHERE name = 'refinery_schema_history') FROM sqlite_schema";
    match conn.query_row(look, [], |row| Ok((row.get(0)?, row.get(1)?)))? {
        (_, true) => Ok(conn.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))?),
        (false, _) => Ok(None),
        (true, false) => {
            Err(StoreError::Failed("it is the database of another program; change `url` under [store]".to_owned()))
        }
    }
}

pub(super) fn stored_key(conn: &Connection) -> rusqlite::Result<Option<DedupeKey>> {
    conn.query_row(sql::GET_META, [DEDUPE_KEY], |row| row.get(0)).optional()
}

fn dedupe_key(conn: &Connection) -> Result<DedupeKey, StoreError> {
    if let Some(key) = stored_key(conn)? {
        return Ok(key);
    }
    let mut fresh = DedupeKey::default();
    aws_lc_rs::rand::fill(&mut fresh)
        .map_err(|_| StoreError::Failed("the system gives no random numbers".to_owned()))?;
    // Of two programs the first one's key stays.
    conn.execute(sql::ADD_META, rusqlite::params![DEDUPE_KEY, fresh])?;
    stored_key(conn)?.ok_or_else(|| StoreError::Failed("its key was not kept".to_owned()))
}
