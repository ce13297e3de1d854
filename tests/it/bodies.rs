//! Bodies of any bytes, rightly signed: they are taken in, read without harm, and what is wrong with them is said.

use http::header::{CONTENT_TYPE, HeaderValue};
use usher::model::{JobState, kind};

use crate::batches::acme;
use crate::scene::Scene;
use crate::support::TestApp;

/// Stands in bodies wherever nobody may read it in what is said about them.
const PRIVATE: &str = "lovelace";
const TYPES: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "application/x-ndjson"];

fn bodies() -> Vec<Vec<u8>> {
    let text = |text: &str| text.replace("PRIVATE", PRIVATE).into_bytes();
    let digits = "9".repeat(5000);
    vec![
        Vec::new(),
        vec![0],
        vec![0xff, 0xfe, b'{', b'}'],
        (0..=255).collect(),
        b"{\"people\":[{\"id\":\"\xff\xfe\",\"mail\":\"lovelace@corp.example\"}]}".to_vec(),
        "[".repeat(200_000).into_bytes(),
        "{\"people\":".repeat(100_000).into_bytes(),
        format!("people{}=1", "[0]".repeat(100_000)).into_bytes(),
        "people[0][id]=1&".repeat(50_000).into_bytes(),
        format!("people[{digits}][id]=1&people[-1]=2&people[]=3").into_bytes(),
        text("people%5B0%5D[id]=%ff%fe&people[0][mail]=PRIVATE%00@corp.example&=&&&;"),
        format!("{{\"people\":[{{\"id\":{digits},\"mail\":\"lovelace@corp.example\"}}]}}").into_bytes(),
        text(r#"{"people":[{"id":1e999999,"mail":"PRIVATE@corp.example"}]}"#),
        text(r#"{"people":[{"id":-0.0000001,"mail":"PRIVATE@corp.example"}]}"#),
        text(r#"{"people":[{"id":1,"id":2,"mail":"PRIVATE@corp.example","mail":7}],"people":{"id":3}}"#),
        text(r#"{"people":[{"id":"\ud800","mail":"PRIVATE@corp.example"}]}"#),
        text(r#"{"people":[{"id":"\u0000","mail":"PRIVATE\n@corp.example"}]}"#),
        text(r#"{"people":"PRIVATE"}"#),
        text(r#"{"people":[[["PRIVATE"]],null,7,{"id":{"id":[]},"mail":{}}]}"#),
        text("{\"people\":[{\"id\":\"1\",\"mail\":\"PRIVATE@corp.example\""),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"\n\r\n \n".to_vec(),
        "{}\n".repeat(20_000).into_bytes(),
    ]
}

#[tokio::test]
async fn bodies_of_any_bytes_are_taken_in_and_harm_nobody() {
    let source = "[sources.acme]\nconnector = \"acme\"\nsecrets = [{ env = \"HR\" }]\n".to_owned();
    for (content_type, items) in TYPES.into_iter().zip(["body.people", "body.people", "body"]) {
        let scene = Scene {
            connector: Some(acme(items, "item.mail")),
            extra: source.clone(),
            webhook: false,
            ..Scene::default()
        };
        let t = TestApp::with(scene).await;
        for (before, body) in (0..).zip(bodies()) {
            let head: String = String::from_utf8_lossy(&body).chars().take(30).collect();
            let (mut headers, body) = t.sign("acme", body);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            let status = t.post("acme", headers, body).await.status();
            assert_eq!(status, 200, "{head:?} as {content_type}");
            t.drain().await;
            let jobs = t.jobs(kind::PROCESS).await;
            assert!(
                jobs.iter().filter_map(|job| job.delivery).max().is_some_and(|last| last.0 == before + 1),
                "{head:?}"
            );
        }
        let jobs = t.jobs(kind::PROCESS).await;
        let mut dead = 0;
        for job in &jobs {
            let reason = job.reason.as_deref().unwrap_or_default();
            assert!([JobState::Done, JobState::Dead].contains(&job.state) && !reason.is_empty(), "{job:#?}");
            assert!(!reason.contains(PRIVATE) && !reason.contains("the program failed"), "{job:#?}");
            assert!(reason.len() < 2000, "{reason}");
            dead += usize::from(job.state == JobState::Dead);
        }
        assert!(dead > 5, "{dead} of {}", jobs.len());
        let before = t.users().len();
        t.hire("7", "ada@corp.example").await;
        t.drain().await;
        assert_eq!(t.users().len(), before + 1, "and then the others go on");
    }
}
