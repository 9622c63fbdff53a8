//! Uploads: every file that was accepted, and how it ended.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Unit};

/// A file that was just accepted.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its id, also the name of its folder in the file store.
    pub id: Uuid,
    /// Wire name of the template kind.
    pub kind: &'static str,
    /// The organization that it is for.
    pub org_id: Option<i64>,
    /// The account that uploads.
    pub account: String,
    /// The data type of a member import.
    pub data_type: Option<String>,
    /// The file's name as the clerk knows it.
    pub file_name: String,
    /// Where the original lies.
    pub object_key: String,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: i64,
    /// The message that started it.
    pub correlation_id: Uuid,
    /// The message of a foreign system that offered it.
    pub offer_id: Option<Uuid>,
    /// The instant by which everything is judged (business clock).
    pub received_at: DateTime<Utc>,
}

/// An upload on record.
#[derive(Debug, Clone, FromRow)]
pub struct Upload {
    /// Its id.
    pub id: Uuid,
    /// Wire name of the template kind.
    pub kind: String,
    /// The organization that it is for.
    pub org_id: Option<i64>,
    /// That organization's number.
    pub org_code: Option<String>,
    /// That organization's name.
    pub org_name: Option<String>,
    /// The account that uploaded.
    pub account: String,
    /// The data type of a member import.
    pub data_type: Option<String>,
    /// The file's name as the clerk knows it.
    pub file_name: String,
    /// Where the original lies.
    pub object_key: String,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Size in bytes.
    pub size_bytes: i64,
    /// Wire name of the status.
    pub status: String,
    /// Code of the reason for `rejected`, `held`, `failed`.
    pub reason_code: Option<String>,
    /// The same as a sentence for the clerk.
    pub reason: Option<String>,
    /// The counts.
    #[sqlx(flatten)]
    pub counts: RowCounts,
    /// The first 1,000 findings, as JSON.
    pub findings: String,
    /// Number of findings per code, as JSON.
    pub finding_counts: String,
    /// Where the result workbook lies.
    pub result_key: Option<String>,
    /// Where the workbook of the rejected rows lies.
    pub rejected_key: Option<String>,
    /// The message that started it.
    pub correlation_id: Uuid,
    /// The instant by which everything is judged (business clock).
    pub received_at: DateTime<Utc>,
    /// When it ended (business clock).
    pub finished_at: Option<DateTime<Utc>>,
    /// Who released it after it was held.
    pub released_by: Option<String>,
    /// Of a roster: its comparison with the registry, once it was asked for.
    pub comparison_id: Option<Uuid>,
    /// When an import was taken back (business clock).
    pub undone_at: Option<DateTime<Utc>>,
    /// By whom.
    pub undone_by: Option<String>,
}

/// The counts of a result: content = headings + read + skipped + not read; read = accepted + unchanged + rejected + duplicate;
/// transfers are a part of accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub struct RowCounts {
    /// Rows read.
    #[sqlx(rename = "rows_read")]
    pub read: i64,
    /// Rows whose content was taken.
    #[sqlx(rename = "rows_accepted")]
    pub accepted: i64,
    /// Rows that said what is on record.
    #[sqlx(rename = "rows_unchanged")]
    pub unchanged: i64,
    /// Rows with an error.
    #[sqlx(rename = "rows_rejected")]
    pub rejected: i64,
    /// Rows whose document stands in an earlier row.
    #[sqlx(rename = "rows_duplicate")]
    pub duplicate: i64,
    /// Accepted rows that became transfer-in requests.
    #[sqlx(rename = "rows_transfer")]
    pub transfers: i64,
    /// Rows that hold anything.
    #[sqlx(rename = "rows_content")]
    pub content: i64,
    /// Rows of headings.
    #[sqlx(rename = "rows_headings")]
    pub headings: i64,
    /// Rows that are nobody's: titles, footers, hints, defaults.
    #[sqlx(rename = "rows_skipped")]
    pub skipped: i64,
    /// Rows of sheets and blocks that were not read.
    #[sqlx(rename = "rows_not_read")]
    pub not_read: i64,
}

