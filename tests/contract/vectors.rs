//! Every signature vector through `usher explain`, and through `usher serve` by HTTP.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::server::Server;
use crate::workplace::{NOW, Workplace, request};

#[derive(Deserialize)]
struct Vector {
    name: String,
    scheme: Json,
    secret: String,
    headers: Vec<(String, String)>,
    body: String,
    /// Unix seconds; absent: age is not judged.
    now: Option<i64>,
    valid: bool,
}

impl Vector {
    fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../../fixtures/signatures/vectors.json")).unwrap();
    assert_eq!(vectors.len(), 53);
    vectors
}

/// A source for each vector, on a connector that only verifies; its own `auth` table replaces the connector's.
fn workplace(vectors: &[Vector], judges_age: impl Fn(&Vector) -> bool) -> Workplace {
    let mut sources = Map::new();
    for (number, vector) in vectors.iter().enumerate() {
        let mut auth = vector.scheme.clone();
        if let Some(timestamp) = auth.get_mut("timestamp").and_then(Json::as_object_mut) {
            timestamp.retain(|_, value| !value.is_null());
            if !judges_age(vector) {
                timestamp.insert("tolerance".to_owned(), json!(0));
            }
        }
        let secret = json!([{ "file": format!("secrets/{number}") }]);
        sources.insert(format!("v{number}"), json!({ "connector": "bare", "secrets": secret, "auth": auth }));
    }
    let config = json!({
        "server": { "listen": "127.0.0.1:0" },
        "admin": { "listen": "127.0.0.1:0" },
        "connectors": { "directory": "connectors.d" },
        "sources": sources,
    });
    let workplace = Workplace::new(&toml::to_string(&config).unwrap());
    workplace
        .write("connectors.d/bare.toml", "name = \"bare\"\n[auth]\nkind = \"token\"\ntoken = \"header:x-token\"\n");
    for (number, vector) in vectors.iter().enumerate() {
        workplace.write(&format!("secrets/{number}"), &vector.secret);
    }
    workplace
}

#[test]
fn every_vector_is_judged_alike_by_explain() {
    let vectors = vectors();
    let workplace = workplace(&vectors, |vector| vector.now.is_some());
    for (number, vector) in vectors.iter().enumerate() {
        let file = request(&vector.headers(), vector.body.as_bytes());
        let ended = workplace.explain_at(&format!("v{number}"), &file, vector.now.unwrap_or(NOW));
        let told = ended.json();
        assert_eq!(told["verified"], vector.valid, "{}: {told}", vector.name);
        assert_eq!(told["reason"].is_null(), vector.valid, "{}: {told}", vector.name);
        assert_eq!(ended.code, i32::from(!vector.valid), "{}", vector.name);
    }
}

#[test]
fn every_vector_is_judged_alike_by_a_server() {
    let vectors = vectors();
    // A server goes by the real clock, for which every vector is old: those that are wrong only in their age are right.
    let workplace = workplace(&vectors, |_| false);
    let server = Server::start(&workplace);
    for (number, vector) in vectors.iter().enumerate() {
        let source = format!("v{number}");
        let file = request(&vector.headers(), vector.body.as_bytes());
        let is_valid = workplace.explain(&source, &file).code == 0;
        assert!(is_valid || !vector.valid, "{}", vector.name);
        let status = server.post(&source, &vector.headers(), vector.body.as_bytes());
        assert_eq!(status, if is_valid { 200 } else { 401 }, "{}", vector.name);
    }
}

#[test]
fn a_server_finds_every_dated_vector_stale() {
    let dated: Vec<Vector> = vectors().into_iter().filter(|vector| vector.now.is_some() && vector.valid).collect();
    assert!(dated.len() > 8);
    let workplace = workplace(&dated, |_| true);
    let server = Server::start(&workplace);
    for (number, vector) in dated.iter().enumerate() {
        let status = server.post(&format!("v{number}"), &vector.headers(), vector.body.as_bytes());
        assert_eq!(status, 401, "{}", vector.name);
    }
}
