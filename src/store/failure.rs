//! Errors of SQLite as sentences that say what to do. They name no row, no value and no statement.

use std::path::Path;

use rusqlite::{Error, ErrorCode};

use super::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        of(&error)
    }
}

pub(super) fn of(error: &Error) -> StoreError {
    if is_passing(error) { StoreError::Locked } else { StoreError::Failed(sentence(error)) }
}

fn sentence(error: &Error) -> String {
    let text = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk of the store is full; free some space",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "the store may not be written; give this program's user the right to write the file and its directory"
        }
        Some(ErrorCode::CannotOpen) => {
            "the store's file cannot be opened; see that it and its directory exist and may be read and written"
        }
        Some(ErrorCode::NotADatabase) => {
            "the file is not a store of Usher (not an SQLite database); move it away, or change `url` under [store]"
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            "the store's file is damaged; bring it back from a backup, or move it away so that a new one is made"
        }
        Some(ErrorCode::SystemIoFailure) => {
            return format!("the disk of the store reports an error ({}); look into the system's log", code(error));
        }
        Some(ErrorCode::ConstraintViolation) => {
            return format!("the store refused a row that breaks a rule of its tables ({})", code(error));
        }
        Some(_) => return format!("the store failed ({})", code(error)),
        None => return unreadable(error),
    };
    text.to_owned()
}

fn code(error: &Error) -> String {
    error.sqlite_error().map_or_else(String::new, |error| error.extended_code.to_string())
}

fn unreadable(error: &Error) -> String {
    match error {
        Error::FromSqlConversionFailure(column, ..)
        | Error::IntegralValueOutOfRange(column, _)
        | Error::InvalidColumnType(column, ..) => {
            format!("a row of the store cannot be read (column {column}); was it changed by hand?")
        }
        Error::QueryReturnedNoRows => "a row of the store is missing; was it changed by hand?".to_owned(),
        _ => "the store was used in a way it does not understand; please report this".to_owned(),
    }
}

/// An error while opening the store at `path`.
pub(super) fn opening(path: &Path, error: &StoreError) -> StoreError {
    StoreError::Failed(format!("the store {} cannot be opened: {error}", path.display()))
}

/// Whether it was only somebody else's lock: the connection that reported it is sound.
pub(super) fn is_passing(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
