//! Credentials for questions to a platform that are replaced in their files while the program runs.

use std::path::PathBuf;

use serde_json::json;
use usher::model::{Job, JobState, kind};

use crate::scene::Scene;
use crate::stand_in::{Says, StandIn};
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

/// A connector that takes credentials in every way.
const CONNECTOR: &str = r#"
name = "acme"
[auth]
kind = "hmac"
hash = "sha256"
signed = "{body}"
sig = "header:x-acme-signature"
encoding = "hex"
[fetch]
path = "/v1/staff/{{ item.id }}"
auth = ["bearer", "basic", "oauth2"]
secret_headers = ["x-account"]
per_minute = 6000
[[event]]
kind = "employee.hired"
employee_id = "item.id"
email = "fetched.mail"
first_name = "fetched.name"
"#;

struct Desk {
    platform: StandIn,
    t: TestApp,
    dir: tempfile::TempDir,
}

impl Desk {
    /// Somebody was told of, and the platform has refused the question.
    async fn refused(credentials: &str, account: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["token", "account"] {
            std::fs::write(dir.path().join(name), format!("old-{name}\n")).unwrap();
        }
        let platform = StandIn::start().await;
        let files = dir.path().display().to_string();
        let extra = format!(
            "[sources.acme]\nconnector = \"acme\"\nsecrets = [{{ env = \"HR\" }}]\n[sources.acme.fetch]\n\
             base = \"http://{}\"\nallow = [\"127.0.0.1\"]\n{credentials}\nheaders = {{ X-Account = {account} }}\n",
            platform.address
        );
        let extra = extra.replace("DIR", &files).replace("TOKENS", &platform.token_url());
        let scene = Scene { extra, connector: Some(CONNECTOR.to_owned()), webhook: false, ..Scene::default() };
        let t = TestApp::with(scene).await;
        platform.answers(Some(Says::status(401)));
        let (headers, body) = t.sign("acme", b"{\"id\":7}".to_vec());
        assert_eq!(t.post("acme", headers, body).await.status(), 200);
        t.drain().await;
        Self { platform, t, dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn held(&self) -> Job {
        let mut jobs = self.t.jobs(kind::FETCH).await;
        assert_eq!((jobs.len(), jobs[0].state), (1, JobState::Held), "{jobs:#?}");
        jobs.remove(0)
    }

    /// What a header held in the last question.
    fn shown(&self, header: &str) -> String {
        let asked = self.platform.asked();
        asked.last().unwrap().headers[header].to_str().unwrap().to_owned()
    }

    fn knows(&self) {
        self.platform.answers(Some(Says::Json(json!({"mail": ADA, "name": "Ada"}))));
    }
}

#[tokio::test]
async fn mended_files_are_read_again_and_release_is_enough() {
    for (credentials, before, after) in [
        ("bearer = { file = \"DIR/token\" }", "Bearer old-token", "Bearer new-token"),
        (
            "basic = { user = \"usher\", password = { file = \"DIR/token\" } }",
            "Basic dXNoZXI6b2xkLXRva2Vu",
            "Basic dXNoZXI6bmV3LXRva2Vu",
        ),
        ("basic = { user = { file = \"DIR/token\" } }", "Basic b2xkLXRva2VuOg==", "Basic bmV3LXRva2VuOg=="),
    ] {
        let desk = Desk::refused(credentials, "{ file = \"DIR/account\" }").await;
        let held = desk.held().await;
        let reason = held.reason.unwrap();
        for part in ["status 401", "/token, which is read again without a restart", "headers.X-Account is in the file"]
        {
            assert!(reason.contains(part), "{part}: {reason}");
        }
        assert_eq!((desk.shown("authorization").as_str(), desk.platform.asked().len()), (before, 1));
        std::fs::write(desk.file("token"), "new-token\n").unwrap();
        std::fs::write(desk.file("account"), "new-account\n").unwrap();
        // It refuses the old ones still, and then takes the new ones.
        desk.knows();
        desk.platform.says([Says::status(403)]);
        desk.t.release(kind::FETCH).await;
        assert_eq!(desk.t.users(), [ADA]);
        assert_eq!((desk.shown("authorization").as_str(), desk.shown("x-account").as_str()), (after, "new-account"));
        assert_eq!(desk.platform.asked().len(), 3);
    }
}

#[tokio::test]
async fn a_client_secret_that_was_mended_gives_a_token() {
    let oauth2 = "oauth2 = { client_id = \"usher\", client_secret = { file = \"DIR/token\" }, token_url = \"TOKENS\" }";
    let desk = Desk::refused(oauth2, "{ file = \"DIR/account\" }").await;
    desk.held().await;
    let refused = || Says::Raw(401, None, b"{\"error\":\"invalid_client\"}".to_vec());
    desk.platform.gives_no_token([refused()]);
    desk.t.release(kind::FETCH).await;
    let reason = desk.held().await.reason.unwrap();
    assert!(reason.contains("gives no token") && reason.contains("oauth2.client_secret is in the file"), "{reason}");
    std::fs::write(desk.file("token"), "new-token\n").unwrap();
    desk.knows();
    desk.platform.gives_no_token([refused()]);
    desk.t.release(kind::FETCH).await;
    assert_eq!(desk.t.users(), [ADA]);
}

#[tokio::test]
async fn a_file_that_is_gone_is_told_and_an_environment_variable_needs_a_restart() {
    let desk = Desk::refused("bearer = { file = \"DIR/token\" }", "{ env = \"HR\" }").await;
    let reason = desk.held().await.reason.unwrap();
    assert!(reason.contains("headers.X-Account is the environment variable HR, and a new value there needs a restart"));
    std::fs::remove_file(desk.file("token")).unwrap();
    desk.t.release(kind::FETCH).await;
    let reason = desk.held().await.reason.unwrap();
    assert!(reason.contains("cannot be read again: the file ") && reason.contains("put the secret there"), "{reason}");
    std::fs::write(desk.file("token"), "two words\n").unwrap();
    desk.t.release(kind::FETCH).await;
    let reason = desk.held().await.reason.unwrap();
    assert!(reason.contains("sources.acme.fetch.bearer") && !reason.contains("two words"), "{reason}");
    assert_eq!(desk.shown("authorization"), "Bearer old-token", "what is known stays");
    std::fs::write(desk.file("token"), "new-token\n").unwrap();
    desk.knows();
    desk.platform.says([Says::status(401)]);
    desk.t.release(kind::FETCH).await;
    assert_eq!((desk.t.users(), desk.shown("authorization").as_str()), (vec![ADA.to_owned()], "Bearer new-token"));
}
