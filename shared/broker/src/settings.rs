//! The limits of the broker, each with its unit and default.

use std::time::Duration;

/// Address and limits. `Debug` does not show the address, since it holds the password.
#[derive(Clone)]
pub struct Settings {
    /// `embedded`, or `amqp://user:password@host:5672/vhost`, or `amqps://…`.
    pub url: String,
    /// Stands before the name of every queue and exchange, so that several installations share a broker.
    pub prefix: String,
    /// What an operator sees as the connection's name; `-publish` or `-consume` is put behind it.
    pub connection_name: String,
    /// Certificates (PEM) that an `amqps` broker may be signed by, beside the public ones.
    pub ca_pem: Option<String>,
    /// No single await on the broker lasts longer.
    pub limit: Duration,
    /// Heartbeat of a connection; after two missed ones it is dead. 0 leaves it to the broker. In seconds.
    pub heartbeat_s: u16,
    /// A longer message is undecodable; a longer envelope is not published. In bytes.
    pub message_bytes: usize,
    /// Publishes whose confirms are awaited together.
    pub in_flight: usize,
    /// Deliveries of one message before the broker gives it to its dead-letter queue. A queue argument: once declared,
    /// another value needs the queue to be deleted.
    pub delivery_limit: u32,
    /// Messages that a queue takes before it refuses publishes. A queue argument, as above.
    pub queue_length: u32,
    /// A canary goes through each consumed queue this often.
    pub canary_every: Duration,
    /// A canary that has not come back after this is looked for.
    pub canary_limit: Duration,
    /// The queues' existence is looked at this often.
    pub watch_every: Duration,
    /// A connection that the broker blocks for longer is rebuilt.
    pub block_limit: Duration,
    /// The first wait before a rebuild; it doubles, with full jitter.
    pub backoff_base: Duration,
    /// The longest wait before a rebuild.
    pub backoff_cap: Duration,
}

impl Settings {
    /// The defaults for that address and prefix.
    #[must_use]
    pub fn new(url: &str, prefix: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: prefix.to_owned(),
            connection_name: prefix.to_owned(),
            ca_pem: None,
            limit: Duration::from_secs(5),
            heartbeat_s: 10,
            message_bytes: 1 << 20,
            in_flight: 1_000,
            delivery_limit: 20,
            queue_length: 1_000_000,
            canary_every: Duration::from_secs(30),
            canary_limit: Duration::from_secs(10),
            watch_every: Duration::from_secs(5),
            block_limit: Duration::from_mins(1),
            backoff_base: Duration::from_millis(100),
            backoff_cap: Duration::from_secs(5),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("prefix", &self.prefix)
            .field("connection_name", &self.connection_name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
