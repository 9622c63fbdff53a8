//! A whole year: every reader gets every mail once, with its files, through TLS and a password.

use std::collections::BTreeSet;

use desk::AskedInstant;
use domain::enrollment::instant::InstantEvent;
use store::mails::Mail;
use support::servers::smtp::{Opened, Protection};

use super::post::{Post, USUAL};
use crate::campaign::{BUREAUS, SECONDARY, UNITS, YEAR};
use crate::conformance::engines::Place;

on_both_engines!(every_reader_of_a_year_gets_every_mail_once_and_whole);

const ROOT: &str = "3199";
const CONTACT: &str = "zhou@example.org";

fn address(code: &str) -> String {
    format!("{code}@example.org")
}

async fn every_reader_of_a_year_gets_every_mail_once_and_whole(place: Place) {
    let protection = if place.is_postgres() { Protection::Tls } else { Protection::StartTls };
    let post = Post::new(place, protection, &USUAL).await;
    let first = autumn(&post).await;
    let second = winter(&post).await;
    instants(&post, second).await;
    let pairs = post.each_once().await;
    assert!(post.ledger().await.iter().all(|mail| mail.status == "sent"), "nothing was overtaken, nothing was lost");
    let mut found: Vec<(String, String)> =
        pairs.iter().map(|(mail, _)| (mail.kind.clone(), mail.recipient.clone())).collect();
    found.sort();
    let mut expected = expected();
    expected.sort();
    assert_eq!(found, expected);
    for (mail, copy) in &pairs {
        reads_well(mail, copy);
    }
    files_are_whole(&post, &pairs).await;
    let of_batch: BTreeSet<&str> = pairs
        .iter()
        .filter(|(mail, _)| mail.kind == "batch-submitted")
        .map(|(mail, _)| mail.recipient.as_str())
        .collect();
    assert_eq!(of_batch.len(), 3, "{of_batch:?}");
    let notices = post.campaign().desk.notices("operator", YEAR, BUREAUS[1]).await.unwrap();
    let of_bureau: Vec<_> = notices.iter().filter(|one| one.org == BUREAUS[1]).map(|one| one.status).collect();
    assert_eq!(of_bureau, ["replaced", "made"], "its figures are those of the batch as it is now");
    // What came back to life has other figures and days: the list's mail and notice are made anew, and all are told until when.
    let revived = |mail: &Mail| mail.kind == "batch-submitted" && mail.version == 2;
    for (_, copy) in pairs.iter().filter(|(mail, _)| revived(mail)) {
        assert!(copy.subject.contains("已恢复") && copy.text.contains("2023年1月27日24时前"), "{}", copy.text);
    }
    for (_, copy) in pairs.iter().filter(|(mail, _)| mail.kind == "failure-undone") {
        let goes_on = copy.text.contains("逾期将再次失败") && copy.text.contains("2023年1月27日24时前");
        let nobody_left = copy.text.contains("均已另有保障") && copy.text.contains("不计入恢复名单的会员");
        assert!(goes_on != nobody_left, "{}", copy.text);
    }
    assert!(pairs.iter().any(|(mail, copy)| mail.kind == "voucher-rejected" && copy.text.contains(&first)));
    // The unit of the batch that was finalized first keeps the person; the other one is told who has left its list.
    for (unit, note) in [(UNITS[2].0, "由贵单位参保"), (UNITS[3].0, "不再由贵单位参保")] {
        let of_unit = |mail: &Mail| mail.kind == "conflict-settled" && mail.org_code.as_deref() == Some(unit);
        let (_, copy) = pairs.iter().find(|(mail, _)| of_unit(mail)).unwrap();
        assert!(copy.text.contains("测试30") && copy.text.contains(note), "{}", copy.text);
    }
}

