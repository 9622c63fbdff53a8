//! Services that are away: told in a sentence, with exit code 3 where nothing can be done without, and nothing half-done.

use std::time::Duration;

use support::people::People;
use support::workbook::Table;
use support::{Installation, eventually};

use super::place::{NEIGHBOUR, Place, UNION, counts};

/// How long work may take to go on after a service has come back.
const BACK: Duration = Duration::from_mins(1);
/// An address at which nobody listens.
const NOBODY: &str = "127.0.0.1:1";

#[tokio::test]
async fn without_its_database_a_command_ends_with_3_and_the_doctor_says_what_to_do() {
    let mut at = Installation::embedded();
    at.set("database.url", format!("postgres://somebody@{NOBODY}/rollcall"));
    let error = at.run(&["org", "list", "--json"]).await.code(3).json();
    assert_eq!(error["error"]["code"], "database", "{error}");
    assert!(error["error"]["hint"].as_str().unwrap().contains("doctor"), "{error}");
    let file = at.file("members.xlsx", Table::members("测试一厂工会", UNION, &People::seeded(50).take(1)).xlsx());
    let words = ["upload", "members", file.to_str().unwrap(), "--org", UNION, "--type", "external", "--wait"];
    let told = at.run(&words).await.code(3);
    assert!(told.stderr.contains("can't be reached"), "{}", told.stderr);
    assert!(told.stderr.contains("refused"), "why no connection came about: {}", told.stderr);
    let doctor = at.run(&["doctor"]).await.code(3);
    assert!(doctor.stdout.contains("WRONG  database") && doctor.stdout.contains("database.url"), "{}", doctor.stdout);
    // Offline commands need no service.
    let _ = at.must(&["check", "members", file.to_str().unwrap()]).await;
    let _ = at.must(&["template", "roster"]).await;
}

