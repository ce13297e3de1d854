//! One try by one channel: intent, then the call.

use serde_json::json;

use crate::actions::sending::Sending;
use crate::actions::{Run, Stop};
use crate::actions::{letter, once};
use crate::docspace::Invitee;
use crate::model::{Channel, Congratulate, Outcome};
use crate::texts::BuiltIn;

use super::{Occasion, preview};

/// What DocSpace mails of a mention, in UTF-16 units as .NET counts (`NotifyClient.cs`).
const MENTION_LENGTH: usize = 200;

/// Send by one channel.
pub(super) async fn send(
    run: &mut Run<'_>,
    channel: Channel,
    params: &Congratulate,
    user_id: &str,
) -> Result<Sending, Stop> {
    if let Some(verdict) = occasion(run, params)?.prospect(channel).verdict() {
        return Ok(verdict);
    }
    match channel {
        Channel::Letter => Ok(Sending::Accepted(Some(
            "DocSpace's own welcome letter counts, which this way of joining gets; nothing was sent by us",
        ))),
        Channel::SendCongratulations => {
            intend(run, channel).await?;
            let key = params.key.as_deref().unwrap_or_default();
            Ok(Sending::of_portal(run.portal.send_congratulations(user_id, key).await))
        }
        Channel::Smtp => smtp(run, params).await,
        Channel::Mention => mention(run, params).await,
        Channel::Room => room(run, params, user_id).await,
        Channel::Webhook => webhook(run, params).await,
    }
}

fn occasion<'a>(run: &'a Run<'_>, params: &'a Congratulate) -> Result<Occasion<'a>, Stop> {
    let account = run.account.as_ref().ok_or_else(|| Stop::dead("the account was not read"))?;
    let (config, portal, person) = (&run.app.config, run.settings()?, Some(&run.person));
    Ok(Occasion { config, portal, params, event: &run.event, person, account })
}

/// Commit to the call: whatever interrupts it from here on, it may have been made.
async fn intend(run: &mut Run<'_>, channel: Channel) -> Result<(), Stop> {
    run.step(true, once::SENDING, format!("about to congratulate by {}", channel.as_str()), None, |_, _| ()).await
}

async fn smtp(run: &mut Run<'_>, params: &Congratulate) -> Result<Sending, Stop> {
    let built_in = BuiltIn::Congratulation.name();
    let letter = match letter::compose(run, params.text.as_deref(), built_in, params.language.as_deref(), None).await {
        Ok(letter) => letter,
        // A text that cannot be written is no reason against the next channel.
        Err(Stop::With(Outcome::Held { reason, .. })) => return Ok(Sending::Unavailable(reason)),
        Err(stop) => return Err(stop),
    };
    intend(run, Channel::Smtp).await?;
    Ok(letter::send(run, &letter).await)
}

async fn mention(run: &mut Run<'_>, params: &Congratulate) -> Result<Sending, Stop> {
    let occasion = occasion(run, params)?;
    let written = match preview::write(&occasion, None) {
        Ok(written) => written,
        Err(why) => return Ok(Sending::Unavailable(why)),
    };
    let text = short(&written.rendered.text);
    let address = occasion.facts().address().unwrap_or_default().to_owned();
    intend(run, Channel::Mention).await?;
    let file = params.file.as_deref().unwrap_or_default();
    Ok(Sending::of_portal(run.portal.mention(file, &address, &text).await))
}

/// One line of no more than what is mailed.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.encode_utf16().count() <= MENTION_LENGTH {
        return line;
    }
    let mut room = MENTION_LENGTH - 1;
    let fits = |letter: &char| {
        let taken = room.checked_sub(letter.len_utf16());
        room = taken.unwrap_or(0);
        taken.is_some()
    };
    let kept: String = line.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

async fn room(run: &mut Run<'_>, params: &Congratulate, user_id: &str) -> Result<Sending, Stop> {
    let Some(grant) = &params.room else { return Ok(Sending::Unavailable("the rule names no room".to_owned())) };
    let culture = params.language.clone().or_else(|| run.account.as_ref()?.culture.clone());
    intend(run, Channel::Room).await?;
    let who = Invitee::Account(user_id.to_owned());
    match run.portal.share_room(&grant.id, &who, grant.access, true, culture.as_deref()).await {
        Ok(Some(warning)) => Ok(Sending::Refused {
            why: "DocSpace warns that it did not share the room with this person".to_owned(),
            words: format!("DocSpace warns: {warning}"),
        }),
        other => Ok(Sending::of_portal(other.map(drop))),
    }
}

async fn webhook(run: &mut Run<'_>, params: &Congratulate) -> Result<Sending, Stop> {
    let name = params.receiver.clone().unwrap_or_default();
    let app = run.app;
    let Some(receiver) = app.receivers.get(&name) else {
        return Ok(Sending::Unavailable(format!("the configuration has no receiver '{name}' any more")));
    };
    let occasion = occasion(run, params)?;
    let written = match preview::write(&occasion, None) {
        Ok(written) => written,
        Err(why) => return Ok(Sending::Unavailable(why)),
    };
    let facts = occasion.facts();
    let body = json!({
        "type": "person.activated",
        "timestamp": occasion.activated_at().unwrap_or(run.job.created_at).to_string(),
        "data": {
            "person": facts.about_person(),
            "portal": facts.about_portal(),
            "text": {
                "language": written.language,
                "subject": written.rendered.subject,
                "text": written.rendered.text,
            },
        },
    });
    let id = run.message_id();
    intend(run, Channel::Webhook).await?;
    Ok(Sending::of_receiver(receiver.post(&id, body.to_string().into_bytes(), app.clock.now()).await))
}

/// What a definite refusal of a channel means.
pub(super) fn explain(channel: Channel, why: String) -> String {
    if channel == Channel::SendCongratulations && why.contains(" 403") {
        return "403: a real DocSpace server takes no template key (such as welcome_guest) here, only a validation key \
                that no API caller can get. Nothing was sent"
            .to_owned();
    }
    why
}
