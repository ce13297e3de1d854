//! A platform that names people by ids alone in its webhooks, and is asked for the rest.

use std::net::SocketAddr;

use http::header::AUTHORIZATION;
use serde_json::Value as Json;

use crate::scene::{HR_SECRET, Scene};
use crate::stand_in::{Says, StandIn};
use crate::support::TestApp;

/// A running platform; it answers `/v1/staff/ID`.
#[derive(Clone)]
pub(crate) struct Platform {
    stand_in: StandIn,
    pub(crate) address: SocketAddr,
}

/// The connector of the platform. It names ids only, several in one message, and tells nothing of who is gone.
pub(crate) const CONNECTOR: &str = r#"
name = "acme"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{body}"
sig = "header:x-acme-signature"
encoding = "hex"
[fetch]
path = "/v1/staff/{{ item.id }}"
auth = ["bearer"]
per_minute = 6000
[fields]
employee_id = "item.id"
email = "fetched.mail"
first_name = "fetched.first"
last_name = "fetched.last"
[[event]]
kind = "employee.hired"
items = "body.people"
when = "item.news == 'new' and fetched.state == 'active'"
[[event]]
kind = "employee.terminated"
items = "body.people"
when = "item.news == 'gone'"
fetch = false
"#;

/// The source `acme` with its platform at this address.
pub(crate) fn source_at(address: SocketAddr) -> String {
    format!(
        "[sources.acme]\nconnector = \"acme\"\nsecrets = [{{ env = \"HR\" }}]\n[sources.acme.fetch]\n\
         base = \"http://{address}\"\nallow = [\"127.0.0.1\"]\nbearer = {{ env = \"HR\" }}\n"
    )
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let stand_in = StandIn::start().await;
        Self { address: stand_in.address, stand_in }
    }

    /// The program with this platform as its source `acme`.
    pub(crate) async fn hired_by(&self) -> TestApp {
        let extra = source_at(self.address);
        TestApp::with(Scene { extra, connector: Some(CONNECTOR.to_owned()), ..Scene::default() }).await
    }

    pub(crate) fn knows(&self, id: &str, person: Json) {
        self.stand_in.knows(&format!("/v1/staff/{id}"), person);
    }

    /// The next answers are these statuses and nothing else.
    pub(crate) fn fails(&self, statuses: impl IntoIterator<Item = u16>) {
        self.stand_in.says(statuses.into_iter().map(Says::status));
    }

    /// The paths asked for so far, each with the token.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.stand_in.asked();
        for asked in &asked {
            assert_eq!(asked.headers[AUTHORIZATION], format!("Bearer {HR_SECRET}"));
        }
        asked.into_iter().map(|asked| asked.path_and_query).collect()
    }
}
