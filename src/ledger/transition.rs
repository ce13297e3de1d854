//! The one transition of an account to active.

use jiff::{SignedDuration, Timestamp};

use super::Ledger;
use crate::model::{AccountState, Event, EventKind, PersonId, Way};

/// An activation older than this, of somebody we did not onboard, is no news.
const STALE_ACTIVATION: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Ledger {
    /// Note what a `user.*` event says of the account of `id`; the event `user.activated` when it is the transition.
    ///
    /// The transition: an active `user.created`, a `user.activated` that a platform tells itself, or a `user.updated` with
    /// the activation bit set and status 1 of an account that we made or have seen with the bit unset. Once per user id.
    pub fn observe(&mut self, id: PersonId, event: &Event, now: Timestamp) -> Option<Event> {
        let person = self.edit(id)?;
        if event.kind == EventKind::UserDeleted {
            person.lose_account(now);
        }
        // What is told late of an account that is gone is no news.
        if person.deleted_at.is_some() {
            return None;
        }
        person.way = person.way.or_else(|| way(event));
        // A platform that tells of the activation itself need not repeat it in flags.
        let is_told = event.kind == EventKind::UserActivated;
        let bit_set = is_told || event.activation_status? & 1 != 0;
        if !bit_set {
            if person.account == AccountState::Unknown {
                person.account = AccountState::Pending;
            }
            return None;
        }
        let before = std::mem::replace(&mut person.account, AccountState::Active);
        let expected = match event.kind {
            EventKind::UserCreated | EventKind::UserActivated => true,
            EventKind::UserUpdated => person.is_ours() || before == AccountState::Pending,
            _ => false,
        };
        let old_news = !person.is_ours() && is_older(event, now);
        let is_enabled = event.status.map_or(is_told, |status| status == 1);
        if before == AccountState::Active || !is_enabled || !expected || old_news {
            return None;
        }
        person.activated_at = Some(now);
        Some(Event { kind: EventKind::UserActivated, ..event.clone() })
    }
}

/// How the person comes to the account, as far as `event` shows it: who registers through a shared link is created
/// with no flag at all, who was created by an administrator with the flag 2 alone (`UserController.cs`, `UserManagerWrapper.cs`).
fn way(event: &Event) -> Option<Way> {
    match (event.kind, event.activation_status) {
        (EventKind::UserInvited, _) => Some(Way::Invited),
        (EventKind::UserCreated, Some(0)) => Some(Way::Link),
        (EventKind::UserCreated, Some(2)) => Some(Way::Created),
        _ => None,
    }
}

fn is_older(event: &Event, now: Timestamp) -> bool {
    let occurred = event.occurred_at.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
    occurred.is_some_and(|at| now.duration_since(at) > STALE_ACTIVATION)
}
