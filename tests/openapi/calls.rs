//! Every call of the client, once, against whatever portal.

use futures_util::future::BoxFuture;
use usher::docspace::{Client, Error, Invitee, LogQuery, NewAccount, NewWebhook, PeopleQuery};
use usher::model::{RoomAccess, UserType};

/// Whom and what the calls are about.
pub(crate) struct Subject {
    /// Somebody with an account who has not activated it, and their address.
    pub(crate) id: String,
    pub(crate) email: String,
    /// A room administrator.
    pub(crate) manager: String,
    /// Somebody who was invited and has not come yet.
    pub(crate) pending: String,
    /// Addresses without an account.
    pub(crate) fresh: [&'static str; 4],
    /// GUID of a group.
    pub(crate) group: String,
    /// Number of a room, and of a document in it.
    pub(crate) room: String,
    pub(crate) file: String,
    /// Where a webhook may post to.
    pub(crate) receiver: String,
}

impl Subject {
    /// For a portal that remembers nothing.
    pub(crate) fn of_a_mock() -> Self {
        Self {
            id: "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c01".to_owned(),
            email: "ada@corp.example".to_owned(),
            manager: "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c04".to_owned(),
            pending: "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c02".to_owned(),
            fresh: ["grace@corp.example", "lin@corp.example", "mary@corp.example", "sue@corp.example"],
            group: "6b1f7c1e-0d5a-4a2b-9a53-3f6d2b8f9c03".to_owned(),
            room: "1".to_owned(),
            file: "1".to_owned(),
            receiver: "http://127.0.0.1:8080/hooks/docspace".to_owned(),
        }
    }
}

type Play = for<'a> fn(&'a Client, &'a Subject) -> BoxFuture<'a, Result<(), String>>;

/// Some calls, and whether their answers were understood.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) play: Play,
}

const fn step(name: &'static str, play: Play) -> Step {
    Step { name, play }
}

/// In an order in which each of them can succeed.
pub(crate) const STEPS: &[Step] = &[
    step("somebody by address", |portal, who| Box::pin(async { found(portal.find_by_email(&who.email).await) })),
    step("somebody by id", |portal, who| Box::pin(async { found(portal.account(&who.id).await) })),
    step("the key's owner", |portal, _| Box::pin(async { done(portal.owner().await) })),
    step("a list of people", |portal, _| Box::pin(people(portal))),
    step("a new account", |portal, who| Box::pin(create(portal, who))),
    step("an invitation", |portal, who| {
        Box::pin(async { done(portal.invite(who.fresh[1], UserType::User, Some("de")).await) })
    }),
    step("an invitation again", |portal, who| Box::pin(async { done(portal.resend_invitation(&who.pending).await) })),
    step("a group", |portal, who| Box::pin(group(portal, who))),
    step("a room", |portal, who| Box::pin(room(portal, who))),
    step("a mention", |portal, who| {
        Box::pin(async { done(portal.mention(&who.file, &who.email, "Welcome, Ada!").await) })
    }),
    step("a link", |portal, _| Box::pin(async { found(portal.shared_link(UserType::User).await) })),
    step("the same link", |portal, _| Box::pin(async { found(portal.shared_link(UserType::User).await) })),
    step("a link of the obsolete call", |portal, _| {
        Box::pin(async { found(portal.invitation_link(UserType::Guest).await) })
    }),
    step("a congratulation", |portal, who| {
        Box::pin(async { done(portal.send_congratulations(&who.id, "welcome_guest").await) })
    }),
    step("a webhook", |portal, who| Box::pin(webhook(portal, who))),
    step("the log of failed webhooks", |portal, _| Box::pin(failures(portal))),
    step("the key", |portal, _| Box::pin(async { done(portal.key_info().await) })),
    step("the settings of invitations", |portal, _| Box::pin(async { done(portal.invitation_settings().await) })),
    step("the settings", |portal, _| Box::pin(async { done(portal.settings().await) })),
    step("the version", |portal, _| Box::pin(async { found(portal.version().await) })),
    step("everybody", |portal, _| Box::pin(async { some(&told(portal.everybody().await)?) })),
    step("a group and a room left", |portal, who| Box::pin(left(portal, who))),
    step("other types", |portal, who| Box::pin(types(portal, who))),
    step("an account disabled and enabled", |portal, who| Box::pin(status(portal, who))),
];

