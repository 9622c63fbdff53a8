//! What goes wrong between us and the mail server, with mails that carry files and mails that ask for money.

use std::time::Duration;

use chrono::TimeDelta;
use desk::Resending;
use store::mails::MailSelection;
use store::organizations::{OrganizationData, SealedOption};
use support::eventually;
use support::servers::smtp::{Mode, Protection};
use workers::mail::Rates;
use workers::{Verdict, verdict};

use super::post::{Differently, Post, USUAL};
use crate::campaign::{BUREAUS, UNITS};
use crate::conformance::engines::Place;

on_both_engines!(
    a_receipt_that_is_put_off_arrives_once_with_its_file,
    what_asks_for_money_is_sent_once_though_nobody_heard_the_answer,
    an_answer_that_comes_too_late_leaves_unknown_and_one_copy,
    a_refusal_is_final_until_a_person_has_seen_who_would_get_what,
    in_a_rehearsal_nothing_leaves_the_house,
    no_more_are_sent_in_a_minute_than_allowed,
    what_another_worker_has_taken_keeps_none_of_the_others,
    after_a_stop_no_mail_begins,
    a_server_that_is_down_is_asked_now_and_then_and_not_for_every_mail,
    an_address_that_is_none_is_refused_and_a_name_breaks_out_of_no_header,
    a_file_that_is_too_large_stays_behind_and_the_mail_says_how_to_fetch_it,
);

/// Units have submitted, and their receipts wait to be sent.
async fn submitted(post: &Post) {
    post.at("2022-11-01T20:00:00+08:00").await;
    post.done().await;
    for (unit, _) in UNITS {
        post.submit(unit).await;
    }
    post.lead().await;
}

/// A bureau's list is with the centre, and the two mails that tell it what to pay wait to be sent.
async fn demanded(post: &Post) {
    submitted(post).await;
    post.at("2022-12-27T09:00:00+08:00").await;
    post.scene.approve_all(BUREAUS[0]).await;
    post.done().await;
    post.scene.batch(BUREAUS[0]).await;
    post.lead().await;
}

const DEMAND: &str = "batch-submitted";

async fn statuses(post: &Post, kind: &str) -> Vec<(String, i32)> {
    post.of_kind(kind).await.into_iter().map(|(_, status, attempts)| (status, attempts)).collect()
}

fn all(count: usize, status: &str, attempts: i32) -> Vec<(String, i32)> {
    vec![(status.to_owned(), attempts); count]
}

async fn a_receipt_that_is_put_off_arrives_once_with_its_file(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    post.smtp.answer(Mode::Temporary { times: 2 });
    for attempts in 1..=2 {
        post.deliver().await;
        assert_eq!(statuses(&post, "submission-received").await, all(5, "queued", attempts));
        post.deliver().await;
        assert_eq!(statuses(&post, "submission-received").await, all(5, "queued", attempts), "not before its time");
        post.wait(TimeDelta::seconds(5));
    }
    post.deliver().await;
    assert_eq!(statuses(&post, "submission-received").await, all(5, "sent", 3));
    let receipts = post.each_once().await.into_iter().filter(|(mail, _)| mail.kind == "submission-received");
    for (mail, copy) in receipts {
        let notices = post.campaign().desk.notices("operator", 2023, mail.org_code.as_deref().unwrap()).await.unwrap();
        assert_eq!(notices[0].sha256.as_ref(), Some(&copy.files[0].sha256));
    }
}

