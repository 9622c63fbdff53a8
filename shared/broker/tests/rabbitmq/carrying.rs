//! What holds while everything is in good health.

use std::{collections::HashSet, time::Instant};

use broker::{Bell, BrokerError, Grave, QueueState, ack_all};
use lapin::{
    BasicProperties,
    options::{BasicPublishOptions, QueueDeclareOptions},
    types::FieldTable,
};
use messages::Queue;
use tokio::time::timeout;
use uuid::Uuid;

use crate::scene::{SOON, Scene, admin, eventually, id, mail, mails, next, publish_until_confirmed, scene, upload};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_are_confirmed_delivered_and_acknowledged() {
    scene(|scene| async move {
        let broker = scene.connect();
        broker.publish(&[upload(Queue::Uploads)]).await.unwrap();
        let batch = mails(10_000);
        let start = Instant::now();
        let confirmed: HashSet<Uuid> = broker.publish(&batch).await.unwrap().into_iter().collect();
        let published = start.elapsed();
        assert_eq!(confirmed, batch.iter().map(|(_, envelope)| envelope.id).collect());
        eventually("all of them ready", async || broker.depths().await.unwrap()[&Queue::Mails] == 10_000).await;

        let mut subscription = broker.subscribe(Queue::Mails, 1_000).await.unwrap();
        let start = Instant::now();
        let mut seen = HashSet::new();
        while seen.len() < 10_000 {
            let deliveries = next(&mut subscription, 500).await;
            seen.extend(deliveries.iter().map(id));
            ack_all(deliveries);
        }
        let consumed = start.elapsed();
        assert_eq!(seen, confirmed);
        broker.close().await;
        eventually("nothing left behind", async || scene.ready("mails").await == 0).await;
        let rate = |time: std::time::Duration| 10_000.0 / time.as_secs_f64();
        println!("publish+confirm {:.0}/s, consume+ack {:.0}/s", rate(published), rate(consumed));
    })
    .await;
}

