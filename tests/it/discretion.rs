//! What the log tells, and what it never tells.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use serde_json::json;
use usher::sandbox::DEFAULT_API_KEY;

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
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("info,usher=trace,hyper=warn,hyper_util=warn,reqwest=warn")
            .with_ansi(false)
            .with_writer(|| ThisThread);
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    });
}

fn logged() -> String {
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
