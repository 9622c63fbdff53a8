//! The dead pile: what can't succeed as it stands, kept until a person replays or discards it.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Session, StoreError, Unit};

/// A dead message.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct DeadMessage {
    /// Its id.
    pub id: Uuid,
    /// Its kind, as on the wire.
    pub kind: String,
    /// Its queue.
    pub queue: String,
    /// `dead`, or in a chain also `ready`, `running`, `done`.
    pub state: String,
    /// Failed runs.
    pub attempts: i32,
    /// Times it killed its process while alone.
    pub crashes: i32,
    /// What started it all.
    pub correlation_id: Uuid,
    /// What led to it.
    pub causation_id: Option<Uuid>,
    /// When what it tells happened.
    pub occurred_at: DateTime<Utc>,
    /// When it was given up.
    pub ended_at: Option<DateTime<Utc>>,
    /// The sentence of its last failure.
    pub last_error: Option<String>,
    /// Ids only.
    pub payload: String,
}

/// Which dead messages are meant. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct DeadSelection {
    /// One message.
    pub id: Option<Uuid>,
    /// Of one kind.
    pub kind: Option<String>,
    /// Of one queue.
    pub queue: Option<String>,
    /// Whose last error contains this text, to the letter.
    pub error: Option<String>,
}

// REPLACE finds a text to the letter on both engines; LIKE has wildcards, and minds the case on one of them only.
// The casts tell PostgreSQL the types of parameters that may be NULL; SQLite does not mind them.
const WHERE: &str = "state = 'dead' AND (CAST($1 AS UUID) IS NULL OR id = $1) AND (CAST($2 AS TEXT) IS NULL OR kind = $2) \
    AND (CAST($3 AS TEXT) IS NULL OR queue = $3) AND (CAST($4 AS TEXT) IS NULL OR REPLACE(last_error, $4, '') <> last_error)";
const COLUMNS: &str = "id, kind, queue, state, attempts, crashes, correlation_id, causation_id, occurred_at, ended_at, last_error, payload";

macro_rules! bind_selection {
    ($query:expr, $selection:expr) => {
        $query
            .bind($selection.id)
            .bind($selection.kind.clone())
            .bind($selection.queue.clone())
            .bind($selection.error.clone())
    };
}

/// How many are meant: the preview of every replay and discard.
pub async fn count_dead(session: &mut impl Session, selection: &DeadSelection) -> Result<i64, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM messages WHERE {WHERE}"));
    Ok(on!(session, conn => bind_selection!(sqlx::query_scalar(sql), selection).fetch_one(conn).await)?)
}

/// The newest first, at most 1,000.
pub async fn list_dead(session: &mut impl Session, selection: &DeadSelection) -> Result<Vec<DeadMessage>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM messages WHERE {WHERE} ORDER BY id DESC LIMIT 1000"));
    Ok(on!(session, conn => bind_selection!(sqlx::query_as(sql), selection).fetch_all(conn).await)?)
}

/// A message with its whole chain, oldest first; empty when there is none of that id.
pub async fn show_dead(session: &mut impl Session, id: Uuid) -> Result<Vec<DeadMessage>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM messages WHERE correlation_id = (SELECT correlation_id FROM messages WHERE id = $1) ORDER BY id"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_all(conn).await)?)
}

/// Lets dead messages run again, with fresh attempts. The number replayed. What could not be decoded stays.
pub async fn replay(unit: &mut Unit, selection: &DeadSelection, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = AssertSqlSafe(format!(
        "UPDATE messages SET state = 'ready', attempts = 0, crashes = 0, alone = FALSE, ended_at = NULL, due_at = $5, ring_at = $5 \
         WHERE {WHERE} AND raw IS NULL"
    ));
    Ok(on!(unit, conn => {
        bind_selection!(sqlx::query(sql), selection).bind(now).execute(conn).await.map(|done| done.rows_affected())
    })?)
}

/// Gives dead messages up for good: they count as done, and the record stays until it is purged. The number discarded.
pub async fn discard(unit: &mut Unit, selection: &DeadSelection, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = AssertSqlSafe(format!("UPDATE messages SET state = 'done', ended_at = $5 WHERE {WHERE}"));
    Ok(on!(unit, conn => {
        bind_selection!(sqlx::query(sql), selection).bind(now).execute(conn).await.map(|done| done.rows_affected())
    })?)
}

/// Keeps bytes that are no message, with the sentence why; dead at once (pipeline.md). `queue` is where they came in.
pub async fn keep_undecodable(
    unit: &mut Unit,
    id: Uuid,
    queue: &str,
    bytes: &[u8],
    error: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO messages (id, kind, queue, version, payload, occurred_at, correlation_id, state, due_at, ring_at, \
        ended_at, last_error, raw) VALUES ($1, 'undecodable', $2, 0, '{}', $3, $1, 'dead', $3, $3, $3, $4, $5)";
    on!(unit, conn => {
        sqlx::query(sql).bind(id).bind(queue).bind(now).bind(error).bind(bytes).execute(conn).await.map(drop)
    })?;
    Ok(())
}
