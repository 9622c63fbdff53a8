//! Failures: what failed by which closing, and what was put right again.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};

use crate::{Rows, Session, StoreError, Unit, Value, organizations::path_end};

/// A failure to be kept.
#[derive(Debug, Clone)]
pub struct NewFailure {
    /// The submission that failed.
    pub submission_id: i64,
    /// The batch that it was in.
    pub batch_id: Option<i64>,
    /// The unit.
    pub org_id: i64,
    /// Why, as a code.
    pub reason_code: &'static str,
    /// What the submission was before.
    pub status_before: String,
    /// The instant-enrolment draft that it became.
    pub instant_id: Option<i64>,
    /// The closing by which it failed, as it was for its organization.
    pub due_at: DateTime<Utc>,
}

/// A failure on record.
#[derive(Debug, Clone, FromRow)]
pub struct Failure {
    /// Our id.
    pub id: i64,
    /// The coverage year.
    pub year: i32,
    /// The submission that failed.
    pub submission_id: i64,
    /// The batch that it was in.
    pub batch_id: Option<i64>,
    /// The unit's number.
    pub org_code: String,
    /// The unit's name.
    pub org_name: String,
    /// The number of the submission.
    pub number: String,
    /// People of the submission.
    pub people: i64,
    /// Why, as a code.
    pub reason_code: String,
    /// The closing by which it failed.
    pub due_at: DateTime<Utc>,
    /// When that was acted on (business clock).
    pub failed_at: DateTime<Utc>,
    /// The instant-enrolment draft that it became.
    pub instant_id: Option<i64>,
    /// What the submission was before.
    pub status_before: String,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
    /// By whom.
    pub undone_by: Option<String>,
    /// Why.
    pub undo_reason: Option<String>,
}

const FAILURE: &str = "SELECT failures.id, failures.year, failures.submission_id, failures.batch_id, organizations.code AS org_code, \
    organizations.name AS org_name, submissions.number, submissions.people, failures.reason_code, failures.due_at, failures.failed_at, \
    failures.instant_id, failures.status_before, failures.undone_at, failures.undone_by, failures.undo_reason FROM failures \
    JOIN submissions ON submissions.id = failures.submission_id JOIN organizations ON organizations.id = failures.org_id";

/// Keeps failures; the id of each with its submission.
pub async fn add(
    unit: &mut Unit,
    year: i32,
    new: &[NewFailure],
    now: DateTime<Utc>,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = Rows::new()
        .int("submission_id", new.iter().map(|one| one.submission_id))
        .int("batch_id", new.iter().map(|one| one.batch_id))
        .int("org_id", new.iter().map(|one| one.org_id))
        .text("reason_code", new.iter().map(|one| one.reason_code.to_owned()))
        .text("status_before", new.iter().map(|one| one.status_before.clone()))
        .int("instant_id", new.iter().map(|one| one.instant_id))
        .instant("due_at", new.iter().map(|one| one.due_at))
        .every("year", Value::Int(Some(i64::from(year))))
        .every("at", Value::Instant(Some(now)));
    rows.fetch(
        unit,
        "INSERT INTO failures (year, submission_id, batch_id, org_id, reason_code, due_at, failed_at, instant_id, status_before) \
         SELECT year, submission_id, batch_id, org_id, reason_code, due_at, at, instant_id, status_before FROM r \
         RETURNING id, submission_id",
    )
    .await
}

/// The failures of units below (and with) a path; undone ones, too.
pub async fn list(session: &mut impl Session, year: i32, path: &str) -> Result<Vec<Failure>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{FAILURE} WHERE failures.year = $1 AND organizations.path >= $2 AND organizations.path < $3 ORDER BY failures.id"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// The failures with these ids, in no order.
pub async fn get_many(session: &mut impl Session, ids: &[i64]) -> Result<Vec<Failure>, StoreError> {
    let rows = Rows::new().int("named", ids.iter().copied());
    let from = FAILURE.replace("FROM failures JOIN", "FROM r CROSS JOIN failures JOIN");
    rows.fetch(session, &format!("{from} WHERE failures.id = r.named")).await
}

/// The open failures of these submissions, in no order.
pub async fn open_of(session: &mut impl Session, submissions: &[i64]) -> Result<Vec<Failure>, StoreError> {
    let rows = Rows::new().int("named", submissions.iter().copied());
    let from = FAILURE.replace("FROM failures JOIN", "FROM r CROSS JOIN failures JOIN");
    rows.fetch(session, &format!("{from} WHERE failures.submission_id = r.named AND failures.undone_at IS NULL")).await
}

/// When failures of these submissions were last undone: submission and instant.
pub async fn undone_at(
    session: &mut impl Session,
    submissions: &[i64],
) -> Result<Vec<(i64, DateTime<Utc>)>, StoreError> {
    let rows = Rows::new().int("named", submissions.iter().copied());
    rows.fetch(
        session,
        "SELECT failures.submission_id, MAX(failures.undone_at) AS undone_at FROM r CROSS JOIN failures \
         WHERE failures.submission_id = r.named AND failures.undone_at IS NOT NULL GROUP BY failures.submission_id",
    )
    .await
}

/// Marks failures as undone.
pub async fn undo(
    unit: &mut Unit,
    ids: &[i64],
    account: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("named", ids.iter().copied())
        .every("account", Value::Text(Some(account.to_owned())))
        .every("reason", Value::Text(Some(reason.to_owned())))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE failures SET undone_at = r.at, undone_by = r.account, undo_reason = r.reason FROM r \
         WHERE failures.id = r.named AND failures.undone_at IS NULL",
    )
    .await?;
    Ok(())
}

/// What failed by one closing below (and with) a path, whoever acted on it and whether or not it was undone: submissions,
/// and the batches that they were in. With `in_batches`, those that failed with a batch; else those in none.
pub async fn count(
    session: &mut impl Session,
    year: i32,
    path: &str,
    due_at: DateTime<Utc>,
    in_batches: bool,
) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT COUNT(DISTINCT failures.submission_id), COUNT(DISTINCT failures.batch_id) FROM failures \
        JOIN organizations ON organizations.id = failures.org_id WHERE failures.year = $1 AND organizations.path >= $2 \
        AND organizations.path < $3 AND failures.due_at = $4 AND (failures.batch_id IS NOT NULL) = $5";
    let end = path_end(path);
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(year).bind(path).bind(end).bind(due_at).bind(in_batches).fetch_one(conn).await
    })?)
}