/// How an upload ended, or stands.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The upload.
    pub id: Uuid,
    /// Wire name of the status.
    pub status: &'static str,
    /// Code of the reason.
    pub reason_code: Option<String>,
    /// The sentence for the clerk.
    pub reason: Option<String>,
    /// The counts.
    pub counts: RowCounts,
    /// The first 1,000 findings, as JSON.
    pub findings: String,
    /// Number of findings per code, as JSON.
    pub finding_counts: String,
    /// Where the result workbook lies.
    pub result_key: Option<String>,
    /// Where the workbook of the rejected rows lies.
    pub rejected_key: Option<String>,
    /// The organization that the rows turned out to be of; none leaves it as it is.
    pub org_id: Option<i64>,
    /// When (business clock).
    pub finished_at: DateTime<Utc>,
}

/// Which uploads are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct UploadSelection {
    /// Of organizations below (and with) this path.
    pub below: Option<String>,
    /// Of this status.
    pub status: Option<String>,
}

const COLUMNS: &str = "uploads.id, uploads.kind, uploads.org_id, organizations.code AS org_code, organizations.name AS org_name, \
    uploads.account, uploads.data_type, uploads.file_name, uploads.object_key, uploads.sha256, uploads.size_bytes, uploads.status, \
    uploads.reason_code, uploads.reason, uploads.rows_read, uploads.rows_accepted, uploads.rows_unchanged, uploads.rows_rejected, \
    uploads.rows_duplicate, uploads.rows_transfer, uploads.rows_content, uploads.rows_headings, uploads.rows_skipped, \
    uploads.rows_not_read, uploads.findings, uploads.finding_counts, uploads.result_key, \
    uploads.rejected_key, uploads.correlation_id, uploads.received_at, uploads.finished_at, uploads.released_by, \
    uploads.undone_at, uploads.undone_by, \
    (SELECT comparisons.id FROM comparisons WHERE comparisons.upload_id = uploads.id) AS comparison_id";
const ORGANIZATION: &str = "LEFT JOIN organizations ON organizations.id = uploads.org_id";

/// Writes accepted files. An offer that is on record already is left alone: the number written.
pub async fn insert(unit: &mut Unit, new: &[NewUpload]) -> Result<u64, StoreError> {
    let rows = Rows::new()
        .id("id", new.iter().map(|u| u.id))
        .text("kind", new.iter().map(|u| u.kind.to_owned()))
        .int("org_id", new.iter().map(|u| u.org_id))
        .text("account", new.iter().map(|u| u.account.clone()))
        .text("data_type", new.iter().map(|u| u.data_type.clone()))
        .text("file_name", new.iter().map(|u| u.file_name.clone()))
        .text("object_key", new.iter().map(|u| u.object_key.clone()))
        .text("sha256", new.iter().map(|u| u.sha256.clone()))
        .int("size_bytes", new.iter().map(|u| u.size_bytes))
        .id("correlation_id", new.iter().map(|u| u.correlation_id))
        .id("offer_id", new.iter().map(|u| u.offer_id))
        .instant("received_at", new.iter().map(|u| u.received_at));
    rows.execute(
        unit,
        "INSERT INTO uploads (id, kind, org_id, account, data_type, file_name, object_key, sha256, size_bytes, status, \
         correlation_id, offer_id, received_at) \
         SELECT id, kind, org_id, account, data_type, file_name, object_key, sha256, size_bytes, 'received', correlation_id, \
         offer_id, received_at FROM r WHERE TRUE ON CONFLICT DO NOTHING",
    )
    .await
}