#[tokio::test]
async fn publishes_of_many_tasks_share_their_waits() {
    scene(|scene| async move {
        let broker = scene.connect();
        publish_until_confirmed(&broker, &mail()).await;
        let start = Instant::now();
        let calls = (0..1_000).map(|_| {
            let broker = broker.clone();
            tokio::spawn(async move { broker.publish(&[mail()]).await.unwrap().len() })
        });
        let confirmed: usize = futures_util::future::join_all(calls).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(confirmed, 1_000);
        println!("one by one from many tasks {:.0}/s", 1_000.0 / start.elapsed().as_secs_f64());
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_kind_goes_to_the_lane_that_the_publisher_names() {
    scene(|scene| async move {
        let broker = scene.connect();
        let mut foreign = upload(Queue::Notices);
        foreign.1.kind = "of.tomorrow".to_owned();
        let batch = [upload(Queue::Uploads), upload(Queue::UploadsLarge), foreign];
        assert_eq!(broker.publish(&batch).await.unwrap().len(), 3);
        for (queue, envelope) in &batch {
            let mut subscription = broker.subscribe(*queue, 10).await.unwrap();
            let deliveries = next(&mut subscription, 10).await;
            assert_eq!(deliveries.iter().map(id).collect::<Vec<_>>(), [envelope.id], "{queue}");
            ack_all(deliveries);
        }
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_given_back_or_dropped_comes_again() {
    scene(|scene| async move {
        let broker = scene.connect();
        let message = mail();
        publish_until_confirmed(&broker, &message).await;
        let mut subscription = broker.subscribe(Queue::Mails, 1).await.unwrap();
        let first = next(&mut subscription, 1).await.remove(0);
        assert!(!first.redelivered);
        first.give_back();
        let second = next(&mut subscription, 1).await.remove(0);
        assert!(second.redelivered);
        drop(second);
        let third = next(&mut subscription, 1).await.remove(0);
        assert_eq!(id(&third), message.1.id);
        third.ack();
        broker.close().await;
        eventually("nothing is left", async || scene.ready("mails").await == 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_dropped_subscription_gives_back_what_is_unread_and_lets_the_rest_be_settled() {
    scene(|scene| async move {
        let broker = scene.connect();
        broker.publish(&mails(10)).await.unwrap();
        let mut subscription = broker.subscribe(Queue::Mails, 10).await.unwrap();
        let mut held = Vec::new();
        while held.len() < 4 {
            held.extend(next(&mut subscription, 4 - held.len()).await);
        }
        drop(subscription);
        ack_all(held);
        eventually("six left", async || scene.ready("mails").await == 6).await;
        broker.close().await;
        assert_eq!(scene.ready("mails").await, 6);
    })
    .await;
}

#[tokio::test]
async fn acknowledging_out_of_order_settles_just_what_was_meant() {
    scene(|scene| async move {
        let broker = scene.connect();
        broker.publish(&mails(100)).await.unwrap();
        let mut subscription = broker.subscribe(Queue::Mails, 100).await.unwrap();
        let mut all = Vec::new();
        while all.len() < 100 {
            all.extend(next(&mut subscription, 100).await);
        }
        // The later half first, and every fourth of all not at all.
        let (kept, mut done): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(place, _)| place % 4 == 3);
        done.reverse();
        for part in [done.split_off(40), done] {
            ack_all(part.into_iter().map(|(_, delivery)| delivery).collect());
        }
        let expected: HashSet<Uuid> = kept.iter().map(|(_, delivery)| id(delivery)).collect();
        drop(kept);
        let mut again = HashSet::new();
        while again.len() < 25 {
            let deliveries = next(&mut subscription, 100).await;
            again.extend(deliveries.iter().map(id));
            ack_all(deliveries);
        }
        assert_eq!(again, expected);
        broker.close().await;
        eventually("nothing is left", async || scene.ready("mails").await == 0).await;
    })
    .await;
}

async fn publish_raw(scene: &Scene, key: &str, bytes: &[u8]) {
    let (_connection, channel) = admin().await;
    let (exchange, options) = (scene.name("events").into(), BasicPublishOptions::default());
    let sent = channel.basic_publish(exchange, key.into(), options, bytes, BasicProperties::default()).await;
    sent.unwrap();
    // Closing waits until the broker has read everything before.
    channel.close(200, "done".into()).await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_no_message_are_handed_over_with_their_bytes() {
    scene(|mut scene| async move {
        scene.settings.message_bytes = 1_000;
        let broker = scene.connect();
        let mut subscription = broker.subscribe(Queue::Mails, 1).await.unwrap();
        for (sent, kept) in [(b"{\"id\": 7".to_vec(), 8), (vec![b'x'; 1_001], 1_000)] {
            publish_raw(&scene, "mail.queued", &sent).await;
            let delivery = next(&mut subscription, 1).await.remove(0);
            let Bell::Undecodable { bytes, .. } = &delivery.bell else { panic!("{delivery:?}") };
            assert_eq!(bytes.as_slice(), &sent[..kept]);
            delivery.ack();
        }
        let mut long = mail();
        long.1.payload = "x".repeat(1_000).into();
        assert!(broker.publish(&[long]).await.unwrap().is_empty());
        // One at a time is handed out: this one comes only when the one before it is acknowledged.
        publish_until_confirmed(&broker, &mail()).await;
        let last = next(&mut subscription, 1).await;
        broker.close().await;
        drop(last);
        eventually("the last one alone is left", async || scene.ready("mails").await == 1).await;
    })
    .await;
}

#[tokio::test]
async fn what_no_queue_takes_lies_in_the_unrouted_queue_until_it_is_stored() {
    scene(|scene| async move {
        let broker = scene.connect();
        publish_until_confirmed(&broker, &mail()).await;
        publish_raw(&scene, "nobody.knows", b"hello").await;
        let mut letters = broker.dead_letters().await.unwrap();
        let letter = timeout(SOON, letters.next(10)).await.unwrap().remove(0);
        assert_eq!((letter.grave, letter.bytes.as_slice()), (Grave::Unrouted, b"hello".as_slice()));
        assert_eq!(letter.routing_key, "nobody.knows");
        letter.give_back();
        timeout(SOON, letters.next(10)).await.unwrap().remove(0).stored();
        broker.close().await;
        eventually("nothing is left", async || scene.ready("unrouted").await == 0).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_delivered_too_often_lies_in_the_dead_letter_queue() {
    scene(|mut scene| async move {
        scene.settings.delivery_limit = 2;
        let broker = scene.connect();
        let message = mail();
        publish_until_confirmed(&broker, &message).await;
        let mut subscription = broker.subscribe(Queue::Mails, 1).await.unwrap();
        let mut letters = broker.dead_letters().await.unwrap();
        let giving_back = async {
            loop {
                subscription.next(1).await.into_iter().for_each(broker::Delivery::give_back);
            }
        };
        let letter = tokio::select! {
            letters = timeout(SOON, letters.next(1)) => letters.unwrap().remove(0),
            () = giving_back => unreachable!(),
        };
        assert_eq!(letter.grave, Grave::DeadLetter);
        assert_eq!(letter.bytes, message.1.encode());
        assert!(letter.reason.contains("delivery_limit"), "{}", letter.reason);
        letter.stored();
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_refuses_and_the_refused_are_not_among_the_confirmed() {
    scene(|mut scene| async move {
        scene.settings.queue_length = 5;
        let broker = scene.connect();
        let mut confirmed = 0;
        for message in mails(20) {
            confirmed += broker.publish(&[message]).await.map_or(0, |ids| ids.len());
        }
        assert!((5..20).contains(&confirmed), "{confirmed}");
        assert_eq!(scene.ready("mails").await as usize, confirmed);
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_queue_declared_with_other_arguments_is_named() {
    scene(|scene| async move {
        let (_connection, channel) = admin().await;
        let name = scene.name("mails");
        channel
            .queue_declare(name.clone().into(), QueueDeclareOptions::durable(), FieldTable::default())
            .await
            .unwrap();
        let broker = scene.connect();
        for error in [broker.publish(&[mail()]).await.err(), broker.subscribe(Queue::Uploads, 1).await.err()] {
            assert!(
                matches!(&error, Some(BrokerError::OtherArguments { name: told, .. }) if *told == name),
                "{error:?}"
            );
        }
        let health = broker.check().await.unwrap();
        let wrong: Vec<_> = health.queues.iter().filter(|queue| queue.state != QueueState::Good).collect();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].name, name);
        assert!(health.problems()[0].contains("is declared with other arguments"), "{:?}", health.problems());
        // Once a person has deleted it, all goes on without a restart.
        scene.delete_queue(Queue::Mails).await;
        publish_until_confirmed(&broker, &mail()).await;
        assert_eq!(broker.check().await.unwrap().problems(), [""; 0]);
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_canary_comes_back_from_every_consumed_queue_whichever_process_swallows_it() {
    scene(|mut scene| async move {
        scene.settings.canary_every = std::time::Duration::from_millis(50);
        let (one, two) = (scene.connect(), scene.connect());
        let _places = [
            one.subscribe(Queue::Mails, 1).await.unwrap(),
            two.subscribe(Queue::Mails, 1).await.unwrap(),
            one.subscribe(Queue::Uploads, 1).await.unwrap(),
        ];
        eventually("round trips", async || {
            let (one, two) = (one.check().await.unwrap(), two.check().await.unwrap());
            assert!(one.server.starts_with("RabbitMQ "), "{}", one.server);
            let trips = one.canaries.into_iter().chain(two.canaries).filter(|(_, trip)| trip.is_some());
            trips.count() == 3
        })
        .await;
        one.close().await;
        two.close().await;
    })
    .await;
}
