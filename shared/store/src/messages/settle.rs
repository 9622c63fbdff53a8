//! Settling: how a run ends. Every statement is fenced by the worker that holds the job, so that one who was given
//! up for dead and comes back can't settle what is another's by now.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Job;
use crate::{Rows, StoreError, Unit, Value};

/// Marks jobs as done, in the unit of their effects. `Fenced` when one of them is not this worker's any more: the
/// whole unit is to be thrown away.
pub async fn finish(unit: &mut Unit, worker: Uuid, jobs: &[&Job], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut ids: Vec<Uuid> = jobs.iter().map(|job| job.envelope.id).collect();
    ids.sort_unstable();
    let rows =
        Rows::new().id("named", ids).every("worker", Value::Id(Some(worker))).every("at", Value::Instant(Some(now)));
    let done = rows
        .execute(
            unit,
            // An expression, as in `claim_named`: by id, and by no partial index.
            "UPDATE messages SET state = 'done', ended_at = r.at, worker_id = NULL, alone = FALSE FROM r \
             WHERE messages.id = r.named AND messages.state || '' = 'running' AND messages.worker_id = r.worker",
        )
        .await?;
    if done == jobs.len() as u64 { Ok(()) } else { Err(StoreError::Fenced) }
}

/// Asks that these jobs still are this worker's, and keeps them so until the unit ends; else `Fenced`. For what is written
/// about a run that does not finish its jobs: another may have taken them since.
pub async fn hold(unit: &mut Unit, worker: Uuid, jobs: &[&Job]) -> Result<(), StoreError> {
    let mut ids: Vec<Uuid> = jobs.iter().map(|job| job.envelope.id).collect();
    ids.sort_unstable();
    let rows = Rows::new().id("named", ids).every("worker", Value::Id(Some(worker)));
    let held = rows
        .execute(
            unit,
            "UPDATE messages SET worker_id = r.worker FROM r \
             WHERE messages.id = r.named AND messages.state || '' = 'running' AND messages.worker_id = r.worker",
        )
        .await?;
    if held == jobs.len() as u64 { Ok(()) } else { Err(StoreError::Fenced) }
}

/// A failed run: due again later.
pub async fn retry(
    unit: &mut Unit,
    worker: Uuid,
    id: Uuid,
    due_at: DateTime<Utc>,
    error: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET state = 'ready', worker_id = NULL, due_at = $1, ring_at = $1, last_error = $2, alone = FALSE \
        WHERE id = $3 AND state = 'running' AND worker_id = $4";
    on!(unit, conn => sqlx::query(sql).bind(due_at).bind(error).bind(id).bind(worker).execute(conn).await.map(drop))?;
    Ok(())
}

/// Not yet: due again later, and no attempt is spent.
pub async fn postpone(
    unit: &mut Unit,
    worker: Uuid,
    id: Uuid,
    due_at: DateTime<Utc>,
    why: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET state = 'ready', worker_id = NULL, due_at = $1, ring_at = $1, last_error = $2, \
        attempts = attempts - 1 WHERE id = $3 AND state = 'running' AND worker_id = $4";
    on!(unit, conn => sqlx::query(sql).bind(due_at).bind(why).bind(id).bind(worker).execute(conn).await.map(drop))?;
    Ok(())
}

/// Can never succeed as it stands: into the dead pile.
pub async fn bury(unit: &mut Unit, worker: Uuid, id: Uuid, now: DateTime<Utc>, error: &str) -> Result<(), StoreError> {
    let sql = "UPDATE messages SET state = 'dead', worker_id = NULL, ended_at = $1, last_error = $2 \
        WHERE id = $3 AND state = 'running' AND worker_id = $4";
    on!(unit, conn => sqlx::query(sql).bind(now).bind(error).bind(id).bind(worker).execute(conn).await.map(drop))?;
    Ok(())
}

/// A worker that stops gives back everything that it holds; no attempt is spent. The number given back.
pub async fn give_back(unit: &mut Unit, worker: Uuid, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "UPDATE messages SET state = 'ready', worker_id = NULL, ring_at = $1, attempts = attempts - 1 \
        WHERE worker_id = $2 AND state = 'running'";
    Ok(on!(unit, conn => sqlx::query(sql).bind(now).bind(worker).execute(conn).await.map(|d| d.rows_affected()))?)
}

/// Gives back those of the named jobs that this worker holds, since it will not run them; no attempt is spent. The number
/// given back.
pub async fn give_back_named(
    unit: &mut Unit,
    worker: Uuid,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let rows = Rows::new()
        .id("named", ids.iter().copied())
        .every("worker", Value::Id(Some(worker)))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE messages SET state = 'ready', worker_id = NULL, ring_at = r.at, attempts = attempts - 1 FROM r \
         WHERE messages.id = r.named AND messages.state || '' = 'running' AND messages.worker_id = r.worker",
    )
    .await
}

/// Jobs that ran together when something broke run alone next; no attempt is spent.
pub async fn mark_alone(unit: &mut Unit, worker: Uuid, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = Rows::new()
        .id("named", ids.iter().copied())
        .every("worker", Value::Id(Some(worker)))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE messages SET state = 'ready', worker_id = NULL, alone = TRUE, due_at = r.at, ring_at = r.at, \
         attempts = attempts - 1 FROM r \
         WHERE messages.id = r.named AND messages.state = 'running' AND messages.worker_id = r.worker",
    )
    .await?;
    Ok(())
}

/// Takes back what workers hold that were last seen before `silent_since`: their process died. Every such job runs
/// alone from now on; one that killed its process `most_alone` times alone is dead (decisions 18). The number taken.
pub async fn revive_lost(
    unit: &mut Unit,
    silent_since: DateTime<Utc>,
    now: DateTime<Utc>,
    most_alone: i32,
) -> Result<u64, StoreError> {
    let sql = "UPDATE messages SET \
        state = CASE WHEN alone AND crashes + 1 >= $1 THEN 'dead' ELSE 'ready' END, \
        ended_at = CASE WHEN alone AND crashes + 1 >= $1 THEN $2 END, \
        crashes = CASE WHEN alone THEN crashes + 1 ELSE crashes END, \
        last_error = 'the process that ran it ended without a word', \
        alone = TRUE, attempts = attempts - 1, worker_id = NULL, due_at = $2, ring_at = $2 \
        WHERE state = 'running' AND NOT EXISTS \
        (SELECT 1 FROM workers WHERE workers.id = messages.worker_id AND workers.seen_at >= $3)";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(most_alone).bind(now).bind(silent_since).execute(conn).await.map(|d| d.rows_affected())
    })?)
}
