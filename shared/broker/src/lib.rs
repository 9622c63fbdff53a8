//! The doorbell: carries envelopes to free workers, through the process itself or through `RabbitMQ`.
//!
//! The database is the truth. Whatever the broker carries may be lost, doubled or reordered without harm, so
//! this crate promises little and keeps it: an id that `publish` returns has been confirmed, a subscription goes on for
//! ever, nothing ever hangs longer than its time limit, and [`Broker::generation`] grows whenever what the broker held
//! may be gone.
//!
//! | part | what it does |
//! |---|---|
//! | `contract` | the trait [`Broker`] and what it hands out |
//! | `delivery` | one ring of the bell and how it is settled |
//! | `embedded` | the bell inside one process |
//! | `rabbitmq/` | topology, supervisor, publisher, consumer, canary, dead letters |

mod address;
mod contract;
mod delivery;
mod embedded;
mod error;
mod health;
mod rabbitmq;
mod settings;

use std::sync::Arc;

pub use contract::{Broker, DeadLetter, DeadLetters, Grave, Subscription};
pub use delivery::{Bell, Delivery, ack_all};
pub use embedded::Embedded;
pub use error::BrokerError;
pub use health::{Health, QueueHealth, QueueState};
pub use settings::Settings;

use address::Address;

/// A longer prefix is refused, so that no name at the broker passes the 255 bytes of AMQP.
const PREFIX_BYTES: usize = 100;

/// The broker that the settings' address names: `embedded`, or an `amqp://` or `amqps://` URL.
///
/// Only the address is judged here; connecting goes on in the background, for ever, and what stands in its way is told
/// by the calls of [`Broker`]. Must be called inside a tokio runtime.
pub fn connect(settings: Settings) -> Result<Arc<dyn Broker>, BrokerError> {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if settings.prefix.is_empty() || settings.prefix.len() > PREFIX_BYTES || !settings.prefix.bytes().all(is_fit) {
        let sentence = format!("the prefix of its queues needs 1 to {PREFIX_BYTES} letters, digits, `.`, `_` or `-`");
        return Err(BrokerError::Address(sentence));
    }
    match Address::parse(&settings.url)? {
        Address::Embedded => Ok(Arc::new(Embedded::new())),
        Address::Amqp(address) => Ok(Arc::new(rabbitmq::RabbitMq::start(settings, address))),
    }
}
