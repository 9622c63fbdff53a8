//! Leases: which of several processes leads. A lease merely saves work; uniqueness is what makes two leaders harmless.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Session, StoreError, Unit};

/// A lease as it stands.
#[derive(Debug, Clone, sqlx::FromRow, serde::Serialize)]
pub struct Lease {
    /// What is led.
    pub name: String,
    /// The random identity of who leads.
    pub holder: Uuid,
    /// Grows by one with every change of leader.
    pub term: i64,
    /// Until when, unless renewed (machine clock).
    pub expires_at: DateTime<Utc>,
}

/// Takes or renews a lease: its term when `holder` leads now, none when another does.
pub async fn take(
    unit: &mut Unit,
    name: &str,
    holder: Uuid,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let sql = "INSERT INTO leases (name, holder, term, expires_at) VALUES ($1, $2, 1, $3) \
        ON CONFLICT (name) DO UPDATE SET \
        term = CASE WHEN leases.holder = excluded.holder THEN leases.term ELSE leases.term + 1 END, \
        holder = excluded.holder, expires_at = excluded.expires_at \
        WHERE leases.holder = excluded.holder OR leases.expires_at <= $4 RETURNING term";
    Ok(on!(unit, conn => {
        sqlx::query_scalar(sql).bind(name).bind(holder).bind(expires_at).bind(now).fetch_optional(conn).await
    })?)
}

/// Gives a lease up at once, so that another needs not wait for its end.
pub async fn release(unit: &mut Unit, name: &str, holder: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE leases SET expires_at = $1 WHERE name = $2 AND holder = $3";
    on!(unit, conn => sqlx::query(sql).bind(now).bind(name).bind(holder).execute(conn).await.map(drop))?;
    Ok(())
}

/// The lease of that name, whoever holds it.
pub async fn find(session: &mut impl Session, name: &str) -> Result<Option<Lease>, StoreError> {
    let sql = "SELECT name, holder, term, expires_at FROM leases WHERE name = $1";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(name).fetch_optional(conn).await)?)
}

/// Leases that somebody holds at that moment (machine clock).
pub async fn held(session: &mut impl Session, now: DateTime<Utc>) -> Result<Vec<Lease>, StoreError> {
    let sql = "SELECT name, holder, term, expires_at FROM leases WHERE expires_at > $1 ORDER BY name";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(now).fetch_all(conn).await)?)
}
