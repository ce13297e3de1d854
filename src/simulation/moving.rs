//! What would become of movers, leavers and those who are back, as `actions` decides it: only accounts that we onboarded
//! are touched, and no administrator's, unless the guard allows one by name.

use crate::actions::{State, choose_groups};
use crate::docspace::{Account, Group};
use crate::ledger::Keys;
use crate::model::{Event, Grant, GrantKind, Person, Update, UserType, Way};

use super::look::Found;
use super::{Decided, Simulation, Verdict};

/// Whose account it is about.
enum Subject<'l> {
    /// This one, as the portal has it.
    Account(&'l Account),
    /// One that was not looked at, or that this simulation has made; whether it is enabled, as far as that is known.
    Unseen(bool),
    /// None.
    Nobody,
}

impl<'s> Simulation<'s> {
    pub(super) fn disable(&mut self, person: &Person, event: &Event) -> Decided {
        if person.left_at.is_none() {
            return Decided::skip("not disabled: hired again");
        }
        let is_enabled = match self.subject(person, event) {
            Subject::Account(account) => self.state(person, account) != State::Terminated,
            Subject::Unseen(is_enabled) => is_enabled,
            Subject::Nobody => return Decided::skip("nothing to disable: the portal has no account of this person"),
        };
        if !is_enabled {
            return Decided::skip("nothing to disable: the account is disabled already");
        }
        if let Some(why) = self.barrier(person, event) {
            return Decided::hold(why);
        }
        if let Some(hold) = self.setting.guard.one_less(self.book.recent) {
            return Decided::hold(hold.reason);
        }
        self.book.recent.leavers += 1;
        self.standing.insert(person.id, false);
        let now = self.setting.now;
        self.note(person, |person| person.disabled_at = Some(now));
        Decided::now(Verdict::Disable)
    }

    pub(super) fn enable(&mut self, person: &Person, event: &Event) -> Decided {
        if person.left_at.is_some() {
            return Decided::skip("not enabled: HR has told that the person leaves");
        }
        let is_enabled = match self.subject(person, event) {
            Subject::Account(account) => self.state(person, account) != State::Terminated,
            Subject::Unseen(is_enabled) => is_enabled,
            Subject::Nobody => return Decided::skip("nothing to enable: the portal has no account of this person"),
        };
        if is_enabled {
            return Decided::skip("nothing to enable: the account is not disabled");
        }
        if let Some(why) = self.barrier(person, event) {
            return Decided::hold(why);
        }
        self.standing.insert(person.id, true);
        self.note(person, |person| (person.disabled_at, person.ends_on) = (None, None));
        Decided::now(Verdict::Enable)
    }

    pub(super) fn update(&mut self, person: &Person, event: &Event, wanted: &Update) -> Decided {
        let subject = self.subject(person, event);
        let is_enabled = match subject {
            Subject::Account(account) => self.state(person, account) != State::Terminated,
            Subject::Unseen(is_enabled) => is_enabled,
            Subject::Nobody => return Decided::skip("nothing to change: the portal has no account of this person"),
        };
        if !is_enabled {
            return Decided::skip("left alone: the account is disabled");
        }
        if let Some(why) = self.barrier(person, event) {
            return Decided::skip(format!("nothing is changed: {why}"));
        }
        let Subject::Account(account) = subject else {
            return Decided::because(Verdict::Move, "how the account stands now was not looked at");
        };
        match self.moves(person, account, wanted) {
            Err(reason) => Decided::hold(reason),
            Ok(moves) if moves.is_empty() => Decided::skip("nothing to change: the account is as the rule wants it"),
            Ok(moves) => Decided::because(Verdict::Move, moves.join("; ")),
        }
    }

    /// The state of an account after what this simulation has done to it.
    pub(super) fn state(&self, person: &Person, account: &Account) -> State {
        match (State::of(account), self.standing.get(&person.id)) {
            (_, Some(false)) => State::Terminated,
            (State::Terminated, Some(true)) => State::of(&Account { status: 1, ..account.clone() }),
            (state, _) => state,
        }
    }

