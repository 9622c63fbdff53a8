//! Premium splits: how a bureau shares with its units what the federation does not pay.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::{Session, StoreError, Unit};

/// A split on record. The newest of a bureau and plan counts, the older ones are history.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct Split {
    /// The coverage year.
    pub year: i32,
    /// The plan's code.
    pub plan: String,
    /// The bureau's number.
    pub org: String,
    /// The bureau's share of one premium, in fen.
    pub bureau_fen: i64,
    /// The unit's share of one premium, in fen.
    pub unit_fen: i64,
    /// Who set it.
    pub set_by: String,
    /// When (business clock).
    pub set_at: DateTime<Utc>,
}

/// Sets a split.
pub async fn set(unit: &mut Unit, bureau_id: i64, split: &Split) -> Result<(), StoreError> {
    let sql = "INSERT INTO premium_splits (year, plan, org_id, bureau_fen, unit_fen, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    on!(unit, conn => {
        sqlx::query(sql).bind(split.year).bind(&split.plan).bind(bureau_id).bind(split.bureau_fen).bind(split.unit_fen)
            .bind(&split.set_by).bind(split.set_at).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// The splits of a bureau for a year, the oldest first.
pub async fn of_bureau(session: &mut impl Session, year: i32, bureau_id: i64) -> Result<Vec<Split>, StoreError> {
    let sql = "SELECT premium_splits.year, premium_splits.plan, organizations.code AS org, premium_splits.bureau_fen, \
        premium_splits.unit_fen, premium_splits.set_by, premium_splits.set_at FROM premium_splits \
        JOIN organizations ON organizations.id = premium_splits.org_id \
        WHERE premium_splits.year = $1 AND premium_splits.org_id = $2 ORDER BY premium_splits.id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(bureau_id).fetch_all(conn).await)?)
}

/// The bureaus that have set a split for a year.
pub async fn bureaus_with_split(session: &mut impl Session, year: i32) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT DISTINCT org_id FROM premium_splits WHERE year = $1 ORDER BY org_id";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(year).fetch_all(conn).await)?)
}
