//! One ring of the bell, and how it is settled.

use messages::{Envelope, EnvelopeError};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// What the bell says.
#[derive(Debug)]
pub enum Bell {
    /// Look into the table: any number of rows of the queue may be due.
    Look,
    /// This row is due.
    Envelope(Box<Envelope>),
    /// Bytes that are no message: dead at once, with the bytes kept.
    Undecodable {
        /// The bytes as they came, cut off at the limit of message bytes.
        bytes: Vec<u8>,
        /// Why they can't be read.
        error: EnvelopeError,
    },
}

/// One ring of the bell. Settle it soon after the row is claimed, not at the end of a long job: `RabbitMQ` closes the
/// channel of a consumer that holds a delivery for 30 minutes. Dropped unsettled, it is given back.
#[derive(Debug)]
pub struct Delivery {
    /// What the bell says.
    pub bell: Bell,
    /// True if the broker has delivered it before, to whomever.
    pub redelivered: bool,
    pub(crate) ticket: Option<Ticket>,
}

impl Delivery {
    pub(crate) const fn look() -> Self {
        Self { bell: Bell::Look, redelivered: false, ticket: None }
    }

    /// Seen and taken care of: the broker forgets it. If the connection has gone meanwhile it comes again, which
    /// is harmless.
    pub fn ack(self) {
        if let Some(ticket) = self.ticket {
            ticket.ack();
        }
    }

    /// Not seen: the broker gives it to another worker, or to this one again.
    pub fn give_back(self) {
        drop(self);
    }
}

/// [`Delivery::ack`] for all of them: one acknowledgement on the wire where nothing else is outstanding before them.
pub fn ack_all(deliveries: Vec<Delivery>) {
    let mut tickets = deliveries.into_iter().filter_map(|delivery| delivery.ticket).peekable();
    while let Some(first) = tickets.next() {
        let (settle, epoch) = (first.settle.clone(), first.epoch);
        let mut tags = vec![first.spent()];
        while let Some(next) = tickets.next_if(|t| t.epoch == epoch && t.settle.same_channel(&settle)) {
            tags.push(next.spent());
        }
        // A closed channel means that the consumer has gone: the broker delivers them again.
        let _ = settle.send(Settlement { epoch, tags, done: true });
    }
}

/// What a settled delivery tells the task that owns its channel.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// The session that the tags belong to; tags of another are forgotten.
    pub(crate) epoch: u64,
    /// Delivery tags.
    pub(crate) tags: Vec<u64>,
    /// Acknowledged, or given back.
    pub(crate) done: bool,
}

/// The right to settle one delivery. Dropped, it gives the delivery back.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) epoch: u64,
    pub(crate) tag: u64,
    pub(crate) settle: UnboundedSender<Settlement>,
    pub(crate) channel_gone: CancellationToken,
    pub(crate) is_spent: bool,
}

impl Ticket {
    /// The broker forgets the delivery.
    pub(crate) fn ack(self) {
        let (settle, epoch) = (self.settle.clone(), self.epoch);
        let _ = settle.send(Settlement { epoch, tags: vec![self.spent()], done: true });
    }

    /// The tag, settled by whoever asks for it.
    fn spent(mut self) -> u64 {
        self.is_spent = true;
        self.tag
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_spent {
            let _ = self.settle.send(Settlement { epoch: self.epoch, tags: vec![self.tag], done: false });
        }
    }
}