    /// The account on record; of somebody of whom none is on record, that of the address.
    fn subject(&mut self, person: &Person, event: &Event) -> Subject<'s> {
        let email = person.email.clone().or_else(|| event.email.clone()).unwrap_or_default();
        self.look(person, &email);
        self.wants(person).owner = true;
        let standing = self.standing.get(&person.id).copied();
        let Some(look) = self.setting.looks.get(&person.portal) else {
            let is_known = person.user_id.is_some() || person.is_ours();
            let is_enabled = standing.unwrap_or(person.disabled_at.is_none());
            return if is_known { Subject::Unseen(is_enabled) } else { Subject::Nobody };
        };
        let found = match &person.user_id {
            Some(user_id) => look.account(user_id),
            None => match look.find(person, &email) {
                Found::Account(account) => Some(account),
                Found::Nobody | Found::Reserved => None,
            },
        };
        match (found, standing) {
            (Some(account), _) => Subject::Account(account),
            (None, Some(is_enabled)) => Subject::Unseen(is_enabled),
            (None, None) => Subject::Nobody,
        }
    }

    /// Why the person's account is not to be touched.
    fn barrier(&mut self, person: &Person, event: &Event) -> Option<String> {
        let guard = self.setting.guard;
        let look = self.setting.looks.get(&person.portal);
        let (user_id, email, account) = match self.subject(person, event) {
            Subject::Account(account) => (Some(&account.id), Some(&account.email), Some(account)),
            _ => (person.user_id.as_ref(), person.email.as_ref(), None),
        };
        if account.is_some_and(|account| account.is_owner) {
            return Some("the account is left alone, since it owns the portal".to_owned());
        }
        if user_id.is_some() && user_id == look.and_then(|look| look.owner.as_ref()) {
            return Some("the account is left alone, since the API key is its own".to_owned());
        }
        let [named_by_id, named_by_email] = [user_id, email].map(|name| name.map(String::as_str).unwrap_or_default());
        if guard.allows(named_by_id, named_by_email) {
            return None;
        }
        let why = if account.is_some_and(Account::is_admin) {
            "it administers the portal"
        } else if !self.is_ours(person, account) {
            "it was not onboarded from here"
        } else {
            return None;
        };
        Some(format!("the account is left alone, since {why}; [guard] allow can name it"))
    }

    /// Whether we made or invited this account for this person.
    fn is_ours(&mut self, person: &Person, account: Option<&Account>) -> bool {
        let Some(account) = account else { return person.invited_at.is_some() };
        if person.user_id.as_ref() == Some(&account.id) {
            // Made and not yet confirmed. Whoever may have got our link may have had an account before.
            let is_made = person.intent_at.is_some() && person.way != Some(Way::Link);
            return person.invited_at.is_some() || is_made;
        }
        if person.user_id.is_some() || person.invited_at.is_none() {
            return false;
        }
        // Invited by a link, and registered without our having heard of it yet; unless it is on another's record.
        let mut keys = Keys::person(person.id);
        keys.user_ids.insert(account.id.clone());
        let (holder, _) = self.book.write(&keys, |ledger| ledger.holder(&person.portal, &account.id));
        holder.is_none_or(|holder| holder == person.id)
    }

    /// What is different from what the rule wants, in words; or why the job waits.
    fn moves(&mut self, person: &Person, account: &Account, wanted: &Update) -> Result<Vec<String>, String> {
        let mut moves = Vec::new();
        if let Some(user_type) = wanted.user_type.filter(|user_type| *user_type != account.user_type) {
            // DocSpace lowers none by its API (`UserManagerWrapper.cs`).
            if rank(user_type) > rank(account.user_type) && !account.is_admin() {
                moves.push(format!("from {} to {user_type}", account.user_type));
            }
        }
        let is_guest = account.user_type == UserType::Guest;
        if let Some(names) = &wanted.groups {
            self.wants(person).groups = true;
            let all = self.setting.looks.get(&person.portal).and_then(|look| look.groups.as_deref());
            let groups = all.map_or(Ok(Vec::new()), |all| choose_groups(all, names))?;
            let into =
                groups.iter().filter(|group| !is_guest && account.groups.iter().all(|other| other.id != group.id));
            moves.extend(into.map(|group| format!("into the group {}", group.name)));
            let is_wanted = |group: &Group| groups.iter().any(|wanted| wanted.id == group.id);
            let out = account.groups.iter().filter(|group| is_granted(person, group) && !is_wanted(group));
            moves.extend(out.map(|group| format!("out of the group {}", group.name)));
        }
        if let Some(rooms) = &wanted.rooms {
            let granted = |id: &str| person.grants.contains(&Grant { kind: GrantKind::Room, id: id.to_owned() });
            moves.extend(rooms.iter().filter(|room| !granted(&room.id)).map(|room| format!("into room {}", room.id)));
            let out = person.grants.iter().filter(|grant| grant.kind == GrantKind::Room);
            let out = out.filter(|grant| !rooms.iter().any(|room| room.id == grant.id));
            moves.extend(out.map(|grant| format!("out of room {}", grant.id)));
        }
        Ok(moves)
    }
}

fn is_granted(person: &Person, group: &Group) -> bool {
    person.grants.iter().any(|grant| grant.kind == GrantKind::Group && grant.id == group.id)
}

/// From the least (`UserManagerWrapper.cs`).
fn rank(user_type: UserType) -> u8 {
    match user_type {
        UserType::Guest => 0,
        UserType::User => 1,
        UserType::RoomAdmin => 2,
        UserType::DocSpaceAdmin => 3,
    }
}
