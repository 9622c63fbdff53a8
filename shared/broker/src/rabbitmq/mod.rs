//! `RabbitMQ` 3.10 and newer: two supervised connections, one to publish and one to consume.

mod backoff;
mod canary;
mod check;
mod consumer;
mod dead;
mod ledger;
mod publisher;
mod session;
mod supervisor;
mod topology;

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use messages::{Envelope, Queue};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{Broker, BrokerError, DeadLetters, Health, Settings, Subscription, address::AmqpAddress};
use canary::Canaries;
use consumer::Consumer;
use publisher::Publisher;
use supervisor::{Link, Role};
use topology::Names;

/// What all tasks of one broker share.
pub(crate) struct Shared {
    settings: Settings,
    address: AmqpAddress,
    names: Names,
    generation: AtomicU64,
    /// Set first when closing: consumers and publisher flush and end.
    closing: CancellationToken,
    /// Set last: the connections close.
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Shared {
    /// What the broker held may be gone.
    fn grow_generation(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    fn unreachable(&self, reason: impl Into<String>) -> BrokerError {
        BrokerError::Unreachable { address: self.address.to_string(), reason: reason.into() }
    }
}

/// The broker on a `RabbitMQ` server.
pub(crate) struct RabbitMq {
    shared: Arc<Shared>,
    publishing: Arc<Link>,
    publisher: Publisher,
    /// The second connection and its canaries are there only in processes that consume.
    consuming: OnceLock<(Arc<Link>, Arc<Canaries>)>,
}

impl RabbitMq {
    /// Starts connecting in the background.
    pub(crate) fn start(settings: Settings, address: AmqpAddress) -> Self {
        install_crypto();
        let shared = Arc::new(Shared {
            names: Names::new(&settings.prefix),
            settings,
            address,
            generation: AtomicU64::new(0),
            closing: CancellationToken::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let publishing = Link::start(Role::Publish, &shared);
        let publisher = Publisher::start(&shared, &publishing);
        Self { shared, publishing, publisher, consuming: OnceLock::new() }
    }

    fn consuming(&self) -> Result<&(Arc<Link>, Arc<Canaries>), BrokerError> {
        if self.shared.closing.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        Ok(self.consuming.get_or_init(|| {
            let link = Link::start(Role::Consume, &self.shared);
            let canaries = Canaries::start(&self.shared, &self.publishing, &link);
            (link, canaries)
        }))
    }

    /// A consumer of a queue by its name at the broker, once the first attempt to connect has ended.
    async fn consumer(&self, name: String, queue: Option<Queue>, prefetch: u16) -> Result<Consumer, BrokerError> {
        let (link, canaries) = self.consuming()?;
        match link.now().await {
            Err(error) if error.needs_a_person() => Err(error),
            Err(BrokerError::Closed) => Err(BrokerError::Closed),
            // Anything else passes; the consumer waits for it.
            _ => Ok(Consumer::start(&self.shared, link, canaries, name, queue, prefetch.max(1))),
        }
    }
}

#[async_trait]
impl Broker for RabbitMq {
    async fn publish(&self, batch: &[(Queue, Envelope)]) -> Result<Vec<Uuid>, BrokerError> {
        self.publisher.publish(batch).await
    }

    async fn subscribe(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Subscription>, BrokerError> {
        let name = self.shared.names.queue(queue);
        Ok(Box::new(self.consumer(name, Some(queue), prefetch).await?))
    }

    fn nudge(&self, _queue: Queue) {}

    async fn depths(&self) -> Result<HashMap<Queue, u64>, BrokerError> {
        let session = self.publishing.now().await?;
        if let Some(reason) = session.blocked() {
            // A blocked connection is not read by the broker: the question would hang.
            return Err(BrokerError::Blocked { reason });
        }
        let depths = topology::depths(&session, &self.shared).await;
        depths.inspect_err(|error| session.fail(error.to_string()))
    }

    fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    async fn check(&self) -> Result<Health, BrokerError> {
        let blocked = self.publishing.session().and_then(|session| session.blocked());
        let canaries = self.consuming.get().map(|(_, canaries)| canaries.round_trips()).unwrap_or_default();
        Ok(Health { blocked, canaries, ..check::check(&self.shared).await? })
    }

    async fn dead_letters(&self) -> Result<Box<dyn DeadLetters>, BrokerError> {
        let dead = self.consumer(self.shared.names.dead(), None, dead::PREFETCH).await?;
        let unrouted = self.consumer(self.shared.names.unrouted(), None, dead::PREFETCH).await?;
        Ok(Box::new(dead::Graves::new(dead, unrouted)))
    }

    async fn close(&self) {
        self.shared.closing.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(self.shared.settings.limit, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("the broker's tasks did not end in time; what they held is delivered again");
        }
        self.shared.stop.cancel();
        self.publishing.ended().await;
        if let Some((link, _)) = self.consuming.get() {
            link.ended().await;
        }
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        self.shared.closing.cancel();
        self.shared.stop.cancel();
    }
}

/// rustls takes the process's provider; where the program has not chosen one, it is ring.
fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster: then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
