//! Congratulate a person on the activated account: at most once.
//!
//! ```text
//! done before, perhaps done before      nothing, or held
//!   -> read back                        is the account still there, enabled and activated?
//!   -> each channel of `via` in turn    prospect: is it to be tried at all?
//!        intent, then the call          accepted: done; refused: the next one; put off: again later; unclear: held
//! reconsider                            what was refused goes on once another channel is configured
//! ```

mod channel;
mod preview;
mod prospect;
mod reconsider;
mod record;

pub use preview::preview;
pub use prospect::{Occasion, Prospect};
pub use reconsider::reconsider;

use serde_json::Value as Json;
use tracing::warn;

use crate::docspace::Account;
use crate::ledger::Ledger;
use crate::model::{Channel, Congratulate, Job, Outcome, PersonId};

use super::sending::Sending;
use super::{Run, Stop, once};
use record::{REFUSED, UNAVAILABLE};

const MAY_HAVE_BEEN_SENT: &str = "the congratulation may have been sent: ask the person, then release this job to send \
                                  it (again) or cancel it";

const NO_CHANNEL_LEFT: &str = "Configure another channel: at the next start of the server the job goes on by itself";

pub(super) async fn perform(run: &mut Run<'_>) -> Result<Outcome, Stop> {
    let params: Congratulate = run.params()?;
    if let Some(step) = run.job.steps.iter().rfind(|step| step.name == "sent") {
        // It was sent, and then the end of the job could not be stored.
        return Ok(Outcome::done(step.detail.clone()));
    }
    if run.person.congratulated_at.is_some() && !run.again() {
        return Ok(Outcome::done("known: congratulated before; nothing was sent"));
    }
    // The second one: it was held, and then the end of the job could not be stored.
    if once::perhaps_sent(&run.job.steps) {
        return Err(Stop::held(format!("stopped while sending; {MAY_HAVE_BEEN_SENT}")));
    }
    let Some(user_id) = run.event.user_id.clone().or_else(|| run.person.user_id.clone()) else {
        return Err(Stop::dead("the person has no DocSpace account yet"));
    };
    let concerns =
        |job: &Job| job.payload.pointer("/event/user_id").and_then(Json::as_str).is_none_or(|its| its == user_id);
    if let Some(other) = once::perhaps_sent_by(run, concerns).await? {
        return Err(Stop::held(format!("job {other} did not learn what became of its own; {MAY_HAVE_BEEN_SENT}")));
    }
    let account = run.portal.account(&user_id).await?;
    if let Some(why) = nobody_there(account.as_ref(), run.is_by_hand()) {
        run.tell("not_congratulated", why).await?;
        return Ok(Outcome::done(format!("not congratulated: {why}")));
    }
    run.account = account;
    by_some_channel(run, &params, &user_id).await
}

/// Why an account is not to be congratulated any more. Whoever orders it by hand may be ahead of the activation.
fn nobody_there(account: Option<&Account>, is_by_hand: bool) -> Option<&'static str> {
    match account {
        None => Some("the account is gone"),
        Some(account) if account.status == 2 => Some("the account is disabled"),
        Some(account) if is_by_hand || (account.status == 1 && account.is_activated()) => None,
        Some(_) => Some("the account is not activated"),
    }
}

async fn by_some_channel(run: &mut Run<'_>, params: &Congratulate, user_id: &str) -> Result<Outcome, Stop> {
    let refused_before = record::refused_lately(&run.job.steps);
    let mut refusals = Vec::new();
    for channel in params.via.iter().copied() {
        let word = channel.as_str();
        if refused_before.contains(&channel) {
            refusals.push(format!("{word} was refused before"));
            continue;
        }
        match channel::send(run, channel, params, user_id).await? {
            Sending::Accepted(more) => return accepted(run, channel, more, user_id).await,
            Sending::Refused { why, words } => {
                let why = channel::explain(channel, why);
                run.tell(REFUSED, record::detail(channel, &words)).await?;
                run.app.notices.congratulation_refused(channel, &why);
                refusals.push(format!("{word} was refused: {why}"));
            }
            Sending::Unavailable(why) => {
                run.tell(UNAVAILABLE, record::detail(channel, &why)).await?;
                run.app.notices.congratulation_refused(channel, &why);
                refusals.push(format!("{word} cannot be used: {why}"));
            }
            Sending::NotSent { why, after } => {
                run.tell("not_sent", record::detail(channel, &why)).await?;
                return Err(Stop::put_off(why, after));
            }
            Sending::Uncertain { why, words } => {
                warn!(job = run.job.id.0, why, "a congratulation may have been sent or not; its job is held");
                run.tell(once::UNCERTAIN, record::detail(channel, &words)).await?;
                return Err(Stop::told(format!("{why}; {MAY_HAVE_BEEN_SENT}")));
            }
        }
    }
    // Each channel has its notice.
    Err(Stop::told(format!("{}. {NO_CHANNEL_LEFT}", refusals.join("; "))))
}

async fn accepted(run: &mut Run<'_>, channel: Channel, more: Option<&str>, user_id: &str) -> Result<Outcome, Stop> {
    let mut note = format!("congratulated by {}", channel.as_str());
    if let Some(more) = more {
        note = format!("{note}: {more}");
    }
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
    run.step(true, "sent", note.clone(), Some(user_id), finish).await?;
    Ok(Outcome::done(note))
}
