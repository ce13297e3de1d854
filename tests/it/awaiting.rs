//! Sources that begin without a secret, and secrets that platforms tell.

use jiff::SignedDuration;
use serde_json::json;

use crate::knocking::{Door, Got, SECRET, asks, fine, sends};

const GUSTO: &str = r#"
[sources.gusto]
connector = "gusto"
secrets = [{ file = "secrets/gusto" }]
awaiting_secret = true
"#;

const EVENT: &str = r#"{"uuid":"1","event_type":"employee.created"}"#;

fn token(text: &str) -> http::Request<axum::body::Body> {
    let body = json!({"verification_token": text}).to_string();
    sends("POST", "/hooks/gusto", &[("content-type", "application/json")], body.as_bytes())
}

fn write(door: &Door, text: &str) {
    std::fs::create_dir_all(door.dir.path().join("secrets")).unwrap();
    std::fs::write(door.dir.path().join("secrets/gusto"), text).unwrap();
}

#[tokio::test]
async fn a_source_without_its_secret_answers_handshakes_alone_until_the_file_is_there() {
    let door = Door::open(GUSTO).await;
    let waits = door.ask(door.signed("gusto", "tok-1", EVENT)).await;
    assert_eq!((waits.status().as_u16(), waits.headers()["retry-after"].to_str().unwrap()), (503, "60"));
    assert_eq!(door.status(sends("POST", "/hooks/gusto", &[], b"unsigned")).await, 503);
    assert_eq!(door.status(asks("PUT", "/hooks/gusto", &[])).await, 405);
    assert_eq!(door.status(sends("POST", "/hooks/gusto", &[], &vec![b' '; (1 << 20) + 1])).await, 413);
    assert_eq!(door.greet(token("tok-1")).await, fine(&[], ""));
    assert_eq!(door.told("gusto").await, ["tok-1"]);
    assert_eq!(door.status(door.signed("gusto", "tok-1", EVENT)).await, 503, "what was told is not trusted by itself");
    assert!(door.metrics().contains("usher_refused_total{source=\"gusto\",reason=\"awaiting_secret\"} 3\n"));

    write(&door, "tok-1\n");
    assert_eq!(door.status(door.signed("gusto", "tok-1", EVENT)).await, 200);
    assert_eq!(door.stored().await, 1);
    assert_eq!(door.status(door.signed("gusto", "tok-2", EVENT)).await, 401);
    assert_eq!(door.status(sends("POST", "/hooks/gusto", &[], b"unsigned")).await, 401);
}

#[tokio::test]
async fn the_file_is_looked_for_once_a_second_and_at_once_when_it_has_changed() {
    let door = Door::open(GUSTO).await;
    for number in 0..3 {
        assert_eq!(door.status(door.signed("gusto", "tok-1", EVENT)).await, 503, "{number}");
    }
    write(&door, "\n");
    assert_eq!(door.status(door.signed("gusto", "tok-1", EVENT)).await, 503, "an empty file is no secret");
    write(&door, "tok-1");
    assert_eq!(door.status(door.signed("gusto", "tok-1", EVENT)).await, 200);
    write(&door, "tok-22");
    assert_eq!(door.status(door.signed("gusto", "tok-22", EVENT)).await, 200, "and it is replaced like any other");
    door.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(door.status(door.signed("gusto", "tok-1", EVENT)).await, 401);
}

#[tokio::test]
async fn a_source_may_await_its_secret_without_a_place_for_it_and_a_set_variable_is_enough() {
    let none = "[sources.gusto]\nconnector = \"gusto\"\nawaiting_secret = true\n";
    let unset = "[sources.okta]\nconnector = \"okta\"\nawaiting_secret = true\nsecrets = [{ env = \"UNSET\" }]\n";
    let set = "[sources.hibob]\nconnector = \"hibob\"\nawaiting_secret = true\nsecrets = [{ env = \"UNSET\" }, { env = \"SECRET\" }]\n";
    let door = Door::open(&format!("{none}{unset}{set}")).await;
    assert_eq!(door.status(door.signed("gusto", "tok-1", EVENT)).await, 503);
    assert_eq!(door.status(token("tok-1")).await, 200);
    let challenge = [("x-okta-verification-challenge", "abc"), ("authorization", SECRET)];
    assert_eq!(door.status(asks("GET", "/hooks/okta", &challenge)).await, 503, "there is nothing to verify it with");
    assert_eq!(door.status(door.signed("hibob", SECRET, EVENT)).await, 200);
    assert_eq!(door.status(door.signed("hibob", "another", EVENT)).await, 401);
}

