//! Congratulate a person on the activated account: at most once.

use serde_json::Value as Json;
use tracing::warn;

use crate::docspace::Error as PortalError;
use crate::ledger::Ledger;
use crate::model::{Channel, Congratulate, Job, JobId, Outcome, PersonId, Step, kind};
use crate::store::JobFilter;

use super::{Run, Stop};

const MAY_HAVE_BEEN_SENT: &str = "the congratulation may have been sent: ask the person, then release this job to send \
                                  it (again) or cancel it";

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let params: Congratulate = run.params()?;
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == "sent") {
        // It was sent, and then the end of the job could not be stored.
        return Ok(Outcome::done(step.detail.clone()));
    }
    if run.person.congratulated_at.is_some() && !run.again() {
        return Ok(Outcome::done("known: congratulated before; nothing was sent"));
    }
    if last_is(&run.job.steps, &["sending"]) {
        return Err(Stop::held(format!("stopped while sending; {MAY_HAVE_BEEN_SENT}")));
    }
    let Some(user_id) = run.event.user_id.clone().or_else(|| run.person.user_id.clone()) else {
        return Err(Stop::dead("the person has no DocSpace account yet"));
    };
    if let Some(other) = perhaps_sent_by(run, &user_id).await? {
        return Err(Stop::held(format!("job {other} did not learn what became of its own; {MAY_HAVE_BEEN_SENT}")));
    }
    let mut refusals = Vec::new();
    for channel in &params.via {
        match send(run, *channel, &params, &user_id).await? {
            None => return Ok(Outcome::done(format!("congratulated by {}", channel.as_str()))),
            Some(refusal) => refusals.push(refusal),
        }
    }
    Err(Stop::held(refusals.join("; ")))
}

/// Whether the last thing recorded is one of these steps. A job released by hand has another one after them.
fn last_is(steps: &[Step], names: &[&str]) -> bool {
    steps.last().is_some_and(|step| names.contains(&step.name.as_str()))
}

/// Another job that may have congratulated the same account without knowing it; none where a human being has ordered
/// this one nevertheless.
async fn perhaps_sent_by(run: &Run<'_>, user_id: &str) -> Result<Option<JobId>, Stop> {
    if run.again() || run.job.has_step("released") {
        return Ok(None);
    }
    let kind = Some(kind::CONGRATULATE.to_owned());
    let jobs = run.app.store.jobs(JobFilter { kind, person: Some(run.person.id), ..JobFilter::default() }).await?;
    let open = |job: &&Job| {
        job.id != run.job.id
            && last_is(&job.steps, &["sending", "uncertain"])
            && job.payload.pointer("/event/user_id").and_then(Json::as_str).is_none_or(|its| its == user_id)
    };
    Ok(jobs.iter().find(open).map(|job| job.id))
}

/// Send by one channel: `None` when it accepted, else its definite refusal.
async fn send(
    run: &mut Run<'_>,
    channel: Channel,
    params: &Congratulate,
    user_id: &str,
) -> Result<Option<String>, Stop> {
    let word = channel.as_str();
    run.step(true, "sending", format!("about to congratulate by {word}"), None, |_, _| ()).await?;
    let sent = match channel {
        Channel::SendCongratulations => {
            run.portal.send_congratulations(user_id, params.key.as_deref().unwrap_or_default()).await
        }
        other => return Ok(Some(format!("this version has no channel {}", other.as_str()))),
    };
    match sent {
        Ok(()) => {
            let now = run.app.clock.now();
            let account = user_id.to_owned();
            let portal = run.person.portal.clone();
            let finish = move |ledger: &mut Ledger, id: PersonId| {
                // The account may have been joined to another row meanwhile.
                let holder = ledger.holder(&portal, &account).unwrap_or(id);
                if let Some(person) = ledger.edit(holder) {
                    person.congratulated_at = Some(now);
                }
            };
            run.step(true, "sent", format!("congratulated by {word}"), Some(user_id), finish).await?;
            Ok(None)
        }
        Err(error @ PortalError::Refused { .. }) => {
            let refusal = explain(channel, &error);
            run.tell("refused", error.summary()).await?;
            run.app.notices.congratulation_refused(&refusal);
            Ok(Some(refusal))
        }
        Err(
            error @ (PortalError::Unsent(..)
            | PortalError::Busy { .. }
            | PortalError::Paused { .. }
            | PortalError::MailLimit { .. }
            | PortalError::Limited { .. }),
        ) => {
            run.tell("not_sent", error.summary()).await?;
            Err(Stop::outage(&error))
        }
        Err(error) => {
            warn!(job = run.job.id.0, %error, "a congratulation may have been sent or not; its job is held");
            run.tell("uncertain", error.summary()).await?;
            Err(Stop::held(format!("{error}; {MAY_HAVE_BEEN_SENT}")))
        }
    }
}

fn explain(channel: Channel, error: &PortalError) -> String {
    let word = channel.as_str();
    match error {
        PortalError::Refused { status: 403, .. } => format!(
            "{word} was refused with 403: a real DocSpace server takes no template key (such as welcome_guest) here, \
             only a validation key that no API caller can get. Nothing was sent. Configure another channel, or cancel"
        ),
        _ => format!("{word} was refused: {error}"),
    }
}
