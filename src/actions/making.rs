//! The call that makes an account, in each of the ways there are.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::docspace::{Account, Error as PortalError, Invitee, NewAccount};
use crate::model::{Onboard, UserType, Way};
use crate::names::NameRule;

use super::onboard::{intend, is_ours, withdraw};
use super::{Run, Stop, membership};

/// How long what a portal asks of names is good for.
const RULE_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// What the call that makes an account came to.
pub(super) enum Made {
    /// It is ours.
    New(Account),
    /// There was one already.
    Known(Account),
}

/// Make the account of this address. Whatever can be found wrong beforehand is.
pub(super) async fn make(run: &mut Run<'_>, params: &Onboard, email: &str) -> Result<Made, Stop> {
    membership::groups_of(run, params).await?;
    let kind = params.user_type;
    let about = |how: &str| format!("about to make an account of type {kind} ({how})");
    let culture = params.culture.as_deref();
    match params.way() {
        Way::Room => {
            let Some(room) = params.rooms.first() else {
                return Err(Stop::dead("a guest comes to be by being let into a room, and the rule names none"));
            };
            intend(run, about("room")).await?;
            let guest = Invitee::Address(email.to_owned());
            // The server mails an address without an account in any case.
            let shared = run.portal.share_room(&room.id, &guest, room.access, false, culture).await;
            match shared {
                Ok(warning) => guest_made(run, params, email, warning).await,
                Err(error @ PortalError::Refused { status: 404, .. }) => {
                    withdraw(run, error.summary()).await?;
                    Err(Stop::held(format!(
                        "the portal has no room {}, so that nobody was invited: mend the rule, cancel this job and \
                         rerun the delivery",
                        room.id
                    )))
                }
                Err(error) => failed(run, email, error).await,
            }
        }
        Way::Invited | Way::Link => {
            intend(run, about("invite")).await?;
            match run.portal.invite(email, kind, culture).await {
                // Older servers skip what they do not like and say yes: only the look-up tells.
                Ok(()) => match run.portal.find_by_email(email).await? {
                    Some(account) => Ok(Made::New(account)),
                    None => Err(Stop::held(
                        "DocSpace accepted the invitation but made no account: may the key's owner invite this type?",
                    )),
                },
                Err(error) => failed(run, email, error).await,
            }
        }
        Way::Created => {
            let new = NewAccount { email: email.to_owned(), ..named(run, params).await? };
            intend(run, about("create")).await?;
            match run.portal.create(&new).await {
                Ok(account) => Ok(Made::New(account)),
                Err(error) => failed(run, email, error).await,
            }
        }
    }
}

/// Older servers skip what they do not like, and every server answers success with a warning where it did not share.
async fn guest_made(run: &mut Run<'_>, params: &Onboard, email: &str, warning: Option<String>) -> Result<Made, Stop> {
    match run.portal.find_by_email(email).await? {
        Some(found) if found.user_type == UserType::Guest => {
            // The first room is shared once more, by id, if the portal has warned: whether it did is not known.
            if let (None, Some(room)) = (warning, params.rooms.first()) {
                run.tell("shared", membership::note(room)).await?;
            }
            Ok(Made::New(found))
        }
        Some(found) => Ok(Made::Known(found)),
        None => {
            let why = warning.map(|warning| format!(" ({warning})")).unwrap_or_default();
            let reason = format!("DocSpace made no guest by the invitation to the room{why}");
            withdraw(run, reason.clone()).await?;
            Err(Stop::held(format!("{reason}: may guests be invited, and does the room take them?")))
        }
    }
}

/// The call failed. 400 may mean that the account exists, perhaps made by an earlier try of ours.
async fn failed(run: &mut Run<'_>, email: &str, error: PortalError) -> Result<Made, Stop> {
    if let PortalError::Refused { status: 400, .. } = &error {
        match run.portal.find_by_email(email).await? {
            Some(found) if is_ours(run, &found).await? => return Ok(Made::New(found)),
            Some(found) => return Ok(Made::Known(found)),
            None => {}
        }
    }
    if let PortalError::Refused { .. } | PortalError::Scope { .. } | PortalError::MailLimit { .. } = &error {
        withdraw(run, error.summary()).await?;
    }
    Err(error.into())
}

/// The new account without its address, with names as the portal takes them.
async fn named(run: &mut Run<'_>, params: &Onboard) -> Result<NewAccount, Stop> {
    const REMEDY: &str = "map `first_name`, or use mode = \"invite\", then rerun the delivery";
    // A message about a change leaves out names that have not changed.
    let Some(first_name) = run.event.first_name.clone().or_else(|| run.person.first_name.clone()) else {
        return Err(Stop::dead(format!(
            "the event has no first name, and DocSpace creates no account without one; {REMEDY}"
        )));
    };
    let last_name = run.event.last_name.clone().or_else(|| run.person.last_name.clone()).unwrap_or_default();
    let rule = name_rule(run).await?;
    let names = rule.mend(&first_name, &last_name).map_err(|error| Stop::dead(format!("{error}; {REMEDY}")))?;
    if let Some(changes) = names.changes {
        run.tell("names", format!("made fit for the portal: {changes}")).await?;
    }
    Ok(NewAccount {
        email: String::new(),
        first_name: names.first,
        last_name: names.last,
        user_type: params.user_type,
        culture: params.culture.clone(),
    })
}

/// What the portal asks of names. One that does not tell is taken to ask what is usual: the server decides anyway.
async fn name_rule(run: &Run<'_>) -> Result<Arc<NameRule>, Stop> {
    let now = run.app.clock.now();
    if let Some(rule) = run.app.name_rules.get(&run.person.portal, RULE_LIFE, now) {
        return Ok(rule);
    }
    match run.portal.settings().await {
        Ok(settings) => {
            let rule = NameRule::new(settings.user_name_regex.as_deref());
            Ok(run.app.name_rules.put(&run.person.portal, rule, now))
        }
        Err(error @ (PortalError::Unsent(..) | PortalError::Busy { .. } | PortalError::Paused { .. })) => {
            Err(error.into())
        }
        Err(_) => Ok(Arc::new(NameRule::new(None))),
    }
}
