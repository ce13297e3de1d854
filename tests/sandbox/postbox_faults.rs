//! Mail that goes wrong on order.

use std::time::Duration;

use serde_json::json;
use usher::sandbox::{PostboxSettings, SmtpFault, SmtpTrouble};

use crate::postbox::with_postbox;
use crate::smtp_client::Smtp;
use crate::stage::Stage;

const LETTER: &str = "Subject: x\r\n\r\ny";

async fn order(stage: &Stage, trouble: &str) {
    let answer = stage.control("/faults", json!({ "smtp": trouble })).await;
    assert_eq!((answer.status, &answer.json), (200, &json!({ "smtp": trouble, "times": 1 })));
}

#[tokio::test]
async fn a_refusal_stands_in_place_of_the_greeting() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    order(&stage, "refuse").await;
    let mut smtp = Smtp::connect(postbox.address).await;
    assert_eq!(smtp.reply().await.0, 554);
    assert!(smtp.is_closed().await);
    Smtp::greeted(postbox.address).await;
}

#[tokio::test]
async fn a_recipient_is_put_off_or_rejected_as_often_as_ordered() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    stage.sandbox.add_smtp_fault(SmtpFault { smtp: SmtpTrouble::Tempfail, times: 2 });
    order(&stage, "reject_recipient").await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    assert_eq!(smtp.ask("MAIL FROM:<usher@example.com>").await, 250);
    for code in [451, 451, 550, 250] {
        assert_eq!(smtp.ask("RCPT TO:<ada@example.com>").await, code);
    }
    assert_eq!(smtp.ask("DATA").await, 354);
    assert_eq!(smtp.ask(".").await, 250);
    assert_eq!(stage.mails().len(), 1);
}

#[tokio::test]
async fn a_letter_dropped_after_its_end_has_arrived() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    order(&stage, "drop_after_data").await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    assert_eq!(smtp.send("ada@example.com", LETTER).await, 0);
    assert_eq!(stage.mails().len(), 1);
    assert_eq!(Smtp::greeted(postbox.address).await.send("ada@example.com", LETTER).await, 250);
    assert_eq!(stage.mails().len(), 2);
}

#[tokio::test]
async fn a_server_that_hangs_says_nothing_and_keeps_nothing() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    order(&stage, "hang").await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    let waiting = tokio::time::timeout(Duration::from_millis(200), smtp.send("ada@example.com", LETTER)).await;
    assert!(waiting.is_err());
    assert!(stage.mails().is_empty());
    // Even so it stops when told to.
    postbox.stop();
    tokio::time::timeout(Duration::from_secs(5), postbox.stopped()).await.unwrap();
    assert!(smtp.is_closed().await);
}

#[tokio::test]
async fn a_login_is_refused_once() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    order(&stage, "auth").await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    for code in [535, 235] {
        assert_eq!(smtp.ask("AUTH PLAIN AHVzZXIAc2VjcmV0").await, code);
    }
}

#[tokio::test]
async fn a_reset_forgets_faults_and_unknown_ones_are_refused() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    order(&stage, "refuse").await;
    stage.sandbox.reset();
    Smtp::greeted(postbox.address).await;
    for wrong in [json!({ "smtp": "explode" }), json!({ "smtp": "hang", "status": 500 }), json!({ "smtp": 5 })] {
        assert_eq!(stage.control("/faults", wrong).await.status, 400);
    }
    Smtp::greeted(postbox.address).await;
    // Faults of the API are none of mail's.
    stage.control("/faults", json!({ "status": 503 })).await;
    assert_eq!(Smtp::greeted(postbox.address).await.send("ada@example.com", LETTER).await, 250);
    stage.get("/people").await.empty(503);
}
