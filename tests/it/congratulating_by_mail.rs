//! Congratulations by a mail of our own.

use std::time::Duration;

use jiff::SignedDuration;
use usher::model::JobState;
use usher::worker;

use crate::postman::{Manner, Postman};
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

fn rules(onboard: &str, congratulate: &str) -> String {
    format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\", {onboard} }}\n\
         [[rules]]\non = \"user.activated\"\ncongratulate = {{ via = [\"smtp\"], {congratulate} }}\n"
    )
}

/// Onboarded and activated, with a mail server that behaves like this.
async fn activated(manner: Manner) -> (TestApp, Postman) {
    let postman = Postman::start(manner).await;
    let t = scene(Scene { rules: rules("", ""), extra: postman.section(), ..Scene::default() }).await;
    (t, postman)
}

async fn scene(scene: Scene) -> TestApp {
    let t = TestApp::with(scene).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    t
}

#[tokio::test]
async fn a_mail_is_written_in_the_language_of_the_account() {
    let postman = Postman::start(Manner::Takes).await;
    let rules = rules("mode = \"invite\", culture = \"de\"", "");
    let t = scene(Scene { rules, extra: postman.section(), ..Scene::default() }).await;
    assert_eq!(t.only("congratulate").await, (JobState::Done, "congratulated by smtp".to_owned()));
    let handed = postman.handed();
    assert_eq!(handed.len(), 1, "{handed:?}");
    let letter = &handed[0];
    assert_eq!(letter.to, ADA);
    assert_eq!(letter.header("Subject"), "Willkommen, Ada!");
    assert_eq!(letter.header("Content-Language"), "de");
    assert_eq!(letter.header("To"), "\"Ada Member\" <ada@corp.example>");
    assert!(letter.data.contains("http://127.0.0.1:"), "the portal's address: {}", letter.data);
    let id = letter.header("Message-ID");
    assert!(id.starts_with("<usher.") && id.ends_with("@usher.example>"), "{id}");
    assert_eq!(t.mails(ADA), ["invitation", "welcome"], "DocSpace mails nothing more for it");
    assert!(t.people().await[0].congratulated_at.is_some());
    let steps = &t.jobs("congratulate").await[0].steps;
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["composed", "sending", "sent"]);
    assert_eq!(steps[0].detail, "the text congratulation in de");
}

#[tokio::test]
async fn a_text_of_the_configuration_reads_person_portal_and_company() {
    let postman = Postman::start(Manner::Takes).await;
    let texts = "[texts.hello.en]\nsubject = \"Hi {{ person.first_name }}\"\n\
        text = \"{{ person.last_name }} {{ person.email }} {{ company.name }} {{ portal.name }} {{ portal.url }}\"\n\
        html = \"<b>{{ person.last_name }}</b>\"\n[texts.hello.fr]\nsubject = \"Salut\"\ntext = \"Bonjour\"\n";
    let (extra, rules) = (postman.section() + texts, rules("culture = \"de\"", "text = \"hello\""));
    let t = scene(Scene { rules, extra, ..Scene::default() }).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    let letter = &postman.handed()[0];
    assert_eq!((letter.header("Subject"), letter.header("Content-Language")), ("Hi Ada", "en"));
    let portal = t.portal_address();
    let text = format!("Example ada@corp.example 127.0.0.1 127.0.0.1 http://{portal}");
    assert!(letter.data.contains(&text) && letter.data.contains("<b>Example</b>"), "{}", letter.data);
}

#[tokio::test]
async fn the_rule_may_name_the_language() {
    let postman = Postman::start(Manner::Takes).await;
    let (extra, rules) = (postman.section(), rules("", "language = { expr = \"'de'\" }"));
    let t = scene(Scene { rules, extra, ..Scene::default() }).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
    assert_eq!(postman.handed()[0].header("Content-Language"), "de");
}

#[tokio::test]
async fn a_mail_server_that_does_not_take_it_yet_is_tried_again_by_itself() {
    for manner in [
        Manner::Says("HELLO", "421 too busy"),
        Manner::Drops("HELLO"),
        Manner::Says("MAIL", "530 log in first"),
        Manner::Says("RCPT", "451 try again later"),
        Manner::Drops("RCPT"),
        Manner::Drops("DATA"),
        Manner::Says("DOT", "452 no room"),
    ] {
        let (t, postman) = activated(manner).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Ready, "{reason}");
        let job = t.jobs("congratulate").await.remove(0);
        assert_eq!((job.steps.last().unwrap().name.as_str(), job.attempts), ("not_sent", 0), "{reason}");
        postman.set(Manner::Takes);
        let before = postman.handed().len();
        t.advance(SignedDuration::from_secs(10)).await;
        assert_eq!(t.only("congratulate").await.0, JobState::Done, "{reason}");
        assert_eq!(postman.handed().len(), before + 1, "{reason}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_is_waited_for() {
    let extra = "[smtp]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"\nfrom = \"hello@usher.example\"\n".to_owned();
    let t = scene(Scene { rules: rules("", ""), extra, ..Scene::default() }).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Ready);
}