/// The upload of that id.
pub async fn find(session: &mut impl Session, id: Uuid) -> Result<Option<Upload>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM uploads {ORGANIZATION} WHERE uploads.id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// The uploads of these ids, in no order.
pub async fn find_many(session: &mut impl Session, ids: &[Uuid]) -> Result<Vec<Upload>, StoreError> {
    let rows = Rows::new().id("named", ids.iter().copied());
    rows.fetch(
        session,
        &format!("SELECT {COLUMNS} FROM r CROSS JOIN uploads {ORGANIZATION} WHERE uploads.id = r.named"),
    )
    .await
}

/// The last received first, at most `most`. Ids are made by clocks of many machines, so they decide between equals alone.
pub async fn list(session: &mut impl Session, wanted: &UploadSelection, most: i64) -> Result<Vec<Upload>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM uploads {ORGANIZATION} WHERE (CAST($1 AS TEXT) IS NULL OR (organizations.path >= $1 AND organizations.path < $2)) \
         AND (CAST($3 AS TEXT) IS NULL OR uploads.status = $3) ORDER BY uploads.received_at DESC, uploads.id DESC LIMIT $4"
    ));
    let end = wanted.below.as_deref().map(crate::organizations::path_end);
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(&wanted.below).bind(end).bind(&wanted.status).bind(most).fetch_all(conn).await
    })?)
}

/// Locks uploads for this unit and gives those that are still open (`received` or `running`; a held one is `received`
/// again once it is released): what was discarded or done meanwhile doesn't come back.
pub async fn lock_open(unit: &mut Unit, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().id("named", sorted);
    let sql = format!(
        "SELECT uploads.id FROM r CROSS JOIN uploads \
         WHERE uploads.id = r.named AND uploads.status IN ('received', 'running') ORDER BY uploads.id{}",
        match unit.kind() {
            crate::EngineKind::Postgres => " FOR UPDATE OF uploads",
            crate::EngineKind::Sqlite => "",
        }
    );
    let found: Vec<(Uuid,)> = rows.fetch(unit, &sql).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Writes how uploads ended.
pub async fn settle(unit: &mut Unit, endings: &[Ending]) -> Result<(), StoreError> {
    let count = |f: fn(&RowCounts) -> i64| endings.iter().map(move |e| f(&e.counts));
    let rows = Rows::new()
        .id("named", endings.iter().map(|e| e.id))
        .text("status", endings.iter().map(|e| e.status.to_owned()))
        .text("reason_code", endings.iter().map(|e| e.reason_code.clone()))
        .text("reason", endings.iter().map(|e| e.reason.clone()))
        .int("n_read", count(|c| c.read))
        .int("n_accepted", count(|c| c.accepted))
        .int("n_unchanged", count(|c| c.unchanged))
        .int("n_rejected", count(|c| c.rejected))
        .int("n_duplicate", count(|c| c.duplicate))
        .int("n_transfer", count(|c| c.transfers))
        .int("n_content", count(|c| c.content))
        .int("n_headings", count(|c| c.headings))
        .int("n_skipped", count(|c| c.skipped))
        .int("n_not_read", count(|c| c.not_read))
        .text("findings", endings.iter().map(|e| e.findings.clone()))
        .text("finding_counts", endings.iter().map(|e| e.finding_counts.clone()))
        .text("result_key", endings.iter().map(|e| e.result_key.clone()))
        .text("rejected_key", endings.iter().map(|e| e.rejected_key.clone()))
        .int("org", endings.iter().map(|e| e.org_id))
        .instant("at", endings.iter().map(|e| e.finished_at));
    rows.execute(
        unit,
        "UPDATE uploads SET status = r.status, reason_code = r.reason_code, reason = r.reason, rows_read = r.n_read, \
         rows_accepted = r.n_accepted, rows_unchanged = r.n_unchanged, rows_rejected = r.n_rejected, \
         rows_duplicate = r.n_duplicate, rows_transfer = r.n_transfer, rows_content = r.n_content, \
         rows_headings = r.n_headings, rows_skipped = r.n_skipped, rows_not_read = r.n_not_read, findings = r.findings, \
         finding_counts = r.finding_counts, result_key = r.result_key, rejected_key = r.rejected_key, org_id = COALESCE(uploads.org_id, r.org), \
         finished_at = CASE WHEN r.status = 'running' THEN NULL ELSE r.at END \
         FROM r WHERE uploads.id = r.named",
    )
    .await?;
    Ok(())
}

/// Ends an upload whose rows were read before and whose result is there now. False when it was not open any more.
pub async fn complete(
    unit: &mut Unit,
    id: Uuid,
    result_key: &str,
    rejected_key: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE uploads SET status = 'done', result_key = $1, rejected_key = $2, finished_at = $3 \
        WHERE id = $4 AND status IN ('received', 'running')";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(result_key).bind(rejected_key).bind(now).bind(id).execute(conn).await.map(|d| d.rows_affected())
    })? == 1)
}

