//! What a submission leads to: totals up to the federation, the receipt with its notice as PDF, conflicts told to both unions;
//! a notice is fetched, verified, replaced; a recount finds what was tampered with.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use support::Outcome;
use support::eventually;
use support::people::{People, Person};
use support::workbook::{REGISTRY_HEADERS, Table};

use super::place::{BUREAU, NEIGHBOUR, Place, STRANGER, UNION};
use super::rights::account;

on_both_engines!(
    a_submission_ends_in_totals_a_receipt_and_a_notice_that_can_be_verified,
    a_person_in_two_submissions_is_told_to_both_unions_once,
);

const NOON: &str = "2022-11-10T12:00:00+08:00";

async fn at(place: &Place, words: &[&str]) -> Outcome {
    let mut all = vec!["--at", NOON, "--json"];
    all.extend(words);
    all.extend(["--year", "2023"]);
    place.at.run(&all).await
}

async fn submit(place: &Place, org: &str) -> Value {
    at(place, &["enroll", "submit", "--org", org, "--plan", "A", "--wait"]).await.success().json()
}

/// Members with card and insurance, born late enough that nobody's retirement is in question.
async fn members(place: &Place, org: &str, seed: u64, count: usize) -> Vec<Person> {
    let mut source = People::seeded(seed);
    let born_late = |person: &Person| person.birth > chrono::NaiveDate::from_ymd_opt(1985, 1, 1).unwrap();
    let people: Vec<Person> = std::iter::repeat_with(|| source.person()).filter(born_late).take(count).collect();
    let bytes = Table::members("测试工会", org, &people).xlsx();
    let _ = place.upload(&format!("members-{org}.xlsx"), &bytes, org).await.success();
    let mut feed = Table::new(&REGISTRY_HEADERS);
    for person in &people {
        feed.push(&["身份证", &person.id_number, &person.card, "是", "", "", ""]);
    }
    let file = place.at.file(&format!("feed-{org}.xlsx"), feed.xlsx());
    let _ = place.upload_file(&file, &["registry"]).await.success();
    people
}

fn text_of(pdf: &Path) -> String {
    let read = Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output().unwrap();
    assert!(read.status.success());
    String::from_utf8(read.stdout).unwrap()
}

async fn notices(place: &Place, org: &str) -> Vec<Value> {
    at(place, &["notice", "list", "--org", org]).await.success().json().as_array().unwrap().clone()
}

async fn fetched(place: &Place, notice: &Value, name: &str) -> PathBuf {
    let path = place.at.folder().join(name);
    let _ = place.at.must(&["notice", "get", notice["id"].as_str().unwrap(), "-o", path.to_str().unwrap()]).await;
    path
}

async fn verified(place: &Place, file: &Path) -> Outcome {
    place.at.run(&["notice", "verify", file.to_str().unwrap(), "--json"]).await
}

async fn mails(place: &Place, subject: &str) -> usize {
    let all = place.at.json(&["mail", "list"]).await;
    let fits = |mail: &&Value| mail["subject"].as_str().unwrap().contains(subject);
    all.as_array().unwrap().iter().filter(fits).count()
}

/// Waits until so many mails of this subject are in the ledger.
async fn mailed(place: &Place, subject: &str, count: usize) {
    let looks = async || (mails(place, subject).await == count).then_some(());
    eventually(Duration::from_secs(20), subject, looks).await;
}

async fn recount(place: &Place) -> Value {
    at(place, &["enroll", "recount"]).await.success().json()
}

