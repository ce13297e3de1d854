//! What the mail catcher does not put up with.

use std::time::Duration;

use usher::sandbox::PostboxSettings;

use crate::postbox::with_postbox;
use crate::smtp_client::Smtp;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_letter_larger_than_announced_is_read_to_its_end_and_refused() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    let line = format!("{}\r\n", "x".repeat(1022));
    let full = line.repeat(MIB / line.len());
    // Two bytes more are the end of the line that the dot stands on.
    assert_eq!(smtp.send("ada@example.com", &full).await, 552);
    assert!(stage.mails().is_empty());
    assert_eq!(smtp.send("ada@example.com", &full[..full.len() - 2]).await, 250);
    assert_eq!(stage.sandbox.state().mails[0].letter.as_ref().unwrap().raw.len(), MIB);
}

#[tokio::test]
async fn a_line_without_an_end_closes_the_connection() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    smtp.write(&[b'x'; 4096]).await;
    assert_eq!(smtp.reply().await.0, 500);
    assert!(smtp.is_closed().await);
    let mut smtp = Smtp::greeted(postbox.address).await;
    for line in ["MAIL FROM:<usher@example.com>", "RCPT TO:<ada@example.com>", "DATA"] {
        assert!(smtp.ask(line).await < 400);
    }
    smtp.write(&[b'x'; 4096]).await;
    assert_eq!(smtp.reply().await.0, 500);
    assert!(smtp.is_closed().await);
    assert!(stage.mails().is_empty());
}

#[tokio::test]
async fn a_client_that_says_nothing_is_left() {
    let idle_limit = Duration::from_millis(50);
    let (stage, postbox) = with_postbox(PostboxSettings { idle_limit, ..PostboxSettings::default() }).await;
    let mut smtp = Smtp::connect(postbox.address).await;
    assert_eq!((smtp.reply().await.0, smtp.reply().await.0), (220, 421));
    assert!(smtp.is_closed().await);
    assert!(stage.mails().is_empty());
}

#[tokio::test]
async fn sixteen_clients_are_served_at_once_and_one_more_is_turned_away() {
    let (_stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut clients = Vec::new();
    for _ in 0..16 {
        clients.push(Smtp::greeted(postbox.address).await);
    }
    let mut more = Smtp::connect(postbox.address).await;
    assert_eq!(more.reply().await.0, 421);
    assert!(more.is_closed().await);
    let mut first = clients.swap_remove(0);
    assert_eq!(first.ask("QUIT").await, 221);
    assert!(first.is_closed().await);
    // The place is free once the server has put the connection away.
    loop {
        let mut next = Smtp::connect(postbox.address).await;
        if next.reply().await.0 == 220 {
            break;
        }
    }
}

#[tokio::test]
async fn a_hundred_recipients_are_enough() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    assert_eq!(smtp.ask("MAIL FROM:<usher@example.com>").await, 250);
    for number in 0..100 {
        assert_eq!(smtp.ask(&format!("RCPT TO:<ada{number}@example.com>")).await, 250);
    }
    assert_eq!(smtp.ask("RCPT TO:<one.more@example.com>").await, 452);
    assert_eq!(smtp.ask("DATA").await, 354);
    assert_eq!(smtp.ask(".").await, 250);
    assert_eq!(stage.mails().len(), 100);
}

#[tokio::test]
async fn only_a_dot_between_two_full_line_ends_ends_a_letter() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    let letter = "Subject: x\r\n\r\none\n.\nMAIL FROM:<eve@example.com>\r\n.\ntwo\n.\r\nthree";
    assert_eq!(smtp.send("ada@example.com", letter).await, 250);
    let mails = stage.sandbox.state().mails;
    assert_eq!(mails.len(), 1);
    let raw = &mails[0].letter.as_ref().unwrap().raw;
    assert!(raw.contains("MAIL FROM") && raw.ends_with("three\r\n"), "{raw:?}");
}

#[tokio::test]
async fn commands_in_one_piece_are_answered_one_by_one_and_bytes_that_are_no_text_refused() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    smtp.write(b"\xff\xfe\r\nMAIL FROM:<usher@example.com>\r\nRCPT TO:<ada@example.com>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n").await;
    for code in [500, 250, 250, 354, 250, 221] {
        assert_eq!(smtp.reply().await.0, code);
    }
    assert_eq!(stage.mails().len(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_leaves_nothing() {
    let (stage, postbox) = with_postbox(PostboxSettings::default()).await;
    let mut smtp = Smtp::greeted(postbox.address).await;
    for line in ["MAIL FROM:<usher@example.com>", "RCPT TO:<ada@example.com>", "DATA"] {
        assert!(smtp.ask(line).await < 400);
    }
    smtp.write(b"Subject: half a letter\r\n").await;
    drop(smtp);
    postbox.stop();
    postbox.stopped().await;
    assert!(stage.mails().is_empty());
}
