//! What is the relay's fault or ours, and not the recipient's: the ledger is held and loses nothing; and mails are tried by
//! time and not by tries.

use chrono::TimeDelta;
use store::ledger::{held, stranded};
use store::mails::MailSelection;
use store::messages::{DeadSelection, count_dead};
use support::servers::smtp::Mode;

use super::post::Post;
use crate::campaign::UNITS;
use crate::conformance::engines::Place;

on_both_engines!(
    what_the_relay_holds_against_us_ends_no_mail,
    a_server_that_wants_a_pause_gets_one_and_no_mail_is_spent,
    a_mail_is_tried_for_days_and_not_for_tries,
    no_mail_waits_for_a_message_that_is_dead,
);

/// All units have submitted, and their receipts wait.
async fn submitted(post: &Post) {
    post.at("2022-11-01T20:00:00+08:00").await;
    post.done().await;
    for (unit, _) in UNITS {
        post.submit(unit).await;
    }
    post.lead().await;
}

async fn statuses(post: &Post) -> Vec<String> {
    post.of_kind("submission-received").await.into_iter().map(|(_, status, _)| status).collect()
}

async fn attempts(post: &Post) -> i32 {
    post.of_kind("submission-received").await.iter().map(|(.., attempts)| attempts).sum()
}

/// Delivers until nothing waits any more; machine time goes on by ten minutes between.
async fn until_sent(post: &Post) {
    for _ in 0..12 {
        post.wait(TimeDelta::minutes(10));
        post.deliver().await;
        if statuses(post).await.iter().all(|status| status == "sent") {
            return;
        }
    }
    panic!("{:?}", post.of_kind("submission-received").await);
}

async fn what_the_relay_holds_against_us_ends_no_mail(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    let store = &post.campaign().desk.store;
    let refusals = [
        ("MAIL", "553 5.7.1 Sender address rejected: not owned by user"),
        ("MAIL", "530 5.7.0 authentication required"),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("RCPT", "550 relay not permitted"),
    ];
    for (command, answer) in refusals {
        post.smtp.answer(Mode::Answer { command, answer });
        let before = attempts(&post).await;
        post.deliver().await;
        assert_eq!(statuses(&post).await, vec!["queued"; 5], "{answer}");
        assert!((1..=2).contains(&(attempts(&post).await - before)), "those under way find out for all: {answer}");
        let hold = seen!(store, view => held(&mut view)).expect("it is on record");
        assert!(hold.why.contains(command) && hold.why.contains(&answer[..3]), "{hold:?}");
        post.wait(TimeDelta::minutes(20));
    }
    post.wait(TimeDelta::days(6));
    post.deliver().await;
    assert_eq!(statuses(&post).await, vec!["queued"; 5], "they are held however long it takes");
    post.smtp.answer(Mode::Accept);
    until_sent(&post).await;
    assert_eq!(seen!(store, view => held(&mut view)), None);
    post.each_once().await;
}

async fn a_server_that_wants_a_pause_gets_one_and_no_mail_is_spent(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    for (command, answer) in [("MAIL", "451 4.3.0 try later"), ("RCPT", "452 4.7.1 rate limit exceeded")] {
        post.smtp.answer(Mode::Answer { command, answer });
        let before = attempts(&post).await;
        for _ in 0..3 {
            post.deliver().await;
        }
        assert!((1..=2).contains(&(attempts(&post).await - before)), "no more than were under way: {answer}");
        assert_eq!(statuses(&post).await, vec!["queued"; 5]);
        post.wait(TimeDelta::minutes(20));
    }
    let spent = "SELECT COUNT(*) FROM messages WHERE queue = 'mails' AND state = 'ready' AND attempts > 0";
    assert_eq!(post.scene.place.count(spent).await, 0);
    post.smtp.answer(Mode::Accept);
    until_sent(&post).await;
    post.each_once().await;
}

async fn a_mail_is_tried_for_days_and_not_for_tries(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    post.smtp.answer(Mode::Temporary { times: 1_000 });
    for _ in 0..30 {
        post.deliver().await;
        post.wait(TimeDelta::hours(1));
    }
    assert!(attempts(&post).await > 40, "{:?}", post.of_kind("submission-received").await);
    assert_eq!(statuses(&post).await, vec!["queued"; 5]);
    for _ in 0..20 {
        post.wait(TimeDelta::hours(12));
        post.deliver().await;
    }
    assert_eq!(statuses(&post).await, vec!["refused"; 5]);
    let receipts = MailSelection { kind: Some("submission-received".to_owned()), ..MailSelection::default() };
    let ledger = post.campaign().desk.mails("operator", &receipts, 9).await.unwrap();
    assert!(ledger.iter().all(|mail| mail.last_error.as_ref().unwrap().starts_with("given up after days of trying")));
    post.smtp.answer(Mode::Accept);
    assert_eq!(post.campaign().desk.resend_mails("operator", &receipts).await.unwrap().len(), 5);
    until_sent(&post).await;
    post.each_once().await;
}

/// The process died over them again and again: their messages are dead, and they are refused and not forgotten.
async fn no_mail_waits_for_a_message_that_is_dead(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    let desk = &post.campaign().desk;
    let sweep = || {
        let settings = workers::SweepSettings {
            every: std::time::Duration::from_secs(1),
            dead_after: TimeDelta::seconds(15),
            attempts_alone: 3,
            hold_back: 1_000,
        };
        workers::Sweep::new(desk.clone(), post.campaign().shift.broker.clone(), settings)
    };
    let die = async || {
        post.claim().await;
        post.scene.place.change("UPDATE messages SET alone = TRUE, crashes = 2 WHERE state = 'running'").await;
        assert_eq!(sweep().take_over().await.unwrap(), 5);
        assert_eq!(seen!(desk.store, view => count_dead(&mut view, &DeadSelection::default())), 5);
        assert_eq!(statuses(&post).await, vec!["refused"; 5]);
        assert!(seen!(desk.store, view => stranded(&mut view)).is_empty());
    };
    die().await;
    assert_eq!(desk.replay_dead("operator", &DeadSelection::default()).await.unwrap(), 5);
    assert_eq!(statuses(&post).await, vec!["queued"; 5]);
    die().await;
    let receipts = MailSelection { kind: Some("submission-received".to_owned()), ..MailSelection::default() };
    assert_eq!(desk.preview_resending("operator", &receipts).await.unwrap().mails, 5);
    assert_eq!(desk.resend_mails("operator", &receipts).await.unwrap().len(), 5);
    assert_eq!(
        seen!(desk.store, view => count_dead(&mut view, &DeadSelection::default())),
        0,
        "others take their place"
    );
    post.deliver().await;
    assert_eq!(statuses(&post).await, vec!["sent"; 5]);
    // And one that was left behind by an older program.
    let stray = "UPDATE mails SET status = 'queued' WHERE kind = 'submission-received' AND org_code = '3199010101'";
    post.scene.place.change(stray).await;
    assert_eq!(seen!(desk.store, view => stranded(&mut view)).len(), 1);
    assert_eq!(desk.resend_mails("operator", &receipts).await.unwrap().len(), 1);
    assert!(seen!(desk.store, view => stranded(&mut view)).is_empty());
}
