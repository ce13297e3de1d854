//! Everything the sandbox remembers, and the few changes that several calls share.

use std::collections::{BTreeMap, HashMap};

use http::Method;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::directory::{Directory, OWNER};
use super::employee::EmployeeType;
use super::fault::Fault;
use super::hook::{Exchange, Hook, LogRow, UserEvent};
use super::letter::Letter;
use super::policy::{Policy, Role};
use super::rooms::Rooms;

/// A letter DocSpace would have mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// Address, as the account has it.
    pub to: String,
    /// Which letter.
    pub kind: MailKind,
    /// When.
    pub at: Timestamp,
    /// What somebody wrote in it, where that is possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The rest of it; only where a mail catcher took it, for DocSpace's own letters are noted and not written.
    #[serde(flatten)]
    pub letter: Option<Letter>,
}

/// The letters DocSpace mails, and those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailKind {
    /// To an account made by `POST /people`: set a password.
    Activation,
    /// To an invited address: register. Invitations to rooms count here.
    Invitation,
    /// To whoever registered through an invitation.
    Welcome,
    /// To whoever registered through a shared link: confirm the address.
    Confirmation,
    /// What `sendcongratulations` mails.
    Congratulation,
    /// Not from DocSpace: taken by a mail catcher, see [`super::Sandbox::start_postbox`].
    Smtp,
    /// To somebody with an account who was added to a room.
    Room,
    /// To somebody who was mentioned in a document.
    Mention,
    /// To somebody whose type was changed.
    Type,
}

/// One call that came in, control calls left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Status answered; 0 while there is no answer, and for good where a fault closed the connection.
    pub status: u16,
    /// When it came.
    pub at: Timestamp,
}

/// A link that anybody may register through.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) id: Uuid,
    pub(super) kind: EmployeeType,
    /// The last part of its address.
    pub(super) code: String,
    /// Made by `invitationlink`; there is one of each type. The obsolete call makes as many as asked.
    pub(super) is_lasting: bool,
    /// Never, where there is none.
    pub(super) expires_at: Option<Timestamp>,
    pub(super) max_uses: Option<i64>,
    pub(super) uses: i64,
}

/// The state behind the calls.
pub(super) struct Portal {
    pub(super) directory: Directory,
    pub(super) rooms: Rooms,
    pub(super) policy: Policy,
    /// When invitations were mailed that still count against the limit.
    pub(super) invited: Vec<Timestamp>,
    pub(super) mails: Vec<Mail>,
    pub(super) calls: BTreeMap<u64, Call>,
    pub(super) faults: Vec<Fault>,
    pub(super) links: Vec<Link>,
    pub(super) hooks: BTreeMap<i64, Hook>,
    pub(super) log: BTreeMap<i64, LogRow>,
    /// Log rows published and not yet handed to the sender.
    pub(super) outbox: Vec<i64>,
    /// The policy at the start.
    first_policy: Policy,
    next_call: u64,
    next_hook: i64,
    next_event: i64,
}

impl Portal {
    /// A portal with its owner, the owner of the key and one room.
    pub(super) fn new(policy: Policy, now: Timestamp) -> Self {
        Self {
            directory: Directory::with_owner(policy.role, now),
            rooms: Rooms::with_welcome(),
            first_policy: policy.clone(),
            policy,
            invited: Vec::new(),
            mails: Vec::new(),
            calls: BTreeMap::new(),
            faults: Vec::new(),
            links: Vec::new(),
            hooks: BTreeMap::new(),
            log: BTreeMap::new(),
            outbox: Vec::new(),
            next_call: 1,
            next_hook: 1,
            next_event: 1,
        }
    }

    /// Forget users, groups, rooms, mails, calls, faults, links and the delivery log; webhooks stay.
    ///
    /// Numbers go on counting: a receiver that knows an `event.id` must not take a new event for an old one.
    pub(super) fn reset(&mut self, now: Timestamp) {
        let hooks = std::mem::take(&mut self.hooks);
        let (next_call, next_hook, next_event) = (self.next_call, self.next_hook, self.next_event);
        *self = Self { hooks, next_call, next_hook, next_event, ..Self::new(self.first_policy.clone(), now) };
    }

    /// Note a letter.
    pub(super) fn mail(&mut self, to: &str, kind: MailKind, at: Timestamp) {
        self.mails.push(Mail { to: to.to_owned(), kind, at, text: None, letter: None });
    }