/// Until the lists close: openings, submissions, reviews, a conflict, reminders, somebody late. All lists are with the centre
/// in the end; the number of the first bureau's.
async fn autumn(post: &Post) -> String {
    let [returned, delisted, left, joined, _] = UNITS.map(|(unit, _)| unit);
    post.at("2022-10-25T09:00:00+08:00").await;
    post.done().await;
    post.at("2022-11-01T20:00:00+08:00").await;
    post.done().await;
    for (unit, _) in UNITS {
        post.submit(unit).await;
    }
    post.done().await;
    post.give_back(BUREAUS[0], returned, "参保人员名单有误").await;
    post.approve(BUREAUS[0], delisted).await;
    post.done().await;
    post.at("2022-11-02T20:00:00+08:00").await;
    post.submit(returned).await;
    post.submit(delisted).await;
    post.campaign().relocate(30, joined).await;
    post.submit(joined).await;
    post.done().await;
    assert_eq!(post.of_kind("enrollment-conflict").await.len(), 2, "{left} and {joined} have one person");
    post.at("2022-12-18T09:00:00+08:00").await;
    post.done().await;
    for bureau in BUREAUS {
        post.scene.approve_all(bureau).await;
    }
    post.done().await;
    post.at("2022-12-26T00:00:01+08:00").await;
    assert_eq!(crate::deadlines::scene::refused(post.scene.submit(left).await), "window-closed");
    post.done().await;
    post.at("2022-12-27T09:00:00+08:00").await;
    let [first, _] = [post.scene.batch(BUREAUS[0]).await, post.scene.batch(BUREAUS[1]).await];
    post.done().await;
    first
}

/// One bureau pays, at the second try; the other does not. The second bureau's number.
async fn winter(post: &Post) -> String {
    let desk = &post.campaign().desk;
    let batches = desk.batches("operator", YEAR, None).await.unwrap();
    let [first, second] = [0, 1].map(|place: usize| batches[place].batch_no.clone().unwrap());
    post.scene.pay(&first).await.unwrap();
    post.done().await;
    desk.reject_payment("centre", &first, "金额看不清").await.unwrap();
    post.done().await;
    post.at("2022-12-28T09:00:00+08:00").await;
    post.scene.pay(&first).await.unwrap();
    post.done().await;
    desk.confirm_payment("centre", &first).await.unwrap();
    post.done().await;
    post.at("2023-01-21T00:00:00+08:00").await;
    post.done().await;
    second
}

/// What failed becomes an instant enrolment, returned once and then approved; what is left of the batch is put right.
async fn instants(post: &Post, second: String) {
    let (unit, bureau) = (UNITS[4].0, format!("bureau-{}", BUREAUS[1]));
    let (clerk, desk) = (format!("clerk-{unit}"), &post.campaign().desk);
    let drafts = desk.instants("operator", YEAR, unit, Some("draft")).await.unwrap();
    let draft = drafts[0].id.unwrap();
    desk.submit_instant(&clerk, YEAR, unit, AskedInstant::Draft(draft)).await.unwrap();
    post.done().await;
    desk.decide_instant(&bureau, draft, InstantEvent::Return, Some("缺少说明")).await.unwrap();
    post.done().await;
    post.at("2023-01-22T09:00:00+08:00").await;
    desk.submit_instant(&clerk, YEAR, unit, AskedInstant::Draft(draft)).await.unwrap();
    post.done().await;
    desk.decide_instant(&bureau, draft, InstantEvent::Approve, None).await.unwrap();
    post.done().await;
    desk.undo_failure("centre", &second, "凭证已到").await.unwrap();
    post.done().await;
}

