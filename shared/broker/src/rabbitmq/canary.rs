//! Canaries: small messages through each consumed queue that every consumer swallows and answers.
//!
//! A quorum queue can stay without a leader, or lose its binding, with every connection in good health. A canary that
//! does not come back shows it. Any process may swallow it; the answer travels through an exchange of its own to an exclusive queue
//! of the process that sent it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel,
    message::Delivery as Incoming,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use messages::Queue;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tracing::{debug, warn};
use uuid::Uuid;

use super::{
    Shared,
    consumer::Gauge,
    session::{Session, within},
    supervisor::Link,
    topology::{self, short},
};
use crate::BrokerError;

/// The message type that marks a canary.
const KIND: &str = "canary";

/// True if the crate's consumers swallow it.
pub(super) fn is_canary(message: &Incoming) -> bool {
    message.properties.kind().as_ref().is_some_and(|kind| kind.as_str() == KIND)
}

/// An answer to a canary of whichever process.
struct Echo {
    to: ShortString,
    id: ShortString,
}

/// The canaries of this process.
pub(super) struct Canaries {
    gauges: Mutex<Vec<Weak<Gauge>>>,
    round_trips: Mutex<HashMap<Queue, Duration>>,
    echoes: UnboundedSender<Echo>,
}

impl Canaries {
    /// Starts the task that sends, answers and looks for them.
    pub(super) fn start(shared: &Arc<Shared>, publishing: &Arc<Link>, consuming: &Arc<Link>) -> Arc<Self> {
        let (echoes, waiting) = mpsc::unbounded_channel();
        let (gauges, round_trips) = (Mutex::default(), Mutex::default());
        let canaries = Arc::new(Self { gauges, round_trips, echoes });
        let keeper = Keeper {
            shared: Arc::clone(shared),
            consuming: Arc::clone(consuming),
            canaries: Arc::clone(&canaries),
            echoes: waiting,
        };
        shared.tasks.spawn(keeper.run(Arc::clone(publishing)));
        canaries
    }

    /// Sends canaries through the queue of this subscription as long as it lives.
    pub(super) fn watch(&self, gauge: &Arc<Gauge>) {
        let mut gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.retain(|gauge| gauge.strong_count() > 0);
        gauges.push(Arc::downgrade(gauge));
    }

    /// Answers a canary that has been swallowed.
    pub(super) fn answer(&self, message: &Incoming) {
        let properties = &message.properties;
        if let (Some(to), Some(id)) = (properties.reply_to().clone(), properties.message_id().clone()) {
            let _ = self.echoes.send(Echo { to, id });
        }
    }

    /// The last round trip through each queue that this process consumes.
    pub(super) fn round_trips(&self) -> Vec<(Queue, Option<Duration>)> {
        let trips = self.round_trips.lock().unwrap_or_else(PoisonError::into_inner);
        self.consumed().into_keys().map(|queue| (queue, trips.get(&queue).copied())).collect()
    }

    /// The queues that are being consumed now, with their subscriptions.
    fn consumed(&self) -> HashMap<Queue, Vec<Arc<Gauge>>> {
        let gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        let mut consumed: HashMap<Queue, Vec<Arc<Gauge>>> = HashMap::new();
        for gauge in gauges.iter().filter_map(Weak::upgrade) {
            if let (Some(queue), true) = (gauge.queue, gauge.is_consuming.load(Ordering::Acquire)) {
                consumed.entry(queue).or_default().push(gauge);
            }
        }
        consumed
    }
}

/// A canary that has not come back yet.
struct Flight {
    id: String,
    sent: Instant,
    /// When it is looked for.
    look_at: Instant,
    /// Deliveries of the queue to this process when it was last looked for.
    delivered: u64,
}

struct Keeper {
    shared: Arc<Shared>,
    consuming: Arc<Link>,
    canaries: Arc<Canaries>,
    echoes: UnboundedReceiver<Echo>,
}

