//! One task owns a connection: builds it, watches it, and at the first fault drops it whole and builds another, for ever.
//!
//! lapin's automatic recovery stays off: with it, a channel error gives one `Err` and then a stream that hangs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use lapin::{Connection, ConnectionProperties, Event, tcp::OwnedTLSConfig};
use tokio::sync::watch;
use tracing::{info, warn};

use super::{
    Shared, backoff,
    session::{Session, within},
    topology,
};
use crate::BrokerError;

/// A life shorter than this does not start the waits anew.
const SHORT_LIFE: Duration = Duration::from_secs(5);

/// What a connection is for. `RabbitMQ` blocks connections that publish; consumers must not be blocked with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Publish,
    Consume,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Consume => "consume",
        }
    }
}

#[derive(Clone)]
enum State {
    /// The first attempt has not ended yet.
    Connecting,
    Up(Arc<Session>),
    /// It is being tried again; this is what stood in the way last.
    Down(BrokerError),
    Closed,
}

/// A supervised connection, as the other tasks see it.
pub(super) struct Link {
    state: watch::Receiver<State>,
}

impl Link {
    /// Starts the supervising task.
    pub(super) fn start(role: Role, shared: &Arc<Shared>) -> Arc<Self> {
        let (sender, state) = watch::channel(State::Connecting);
        let supervisor = Supervisor { role, shared: Arc::clone(shared), state: sender };
        tokio::spawn(supervisor.run());
        Arc::new(Self { state })
    }

    /// The session that stands, however long it takes; `None` once the broker is closed.
    pub(super) async fn up(&self) -> Option<Arc<Session>> {
        let mut state = self.state.clone();
        let found = state.wait_for(|state| match state {
            State::Up(session) => !session.is_gone(),
            State::Closed => true,
            State::Connecting | State::Down(_) => false,
        });
        match found.await.as_deref() {
            Ok(State::Up(session)) => Some(Arc::clone(session)),
            _ => None,
        }
    }

    /// The session that stands now, or why there is none. Waits for the end of the very first attempt only.
    pub(super) async fn now(&self) -> Result<Arc<Session>, BrokerError> {
        let mut state = self.state.clone();
        let found = state.wait_for(|state| !matches!(state, State::Connecting)).await.map(|state| state.clone());
        match found {
            Ok(State::Up(session)) => Ok(session),
            Ok(State::Down(error)) => Err(error),
            _ => Err(BrokerError::Closed),
        }
    }

    /// The session, if one stands.
    pub(super) fn session(&self) -> Option<Arc<Session>> {
        match &*self.state.borrow() {
            State::Up(session) => Some(Arc::clone(session)),
            _ => None,
        }
    }

    /// Returns when the connection has been closed for good.
    pub(super) async fn ended(&self) {
        let _ = self.state.clone().wait_for(|state| matches!(state, State::Closed)).await;
    }
}

struct Supervisor {
    role: Role,
    shared: Arc<Shared>,
    state: watch::Sender<State>,
}

impl Supervisor {
    async fn run(self) {
        let (mut epoch, mut attempt) = (0_u64, 0_u32);
        let stop = self.shared.stop.clone();
        while !stop.is_cancelled() {
            let built = tokio::select! {
                () = stop.cancelled() => break,
                built = self.build(epoch) => built,
            };
            let error = match built {
                Ok((session, was_missing)) => {
                    // At a rebuild, and where a queue had to be made anew, what was in it may be gone.
                    if epoch > 0 || was_missing {
                        self.shared.grow_generation();
                    }
                    epoch += 1;
                    let born = Instant::now();
                    let error = self.live(session).await;
                    attempt = if born.elapsed() < SHORT_LIFE { attempt + 1 } else { 0 };
                    error
                }
                Err(error) => {
                    attempt += 1;
                    warn!(link = self.role.name(), attempt, %error, "no connection to the broker");
                    error
                }
            };
            if stop.is_cancelled() {
                break;
            }
            self.state.send_replace(State::Down(error));
            metrics::counter!("rollcall_broker_rebuilds_total", "link" => self.role.name()).increment(1);
            let settings = &self.shared.settings;
            let wait = backoff::wait(settings.backoff_base, settings.backoff_cap, attempt.saturating_sub(1));
            let _ = tokio::time::timeout(wait, stop.cancelled()).await;
        }
        self.state.send_replace(State::Closed);
    }