    /// Note a letter that carries somebody's own words.
    pub(super) fn mail_text(&mut self, to: &str, kind: MailKind, text: String, at: Timestamp) {
        self.mails.push(Mail { to: to.to_owned(), kind, at, text: Some(text), letter: None });
    }

    /// Note an invitation that counts against the limit.
    pub(super) fn mail_invitation(&mut self, to: &str, at: Timestamp) {
        self.mail(to, MailKind::Invitation, at);
        self.invited.push(at);
    }

    /// Note a call that has come in; the number is for [`Self::answered`].
    pub(super) fn called(&mut self, method: &Method, path: &str, at: Timestamp) -> u64 {
        let number = self.next_call;
        self.next_call += 1;
        self.calls.insert(number, Call { method: method.to_string(), path: path.to_owned(), status: 0, at });
        number
    }

    /// Note what a call was answered.
    pub(super) fn answered(&mut self, number: u64, status: u16) {
        if let Some(call) = self.calls.get_mut(&number) {
            call.status = status;
        }
    }

    /// The fault for this call, used up by one.
    pub(super) fn take_fault(&mut self, method: &Method, path: &str) -> Option<Fault> {
        let fault = self.faults.iter_mut().find(|fault| fault.times > 0 && fault.matches(method, path))?;
        fault.times -= 1;
        Some(fault.clone())
    }

    /// Register a webhook under a new number.
    pub(super) fn register(&mut self, hook: impl FnOnce(i64) -> Hook) -> i64 {
        let id = self.next_hook;
        self.next_hook += 1;
        self.hooks.insert(id, hook(id));
        id
    }

    /// Publish what became of an account to every webhook that wants it. `by` is the account the call ran under.
    pub(super) fn publish(&mut self, trigger: UserEvent, account: Uuid, by: Uuid, now: Timestamp) {
        if let Some(payload) = self.directory.get(account).map(super::account::Account::payload) {
            self.publish_record(trigger, account, payload, by, now);
        }
    }

    /// As [`Self::publish`], of a record that may be gone already.
    pub(super) fn publish_record(
        &mut self,
        trigger: UserEvent,
        account: Uuid,
        payload: Value,
        by: Uuid,
        now: Timestamp,
    ) {
        let hooks: Vec<_> = self
            .hooks
            .values()
            .filter(|hook| hook.wants(trigger, account) && self.sees(account, by))
            .map(|hook| (hook.id, hook.told()))
            .collect();
        for (hook, webhook) in hooks {
            self.enqueue(LogRow {
                id: 0,
                hook,
                trigger: Some(trigger),
                published_at: now,
                created_at: now,
                by,
                payload: payload.clone(),
                webhook,
                last: Exchange::default(),
            });
        }
    }

    /// Whether the webhooks' owner, who is the key's, may see an account that `by` has changed: whoever changes it does,
    /// an administrator sees everybody, a room administrator all but the guests of others, a user nobody else
    /// (`UserWebhookManager.cs`).
    fn sees(&self, account: Uuid, by: Uuid) -> bool {
        let role = self.policy.role;
        let is_guest_of_others = || {
            let account = self.directory.get(account);
            account.is_some_and(|account| account.kind == EmployeeType::Guest && account.created_by != Some(OWNER))
        };
        by == OWNER || account == OWNER || role.is_administrator() || (role == Role::RoomAdmin && !is_guest_of_others())
    }

    /// Put a row into the log under a new number and hand it to the sender.
    pub(super) fn enqueue(&mut self, row: LogRow) -> i64 {
        let id = self.keep(row);
        self.outbox.push(id);
        id
    }

    /// Put a row into the log under a new number.
    pub(super) fn keep(&mut self, row: LogRow) -> i64 {
        let id = self.next_event;
        self.next_event += 1;
        self.log.insert(id, LogRow { id, ..row });
        id
    }

    /// The rows waiting for the sender, by webhook, in the order they were published.
    pub(super) fn take_outbox(&mut self) -> HashMap<i64, Vec<i64>> {
        let mut by_hook: HashMap<i64, Vec<i64>> = HashMap::new();
        for id in std::mem::take(&mut self.outbox) {
            if let Some(row) = self.log.get(&id) {
                by_hook.entry(row.hook).or_default().push(id);
            }
        }
        by_hook
    }
}
