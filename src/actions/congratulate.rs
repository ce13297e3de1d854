//! Congratulate a person on the activated account: at most once.

use crate::docspace::Error as PortalError;
use crate::ledger::Ledger;
use crate::model::{Channel, Congratulate, Outcome, PersonId, Step};

use super::{Run, Stop};

const MAY_HAVE_BEEN_SENT: &str = "the congratulation may have been sent: ask the person, then release this job to send \
                                  it (again) or cancel it";

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let params: Congratulate = run.params()?;
    if run.person.congratulated_at.is_some() && !run.again() {
        return Ok(Outcome::done("known: congratulated before; nothing was sent"));
    }
    if last_is_sending(&run.job.steps) {
        return Err(Stop::held(format!("stopped while sending; {MAY_HAVE_BEEN_SENT}")));
    }
    let Some(user_id) = run.event.user_id.clone().or_else(|| run.person.user_id.clone()) else {
        return Err(Stop::dead("the person has no DocSpace account yet"));
    };
    let mut refusals = Vec::new();
    for channel in &params.via {
        match send(run, *channel, &params, &user_id).await? {
            None => return Ok(Outcome::done(format!("congratulated by {}", channel.as_str()))),
            Some(refusal) => refusals.push(refusal),
        }
    }
    Err(Stop::held(refusals.join("; ")))
}

/// Whether the last thing recorded since the job was last released is an intent without its result.
fn last_is_sending(steps: &[Step]) -> bool {
    steps.last().is_some_and(|step| step.name == "sending")
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
    };
    match sent {
        Ok(()) => {
            let now = run.app.clock.now();
            let finish = move |ledger: &mut Ledger, id: PersonId| {
                if let Some(person) = ledger.edit(id) {
                    person.congratulated_at = Some(now);
                }
            };
            run.step(true, "sent", format!("{word} accepted it"), None, finish).await?;
            Ok(None)
        }
        Err(error @ PortalError::Refused { .. }) => {
            let refusal = explain(channel, &error);
            run.tell("refused", refusal.clone()).await?;
            run.app.notices.congratulation_refused(&refusal);
            Ok(Some(refusal))
        }
        Err(error @ (PortalError::Unsent(..) | PortalError::Busy { .. } | PortalError::Paused { .. })) => {
            run.tell("not_sent", error.summary()).await?;
            Err(Stop::outage(&error))
        }
        Err(error) => {
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
        _ => format!("{word} was refused: {}", error.summary()),
    }
}
