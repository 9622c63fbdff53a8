//! What units paid to their bureau, as the bureau put it on record.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use crate::{Rows, Session, StoreError, Unit, Value};

/// A unit's payment; it may pay in parts.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct UnitPayment {
    /// The coverage year.
    pub year: i32,
    /// The unit's number.
    pub org: String,
    /// What was paid, in fen.
    pub amount_fen: i64,
    /// The day on which it was there; the one that counts.
    pub value_date: NaiveDate,
    /// Who put it on record.
    pub recorded_by: String,
    /// When (business clock).
    pub recorded_at: DateTime<Utc>,
}

/// Puts a payment on record.
pub async fn record(unit: &mut Unit, org_id: i64, new: &UnitPayment) -> Result<(), StoreError> {
    let sql = "INSERT INTO unit_payments (year, org_id, amount_fen, value_date, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)";
    on!(unit, conn => {
        sqlx::query(sql).bind(new.year).bind(org_id).bind(new.amount_fen).bind(new.value_date).bind(&new.recorded_by)
            .bind(new.recorded_at).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// The payments of units below (and with) a path, in the order of recording.
pub async fn list(session: &mut impl Session, year: i32, path: &str) -> Result<Vec<UnitPayment>, StoreError> {
    let sql = "SELECT unit_payments.year, organizations.code AS org, unit_payments.amount_fen, unit_payments.value_date, \
        unit_payments.recorded_by, unit_payments.recorded_at FROM unit_payments \
        JOIN organizations ON organizations.id = unit_payments.org_id \
        WHERE unit_payments.year = $1 AND organizations.path >= $2 AND organizations.path < $3 ORDER BY unit_payments.id";
    let end = crate::organizations::path_end(path);
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(path).bind(end).fetch_all(conn).await)?)
}

/// What each of these units paid: unit, value date, amount in fen.
pub async fn of_units(
    session: &mut impl Session,
    year: i32,
    org_ids: &[i64],
) -> Result<Vec<(i64, NaiveDate, i64)>, StoreError> {
    let rows = Rows::new().int("named", org_ids.iter().copied()).every("year", Value::Int(Some(i64::from(year))));
    rows.fetch(
        session,
        "SELECT unit_payments.org_id, unit_payments.value_date, unit_payments.amount_fen FROM r CROSS JOIN unit_payments \
         WHERE unit_payments.org_id = r.named AND unit_payments.year = r.year ORDER BY unit_payments.id",
    )
    .await
}
