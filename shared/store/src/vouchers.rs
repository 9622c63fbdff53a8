//! Vouchers: proofs of payment, for a batch or an instant enrolment; all are kept, with the centre's verdict.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Unit};

/// A voucher on record.
#[derive(Debug, Clone, FromRow)]
pub struct Voucher {
    /// Its id, also its name in the file store.
    pub id: Uuid,
    /// The batch that it pays for.
    pub batch_id: Option<i64>,
    /// The instant enrolment that it pays for.
    pub instant_id: Option<i64>,
    /// The file's name as the bureau knows it.
    pub file_name: String,
    /// Where the file lies.
    pub object_key: String,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// Media type, by content.
    pub content_type: String,
    /// What was paid, in fen, as given by hand.
    pub amount_fen: i64,
    /// The day of payment, as given by hand.
    pub paid_on: NaiveDate,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When (business clock).
    pub uploaded_at: DateTime<Utc>,
    /// `confirmed` or `rejected`; none: not yet.
    pub verdict: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

const VOUCHER: &str = "SELECT id, batch_id, instant_id, file_name, object_key, sha256, content_type, amount_fen, paid_on, uploaded_by, \
    uploaded_at, verdict, reason, decided_by, decided_at FROM vouchers";

/// Keeps a voucher.
pub async fn add(unit: &mut Unit, new: &Voucher) -> Result<(), StoreError> {
    let sql = "INSERT INTO vouchers (id, batch_id, instant_id, file_name, object_key, sha256, content_type, amount_fen, paid_on, \
        uploaded_by, uploaded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    on!(unit, conn => {
        sqlx::query(sql).bind(new.id).bind(new.batch_id).bind(new.instant_id).bind(&new.file_name).bind(&new.object_key)
            .bind(&new.sha256).bind(&new.content_type).bind(new.amount_fen).bind(new.paid_on).bind(&new.uploaded_by)
            .bind(new.uploaded_at).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Writes the centre's verdict on a voucher that has none; false where it has one.
pub async fn decide(
    unit: &mut Unit,
    id: Uuid,
    verdict: &str,
    reason: Option<&str>,
    account: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE vouchers SET verdict = $1, reason = $2, decided_by = $3, decided_at = $4 WHERE id = $5 AND verdict IS NULL";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(verdict).bind(reason).bind(account).bind(now).bind(id).execute(conn).await
            .map(|done| done.rows_affected())
    })? == 1)
}

/// Which of these ids are vouchers on record.
pub async fn known(session: &mut impl Session, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let rows = Rows::new().id("named", ids.iter().copied());
    let found: Vec<(Uuid,)> =
        rows.fetch(session, "SELECT vouchers.id FROM r CROSS JOIN vouchers WHERE vouchers.id = r.named").await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The voucher of that id.
pub async fn find(session: &mut impl Session, id: Uuid) -> Result<Option<Voucher>, StoreError> {
    let sql = AssertSqlSafe(format!("{VOUCHER} WHERE id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// The vouchers of a batch, the first first.
pub async fn of_batch(session: &mut impl Session, batch_id: i64) -> Result<Vec<Voucher>, StoreError> {
    let sql = AssertSqlSafe(format!("{VOUCHER} WHERE batch_id = $1 ORDER BY uploaded_at, id"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(batch_id).fetch_all(conn).await)?)
}

/// The vouchers of an instant enrolment, the first first.
pub async fn of_instant(session: &mut impl Session, instant_id: i64) -> Result<Vec<Voucher>, StoreError> {
    let sql = AssertSqlSafe(format!("{VOUCHER} WHERE instant_id = $1 ORDER BY uploaded_at, id"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(instant_id).fetch_all(conn).await)?)
}
