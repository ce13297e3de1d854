//! What the log tells, and what it never tells.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use serde_json::json;
use usher::model::JobState;
use usher::sandbox::DEFAULT_API_KEY;

use crate::listener::{self, Listener};
use crate::postman::{self, Postman};
use crate::scene::{DOCSPACE_SECRET, HR_SECRET, Scene};
use crate::support::TestApp;

thread_local! {
    /// What is logged on this thread; a scene of one thread runs on it alone.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Log everything of ours at the finest level, and of the libraries what the program lets through. For the whole
/// process, since a subscriber of one thread misses what other threads have asked for before.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("info,usher=trace,hyper=warn,hyper_util=warn,reqwest=warn")
            .with_ansi(false)
            .with_writer(|| ThisThread);
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    });
}

pub(crate) fn logged() -> String {
    LOG.with_borrow(|log| String::from_utf8_lossy(log).into_owned())
}

#[tokio::test]
async fn no_address_name_secret_key_or_query_is_ever_logged() {
    listen();
    let t = TestApp::with(Scene { strict: true, ..Scene::default() }).await;
    let refusal = json!({"error": {"message": "User with email secret.ada@corp.example is already registered"}, "status": 1, "statusCode": 400});
    t.fault(json!({"path": "/people/email", "drop": "before"}));
    t.fault(json!({"path": "/people/email", "status": 500, "body": "secret.ada@corp.example"}));
    t.fault(json!({"path": "/people", "status": 400, "body": refusal}));
    t.fault(json!({"path": "/people/invite", "status": 401}));
    t.hire("7", "secret.ada@corp.example").await;
    t.hire("8", "secret.bob@corp.example").await;
    t.tell("employee.hired", json!({"employee_id": "9", "email": "secret.not an address"})).await;
    t.post("own", http::HeaderMap::new(), b"secret.body".to_vec()).await;
    t.drain().await;
    for _ in 0..4 {
        t.advance(jiff::SignedDuration::from_secs(120)).await;
    }
    for user in t.sandbox.state().users {
        t.sandbox.activate(&user.id).await.unwrap();
    }
    t.drain().await;
    let text = logged();
    assert!(text.contains("a job waits for a person") && text.contains("refused a request"), "{text}");
    for secret in [
        "secret.",
        "corp.example",
        "Example",
        HR_SECRET,
        DOCSPACE_SECRET,
        &DEFAULT_API_KEY[..8],
        "email=",
        "Userid=",
        "welcome_guest&",
    ] {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret}: {line:?}");
    }
}

#[tokio::test]
async fn refused_congratulations_are_one_notice_and_not_an_alarm_each() {
    listen();
    let t = TestApp::with(Scene { strict: true, ..Scene::default() }).await;
    for number in 1..=3 {
        t.hire(&number.to_string(), &format!("person{number}@corp.example")).await;
    }
    t.drain().await;
    for user in t.sandbox.state().users {
        t.sandbox.activate(&user.id).await.unwrap();
    }
    t.drain().await;
    assert_eq!(t.jobs("congratulate").await.len(), 3);
    let text = logged();
    let loud: Vec<_> = text.lines().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).collect();
    assert_eq!(loud.len(), 1, "{loud:#?}");
    assert!(loud[0].contains("said once"), "{loud:?}");
}

/// Whatever the other side of a channel says: it may quote what it was sent.
#[tokio::test]
async fn refusals_of_each_channel_are_one_notice_without_anybodys_words() {
    listen();
    let postman = Postman::start(postman::Manner::Says("RCPT", "550 secret.words of secret.ada@corp.example")).await;
    let chat = Listener::start(listener::Manner::Status(404)).await;
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\" }\n[[rules]]\non = \"user.activated\"\n\
        congratulate = { via = [\"smtp\", \"webhook\", \"room\", \"mention\"], receiver = \"chat\", file = 999, \
        room = { id = 1, access = \"read\" } }\n";
    let (rules, extra) = (rules.to_owned(), postman.section() + &chat.section());
    let t = TestApp::with(Scene { rules, extra, ..Scene::default() }).await;
    let response = json!({"members": [], "warning": "secret.words of secret.ada@corp.example"});
    let body = json!({"response": response, "count": 1, "status": 0, "statusCode": 200});
    t.fault(json!({"path": "/files/rooms/1/share", "times": 2, "status": 200, "body": body}));
    for (employee, email) in [("7", "secret.ada@corp.example"), ("8", "secret.bob@corp.example")] {
        t.hire(employee, email).await;
    }
    t.drain().await;
    for user in t.sandbox.state().users {
        t.sandbox.activate(&user.id).await.unwrap();
    }
    t.drain().await;
    let jobs = t.jobs("congratulate").await;
    assert!(jobs.len() == 2 && jobs.iter().all(|job| job.state == JobState::Held), "{jobs:#?}");
    let text = logged();
    let loud: Vec<_> = text.lines().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).collect();
    for channel in ["smtp", "webhook", "room", "mention"] {
        let about = loud.iter().filter(|line| line.contains(&format!("channel=\"{channel}\"")));
        assert_eq!(about.count(), 1, "{channel} {loud:#?}");
    }
    assert_eq!(loud.len(), 4, "{loud:#?}");
    for secret in ["secret.", "corp.example", "secret-of-the-url"] {
        assert!(!text.contains(secret), "{secret}: {loud:#?}");
    }
}
