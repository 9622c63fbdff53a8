//! The `RabbitMQ` helpers.

use super::a_process_mentions;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection};
use std::time::Duration;
use support::servers::rabbitmq::{OwnRabbit, SharedRabbit, connect};
use support::{eventually, unique, until};

async fn declare(channel: &Channel, queue: &str, passive: bool) -> Result<u32, lapin::Error> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let options = QueueDeclareOptions { durable: true, passive, ..QueueDeclareOptions::default() };
    Ok(channel.queue_declare(queue.into(), options, arguments).await?.message_count())
}

async fn publish(channel: &Channel, queue: &str) {
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let properties = BasicProperties::default().with_delivery_mode(2);
    let options = BasicPublishOptions::default();
    channel.basic_publish("".into(), queue.into(), options, b"x", properties).await.unwrap().await.unwrap();
}

async fn messages(url: &str, queue: &str) -> Option<u32> {
    let connection: Connection = connect(url).await.ok()?;
    declare(&connection.create_channel().await.ok()?, queue, true).await.ok()
}

#[tokio::test]
async fn what_is_declared_below_a_shared_prefix_is_deleted_at_the_end() {
    let mut rabbit = SharedRabbit::fresh().await;
    let connection = rabbit.connect().await;
    let channel = connection.create_channel().await.unwrap();
    let ours = format!("{}.uploads", rabbit.prefix());
    let extra = unique("rollcall-test-extra-");
    declare(&channel, &ours, false).await.unwrap();
    declare(&channel, &extra, false).await.unwrap();
    rabbit.owns_queue(&extra);
    let url = rabbit.url().to_owned();
    assert_eq!(messages(&url, &ours).await, Some(0));
    drop(rabbit);
    assert_eq!(messages(&url, &ours).await, None);
    assert_eq!(messages(&url, &extra).await, None);
}

#[tokio::test]
async fn an_own_node_keeps_confirmed_messages_through_a_restart_and_loses_them_when_wiped() {
    let mut rabbit = OwnRabbit::start().await;
    let folder = rabbit.folder().to_path_buf();
    let url = rabbit.url();
    let connection = connect(&url).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    declare(&channel, "kept", false).await.unwrap();
    publish(&channel, "kept").await;
    drop((channel, connection));

    rabbit.restart().await;
    let limit = Duration::from_secs(30);
    let count = eventually(limit, "the queue has a leader again", async || messages(&url, "kept").await).await;
    assert_eq!(count, 1);
    assert!(rabbit.ask(&["list_queues", "name"]).contains("kept"));

    rabbit.kill();
    assert!(connect(&url).await.is_err());
    rabbit.wipe().await;
    assert_eq!(messages(&url, "kept").await, None);

    drop(rabbit);
    assert!(!folder.exists());
    let text = folder.display().to_string();
    until(Duration::from_secs(20), "no process of the own node is left", || !a_process_mentions(&text)).await;
}
