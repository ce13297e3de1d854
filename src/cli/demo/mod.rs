//! `usher demo`: the whole story on this machine in seconds.
//!
//! The real parts, each on a loopback port that the system chooses: the receiver, the worker, a store in a temporary
//! directory, the sandbox in place of the portal, as strict as a real one, and its mail catcher in place of a mail
//! server. Nothing is configured, nothing leaves the machine, nothing stays.

mod cast;
mod congratulations;
mod overhear;
mod stage;
mod story;
mod timeline;
mod verdict;

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::output::{Failure, Out};
use super::wait;
use stage::Stage;
use story::{Ended, Story};

const ALL_WELL: &str =
    "All as it should be: everybody hired was invited, activated and congratulated once; the forgery did nothing.";
/// What the reader should know before believing that a real portal does the same.
const REAL_PORTAL: &str = "A real DocSpace answers sendcongratulations in the same way: 403, to welcome_guest and every \
                           other key.\nSo let a rule name another channel after it, as smtp here.";
const NEXT: &str = "Next: `usher init` writes a configuration for `usher sandbox` and `usher serve`.";

pub(super) async fn run(out: &mut Out) -> Result<(), Failure> {
    let directory = directory().context("cannot make a temporary directory; TMPDIR names another place for it")?;
    // Listened for from the beginning, so that an interrupted demo leaves nothing behind either.
    let interrupted = tokio::spawn(wait::for_signal());
    let told = perform(directory.path(), interrupted, out).await;
    let path = directory.path().display().to_string();
    directory.close().with_context(|| format!("cannot remove the temporary directory {path}"))?;
    told
}

fn directory() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("usher-demo-").permissions(Permissions::from_mode(0o700)).tempdir()
}

/// From an empty directory to the verdict. All that works on the directory has ended when this returns.
async fn perform(directory: &Path, interrupted: JoinHandle<io::Result<()>>, out: &mut Out) -> Result<(), Failure> {
    let stage = Stage::set_up(directory).await?;
    let told = tokio::select! {
        told = tell(&stage, out) => told,
        _ = interrupted => Err(Failure::failed("interrupted")),
    };
    stage.tear_down().await;
    told
}

async fn tell(stage: &Stage, out: &mut Out) -> Result<(), Failure> {
    out.line(format!("Usher takes webhooks at {}, a stand-in DocSpace runs at {},", stage.url(), stage.portal_url()))?;
    out.line(format!("a mail catcher at {}. Times are seconds from the start.", stage.postbox_url()))?;
    let mut story = Story::new(stage, out)?;
    let mut wrong = match story.play().await {
        Ok(()) => Vec::new(),
        Err(Ended::Astray(what)) => vec![what],
        Err(Ended::Failed(failure)) => return Err(failure),
    };
    let look = stage.look().await?;
    let answers = story.into_answers();
    out.line("")?;
    verdict::show(&look, &answers, out)?;
    wrong.extend(verdict::differences(&look, &answers));
    if wrong.is_empty() {
        out.line(ALL_WELL)?;
        out.line(REAL_PORTAL)?;
        return out.line(NEXT);
    }
    Err(Failure::failed(format!("the end is not as it should be:\n  {}", wrong.join("\n  "))))
}
