//! Something that is sent at most once: the intent is committed before, what became of it after.
//!
//! A job whose last step is `sending` or `uncertain` may have sent. Releasing it by hand puts another step after it,
//! and so is the order to send (again). `congratulate` keeps the same rule over several channels.

use tracing::warn;

use crate::ledger::Ledger;
use crate::model::{Job, JobId, Step};
use crate::store::JobFilter;

use super::sending::Sending;
use super::{Run, Stop, guarding};

/// Committed before each call: what comes after it may have been sent.
pub(super) const SENDING: &str = "sending";
/// Nothing definite was heard.
pub(super) const UNCERTAIN: &str = "uncertain";

/// What is said of something of which nothing definite was heard.
const MAY_HAVE_BEEN_SENT: &str =
    "it may have been sent: ask the person, then release this job to send it (again) or cancel it";

/// Whether the job may have sent without knowing it.
pub(super) fn perhaps_sent(steps: &[Step]) -> bool {
    steps.last().is_some_and(|step| matches!(step.name.as_str(), SENDING | UNCERTAIN))
}

/// Go on only where neither this job nor another one of its kind may have sent already.
pub(super) async fn guard(run: &Run<'_>, what: &str) -> Result<(), Stop> {
    if perhaps_sent(&run.job.steps) {
        return Err(Stop::held(format!("stopped while sending {what}; {MAY_HAVE_BEEN_SENT}")));
    }
    match perhaps_sent_by(run, |_| true).await? {
        Some(other) => {
            Err(Stop::held(format!("job {other} did not learn what became of {what}; {MAY_HAVE_BEEN_SENT}")))
        }
        None => Ok(()),
    }
}

/// Another job of the kind and the person, of those that `concerns` picks, that may have sent without knowing it; none
/// where a human being has ordered this one nevertheless.
pub(super) async fn perhaps_sent_by(run: &Run<'_>, concerns: impl Fn(&Job) -> bool) -> Result<Option<JobId>, Stop> {
    if run.again() || run.job.has_step("released") {
        return Ok(None);
    }
    let kind = Some(run.job.kind.clone());
    let jobs = run.app.store.jobs(JobFilter { kind, person: Some(run.person.id), ..JobFilter::default() }).await?;
    let open = |job: &&Job| job.id != run.job.id && perhaps_sent(&job.steps) && concerns(job);
    Ok(jobs.iter().find(open).map(|job| job.id))
}

/// Commit the intent. For somebody's first letter that is the intent to onboard, which the guard may be against.
pub(super) async fn begin(run: &mut Run<'_>, what: &str, is_first: bool) -> Result<(), Stop> {
    let detail = format!("about to send {what}");
    match is_first {
        true => guarding::admit(run, SENDING, detail).await,
        false => run.step(true, SENDING, detail, None, |_, _| ()).await,
    }
}

/// Go on only where it was accepted. What was definitely not sent takes the intent back.
pub(super) async fn judge(run: &mut Run<'_>, sending: Sending, what: &str, is_first: bool) -> Result<(), Stop> {
    let forget = move |ledger: &mut Ledger, id| {
        if is_first {
            guarding::take_back(ledger, id);
        }
    };
    match sending {
        Sending::Accepted(_) => Ok(()),
        Sending::NotSent { why, after } => {
            run.step(false, "not_sent", why.clone(), None, forget).await?;
            Err(Stop::put_off(why, after))
        }
        Sending::Refused { why, words } => {
            run.step(false, "refused", words, None, forget).await?;
            Err(Stop::held(format!("{what} was not sent: {why}. See to it, then release this job; or cancel it")))
        }
        Sending::Unavailable(why) => {
            run.step(false, "unavailable", why.clone(), None, forget).await?;
            Err(Stop::held(format!("{what} was not sent: {why}. See to it, then release this job; or cancel it")))
        }
        Sending::Uncertain { why, words } => {
            warn!(job = run.job.id.0, why, "a letter may have been sent or not; its job is held");
            run.tell(UNCERTAIN, words).await?;
            Err(Stop::told(format!("{why}; {MAY_HAVE_BEEN_SENT}")))
        }
    }
}
