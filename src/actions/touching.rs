//! Which account of a mover or leaver may be touched: one that we onboarded, and no administrator's, unless the
//! configuration names it. Changing it is decided before the call, and not left to the server.

use crate::docspace::Account;
use crate::model::Way;
use crate::store::PersonFilter;

use super::{Run, Stop};

/// The person's account: the one on record, wherever its address has moved; of somebody of whom none is on record, that
/// of the address. `None` where there is none, or the one on record is gone: whoever has the address now is another.
pub(super) async fn account(run: &Run<'_>) -> Result<Option<Account>, Stop> {
    match (&run.person.user_id, run.person.email.as_ref().or(run.event.email.as_ref())) {
        (Some(user_id), _) => Ok(run.portal.account(user_id).await?),
        (None, Some(email)) => Ok(run.portal.find_by_email(email).await?),
        (None, None) => Ok(None),
    }
}

/// Why an account is not to be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barrier {
    /// Never from here, whatever the configuration says: the server refuses it too (`UserController.cs`).
    Never(&'static str),
    /// Only where `guard.allow` names it.
    Unnamed(&'static str),
}

/// What is against touching the account.
pub(super) async fn barrier(run: &Run<'_>, account: &Account) -> Result<Option<Barrier>, Stop> {
    if account.is_owner {
        return Ok(Some(Barrier::OWNER));
    }
    if run.portal.owner().await?.id == account.id {
        return Ok(Some(Barrier::KEY));
    }
    if run.app.config.guard.allows(&account.id, &account.email) {
        return Ok(None);
    }
    if account.is_admin() {
        return Ok(Some(Barrier::ADMIN));
    }
    let is_ours = is_ours(run, account).await?;
    Ok((!is_ours).then_some(Barrier::STRANGER))
}

/// Whether we made or invited this account for this person.
async fn is_ours(run: &Run<'_>, account: &Account) -> Result<bool, Stop> {
    let person = &run.person;
    if person.user_id.as_ref() == Some(&account.id) {
        // Made and not yet confirmed. Whoever may have got our link may have had an account before.
        let is_made = person.intent_at.is_some() && person.way != Some(Way::Link);
        return Ok(person.invited_at.is_some() || is_made);
    }
    if person.user_id.is_some() || person.invited_at.is_none() {
        return Ok(false);
    }
    // Invited by a link, and registered without our having heard of it yet; unless the account is on another's record.
    let filter = PersonFilter { who: Some(account.id.clone()), ..PersonFilter::default() };
    let holders = run.app.store.people(filter).await?;
    let is_held = |other: &crate::model::Person| {
        other.id != person.id && other.portal == person.portal && other.user_id.as_ref() == Some(&account.id)
    };
    Ok(!holders.iter().any(is_held))
}

impl Barrier {
    /// The owner of the portal.
    pub const OWNER: Self = Self::Never("it owns the portal");
    /// The account that the API key belongs to.
    pub const KEY: Self = Self::Never("the API key is its own");
    /// An administrator's.
    pub const ADMIN: Self = Self::Unnamed("it administers the portal");
    /// One that we neither made nor invited.
    pub const STRANGER: Self = Self::Unnamed("it was not onboarded from here");

    /// Why not, as a sentence.
    #[must_use]
    pub fn why(self, user_id: &str) -> String {
        let (Self::Never(why) | Self::Unnamed(why)) = self;
        format!("the account {user_id} is left alone, since {why}")
    }

    /// The same with what a person can do; `deed` is what the job was to do to the account, such as "disable it".
    #[must_use]
    pub fn question(self, user_id: &str, deed: &str) -> String {
        let why = self.why(user_id);
        match self {
            Self::Never(_) => format!("{why}: {deed} by hand in DocSpace if that is meant, and cancel this job"),
            Self::Unnamed(_) => format!(
                "{why}. If that is meant, write allow = [\"{user_id}\"] under [guard], start Usher anew and release this \
                 job; or {deed} by hand in DocSpace and cancel this job"
            ),
        }
    }
}
