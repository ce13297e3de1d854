//! Whether somebody would be brought in, as `actions/onboard` decides it when its time comes.

use crate::actions::{State, choose_groups, is_since_intent, note_found};
use crate::docspace::Account;
use crate::guard::Hold;
use crate::ledger::{self, Keys};
use crate::model::{Event, Existing, Onboard, Person, PersonId, UserType, Way};
use crate::schedule;

use super::look::{Found, account_on_record};
use super::{Decided, Look, Simulation, Verdict};

impl Simulation<'_> {
    pub(super) fn onboard(&mut self, person: &Person, event: &Event, wanted: &Onboard) -> Decided {
        let Some(email) = person.email.clone().or_else(|| event.email.clone()) else {
            return Decided::dead("the event has no e-mail address; map `email`, then rerun the delivery");
        };
        if !is_known(person)
            && let Some(hold) = self.objection(person, event, &email)
        {
            return Decided::hold(hold.reason);
        }
        if person.intent_at.is_some() && person.invited_at.is_none() {
            self.wants(person).owner = true;
        }
        let looks = self.setting.looks;
        self.look(person, &email);
        let person = &self.gone(person);
        let before = person.invited_at.is_some();
        let found = looks.get(&person.portal).map(|look| (look, look.find(person, &email)));
        if let Some((_, Found::Account(account))) = found
            && let Some(holder) = self.holder(person, account)
        {
            return Decided::hold(ledger::account_of(person.id, holder));
        }
        match found {
            Some((look, Found::Account(account))) if !before && is_ours(look, person, account) => {
                self.bring(person, event, wanted, &email, Some("an earlier try has made the account: the rest is done"))
            }
            Some((_, Found::Account(account))) => self.known(person, wanted, account),
            _ if before => Decided::skip("known: onboarded before; nothing is created or mailed"),
            Some((_, Found::Reserved)) => Decided::dead(
                "the address lies in a domain reserved for examples and tests, and the portal is no sandbox",
            ),
            Some((_, Found::Nobody)) => self.bring(person, event, wanted, &email, None),
            None if account_on_record(person).is_some() => {
                Decided::skip("known: the ledger has an account; what it is like now was not looked at")
            }
            None => self.bring(person, event, wanted, &email, None),
        }
    }

    /// The person without an account that is gone from the portal, if they were hired again since: see `actions/identity`.
    fn gone(&mut self, person: &Person) -> Person {
        let look = self.setting.looks.get(&person.portal);
        let is_gone = |look: &Look| account_on_record(person).is_some_and(|id| look.account(id).is_none());
        if person.is_hired_again() && look.is_some_and(is_gone) {
            let now = self.setting.now;
            self.note(person, |person| person.lose_account(now));
        }
        self.book.get(person.id).unwrap_or(person).clone()
    }

    /// Somebody else whom the account found belongs to on record.
    fn holder(&mut self, person: &Person, account: &Account) -> Option<PersonId> {
        let mut keys = Keys::default();
        keys.user_ids.insert(account.id.clone());
        let (holder, _) = self.book.write(&keys, |ledger| {
            let holder = ledger.holder(&person.portal, &account.id)?;
            ledger.get(holder).filter(|other| ledger::is_others(other, person, &account.id)).map(|other| other.id)
        });
        holder
    }

    /// What the guard has against somebody new.
    fn objection(&self, person: &Person, event: &Event, email: &str) -> Option<Hold> {
        let guard = self.setting.guard;
        let hold = guard.newcomer(email, first_day(person, event), schedule::today(self.setting.now));
        hold.or_else(|| guard.one_more(self.book.recent))
    }

    /// Nobody has the address: make the account, or whatever the rule asks for.
    fn bring(&mut self, person: &Person, event: &Event, wanted: &Onboard, email: &str, why: Option<&str>) -> Decided {
        let way = wanted.way();
        if way != Way::Link
            && let Some(reason) = self.no_group(person, wanted)
        {
            return Decided::hold(reason);
        }
        if way == Way::Room && wanted.rooms.is_empty() {
            return Decided::dead("a guest comes to be by being let into a room, and the rule names none");
        }
        if way == Way::Created
            && let Some(reason) = self.bad_name(person, event)
        {
            return Decided::dead(reason);
        }
        if !person.is_ours() {
            if let Some(hold) = self.objection(person, event, email) {
                return Decided::hold(hold.reason);
            }
            self.book.recent.newcomers += 1;
        }
        let now = self.setting.now;
        self.note(person, |person| {
            person.admitted_at = person.admitted_at.or(Some(now));
            person.intent_at = person.intent_at.or(Some(now));
            person.invited_at = Some(now);
            person.way = Some(way);
        });
        self.standing.insert(person.id, true);
        let verdict = match way {
            Way::Created => Verdict::Create,
            Way::Invited => Verdict::Invite,
            Way::Room => Verdict::Room,
            Way::Link => Verdict::Link,
        };
        Decided { verdict, why: why.map(str::to_owned) }
    }

    /// The address has an account: see `actions/existing`.
    fn known(&mut self, person: &Person, wanted: &Onboard, account: &Account) -> Decided {
        let state = self.state(person, account);
        let is_ours = person.invited_at.is_some();
        let choice = match state.choice(wanted.on_existing) {
            // Somebody whom we onboarded ourselves is no stranger to be decided on.
            Existing::Held if is_ours && state != State::Terminated => Existing::Keep,
            choice => choice,
        };
        if choice == Existing::Held {
            return Decided::hold(state.question());
        }
        if !is_ours {
            self.adopt(person, account);
        }
        let known = match is_ours {
            true => "known: onboarded before".to_owned(),
            false => format!("known: the address has an account already ({})", state.word()),
        };
        if choice == Existing::Keep {
            return Decided::skip(format!("{known}; nothing is created or mailed"));
        }
        if account.user_type != UserType::Guest
            && let Some(reason) = self.no_group(person, wanted)
        {
            return Decided::hold(reason);
        }
        Decided::skip(format!("{known}; it is added to the rule's groups and rooms, and nothing is mailed"))
    }

    /// Note whose account it is.
    fn adopt(&mut self, person: &Person, account: &Account) {
        let id = person.id;
        let mut keys = Keys::person(id);
        keys.user_ids.insert(account.id.clone());
        self.book.write(&keys, |ledger| note_found(ledger, id, account));
    }

    /// Why the rule's groups stand in the way.
    fn no_group(&mut self, person: &Person, wanted: &Onboard) -> Option<String> {
        if wanted.groups.is_empty() || wanted.user_type == UserType::Guest {
            return None;
        }
        self.wants(person).groups = true;
        let groups = self.setting.looks.get(&person.portal)?.groups.as_ref()?;
        choose_groups(groups, &wanted.groups).err()
    }

    /// Why the portal would make no account of this name.
    fn bad_name(&mut self, person: &Person, event: &Event) -> Option<String> {
        const REMEDY: &str = "map `first_name`, or use mode = \"invite\", then rerun the delivery";
        let Some(first) = event.first_name.as_ref().or(person.first_name.as_ref()) else {
            return Some(format!("the event has no first name, and DocSpace creates no account without one; {REMEDY}"));
        };
        self.wants(person).names = true;
        let look = self.setting.looks.get(&person.portal)?;
        let last = event.last_name.as_ref().or(person.last_name.as_ref());
        let mended = look.names.mend(first, last.map(String::as_str).unwrap_or_default());
        mended.err().map(|error| format!("{error}; {REMEDY}"))
    }
}

/// Whether the ledger knows somebody as ours, or with an account: the guard has nothing to do with them.
pub(super) fn is_known(person: &Person) -> bool {
    account_on_record(person).is_some() || person.is_ours()
}

/// The first day of work that the guard goes by.
pub(super) fn first_day<'p>(person: &'p Person, event: &'p Event) -> Option<&'p str> {
    event.starts_on.as_deref().or(person.starts_on.as_deref())
}

/// Whether an account found was made by an earlier try of ours.
fn is_ours(look: &Look, person: &Person, account: &Account) -> bool {
    is_since_intent(person, account) && account.created_by.is_some() && account.created_by == look.owner
}