async fn a_submission_ends_in_totals_a_receipt_and_a_notice_that_can_be_verified(place: Place) {
    let _worker = place.ready().await;
    let people = members(&place, UNION, 501, 6).await;
    submit(&place, UNION).await;
    let found = recount(&place).await;
    assert_eq!((&found["submissions"], &found["waiting"]), (&1.into(), &0.into()), "{found}");
    assert!(found["differences"].as_array().unwrap().is_empty(), "{found}");

    let first = notices(&place, UNION).await;
    assert_eq!((first.len(), &first[0]["status"], &first[0]["version"]), (1, &"made".into(), &1.into()), "{first:?}");
    assert_eq!(first[0]["number"], format!("GZ2023-{UNION}"));
    let pdf = fetched(&place, &first[0], "first.pdf").await;
    let text = text_of(&pdf);
    for person in &people {
        assert!(text.contains(&person.name), "{} is missing in\n{text}", person.name);
        assert!(!text.contains(&person.id_number), "a whole number is in the notice");
    }
    assert!(text.contains("156.00") && text.contains(&format!("DW2023-{UNION}-1")), "{text}");
    mailed(&place, "已收到集中参保提交", 1).await;

    let known = verified(&place, &pdf).await.success().json();
    assert_eq!((&known["version"], &known["org"], &known["status"]), (&1.into(), &UNION.into(), &"made".into()));
    let mut bytes = std::fs::read(&pdf).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let changed = place.at.file("changed.pdf", &bytes);
    assert_eq!(verified(&place, &changed).await.code(1).json()["error"]["code"], "not-ours");

    submit(&place, UNION).await;
    let both = notices(&place, BUREAU).await;
    let brief: Vec<_> = both.iter().map(|one| (&one["version"], one["status"].as_str().unwrap())).collect();
    assert_eq!(brief, [(&1.into(), "replaced"), (&2.into(), "made")]);
    assert_eq!(verified(&place, &pdf).await.success().json()["status"], "replaced");
    let second = text_of(&fetched(&place, &both[1], "second.pdf").await);
    assert!(second.contains("作废"), "{second}");

    account(&place, "zhao", "clerk", Some(STRANGER)).await;
    let id = first[0]["id"].as_str().unwrap();
    for words in [
        &["--as", "zhao", "notice", "get", id, "-o", "x.pdf", "--json"][..],
        &["--as", "zhao", "notice", "list", "--year", "2023", "--org", UNION, "--json"],
    ] {
        assert_eq!(place.at.run(words).await.code(1).json()["error"]["code"], "unknown");
    }
    let words = ["--as", "zhao", "notice", "verify", pdf.to_str().unwrap(), "--json"];
    assert_eq!(place.at.run(&words).await.code(1).json()["error"]["code"], "not-ours", "as if it were nobody's");
    let words = ["--as", "zhao", "enroll", "recount", "--year", "2023", "--json"];
    assert_eq!(place.at.run(&words).await.code(1).json()["error"]["code"], "no-right");

    // A union that moves takes its figures along.
    let _ = place.at.must(&["org", "move", UNION, "--under", "90010500"]).await;
    let found = recount(&place).await;
    assert!(found["differences"].as_array().unwrap().is_empty(), "{found}");
}

async fn a_person_in_two_submissions_is_told_to_both_unions_once(place: Place) {
    let _worker = place.ready().await;
    let people = members(&place, UNION, 502, 3).await;
    members(&place, NEIGHBOUR, 503, 2).await;
    submit(&place, UNION).await;
    let list = place.members(UNION).await;
    let number =
        list.iter().find(|one| one["name"] == people[0].name).unwrap()["member_no"].as_str().unwrap().to_owned();
    account(&place, "one", "clerk", Some(UNION)).await;
    let words = ["--as", "one", "member", "transfer", &number, "--to", NEIGHBOUR, "--reason", "工作调动"];
    let _ = place.at.must(&words).await;
    let asked = place.at.json(&["transfer", "list", "--status", "pending"]).await;
    let _ = place.at.must(&["transfer", "approve", &asked[0]["id"].to_string()]).await;
    submit(&place, NEIGHBOUR).await;
    mailed(&place, "同时由其他单位提交参保", 2).await;
    submit(&place, NEIGHBOUR).await;
    assert_eq!(mails(&place, "同时由其他单位提交参保").await, 2, "known by now");
    let found = recount(&place).await;
    assert!(found["differences"].as_array().unwrap().is_empty(), "{found}");
}
