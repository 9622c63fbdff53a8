//! Mails that events have overtaken before they could be sent.

use super::post::Post;
use crate::campaign::{BUREAUS, UNITS};
use crate::conformance::engines::Place;

on_both_engines!(
    a_receipt_gives_way_to_that_of_a_newer_version,
    a_decision_gives_way_to_the_next_one,
    a_reminder_is_not_sent_to_who_has_submitted_meanwhile,
    an_opening_is_not_told_after_its_closing,
    a_failure_that_was_undone_is_not_told,
);

/// Recipient and status of the mails of a kind.
async fn statuses(post: &Post, kind: &str) -> Vec<(String, String)> {
    post.of_kind(kind).await.into_iter().map(|(to, status, _)| (to, status)).collect()
}

fn of(code: &str, status: &str) -> (String, String) {
    (format!("{code}@example.org"), status.to_owned())
}

/// The submission window is open, and all that was told of it has arrived.
async fn opened(place: Place) -> Post {
    let post = Post::plain(place).await;
    post.at("2022-11-01T20:00:00+08:00").await;
    post.done().await;
    post
}

async fn a_receipt_gives_way_to_that_of_a_newer_version(place: Place) {
    let post = opened(place).await;
    let unit = UNITS[0].0;
    post.submit(unit).await;
    post.lead().await;
    post.at("2022-11-01T20:00:01+08:00").await;
    post.submit(unit).await;
    post.done().await;
    assert_eq!(statuses(&post, "submission-received").await, [of(unit, "obsolete"), of(unit, "sent")]);
    let ledger = post.ledger().await;
    let old = ledger.iter().find(|mail| mail.status == "obsolete").unwrap();
    assert_eq!((old.version, old.attempts), (1, 0));
    assert_eq!(old.last_error.as_deref(), Some("version 2 has replaced what it tells of"));
    let receipts: Vec<_> =
        post.each_once().await.into_iter().filter(|(mail, _)| mail.kind == "submission-received").collect();
    assert_eq!((receipts.len(), receipts[0].0.version), (1, 2));
    assert!(receipts[0].1.files[0].name.ends_with("-2.pdf"), "{:?}", receipts[0].1.files);
}

async fn a_decision_gives_way_to_the_next_one(place: Place) {
    let post = opened(place).await;
    let [first, second, ..] = UNITS.map(|(unit, _)| unit);
    post.submit(first).await;
    post.submit(second).await;
    post.done().await;
    post.give_back(BUREAUS[0], first, "参保人员名单有误").await;
    post.approve(BUREAUS[0], second).await;
    post.lead().await;
    // Before either is told, one submits again, and the other is returned after all.
    post.at("2022-11-02T09:00:00+08:00").await;
    post.submit(first).await;
    post.give_back(BUREAUS[0], second, "再核对一遍").await;
    post.done().await;
    assert_eq!(statuses(&post, "submission-returned").await, [of(second, "sent"), of(first, "obsolete")]);
    assert_eq!(statuses(&post, "submission-approved").await, [of(second, "obsolete")]);
    post.each_once().await;
}

async fn a_reminder_is_not_sent_to_who_has_submitted_meanwhile(place: Place) {
    let post = opened(place).await;
    let [late, quick, ..] = UNITS.map(|(unit, _)| unit);
    for (unit, _) in &UNITS[2..] {
        post.submit(unit).await;
    }
    for bureau in BUREAUS {
        post.scene.approve_all(bureau).await;
    }
    post.done().await;
    post.at("2022-12-18T09:00:00+08:00").await;
    post.scene.at("2022-12-18T09:00:30+08:00");
    post.submit(quick).await;
    post.done().await;
    assert_eq!(statuses(&post, "deadline-reminder").await, [of(quick, "obsolete"), of(late, "sent")]);
    let reminders = post.ledger().await.into_iter().filter(|mail| mail.status == "obsolete");
    let why: Vec<_> = reminders.map(|mail| mail.last_error.unwrap()).collect();
    assert_eq!(why, ["what it reminds of is done"]);
    post.each_once().await;
}

async fn an_opening_is_not_told_after_its_closing(place: Place) {
    let post = Post::plain(place).await;
    post.at("2022-10-25T09:00:00+08:00").await;
    assert_eq!(post.of_kind("window-opened").await.len(), BUREAUS.len());
    // The mail server was down all week.
    post.at("2022-11-01T00:00:00+08:00").await;
    post.deliver().await;
    let told = statuses(&post, "window-opened").await;
    let obsolete: Vec<_> = told.iter().filter(|(_, status)| status == "obsolete").collect();
    assert_eq!(obsolete, [&of(BUREAUS[0], "obsolete"), &of(BUREAUS[1], "obsolete")]);
    assert_eq!(post.each_once().await.len(), UNITS.len() + 1, "units and the secondary union, of what opened today");
}

async fn a_failure_that_was_undone_is_not_told(place: Place) {
    let post = opened(place).await;
    for (unit, _) in UNITS {
        post.submit(unit).await;
    }
    post.at("2022-12-27T09:00:00+08:00").await;
    for bureau in BUREAUS {
        post.scene.approve_all(bureau).await;
    }
    let numbers = [post.scene.batch(BUREAUS[0]).await, post.scene.batch(BUREAUS[1]).await];
    post.done().await;
    post.at("2023-01-21T00:00:00+08:00").await;
    post.campaign().desk.undo_failure("centre", &numbers[1], "凭证已到").await.unwrap();
    post.done().await;
    let failed = statuses(&post, "enrollment-failed").await;
    let told: Vec<_> = failed.iter().filter(|(_, status)| status == "sent").collect();
    // Of the first bureau's three units: each unit, and its bureau thrice. Of the second's, nobody.
    assert_eq!((failed.len(), told.len()), (10, 6), "{failed:?}");
    assert!(told.iter().all(|(to, _)| to.starts_with(BUREAUS[0])), "{told:?}");
    assert_eq!(post.of_kind("failure-undone").await.len(), 4);
    post.each_once().await;
}
