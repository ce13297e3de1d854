//! Congratulations that were refused, once another channel is configured.

use serde_json::json;
use usher::actions;
use usher::model::JobState;

use crate::postman::{Manner, Postman};
use crate::scene::Scene;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";
const PATH: &str = "/portal/sendcongratulations";
const PUBLISHED: &str = "key = \"welcome_guest\"";

fn rules(congratulate: &str) -> String {
    format!(
        "[[rules]]\non = \"employee.hired\"\nonboard = {{ type = \"User\" }}\n\
         [[rules]]\non = \"user.activated\"\ncongratulate = {{ {congratulate} }}\n"
    )
}

/// A scene with one congratulation that was refused.
async fn refused() -> TestApp {
    let t = TestApp::with(Scene { rules: rules(PUBLISHED), strict: true, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    assert_eq!(t.only("congratulate").await.0, JobState::Held);
    t
}

/// The next start of the server, with other rules.
async fn restart(t: &mut TestApp, congratulate: &str, extra: String) -> usize {
    let rules = rules(congratulate);
    t.restart_with(|scene| (scene.rules, scene.extra) = (rules, extra)).await;
    let revived = actions::reconsider(&t.app).await.unwrap();
    t.drain().await;
    revived
}

#[tokio::test]
async fn a_refused_congratulation_goes_on_by_itself_with_the_new_channel_alone() {
    let mut t = refused().await;
    let postman = Postman::start(Manner::Takes).await;
    let both = "via = [\"sendcongratulations\", \"smtp\"], key = \"welcome_guest\"";
    assert_eq!(restart(&mut t, both, postman.section()).await, 1);
    assert_eq!(t.only("congratulate").await, (JobState::Done, "congratulated by smtp".to_owned()));
    assert_eq!((t.calls("POST", PATH), postman.handed().len()), (1, 1));
    let steps = t.jobs("congratulate").await.remove(0).steps;
    assert!(steps.iter().any(|step| step.name == "revived" && step.detail.ends_with("by smtp")), "{steps:?}");
    assert_eq!(restart(&mut t, both, postman.section()).await, 0);
}

#[tokio::test]
async fn without_another_channel_it_stays_as_it_is() {
    let mut t = refused().await;
    for congratulate in [PUBLISHED, "key = \"welcome_guest\", whom = \"onboarded\""] {
        assert_eq!(restart(&mut t, congratulate, String::new()).await, 0);
    }
    assert_eq!((t.only("congratulate").await.0, t.calls("POST", PATH)), (JobState::Held, 1));
}

#[tokio::test]
async fn the_same_channel_with_other_settings_is_another_one() {
    let mut t = refused().await;
    assert_eq!(restart(&mut t, "key = \"another\"", String::new()).await, 1);
    assert_eq!((t.only("congratulate").await.0, t.calls("POST", PATH)), (JobState::Held, 2));
    assert_eq!(restart(&mut t, "key = \"another\"", String::new()).await, 0, "refused with this key as well");
}

#[tokio::test]
async fn whoever_the_rules_leave_out_now_stays_held() {
    let mut t = refused().await;
    let postman = Postman::start(Manner::Takes).await;
    let rules = "[[rules]]\non = \"user.activated\"\nwhen = \"event.email == 'other@corp.example'\"\ncongratulate = { via = [\"smtp\"] }\n";
    t.restart_with(|scene| (scene.rules, scene.extra) = (rules.to_owned(), postman.section())).await;
    assert_eq!(actions::reconsider(&t.app).await.unwrap(), 0);
}

#[tokio::test]
async fn what_may_have_been_sent_never_goes_on_by_itself() {
    let mut t = TestApp::with(Scene { rules: rules(PUBLISHED), ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.fault(json!({"path": PATH, "drop": "after"}));
    t.activate(ADA).await;
    let postman = Postman::start(Manner::Takes).await;
    assert_eq!(restart(&mut t, "via = [\"smtp\"]", postman.section()).await, 0);
    assert_eq!((t.only("congratulate").await.0, postman.handed().len()), (JobState::Held, 0));
}

#[tokio::test]
async fn a_text_that_was_mended_is_sent() {
    let postman = Postman::start(Manner::Takes).await;
    let text = |shown: &str| format!("{}[texts.hi.en]\nsubject = \"Hi\"\ntext = \"{shown}\"\n", postman.section());
    let by_mail = "via = [\"smtp\"], text = \"hi\"";
    let extra = text("{{ person.department }}");
    let mut t = TestApp::with(Scene { rules: rules(by_mail), extra, ..Scene::default() }).await;
    t.hire("7", ADA).await;
    t.drain().await;
    t.activate(ADA).await;
    assert_eq!((t.only("congratulate").await.0, postman.handed().len()), (JobState::Held, 0));
    assert_eq!(restart(&mut t, by_mail, text("{{ person.first_name }}")).await, 1);
    assert_eq!((t.only("congratulate").await.0, postman.handed().len()), (JobState::Done, 1));
}

#[tokio::test]
async fn a_server_that_starts_lets_them_go_on() {
    let mut t = refused().await;
    let postman = Postman::start(Manner::Takes).await;
    let (rules, extra) = (rules("via = [\"smtp\"]"), postman.section());
    t.restart_with(|scene| (scene.rules, scene.extra) = (rules, extra)).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let working = tokio::spawn(usher::worker::run(t.app.clone(), stop.clone()));
    while t.only("congratulate").await.0 != JobState::Done {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    working.await.unwrap();
    assert_eq!(postman.handed().len(), 1);
}
