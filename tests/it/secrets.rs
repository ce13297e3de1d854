//! Secrets in files that change while the program runs.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use jiff::SignedDuration;
use serde_json::json;
use tower::ServiceExt;
use usher::app::App;
use usher::auth;
use usher::config::{Config, Needs, SecretRef};
use usher::connector::Catalog;
use usher::http as web;
use usher::model::Clock;
use usher::store::Store;

use crate::scene::HandClock;

const CONFIG: &str = r#"
[sources.own]
connector = "generic-hmac"
secrets = [{ file = "first" }]
[sources.pair]
connector = "generic-hmac"
secrets = [{ env = "FIXED" }, { file = "first" }, { file = "second" }]
[sources.token]
connector = "generic-hmac"
secrets = [{ file = "first" }]
auth = { kind = "token", token = "header:x-token" }
"#;

struct Door {
    app: Arc<App>,
    clock: Arc<HandClock>,
    dir: tempfile::TempDir,
    number: std::cell::Cell<u32>,
}

impl Door {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["first", "second"] {
            std::fs::write(dir.path().join(name), format!("{name}-secret-1\n")).unwrap();
        }
        let clock = Arc::new(HandClock::starting("2026-08-03T08:00:00Z"));
        let store = Store::open(&dir.path().join("usher.db"), true).await.unwrap();
        let config = config(dir.path());
        let app = App::within(dir.path().to_owned(), config, store, clock.clone()).unwrap();
        Self { app, clock, dir, number: std::cell::Cell::new(0) }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    /// A new request signed with this secret.
    fn request(&self, source: &str, secret: &str) -> Request<Body> {
        self.number.set(self.number.get() + 1);
        let body = json!({"type": "employee.updated", "data": {"employee_id": self.number.get().to_string()}});
        let mut body = body.to_string().into_bytes();
        let scheme = &self.app.config.sources[source].scheme;
        let mut request = Request::post(format!("/hooks/{source}"));
        let key = scheme.key(secret).unwrap();
        auth::sign(scheme, &key, request.headers_mut().unwrap(), &mut body, self.clock.now()).unwrap();
        request.body(Body::from(body)).unwrap()
    }

    async fn knock(&self, source: &str, secret: &str) -> u16 {
        let request = self.request(source, secret);
        let answer = web::public(self.app.clone()).oneshot(request);
        // A reading of a pipe that nobody writes into would wait for ever.
        tokio::time::timeout(Duration::from_secs(20), answer).await.expect("an answer").unwrap().status().as_u16()
    }
}

fn config(dir: &Path) -> Config {
    let look_up = |reference: SecretRef<'_>| match reference {
        SecretRef::Env(_) => Ok("fixed-secret-1".to_owned()),
        SecretRef::File(path) => std::fs::read_to_string(dir.join(path)).map_err(|error| error.to_string()),
    };
    Config::parse("usher.toml", CONFIG, &Catalog::embedded(), &look_up, Needs::Everything)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[tokio::test]
async fn a_new_secret_is_taken_from_its_file_and_the_former_one_ends_after_a_quarter_of_an_hour() {
    let door = Door::open().await;
    assert_eq!(door.knock("own", "first-secret-1").await, 200);
    door.write("first", "first-secret-2\n");
    assert_eq!(door.knock("own", "first-secret-2").await, 200);
    assert_eq!(door.knock("own", "first-secret-1").await, 200);
    door.clock.advance(SignedDuration::from_secs(15 * 60 - 1));
    assert_eq!(door.knock("own", "first-secret-1").await, 200);
    door.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(door.knock("own", "first-secret-1").await, 401);
    assert_eq!(door.knock("own", "first-secret-2").await, 200);
}

#[tokio::test]
async fn a_token_is_taken_from_its_file_too() {
    let door = Door::open().await;
    door.write("first", "first-secret-2");
    assert_eq!(door.knock("token", "first-secret-2").await, 200);
    assert_eq!(door.knock("token", "first-secret-3").await, 401);
}

