//! Publishing: one task owns the confirming channel, pipelines whatever waits and awaits its confirms together.
//!
//! With `mandatory` and pipelined publishes lapin can hand a returned message to the *wrong* confirm. A message counts as
//! published only when its whole window has been confirmed and its id is not among the returned ones.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
};
use messages::{Envelope, Queue};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};
use uuid::Uuid;

use super::{
    Shared,
    session::{Session, told, within},
    supervisor::Link,
    topology::{routing_key, short},
};
use crate::BrokerError;

/// Calls of `publish` that wait for the task; the next one waits for a place.
const WAITING_CALLS: usize = 256;

/// The persistent delivery mode of AMQP.
const PERSISTENT: u8 = 2;

/// One message ready for the wire.
struct Outgoing {
    id: Uuid,
    key: ShortString,
    kind: ShortString,
    bytes: Vec<u8>,
}

type Answer = Result<Vec<Uuid>, BrokerError>;

struct Job {
    messages: Vec<Outgoing>,
    answer: oneshot::Sender<Answer>,
}

/// The way to the publishing task.
pub(super) struct Publisher {
    jobs: mpsc::Sender<Job>,
    link: Arc<Link>,
    shared: Arc<Shared>,
}

impl Publisher {
    /// Starts the task.
    pub(super) fn start(shared: &Arc<Shared>, link: &Arc<Link>) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING_CALLS);
        shared.tasks.spawn(run(Arc::clone(shared), Arc::clone(link), waiting));
        Self { jobs, link: Arc::clone(link), shared: Arc::clone(shared) }
    }

    /// See [`crate::Broker::publish`].
    pub(super) async fn publish(&self, batch: &[(Queue, Envelope)]) -> Answer {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let session = self.link.now().await?;
        let settings = &self.shared.settings;
        let messages: Vec<Outgoing> =
            batch.iter().filter_map(|(queue, envelope)| outgoing(*queue, envelope, settings.message_bytes)).collect();
        metrics::counter!("rollcall_broker_publishes_total").increment(messages.len() as u64);
        let windows = u32::try_from(messages.len() / settings.in_flight.max(1)).unwrap_or(u32::MAX).saturating_add(2);
        let limit = settings.limit.saturating_mul(windows);
        let (answer, answered) = oneshot::channel();
        let asked = async {
            let gone = |_| self.shared.unreachable(session.reason());
            self.jobs.send(Job { messages, answer }).await.map_err(|_| BrokerError::Closed)?;
            answered.await.map_err(gone)?
        };
        tokio::select! {
            biased;
            answer = asked => answer,
            // A blocked broker keeps publishes pending; whoever waits is told at once.
            reason = session.until_blocked() => Err(BrokerError::Blocked { reason }),
            () = session.gone().cancelled() => Err(self.shared.unreachable(session.reason())),
            () = self.shared.closing.cancelled() => Err(BrokerError::Closed),
            () = tokio::time::sleep(limit) => {
                Err(BrokerError::Late { what: "publishing".to_owned(), limit_ms: limit.as_millis() })
            }
        }
    }
}

/// The message for the wire; `None` (told in the log) if it can't go there.
fn outgoing(queue: Queue, envelope: &Envelope, limit: usize) -> Option<Outgoing> {
    let bytes = envelope.encode();
    if bytes.len() > limit {
        error!(id = %envelope.id, bytes = bytes.len(), limit, "an envelope is longer than the limit and is not published");
        return None;
    }
    let key = short(&routing_key(&envelope.kind, queue)).ok()?;
    let kind = short(&envelope.kind).ok()?;
    Some(Outgoing { id: envelope.id, key, kind, bytes })
}

async fn run(shared: Arc<Shared>, link: Arc<Link>, mut waiting: mpsc::Receiver<Job>) {
    loop {
        let session = tokio::select! {
            () = shared.closing.cancelled() => return,
            session = link.up() => session,
        };
        let Some(session) = session else { return };
        match serve(&shared, &session, &mut waiting).await {
            Ok(()) => return,
            Err(error) => session.fail(error.to_string()),
        }
    }
}

/// Publishes over one session; `Ok` when the broker is being closed.
async fn serve(shared: &Shared, session: &Session, waiting: &mut mpsc::Receiver<Job>) -> Result<(), BrokerError> {
    let limit = shared.settings.limit;
    let channel = within(limit, "opening a channel", session.connection.create_channel()).await?;
    within(limit, "asking for confirms", channel.confirm_select(ConfirmSelectOptions::default())).await?;
    let window = shared.settings.in_flight.max(1);
    let lane = Lane { exchange: short(&shared.names.events())?, channel, session, limit };
    loop {
        let first = tokio::select! {
            biased;
            () = shared.closing.cancelled() => return Ok(()),
            () = session.gone().cancelled() => return Err(shared.unreachable(session.reason())),
            job = waiting.recv() => job,
        };
        let Some(first) = first else { return Ok(()) };
        // Whatever else waits goes along: one window, one wait for the disk at the broker.
        let mut jobs = vec![first];
        let mut total = jobs[0].messages.len();
        while total < window
            && let Ok(job) = waiting.try_recv()
        {
            total += job.messages.len();
            jobs.push(job);
        }
        // Whoever has stopped waiting rings again later.
        jobs.retain(|job| !job.answer.is_closed());
        lane.carry(jobs, window).await?;
    }
}

