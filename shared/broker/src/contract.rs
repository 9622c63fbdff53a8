//! What every broker promises.

use std::collections::HashMap;

use async_trait::async_trait;
use messages::{Envelope, Queue};
use uuid::Uuid;

use crate::{BrokerError, Delivery, Health, delivery::Ticket};

/// A doorbell between the processes.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Rings the bell of those queues for these rows and returns the ids that the broker has confirmed, in no
    /// particular order. An id that is not among them (unroutable, refused by a full queue, too long) is to be rung again later.
    /// Bounded in time; an unreachable or blocked broker is an error at once and never a hang.
    async fn publish(&self, batch: &[(Queue, Envelope)]) -> Result<Vec<Uuid>, BrokerError>;

    /// What a worker waits on, at most `prefetch` unsettled deliveries at a time (0 is taken as 1). It reconnects by
    /// itself for ever; an error is returned only for what a person has to mend.
    async fn subscribe(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Subscription>, BrokerError>;

    /// Wakes the subscriptions of this process and queue without a message; what the embedded broker's sweep rings with.
    /// Does nothing where deliveries come from a server.
    fn nudge(&self, queue: Queue);

    /// [`Self::nudge`] for every queue.
    fn nudge_all(&self) {
        for queue in Queue::ALL {
            self.nudge(queue);
        }
    }

    /// Messages that lie ready at the broker, by queue. Those that are with a consumer are not counted: AMQP does not
    /// tell them. Empty for the embedded broker, which keeps none.
    async fn depths(&self) -> Result<HashMap<Queue, u64>, BrokerError>;

    /// Grows whenever what the broker held may be gone (connection rebuilt, queue found deleted, canary lost): all
    /// ready rows must then ring again.
    fn generation(&self) -> u64;

    /// Looks at the broker over a connection of its own: version, queues declared with other arguments, missing rights,
    /// alarms, canaries. An error if it can't be reached at all.
    async fn check(&self) -> Result<Health, BrokerError>;

    /// What the broker itself has laid aside: dead letters and what it could not route.
    async fn dead_letters(&self) -> Result<Box<dyn DeadLetters>, BrokerError>;

    /// Flushes settlements and closes the connections; bounded in time. Subscriptions then end.
    async fn close(&self);
}

/// A worker's place at a queue. Dropping it gives back what it holds unread.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for at least one delivery and returns up to `max` that are there. Cancelling the wait loses nothing.
    /// Empty only after [`Broker::close`], or when the broker has been dropped.
    async fn next(&mut self, max: usize) -> Vec<Delivery>;
}

/// The broker's own dead-letter queue and its queue of what could not be routed.
#[async_trait]
pub trait DeadLetters: Send {
    /// Waits for at least one letter and returns up to `max` that are there. Empty only after [`Broker::close`].
    async fn next(&mut self, max: usize) -> Vec<DeadLetter>;
}

/// Why the broker laid a message aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grave {
    /// Dead-lettered: delivered more often than the limit, or rejected.
    DeadLetter,
    /// No queue was bound to its routing key.
    Unrouted,
}

/// A message that the broker laid aside. Dropping it unsettled gives it back.
#[derive(Debug)]
pub struct DeadLetter {
    /// Its bytes as they came, cut off at the limit of message bytes.
    pub bytes: Vec<u8>,
    /// Which of the two queues it lay in.
    pub grave: Grave,
    /// One sentence for the dead pile; holds nothing of the content.
    pub reason: String,
    /// The routing key that it was published with.
    pub routing_key: String,
    pub(crate) ticket: Ticket,
}

impl DeadLetter {
    /// Takes it off the broker; to be called only once it is stored elsewhere.
    pub fn stored(self) {
        self.ticket.ack();
    }

    /// Leaves it at the broker.
    pub fn give_back(self) {
        drop(self.ticket);
    }
}