#[tokio::test]
async fn a_place_that_is_filled_later_joins_those_that_were_there() {
    let two = GUSTO.replace("[{ file", "[{ env = \"UNSET\" }, { env = \"SECRET\" }, { file");
    let door = Door::open(&two).await;
    assert_eq!(door.status(door.signed("gusto", SECRET, "1")).await, 200);
    assert_eq!(door.status(door.signed("gusto", "tok-1", "2")).await, 401);
    write(&door, "tok-1");
    assert_eq!(door.status(door.signed("gusto", "tok-1", "3")).await, 200);
    assert_eq!(door.status(door.signed("gusto", SECRET, "4")).await, 200, "none takes the place of another");
    door.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(door.status(door.signed("gusto", SECRET, "5")).await, 200);
}

#[tokio::test]
async fn the_first_secret_told_and_the_last_four_are_kept_each_once_also_when_the_source_has_its_own() {
    let door = Door::open("").await;
    for number in 1..=7 {
        door.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(door.status(token(&format!("tok-{number}"))).await, 200);
    }
    assert_eq!(door.told("gusto").await, ["tok-1", "tok-4", "tok-5", "tok-6", "tok-7"]);
    door.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(door.status(token("tok-5")).await, 200);
    assert_eq!(door.told("gusto").await, ["tok-1", "tok-4", "tok-6", "tok-7", "tok-5"], "told again is told last");
    assert_eq!(door.app.store.told_secret_times().await.unwrap()["gusto"].len(), 5);
    assert_eq!(door.status(door.signed("gusto", SECRET, EVENT)).await, 200);
    assert_eq!(door.status(door.signed("gusto", "tok-7", EVENT)).await, 401, "no secret is taken from a stranger");
    assert_eq!(door.stored().await, 1);
}

#[tokio::test]
async fn a_secret_that_cannot_be_kept_is_not_confirmed() {
    let door = Door::open(GUSTO).await;
    door.app.store.close().await;
    let answer = door.ask(token("tok-1")).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(!door.metrics().contains("usher_handshakes_total{"));

    let door = Door::open(GUSTO).await;
    door.app.begin_stop();
    assert_eq!(door.status(token("tok-1")).await, 503);
    assert!(door.told("gusto").await.is_empty());
}

#[tokio::test]
async fn what_was_told_is_still_there_after_a_restart_and_gone_once_it_is_taken() {
    let door = Door::open(GUSTO).await;
    assert_eq!(door.status(token("tok-of-the-restart")).await, 200);
    let file = door.dir.path().join("usher.db");
    door.app.store.close().await;
    let store = usher::store::Store::open(&file, false).await.unwrap();
    let told = store.told_secrets("gusto").await.unwrap();
    assert_eq!(told.len(), 1);
    assert!(!format!("{told:?}").contains("tok-of-the-restart"));
    let now = usher::model::Clock::now(&*door.clock);
    store.forget_told_secrets(vec![told[0].id], "gusto", "tests", "show secret", now).await.unwrap();
    assert!(store.told_secrets("gusto").await.unwrap().is_empty());
    let acts = store.audit(jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!((acts[0].what.as_str(), acts[0].subject.as_str()), ("show secret", "source gusto"));
    assert!(store.is_scrub_due().await.unwrap());
    store.scrub().await.unwrap();
    store.close().await;
    for name in ["usher.db", "usher.db-wal"] {
        let bytes = std::fs::read(door.dir.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(18).any(|part| part == b"tok-of-the-restart"), "{name}");
    }
}

#[tokio::test]
async fn odd_secrets_are_none() {
    let door = Door::open(GUSTO).await;
    for odd in ["", "a b", "a\nb", "\u{e4}", &"x".repeat(513)] {
        assert_eq!(door.status(token(odd)).await, 503, "{odd:?}");
    }
    assert!(door.told("gusto").await.is_empty());
    let longest = "x".repeat(512);
    assert_eq!(door.greet(token(&longest)).await, Got { status: 200, headers: Vec::new(), body: String::new() });
}
