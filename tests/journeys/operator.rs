//! The operator's day: queues paused and resumed, the dead pile, the doctor, messages of a newer program.

use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use messages::{Envelope, MailQueued, Queue, TraceParent};
use runtime::{Clock as _, SystemClock};
use serde_json::{Value, json};
use store::messages::NewMessage;
use store::{Store, StoreSettings, Vault};
use support::people::People;
use support::workbook::Table;
use support::{Ended, eventually};
use uuid::Uuid;

use super::offered::{envelope, publish};
use super::place::{Place, UNION};

on_both_engines!(
    a_paused_queue_holds_its_work_until_it_is_resumed,
    a_dead_message_is_grouped_shown_with_its_chain_replayed_and_discarded,
    the_doctor_finds_nothing_wrong_where_nothing_is,
);

const DONE: Duration = Duration::from_mins(1);

async fn queue(place: &Place, name: &str) -> Value {
    let queues = place.at.json(&["queue", "list"]).await;
    queues.as_array().unwrap().iter().find(|queue| queue["queue"] == name).unwrap().clone()
}

async fn upload_later(place: &Place, people: u64) -> String {
    let table = Table::members("测试一厂工会", UNION, &People::seeded(people).take(2));
    let file = place.at.file("later.xlsx", table.xlsx());
    let words = ["upload", "members", file.to_str().unwrap(), "--org", UNION, "--type", "external"];
    place.at.json(&words).await["id"].as_str().unwrap().to_owned()
}

async fn until_done(place: &Place, upload: &str) {
    eventually(DONE, "the upload is done", async || {
        (place.at.json(&["upload", "show", upload]).await["status"] == "done").then_some(())
    })
    .await;
}

async fn a_paused_queue_holds_its_work_until_it_is_resumed(place: Place) {
    let _worker = place.ready().await;
    let pause = place.at.json(&["queue", "pause", "uploads"]).await;
    assert_eq!(pause, json!({"queue": "uploads", "paused": true, "changed": true}));
    assert_eq!(place.at.json(&["queue", "pause", "uploads"]).await["changed"], false);
    let serve = place.at.start(&["serve"]).await;
    let upload = upload_later(&place, 90).await;
    // What another queue carries goes on meanwhile.
    let _ = place.at.must(&["probe", "--count", "3"]).await;
    assert_eq!(place.at.json(&["upload", "show", &upload]).await["status"], "received");
    let state = queue(&place, "uploads").await;
    assert_eq!((&state["paused"], &state["running"], &state["dead"]), (&true.into(), &0.into(), &0.into()), "{state}");
    let _ = place.at.must(&["queue", "resume", "uploads"]).await;
    until_done(&place, &upload).await;
    assert_eq!(queue(&place, "uploads").await["paused"], false);
    drop(serve);
}

/// Writes a message about a mail that is not there: it can never succeed.
async fn impossible(place: &Place) -> Uuid {
    let url = match &place.services {
        Some(services) => services.database.url(),
        None => format!("sqlite:{}", place.at.folder().join("rollcall-data/rollcall.db").display()),
    };
    let vault = Vault::new(&[1; 32], true).unwrap();
    let store = Store::open(&StoreSettings { url, connections: 2, wait_s: 20 }, vault).unwrap();
    let (id, now) = (Uuid::now_v7(), SystemClock.machine_now());
    let message = MailQueued { mail_id: Uuid::now_v7() };
    let envelope = Envelope::first(id, &message, now, TraceParent::of(id, id));
    let row = NewMessage { envelope, queue: Queue::Mails, due_at: now, ring_at: now };
    let mut unit = store.begin().await.unwrap();
    store::messages::insert(&mut unit, &[row]).await.unwrap();
    unit.commit().await.unwrap();
    store.close().await;
    id
}

