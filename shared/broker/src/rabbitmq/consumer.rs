//! Consuming: one task per subscription owns its channel, hands out deliveries and settles them; across rebuilds, for ever.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use futures_util::{StreamExt, future::try_join_all};
use lapin::{
    Channel,
    message::Delivery as Incoming,
    options::{BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions},
    types::FieldTable,
};
use messages::{Envelope, EnvelopeError, Queue};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::{
    Shared,
    canary::{self, Canaries},
    ledger::{Ack, Ledger},
    session::{Session, within},
    supervisor::Link,
    topology::short,
};
use crate::{
    Bell, BrokerError, Delivery, Subscription,
    delivery::{Settlement, Ticket},
};

/// Settlements that are taken up at once.
const SETTLEMENTS: usize = 1_024;

/// How a subscription is doing, for the canaries.
pub(super) struct Gauge {
    pub(super) queue: Option<Queue>,
    pub(super) prefetch: u64,
    /// Deliveries that are with the worker.
    pub(super) held: AtomicU64,
    /// Deliveries so far.
    pub(super) delivered: AtomicU64,
    pub(super) is_consuming: AtomicBool,
}

/// A delivery as the crate passes it on: the message and the right to settle it.
pub(super) struct Parcel {
    pub(super) message: Incoming,
    pub(super) ticket: Ticket,
}

/// A place at a queue.
pub(super) struct Consumer {
    parcels: UnboundedReceiver<Parcel>,
    message_bytes: usize,
    /// Keeps the canaries of this queue alive.
    _gauge: Arc<Gauge>,
}

impl Consumer {
    /// Starts the task that keeps it going.
    pub(super) fn start(
        shared: &Arc<Shared>,
        link: &Arc<Link>,
        canaries: &Arc<Canaries>,
        name: String,
        queue: Option<Queue>,
        prefetch: u16,
    ) -> Self {
        let gauge = Arc::new(Gauge {
            queue,
            prefetch: prefetch.into(),
            held: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            is_consuming: AtomicBool::new(false),
        });
        canaries.watch(&gauge);
        let (out, parcels) = mpsc::unbounded_channel();
        let (settle, settlements) = mpsc::unbounded_channel();
        let pump = Pump {
            shared: Arc::clone(shared),
            canaries: Arc::clone(canaries),
            gauge: Arc::clone(&gauge),
            name,
            prefetch,
            out,
            settle,
            settlements,
        };
        shared.tasks.spawn(pump.run(Arc::clone(link)));
        Self { parcels, message_bytes: shared.settings.message_bytes, _gauge: gauge }
    }

    /// The limit of message bytes.
    pub(super) fn message_bytes(&self) -> usize {
        self.message_bytes
    }

    /// Waits for at least one parcel of a connection that still stands; `None` once the broker is closed.
    pub(super) async fn parcels(&mut self, max: usize) -> Option<Vec<Parcel>> {
        loop {
            let mut parcels = Vec::new();
            if self.parcels.recv_many(&mut parcels, max.max(1)).await == 0 {
                return None;
            }
            // What came over a connection that has gone comes again.
            parcels.retain(|parcel| !parcel.ticket.channel_gone.is_cancelled());
            if !parcels.is_empty() {
                return Some(parcels);
            }
        }
    }
}

#[async_trait]
impl Subscription for Consumer {
    async fn next(&mut self, max: usize) -> Vec<Delivery> {
        let parcels = self.parcels(max).await.unwrap_or_default();
        parcels.into_iter().map(|parcel| delivery(parcel, self.message_bytes)).collect()
    }
}

fn delivery(parcel: Parcel, limit: usize) -> Delivery {
    let Parcel { message, ticket } = parcel;
    Delivery { redelivered: message.redelivered, bell: bell(message.data, limit), ticket: Some(ticket) }
}

/// What the bytes say.
fn bell(mut bytes: Vec<u8>, limit: usize) -> Bell {
    if bytes.len() > limit {
        bytes.truncate(limit);
        let error = EnvelopeError::Undecodable { class: "longer than the limit of message bytes", line: 0, column: 0 };
        return Bell::Undecodable { bytes, error };
    }
    match Envelope::decode(&bytes) {
        Ok(envelope) => Bell::Envelope(Box::new(envelope)),
        Err(error) => Bell::Undecodable { bytes, error },
    }
}

struct Pump {
    shared: Arc<Shared>,
    canaries: Arc<Canaries>,
    gauge: Arc<Gauge>,
    name: String,
    prefetch: u16,
    out: UnboundedSender<Parcel>,
    settle: UnboundedSender<Settlement>,
    settlements: UnboundedReceiver<Settlement>,
}

/// Why consuming over one session ended.
enum End {
    /// Nobody wants it any more.
    Left,
    /// The session is of no more use.
    Broken(String),
}

impl Pump {
    async fn run(mut self, link: Arc<Link>) {
        loop {
            let out = self.out.clone();
            let session = tokio::select! {
                () = self.shared.closing.cancelled() => return,
                () = out.closed() => return,
                session = link.up() => session,
            };
            let Some(session) = session else { return };
            let end = self.consume(&session).await.unwrap_or_else(|error| End::Broken(error.to_string()));
            self.gauge.is_consuming.store(false, Ordering::Release);
            self.gauge.held.store(0, Ordering::Release);
            match end {
                End::Left => return,
                End::Broken(reason) => session.fail(format!("{}: {reason}", self.name)),
            }
        }
    }