    /// Connects and declares. Says, too, whether a queue was missing.
    async fn build(&self, epoch: u64) -> Result<(Session, bool), BrokerError> {
        let connection = connect(&self.shared, self.role.name()).await?;
        let was_missing = topology::declare(&connection, &self.shared).await?;
        info!(link = self.role.name(), broker = %self.shared.address, "connected to the broker");
        Ok((Session::new(epoch, connection), was_missing))
    }

    /// Lets the session be used until something goes wrong or the broker is closed.
    async fn live(&self, session: Session) -> BrokerError {
        let session = Arc::new(session);
        self.state.send_replace(State::Up(Arc::clone(&session)));
        let reason = tokio::select! {
            () = self.shared.stop.cancelled() => "closed by this process".to_owned(),
            () = session.gone().cancelled() => session.reason(),
            reason = listen(&session, &self.shared) => reason,
            reason = self.watch_queues(&session) => reason,
        };
        session.fail(reason.clone());
        if !self.shared.stop.is_cancelled() {
            warn!(link = self.role.name(), %reason, "the connection to the broker is built anew");
        }
        let error = self.shared.unreachable(reason);
        self.state.send_replace(State::Down(error.clone()));
        // A dead peer never answers the farewell; nobody waits for it for long.
        let _ = tokio::time::timeout(Duration::from_secs(1), session.connection.close(200, "bye".into())).await;
        error
    }

    /// Returns when a queue is found missing. Only on the publishing connection: consumers notice by themselves.
    async fn watch_queues(&self, session: &Session) -> String {
        if self.role == Role::Consume {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(self.shared.settings.watch_every).await;
            session.until_unblocked().await;
            tokio::select! {
                // A blocked connection is not read by the broker: the question would only hang.
                _ = session.until_blocked() => {}
                depths = topology::depths(session, &self.shared) => if let Err(error) = depths {
                    return error.to_string();
                },
            }
        }
    }
}

/// Follows what the connection itself tells; returns when it is of no more use.
async fn listen(session: &Session, shared: &Shared) -> String {
    let mut events = std::pin::pin!(session.connection.events_listener());
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(reason)) => {
                    warn!(%reason, "the broker takes no messages for now");
                    session.set_blocked(Some(reason));
                }
                Some(Event::ConnectionUnblocked) => session.set_blocked(None),
                Some(Event::Error(error)) => return error.to_string(),
                Some(_) => {}
                None => return "the connection has ended".to_owned(),
            },
            _ = ticks.tick() => {
                if !session.connection.status().connected() {
                    return "the connection has ended".to_owned();
                }
                if session.blocked_for() > shared.settings.block_limit {
                    return "blocked by the broker for too long".to_owned();
                }
            }
        }
    }
}

/// A bare connection of ours, with a name that an operator sees.
pub(super) async fn connect(shared: &Shared, role: &str) -> Result<Connection, BrokerError> {
    let settings = &shared.settings;
    let runtime = lapin::runtime::default_runtime().map_err(|error| shared.unreachable(error.to_string()))?;
    let properties =
        ConnectionProperties::default().with_connection_name(format!("{}-{role}", settings.connection_name).into());
    let tls = OwnedTLSConfig { identity: None, cert_chain: settings.ca_pem.clone() };
    let uri = shared.address.uri(settings.heartbeat_s, settings.limit);
    let connecting = Connection::connect_uri_with_config(uri, properties, tls, runtime);
    match within(settings.limit, "connecting", connecting).await {
        Ok(connection) => Ok(connection),
        Err(BrokerError::Failed { reason, .. } | BrokerError::Rights { reason, .. }) => Err(shared.unreachable(reason)),
        Err(error) => Err(shared.unreachable(error.to_string())),
    }
}
