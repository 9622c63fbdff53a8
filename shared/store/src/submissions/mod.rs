//! Submissions: a unit's enrolment for a year, every version of it, and the people of each version.

mod gone;
mod shared;
mod versions;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{
    EngineKind, Rows, Session, StoreError, Unit, Value,
    organizations::{bureau_on, path_end},
};

pub use gone::{Gone, gone_by, gone_in, gone_since};
pub use shared::{Conflict, Shared, record_conflicts, settle_conflicts, shared};
pub use versions::{
    Enrolled, Version, add_version, people, people_named, people_of, version, versions, versions_named,
};

/// Money by payer, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub struct Fen {
    /// All shares together.
    #[sqlx(rename = "total_fen")]
    pub total: i64,
    /// The federation's share.
    #[sqlx(rename = "municipal_fen")]
    pub municipal: i64,
    /// The share of bureau and secondary unions.
    #[sqlx(rename = "bureau_fen")]
    pub bureau: i64,
    /// The unit's share.
    #[sqlx(rename = "unit_fen")]
    pub unit: i64,
}

/// A submission on record; figures are those of the version that counts.
#[derive(Debug, Clone, FromRow)]
pub struct Submission {
    /// Our id.
    pub id: i64,
    /// The coverage year.
    pub year: i32,
    /// The unit.
    pub org_id: i64,
    /// The unit's number.
    pub org_code: String,
    /// The unit's name.
    pub org_name: String,
    /// The unit's place in the tree.
    pub org_path: String,
    /// Where the unit's mails go.
    pub org_email: String,
    /// The bureau that it was received under, by whose split it is priced.
    pub bureau_id: i64,
    /// The number on the unit's list (批次编号).
    pub number: String,
    /// Wire name of the status.
    pub status: String,
    /// The version that counts.
    pub version_id: Uuid,
    /// The number of the newest version, from 1.
    pub version: i64,
    /// The plan's code.
    pub plan: String,
    /// People enrolled.
    pub people: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
    /// When the version that counts was received.
    pub received_at: DateTime<Utc>,
    /// The batch that it is in.
    pub batch_id: Option<i64>,
    /// Why it was returned or failed, as a code.
    pub reason_code: Option<String>,
    /// The same as a sentence.
    pub reason: Option<String>,
    /// Who reviewed it last.
    pub reviewed_by: Option<String>,
    /// When.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// When it was first submitted.
    pub submitted_at: DateTime<Utc>,
    /// When anything of it changed.
    pub changed_at: DateTime<Utc>,
}

impl Submission {
    /// The bureau that its unit stands below now: it has moved, maybe, since it submitted.
    #[must_use]
    pub fn bureau(&self) -> i64 {
        bureau_on(&self.org_path).unwrap_or(self.bureau_id)
    }
}

/// Which submissions are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct SubmissionSelection {
    /// The coverage year.
    pub year: i32,
    /// Of unions below (and with) this path.
    pub below: String,
    /// Of this status.
    pub status: Option<String>,
    /// Of this plan.
    pub plan: Option<String>,
    /// In this batch.
    pub batch_id: Option<i64>,
    /// Only ids above this one: the next page.
    pub after: i64,
    /// At most so many.
    pub most: i64,
}

const SUBMISSION: &str = "SELECT submissions.id, submissions.year, submissions.org_id, organizations.code AS org_code, \
    organizations.name AS org_name, organizations.path AS org_path, organizations.email AS org_email, submissions.bureau_id, \
    submissions.number, submissions.status, submissions.version_id, submissions.version, submissions.plan, submissions.people, \
    submissions.total_fen, submissions.municipal_fen, submissions.bureau_fen, submissions.unit_fen, submissions.received_at, \
    submissions.batch_id, submissions.reason_code, submissions.reason, submissions.reviewed_by, submissions.reviewed_at, \
    submissions.submitted_at, submissions.changed_at FROM submissions JOIN organizations ON organizations.id = submissions.org_id";

/// The submission of a unit for a year.
pub async fn find(session: &mut impl Session, year: i32, org_id: i64) -> Result<Option<Submission>, StoreError> {
    let sql = AssertSqlSafe(format!("{SUBMISSION} WHERE submissions.year = $1 AND submissions.org_id = $2"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(org_id).fetch_optional(conn).await)?)
}

/// The submissions with these ids, in no order.
pub async fn get_many(session: &mut impl Session, ids: &[i64]) -> Result<Vec<Submission>, StoreError> {
    let rows = Rows::new().int("named", sorted(ids));
    let from = SUBMISSION.replace("FROM submissions JOIN", "FROM r CROSS JOIN submissions JOIN");
    rows.fetch(session, &format!("{from} WHERE submissions.id = r.named")).await
}

/// The same, locked until the unit ends, in the order of their ids.
pub async fn lock(unit: &mut Unit, ids: &[i64]) -> Result<Vec<Submission>, StoreError> {
    let ids = sorted(ids);
    if unit.kind() == EngineKind::Postgres {
        let rows = Rows::new().int("named", ids.iter().copied());
        let sql = "SELECT submissions.id FROM r CROSS JOIN submissions WHERE submissions.id = r.named \
            ORDER BY submissions.id FOR UPDATE OF submissions";
        let _: Vec<(i64,)> = rows.fetch(unit, sql).await?;
    }
    get_many(unit, &ids).await
}