    /// Consumes over one session until it breaks or nobody wants it any more.
    async fn consume(&mut self, session: &Session) -> Result<End, BrokerError> {
        let limit = self.shared.settings.limit;
        let channel = within(limit, "opening a channel", session.connection.create_channel()).await?;
        within(limit, "prefetch", channel.basic_qos(self.prefetch, BasicQosOptions::default())).await?;
        let (name, options) = (short(&self.name)?, BasicConsumeOptions::default());
        let consuming = channel.basic_consume(name, "".into(), options, FieldTable::default());
        let mut incoming = within(limit, &self.name, consuming).await?;
        self.gauge.is_consuming.store(true, Ordering::Release);
        let (out, closing) = (self.out.clone(), self.shared.closing.clone());
        let mut ledger = Ledger::default();
        let mut settled = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = session.gone().cancelled() => return Ok(End::Broken(session.reason())),
                // First what frees places at the broker, then what fills them.
                _ = self.settlements.recv_many(&mut settled, SETTLEMENTS) => {
                    self.write(&channel, session.epoch, &mut ledger, &mut settled).await?;
                }
                () = closing.cancelled() => break,
                () = out.closed() => break,
                message = incoming.next() => match message {
                    Some(Ok(message)) => self.receive(session, &mut ledger, message),
                    Some(Err(error)) => return Ok(End::Broken(error.to_string())),
                    // No error and no more deliveries: the queue has been deleted.
                    None => return Ok(End::Broken("the queue was deleted".to_owned())),
                },
            }
            self.gauge.held.store(ledger.len() as u64, Ordering::Release);
        }
        drop(incoming);
        self.leave(session, &channel, ledger).await?;
        Ok(End::Left)
    }

    fn receive(&self, session: &Session, ledger: &mut Ledger, message: Incoming) {
        let tag = message.delivery_tag;
        ledger.enter(tag);
        self.gauge.delivered.fetch_add(1, Ordering::AcqRel);
        let ticket = Ticket {
            epoch: session.epoch,
            tag,
            settle: self.settle.clone(),
            channel_gone: session.gone().clone(),
            is_spent: false,
        };
        if canary::is_canary(&message) {
            // One that strayed into the unrouted queue has not come through its own: no answer.
            if self.gauge.queue.is_some() {
                self.canaries.answer(&message);
            }
            ticket.ack();
            return;
        }
        metrics::counter!("rollcall_broker_deliveries_total", "queue" => self.name.clone()).increment(1);
        // If the subscription has just gone, the parcel is dropped here and its ticket gives it back.
        let _ = self.out.send(Parcel { message, ticket });
    }

    /// Writes what was settled to the channel.
    async fn write(
        &self,
        channel: &Channel,
        epoch: u64,
        ledger: &mut Ledger,
        settled: &mut Vec<Settlement>,
    ) -> Result<(), BrokerError> {
        let (mut done, mut back) = (Vec::new(), Vec::new());
        for settlement in settled.drain(..).filter(|settlement| settlement.epoch == epoch) {
            if settlement.done { done.extend(settlement.tags) } else { back.extend(settlement.tags) }
        }
        let limit = self.shared.settings.limit;
        let acks = ledger
            .settle(done)
            .into_iter()
            .map(|Ack { tag, multiple }| async move { channel.basic_ack(tag, BasicAckOptions { multiple }).await });
        within(limit, "acknowledging", try_join_all(acks)).await?;
        let nacks = ledger.settle(back).into_iter().map(|Ack { tag, multiple }| async move {
            channel.basic_nack(tag, BasicNackOptions { multiple, requeue: true }).await
        });
        within(limit, "giving back", try_join_all(nacks)).await.map(drop)
    }

    /// Takes no more; waits for what the worker still holds, unless the whole broker is being closed.
    async fn leave(&mut self, session: &Session, channel: &Channel, mut ledger: Ledger) -> Result<(), BrokerError> {
        self.gauge.is_consuming.store(false, Ordering::Release);
        let closing = self.shared.closing.clone();
        let mut settled = Vec::new();
        while ledger.len() > 0 {
            tokio::select! {
                biased;
                () = session.gone().cancelled() => return Ok(()),
                _ = self.settlements.recv_many(&mut settled, SETTLEMENTS) => {
                    self.write(channel, session.epoch, &mut ledger, &mut settled).await?;
                }
                () = closing.cancelled() => break,
            }
        }
        // Closing the channel gives back all that is left.
        within(self.shared.settings.limit, "closing a channel", channel.close(200, "left".into())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_at_the_limit_are_read_and_one_more_is_undecodable() {
        let short = b"nonsense".to_vec();
        assert!(
            matches!(bell(short.clone(), 8), Bell::Undecodable { bytes, error: EnvelopeError::Undecodable { class: "not JSON", .. } } if bytes == short)
        );
        let Bell::Undecodable { bytes, error } = bell(b"nonsense!".to_vec(), 8) else { panic!("decoded") };
        assert_eq!(bytes, short);
        assert!(error.to_string().contains("limit of message bytes"));
    }
}