async fn a_dead_message_is_grouped_shown_with_its_chain_replayed_and_discarded(place: Place) {
    let _worker = place.ready().await;
    let id = impossible(&place).await;
    let drained = place.at.json(&["drain", "--until-idle"]).await;
    assert_eq!(drained["dead"], 1, "{drained}");
    let listed = place.at.json(&["dead", "list"]).await;
    assert_eq!((&listed[0]["kind"], &listed[0]["count"]), (&"mail.queued".into(), &1.into()), "{listed}");
    assert_eq!(listed[0]["ids"], json!([id]));
    let chain = place.at.json(&["dead", "show", &id.to_string()]).await;
    assert_eq!((&chain[0]["state"], &chain[0]["correlation_id"]), (&"dead".into(), &json!(id)), "{chain}");

    let preview = place.at.json(&["dead", "replay", "--kind", "mail.queued"]).await;
    assert_eq!(preview, json!({"messages": 1}), "nothing is done without --yes");
    assert_eq!(place.at.json(&["dead", "replay", "--kind", "upload.received"]).await, json!({"messages": 0}));
    assert_eq!(queue(&place, "mails").await["dead"], 1);
    let replayed = place.at.json(&["dead", "replay", "--kind", "mail.queued", "--yes"]).await;
    assert_eq!(replayed, json!({"replayed": 1}));
    let drained = place.at.json(&["drain", "--until-idle"]).await;
    assert_eq!(drained["dead"], 1, "it is dead again: {drained}");
    assert_eq!(place.at.json(&["dead", "discard", &id.to_string()]).await, json!({"discarded": 1}));
    assert_eq!(queue(&place, "mails").await["dead"], 0);
    let audit = place.at.json(&["audit"]).await;
    let acts: Vec<_> = audit.as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert!(acts.contains(&"dead-replay") && acts.contains(&"dead-discard"), "{acts:?}");
}

async fn the_doctor_finds_nothing_wrong_where_nothing_is(place: Place) {
    let worker = place.ready().await;
    let doctor = place.at.must(&["doctor"]).await;
    assert!(!doctor.contains("WRONG"), "{doctor}");
    assert_eq!(doctor.contains("worker "), worker.is_some(), "{doctor}");
}

#[tokio::test]
async fn the_doctor_finds_a_queue_that_was_declared_with_other_arguments() {
    let mut place = Place::distributed().await;
    let services = place.services.as_mut().unwrap();
    let name = format!("{}.mails", services.rabbit.prefix());
    let connection = services.rabbit.connect().await;
    let channel = connection.create_channel().await.unwrap();
    let declared = channel.queue_declare(name.as_str().into(), QueueDeclareOptions::durable(), FieldTable::default());
    let _ = declared.await.unwrap();
    connection.close(200, "done".into()).await.unwrap();
    let _ = place.at.must(&["migrate"]).await;
    let doctor = place.at.run(&["doctor"]).await.code(1);
    let mut lines = doctor.stdout.lines().skip_while(|line| !line.contains(&name));
    let (found, remedy) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    assert!(found.starts_with("WRONG") && found.contains("other arguments"), "{}", doctor.stdout);
    assert!(remedy.contains("-> delete"), "{}", doctor.stdout);
}

#[tokio::test]
async fn a_message_of_a_newer_program_waits_and_bytes_that_are_none_are_dead_at_once() {
    let place = Place::distributed().await;
    let _worker = place.ready().await;
    let newer = Uuid::now_v7();
    publish(&place, "of.tomorrow.uploads", &envelope(newer, "of.tomorrow", &json!({"colour": "red"}))).await;
    publish(&place, "upload.offered", b"\x00 no message").await;
    publish(&place, "nobody.listens", &envelope(Uuid::now_v7(), "nobody.listens", &json!({}))).await;
    let all_there = eventually(DONE, "one waits and two are dead", async || {
        let dead = place.at.json(&["dead", "list"]).await;
        let count: u64 = dead.as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap()).sum();
        (count == 2 && queue(&place, "uploads").await["waiting"] == 1).then_some(dead)
    });
    let dead = all_there.await;
    assert!(!dead.to_string().contains("of.tomorrow"), "{dead}");
    // Neither is in the way of what is known.
    let upload = upload_later(&place, 91).await;
    until_done(&place, &upload).await;
}

#[tokio::test]
async fn one_process_at_a_time_serves_a_folder_and_commands_work_beside_it() {
    let place = Place::embedded();
    let mut serve = place.at.start(&["serve"]).await;
    let _ = place.ready().await;
    let second = place.at.run(&["serve"]).await.code(1);
    assert!(second.stderr.contains("another process serves this data folder"), "{}", second.stderr);
    let upload = upload_later(&place, 92).await;
    until_done(&place, &upload).await;
    let (status, metrics) = serve.page("/metrics").await.unwrap();
    assert!(status == 200 && metrics.contains("rollcall_queue_ready"), "{metrics}");
    assert_eq!(serve.page("/healthz").await.unwrap().0, 200);
    assert_eq!(serve.terminate().await, Ended::Code(0));
}