async fn what_asks_for_money_is_sent_once_though_nobody_heard_the_answer(place: Place) {
    let post = Post::plain(place).await;
    demanded(&post).await;
    post.smtp.answer(Mode::DropAfterData);
    post.deliver().await;
    assert_eq!(statuses(&post, DEMAND).await, all(2, "unknown", 1));
    post.smtp.answer(Mode::Accept);
    post.wait(TimeDelta::hours(25));
    post.deliver().await;
    assert_eq!(statuses(&post, DEMAND).await, all(2, "unknown", 1), "a person decides, not time");
    let ledger = post.ledger().await;
    let demands: Vec<_> = ledger.iter().filter(|mail| mail.kind == DEMAND).collect();
    let copies = |id: &uuid::Uuid| post.arrived().get(&id.to_string()).map_or(0, Vec::len);
    assert!(demands.iter().all(|mail| copies(&mail.id) == 1), "it had arrived, indeed");
    // Somebody has asked the bureau, and sends one of them again: the same message, so that a reader's program knows it.
    let again = demands[0];
    post.campaign().desk.resend_mail("operator", again.id).await.unwrap();
    let refused = post.campaign().desk.resend_mail("operator", again.id).await;
    assert_eq!(crate::deadlines::scene::refused(refused), "not-resendable", "it is on its way");
    post.deliver().await;
    let mut found = statuses(&post, DEMAND).await;
    found.sort();
    assert_eq!(found, [("sent".to_owned(), 2), ("unknown".to_owned(), 1)]);
    assert_eq!((copies(&again.id), copies(&demands[1].id)), (2, 1));
}

async fn an_answer_that_comes_too_late_leaves_unknown_and_one_copy(place: Place) {
    let mut post = Post::plain(place).await;
    demanded(&post).await;
    let before = post.smtp.received().len();
    // The answer to the text may take four times as long as the others.
    post.send_differently(&Differently { timeout: Duration::from_millis(700), ..USUAL });
    post.smtp.answer(Mode::Slow { delay_ms: 4_000 });
    post.deliver().await;
    assert_eq!(statuses(&post, DEMAND).await, all(2, "unknown", 1));
    eventually(Duration::from_secs(30), "the server has taken both all the same", async || {
        (post.smtp.received().len() == before + 2).then_some(())
    })
    .await;
    post.smtp.answer(Mode::Slow { delay_ms: 300 });
    post.scene.approve_all(BUREAUS[1]).await;
    post.scene.batch(BUREAUS[1]).await;
    post.done().await;
    let mut found = statuses(&post, DEMAND).await;
    found.sort();
    assert_eq!(found, [all(2, "sent", 1), all(2, "unknown", 1)].concat(), "slow is not wrong");
    assert!(post.arrived().values().all(|copies| copies.len() == 1));
}

async fn a_refusal_is_final_until_a_person_has_seen_who_would_get_what(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    post.smtp.answer(Mode::Refuse);
    post.deliver().await;
    post.wait(TimeDelta::hours(25));
    post.deliver().await;
    assert_eq!(statuses(&post, "submission-received").await, all(5, "refused", 1));
    post.smtp.answer(Mode::Accept);
    let desk = &post.campaign().desk;
    desk.record_bounce("operator", &format!("{}@example.org", UNITS[1].0), "no such user").await.unwrap();
    let receipts = MailSelection { kind: Some("submission-received".to_owned()), ..MailSelection::default() };
    let preview = desk.preview_resending("operator", &receipts).await.unwrap();
    let Resending { mails, recipients, bounced } = &preview;
    assert_eq!((*mails, recipients.len(), *bounced), (5, 5, 1), "{preview:?}");
    assert!(recipients.iter().all(|(_, count)| *count == 1), "{preview:?}");
    post.deliver().await;
    assert_eq!(statuses(&post, "submission-received").await, all(5, "refused", 1), "a preview sends nothing");
    desk.resend_mails("operator", &receipts).await.unwrap();
    post.deliver().await;
    let found = statuses(&post, "submission-received").await;
    assert_eq!(found.iter().filter(|one| one.0 == "sent").count(), 4, "{found:?}");
    post.each_once().await;
}