/// A person releases a held upload: it is `received` again, and its guards are not asked. False when it was not held any more.
pub async fn release_held(unit: &mut Unit, id: Uuid, account: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE uploads SET status = 'received', released_by = $1, released_at = $2, finished_at = NULL \
        WHERE id = $3 AND status = 'held'";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(account).bind(now).bind(id).execute(conn).await.map(|d| d.rows_affected())
    })? == 1)
}

/// A person discards a held upload: `rejected` with this code and reason, and none of its rows counts as taken. False when
/// it was not held any more.
pub async fn discard_held(
    unit: &mut Unit,
    id: Uuid,
    code: &str,
    reason: &str,
    account: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE uploads SET status = 'rejected', reason_code = $1, reason = $2, released_by = $3, \
        released_at = $4, finished_at = $5, rows_read = 0, rows_accepted = 0, rows_unchanged = 0, rows_rejected = 0, \
        rows_duplicate = 0, rows_transfer = 0, rows_content = 0, rows_headings = 0, rows_skipped = 0, rows_not_read = 0 WHERE id = $6 AND status = 'held'";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(code).bind(reason).bind(account).bind(now).bind(now).bind(id).execute(conn).await
            .map(|d| d.rows_affected())
    })? == 1)
}

/// Marks as failed every open upload whose message is dead and that nothing works on any more; the failed ones.
pub async fn fail_dead(unit: &mut Unit, reason: &str, now: DateTime<Utc>) -> Result<Vec<Uuid>, StoreError> {
    let sql = "UPDATE uploads SET status = 'failed', reason_code = 'internal', reason = $1, finished_at = $2 \
        WHERE status IN ('received', 'running') AND correlation_id IN \
        (SELECT correlation_id FROM messages WHERE state = 'dead' AND queue IN ('uploads', 'uploads-large', 'comparisons')) \
        AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.correlation_id = uploads.correlation_id \
        AND messages.state IN ('ready', 'running')) RETURNING id";
    let found: Vec<(Uuid,)> = on!(unit, conn => sqlx::query_as(sql).bind(reason).bind(now).fetch_all(conn).await)?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Failed uploads whose message runs again (`dead replay`) are open again; their number.
pub async fn reopen_replayed(unit: &mut Unit) -> Result<u64, StoreError> {
    let sql = "UPDATE uploads SET status = 'received', reason_code = NULL, reason = NULL, finished_at = NULL \
        WHERE status = 'failed' AND EXISTS (SELECT 1 FROM messages WHERE messages.correlation_id = uploads.correlation_id \
        AND messages.state = 'ready' AND messages.queue IN ('uploads', 'uploads-large', 'comparisons'))";
    Ok(on!(unit, conn => sqlx::query(sql).execute(conn).await.map(|d| d.rows_affected()))?)
}

/// Those of the given ids that are on record: what else lies in the file store is an orphan.
pub async fn known(session: &mut impl Session, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let rows = Rows::new().id("named", ids.iter().copied());
    let found: Vec<(Uuid,)> =
        rows.fetch(session, "SELECT uploads.id FROM r CROSS JOIN uploads WHERE uploads.id = r.named").await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
