//! Every address the sandbox serves.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use super::wire::Reply;
use super::{
    API, Sandbox, congratulation, control, creation, delivery_log, gate, group_calls, invitation, links, mention,
    people, profile, room_calls, settings, sharing, triggers, webhooks,
};

/// The API and the control interface.
pub(super) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .nest(
            API,
            people_calls().merge(group_calls()).merge(files_calls()).merge(portal_calls()).merge(settings_calls()),
        )
        .nest("/_sandbox", control::router())
        .fallback(unknown)
        .layer(from_fn_with_state(sandbox.clone(), gate::pass))
        .with_state(sandbox)
}

fn people_calls() -> Router<Sandbox> {
    Router::new()
        .route("/people", get(people::list).post(creation::create))
        .route("/people/invite", post(invitation::invite).put(invitation::resend))
        .route("/people/email", get(people::by_email))
        .route("/people/exists", get(people::exists))
        .route("/people/@self", get(people::own))
        .route("/people/filter", get(people::filter))
        .route("/people/simple/filter", get(people::simple_filter))
        .route("/people/status/{status}", put(people::set_status))
        .route("/people/type/{kind}", put(profile::set_type))
        .route("/people/activationstatus/{status}", put(profile::set_activation))
        .route("/people/{id}", get(people::by_id).put(profile::update).delete(people::remove))
        .route("/people/{id}/culture", put(profile::set_culture))
}

fn group_calls() -> Router<Sandbox> {
    let members = put(group_calls::add_members).post(group_calls::replace_members).delete(group_calls::remove_members);
    Router::new()
        .route("/group", get(group_calls::list).post(group_calls::create))
        .route("/group/{id}", get(group_calls::show).put(group_calls::update))
        .route("/group/{id}/members", members)
        .route("/group/user/{id}", get(group_calls::of_user))
}

fn files_calls() -> Router<Sandbox> {
    Router::new()
        .route("/files/rooms/{id}", get(room_calls::show))
        .route("/files/rooms/{id}/share", get(room_calls::members).put(sharing::share))
        .route("/files/rooms/{id}/resend", post(room_calls::resend))
        .route("/files/file/{id}/sendeditornotify", post(mention::notify))
}

fn portal_calls() -> Router<Sandbox> {
    Router::new()
        .route("/portal/users/{id}", get(people::record))
        .route("/portal/users/invite/{kind}", get(links::obsolete))
        .route("/portal/users/invitationlink", post(links::create).put(links::update).delete(links::remove))
        .route("/portal/users/invitationlink/{kind}", get(links::show))
        .route("/portal/sendcongratulations", post(congratulation::send))
}

fn settings_calls() -> Router<Sandbox> {
    Router::new()
        .route("/settings", get(settings::portal))
        .route("/settings/version/build", get(settings::build))
        .route("/settings/invitationsettings", get(settings::invitations))
        .route("/keys/@self", get(settings::key))
        .route("/settings/webhook", get(webhooks::list).post(webhooks::create).put(webhooks::update))
        .route("/settings/webhook/enable", put(webhooks::enable))
        .route("/settings/webhook/triggers", get(triggers::list))
        .route("/settings/webhook/{id}", delete(webhooks::remove))
        .route("/settings/webhook/retry", put(delivery_log::retry_all))
        .route("/settings/webhook/{id}/retry", put(delivery_log::retry))
        .route("/settings/webhooks/log", get(delivery_log::log))
}

async fn unknown() -> Reply {
    Reply::missing("The sandbox does not serve this address")
}
