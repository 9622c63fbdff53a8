//! Messages: outbox, inbox, queue and dead pile in one table.
//!
//! A row is `ready` (waiting, or due), `running` (claimed by a worker), `done`, or `dead`. `due_at` is the earliest
//! moment at which it may run, `ring_at` the next moment at which somebody must be told of it; both are on the
//! machine's clock. A row that was rung and never claimed is rung again, so a broker may lose what it likes.

mod claim;
mod dead;
mod ring;
mod settle;

pub use claim::{claim_alone, claim_due, claim_named, count_alone};
pub use dead::{DeadMessage, DeadSelection, count_dead, discard, keep_undecodable, list_dead, replay, show_dead};
pub use ring::{RingLimits, ring_again, ring_all, take_due_bells};
pub use settle::{bury, finish, give_back, give_back_named, hold, mark_alone, postpone, retry, revive_lost};

use chrono::{DateTime, Utc};
use messages::{Envelope, Queue, TraceParent};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Unit};

/// A message to be written.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// What will travel.
    pub envelope: Envelope,
    /// Where to.
    pub queue: Queue,
    /// Not before this moment (machine clock).
    pub due_at: DateTime<Utc>,
    /// When somebody must ring for it again, if nobody has claimed it until then (machine clock).
    pub ring_at: DateTime<Utc>,
}

/// A message that a worker has claimed and now runs.
#[derive(Debug, Clone)]
pub struct Job {
    /// What travels.
    pub envelope: Envelope,
    /// Its queue.
    pub queue: Queue,
    /// Runs so far, this one included.
    pub attempts: u32,
    /// Whether it runs alone in its process, since a process died over it.
    pub alone: bool,
}

/// How a queue stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QueueState {
    /// Its name.
    pub queue: String,
    /// Due and waiting for a worker.
    pub ready: i64,
    /// Claimed by workers.
    pub running: i64,
    /// Not due yet (backoff).
    pub waiting: i64,
    /// In the dead pile.
    pub dead: i64,
    /// Age of the oldest that is due, in seconds.
    pub oldest_s: i64,
    /// Whether an operator has paused it.
    pub paused: bool,
}

#[derive(FromRow)]
struct JobRow {
    id: Uuid,
    kind: String,
    queue: String,
    version: i32,
    payload: String,
    occurred_at: DateTime<Utc>,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    traceparent: Option<String>,
    attempts: i32,
    alone: bool,
}

const JOB_COLUMNS: &str = "messages.id, messages.kind, messages.queue, messages.version, messages.payload, messages.occurred_at, \
    messages.correlation_id, messages.causation_id, messages.traceparent, messages.attempts, messages.alone";

impl JobRow {
    fn job(self) -> Result<Job, StoreError> {
        let queue = Queue::parse(&self.queue)
            .ok_or_else(|| StoreError::Corrupt(format!("message {} is in an unknown queue", self.id)))?;
        let (attempts, alone) = (u32::try_from(self.attempts).unwrap_or(0), self.alone);
        Ok(Job { envelope: self.envelope()?, queue, attempts, alone })
    }

    fn envelope(self) -> Result<Envelope, StoreError> {
        Ok(Envelope {
            payload: serde_json::from_str(&self.payload)
                .map_err(|_| StoreError::Corrupt(format!("the payload of message {}", self.id)))?,
            id: self.id,
            kind: self.kind,
            version: u16::try_from(self.version).unwrap_or(0),
            occurred_at: self.occurred_at,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            traceparent: self.traceparent.map(TraceParent::from),
        })
    }
}

/// Writes messages. One whose id is there already is left alone (a foreign system may send twice): the number written.
pub async fn insert(unit: &mut Unit, new: &[NewMessage]) -> Result<u64, StoreError> {
    let envelope = |f: fn(&Envelope) -> String| new.iter().map(move |m| f(&m.envelope));
    let rows = Rows::new()
        .id("id", new.iter().map(|m| m.envelope.id))
        .text("kind", envelope(|e| e.kind.clone()))
        .text("queue", new.iter().map(|m| m.queue.name().to_owned()))
        .int("version", new.iter().map(|m| i64::from(m.envelope.version)))
        .text("payload", envelope(|e| e.payload.to_string()))
        .instant("occurred_at", new.iter().map(|m| m.envelope.occurred_at))
        .id("correlation_id", new.iter().map(|m| m.envelope.correlation_id))
        .id("causation_id", new.iter().map(|m| m.envelope.causation_id))
        .text("traceparent", new.iter().map(|m| m.envelope.traceparent.as_ref().map(|t| t.as_str().to_owned())))
        .instant("due_at", new.iter().map(|m| m.due_at))
        .instant("ring_at", new.iter().map(|m| m.ring_at));
    rows.execute(
        unit,
        "INSERT INTO messages (id, kind, queue, version, payload, occurred_at, correlation_id, causation_id, traceparent, \
         state, due_at, ring_at) \
         SELECT id, kind, queue, version, payload, occurred_at, correlation_id, causation_id, traceparent, 'ready', due_at, ring_at \
         FROM r WHERE TRUE ON CONFLICT (id) DO NOTHING",
    )
    .await
}