#[tokio::test]
async fn a_wrong_login_holds_nobody_up_for_good() {
    let postman = Postman::start(Manner::Says("AUTH", "535 5.7.8 no")).await;
    let extra = postman.section() + "user = \"usher\"\npassword = { env = \"SMTP\" }\n";
    let t = scene(Scene { rules: rules("", ""), extra, ..Scene::default() }).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Ready, "{reason}");
    assert!(reason.contains("user and password") || reason.contains("log"), "{reason}");
    postman.set(Manner::Takes);
    t.advance(SignedDuration::from_secs(10)).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Done);
}

#[tokio::test]
async fn a_letter_that_is_refused_for_good_is_held_and_not_repeated() {
    for (manner, code) in
        [(Manner::Says("RCPT", "550 5.1.1 nobody here"), "550"), (Manner::Says("DOT", "554 looks like spam"), "554")]
    {
        let (t, postman) = activated(manner).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Held, "{reason}");
        assert!(reason.contains("smtp was refused") && reason.contains(code), "{reason}");
        assert!(!reason.contains("nobody here"), "the server's words stand in the steps alone: {reason}");
        let before = postman.handed().len();
        t.advance(SignedDuration::from_hours(24)).await;
        assert_eq!((postman.handed().len(), t.people().await[0].congratulated_at), (before, None));
    }
}

#[tokio::test]
async fn a_letter_that_may_have_been_sent_is_held_and_known_again_when_released() {
    for manner in [Manner::Drops("DOT"), Manner::Hangs("DOT")] {
        let postman = Postman::start(manner).await;
        let patience = Some(Duration::from_secs(1));
        let t = scene(Scene { rules: rules("", ""), extra: postman.section(), patience, ..Scene::default() }).await;
        let (state, reason) = t.only("congratulate").await;
        assert_eq!(state, JobState::Held, "{reason}");
        assert!(reason.contains("may have been sent"), "{reason}");
        postman.set(Manner::Takes);
        t.advance(SignedDuration::from_hours(24)).await;
        assert_eq!(postman.handed().len(), 1);
        t.release("congratulate").await;
        assert_eq!(t.only("congratulate").await.0, JobState::Done);
        let handed = postman.handed();
        assert_eq!(handed.len(), 2);
        assert_eq!(handed[0].header("Message-ID"), handed[1].header("Message-ID"));
    }
}

#[tokio::test]
async fn a_crash_while_the_letter_is_handed_over_is_no_reason_to_send_it_twice() {
    let postman = Postman::start(Manner::Hangs("DOT")).await;
    let mut t = TestApp::with(Scene { rules: rules("", ""), extra: postman.section(), ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.sandbox.activate(&t.user_id(ADA)).await.unwrap();
    t.sandbox.webhooks_settled().await;
    let app = t.app.clone();
    let working = tokio::spawn(async move { worker::drain(&app).await.map(drop) });
    while postman.handed().is_empty() {
        tokio::task::yield_now().await;
    }
    working.abort();
    assert!(working.await.is_err());
    t.restart().await;
    t.drain().await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held, "{reason}");
    assert!(reason.contains("stopped while sending"), "{reason}");
    assert_eq!(postman.handed().len(), 1);
}

#[tokio::test]
async fn an_address_reserved_for_examples_is_mailed_by_no_real_server() {
    let extra = "[smtp]\nhost = \"192.0.2.1\"\ntls = \"none\"\nfrom = \"hello@usher.example\"\n".to_owned();
    let t = scene(Scene { rules: rules("", ""), extra, ..Scene::default() }).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("reserved for examples"), "{reason}");
}

#[tokio::test]
async fn a_text_that_shows_what_is_not_known_sends_nothing() {
    let postman = Postman::start(Manner::Takes).await;
    let texts = "[texts.hello.en]\nsubject = \"Hi\"\ntext = \"{{ person.department }}\"\n";
    let (extra, rules) = (postman.section() + texts, rules("", "text = \"hello\""));
    let t = scene(Scene { rules, extra, ..Scene::default() }).await;
    let (state, reason) = t.only("congratulate").await;
    assert_eq!(state, JobState::Held);
    assert!(reason.contains("the text hello in en") && reason.contains("person.department"), "{reason}");
    assert!(postman.handed().is_empty());
    let steps = t.jobs("congratulate").await.remove(0).steps;
    assert!(steps.iter().all(|step| step.name != "sending"), "nothing was begun: {steps:?}");
}