async fn in_a_rehearsal_nothing_leaves_the_house(place: Place) {
    let rehearsal = Differently { redirect_to: "rehearsal@example.net", ..USUAL };
    let post = Post::new(place, Protection::None, &rehearsal).await;
    submitted(&post).await;
    post.done().await;
    let ledger = post.ledger().await;
    let arrived = post.arrived();
    assert_eq!((arrived.len(), ledger.iter().all(|mail| mail.status == "sent")), (ledger.len(), true));
    for mail in ledger {
        let [copy] = arrived[&mail.id.to_string()].as_slice() else { panic!("{} came twice", mail.kind) };
        assert_eq!(
            (&copy.envelope_to[..], copy.to.as_str()),
            (&["rehearsal@example.net".to_owned()][..], "rehearsal@example.net")
        );
        assert_eq!(copy.subject, format!("[{}] {}", mail.recipient, mail.subject));
    }
}

/// A process that was frozen finds one of its jobs taken: what came of the others is written all the same.
async fn what_another_worker_has_taken_keeps_none_of_the_others(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    let jobs = post.claim().await;
    post.scene
        .place
        .change(
            "UPDATE messages SET worker_id = correlation_id WHERE id = \
             (SELECT id FROM messages WHERE kind = 'mail.queued' AND state = 'running' ORDER BY id DESC LIMIT 1)",
        )
        .await;
    let failed = post.run(&jobs).await;
    assert!(failed.iter().all(|(_, error)| verdict(error) == Verdict::Done), "{failed:?}");
    let mut found = statuses(&post, "submission-received").await;
    found.sort();
    assert_eq!(found, [all(1, "sending", 1), all(4, "sent", 1)].concat(), "whose it is now writes what became of it");
    let done = "SELECT COUNT(*) FROM messages WHERE kind = 'mail.queued' AND state = 'running'";
    assert_eq!(post.scene.place.count(done).await, 1);
}

async fn after_a_stop_no_mail_begins(place: Place) {
    let post = Post::plain(place).await;
    submitted(&post).await;
    let jobs = post.claim().await;
    post.campaign().shift.stopping.cancel();
    assert!(post.run(&jobs).await.is_empty(), "none of them has failed");
    assert_eq!(statuses(&post, "submission-received").await, all(5, "queued", 0));
    let given = kept!(post.scene.place.store, unit => {
        store::messages::give_back(&mut unit, post.campaign().shift.worker, post.campaign().desk.clock.machine_now())
    });
    assert_eq!(given, jobs.len() as u64);
}

async fn no_more_are_sent_in_a_minute_than_allowed(place: Place) {
    let rates = Rates { per_minute: 4, per_domain_per_minute: 3 };
    let post = Post::new(place, Protection::None, &Differently { rates: Some(rates), ..USUAL }).await;
    // Six mails to one domain, two to another.
    for unit in [UNITS[0].0, UNITS[4].0] {
        let sql: &'static str = if unit == UNITS[0].0 {
            "UPDATE organizations SET email = 'a@example.net' WHERE code = '3199010101'"
        } else {
            "UPDATE organizations SET email = 'b@example.net' WHERE code = '3199020002'"
        };
        post.scene.place.change(sql).await;
    }
    post.at("2022-11-01T20:00:00+08:00").await;
    let mut arrived = Vec::new();
    for _ in 0..3 {
        post.deliver().await;
        let to = |domain: &str| post.smtp.received().iter().filter(|mail| mail.to[0].ends_with(domain)).count();
        arrived.push((to("@example.org"), to("@example.net")));
        post.deliver().await;
        assert_eq!(arrived.last(), Some(&(to("@example.org"), to("@example.net"))), "the minute is not over");
        post.wait(TimeDelta::minutes(1));
    }
    assert!(arrived.iter().all(|(one, other)| one + other <= 4 * 3), "{arrived:?}");
    let so_far: Vec<usize> = arrived.iter().map(|(one, other)| one + other).collect();
    assert!(so_far[0] <= 4 && arrived[0].0 <= 3 && so_far[1] <= 8 && arrived[1].0 <= 6, "{arrived:?}");
    assert_eq!(so_far[2], 6, "{arrived:?}");
    assert!(post.ledger().await.iter().all(|mail| mail.attempts == 1), "waiting spends no attempt");
    post.each_once().await;
}

