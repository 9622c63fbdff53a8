//! Claiming: a row goes from `ready` to `running`, its attempt counted before the run, so that a message that kills
//! its process is known by it afterwards.

use chrono::{DateTime, Utc};
use messages::Queue;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{JOB_COLUMNS, Job, JobRow};
use crate::{Rows, Session, StoreError, Unit, Value};

/// Claims those of the named messages that are still ready. What doesn't come back was claimed or done before.
pub async fn claim_named(
    unit: &mut Unit,
    worker: Uuid,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<Job>, StoreError> {
    let mut sorted = ids.to_vec();
    // Two workers that claim the same messages lock them in the same order.
    sorted.sort_unstable();
    sorted.dedup();
    let rows =
        Rows::new().id("named", sorted).every("worker", Value::Id(Some(worker))).every("at", Value::Instant(Some(now)));
    // The state is compared as an expression, so that no planner takes the partial index of ready rows and reads all of
    // them for a few ids: the table swings between none and many faster than statistics follow.
    let sql = format!(
        "UPDATE messages SET state = 'running', attempts = attempts + 1, worker_id = r.worker, claimed_at = r.at FROM r \
         WHERE messages.id = r.named AND messages.state || '' = 'ready' AND NOT messages.alone AND messages.due_at <= r.at \
         AND messages.queue NOT IN (SELECT queue FROM paused_queues) RETURNING {JOB_COLUMNS}"
    );
    jobs(rows.fetch(unit, &sql).await?)
}

/// Claims up to `most` due messages of a queue, the longest waiting first.
pub async fn claim_due(
    unit: &mut Unit,
    worker: Uuid,
    queue: Queue,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Job>, StoreError> {
    let sql = format!(
        "UPDATE messages SET state = 'running', attempts = attempts + 1, worker_id = $1, claimed_at = $2 WHERE id IN \
         (SELECT id FROM messages WHERE queue = $3 AND state = 'ready' AND ring_at <= $2 AND NOT alone \
         AND queue NOT IN (SELECT queue FROM paused_queues) ORDER BY ring_at LIMIT $4{}) RETURNING {JOB_COLUMNS}",
        unit.kind().skip_locked()
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut found: Vec<JobRow> = on!(unit, conn => {
        sqlx::query_as(AssertSqlSafe(sql)).bind(worker).bind(now).bind(queue.name()).bind(most).fetch_all(conn).await
    })?;
    // RETURNING keeps no order; ids are in the order of their making.
    found.sort_unstable_by_key(|row| row.id);
    jobs(found)
}

/// Claims one message that is to run alone in its process, since a process died over it.
pub async fn claim_alone(
    unit: &mut Unit,
    worker: Uuid,
    queues: &[Queue],
    now: DateTime<Utc>,
) -> Result<Option<Job>, StoreError> {
    let names = queues.iter().map(|queue| format!("'{queue}'")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "UPDATE messages SET state = 'running', attempts = attempts + 1, worker_id = $1, claimed_at = $2 WHERE id IN \
         (SELECT id FROM messages WHERE alone AND state = 'ready' AND due_at <= $2 AND queue IN ({names}) \
         AND queue NOT IN (SELECT queue FROM paused_queues) ORDER BY due_at LIMIT 1{}) RETURNING {JOB_COLUMNS}",
        unit.kind().skip_locked()
    );
    let found: Option<JobRow> =
        on!(unit, conn => sqlx::query_as(AssertSqlSafe(sql)).bind(worker).bind(now).fetch_optional(conn).await)?;
    found.map(JobRow::job).transpose()
}

/// How many messages wait to run alone.
pub async fn count_alone(session: &mut impl Session, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM messages WHERE alone AND state = 'ready' AND due_at <= $1";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(now).fetch_one(conn).await)?)
}

fn jobs(rows: Vec<JobRow>) -> Result<Vec<Job>, StoreError> {
    rows.into_iter().map(JobRow::job).collect()
}
