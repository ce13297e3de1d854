//! Platforms that sign nothing: a token in the query, or among the fields of a form.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::discretion::{listen, logged};
use crate::scene::{HR_SECRET, Scene};
use crate::support::TestApp;

async fn start(token: &str) -> TestApp {
    let connector = format!(
        "name = \"acme\"\ndecode = \"form\"\n[auth]\nkind = \"token\"\ntoken = \"{token}\"\n[[event]]\nkind = \
         \"employee.hired\"\nemployee_id = \"body.id\"\nemail = \"body.mail\"\nfirst_name = \"body.first\"\n"
    );
    let source = "[sources.acme]\nconnector = \"acme\"\nsecrets = [{ env = \"HR\" }]\n";
    TestApp::with(Scene { connector: Some(connector), extra: source.to_owned(), ..Scene::default() }).await
}

async fn post(t: &TestApp, query: &str, body: String) -> StatusCode {
    let request = Request::post(format!("/hooks/acme{query}")).body(Body::from(body)).unwrap();
    let status = t.request(request).await.status();
    t.drain().await;
    status
}

#[tokio::test]
async fn a_token_in_the_query_opens_the_endpoint_and_is_neither_logged_nor_stored() {
    listen();
    let t = start("query:access_token").await;
    let ada = "id=7&first=Ada&mail=ada%40corp.example";
    for query in ["", "?access_token=", "?access_token=wrong", "?Access_Token=hr-secret-0123456789"] {
        assert_eq!(post(&t, query, ada.to_owned()).await, 401, "{query}");
    }
    assert_eq!(post(&t, &format!("?x=1&access_token={HR_SECRET}"), ada.to_owned()).await, 200);
    assert_eq!(t.users(), ["ada@corp.example"]);
    assert!(logged().contains("refused a request") && !logged().contains("access_token"));
    let store = std::fs::read_dir(t.dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let stored: Vec<u8> = store.filter(|path| path.is_file()).flat_map(|path| std::fs::read(path).unwrap()).collect();
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("mail=ada%40corp.example"), "the body is there");
    assert!(!holds(HR_SECRET) && !holds("access_token"));
}

#[tokio::test]
async fn a_token_among_the_fields_of_a_form_opens_the_endpoint() {
    let t = start("form:secret").await;
    let ada = |secret: &str| format!("id=7&first=Ada&mail=ada%40corp.example&secret={secret}");
    assert_eq!(post(&t, &format!("?secret={HR_SECRET}"), ada("wrong")).await, 401);
    assert_eq!(post(&t, "", ada(HR_SECRET)).await, 200);
    assert_eq!(t.users(), ["ada@corp.example"]);
}
