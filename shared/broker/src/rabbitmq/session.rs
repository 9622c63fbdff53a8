//! One life of a connection: from its building to the first thing that goes wrong with it.

use std::{
    future::Future,
    sync::OnceLock,
    time::{Duration, Instant},
};

use lapin::{Channel, Connection, ErrorKind, protocol::AMQPErrorKind, protocol::AMQPSoftError};
use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;

use crate::BrokerError;

/// A standing connection. Whoever sees anything wrong calls [`Session::fail`]; it is then dropped whole and never mended.
pub(super) struct Session {
    /// Counts the connections of a link; delivery tags are good for one only.
    pub(super) epoch: u64,
    pub(super) connection: Connection,
    /// For passive questions (depths, existence).
    asking: OnceCell<Channel>,
    /// Reason and beginning of a block by the broker.
    block: watch::Sender<Option<(String, Instant)>>,
    gone: CancellationToken,
    reason: OnceLock<String>,
}

impl Session {
    pub(super) fn new(epoch: u64, connection: Connection) -> Self {
        Self {
            epoch,
            connection,
            asking: OnceCell::new(),
            block: watch::Sender::new(None),
            gone: CancellationToken::new(),
            reason: OnceLock::new(),
        }
    }

    /// Ends this life. The first reason is the one that is told.
    pub(super) fn fail(&self, reason: impl Into<String>) {
        let _ = self.reason.set(reason.into());
        self.gone.cancel();
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.is_cancelled()
    }

    /// Cancelled when this life is over.
    pub(super) fn gone(&self) -> &CancellationToken {
        &self.gone
    }

    pub(super) fn reason(&self) -> String {
        self.reason.get().cloned().unwrap_or_else(|| "closed".to_owned())
    }

    /// The broker's reason for taking no publishes on this connection, if it does not.
    pub(super) fn blocked(&self) -> Option<String> {
        self.block.borrow().as_ref().map(|(reason, _)| reason.clone())
    }

    pub(super) fn blocked_for(&self) -> Duration {
        self.block.borrow().as_ref().map(|(_, since)| since.elapsed()).unwrap_or_default()
    }

    pub(super) fn set_blocked(&self, reason: Option<String>) {
        self.block.send_replace(reason.map(|reason| (reason, Instant::now())));
    }

    /// Returns the reason as soon as the connection is blocked.
    pub(super) async fn until_blocked(&self) -> String {
        let mut block = self.block.subscribe();
        match block.wait_for(Option::is_some).await.as_deref() {
            Ok(Some((reason, _))) => reason.clone(),
            _ => String::new(),
        }
    }

    /// Returns as soon as the connection is not blocked.
    pub(super) async fn until_unblocked(&self) {
        let _ = self.block.subscribe().wait_for(Option::is_none).await;
    }

    /// Returns as soon as the connection is not blocked, or has ended.
    pub(super) async fn until_unblocked_or_gone(&self) {
        tokio::select! {
            () = self.until_unblocked() => {}
            () = self.gone.cancelled() => {}
        }
    }

    /// The channel for passive questions.
    pub(super) async fn asking(&self, limit: Duration) -> Result<&Channel, BrokerError> {
        self.asking.get_or_try_init(|| within(limit, "opening a channel", self.connection.create_channel())).await
    }
}

/// Awaits the broker, but no longer than `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    what: &str,
    answer: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    match tokio::time::timeout(limit, answer).await {
        Err(_) => Err(BrokerError::Late { what: what.to_owned(), limit_ms: limit.as_millis() }),
        Ok(answer) => answer.map_err(|error| told(what, &error)),
    }
}

/// lapin's error in our words; `what` is the thing's name where it is about a queue or exchange.
pub(super) fn told(what: &str, error: &lapin::Error) -> BrokerError {
    let (name, reason) = (what.to_owned(), error.to_string());
    if let ErrorKind::ProtocolError(protocol) = error.kind()
        && let AMQPErrorKind::Soft(soft) = protocol.kind()
    {
        let reason = protocol.get_message().to_string();
        match soft {
            AMQPSoftError::PRECONDITIONFAILED => return BrokerError::OtherArguments { name, reason },
            AMQPSoftError::ACCESSREFUSED => return BrokerError::Rights { name, reason },
            _ => {}
        }
    }
    BrokerError::Failed { what: name, reason }
}