/// A page of submissions, by id.
pub async fn list(session: &mut impl Session, wanted: &SubmissionSelection) -> Result<Vec<Submission>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{SUBMISSION} WHERE submissions.year = $1 AND organizations.path >= $2 AND organizations.path < $3 \
         AND (CAST($4 AS TEXT) IS NULL OR submissions.status = $4) AND (CAST($5 AS TEXT) IS NULL OR submissions.plan = $5) \
         AND (CAST($6 AS BIGINT) IS NULL OR submissions.batch_id = $6) AND submissions.id > $7 ORDER BY submissions.id LIMIT $8"
    ));
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(wanted.year).bind(&wanted.below).bind(path_end(&wanted.below)).bind(&wanted.status)
            .bind(&wanted.plan).bind(wanted.batch_id).bind(wanted.after).bind(wanted.most).fetch_all(conn).await
    })?)
}

/// Adds a unit's first submission of a year; the unit is locked, so there is none yet. Its id.
pub async fn add(unit: &mut Unit, new: &Submission) -> Result<i64, StoreError> {
    let sql = "INSERT INTO submissions (year, org_id, bureau_id, number, status, version_id, version, plan, people, total_fen, \
        municipal_fen, bureau_fen, unit_fen, received_at, submitted_at, changed_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id";
    Ok(on!(unit, conn => {
        sqlx::query_scalar(sql).bind(new.year).bind(new.org_id).bind(new.bureau_id).bind(&new.number).bind(&new.status)
            .bind(new.version_id).bind(new.version).bind(&new.plan).bind(new.people).bind(new.fen.total)
            .bind(new.fen.municipal).bind(new.fen.bureau).bind(new.fen.unit).bind(new.received_at).bind(new.submitted_at)
            .bind(new.changed_at).fetch_one(conn).await
    })?)
}

/// Writes a submission's state: status, version that counts with its figures, batch, reason, review.
pub async fn update(unit: &mut Unit, changed: &Submission) -> Result<(), StoreError> {
    let sql = "UPDATE submissions SET status = $1, version_id = $2, version = $3, plan = $4, people = $5, total_fen = $6, \
        municipal_fen = $7, bureau_fen = $8, unit_fen = $9, received_at = $10, batch_id = $11, reason_code = $12, reason = $13, \
        reviewed_by = $14, reviewed_at = $15, changed_at = $16, bureau_id = $17, number = $18 WHERE id = $19";
    on!(unit, conn => {
        sqlx::query(sql).bind(&changed.status).bind(changed.version_id).bind(changed.version).bind(&changed.plan)
            .bind(changed.people).bind(changed.fen.total).bind(changed.fen.municipal).bind(changed.fen.bureau)
            .bind(changed.fen.unit).bind(changed.received_at).bind(changed.batch_id).bind(&changed.reason_code)
            .bind(&changed.reason).bind(&changed.reviewed_by).bind(changed.reviewed_at).bind(changed.changed_at)
            .bind(changed.bureau_id).bind(&changed.number).bind(changed.id).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// What many submissions become at once.
#[derive(Debug, Clone)]
pub struct StatusChange {
    /// The submission.
    pub id: i64,
    /// Wire name of the status.
    pub status: &'static str,
    /// The batch that it is in from now on.
    pub batch_id: Option<i64>,
    /// Why, as a code.
    pub reason_code: Option<String>,
    /// The same as a sentence.
    pub reason: Option<String>,
}

/// Changes the status of many submissions, which are locked.
pub async fn change_status(unit: &mut Unit, changes: &[StatusChange], now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("named", changes.iter().map(|change| change.id))
        .text("status", changes.iter().map(|change| change.status.to_owned()))
        .int("batch_id", changes.iter().map(|change| change.batch_id))
        .text("reason_code", changes.iter().map(|change| change.reason_code.clone()))
        .text("reason", changes.iter().map(|change| change.reason.clone()))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE submissions SET status = r.status, batch_id = r.batch_id, reason_code = r.reason_code, reason = r.reason, \
         changed_at = r.at FROM r WHERE submissions.id = r.named",
    )
    .await?;
    Ok(())
}

/// Writes down who reviewed submissions, and when.
pub async fn record_review(
    unit: &mut Unit,
    changes: &[StatusChange],
    account: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("named", changes.iter().map(|change| change.id))
        .every("account", Value::Text(Some(account.to_owned())))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE submissions SET reviewed_by = r.account, reviewed_at = r.at FROM r WHERE submissions.id = r.named",
    )
    .await?;
    Ok(())
}

/// Takes the next number of a counter: locked until the unit ends, so that numbers have neither gaps nor doubles.
pub async fn next_number(unit: &mut Unit, counter: &str) -> Result<i64, StoreError> {
    let sql = "INSERT INTO counters (name, last) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET last = counters.last + 1 RETURNING last";
    Ok(on!(unit, conn => sqlx::query_scalar(sql).bind(counter).fetch_one(conn).await)?)
}

fn sorted(ids: &[i64]) -> Vec<i64> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}
