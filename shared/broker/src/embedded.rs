//! The bell inside one process: the rows are in the same database, so it only says "look".

use std::collections::HashMap;

use async_trait::async_trait;
use messages::{Envelope, Queue};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Broker, BrokerError, DeadLetter, DeadLetters, Delivery, Health, Subscription};

/// The in-process broker. It holds nothing, so nothing is ever lost with it.
#[derive(Debug)]
pub struct Embedded {
    /// A count of rings per queue; each subscription remembers the last that it has seen, so no ring is missed
    /// and any number of rings between two looks is one look.
    bells: HashMap<Queue, watch::Sender<u64>>,
    closed: watch::Sender<bool>,
}

impl Embedded {
    /// A bell for every queue.
    #[must_use]
    pub fn new() -> Self {
        let bells = Queue::ALL.into_iter().map(|queue| (queue, watch::Sender::new(0))).collect();
        Self { bells, closed: watch::Sender::new(false) }
    }
}

impl Default for Embedded {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Broker for Embedded {
    async fn publish(&self, batch: &[(Queue, Envelope)]) -> Result<Vec<Uuid>, BrokerError> {
        for (place, (queue, _)) in batch.iter().enumerate() {
            let rung_before = batch.iter().take(place).any(|(earlier, _)| earlier == queue);
            if !rung_before {
                self.nudge(*queue);
            }
        }
        Ok(batch.iter().map(|(_, envelope)| envelope.id).collect())
    }

    async fn subscribe(&self, queue: Queue, _prefetch: u16) -> Result<Box<dyn Subscription>, BrokerError> {
        let Some(bell) = self.bells.get(&queue) else { return Err(BrokerError::Closed) };
        let mut rings = bell.subscribe();
        // Rows from before this process started are there already: the first look is due at once.
        rings.mark_changed();
        Ok(Box::new(Listener { rings, closed: self.closed.subscribe() }))
    }

    fn nudge(&self, queue: Queue) {
        if let Some(bell) = self.bells.get(&queue) {
            bell.send_modify(|rings| *rings = rings.wrapping_add(1));
        }
    }

    async fn depths(&self) -> Result<HashMap<Queue, u64>, BrokerError> {
        Ok(HashMap::new())
    }

    fn generation(&self) -> u64 {
        0
    }

    async fn check(&self) -> Result<Health, BrokerError> {
        Ok(Health { server: "embedded".to_owned(), ..Health::default() })
    }

    async fn dead_letters(&self) -> Result<Box<dyn DeadLetters>, BrokerError> {
        Ok(Box::new(Nothing { closed: self.closed.subscribe() }))
    }

    async fn close(&self) {
        self.closed.send_replace(true);
    }
}

struct Listener {
    rings: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
}

#[async_trait]
impl Subscription for Listener {
    async fn next(&mut self, _max: usize) -> Vec<Delivery> {
        tokio::select! {
            biased;
            _ = self.closed.wait_for(|closed| *closed) => Vec::new(),
            rung = self.rings.changed() => rung.map(|()| Delivery::look()).into_iter().collect(),
        }
    }
}

/// The embedded broker lays nothing aside.
struct Nothing {
    closed: watch::Receiver<bool>,
}

#[async_trait]
impl DeadLetters for Nothing {
    async fn next(&mut self, _max: usize) -> Vec<DeadLetter> {
        let _ = self.closed.wait_for(|closed| *closed).await;
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use messages::{MailQueued, TraceParent};
    use tokio::time::timeout;

    use super::*;
    use crate::Bell;

    const SOON: Duration = Duration::from_secs(5);

    fn mail() -> (Queue, Envelope) {
        let id = Uuid::now_v7();
        let first =
            Envelope::first(id, &MailQueued { mail_id: id }, chrono::DateTime::UNIX_EPOCH, TraceParent::of(id, id));
        (Queue::Mails, first)
    }

    #[tokio::test]
    async fn every_subscription_of_the_queue_looks_once_for_any_number_of_rings() {
        let broker = Embedded::new();
        let mut workers =
            [broker.subscribe(Queue::Mails, 1).await.unwrap(), broker.subscribe(Queue::Mails, 1).await.unwrap()];
        let mut other = broker.subscribe(Queue::Deadlines, 1).await.unwrap();
        other.next(1).await;
        for worker in &mut workers {
            worker.next(9).await;
        }
        let batch = [mail(), mail(), mail()];
        let ids: Vec<Uuid> = batch.iter().map(|(_, envelope)| envelope.id).collect();
        assert_eq!(broker.publish(&batch).await.unwrap(), ids);
        broker.nudge(Queue::Mails);
        for worker in &mut workers {
            let looks = timeout(SOON, worker.next(9)).await.unwrap();
            assert!(matches!(looks.as_slice(), [Delivery { bell: Bell::Look, .. }]));
            assert!(futures_util::FutureExt::now_or_never(worker.next(9)).is_none(), "one look is enough");
        }
        assert!(futures_util::FutureExt::now_or_never(other.next(9)).is_none(), "not its bell");
    }

    #[tokio::test]
    async fn a_new_subscription_looks_at_once_and_a_closed_broker_ends_it() {
        let broker = Embedded::new();
        let mut worker = broker.subscribe(Queue::Deadlines, 1).await.unwrap();
        assert_eq!(timeout(SOON, worker.next(1)).await.unwrap().len(), 1);
        broker.close().await;
        assert!(timeout(SOON, worker.next(1)).await.unwrap().is_empty());
        assert_eq!(broker.generation(), 0);
        assert!(broker.depths().await.unwrap().is_empty());
    }
}
