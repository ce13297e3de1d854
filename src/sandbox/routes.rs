//! Every address the sandbox serves.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use super::wire::Reply;
use super::{
    API, Sandbox, congratulation, control, creation, delivery_log, gate, invitation, links, people, settings, webhooks,
};

/// The API and the control interface.
pub(super) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .nest(API, people_calls().merge(portal_calls()).merge(settings_calls()))
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
        .route("/people/{id}", get(people::by_id).delete(people::remove))
}

fn portal_calls() -> Router<Sandbox> {
    Router::new()
        .route("/portal/users/{id}", get(people::record))
        .route("/portal/users/invite/{kind}", get(links::obsolete))
        .route("/portal/users/invitationlink", post(links::create))
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
        .route("/settings/webhook/triggers", get(webhooks::triggers))
        .route("/settings/webhook/{id}", delete(webhooks::remove))
        .route("/settings/webhook/retry", put(delivery_log::retry_all))
        .route("/settings/webhook/{id}/retry", put(delivery_log::retry))
        .route("/settings/webhooks/log", get(delivery_log::log))
}

async fn unknown() -> Reply {
    Reply::missing("The sandbox does not serve this address")
}