/// The confirming channel of one session.
struct Lane<'a> {
    channel: Channel,
    session: &'a Session,
    exchange: ShortString,
    limit: Duration,
}

/// What became of one window.
#[derive(Default)]
struct Outcome {
    acked: Vec<usize>,
    returned: HashSet<Uuid>,
}

impl Lane<'_> {
    /// Publishes these jobs, window by window, and answers them.
    async fn carry(&self, jobs: Vec<Job>, window: usize) -> Result<(), BrokerError> {
        let all: Vec<(usize, &Outgoing)> =
            jobs.iter().enumerate().flat_map(|(job, j)| j.messages.iter().map(move |m| (job, m))).collect();
        let mut confirmed: Vec<Vec<Uuid>> = jobs.iter().map(|_| Vec::new()).collect();
        let mut failure = None;
        for part in all.chunks(window) {
            match self.send(part).await {
                Ok(outcome) => {
                    let published = outcome.acked.iter().map(|place| part[*place]);
                    for (job, message) in published.filter(|(_, message)| !outcome.returned.contains(&message.id)) {
                        confirmed[job].push(message.id);
                    }
                    if !outcome.returned.is_empty() {
                        failure = Some(BrokerError::Failed {
                            what: "publishing".to_owned(),
                            reason: "no queue took the message: something of ours was deleted".to_owned(),
                        });
                    }
                }
                Err(error) => failure = Some(error),
            }
            if failure.is_some() {
                break;
            }
        }
        for (job, ids) in jobs.into_iter().zip(confirmed) {
            metrics::counter!("rollcall_broker_confirms_total").increment(ids.len() as u64);
            let answer = match &failure {
                Some(error) if ids.is_empty() => Err(error.clone()),
                _ => Ok(ids),
            };
            // Whoever has stopped waiting rings again later.
            let _ = job.answer.send(answer);
        }
        failure.map_or(Ok(()), Err)
    }

    /// Publishes one window and waits until all of it is decided.
    async fn send(&self, window: &[(usize, &Outgoing)]) -> Result<Outcome, BrokerError> {
        let mut confirms: FuturesUnordered<_> =
            window.iter().enumerate().map(|(place, (_, message))| self.send_one(place, message)).collect();
        let mut outcome = Outcome::default();
        let mut deadline = Instant::now() + self.limit;
        loop {
            let confirm = tokio::select! {
                confirm = confirms.next() => confirm,
                () = self.session.gone().cancelled() => return Err(self.lost()),
                () = tokio::time::sleep_until(deadline.into()) => {
                    if self.session.blocked().is_none() {
                        return Err(BrokerError::Late { what: "confirming".to_owned(), limit_ms: self.limit.as_millis() });
                    }
                    // The supervisor ends a session that is blocked for too long.
                    self.session.until_unblocked_or_gone().await;
                    deadline = Instant::now() + self.limit;
                    continue;
                }
            };
            let Some(confirm) = confirm else { return Ok(outcome) };
            let (place, confirmation) = confirm.map_err(|error| told("publishing", &error))?;
            outcome.note(place, confirmation);
        }
    }

    async fn send_one(&self, place: usize, message: &Outgoing) -> lapin::Result<(usize, Confirmation)> {
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/json".into())
            .with_type(message.kind.clone())
            .with_message_id(message.id.to_string().into());
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let (exchange, key) = (self.exchange.clone(), message.key.clone());
        let confirm = self.channel.basic_publish(exchange, key, options, &message.bytes, properties).await?;
        Ok((place, confirm.await?))
    }

    fn lost(&self) -> BrokerError {
        BrokerError::Failed { what: "publishing".to_owned(), reason: self.session.reason() }
    }
}

impl Outcome {
    fn note(&mut self, place: usize, confirmation: Confirmation) {
        if confirmation.is_ack() {
            self.acked.push(place);
        } else {
            metrics::counter!("rollcall_broker_refusals_total").increment(1);
        }
        if let Some(returned) = confirmation.take_message() {
            metrics::counter!("rollcall_broker_returns_total").increment(1);
            let id = returned.properties.message_id().as_ref().and_then(|id| Uuid::parse_str(id.as_str()).ok());
            warn!(?id, key = %returned.routing_key, reason = %returned.reply_text, "the broker returned a message");
            self.returned.extend(id);
        }
    }
}
