//! Messages on their way into a unit of work, and the bells to ring once it is committed.

use messages::{Envelope, Kind, Message, Queue, TraceParent};
use store::{StoreError, Unit, messages::NewMessage};
use uuid::Uuid;

use crate::{Desk, Moment};

/// A queue and what is to be rung there, after the commit.
pub type Bell = (Queue, Envelope);

/// Messages that a unit will write.
#[derive(Debug, Default)]
pub struct Outbox(Vec<NewMessage>);

impl Outbox {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A first message, which starts a chain; its id.
    pub fn first<M: Message>(&mut self, desk: &Desk, queue: Queue, message: &M, moment: Moment) -> Uuid {
        let id = desk.id(moment);
        self.push(desk, queue, Envelope::first(id, message, moment.business, TraceParent::of(id, id)), moment);
        id
    }

    /// A message that another one led to, into the queue of its kind.
    pub fn next<M: Message>(&mut self, desk: &Desk, cause: &Envelope, message: &M, moment: Moment) {
        self.push(desk, M::KIND.row().queue, cause.leads_to(desk.id(moment), message, moment.business), moment);
    }

    /// An envelope that is complete already.
    pub fn push(&mut self, desk: &Desk, queue: Queue, envelope: Envelope, moment: Moment) {
        let (due_at, ring_at) = (moment.machine, moment.machine + desk.settings.ring_again);
        self.0.push(NewMessage { envelope, queue, due_at, ring_at });
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the messages for a sender who has nobody to hand bells to, as one whose own answer is a refusal: the next sweep
    /// rings for them.
    pub async fn write_unrung(mut self, unit: &mut Unit) -> Result<(), StoreError> {
        for message in &mut self.0 {
            message.ring_at = message.due_at;
        }
        store::messages::insert(unit, &self.0).await.map(drop)
    }

    /// Writes the messages; the bells to ring after the commit.
    pub async fn write(self, unit: &mut Unit) -> Result<Vec<Bell>, StoreError> {
        store::messages::insert(unit, &self.0).await?;
        Ok(self.0.into_iter().map(|message| (message.queue, message.envelope)).collect())
    }
}

/// The lane of a file of this size.
pub(crate) fn upload_queue(desk: &Desk, size_bytes: i64) -> Queue {
    let large = u64::try_from(size_bytes).is_ok_and(|size| size > desk.settings.large_bytes);
    if large { Queue::UploadsLarge } else { Kind::UploadReceived.row().queue }
}