#[tokio::test]
async fn bad_signatures_read_unchanged_files_once_a_second_at_most() {
    let door = Door::open().await;
    assert_eq!(door.knock("own", "nonsense").await, 401);
    // Another text in a file that looks as it did.
    let file = std::fs::File::options().write(true).open(door.dir.path().join("first")).unwrap();
    let time = file.metadata().unwrap().modified().unwrap();
    (&file).write_all(b"first-secret-2\n").unwrap();
    file.set_modified(time).unwrap();
    for _ in 0..5 {
        assert_eq!(door.knock("own", "first-secret-2").await, 401, "this second has had its reading");
        assert_eq!(door.knock("own", "nonsense").await, 401);
    }
    door.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(door.knock("own", "first-secret-2").await, 200);
}

#[tokio::test]
async fn changed_files_are_read_at_once_whatever_came_before() {
    let door = Door::open().await;
    for number in 2..6 {
        assert_eq!(door.knock("own", "nonsense").await, 401);
        door.write("first", &format!("first-secret-{number}-{}", "x".repeat(number)));
        assert_eq!(door.knock("own", &format!("first-secret-{number}-{}", "x".repeat(number))).await, 200);
    }
}

#[tokio::test]
async fn requests_that_verify_read_no_file() {
    let door = Door::open().await;
    std::fs::remove_file(door.dir.path().join("first")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(door.dir.path().join("first")).status().unwrap();
    assert!(made.success());
    for _ in 0..3 {
        door.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(door.knock("own", "first-secret-1").await, 200);
    }
}

#[tokio::test]
async fn all_that_come_at_once_with_a_new_secret_pass() {
    let door = Door::open().await;
    door.write("first", "first-secret-2");
    let router = web::public(door.app.clone());
    let requests: Vec<_> = (0..32).map(|_| door.request("own", "first-secret-2")).collect();
    let asked: Vec<_> = requests.into_iter().map(|request| tokio::spawn(router.clone().oneshot(request))).collect();
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_secret_that_moves_to_the_second_file_stays() {
    let door = Door::open().await;
    for secret in ["fixed-secret-1", "first-secret-1", "second-secret-1"] {
        assert_eq!(door.knock("pair", secret).await, 200, "{secret}");
    }
    door.write("second", "first-secret-1");
    door.write("first", "first-secret-2");
    assert_eq!(door.knock("pair", "first-secret-2").await, 200);
    door.clock.advance(SignedDuration::from_mins(16));
    for (secret, status) in
        [("fixed-secret-1", 200), ("first-secret-2", 200), ("first-secret-1", 200), ("second-secret-1", 401)]
    {
        assert_eq!(door.knock("pair", secret).await, status, "{secret}");
    }
}

#[tokio::test]
async fn a_file_that_is_empty_or_gone_takes_nothing_away() {
    let door = Door::open().await;
    door.write("first", "\n");
    assert_eq!(door.knock("own", "nonsense").await, 401);
    std::fs::remove_file(door.dir.path().join("first")).unwrap();
    door.clock.advance(SignedDuration::from_mins(20));
    assert_eq!(door.knock("own", "nonsense").await, 401);
    door.clock.advance(SignedDuration::from_mins(20));
    assert_eq!(door.knock("own", "first-secret-1").await, 200);
    door.write("first", "first-secret-2");
    assert_eq!(door.knock("own", "first-secret-2").await, 200);
}

#[tokio::test]
async fn a_former_secret_ends_although_every_request_verifies_with_it() {
    let door = Door::open().await;
    door.write("first", "first-secret-2");
    assert_eq!(door.knock("own", "first-secret-1").await, 200);
    door.app.look_at_secrets().await;
    door.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(door.knock("own", "first-secret-1").await, 401);
}

#[tokio::test]
async fn a_secret_that_comes_back_is_live_again_for_good() {
    let door = Door::open().await;
    for secret in ["first-secret-2", "first-secret-1"] {
        door.write("first", secret);
        door.clock.advance(SignedDuration::from_secs(1));
        door.app.look_at_secrets().await;
    }
    door.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(door.knock("own", "first-secret-1").await, 200);
    assert_eq!(door.knock("own", "first-secret-2").await, 401);
}
