//! Ringing: telling workers, through the broker, of what is due. A row that was rung and not claimed is rung again.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use messages::{Envelope, Queue};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{JOB_COLUMNS, JobRow};
use crate::{Rows, Session, StoreError, Unit, Value};

/// How much may be rung at once.
#[derive(Debug, Clone)]
pub struct RingLimits {
    /// Bells per queue at the most; a queue that is long at the broker gets none (back pressure).
    pub room: HashMap<Queue, i64>,
    /// When a bell that nobody followed is rung again, in seconds.
    pub again_s: i64,
}

/// Takes the bells that are due, at most as many per queue as there is room, and puts their next ringing off.
/// Two processes that do this at once take different ones.
pub async fn take_due_bells(
    unit: &mut Unit,
    limits: &RingLimits,
    now: DateTime<Utc>,
) -> Result<Vec<(Queue, Envelope)>, StoreError> {
    let mut bells = Vec::new();
    let again = now + TimeDelta::seconds(limits.again_s);
    let lock = unit.kind().skip_locked();
    for (queue, room) in limits.room.iter().filter(|(_, room)| **room > 0) {
        let sql = format!(
            "UPDATE messages SET ring_at = $1 WHERE id IN \
             (SELECT id FROM messages WHERE queue = $2 AND state = 'ready' AND ring_at <= $3 AND NOT alone \
             AND queue NOT IN (SELECT queue FROM paused_queues) ORDER BY ring_at LIMIT $4{lock}) RETURNING {JOB_COLUMNS}"
        );
        let rows: Vec<JobRow> = on!(unit, conn => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(again).bind(queue.name()).bind(now).bind(*room).fetch_all(conn).await
        })?;
        let mut of_queue = rows.into_iter().map(JobRow::envelope).collect::<Result<Vec<_>, _>>()?;
        of_queue.sort_unstable_by_key(|envelope| envelope.id);
        bells.extend(of_queue.into_iter().map(|envelope| (*queue, envelope)));
    }
    Ok(bells)
}

/// Everything that waits rings again: what the broker held may be gone.
pub async fn ring_all(unit: &mut Unit, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "UPDATE messages SET ring_at = $1 WHERE state = 'ready' AND ring_at > $1 AND due_at <= $1";
    Ok(on!(unit, conn => sqlx::query(sql).bind(now).execute(conn).await.map(|d| d.rows_affected()))?)
}

/// Bells that the broker did not confirm ring again at that moment.
pub async fn ring_again(unit: &mut Unit, ids: &[Uuid], at: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = Rows::new().id("named", ids.iter().copied()).every("at", Value::Instant(Some(at)));
    rows.execute(
        unit,
        "UPDATE messages SET ring_at = r.at FROM r WHERE messages.id = r.named AND messages.state = 'ready'",
    )
    .await?;
    Ok(())
}

/// The same for one queue.
pub(super) async fn ring_queue(unit: &mut Unit, queue: Queue, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET ring_at = $1 WHERE state = 'ready' AND ring_at > $1 AND due_at <= $1 AND queue = $2";
    on!(unit, conn => sqlx::query(sql).bind(now).bind(queue.name()).execute(conn).await.map(drop))?;
    Ok(())
}
