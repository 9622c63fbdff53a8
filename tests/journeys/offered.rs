//! Files that another system offers over the broker (`upload.offered`): taken like any other, once, with the rights of the
//! account that they are offered for.

use std::time::Duration;

use files::{Files, S3Settings};
use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use serde_json::{Value, json};
use support::eventually;
use support::people::People;
use support::workbook::Table;
use uuid::Uuid;

use super::place::{Place, STRANGER, UNION, counts};

const DONE: Duration = Duration::from_mins(1);

/// Puts a file where the other system would; its SHA-256.
pub async fn put_inbound(place: &Place, key: &str, bytes: Vec<u8>) -> String {
    let bucket = place.services.as_ref().unwrap().s3.bucket();
    let settings = S3Settings {
        url: bucket.url(),
        endpoint: bucket.endpoint.clone(),
        region: bucket.region.clone(),
        access_key_id: bucket.access_key_id.clone(),
        secret_access_key: bucket.secret_access_key.clone(),
        timeout: Duration::from_secs(20),
    };
    Files::in_s3(&settings).unwrap().put(key, bytes).await.unwrap().sha256
}

/// Publishes bytes to the exchange, as a program that knows nothing but the AsyncAPI document.
pub async fn publish(place: &Place, routing_key: &str, bytes: &[u8]) {
    let rabbit = &place.services.as_ref().unwrap().rabbit;
    let connection = rabbit.connect().await;
    let channel = connection.create_channel().await.unwrap();
    let exchange = format!("{}.events", rabbit.prefix());
    let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default().with_delivery_mode(2));
    let sent = channel.basic_publish(exchange.into(), routing_key.into(), options, bytes, properties).await;
    let _ = sent.unwrap().await.unwrap();
    connection.close(200, "done".into()).await.unwrap();
}

/// An envelope with that payload and id.
pub fn envelope(id: Uuid, kind: &str, payload: &Value) -> Vec<u8> {
    json!({"id": id, "kind": kind, "version": 1, "occurred_at": "2022-11-01T01:00:00Z", "correlation_id": id, "payload": payload})
        .to_string()
        .into_bytes()
}

async fn uploads(place: &Place) -> Vec<Value> {
    let listed = place.at.json(&["upload", "list"]).await;
    listed.as_array().unwrap().iter().filter(|upload| upload["kind"] == "members").cloned().collect()
}

async fn refusals(place: &Place) -> Vec<String> {
    let audit = place.at.json(&["audit"]).await;
    let offered = audit.as_array().unwrap().iter().filter(|act| act["act"] == "upload-offered");
    offered.map(|act| act["outcome"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_offered_file_becomes_one_upload_however_often_it_is_offered() {
    let place = Place::distributed().await;
    let _worker = place.ready().await;
    let bytes = Table::members("测试一厂工会", UNION, &People::seeded(70).take(7)).xlsx();
    let sha256 = put_inbound(&place, "inbound/from-the-platform.xlsx", bytes).await;
    let offer = json!({
        "object_key": "inbound/from-the-platform.xlsx", "sha256": sha256, "kind": "members", "org": UNION,
        "account": "operator", "data_type": "external", "file_name": "名册.xlsx",
    });
    let id = Uuid::now_v7();
    for _ in 0..3 {
        publish(&place, "upload.offered", &envelope(id, "upload.offered", &offer)).await;
    }
    let upload = eventually(DONE, "the offered file is done", async || {
        let found = uploads(&place).await;
        found.first().filter(|upload| upload["status"] == "done").cloned()
    })
    .await;
    assert_eq!((counts(&upload), &upload["file"]), ([7, 7, 0, 0, 0, 0], &"名册.xlsx".into()));
    let _ = place.at.must(&["drain", "--until-idle"]).await;
    assert_eq!(uploads(&place).await.len(), 1, "offered three times, taken once");
    let told = place.letters().iter().filter(|letter| letter.subject.contains("会员导入")).count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn an_offer_that_can_t_be_taken_is_on_record_and_harms_nothing() {
    let place = Place::distributed().await;
    let _worker = place.ready().await;
    let _ = place.at.must(&["account", "add", "platform"]).await;
    let _ = place.at.must(&["account", "grant", "platform", "clerk", "--org", UNION]).await;
    let bytes = Table::members("测试一厂工会", UNION, &People::seeded(71).take(2)).xlsx();
    let sha256 = put_inbound(&place, "inbound/a.xlsx", bytes).await;
    let good = json!({"object_key": "inbound/a.xlsx", "sha256": sha256, "kind": "members", "org": UNION,
        "account": "platform", "data_type": "external"});
    let with = |key: &str, value: &str| {
        let mut offer = good.clone();
        offer[key] = value.into();
        offer
    };
    let wrong = [
        (with("sha256", &"0".repeat(64)), "SHA-256"),
        (with("object_key", "inbound/none.xlsx"), "no such file"),
        (with("object_key", "uploads/a.xlsx"), "not under inbound/"),
        (with("org", STRANGER), "unknown-org"),
        (with("org", "777"), "unknown-org"),
        (with("account", "nobody"), "unknown-account"),
        (with("kind", "letters"), "unknown kind"),
        (with("data_type", "externl"), "data-type"),
    ];
    for (offer, _) in &wrong {
        publish(&place, "upload.offered", &envelope(Uuid::now_v7(), "upload.offered", offer)).await;
    }
    publish(&place, "upload.offered", &envelope(Uuid::now_v7(), "upload.offered", &good)).await;
    eventually(DONE, "the good offer is done", async || {
        let found = uploads(&place).await;
        found.iter().any(|upload| upload["status"] == "done").then_some(())
    })
    .await;
    let _ = place.at.must(&["drain", "--until-idle"]).await;
    let refusals = refusals(&place).await;
    for (_, why) in &wrong {
        assert!(refusals.iter().any(|outcome| outcome.contains(why)), "{why}: {refusals:?}");
    }
    assert_eq!(uploads(&place).await.len(), 1);
    assert_eq!(place.members(super::place::ROOT).await.len(), 2);
    let dead = place.at.json(&["dead", "list"]).await;
    assert_eq!(dead.as_array().unwrap().len(), 0, "{dead}");
}
