//! CSV files: a first line that names the columns, and every wrong row told at once with its line.

use std::path::Path;

use csv::StringRecord;

use super::output::Failure;

/// Read every row by `row`, which sees the names of the columns too; `columns` judges those first. Rows whose number of
/// fields is wrong, or that are not UTF-8, are problems like those that `row` finds.
///
/// # Errors
/// Wrong usage: all problems, each with the file's name and the line.
pub(super) fn read<T>(
    file: &Path,
    columns: impl FnOnce(&StringRecord) -> Result<(), String>,
    row: impl Fn(&StringRecord, &StringRecord) -> Result<T, String>,
) -> Result<Vec<T>, Failure> {
    let name = file.display();
    let cannot = |error: &dyn std::fmt::Display| Failure::usage(format!("{name}: cannot be read ({error})"));
    let bytes = std::fs::read(file).map_err(|error| cannot(&error))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    let head = reader.headers().map_err(|error| cannot(&error))?.clone();
    columns(&head).map_err(|problem| Failure::usage(format!("{name}: line 1: {problem}")))?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                let line = line(&bytes, error.position());
                problems.push(format!("{name}: line {line}: {}", unreadable(&error)));
                continue;
            }
        }
        match row(&head, &record) {
            Ok(row) => rows.push(row),
            Err(problem) => {
                let line = line(&bytes, record.position());
                problems.push(format!("{name}: line {line}: {problem}"));
            }
        }
    }
    if rows.is_empty() && problems.is_empty() {
        problems.push(format!("{name}: there is nobody in it"));
    }
    if problems.is_empty() { Ok(rows) } else { Err(Failure::Usage(problems)) }
}

/// The line a row stands on: its position is that of the blank lines before it.
fn line(bytes: &[u8], at: Option<&csv::Position>) -> u64 {
    let Some(at) = at else { return 1 };
    let rest = usize::try_from(at.byte()).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    at.line() + blank.map(|_| 1).sum::<u64>()
}

/// What is wrong with a row that the reader of CSV refuses.
pub(super) fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("there are {len} fields, but {expected_len} columns; quote a field that has a comma in it")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8; save the file as CSV UTF-8".to_owned(),
        _ => "it cannot be read".to_owned(),
    }
}
