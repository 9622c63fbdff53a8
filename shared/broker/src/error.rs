//! Why the broker could not do what it was asked for.

/// An error of the broker. No variant ever holds a password: addresses stand in them masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// The configured address can't be understood; the sentence says what is wrong and what to write.
    #[error("the broker's address can't be used: {0}")]
    Address(String),
    /// No connection stands at the moment; it is being tried again for ever.
    #[error("the broker at {address} can't be reached: {reason}")]
    Unreachable {
        /// The address without its password.
        address: String,
        /// What stood in the way.
        reason: String,
    },
    /// A queue or exchange exists with other arguments than ours; an operator has to delete it.
    #[error(
        "{name} is declared with other arguments at the broker ({reason}); delete it there, it is made anew and nothing is lost"
    )]
    OtherArguments {
        /// The queue's or exchange's name at the broker.
        name: String,
        /// The broker's own words.
        reason: String,
    },
    /// The account at the broker lacks a right.
    #[error("the broker's account may not use {name}: {reason}")]
    Rights {
        /// What it was denied.
        name: String,
        /// The broker's own words.
        reason: String,
    },
    /// The broker takes no messages for now: a memory or disk alarm.
    #[error("the broker takes no messages for now: {reason}")]
    Blocked {
        /// The broker's own words.
        reason: String,
    },
    /// The broker did not answer in time.
    #[error("the broker did not answer within {limit_ms} ms: {what}")]
    Late {
        /// What was being done.
        what: String,
        /// The limit in milliseconds.
        limit_ms: u128,
    },
    /// The broker refused or broke off.
    #[error("{what} failed at the broker: {reason}")]
    Failed {
        /// What was being done.
        what: String,
        /// The broker's or the client's words.
        reason: String,
    },
    /// [`crate::Broker::close`] has been called.
    #[error("the broker has been closed by this process")]
    Closed,
}

impl BrokerError {
    /// True where waiting does not help: a person has to change the configuration or the broker.
    #[must_use]
    pub const fn needs_a_person(&self) -> bool {
        matches!(self, Self::Address(_) | Self::OtherArguments { .. } | Self::Rights { .. })
    }
}