#[tokio::test]
async fn a_template_writes_over_a_workbook_that_may_be_filled_in_only_where_it_is_named() {
    let at = Installation::embedded();
    let file = at.file("members.xlsx", Table::members("测试一厂工会", UNION, &People::seeded(52).take(1)).xlsx());
    let filled = std::fs::read(&file).unwrap();
    let error = at.run(&["template", "members", "--json"]).await.code(1).json();
    assert_eq!(error["error"]["code"], "exists", "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), filled);
    let _ = at.must(&["template", "members", "-o", "members.xlsx"]).await;
    assert_ne!(std::fs::read(&file).unwrap(), filled);
}

#[tokio::test]
async fn somebody_stays_who_may_give_roles() {
    let at = Installation::embedded();
    let error = at.run(&["account", "revoke", "operator", "operator", "--json"]).await.code(1).json();
    assert_eq!(error["error"]["code"], "last-operator", "{error}");
    let _ = at.must(&["account", "add", "other"]).await;
    let _ = at.must(&["account", "grant", "other", "operator"]).await;
    let _ = at.must(&["account", "revoke", "operator", "operator"]).await;
    assert_eq!(at.run(&["account", "list", "--json"]).await.code(1).json()["error"]["code"], "no-right");
    let _ = at.must(&["--as", "other", "account", "list"]).await;
}

#[tokio::test]
async fn another_data_key_is_refused_before_anything_is_read_or_written() {
    let mut at = Installation::embedded();
    let _ = at.must(&["migrate"]).await;
    at.set("data.key", "ab".repeat(32));
    let error = at.run(&["org", "list", "--json"]).await.code(3).json();
    assert_eq!(error["error"]["code"], "data-key", "{error}");
    at.unset("data.key");
    let _ = at.must(&["org", "list"]).await;
}

#[tokio::test]
async fn with_the_broker_away_files_are_accepted_and_done_when_it_is_back() {
    let mut place = Place::distributed().await;
    drop(place.ready().await);
    let good = place.services.as_ref().unwrap().rabbit.url().to_owned();
    place.at.set("broker.url", format!("amqp://{NOBODY}"));
    let file = place.at.file("members.xlsx", Table::members("测试一厂工会", UNION, &People::seeded(51).take(3)).xlsx());
    let words = ["upload", "members", file.to_str().unwrap(), "--org", UNION, "--type", "external"];
    let accepted = place.at.json(&words).await;
    assert_eq!(accepted["status"], "received", "{accepted}");
    let queues = place.at.json(&["queue", "list"]).await;
    assert_eq!((&queues[0]["queue"], &queues[0]["ready"]), (&"uploads".into(), &1.into()), "{queues}");
    let doctor = place.at.run(&["doctor"]).await.code(3);
    assert!(doctor.stdout.contains("WRONG  broker"), "{}", doctor.stdout);

    place.at.set("broker.url", good);
    let _worker = place.at.start(&["worker"]).await;
    let id = accepted["id"].as_str().unwrap();
    let done = eventually(BACK, "the upload is done", async || {
        let upload = place.at.json(&["upload", "show", id]).await;
        (upload["status"] == "done").then_some(upload)
    });
    assert_eq!(counts(&done.await), [3, 3, 0, 0, 0, 0]);
}

#[tokio::test]
async fn with_the_mail_server_away_work_goes_on_and_each_mail_is_sent_once_later() {
    let mut place = Place::distributed().await;
    let worker = place.ready().await;
    place.services.as_mut().unwrap().smtp.down();
    let file =
        place.at.file("members.xlsx", Table::members("测试二厂工会", NEIGHBOUR, &People::seeded(52).take(3)).xlsx());
    let words = ["upload", "members", file.to_str().unwrap(), "--org", NEIGHBOUR, "--type", "external"];
    let id = place.at.json(&words).await["id"].as_str().unwrap().to_owned();
    eventually(BACK, "the upload is done", async || {
        let upload = place.at.json(&["upload", "show", &id]).await;
        (upload["status"] == "done").then_some(())
    })
    .await;
    let about = format!("upload:{id}");
    let mails = place.at.json(&["mail", "list"]).await;
    let waits = |mail: &serde_json::Value| {
        mail["about"] == about.as_str() && matches!(mail["status"].as_str(), Some("queued" | "sending"))
    };
    assert!(mails.as_array().unwrap().iter().any(waits), "{mails}");
    let doctor = place.at.run(&["doctor"]).await.code(3);
    assert!(doctor.stdout.contains("WRONG  mail"), "{}", doctor.stdout);

    place.services.as_mut().unwrap().smtp.up().await;
    // Not "none is queued": while a try is under way the mail is `sending`, and may be queued again after it.
    eventually(BACK, "the mail is sent", async || {
        let sent = place.at.json(&["mail", "list", "--status", "sent"]).await;
        sent.as_array().unwrap().iter().any(|mail| mail["about"] == about.as_str()).then_some(())
    })
    .await;
    let to = format!("u{NEIGHBOUR}@example.org");
    assert_eq!(place.letters().iter().filter(|letter| letter.to == to).count(), 1);
    drop(worker);
}

#[tokio::test]
async fn with_the_file_store_away_nothing_is_accepted() {
    let mut place = Place::distributed().await;
    let _worker = place.ready().await;
    place.at.set("files.s3_timeout_s", "2");
    place.services.as_mut().unwrap().s3.down();
    let file = place.at.file("members.xlsx", Table::members("测试一厂工会", UNION, &People::seeded(53).take(3)).xlsx());
    let words = ["upload", "members", file.to_str().unwrap(), "--org", UNION, "--type", "external", "--json"];
    let error = place.at.run(&words).await.code(3).json();
    assert_eq!(error["error"]["code"], "files", "{error}");
    let listed = place.at.json(&["upload", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 1, "the organizations alone: {listed}");
    place.services.as_mut().unwrap().s3.up();
    let _ = place.at.must(&words).await;
}
