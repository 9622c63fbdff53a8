//! Credits: refunds of earlier years, and what batches took of them.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::{Rows, Session, StoreError, Unit, Value};

/// A refund (计划退回金额) on record.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct Credit {
    /// The bureau's number.
    pub org: String,
    /// The year that it comes from.
    pub of_year: i32,
    /// The amount, in fen.
    pub amount_fen: i64,
    /// Why.
    pub reason: String,
    /// Who added it.
    pub added_by: String,
    /// When (business clock).
    pub added_at: DateTime<Utc>,
}

/// What a batch took, or gave back.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct CreditUse {
    /// The batch's number.
    pub batch_no: String,
    /// The amount, in fen.
    pub amount_fen: i64,
    /// When it was reserved (business clock).
    pub reserved_at: DateTime<Utc>,
    /// When it was given back; none: it is used.
    pub released_at: Option<DateTime<Utc>>,
}

/// Adds a credit.
pub async fn add(unit: &mut Unit, org_id: i64, new: &Credit) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO credits (org_id, of_year, amount_fen, reason, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6)";
    on!(unit, conn => {
        sqlx::query(sql).bind(org_id).bind(new.of_year).bind(new.amount_fen).bind(&new.reason).bind(&new.added_by)
            .bind(new.added_at).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// What is left of a bureau's credits, in fen.
pub async fn balance(session: &mut impl Session, org_id: i64) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE((SELECT SUM(amount_fen) FROM credits WHERE org_id = $1), 0) \
        - COALESCE((SELECT SUM(amount_fen) FROM credit_uses WHERE org_id = $1 AND released_at IS NULL), 0) AS BIGINT)";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(org_id).fetch_one(conn).await)?)
}

/// What a batch of a coverage year may take of it: credits of earlier years, less what was taken of any (product.md, Money).
pub async fn usable(session: &mut impl Session, org_id: i64, year: i32) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COALESCE((SELECT SUM(amount_fen) FROM credits WHERE org_id = $1 AND of_year < $2), 0) \
        - COALESCE((SELECT SUM(amount_fen) FROM credit_uses WHERE org_id = $1 AND released_at IS NULL), 0) AS BIGINT)";
    let left: i64 = on!(session, conn => sqlx::query_scalar(sql).bind(org_id).bind(year).fetch_one(conn).await)?;
    Ok(left.max(0))
}

/// Reserves credit for a batch.
pub async fn reserve(
    unit: &mut Unit,
    org_id: i64,
    batch_id: i64,
    amount_fen: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO credit_uses (org_id, batch_id, amount_fen, reserved_at) VALUES ($1, $2, $3, $4)";
    on!(unit, conn => {
        sqlx::query(sql).bind(org_id).bind(batch_id).bind(amount_fen).bind(now).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Gives back what batches had reserved.
pub async fn release(unit: &mut Unit, batch_ids: &[i64], now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = Rows::new().int("named", batch_ids.iter().copied()).every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE credit_uses SET released_at = r.at FROM r WHERE credit_uses.batch_id = r.named AND credit_uses.released_at IS NULL",
    )
    .await?;
    Ok(())
}

/// A bureau's credits, the oldest first.
pub async fn list(session: &mut impl Session, org_id: i64) -> Result<Vec<Credit>, StoreError> {
    let sql = "SELECT organizations.code AS org, credits.of_year, credits.amount_fen, credits.reason, credits.added_by, credits.added_at \
        FROM credits JOIN organizations ON organizations.id = credits.org_id WHERE credits.org_id = $1 ORDER BY credits.id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(org_id).fetch_all(conn).await)?)
}

/// What a bureau's batches took of its credits.
pub async fn uses(session: &mut impl Session, org_id: i64) -> Result<Vec<CreditUse>, StoreError> {
    let sql = "SELECT batches.batch_no, credit_uses.amount_fen, credit_uses.reserved_at, credit_uses.released_at FROM credit_uses \
        JOIN batches ON batches.id = credit_uses.batch_id WHERE credit_uses.org_id = $1 ORDER BY credit_uses.id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(org_id).fetch_all(conn).await)?)
}
