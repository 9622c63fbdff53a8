//! Batches: what a bureau submits to the centre, and how its payment stands.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};

use crate::{EngineKind, Rows, Sealed, Session, StoreError, Unit, organizations::path_end, submissions::Fen};

/// A batch on record.
#[derive(Debug, Clone, FromRow)]
pub struct Batch {
    /// Our id.
    pub id: i64,
    /// The coverage year.
    pub year: i32,
    /// The bureau.
    pub org_id: i64,
    /// The bureau's number.
    pub org_code: String,
    /// The bureau's name.
    pub org_name: String,
    /// The bureau's place in the tree.
    pub org_path: String,
    /// Where the bureau's mails go.
    pub org_email: String,
    /// 0 is the list that a bureau submits once; later ones hold what came back to life when a failure was undone.
    pub supplement: i64,
    /// The number (批次编号), as CB202212260001.
    pub batch_no: String,
    /// Wire name of the status.
    pub status: String,
    /// Units in it.
    pub units: i64,
    /// People in it.
    pub people: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
    /// Credit of earlier years that is deducted from the bureau's share.
    pub credit_fen: i64,
    /// What the bureau transfers.
    pub due_fen: i64,
    /// The person in charge.
    pub contact: String,
    /// That person's mobile number, sealed.
    #[sqlx(try_from = "Vec<u8>")]
    pub mobile: Sealed,
    /// That person's address.
    pub email: String,
    /// Who submitted.
    pub submitted_by: String,
    /// When (business clock).
    pub submitted_at: DateTime<Utc>,
    /// Until when a voucher may come, where that is longer than the window.
    pub voucher_until: Option<DateTime<Utc>>,
    /// When the last voucher came.
    pub voucher_at: Option<DateTime<Utc>>,
    /// When the centre replied.
    pub centre_replied_at: Option<DateTime<Utc>>,
    /// Why the voucher was rejected, or the batch failed.
    pub reason: Option<String>,
    /// When it failed.
    pub failed_at: Option<DateTime<Utc>>,
}

/// Which batches are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct BatchSelection {
    /// The coverage year.
    pub year: i32,
    /// Of bureaus below (and with) this path.
    pub below: String,
    /// Of this status.
    pub status: Option<String>,
}

const BATCH: &str = "SELECT batches.id, batches.year, batches.org_id, organizations.code AS org_code, organizations.name AS org_name, \
    organizations.path AS org_path, organizations.email AS org_email, batches.supplement, batches.batch_no, batches.status, \
    batches.units, batches.people, batches.total_fen, batches.municipal_fen, batches.bureau_fen, batches.unit_fen, \
    batches.credit_fen, batches.due_fen, batches.contact, batches.mobile, batches.email, batches.submitted_by, \
    batches.submitted_at, batches.voucher_until, batches.voucher_at, batches.centre_replied_at, batches.reason, batches.failed_at \
    FROM batches JOIN organizations ON organizations.id = batches.org_id";

/// Adds a batch; its id. `Conflict` where the bureau has one of that supplement already.
pub async fn add(unit: &mut Unit, new: &Batch) -> Result<i64, StoreError> {
    let sql = "INSERT INTO batches (year, org_id, supplement, batch_no, status, units, people, total_fen, municipal_fen, bureau_fen, \
        unit_fen, credit_fen, due_fen, contact, mobile, email, submitted_by, submitted_at, voucher_until, changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $18) RETURNING id";
    Ok(on!(unit, conn => {
        sqlx::query_scalar(sql).bind(new.year).bind(new.org_id).bind(new.supplement).bind(&new.batch_no).bind(&new.status)
            .bind(new.units).bind(new.people).bind(new.fen.total).bind(new.fen.municipal).bind(new.fen.bureau)
            .bind(new.fen.unit).bind(new.credit_fen).bind(new.due_fen).bind(&new.contact).bind(new.mobile.0.clone())
            .bind(&new.email).bind(&new.submitted_by).bind(new.submitted_at).bind(new.voucher_until).fetch_one(conn).await
    })?)
}

/// Writes how a batch's payment stands.
pub async fn update(unit: &mut Unit, changed: &Batch, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE batches SET status = $1, voucher_until = $2, voucher_at = $3, centre_replied_at = $4, reason = $5, \
        failed_at = $6, units = $7, people = $8, total_fen = $9, municipal_fen = $10, bureau_fen = $11, unit_fen = $12, \
        credit_fen = $13, due_fen = $14, changed_at = $15 WHERE id = $16";
    on!(unit, conn => {
        sqlx::query(sql).bind(&changed.status).bind(changed.voucher_until).bind(changed.voucher_at)
            .bind(changed.centre_replied_at).bind(&changed.reason).bind(changed.failed_at).bind(changed.units)
            .bind(changed.people).bind(changed.fen.total).bind(changed.fen.municipal).bind(changed.fen.bureau)
            .bind(changed.fen.unit).bind(changed.credit_fen).bind(changed.due_fen).bind(now).bind(changed.id)
            .execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// The batch of that number.
pub async fn find(session: &mut impl Session, batch_no: &str) -> Result<Option<Batch>, StoreError> {
    let sql = AssertSqlSafe(format!("{BATCH} WHERE batches.batch_no = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(batch_no).fetch_optional(conn).await)?)
}

/// The batches with these ids, in no order.
pub async fn get_many(session: &mut impl Session, ids: &[i64]) -> Result<Vec<Batch>, StoreError> {
    let rows = Rows::new().int("named", ids.iter().copied());
    let from = BATCH.replace("FROM batches JOIN", "FROM r CROSS JOIN batches JOIN");
    rows.fetch(session, &format!("{from} WHERE batches.id = r.named")).await
}

/// The same, locked until the unit ends, in the order of their ids.
pub async fn lock(unit: &mut Unit, ids: &[i64]) -> Result<Vec<Batch>, StoreError> {
    if unit.kind() == EngineKind::Postgres {
        let rows = Rows::new().int("named", ids.iter().copied());
        let sql = "SELECT batches.id FROM r CROSS JOIN batches WHERE batches.id = r.named ORDER BY batches.id FOR UPDATE OF batches";
        let _: Vec<(i64,)> = rows.fetch(unit, sql).await?;
    }
    get_many(unit, ids).await
}

/// Batches by number.
pub async fn list(session: &mut impl Session, wanted: &BatchSelection) -> Result<Vec<Batch>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{BATCH} WHERE batches.year = $1 AND organizations.path >= $2 AND organizations.path < $3 \
         AND (CAST($4 AS TEXT) IS NULL OR batches.status = $4) ORDER BY batches.id"
    ));
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(wanted.year).bind(&wanted.below).bind(path_end(&wanted.below)).bind(&wanted.status)
            .fetch_all(conn).await
    })?)
}

/// The people of each submission, counted one by one from their lists: submission, plan, people.
pub async fn count_people(session: &mut impl Session, submissions: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = Rows::new().int("named", submissions.iter().copied());
    let kind = session.kind();
    let of = kind.each("submissions", "submissions", "submissions.id = r.named");
    let people = kind.each("submission_people", "people", "people.version_id = submissions.version_id");
    rows.fetch(session, &format!("SELECT submissions.id, COUNT(*) FROM r{of}{people} GROUP BY submissions.id")).await
}
