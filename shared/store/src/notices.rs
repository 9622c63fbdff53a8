//! Notices (参保告知书): what is to be made, what was made, and what has replaced it.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Unit, Value, organizations::path_end};

/// A notice to be made.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// Its id.
    pub id: Uuid,
    /// The coverage year.
    pub year: i32,
    /// `unit` or `bureau`.
    pub kind: &'static str,
    /// The union that gets it.
    pub org_id: i64,
    /// Its number (告知书编号).
    pub number: String,
    /// Its version.
    pub version: i64,
    /// The version of the submission that it tells of.
    pub version_id: Option<Uuid>,
    /// The batch that it tells of.
    pub batch_id: Option<i64>,
}

/// A notice on record.
#[derive(Debug, Clone, FromRow)]
pub struct Notice {
    /// Its id.
    pub id: Uuid,
    /// The coverage year.
    pub year: i32,
    /// `unit` or `bureau`.
    pub kind: String,
    /// The union that gets it.
    pub org_id: i64,
    /// That union's number.
    pub org_code: String,
    /// That union's name.
    pub org_name: String,
    /// That union's place in the tree.
    pub org_path: String,
    /// Its number (告知书编号).
    pub number: String,
    /// Its version.
    pub version: i64,
    /// The version of the submission that it tells of.
    pub version_id: Option<Uuid>,
    /// The batch that it tells of.
    pub batch_id: Option<i64>,
    /// Where the file lies; none before it is made.
    pub object_key: Option<String>,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: Option<String>,
    /// Size of the file.
    pub size_bytes: Option<i64>,
    /// What could not be printed as written, as JSON.
    pub warnings: String,
    /// When it was asked for (business clock).
    pub requested_at: DateTime<Utc>,
    /// When it was made.
    pub made_at: Option<DateTime<Utc>>,
    /// Since when it is void (作废).
    pub replaced_at: Option<DateTime<Utc>>,
}

/// The file of a notice.
#[derive(Debug, Clone)]
pub struct MadeNotice {
    /// The notice.
    pub id: Uuid,
    /// Where the file lies.
    pub object_key: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: i64,
    /// What could not be printed as written, as JSON.
    pub warnings: String,
}

const NOTICE: &str = "SELECT notices.id, notices.year, notices.kind, notices.org_id, organizations.code AS org_code, \
    organizations.name AS org_name, organizations.path AS org_path, notices.number, notices.version, notices.version_id, \
    notices.batch_id, notices.object_key, notices.sha256, notices.size_bytes, notices.warnings, notices.requested_at, \
    notices.made_at, notices.replaced_at FROM notices JOIN organizations ON organizations.id = notices.org_id";

/// Keeps notices to be made; the ids of those that were not asked for before.
pub async fn request(unit: &mut Unit, new: &[NewNotice], now: DateTime<Utc>) -> Result<Vec<Uuid>, StoreError> {
    let rows = Rows::new()
        .id("id", new.iter().map(|one| one.id))
        .int("year", new.iter().map(|one| i64::from(one.year)))
        .text("kind", new.iter().map(|one| one.kind.to_owned()))
        .int("org_id", new.iter().map(|one| one.org_id))
        .text("number", new.iter().map(|one| one.number.clone()))
        .int("version", new.iter().map(|one| one.version))
        .id("version_id", new.iter().map(|one| one.version_id))
        .int("batch_id", new.iter().map(|one| one.batch_id))
        .every("at", Value::Instant(Some(now)));
    let found: Vec<(Uuid,)> = rows
        .fetch(
            unit,
            "INSERT INTO notices (id, year, kind, org_id, number, version, version_id, batch_id, warnings, requested_at) \
             SELECT id, CAST(year AS INTEGER), kind, org_id, number, version, version_id, batch_id, '[]', at FROM r WHERE TRUE \
             ON CONFLICT (number, version) DO NOTHING RETURNING id",
        )
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Marks notices as void whose number is given with another version than that of theirs: what counts is that one.
pub async fn replace(unit: &mut Unit, counting: &[(String, Uuid)], now: DateTime<Utc>) -> Result<u64, StoreError> {
    let rows = Rows::new()
        .text("number", counting.iter().map(|(number, _)| number.clone()))
        .id("version_id", counting.iter().map(|(_, version)| *version))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE notices SET replaced_at = r.at FROM r WHERE notices.number = r.number AND notices.version_id <> r.version_id \
         AND notices.replaced_at IS NULL",
    )
    .await
}

/// The newest notice of each of these batches: batch and version; of those that have none, nothing.
pub async fn newest_of_batches(session: &mut impl Session, batches: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = Rows::new().int("named", batches.iter().copied());
    rows.fetch(
        session,
        "SELECT notices.batch_id, MAX(notices.version) AS version FROM r CROSS JOIN notices \
         WHERE notices.batch_id = r.named GROUP BY notices.batch_id",
    )
    .await
}

/// Marks the notices of batches as void that are of another version than the one given.
pub async fn replace_of_batches(
    unit: &mut Unit,
    counting: &[(i64, i64)],
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let rows = Rows::new()
        .int("named", counting.iter().map(|(batch, _)| *batch))
        .int("version", counting.iter().map(|(_, version)| *version))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE notices SET replaced_at = r.at FROM r WHERE notices.batch_id = r.named AND notices.version <> r.version \
         AND notices.replaced_at IS NULL",
    )
    .await
}

/// Writes down that a notice was made; false where it had been made before.
pub async fn finish(unit: &mut Unit, made: &MadeNotice, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE notices SET object_key = $1, sha256 = $2, size_bytes = $3, warnings = $4, made_at = $5 \
        WHERE id = $6 AND made_at IS NULL";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(&made.object_key).bind(&made.sha256).bind(made.size_bytes).bind(&made.warnings).bind(now)
            .bind(made.id).execute(conn).await.map(|done| done.rows_affected())
    })? == 1)
}

/// The notice of that id.
pub async fn find(session: &mut impl Session, id: Uuid) -> Result<Option<Notice>, StoreError> {
    let sql = AssertSqlSafe(format!("{NOTICE} WHERE notices.id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// The notices whose file has this SHA-256.
pub async fn by_hash(session: &mut impl Session, sha256: &str) -> Result<Vec<Notice>, StoreError> {
    let sql = AssertSqlSafe(format!("{NOTICE} WHERE notices.sha256 = $1 ORDER BY notices.requested_at"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(sha256).fetch_all(conn).await)?)
}

/// The notices of unions below (and with) a path, in the order in which they were asked for; at once, by number and version.
pub async fn list(session: &mut impl Session, year: i32, path: &str) -> Result<Vec<Notice>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{NOTICE} WHERE notices.year = $1 AND organizations.path >= $2 AND organizations.path < $3 \
         ORDER BY notices.requested_at, notices.number, notices.version"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}
