//! What holds when the broker, the wire or somebody at the broker's console does not behave.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use broker::{BrokerError, Settings};
use messages::Queue;
use tokio::{net::TcpListener, time::timeout};

use crate::scene::{SOON, Wire, eventually, mail, next, proxy, publish_until_confirmed, scene, take_until};

#[tokio::test]
async fn a_queue_deleted_under_its_subscription_is_made_anew_and_the_generation_grows() {
    scene(|scene| async move {
        let broker = scene.connect();
        let mut subscription = broker.subscribe(Queue::Mails, 10).await.unwrap();
        let first = mail();
        publish_until_confirmed(&broker, &first).await;
        take_until(&mut subscription, first.1.id).await;
        let before = broker.generation();
        scene.delete_queue(Queue::Mails).await;
        eventually("a greater generation", async || broker.generation() > before).await;
        let second = mail();
        publish_until_confirmed(&broker, &second).await;
        take_until(&mut subscription, second.1.id).await;
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_process_that_only_publishes_finds_a_deleted_queue() {
    scene(|mut scene| async move {
        scene.settings.watch_every = Duration::from_millis(50);
        let broker = scene.connect();
        publish_until_confirmed(&broker, &mail()).await;
        let before = broker.generation();
        scene.delete_queue(Queue::Mails).await;
        eventually("a greater generation", async || broker.generation() > before).await;
        publish_until_confirmed(&broker, &mail()).await;
        eventually("a message in it", async || broker.depths().await.is_ok_and(|depths| depths[&Queue::Mails] > 0))
            .await;
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn publishing_goes_on_after_the_exchange_was_deleted() {
    scene(|scene| async move {
        let broker = scene.connect();
        publish_until_confirmed(&broker, &mail()).await;
        let before = broker.generation();
        scene.delete_exchange("events").await;
        assert!(broker.publish(&[mail()]).await.is_err());
        publish_until_confirmed(&broker, &mail()).await;
        assert!(broker.generation() > before);
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn only_what_was_not_returned_counts_as_published() {
    scene(|scene| async move {
        let broker = scene.connect();
        publish_until_confirmed(&broker, &mail()).await;
        scene.unbind("mails", "events", "mail.queued").await;
        // Without it, the broker returns what it can't route.
        scene.delete_exchange("unrouted").await;
        let batch: Vec<_> =
            (0..200).map(|place| if place % 3 == 0 { mail() } else { crate::scene::upload(Queue::Uploads) }).collect();
        let confirmed = broker.publish(&batch).await.unwrap();
        let routed: Vec<_> = batch.iter().filter(|(queue, _)| *queue == Queue::Uploads).map(|(_, e)| e.id).collect();
        assert_eq!(confirmed.len(), routed.len());
        assert!(routed.iter().all(|id| confirmed.contains(id)));
        // The bindings are made anew.
        publish_until_confirmed(&broker, &mail()).await;
        broker.close().await;
    })
    .await;
}

/// Closes the connections of that name from the broker's console.
fn close_connections(name: &str) {
    let told = |arguments: &[&str]| {
        let output = Command::new("rabbitmqctl").args(arguments).output().expect("rabbitmqctl");
        assert!(output.status.success(), "rabbitmqctl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let list = told(&["--quiet", "list_connections", "pid", "client_properties"]);
    let ours: Vec<&str> =
        list.lines().filter(|line| line.contains(name)).filter_map(|line| line.split('\t').next()).collect();
    assert!(ours.len() >= 2, "both connections are listed: {list}");
    for pid in ours {
        told(&["--quiet", "close_connection", pid, "by a test"]);
    }
}

#[tokio::test]
async fn connections_closed_at_the_brokers_console_are_built_anew() {
    scene(|scene| async move {
        let broker = scene.connect();
        let mut subscription = broker.subscribe(Queue::Mails, 10).await.unwrap();
        let first = mail();
        publish_until_confirmed(&broker, &first).await;
        let held = next(&mut subscription, 1).await;
        let before = broker.generation();
        let name = scene.prefix.clone();
        tokio::task::spawn_blocking(move || close_connections(&name)).await.unwrap();
        eventually("two rebuilds", async || broker.generation() >= before + 2).await;
        // The old delivery can't be acknowledged any more; it comes again.
        broker::ack_all(held);
        take_until(&mut subscription, first.1.id).await;
        let second = mail();
        publish_until_confirmed(&broker, &second).await;
        take_until(&mut subscription, second.1.id).await;
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_cut_wire_fails_publishes_fast_and_both_sides_go_on_when_it_is_whole() {
    scene(|mut scene| async move {
        let (url, wire) = proxy().await;
        scene.settings.url = url;
        let broker = scene.connect();
        let mut subscription = broker.subscribe(Queue::Mails, 10).await.unwrap();
        publish_until_confirmed(&broker, &mail()).await;
        wire.send_replace(Wire::Cut);
        eventually("an error", async || broker.publish(&[mail()]).await.is_err()).await;
        let start = Instant::now();
        let error = broker.publish(&[mail()]).await.unwrap_err();
        assert!(matches!(error, BrokerError::Unreachable { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(1));
        wire.send_replace(Wire::Whole);
        let message = mail();
        publish_until_confirmed(&broker, &message).await;
        take_until(&mut subscription, message.1.id).await;
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_canary_makes_everything_anew() {
    scene(|mut scene| async move {
        scene.settings.canary_every = Duration::from_millis(50);
        scene.settings.canary_limit = Duration::from_millis(300);
        let broker = scene.connect();
        let _place = broker.subscribe(Queue::Uploads, 10).await.unwrap();
        let has_trip =
            async || broker.check().await.is_ok_and(|health| health.canaries.iter().any(|(_, trip)| trip.is_some()));
        eventually("a round trip", has_trip).await;
        let before = broker.generation();
        scene.unbind("uploads", "events", "#.uploads").await;
        eventually("a greater generation", async || broker.generation() >= before + 2).await;
        let mut letters = broker.dead_letters().await.unwrap();
        assert!(
            timeout(Duration::from_millis(300), letters.next(1)).await.is_err(),
            "canaries never reach the dead pile"
        );
        broker.close().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_hangs_on_a_server_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = Settings::new(&format!("amqp://{}/%2f", silent.local_addr().unwrap()), "test");
    settings.limit = Duration::from_millis(200);
    let broker = broker::connect(settings).unwrap();
    let calls = async {
        assert!(matches!(broker.publish(&[mail()]).await, Err(BrokerError::Unreachable { .. })));
        assert!(broker.depths().await.is_err());
        assert!(broker.check().await.is_err());
        let mut subscription = broker.subscribe(Queue::Mails, 1).await.unwrap();
        tokio::join!(broker.close(), async { assert!(subscription.next(1).await.is_empty()) });
    };
    timeout(SOON, calls).await.unwrap();
}

#[tokio::test]
async fn a_refused_password_is_told_and_not_shown() {
    let url = crate::scene::url();
    let (_, place) = url.rsplit_once('@').unwrap();
    let broker = broker::connect(Settings::new(&format!("amqp://nobody:s3cret@{place}"), "test")).unwrap();
    let error = timeout(SOON, broker.publish(&[mail()])).await.unwrap().unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("nobody@") && !text.contains("s3cret"), "{text}");
    broker.close().await;
}

#[tokio::test]
async fn tls_at_a_port_without_it_is_an_error_and_no_panic() {
    let url = crate::scene::url().replacen("amqp://", "amqps://", 1);
    let broker = broker::connect(Settings::new(&url, "test")).unwrap();
    let error = timeout(SOON, broker.publish(&[mail()])).await.unwrap().unwrap_err();
    assert!(matches!(error, BrokerError::Unreachable { .. }), "{error}");
    broker.close().await;
}

#[tokio::test]
async fn a_closed_broker_ends_its_subscriptions_and_says_so() {
    scene(|scene| async move {
        let broker = scene.connect();
        let mut subscription = broker.subscribe(Queue::Mails, 1).await.unwrap();
        timeout(SOON, broker.close()).await.unwrap();
        assert!(next(&mut subscription, 1).await.is_empty());
        assert_eq!(broker.publish(&[mail()]).await, Err(BrokerError::Closed));
        assert!(matches!(broker.subscribe(Queue::Mails, 1).await, Err(BrokerError::Closed)));
    })
    .await;
}
