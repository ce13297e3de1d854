//! A stand-in portal in this process, for what the command line of the stand-in cannot set.

use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use tokio_util::sync::{CancellationToken, DropGuard};
use usher::app::SystemClock;
use usher::sandbox::{Fault, Sandbox, Settings};

use crate::stage::{API_KEY, Place, until};
use crate::wire::request;

pub(crate) struct Portal {
    pub(crate) sandbox: Sandbox,
    place: std::net::SocketAddr,
    runtime: Runtime,
    _ends: DropGuard,
}

impl Portal {
    /// Strict, without a webhook; `change` sets the rest.
    pub(crate) fn open(place: &Place, change: impl FnOnce(&mut Settings)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut settings = Settings { strict: true, ..Settings::new(std::sync::Arc::new(SystemClock)) };
        change(&mut settings);
        let ends = CancellationToken::new();
        let running = runtime.block_on(Sandbox::start(settings, place.portal, ends.clone())).unwrap();
        Self { sandbox: running.sandbox, place: place.portal, runtime, _ends: ends.drop_guard() }
    }

    pub(crate) fn fault(&self, fault: Json) {
        self.sandbox.add_fault(serde_json::from_value::<Fault>(fault).unwrap()).unwrap();
    }

    /// A call of an administrator's.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Json) -> Json {
        let authorization = format!("authorization: Bearer {API_KEY}");
        let head = [authorization.as_str(), "content-type: application/json"];
        let line = format!("{method} /api/2.0{path} HTTP/1.1");
        let (status, answer) = request(self.place, &line, &head, body.to_string().as_bytes()).unwrap();
        assert_eq!(status, 200, "{method} {path} {answer}");
        serde_json::from_str::<Json>(&answer).unwrap()["response"].clone()
    }

    /// The webhooks as the portal has them.
    pub(crate) fn hooks(&self) -> Vec<Json> {
        let rows = self.call("GET", "/settings/webhook", &json!({}));
        rows.as_array().unwrap().iter().map(|row| row["configs"].clone()).collect()
    }

    /// Make an account and activate it as the person would: webhooks go out.
    pub(crate) fn join(&self, email: &str) {
        let body = json!({"email": email, "firstName": "Some", "lastName": "Body", "type": "User"});
        let id = self.call("POST", "/people", &body)["id"].as_str().unwrap().to_owned();
        self.runtime.block_on(self.sandbox.activate(&id)).unwrap();
    }

    /// Until every webhook is delivered or given up.
    pub(crate) fn settle(&self) {
        self.runtime.block_on(self.sandbox.webhooks_settled());
    }
}

/// A configuration with the address that the portal posts to.
pub(crate) fn reachable() -> Place {
    let place = Place::usual();
    place.edit("[admin]", &format!("public_url = \"http://{}\"\n[admin]", place.public));
    place
}

/// How many deliveries of the portal's webhook were taken.
pub(crate) fn taken(place: &Place) -> usize {
    let list = place.run(&["deliveries", "list", "--json"]).good().json();
    list.as_array().unwrap().iter().filter(|row| row["source"] == "docspace").count()
}

pub(crate) fn wait_taken(place: &Place, count: usize) {
    until("the portal's webhooks are taken", || (taken(place) >= count).then_some(()));
}