impl Keeper {
    async fn run(mut self, publishing: Arc<Link>) {
        let closing = self.shared.closing.clone();
        loop {
            let session = tokio::select! {
                () = closing.cancelled() => return,
                session = publishing.up() => session,
            };
            let Some(session) = session else { return };
            let ended = tokio::select! {
                () = closing.cancelled() => return,
                () = session.gone().cancelled() => continue,
                ended = self.keep(&session) => ended,
            };
            if let Err(error) = ended {
                session.fail(error.to_string());
            }
        }
    }

    /// Sends, answers and looks for canaries over one session; ends with an error only.
    async fn keep(&mut self, session: &Session) -> Result<(), BrokerError> {
        let limit = self.shared.settings.limit;
        let channel = within(limit, "opening a channel", session.connection.create_channel()).await?;
        let home = format!("{}.{}", self.shared.names.canary(), Uuid::from_u128(rand::random()).simple());
        let mut returning = self.settle_home(&channel, &home).await?;
        let mut flights: HashMap<Queue, Flight> = HashMap::new();
        let mut due: HashMap<Queue, Instant> = HashMap::new();
        let beat = self.shared.settings.canary_every.min(self.shared.settings.canary_limit).min(Duration::from_secs(1));
        let mut ticks = tokio::time::interval(beat);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(echo) = self.echoes.recv() => self.echo(session, &channel, echo).await?,
                back = returning.next() => match back {
                    Some(Ok(message)) => self.note(&mut flights, &message),
                    _ => return Err(ended()),
                },
                _ = ticks.tick() => {
                    if session.blocked().is_some() {
                        // Neither canaries nor answers fly now; those under way say nothing.
                        flights.clear();
                        continue;
                    }
                    let consumed = self.canaries.consumed();
                    flights.retain(|queue, _| consumed.contains_key(queue));
                    self.send_due(&channel, &home, &consumed, &mut flights, &mut due).await?;
                    self.look(session, &consumed, &mut flights).await?;
                }
            }
        }
    }

    /// The queue that answers come back to: exclusive, so it goes when the connection goes.
    async fn settle_home(&self, channel: &Channel, home: &str) -> Result<lapin::Consumer, BrokerError> {
        let limit = self.shared.settings.limit;
        let (name, exchange) = (short(home)?, short(&self.shared.names.canary())?);
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        within(limit, home, channel.queue_declare(name.clone(), options, FieldTable::default())).await?;
        let bound = channel.queue_bind(
            name.clone(),
            exchange,
            name.clone(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        within(limit, home, bound).await?;
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..BasicConsumeOptions::default() };
        within(limit, home, channel.basic_consume(name, "".into(), options, FieldTable::default())).await
    }

    async fn echo(&self, session: &Session, channel: &Channel, echo: Echo) -> Result<(), BrokerError> {
        // A blocked broker would not read it; the sender's look says what it means then.
        if session.blocked().is_some() {
            return Ok(());
        }
        let properties = BasicProperties::default().with_type(KIND.into()).with_message_id(echo.id);
        self.publish(channel, &self.shared.names.canary(), echo.to, properties).await
    }

    async fn publish(
        &self,
        channel: &Channel,
        exchange: &str,
        key: ShortString,
        properties: BasicProperties,
    ) -> Result<(), BrokerError> {
        let published = channel.basic_publish(short(exchange)?, key, BasicPublishOptions::default(), b"", properties);
        within(self.shared.settings.limit, "sending a canary", published).await.map(drop)
    }

    /// Sends one through every consumed queue that has none under way and whose time has come.
    async fn send_due(
        &self,
        channel: &Channel,
        home: &str,
        consumed: &HashMap<Queue, Vec<Arc<Gauge>>>,
        flights: &mut HashMap<Queue, Flight>,
        due: &mut HashMap<Queue, Instant>,
    ) -> Result<(), BrokerError> {
        let settings = &self.shared.settings;
        let now = Instant::now();
        for (queue, gauges) in consumed {
            if flights.contains_key(queue) || due.get(queue).is_some_and(|at| *at > now) {
                continue;
            }
            let id = Uuid::from_u128(rand::random()).to_string();
            let properties = BasicProperties::default()
                .with_type(KIND.into())
                .with_message_id(id.clone().into())
                .with_reply_to(short(home)?);
            let key = short(&topology::routing_key(KIND, *queue))?;
            self.publish(channel, &self.shared.names.events(), key, properties).await?;
            due.insert(*queue, now + settings.canary_every);
            let look_at = now + settings.canary_limit;
            flights.insert(*queue, Flight { id, sent: now, look_at, delivered: delivered(gauges) });
        }
        Ok(())
    }

    /// A canary has come back.
    fn note(&self, flights: &mut HashMap<Queue, Flight>, message: &Incoming) {
        let id = message.properties.message_id().as_ref().map(ShortString::as_str);
        let Some(queue) = flights.iter().find(|(_, f)| Some(f.id.as_str()) == id).map(|(queue, _)| *queue) else {
            return;
        };
        if let Some(flight) = flights.remove(&queue) {
            let trip = flight.sent.elapsed();
            metrics::gauge!("rollcall_broker_canary_seconds", "queue" => queue.name()).set(trip.as_secs_f64());
            let mut trips = self.canaries.round_trips.lock().unwrap_or_else(PoisonError::into_inner);
            trips.insert(queue, trip);
        }
    }

    /// Looks for those that are overdue, and rebuilds everything if one is lost.
    async fn look(
        &self,
        session: &Session,
        consumed: &HashMap<Queue, Vec<Arc<Gauge>>>,
        flights: &mut HashMap<Queue, Flight>,
    ) -> Result<(), BrokerError> {
        let now = Instant::now();
        for (queue, flight) in flights.iter_mut().filter(|(_, flight)| flight.look_at <= now) {
            let Some(gauges) = consumed.get(queue) else { continue };
            let (ready, _) = topology::count(session, &self.shared, *queue).await?;
            let moved = delivered(gauges) != flight.delivered;
            let has_room = gauges.iter().any(|gauge| gauge.held.load(Ordering::Acquire) < gauge.prefetch);
            if is_lost(ready, has_room, moved) {
                metrics::counter!("rollcall_broker_canaries_lost_total", "queue" => queue.name()).increment(1);
                let reason = format!("a canary was lost in {queue}");
                warn!(%queue, "a canary was lost");
                if let Some(consuming) = self.consuming.session() {
                    consuming.fail(reason.clone());
                }
                return Err(BrokerError::Failed { what: "the canary's flight".to_owned(), reason });
            }
            debug!(%queue, ready, moved, has_room, "a canary is late");
            flight.look_at = now + self.shared.settings.canary_limit;
            flight.delivered = delivered(gauges);
        }
        Ok(())
    }
}

/// Late is not lost: behind a long queue, or while all places are taken, a canary waits like any message. It is lost if
/// nothing waits, or if something waits and a free consumer is not given it.
fn is_lost(ready: u32, has_room: bool, moved: bool) -> bool {
    ready == 0 || (has_room && !moved)
}

fn delivered(gauges: &[Arc<Gauge>]) -> u64 {
    gauges.iter().map(|gauge| gauge.delivered.load(Ordering::Acquire)).sum()
}

fn ended() -> BrokerError {
    BrokerError::Failed { what: "waiting for canaries".to_owned(), reason: "their queue has gone".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_canary_is_lost_only_where_it_could_have_come() {
        assert!(is_lost(0, true, true), "nothing waits, and it has not come");
        assert!(is_lost(0, false, false), "nothing waits, and it has not come");
        assert!(is_lost(7, true, false), "a free consumer is given nothing");
        assert!(!is_lost(7, true, true), "the queue moves");
        assert!(!is_lost(7, false, false), "all places are taken by long work");
    }
}
