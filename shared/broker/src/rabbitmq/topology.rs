//! Everything that is declared at the broker, as one list, every argument written out.
//!
//! ```text
//! <prefix>.events (topic) --<wire name>, #.<queue>--> <prefix>.<queue>  --dead--> <prefix>.dead (fanout) --> <prefix>.dead
//!        '-- unroutable --> <prefix>.unrouted (fanout) --> <prefix>.unrouted
//! <prefix>.canary (direct) --> one exclusive queue per consuming process
//! ```
//!
//! A message is routed by its wire name to its kind's own queue; `<wire name>.<queue>` sends it to another (large uploads
//! have a lane of their own, and an older program passes on kinds that it does not know).

use std::collections::HashMap;

use lapin::{
    Channel, Connection, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable, ShortString},
};
use messages::{Kind, Queue};

use super::{
    Shared,
    session::{Session, within},
};
use crate::{BrokerError, Settings};

/// The names at the broker.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    pub(super) fn events(&self) -> String {
        format!("{}.events", self.prefix)
    }

    pub(super) fn unrouted(&self) -> String {
        format!("{}.unrouted", self.prefix)
    }

    pub(super) fn dead(&self) -> String {
        format!("{}.dead", self.prefix)
    }

    pub(super) fn canary(&self) -> String {
        format!("{}.canary", self.prefix)
    }

    pub(super) fn queue(&self, queue: Queue) -> String {
        format!("{}.{queue}", self.prefix)
    }
}

/// The routing key that brings a message of that kind to that queue.
pub(super) fn routing_key(kind: &str, queue: Queue) -> String {
    if Kind::parse(kind).is_some_and(|kind| kind.row().queue == queue) {
        kind.to_owned()
    } else {
        format!("{kind}.{queue}")
    }
}

/// One thing to declare.
pub(super) enum Item {
    /// An exchange, with the one that takes what it can't route.
    Exchange { name: String, kind: ExchangeKind, alternate: Option<String> },
    /// A durable quorum queue.
    Queue { name: String, arguments: FieldTable },
    /// A binding of a queue to an exchange.
    Binding { queue: String, exchange: String, key: String },
}

/// All of it, in the order in which it is declared.
pub(super) fn items(names: &Names, settings: &Settings) -> Vec<Item> {
    let exchange = |name: String, kind, alternate| Item::Exchange { name, kind, alternate };
    let mut items = vec![
        exchange(names.unrouted(), ExchangeKind::Fanout, None),
        exchange(names.dead(), ExchangeKind::Fanout, None),
        exchange(names.canary(), ExchangeKind::Direct, None),
        exchange(names.events(), ExchangeKind::Topic, Some(names.unrouted())),
    ];
    for grave in [names.unrouted(), names.dead()] {
        items.push(Item::Queue { name: grave.clone(), arguments: grave_arguments(settings) });
        items.push(Item::Binding { queue: grave.clone(), exchange: grave, key: String::new() });
    }
    for queue in Queue::ALL {
        let name = names.queue(queue);
        items.push(Item::Queue { name: name.clone(), arguments: work_arguments(names, settings) });
        let kinds = Kind::TABLE.iter().filter(|row| row.queue == queue).map(|row| row.name.to_owned());
        let keys = kinds.chain([format!("#.{queue}")]);
        items.extend(keys.map(|key| Item::Binding { queue: name.clone(), exchange: names.events(), key }));
    }
    items
}

fn table<const N: usize>(rows: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in rows {
        table.insert(key.into(), value);
    }
    table
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn number(number: u32) -> AMQPValue {
    AMQPValue::LongLongInt(number.into())
}

/// Defaults differ between 3.10 and 4.x, so nothing is left to them.
fn work_arguments(names: &Names, settings: &Settings) -> FieldTable {
    table([
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", number(settings.delivery_limit)),
        ("x-dead-letter-exchange", text(&names.dead())),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
        ("x-max-length", number(settings.queue_length)),
    ])
}

/// Laid aside messages have nowhere else to go: the delivery limit is out of reach (4.x would have 20).
fn grave_arguments(settings: &Settings) -> FieldTable {
    table([
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", number(1_000_000)),
        ("x-overflow", text("reject-publish")),
        ("x-max-length", number(settings.queue_length)),
    ])
}

impl Item {
    /// What it is called at the broker.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Exchange { name, .. } | Self::Queue { name, .. } | Self::Binding { queue: name, .. } => name,
        }
    }

    /// Declares it; it may be there already. An error closes the channel.
    pub(super) async fn declare(&self, channel: &Channel, settings: &Settings) -> Result<(), BrokerError> {
        let limit = settings.limit;
        match self {
            Self::Exchange { name, kind, alternate } => {
                let arguments = match alternate {
                    Some(other) => table([("alternate-exchange", text(other))]),
                    None => FieldTable::default(),
                };
                let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
                within(limit, name, channel.exchange_declare(short(name)?, kind.clone(), options, arguments)).await
            }
            Self::Queue { name, arguments } => {
                let declared = channel.queue_declare(short(name)?, QueueDeclareOptions::durable(), arguments.clone());
                within(limit, name, declared).await.map(drop)
            }
            Self::Binding { queue, exchange, key } => {
                let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
                let bound = channel.queue_bind(short(queue)?, short(exchange)?, short(key)?, options, arguments);
                within(limit, queue, bound).await
            }
        }
    }
}

