//! A prefix of its own for each test, an administrator's channel beside it, and a proxy that can cut and freeze connections.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use broker::{Bell, Broker, Delivery, Settings, Subscription};
use chrono::DateTime;
use futures_util::FutureExt;
use lapin::{
    Channel, Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
};
use messages::{Envelope, MailQueued, Queue, TraceParent, UploadReceived};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use uuid::Uuid;

/// No condition takes longer to come true.
pub const SOON: Duration = Duration::from_secs(30);

/// The broker of the tests. Those that find none fail.
pub fn url() -> String {
    std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// What a test works with.
pub struct Scene {
    pub prefix: String,
    pub settings: Settings,
}

/// Runs a test under a prefix of its own and removes what it declared, also when it fails.
pub async fn scene<F: Future<Output = ()>>(test: impl FnOnce(Scene) -> F) {
    let prefix = format!("test-{}", Uuid::now_v7().simple());
    let mut settings = Settings::new(&url(), &prefix);
    settings.watch_every = Duration::from_hours(1);
    settings.canary_every = Duration::from_hours(1);
    // A stalling disk of a busy machine is not what is tried here.
    settings.limit = Duration::from_secs(15);
    let run = AssertUnwindSafe(test(Scene { prefix: prefix.clone(), settings })).catch_unwind().await;
    clean(&prefix).await;
    if let Err(panic) = run {
        std::panic::resume_unwind(panic);
    }
}

async fn clean(prefix: &str) {
    let (_connection, channel) = admin().await;
    for name in Queue::ALL.into_iter().map(Queue::name).chain(["dead", "unrouted"]) {
        let name = format!("{prefix}.{name}");
        channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
    }
    for name in ["events", "dead", "unrouted", "canary"] {
        let name = format!("{prefix}.{name}");
        channel.exchange_delete(name.into(), ExchangeDeleteOptions::default()).await.unwrap();
    }
}

/// A connection beside the crate's.
pub async fn admin() -> (Connection, Channel) {
    let url = url();
    let connecting = Connection::connect(&url, ConnectionProperties::default());
    let connection =
        timeout(SOON, connecting).await.expect("a RabbitMQ within the limit").expect("a RabbitMQ at AMQP_URL");
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

impl Scene {
    pub fn connect(&self) -> Arc<dyn Broker> {
        broker::connect(self.settings.clone()).unwrap()
    }

    pub fn name(&self, of: &str) -> String {
        format!("{}.{of}", self.prefix)
    }

    /// Messages ready in a queue, asked beside the crate.
    pub async fn ready(&self, queue: &str) -> u32 {
        let (_connection, channel) = admin().await;
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        channel.queue_declare(self.name(queue).into(), options, FieldTable::default()).await.unwrap().message_count()
    }

    pub async fn delete_queue(&self, queue: Queue) {
        let (_connection, channel) = admin().await;
        channel.queue_delete(self.name(queue.name()).into(), QueueDeleteOptions::default()).await.unwrap();
    }

    pub async fn unbind(&self, queue: &str, exchange: &str, key: &str) {
        let (_connection, channel) = admin().await;
        let (queue, exchange) = (self.name(queue).into(), self.name(exchange).into());
        channel.queue_unbind(queue, exchange, key.into(), FieldTable::default()).await.unwrap();
    }

    pub async fn delete_exchange(&self, exchange: &str) {
        let (_connection, channel) = admin().await;
        channel.exchange_delete(self.name(exchange).into(), ExchangeDeleteOptions::default()).await.unwrap();
    }
}

pub fn mail() -> (Queue, Envelope) {
    let id = Uuid::now_v7();
    (Queue::Mails, Envelope::first(id, &MailQueued { mail_id: id }, DateTime::UNIX_EPOCH, TraceParent::of(id, id)))
}

pub fn mails(count: usize) -> Vec<(Queue, Envelope)> {
    (0..count).map(|_| mail()).collect()
}

pub fn upload(queue: Queue) -> (Queue, Envelope) {
    let id = Uuid::now_v7();
    (queue, Envelope::first(id, &UploadReceived { upload_id: id }, DateTime::UNIX_EPOCH, TraceParent::of(id, id)))
}

/// The id that a delivery rings for.
pub fn id(delivery: &Delivery) -> Uuid {
    match &delivery.bell {
        Bell::Envelope(envelope) => envelope.id,
        other => panic!("no envelope: {other:?}"),
    }
}

pub async fn next(subscription: &mut Box<dyn Subscription>, max: usize) -> Vec<Delivery> {
    timeout(SOON, subscription.next(max)).await.expect("a delivery in time")
}

/// Takes and acknowledges until this one has come.
pub async fn take_until(subscription: &mut Box<dyn Subscription>, wanted: Uuid) {
    let look = async {
        loop {
            let deliveries = subscription.next(100).await;
            let found = deliveries.iter().any(|delivery| id(delivery) == wanted);
            broker::ack_all(deliveries);
            if found {
                return;
            }
        }
    };
    timeout(SOON, look).await.expect("the message in time");
}

/// Tries until it is true.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let mut ticks = tokio::time::interval(Duration::from_millis(25));
    let tries = async {
        loop {
            ticks.tick().await;
            if is_so().await {
                return;
            }
        }
    };
    timeout(SOON, tries).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// Publishes until it is confirmed, as the sweep would.
pub async fn publish_until_confirmed(broker: &Arc<dyn Broker>, message: &(Queue, Envelope)) {
    let batch = std::slice::from_ref(message);
    eventually("a confirmed publish", async || broker.publish(batch).await.is_ok_and(|ids| ids == [message.1.id]))
        .await;
}

/// What the proxy does with its connections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Whole,
    Cut,
}

/// A TCP proxy before the broker: its connections can be cut, and no new ones come through meanwhile.
pub async fn proxy() -> (String, watch::Sender<Wire>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (before, after) = url().rsplit_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let (target, vhost) = after.split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let wire = watch::Sender::new(Wire::Whole);
    let control = wire.clone();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut state = control.subscribe();
            let target = target.clone();
            tokio::spawn(async move {
                if *state.borrow() == Wire::Cut {
                    return;
                }
                let mut far = TcpStream::connect(target).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    _ = state.wait_for(|wire| *wire == Wire::Cut) => {}
                }
            });
        }
    });
    (format!("{before}@127.0.0.1:{port}/{vhost}"), wire)
}
