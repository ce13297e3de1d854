//! The client's calls against the sandbox.

use crate::calls::STEPS;
use crate::completeness;
use crate::description::Description;
use crate::stage::{Stage, refuse_any};

/// Play every call of the client; each has to succeed.
pub(crate) async fn play() -> Stage {
    let stage = Stage::new().await;
    let (client, who) = (stage.client(), stage.subject().await);
    for step in STEPS {
        if let Err(what) = (step.play)(&client, &who).await {
            panic!("{}: {what}", step.name);
        }
    }
    stage
}

#[tokio::test]
async fn every_call_of_the_client_is_played() {
    let stage = play().await;
    assert_eq!(completeness::missed(&stage.recorder.tape()), Vec::<String>::new());
}

#[tokio::test]
async fn every_call_of_the_client_and_its_answer_are_as_described() {
    let Some(described) = Description::of_portal() else { return };
    refuse_any(&described, &play().await.recorder.tape());
}