/// A name of at most 255 bytes.
pub(super) fn short(name: &str) -> Result<ShortString, BrokerError> {
    ShortString::try_new(name)
        .map_err(|error| BrokerError::Failed { what: "a name".to_owned(), reason: error.to_string() })
}

/// Declares everything and says whether any queue was missing before.
pub(super) async fn declare(connection: &Connection, shared: &Shared) -> Result<bool, BrokerError> {
    let limit = shared.settings.limit;
    let was_missing = is_any_missing(connection, shared).await?;
    let channel = within(limit, "opening a channel", connection.create_channel()).await?;
    for item in items(&shared.names, &shared.settings) {
        item.declare(&channel, &shared.settings).await?;
    }
    within(limit, "closing a channel", channel.close(200, "declared".into())).await?;
    Ok(was_missing)
}

async fn is_any_missing(connection: &Connection, shared: &Shared) -> Result<bool, BrokerError> {
    let limit = shared.settings.limit;
    let channel = within(limit, "opening a channel", connection.create_channel()).await?;
    for queue in Queue::ALL {
        let name = shared.names.queue(queue);
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let asked = channel.queue_declare(short(&name)?, options, FieldTable::default());
        match tokio::time::timeout(limit, asked).await {
            Err(_) => return Err(BrokerError::Late { what: name, limit_ms: limit.as_millis() }),
            Ok(Err(error)) if is_not_found(&error) => return Ok(true),
            Ok(Err(error)) => return Err(super::session::told(&name, &error)),
            Ok(Ok(_)) => {}
        }
    }
    within(limit, "closing a channel", channel.close(200, "looked".into())).await?;
    Ok(false)
}

fn is_not_found(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error)
        if matches!(error.kind(), AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)))
}

/// Messages ready and consumers of a queue; an error if it is not there.
pub(super) async fn count(session: &Session, shared: &Shared, queue: Queue) -> Result<(u32, u32), BrokerError> {
    let limit = shared.settings.limit;
    let name = shared.names.queue(queue);
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
    let channel = session.asking(limit).await?;
    let found = within(limit, &name, channel.queue_declare(short(&name)?, options, FieldTable::default())).await?;
    Ok((found.message_count(), found.consumer_count()))
}

/// Messages ready in every queue; an error if one is not there.
pub(super) async fn depths(session: &Session, shared: &Shared) -> Result<HashMap<Queue, u64>, BrokerError> {
    let mut depths = HashMap::new();
    for queue in Queue::ALL {
        let (ready, _) = count(session, shared, queue).await?;
        depths.insert(queue, ready.into());
    }
    Ok(depths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_goes_to_its_own_queue_by_name_and_to_another_by_a_longer_key() {
        assert_eq!(routing_key("upload.received", Queue::Uploads), "upload.received");
        assert_eq!(routing_key("upload.received", Queue::UploadsLarge), "upload.received.uploads-large");
        assert_eq!(routing_key("of.tomorrow", Queue::Notices), "of.tomorrow.notices");
    }

    #[test]
    fn no_wire_name_ends_like_a_queue() {
        for row in &Kind::TABLE {
            let last = row.name.rsplit('.').next().unwrap();
            assert_eq!(Queue::parse(last), None, "{} would go to two queues", row.name);
        }
    }

    #[test]
    fn every_kind_and_every_queue_has_its_binding() {
        let all = items(&Names::new("p"), &Settings::new("embedded", "p"));
        let is_bound = |to: Queue, by: &str| {
            all.iter().any(
                |item| matches!(item, Item::Binding { queue, key, .. } if *queue == format!("p.{to}") && key == by),
            )
        };
        assert!(Kind::TABLE.iter().all(|row| is_bound(row.queue, row.name)));
        assert!(Queue::ALL.into_iter().all(|queue| is_bound(queue, &format!("#.{queue}"))));
    }
}
