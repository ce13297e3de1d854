//! What comes in at the receiver, told beside its own work: the portal's webhooks and how they were answered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;

/// Far above the longest webhook of the demo.
const LIMIT: usize = 1024 * 1024;

/// A request to the receiver and its answer.
#[derive(Clone)]
pub(super) struct Heard {
    /// When it came.
    pub(super) at: Timestamp,
    /// Last part of its path.
    pub(super) source: String,
    /// Empty while there is no answer.
    pub(super) body: Bytes,
    /// Absent while there is no answer.
    pub(super) status: Option<StatusCode>,
}

/// Everything heard so far, in the order in which it came.
#[derive(Clone, Default)]
pub(super) struct Ear {
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Ear {
    /// The same routes, overheard.
    pub(super) fn beside(&self, routes: Router) -> Router {
        routes.layer(from_fn_with_state(self.clone(), listen))
    }

    /// What came after the first `number` requests.
    pub(super) fn after(&self, number: usize) -> Vec<Heard> {
        self.heard().iter().skip(number).cloned().collect()
    }

    fn heard(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of a request that has come in. Its time is taken under the lock, so that a look at a later moment has it.
    fn came(&self, source: String) -> usize {
        let mut all = self.heard();
        all.push(Heard { at: Timestamp::now(), source, body: Bytes::new(), status: None });
        all.len() - 1
    }

    fn answered(&self, number: usize, body: Bytes, status: StatusCode) {
        if let Some(heard) = self.heard().get_mut(number) {
            heard.body = body;
            heard.status = Some(status);
        }
    }
}

async fn listen(State(ear): State<Ear>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let number = ear.came(head.uri.path().rsplit('/').next().unwrap_or_default().to_owned());
    let Ok(body) = to_bytes(body, LIMIT).await else {
        ear.answered(number, Bytes::new(), StatusCode::BAD_REQUEST);
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = next.run(Request::from_parts(head, Body::from(body.clone()))).await;
    ear.answered(number, body, answer.status());
    answer
}
