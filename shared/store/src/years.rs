//! Years: the file of each coverage year, as it was loaded.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::{Session, StoreError, Unit};

/// A coverage year on record.
#[derive(Debug, Clone, FromRow)]
pub struct Year {
    /// The coverage year: 2023 is cover from 2023-01-01.
    pub year: i32,
    /// The file as it was loaded.
    pub file: String,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// Grows with each file that replaces another.
    pub version: i64,
    /// Who loaded it.
    pub loaded_by: String,
    /// When (business clock).
    pub loaded_at: DateTime<Utc>,
}

/// Writes a year's file over the one that is there.
pub async fn put(unit: &mut Unit, year: &Year) -> Result<(), StoreError> {
    let sql = "INSERT INTO years (year, file, sha256, version, loaded_by, loaded_at) VALUES ($1, $2, $3, $4, $5, $6) \
        ON CONFLICT (year) DO UPDATE SET file = excluded.file, sha256 = excluded.sha256, version = years.version + 1, \
        loaded_by = excluded.loaded_by, loaded_at = excluded.loaded_at";
    on!(unit, conn => {
        sqlx::query(sql).bind(year.year).bind(&year.file).bind(&year.sha256).bind(year.version).bind(&year.loaded_by)
            .bind(year.loaded_at).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// The year, if it is on record.
pub async fn find(session: &mut impl Session, year: i32) -> Result<Option<Year>, StoreError> {
    let sql = "SELECT year, file, sha256, version, loaded_by, loaded_at FROM years WHERE year = $1";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).fetch_optional(conn).await)?)
}

/// All years, the newest first.
pub async fn list(session: &mut impl Session) -> Result<Vec<Year>, StoreError> {
    let sql = "SELECT year, file, sha256, version, loaded_by, loaded_at FROM years ORDER BY year DESC";
    Ok(on!(session, conn => sqlx::query_as(sql).fetch_all(conn).await)?)
}

/// Whether something of a year still waits for what ends it: a batch or an instant enrolment for its money, a submission (that was
/// brought back, say) for a batch.
pub async fn is_open(session: &mut impl Session, year: i32) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM batches WHERE year = $1 AND status NOT IN ('confirmed', 'failed')) \
        OR EXISTS (SELECT 1 FROM instants WHERE year = $1 AND status IN ('submitted', 'approved') AND paid_at IS NULL) \
        OR EXISTS (SELECT 1 FROM submissions WHERE year = $1 AND status IN ('submitted', 'approved', 'returned'))";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(year).fetch_one(conn).await)?)
}
