//! What becomes of a hire whose address has an account already: no second account, and no mail of ours.

use crate::docspace::Account;
use crate::ledger::Ledger;
use crate::model::{AccountState, Existing, OnExisting, Onboard, Outcome, PersonId, UserType, Way};

use super::{Run, Stop, guarding, identity, membership};

/// DocSpace's word for a disabled account (`EmployeeStatus.cs`).
pub(super) const TERMINATED: i64 = 2;

/// The state an account is found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Disabled.
    Terminated,
    /// A guest, whatever its activation.
    Guest,
    /// Not yet activated.
    Pending,
    /// Active.
    Active,
}

impl State {
    /// That of `account`.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        match account {
            Account { status: TERMINATED, .. } => Self::Terminated,
            Account { user_type: UserType::Guest, .. } => Self::Guest,
            account if account.is_activated() => Self::Active,
            _ => Self::Pending,
        }
    }

    /// In words, as the end of "it is".
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Terminated => "disabled",
            Self::Guest => "a guest",
            Self::Pending => "not yet activated",
            Self::Active => "active",
        }
    }

    /// What is chosen for a hire whose account is in this state.
    #[must_use]
    pub fn choice(self, chosen: OnExisting) -> Existing {
        match self {
            Self::Terminated => chosen.terminated,
            Self::Guest => chosen.guest,
            Self::Pending => chosen.pending,
            Self::Active => chosen.active,
        }
    }

    /// Why such a hire waits for a person, where that is chosen.
    #[must_use]
    pub fn question(self) -> String {
        match self {
            Self::Terminated => "the address has a disabled account. If it is the same person, enable the account in \
                                 DocSpace (Contacts) and release this job; else cancel it"
                .to_owned(),
            other => format!(
                "the address has an account already ({}). If it is the same person, release this job, which adds the \
                 account to the rule's groups and rooms; else cancel it",
                other.word()
            ),
        }
    }
}

/// The end of a job whose address has an account that is not of this job's making.
pub(super) async fn known(run: &mut Run<'_>, params: &Onboard, found: &Account) -> Result<Outcome, Stop> {
    identity::is_free(run, found).await?;
    let state = State::of(found);
    let word = state.word();
    // Somebody whom we onboarded ourselves is no stranger to be decided on.
    let is_ours = run.person.invited_at.is_some();
    let choice = match state.choice(params.on_existing) {
        Existing::Held if is_ours && state != State::Terminated => Existing::Keep,
        Existing::Held if state != State::Terminated && was_decided(run) => Existing::Extend,
        choice => choice,
    };
    if choice == Existing::Held {
        run.tell("existing", format!("the address has the account {} ({word}, {})", found.id, found.user_type)).await?;
        return Err(Stop::held(state.question()));
    }
    if !is_ours {
        adopt(run, found, word).await?;
    }
    let mut note = if is_ours {
        "known: onboarded before; nothing was created or mailed".to_owned()
    } else {
        format!("known: the address has an account already ({word}); nothing was created or mailed")
    };
    if choice == Existing::Extend {
        for placed in membership::place(run, params, found).await? {
            note = format!("{note}; {placed}");
        }
    }
    Ok(Outcome::done(note))
}

/// Whether a person has released the job after it was held here.
fn was_decided(run: &Run<'_>) -> bool {
    run.job.steps.iter().skip_while(|step| step.name != "existing").any(|step| step.name == "released")
}

/// Note whose account it is.
async fn adopt(run: &mut Run<'_>, found: &Account, word: &str) -> Result<(), Stop> {
    let detail = format!("the address has the account {} already ({word}, {})", found.id, found.user_type);
    let account = found.clone();
    let adopt = move |ledger: &mut Ledger, id| note_found(ledger, id, &account);
    run.step(false, "known", detail, Some(&found.id), adopt).await
}

/// Note that a person has an account which is not of our making. What we meant to make is not there.
pub fn note_found(ledger: &mut Ledger, id: PersonId, found: &Account) {
    ledger.adopt(id, &found.id);
    // Whoever may have got our link may have come by it.
    if ledger.get(id).is_some_and(|person| person.way != Some(Way::Link)) {
        guarding::take_back(ledger, id);
    }
    let Some(person) = ledger.edit(id) else { return };
    if person.user_id.as_ref() == Some(&found.id) && person.account != AccountState::Active {
        person.account = if found.is_activated() { AccountState::Active } else { AccountState::Pending };
    }
}
