//! What `doctor` and `/readyz` are told about the broker.

use std::time::Duration;

use messages::Queue;

/// The state of the broker as seen just now.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// What it is, with its version where the broker tells it in the clear (`RabbitMQ 3.10.8`).
    pub server: String,
    /// One entry per queue and exchange of ours, with what is wrong about it, if anything.
    pub queues: Vec<QueueHealth>,
    /// The reason of a memory or disk alarm that this process has run into.
    pub blocked: Option<String>,
    /// Round trip of the last canary, for each queue that this process consumes.
    pub canaries: Vec<(Queue, Option<Duration>)>,
}

/// One queue or exchange at the broker.
#[derive(Debug, Clone)]
pub struct QueueHealth {
    /// Its name at the broker.
    pub name: String,
    /// How it stands.
    pub state: QueueState,
}

/// How a queue or exchange stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueState {
    /// As it should be.
    Good,
    /// Declared with other arguments; the broker's own words.
    OtherArguments(String),
    /// The account lacks a right; the broker's own words.
    MissingRight(String),
    /// Something else stood in the way.
    Failed(String),
}

impl Health {
    /// One sentence per thing that is wrong; empty if all is well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let queues = self.queues.iter().filter_map(|queue| match &queue.state {
            QueueState::Good => None,
            QueueState::OtherArguments(reason) => {
                Some(format!("{} is declared with other arguments: {reason}", queue.name))
            }
            QueueState::MissingRight(reason) => Some(format!("a right on {} is missing: {reason}", queue.name)),
            QueueState::Failed(reason) => Some(format!("{} can't be used: {reason}", queue.name)),
        });
        let blocked = self.blocked.iter().map(|reason| format!("the broker takes no messages for now: {reason}"));
        queues.chain(blocked).collect()
    }
}
