//! The broker's own dead-letter queue and its queue of what could not be routed, drained for the dead pile.

use async_trait::async_trait;
use lapin::{message::Delivery as Incoming, types::AMQPValue};

use super::consumer::{Consumer, Parcel};
use crate::{DeadLetter, DeadLetters, Grave};

/// Letters held at a time from each of the two queues.
pub(super) const PREFETCH: u16 = 100;

/// Both queues together.
pub(super) struct Graves {
    dead: Consumer,
    unrouted: Consumer,
}

impl Graves {
    pub(super) fn new(dead: Consumer, unrouted: Consumer) -> Self {
        Self { dead, unrouted }
    }
}

#[async_trait]
impl DeadLetters for Graves {
    async fn next(&mut self, max: usize) -> Vec<DeadLetter> {
        let (parcels, grave) = tokio::select! {
            parcels = self.dead.parcels(max) => (parcels, Grave::DeadLetter),
            parcels = self.unrouted.parcels(max) => (parcels, Grave::Unrouted),
        };
        let limit = self.dead.message_bytes();
        parcels.unwrap_or_default().into_iter().map(|parcel| letter(parcel, grave, limit)).collect()
    }
}

fn letter(parcel: Parcel, grave: Grave, limit: usize) -> DeadLetter {
    let Parcel { mut message, ticket } = parcel;
    message.data.truncate(limit);
    let routing_key = message.routing_key.to_string();
    let reason = match grave {
        Grave::DeadLetter => format!("the broker gave it up: {}", death(&message)),
        Grave::Unrouted => "no queue is bound to its routing key".to_owned(),
    };
    DeadLetter { reason, grave, routing_key, bytes: message.data, ticket }
}

/// What the broker says about the death: the reason and the queue, of the headers that it adds itself.
fn death(message: &Incoming) -> String {
    let header = |name: &str| match message.properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    };
    let reason = header("x-first-death-reason").unwrap_or_else(|| "unknown reason".to_owned());
    let queue = header("x-first-death-queue").unwrap_or_else(|| "unknown queue".to_owned());
    format!("{reason} in {queue}")
}
