//! What would become of movers and leavers: they are touched only where we onboarded them, and administrators not at all,
//! unless the guard allows an account by name.

use crate::actions::{State, choose_groups};
use crate::docspace::{Account, Group};
use crate::model::{Grant, GrantKind, Person, Update};

use super::look::Found;
use super::{Decided, Simulation, Verdict};

/// Whose account it is about.
enum Subject<'l> {
    /// This one, as the portal has it.
    Account(&'l Account),
    /// One that the portal does not have, or that was not looked at, and that we onboarded.
    Unseen,
}

impl<'s> Simulation<'s> {
    pub(super) fn disable(&mut self, person: &Person) -> Decided {
        let is_enabled = match self.subject(person) {
            Ok(Subject::Account(account)) => State::of(account) != State::Terminated,
            Ok(Subject::Unseen) => person.disabled_at.is_none(),
            Err(decided) => return decided,
        };
        if !self.standing.get(&person.id).copied().unwrap_or(is_enabled) {
            return Decided::skip("known: the account is disabled already");
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

    pub(super) fn enable(&mut self, person: &Person) -> Decided {
        let is_enabled = match self.subject(person) {
            Ok(Subject::Account(account)) => State::of(account) != State::Terminated,
            Ok(Subject::Unseen) => person.disabled_at.is_none(),
            Err(decided) => return decided,
        };
        if self.standing.get(&person.id).copied().unwrap_or(is_enabled) {
            return Decided::skip("known: the account is enabled");
        }
        self.standing.insert(person.id, true);
        self.note(person, |person| person.disabled_at = None);
        Decided::now(Verdict::Enable)
    }

    pub(super) fn update(&mut self, person: &Person, wanted: &Update) -> Decided {
        let account = match self.subject(person) {
            Ok(Subject::Account(account)) => account,
            Ok(Subject::Unseen) => {
                return Decided::because(Verdict::Move, "how the account stands now was not looked at");
            }
            Err(decided) => return decided,
        };
        if State::of(account) == State::Terminated {
            return Decided::skip("the account is disabled: it is left as it is");
        }
        match self.moves(person, account, wanted) {
            Err(reason) => Decided::hold(reason),
            Ok(moves) if moves.is_empty() => Decided::skip("the account is as the rule wants it"),
            Ok(moves) => Decided::because(Verdict::Move, moves.join("; ")),
        }
    }

    /// The account that may be touched; or why nothing is.
    fn subject(&mut self, person: &Person) -> Result<Subject<'s>, Decided> {
        let looks = self.setting.looks;
        let email = person.email.clone().unwrap_or_default();
        let _ = self.look(person, &email);
        let found = looks.get(&person.portal).map(|look| look.find(person, &email));
        let user_id = match found {
            Some(Found::Account(account)) => account.id.as_str(),
            _ => person.user_id.as_deref().unwrap_or_default(),
        };
        let is_allowed = self.setting.guard.allows(user_id, &email);
        if person.invited_at.is_none() && !is_allowed {
            return Err(Decided::skip(
                "left alone: the account was not onboarded by Usher, and [guard] allow lacks it",
            ));
        }
        match found {
            Some(Found::Account(account)) if account.is_admin() && !is_allowed => {
                Err(Decided::hold("the account administers the portal, and [guard] allow lacks it"))
            }
            Some(Found::Account(account)) => Ok(Subject::Account(account)),
            Some(Found::Nobody | Found::Reserved) if !self.standing.contains_key(&person.id) => {
                Err(Decided::skip("the portal has no account of this person"))
            }
            _ => Ok(Subject::Unseen),
        }
    }

    /// What is different from what the rule wants, in words; or why the job waits.
    fn moves(&mut self, person: &Person, account: &Account, wanted: &Update) -> Result<Vec<String>, String> {
        let mut moves = Vec::new();
        if let Some(user_type) = wanted.user_type.filter(|user_type| *user_type != account.user_type) {
            moves.push(format!("{} becomes {user_type}", account.user_type));
        }
        if let Some(names) = &wanted.groups {
            self.wants(person).groups = true;
            let all = self.setting.looks.get(&person.portal).and_then(|look| look.groups.as_deref());
            let groups = all.map_or(Ok(Vec::new()), |all| choose_groups(all, names))?;
            let into = groups.iter().filter(|group| !account.groups.iter().any(|other| other.id == group.id));
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