async fn a_server_that_is_down_is_asked_now_and_then_and_not_for_every_mail(place: Place) {
    let mut post = Post::plain(place).await;
    submitted(&post).await;
    post.smtp.down();
    let attempts = async |post: &Post| statuses(post, "submission-received").await.iter().map(|one| one.1).sum::<i32>();
    post.deliver().await;
    assert_eq!(attempts(&post).await, 5, "five failures open the breaker");
    for tried in 6..=8 {
        post.wait(TimeDelta::minutes(2));
        post.deliver().await;
        assert_eq!(attempts(&post).await, tried, "one asks for all");
    }
    post.smtp.up().await;
    post.wait(TimeDelta::minutes(2));
    post.deliver().await;
    post.wait(TimeDelta::minutes(2));
    post.deliver().await;
    assert!(statuses(&post, "submission-received").await.iter().all(|one| one.0 == "sent"));
    post.each_once().await;
}

async fn an_address_that_is_none_is_refused_and_a_name_breaks_out_of_no_header(place: Place) {
    let post = Post::plain(place).await;
    let bureau = post.campaign().named(BUREAUS[0]).await;
    let unit = |code: &str, name: &str, email: &str| OrganizationData {
        code: code.to_owned(),
        name: name.to_owned(),
        parent_id: Some(bureau.id),
        level: "grassroots".to_owned(),
        kind: None,
        uscc: None,
        economy: None,
        industry: None,
        enterprise: None,
        contact: None,
        phone: SealedOption::default(),
        email: email.to_owned(),
    };
    let evil = "示例\r\nBcc: evil@example.org\r\n\r\n<script>alert(1)</script>";
    let new = [
        unit("81", evil, "evil-name@example.org"),
        unit("82", "示例", "no address at all"),
        unit("83", "示例", "a@example.org\r\nRCPT TO:<evil@example.org>"),
        unit("84", "示例", "a@example.org, evil@example.org"),
        unit("85", "示例", ""),
    ];
    let now = post.campaign().desk.clock.business_now();
    kept!(post.campaign().desk.store, unit => store::organizations::insert(&mut unit, &new, now));
    post.at("2022-11-01T20:00:00+08:00").await;
    post.done().await;
    let ledger = post.ledger().await;
    let told = |code: &str| ledger.iter().find(|mail| mail.org_code.as_deref() == Some(code)).unwrap();
    for (code, status, attempts) in
        [("82", "refused", 1), ("83", "refused", 1), ("84", "refused", 1), ("85", "no_address", 0)]
    {
        assert_eq!((told(code).status.as_str(), told(code).attempts), (status, attempts), "{code}");
    }
    assert!(told("82").last_error.as_ref().unwrap().starts_with("not a mail address"), "{:?}", told("82"));
    let pairs = post.each_once().await;
    let (_, copy) = pairs.iter().find(|(mail, _)| mail.org_code.as_deref() == Some("81")).unwrap();
    let (_, other) = pairs.iter().find(|(mail, _)| mail.org_code.as_deref() == Some(UNITS[0].0)).unwrap();
    assert_eq!(copy.headers, other.headers);
    assert_eq!(copy.envelope_to, ["evil-name@example.org"]);
    assert!(!copy.html.contains("<script"), "{}", copy.html);
}

async fn a_file_that_is_too_large_stays_behind_and_the_mail_says_how_to_fetch_it(place: Place) {
    let post = Post::new(place, Protection::None, &Differently { most_bytes: 40_000, ..USUAL }).await;
    submitted(&post).await;
    post.deliver().await;
    let receipts = post.each_once().await.into_iter().filter(|(mail, _)| mail.kind == "submission-received");
    let mut count = 0;
    for (mail, copy) in receipts {
        count += 1;
        let name = &mail.files()[0].name;
        assert_eq!(copy.files, []);
        assert!(copy.text.contains(name) && copy.text.contains("可随时凭领取编号"), "{}", copy.text);
    }
    assert_eq!(count, 5);
}
