//! The one writer of results, and how a command ends.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use crate::document::Problem;
use crate::store::StoreError;

/// How a command did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Wrong usage or configuration, one line each: exit code 2.
    Usage(Vec<String>),
    /// It did not work: exit code 1.
    Failed(anyhow::Error),
    /// Results were shown, and they are bad: exit code 1 without a further word.
    Shown,
    /// The reader of our results went away: exit code 0.
    BrokenPipe,
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(vec![message.into()])
    }

    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(anyhow::Error::msg(message.into()))
    }

    /// Say it on standard error and give the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Usage(lines) => {
                for line in lines {
                    note(&format!("error: {line}"));
                }
                ExitCode::from(2)
            }
            Self::Failed(error) => {
                note(&format!("error: {error:#}"));
                ExitCode::FAILURE
            }
            Self::Shown => ExitCode::FAILURE,
            Self::BrokenPipe => ExitCode::SUCCESS,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::BrokenPipe } else { Self::Failed(error.into()) }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<crate::docspace::Error> for Failure {
    fn from(error: crate::docspace::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<crate::docspace::ClientError> for Failure {
    fn from(error: crate::docspace::ClientError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<crate::app::SetupError> for Failure {
    fn from(error: crate::app::SetupError) -> Self {
        match error {
            crate::app::SetupError::Mail { .. } => Self::usage(error.to_string()),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<crate::http::ServeError> for Failure {
    fn from(error: crate::http::ServeError) -> Self {
        // Its text has the cause in it; as a chain the cause would be told twice.
        Self::failed(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Usage(problems.iter().map(ToString::to_string).collect())
    }
}

/// What clap has to say; `--help` and `--version` are results.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// A line on standard error.
pub(super) fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Standard output.
pub(super) struct Out {
    stdout: io::Stdout,
}

impl Out {
    pub(super) fn new() -> Self {
        Self { stdout: io::stdout() }
    }

    /// Whether the reader sees colours: a terminal, unless the environment says otherwise.
    pub(super) fn has_colours(&self) -> bool {
        !matches!(anstream::AutoStream::choice(&self.stdout), anstream::ColorChoice::Never)
    }

    /// One line.
    pub(super) fn line(&mut self, line: impl AsRef<str>) -> Result<(), Failure> {
        writeln!(self.stdout, "{}", line.as_ref())?;
        Ok(self.stdout.flush()?)
    }

    /// Bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout.write_all(bytes)?;
        Ok(self.stdout.flush()?)
    }

    /// One JSON value.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        self.line(serde_json::to_string_pretty(value)?)
    }

    /// A table; on a pipe its lines are as long as they need to be.
    pub(super) fn table<const N: usize>(&mut self, head: [&str; N], rows: Vec<[String; N]>) -> Result<(), Failure> {
        for line in lines(head, rows, self.stdout.is_terminal()) {
            self.line(line)?;
        }
        Ok(())
    }
}

/// The first rows of a table on standard error, and how many more there are.
pub(super) fn note_table<const N: usize>(head: [&str; N], mut rows: Vec<[String; N]>) {
    let more = rows.len().saturating_sub(FIRST);
    rows.truncate(FIRST);
    for line in lines(head, rows, io::stderr().is_terminal()) {
        note(&line);
    }
    if more > 0 {
        note(&format!("... and {more} more"));
    }
}

/// Rows that are told of a list beside the results.
const FIRST: usize = 20;

fn lines<const N: usize>(head: [&str; N], rows: Vec<[String; N]>, is_terminal: bool) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(head);
    if is_terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(row);
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// A time as tables show it: UTC, whole seconds.
pub(super) fn when(at: Option<jiff::Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