/// How many of these chains of messages are not settled yet (`--wait`).
pub async fn open_of(session: &mut impl Session, correlations: &[Uuid]) -> Result<i64, StoreError> {
    let mut sorted = correlations.to_vec();
    sorted.sort_unstable();
    // A chain that is named twice counts once.
    sorted.dedup();
    let rows = Rows::new().id("id", sorted);
    let counts: Vec<(i64,)> = rows
        .fetch(
            session,
            "SELECT COUNT(*) FROM r CROSS JOIN messages WHERE messages.correlation_id = r.id AND messages.state IN ('ready', 'running')",
        )
        .await?;
    Ok(counts.iter().map(|(count,)| count).sum())
}

/// How many of them are mails.
pub async fn open_mails_of(session: &mut impl Session, correlations: &[Uuid]) -> Result<i64, StoreError> {
    let rows = Rows::new().id("id", correlations.iter().copied());
    let counts: Vec<(i64,)> = rows
        .fetch(
            session,
            "SELECT COUNT(DISTINCT messages.id) FROM r CROSS JOIN messages WHERE messages.correlation_id = r.id \
             AND messages.state IN ('ready', 'running') AND messages.queue = 'mails'",
        )
        .await?;
    Ok(counts.iter().map(|(count,)| count).sum())
}

/// Whether anything is ready or running; with `due_by`, what is not due until then doesn't count (`drain --until-idle`).
pub async fn open_by(session: &mut impl Session, due_by: DateTime<Utc>) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM messages WHERE state = 'running' OR (state = 'ready' AND due_at <= $1 \
        AND queue NOT IN (SELECT queue FROM paused_queues))";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(due_by).fetch_one(conn).await)?)
}

/// How every queue stands at this moment (machine clock).
pub async fn queue_states(session: &mut impl Session, now: DateTime<Utc>) -> Result<Vec<QueueState>, StoreError> {
    #[derive(FromRow)]
    struct Row {
        queue: String,
        ready: i64,
        running: i64,
        waiting: i64,
        dead: i64,
        oldest: Option<DateTime<Utc>>,
    }
    let sql = "SELECT queue, \
        COUNT(CASE WHEN state = 'ready' AND due_at <= $1 THEN 1 END) AS ready, \
        COUNT(CASE WHEN state = 'running' THEN 1 END) AS running, \
        COUNT(CASE WHEN state = 'ready' AND due_at > $1 THEN 1 END) AS waiting, \
        COUNT(CASE WHEN state = 'dead' THEN 1 END) AS dead, \
        MIN(CASE WHEN state = 'ready' AND due_at <= $1 THEN due_at END) AS oldest \
        FROM messages WHERE state IN ('ready', 'running', 'dead') GROUP BY queue";
    let found: Vec<Row> = on!(session, conn => sqlx::query_as(sql).bind(now).fetch_all(conn).await)?;
    let paused: Vec<String> =
        on!(session, conn => sqlx::query_scalar("SELECT queue FROM paused_queues").fetch_all(conn).await)?;
    Ok(Queue::ALL
        .iter()
        .map(|queue| {
            let name = queue.name().to_owned();
            let paused = paused.contains(&name);
            match found.iter().find(|row| row.queue == name) {
                None => QueueState { queue: name, ready: 0, running: 0, waiting: 0, dead: 0, oldest_s: 0, paused },
                Some(row) => QueueState {
                    queue: name,
                    ready: row.ready,
                    running: row.running,
                    waiting: row.waiting,
                    dead: row.dead,
                    oldest_s: row.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0)),
                    paused,
                },
            }
        })
        .collect())
}

/// Stops workers from claiming from a queue; false when it was paused already.
pub async fn pause(unit: &mut Unit, queue: Queue, account: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql =
        "INSERT INTO paused_queues (queue, account, paused_at) VALUES ($1, $2, $3) ON CONFLICT (queue) DO NOTHING";
    Ok(
        on!(unit, conn => sqlx::query(sql).bind(queue.name()).bind(account).bind(now).execute(conn).await.map(|d| d.rows_affected()))?
            == 1,
    )
}

/// Lets workers claim from a queue again; false when it was not paused.
pub async fn resume(unit: &mut Unit, queue: Queue, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "DELETE FROM paused_queues WHERE queue = $1";
    let resumed =
        on!(unit, conn => sqlx::query(sql).bind(queue.name()).execute(conn).await.map(|d| d.rows_affected()))? == 1;
    ring::ring_queue(unit, queue, now).await?;
    Ok(resumed)
}

/// The names of the paused queues.
pub async fn paused(session: &mut impl Session) -> Result<Vec<String>, StoreError> {
    Ok(on!(session, conn => sqlx::query_scalar("SELECT queue FROM paused_queues").fetch_all(conn).await)?)
}

/// Takes away what has been done and was written before an id of that age; a few thousand at a time, so that no
/// lock is held long. The number taken away.
pub async fn purge_done(unit: &mut Unit, before: Uuid, most: i64) -> Result<u64, StoreError> {
    let sql = "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE state = 'done' AND id < $1 ORDER BY id LIMIT $2)";
    Ok(on!(unit, conn => sqlx::query(sql).bind(before).bind(most).execute(conn).await.map(|d| d.rows_affected()))?)
}

/// How long the bell of the row that has waited longest is overdue, in seconds; 0 when none is.
pub async fn outbox_lag_s(session: &mut impl Session, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let sql = "SELECT MIN(ring_at) FROM messages WHERE state = 'ready' AND ring_at <= $1";
    let oldest: Option<DateTime<Utc>> = on!(session, conn => sqlx::query_scalar(sql).bind(now).fetch_one(conn).await)?;
    Ok(oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0)))
}