async fn people(portal: &Client) -> Result<(), String> {
    let all = PeopleQuery { count: 100, ..PeopleQuery::default() };
    some(&told(portal.people(&all).await)?.items)?;
    // Whoever was made or invited here and is not activated, active or pending.
    let query = PeopleQuery { status: Some(5), activation_status: Some(2), invited_by_me: true, start: 0, count: 50 };
    some(&told(portal.people(&query).await)?.items)
}

async fn create(portal: &Client, who: &Subject) -> Result<(), String> {
    let named = |email: &str, culture: Option<&str>| NewAccount {
        email: email.to_owned(),
        first_name: "Grace".to_owned(),
        last_name: "Example".to_owned(),
        user_type: UserType::User,
        culture: culture.map(str::to_owned),
    };
    done(portal.create(&named(who.fresh[0], Some("de"))).await)?;
    done(portal.create(&NewAccount { last_name: String::new(), ..named(who.fresh[2], None) }).await)
}

async fn group(portal: &Client, who: &Subject) -> Result<(), String> {
    some(&told(portal.groups().await)?)?;
    done(portal.add_to_group(&who.group, &who.id).await)
}

async fn room(portal: &Client, who: &Subject) -> Result<(), String> {
    let (known, unknown) = (Invitee::Account(who.id.clone()), Invitee::Address(who.fresh[3].to_owned()));
    for access in RoomAccess::ALL {
        // Only who has a paid seat may manage a room.
        let manager = Invitee::Account(who.manager.clone());
        let invitee = if access == RoomAccess::RoomManager { &manager } else { &known };
        done(portal.share_room(&who.room, invitee, access, true, None).await)?;
    }
    done(portal.share_room(&who.room, &unknown, RoomAccess::Read, false, Some("de")).await)?;
    done(portal.resend_room_invitation(&who.room, &who.pending).await)
}

async fn left(portal: &Client, who: &Subject) -> Result<(), String> {
    done(portal.remove_from_group(&who.group, &who.id).await)?;
    done(portal.room_right(&who.room, &who.id).await)?;
    done(portal.leave_room(&who.room, &who.id).await)
}

async fn types(portal: &Client, who: &Subject) -> Result<(), String> {
    for user_type in [UserType::User, UserType::RoomAdmin, UserType::DocSpaceAdmin] {
        done(portal.set_type(&who.id, user_type).await)?;
    }
    Ok(())
}

async fn status(portal: &Client, who: &Subject) -> Result<(), String> {
    done(portal.set_status(&who.id, false).await)?;
    done(portal.set_status(&who.id, true).await)
}

async fn webhook(portal: &Client, who: &Subject) -> Result<(), String> {
    // The triggers of people; one flag above the 32nd bit.
    let new = NewWebhook {
        name: "usher".to_owned(),
        uri: who.receiver.clone(),
        secret: Some("Example-Secret-1".to_owned().into()),
        ssl: false,
        triggers: 15 | (1 << 35),
        enabled: true,
    };
    let hook = told(portal.create_webhook(&new).await)?;
    // Something that is worth a delivery.
    done(portal.invite("eve@corp.example", UserType::User, None).await)?;
    some(&told(portal.webhooks().await)?)?;
    let log = LogQuery { hook: Some(hook.id), group_status: None, start: 0, count: 100 };
    some(&told(portal.webhook_log(&log).await)?.items)?;
    done(portal.update_webhook(hook.id, &NewWebhook { secret: None, triggers: 7, ..new }).await)?;
    let removed = told(portal.remove_webhook(hook.id).await)?;
    if removed { Ok(()) } else { Err("there was nothing to remove".to_owned()) }
}

async fn failures(portal: &Client) -> Result<(), String> {
    let failed = LogQuery { hook: None, group_status: Some(1 | 4 | 8 | 16), start: 0, count: 100 };
    done(portal.webhook_log(&failed).await)
}

fn told<T>(answer: Result<T, Error>) -> Result<T, String> {
    answer.map_err(|error| error.summary())
}

fn done<T>(answer: Result<T, Error>) -> Result<(), String> {
    told(answer).map(drop)
}

fn found<T>(answer: Result<Option<T>, Error>) -> Result<(), String> {
    told(answer)?.map(drop).ok_or_else(|| "found nothing".to_owned())
}

fn some<T>(rows: &[T]) -> Result<(), String> {
    if rows.is_empty() { Err("the list is empty".to_owned()) } else { Ok(()) }
}