/// Kinds and readers, as the acts above lead to them.
fn expected() -> Vec<(String, String)> {
    let [returned, delisted, left, joined, last] = UNITS.map(|(unit, _)| unit);
    let all = UNITS.map(|(unit, _)| unit);
    let rows: [(&str, &[&str]); 19] = [
        ("window-opened", &[returned, delisted, left, joined, last, SECONDARY]),
        // Of the splits of premiums in October, and of the lists in December.
        ("window-opened", &[BUREAUS[0], BUREAUS[1], BUREAUS[0], BUREAUS[1]]),
        // The second version each of the three that submitted again, and of the one whose list was made anew.
        ("submission-received", &[all[0], all[1], all[2], all[3], all[4], returned, delisted, joined]),
        ("submission-returned", &[returned]),
        ("submission-approved", &[delisted, returned, delisted, left, joined, last]),
        ("submission-delisted", &[BUREAUS[0]]),
        ("enrollment-conflict", &[left, joined]),
        ("deadline-reminder", &[BUREAUS[0], BUREAUS[1], SECONDARY]),
        ("late-refused", &[left]),
        ("batch-submitted", &[BUREAUS[0], BUREAUS[1], BUREAUS[1]]),
        ("conflict-settled", &[left, joined]),
        ("voucher-uploaded", &[ROOT, ROOT]),
        ("voucher-rejected", &[BUREAUS[0]]),
        ("voucher-confirmed", &[BUREAUS[0]]),
        ("enrollment-failed", &[joined, last, BUREAUS[1], BUREAUS[1]]),
        ("instant-submitted", &[last, last, BUREAUS[1], BUREAUS[1]]),
        ("instant-returned", &[last]),
        ("instant-approved", &[last]),
        ("failure-undone", &[joined, last, BUREAUS[1], BUREAUS[1]]),
    ];
    let of_contact = ["batch-submitted", "batch-submitted", "batch-submitted", "voucher-rejected", "voucher-confirmed"];
    let rows = rows.iter().flat_map(|(kind, readers)| readers.iter().map(|code| ((*kind).to_owned(), address(code))));
    rows.chain(of_contact.map(|kind| (kind.to_owned(), CONTACT.to_owned()))).collect()
}

/// Subject and body as a mail program shows them.
fn reads_well(mail: &Mail, copy: &Opened) {
    assert_eq!(copy.defects, Vec::<String>::new(), "{}", mail.kind);
    assert_eq!((&copy.subject, &copy.to), (&mail.subject, &mail.recipient), "{}", mail.kind);
    let org = mail.org_code.as_deref().unwrap();
    for found in [org, "2023"] {
        assert!(copy.subject.contains(found), "{found} is not in {} of {}", copy.subject, mail.kind);
    }
    assert!(copy.text.contains(org) && copy.html.contains(org), "{}: {}", mail.kind, copy.text);
    assert!(!copy.text.contains("310199198506"), "a whole number is in a mail: {}", copy.text);
}

/// Receipts, the bureaus' mails and what tells of a list made anew carry their notice as it is on record, and no other mail a file.
async fn files_are_whole(post: &Post, pairs: &[(Mail, Opened)]) {
    for (mail, copy) in pairs {
        let anew = mail.kind == "conflict-settled" && mail.org_code.as_deref() == Some(UNITS[3].0);
        if !anew && !["submission-received", "batch-submitted"].contains(&mail.kind.as_str()) {
            assert_eq!(copy.files, [], "{}", mail.kind);
            continue;
        }
        let [file] = copy.files.as_slice() else { panic!("{:?}", copy.files) };
        let org = mail.org_code.as_deref().unwrap();
        let notices = post.campaign().desk.notices("operator", YEAR, org).await.unwrap();
        let notice = notices.iter().find(|one| one.sha256.as_ref() == Some(&file.sha256) && one.org == org);
        let notice = notice.unwrap_or_else(|| panic!("{} carries no notice of {org}", file.name));
        assert_eq!(file.name, format!("参保告知书-{}-{}.pdf", notice.number, notice.version));
        assert_eq!((file.content_type.as_str(), notice.version), ("application/pdf", mail.version));
        assert!(copy.text.contains(&file.name), "the mail tells of {}: {}", file.name, copy.text);
    }
}
