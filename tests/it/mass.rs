//! A whole company in one message: the store does nothing else while it is read.

use std::time::{Duration, Instant};

use serde_json::json;
use usher::model::JobState;

use crate::guarding_a_mass::ACME;
use crate::planning::RULE;
use crate::scene::Scene;
use crate::support::TestApp;

/// How long it takes to read so many hires without a first day of work, each of which is held, and to read them once more.
async fn read(number: usize) -> Duration {
    let extra = "[sources.acme]\nconnector = \"acme\"\nsecrets = [{ env = \"HR\" }]\n".to_owned();
    let connector = Some(ACME.to_owned());
    let t = TestApp::with(Scene { rules: RULE.to_owned(), extra, connector, webhook: false, ..Scene::default() }).await;
    let mut took = Duration::ZERO;
    for round in 0..2 {
        let person = |id| json!({"id": id, "email": format!("p{id}@corp.example"), "round": round});
        let people: Vec<_> = (0..number).map(person).collect();
        let (headers, body) = t.sign("acme", json!({"people": people}).to_string().into_bytes());
        assert_eq!(t.post("acme", headers, body).await.status(), 200);
        let began = Instant::now();
        t.drain().await;
        took += began.elapsed();
    }
    let held = t.jobs("onboard").await.iter().filter(|job| job.state == JobState::Held).count();
    assert_eq!((t.people().await.len(), held), (number, number));
    took
}

#[tokio::test]
async fn sixteen_times_as_many_hires_in_one_message_do_not_take_the_square_of_that() {
    let (few, many) = (read(500).await.max(read(500).await), read(8000).await);
    assert!(many < few * 80, "500 took {few:?}, 8000 took {many:?}");
}
