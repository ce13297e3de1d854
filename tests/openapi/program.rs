//! The whole program against the sandbox: from the hire to the congratulation.

use crate::description::Description;
use crate::recorder::{Exchange, Recorder};
use crate::scene::Scene;
use crate::stage::refuse_any;
use crate::support::TestApp;

const ADA: &str = "ada@corp.example";

/// A program whose portal is the recorder, and behind that the sandbox of the harness.
async fn behind_the_recorder(rules: Option<&str>) -> (TestApp, Recorder) {
    let recorder = Recorder::start().await;
    let mut scene = Scene { portal: Some(recorder.url().leak()), ..Scene::default() };
    if let Some(rules) = rules {
        scene.rules = rules.to_owned();
    }
    let t = TestApp::with(scene).await;
    recorder.pass_on_to(&format!("http://{}", t.portal_address()));
    (t, recorder)
}

async fn hire_and_activate(t: &TestApp) {
    assert_eq!(t.hire("7", ADA).await, 200);
    t.drain().await;
    t.activate(ADA).await;
    assert_eq!(t.mails(ADA).last().map(String::as_str), Some("congratulation"));
}

/// The tape of the usual way.
pub(crate) async fn play() -> Vec<Exchange> {
    let (t, recorder) = behind_the_recorder(None).await;
    hire_and_activate(&t).await;
    recorder.tape()
}

#[tokio::test]
async fn the_way_from_hire_to_congratulation_is_as_described() {
    let tape = play().await;
    let Some(described) = Description::of_portal() else { return };
    refuse_any(&described, &tape);
}

#[tokio::test]
async fn the_way_by_invitation_alone_is_as_described() {
    let rules = "[[rules]]\non = \"employee.hired\"\nonboard = { type = \"User\", mode = \"invite\" }\n\
                 [[rules]]\non = \"user.activated\"\ncongratulate = { key = \"welcome_guest\" }\n";
    let (t, recorder) = behind_the_recorder(Some(rules)).await;
    hire_and_activate(&t).await;
    let tape = recorder.tape();
    let Some(described) = Description::of_portal() else { return };
    refuse_any(&described, &tape);
}

#[tokio::test]
async fn the_program_talks_to_its_portal_through_the_recorder_only() {
    let (t, recorder) = behind_the_recorder(None).await;
    hire_and_activate(&t).await;
    let calls = t.state()["calls"].as_array().unwrap().len();
    assert_eq!(recorder.tape().len(), calls);
}
