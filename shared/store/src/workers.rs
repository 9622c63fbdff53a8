//! Worker processes and their heartbeats: who is silent for too long has lost what it held.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Session, StoreError, Unit};

/// A worker process.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct Worker {
    /// Its random identity, new at every start.
    pub id: Uuid,
    /// `serve`, `worker`, `drain`, or the command that works the queues itself.
    pub role: String,
    /// The machine's name.
    pub host: String,
    /// The process's number there.
    pub pid: i64,
    /// The queues that it consumes, with blanks between.
    pub queues: String,
    /// When it began (machine clock).
    pub started_at: DateTime<Utc>,
    /// Its last heartbeat (machine clock).
    pub seen_at: DateTime<Utc>,
}

/// Writes a heartbeat, the first one included.
pub async fn beat(unit: &mut Unit, worker: &Worker) -> Result<(), StoreError> {
    let sql = "INSERT INTO workers (id, role, host, pid, queues, started_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at";
    on!(unit, conn => {
        sqlx::query(sql)
            .bind(worker.id)
            .bind(&worker.role)
            .bind(&worker.host)
            .bind(worker.pid)
            .bind(&worker.queues)
            .bind(worker.started_at)
            .bind(worker.seen_at)
            .execute(conn)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// A worker that has given back everything takes its leave.
pub async fn leave(unit: &mut Unit, id: Uuid) -> Result<(), StoreError> {
    on!(unit, conn => sqlx::query("DELETE FROM workers WHERE id = $1").bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

/// Forgets workers that were last seen before; call it after their jobs were taken back.
pub async fn forget(unit: &mut Unit, silent_since: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "DELETE FROM workers WHERE seen_at < $1";
    Ok(on!(unit, conn => sqlx::query(sql).bind(silent_since).execute(conn).await.map(|d| d.rows_affected()))?)
}

/// Workers seen since that moment, oldest first.
pub async fn alive(session: &mut impl Session, since: DateTime<Utc>) -> Result<Vec<Worker>, StoreError> {
    let sql =
        "SELECT id, role, host, pid, queues, started_at, seen_at FROM workers WHERE seen_at >= $1 ORDER BY started_at";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(since).fetch_all(conn).await)?)
}
