//! Every call of the client, once, against whatever portal.

use std::fmt::Display;

use futures_util::future::BoxFuture;
use usher::docspace::{Client, NewAccount};
use usher::model::UserType;

/// Whom and what the calls are about.
pub(crate) struct Subject {
    /// Somebody with an account who has not activated it.
    pub(crate) id: String,
    /// Their address.
    pub(crate) email: String,
    /// Addresses without an account.
    pub(crate) fresh: [&'static str; 2],
}

/// One call, and whether its answer was understood.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) play: for<'a> fn(&'a Client, &'a Subject) -> BoxFuture<'a, Result<(), String>>,
}

const fn step(
    name: &'static str,
    play: for<'a> fn(&'a Client, &'a Subject) -> BoxFuture<'a, Result<(), String>>,
) -> Step {
    Step { name, play }
}

/// In an order in which each of them can succeed.
pub(crate) const STEPS: &[Step] = &[
    step("find somebody", |portal, who| Box::pin(async { found(portal.find_by_email(&who.email).await) })),
    step("an account", |portal, who| Box::pin(async { found(portal.account(&who.id).await) })),
    step("the owner", |portal, _| Box::pin(async { understood(portal.owner().await) })),
    step("create", |portal, who| {
        Box::pin(async {
            let new = NewAccount {
                email: who.fresh[0].to_owned(),
                first_name: "Grace".to_owned(),
                last_name: "Example".to_owned(),
                user_type: UserType::User,
            };
            understood(portal.create(&new).await)
        })
    }),
    step("invite", |portal, who| Box::pin(async { understood(portal.invite(who.fresh[1], UserType::User).await) })),
    step("a user", |portal, who| Box::pin(async { found(portal.portal_user(&who.id).await) })),
    step("a link", |portal, _| Box::pin(async { found(portal.invitation_link(UserType::User).await) })),
    step("congratulate", |portal, who| {
        Box::pin(async { understood(portal.send_congratulations(&who.id, "welcome_guest").await) })
    }),
    step("the key", |portal, _| Box::pin(async { understood(portal.key_info().await) })),
    step("the settings", |portal, _| Box::pin(async { understood(portal.settings().await) })),
    step("the version", |portal, _| Box::pin(async { found(portal.version().await) })),
];

fn understood<T>(answer: Result<T, impl Display>) -> Result<(), String> {
    answer.map(drop).map_err(|error| error.to_string())
}

fn found<T>(answer: Result<Option<T>, impl Display>) -> Result<(), String> {
    answer.map_err(|error| error.to_string())?.map(drop).ok_or_else(|| "found nothing".to_owned())
}
