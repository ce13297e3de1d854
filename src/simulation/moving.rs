//! What would become of movers, leavers and those who are back, as `actions` decides it: only accounts that we onboarded
//! are touched, and no administrator's, unless the guard allows one by name.

use crate::actions::{
    Barrier, NOBODY_TO_CHANGE, NOT_YET, State, choose_groups, is_onboarded, nobody_to_disable, type_left,
};
use crate::docspace::{Account, Group};
use crate::guard::DAY;
use crate::ledger::Keys;
use crate::model::{Event, Grant, GrantKind, Person, Update, UserType};

use super::look::Found;
use super::{Decided, Simulation, Verdict};

/// Whose account it is about.
enum Subject {
    /// This one, as the portal has it, and as this simulation has changed it.
    Account(Box<Account>),
    /// One that was not looked at, or that this simulation has made; whether it is enabled, as far as that is known.
    Unseen(bool),
    /// None.
    Nobody,
}

impl Simulation<'_> {
    pub(super) fn disable(&mut self, person: &Person, event: &Event) -> Decided {
        if person.left_at.is_none() {
            return Decided::skip("not disabled: hired again");
        }
        let is_enabled = match self.subject(person, event) {
            Subject::Account(account) => self.state(person, &account) != State::Terminated,
            Subject::Unseen(is_enabled) => is_enabled,
            Subject::Nobody => return Decided::skip(nobody_to_disable(person)),
        };
        if !is_enabled {
            return Decided::skip("nothing to disable: the account is disabled already");
        }
        if let Some((barrier, user_id)) = self.barrier(person, event) {
            return Decided::hold(barrier.question(&user_id, "disable it"));
        }
        if let Some(hold) = self.setting.guard.one_less(self.book.recent) {
            return Decided::hold(hold.reason);
        }
        self.book.recent.leavers += u64::from(!self.is_counted(person));
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
            Subject::Account(account) => self.state(person, &account) != State::Terminated,
            Subject::Unseen(is_enabled) => is_enabled,
            Subject::Nobody => return Decided::skip("nothing to enable: the portal has no account of this person"),
        };
        if is_enabled {
            return Decided::skip("nothing to enable: the account is not disabled");
        }
        if let Some((barrier, user_id)) = self.barrier(person, event) {
            return Decided::hold(barrier.question(&user_id, "enable it"));
        }
        self.book.recent.leavers = self.book.recent.leavers.saturating_sub(u64::from(self.is_counted(person)));
        self.standing.insert(person.id, true);
        self.note(person, |person| (person.disabled_at, person.ends_on) = (None, None));
        Decided::now(Verdict::Enable)
    }

    pub(super) fn update(&mut self, person: &Person, event: &Event, wanted: &Update) -> Decided {
        if wanted.groups.as_ref().is_some_and(|names| !names.is_empty()) {
            self.wants(person).groups = true;
        }
        let subject = self.subject(person, event);
        let is_enabled = match &subject {
            Subject::Account(account) => self.state(person, account) != State::Terminated,
            Subject::Unseen(is_enabled) => *is_enabled,
            Subject::Nobody if self.held.contains(&person.id) => return Decided::hold(NOT_YET),
            Subject::Nobody => return Decided::skip(NOBODY_TO_CHANGE),
        };
        if !is_enabled {
            return Decided::skip("left alone: the account is disabled");
        }
        if let Some((barrier, user_id)) = self.barrier(person, event) {
            return Decided::skip(format!("nothing was changed: {}", barrier.why(&user_id)));
        }
        let Subject::Account(account) = subject else {
            return Decided::because(Verdict::Move, "how the account stands now was not looked at");
        };
        let left = wanted.user_type.and_then(|wanted| type_left(&account, wanted));
        match (self.moves(person, *account, wanted), left) {
            (Err(reason), _) => Decided::hold(reason),
            (Ok(moves), None) if moves.is_empty() => Decided::skip("nothing to change"),
            (Ok(moves), Some(left)) if moves.is_empty() => Decided::skip(left),
            (Ok(moves), left) => Decided::because(Verdict::Move, [moves, Vec::from_iter(left)].concat().join("; ")),
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
    fn subject(&mut self, person: &Person, event: &Event) -> Subject {
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
            (Some(account), _) => {
                let moved = self.moved.get(&person.id).filter(|moved| moved.id == account.id);
                Subject::Account(Box::new(moved.unwrap_or(account).clone()))
            }
            (None, Some(is_enabled)) => Subject::Unseen(is_enabled),
            (None, None) => Subject::Nobody,
        }
    }

    /// Why the person's account, of this id, is not to be touched.
    fn barrier(&mut self, person: &Person, event: &Event) -> Option<(Barrier, String)> {
        let account = match self.subject(person, event) {
            Subject::Account(account) => Some(account),
            Subject::Unseen(_) | Subject::Nobody => None,
        };
        let (user_id, email) = match &account {
            Some(account) => (account.id.clone(), account.email.clone()),
            None => (person.user_id.clone().unwrap_or_default(), person.email.clone().unwrap_or_default()),
        };
        let owner = self.setting.looks.get(&person.portal).and_then(|look| look.owner.as_ref());
        let (is_key, is_allowed) = (owner == Some(&user_id), self.setting.guard.allows(&user_id, &email));
        let is_ours = self.is_ours(person, account.as_deref());
        Barrier::against(account.as_deref(), is_key, is_allowed, is_ours).map(|barrier| (barrier, user_id))
    }

    /// Whether we made or invited this account for this person.
    fn is_ours(&mut self, person: &Person, account: Option<&Account>) -> bool {
        let Some(account) = account else { return person.invited_at.is_some() };
        if let Some(is_onboarded) = is_onboarded(person, account) {
            return is_onboarded;
        }
        let mut keys = Keys::person(person.id);
        keys.user_ids.insert(account.id.clone());
        let (holder, _) = self.book.write(&keys, |ledger| ledger.holder(&person.portal, &account.id));
        holder.is_none_or(|holder| holder == person.id)
    }

    /// What is different from what the rule wants, in words, and from now on so; or why the job waits. Who is in which
    /// room is not looked at: it goes by what was granted.
    fn moves(&mut self, person: &Person, mut account: Account, wanted: &Update) -> Result<Vec<String>, String> {
        let mut moves = Vec::new();
        let mut grants = person.grants.clone();
        let named = wanted.groups.as_ref().map_or(Ok(None), |names| self.groups(person, names))?;
        let user_type = wanted.user_type.filter(|user_type| *user_type != account.user_type);
        if let Some(user_type) = user_type.filter(|user_type| type_left(&account, *user_type).is_none()) {
            moves.push(format!("from {} to {user_type}", account.user_type));
            account.user_type = user_type;
        }
        // The server takes no guest into a group, and says nothing.
        if let Some(groups) = named.filter(|_| account.user_type != UserType::Guest) {
            let is_in = |account: &Account, group: &Group| account.groups.iter().any(|other| other.id == group.id);
            let into: Vec<_> = groups.iter().filter(|group| !is_in(&account, group)).cloned().collect();
            moves.extend(into.iter().map(|group| format!("into the group {}", group.name)));
            let is_out =
                |grant: &Grant| grant.kind == GrantKind::Group && groups.iter().all(|group| group.id != grant.id);
            let (out, kept): (Vec<_>, Vec<_>) = grants.into_iter().partition(is_out);
            let is_left = |group: &&Group| out.iter().any(|grant| grant.id == group.id);
            moves.extend(account.groups.iter().filter(is_left).map(|group| format!("out of the group {}", group.name)));
            account.groups.retain(|group| !is_left(&group));
            grants = kept;
            grants.extend(into.iter().map(|group| Grant { kind: GrantKind::Group, id: group.id.clone() }));
            account.groups.extend(into);
        }
        if let Some(rooms) = &wanted.rooms {
            let of_room = |id: &str| Grant { kind: GrantKind::Room, id: id.to_owned() };
            let into: Vec<_> =
                rooms.iter().map(|room| of_room(&room.id)).filter(|room| !grants.contains(room)).collect();
            moves.extend(into.iter().map(|room| format!("into room {}", room.id)));
            let is_out = |grant: &Grant| grant.kind == GrantKind::Room && rooms.iter().all(|room| room.id != grant.id);
            let (out, kept): (Vec<_>, Vec<_>) = grants.into_iter().partition(is_out);
            moves.extend(out.iter().map(|grant| format!("out of room {}", grant.id)));
            grants = kept;
            grants.extend(into);
        }
        self.moved.insert(person.id, account);
        self.note(person, |person| person.grants = grants);
        Ok(moves)
    }

    /// The groups of these ids or names; `None`: those of the portal were not looked at.
    fn groups(&self, person: &Person, names: &[String]) -> Result<Option<Vec<Group>>, String> {
        if names.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let all = self.setting.looks.get(&person.portal).and_then(|look| look.groups.as_deref());
        all.map(|all| choose_groups(all, names)).transpose()
    }

    /// Whether the person's account counts as disabled within a day.
    fn is_counted(&self, person: &Person) -> bool {
        person.disabled_at.is_some_and(|at| self.setting.now.duration_since(at) < DAY)
    }
}
