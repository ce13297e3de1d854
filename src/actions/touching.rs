//! Which account of a mover or leaver may be touched: one that we onboarded, and no administrator's, unless the
//! configuration names it. Changing it is decided before the call, and not left to the server.

use crate::docspace::Account;
use crate::model::{Person, Way};
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
    let is_key = run.portal.owner().await?.id == account.id;
    let is_allowed = run.app.config.guard.allows(&account.id, &account.email);
    let is_ours = match is_onboarded(&run.person, account) {
        Some(is_onboarded) => is_onboarded,
        None => !is_held(run, account).await?,
    };
    Ok(Barrier::against(Some(account), is_key, is_allowed, is_ours))
}

/// Whether we made or invited this account for this person, as far as their row tells; `None`: it is theirs unless it is
/// on another's record. They were invited by a link then, and registered without our having heard of it yet.
#[must_use]
pub fn is_onboarded(person: &Person, account: &Account) -> Option<bool> {
    if person.user_id.as_ref() == Some(&account.id) {
        // Made and not yet confirmed. Whoever may have got our link may have had an account before.
        let is_made = person.intent_at.is_some() && person.way != Some(Way::Link);
        return Some(person.invited_at.is_some() || is_made);
    }
    (person.user_id.is_some() || person.invited_at.is_none()).then_some(false)
}

/// Whether the account is on somebody else's record.
async fn is_held(run: &Run<'_>, account: &Account) -> Result<bool, Stop> {
    let filter = PersonFilter { who: Some(account.id.clone()), ..PersonFilter::default() };
    let holders = run.app.store.people(filter).await?;
    let is_theirs = |other: &Person| {
        other.id != run.person.id && other.portal == run.person.portal && other.user_id.as_ref() == Some(&account.id)
    };
    Ok(holders.iter().any(is_theirs))
}

impl Barrier {
    /// The owner of the portal.
    const OWNER: Self = Self::Never("it owns the portal");
    /// The account that the API key belongs to.
    const KEY: Self = Self::Never("the API key is its own");
    /// An administrator's.
    const ADMIN: Self = Self::Unnamed("it administers the portal");
    /// One that we neither made nor invited.
    const STRANGER: Self = Self::Unnamed("it was not onboarded from here");

    /// What is against touching an account: `account` as far as it was looked at, whether it is the API key's own, whether
    /// the configuration names it, and whether we brought it about.
    #[must_use]
    pub fn against(account: Option<&Account>, is_key: bool, is_allowed: bool, is_ours: bool) -> Option<Self> {
        match account {
            Some(account) if account.is_owner => Some(Self::OWNER),
            _ if is_key => Some(Self::KEY),
            _ if is_allowed => None,
            Some(account) if account.is_admin() => Some(Self::ADMIN),
            _ => (!is_ours).then_some(Self::STRANGER),
        }
    }

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
