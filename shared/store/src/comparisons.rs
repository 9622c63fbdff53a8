//! Comparisons of rosters with the registry: the members that a roster is compared with, the counts, and the workbooks in
//! which clerks have written what is to be done.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Rows, Sealed, Session, StoreError, Unit, organizations::SealedOption};

/// A comparison that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewComparison {
    /// Its id.
    pub id: Uuid,
    /// The roster.
    pub upload_id: Uuid,
    /// The union.
    pub org_id: i64,
    /// When (business clock).
    pub requested_at: DateTime<Utc>,
}

/// A comparison on record.
#[derive(Debug, Clone, FromRow)]
pub struct Comparison {
    /// Its id.
    pub id: Uuid,
    /// The roster.
    pub upload_id: Uuid,
    /// The union.
    pub org_id: i64,
    /// Its number.
    pub org_code: String,
    /// Its place in the tree.
    pub org_path: String,
    /// `requested` or `done`.
    pub status: String,
    /// The counts.
    #[sqlx(flatten)]
    pub counts: Counts,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When it was done.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What was found, by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Counts {
    /// Rows read.
    pub n_read: i64,
    /// Rows that say what the registry says.
    pub n_same: i64,
    /// Rows that say something else of a member.
    pub n_changed: i64,
    /// Members who are not in the file.
    pub n_absent: i64,
    /// Rows of people who are in no union.
    pub n_not_in_registry: i64,
    /// Rows of people who are in another union.
    pub n_in_other_union: i64,
    /// Pairs that may be one person.
    pub n_near: i64,
    /// Rows whose document stood in an earlier row.
    pub n_duplicate: i64,
    /// Rows with an error.
    pub n_rejected: i64,
}

/// A member as a roster is compared with.
#[derive(Debug, Clone, FromRow)]
pub struct Subject {
    /// The member's number.
    pub person_id: i64,
    /// When the person was last changed.
    pub person_changed_at: DateTime<Utc>,
    /// The open membership.
    pub membership_id: i64,
    /// When that was last changed.
    pub membership_changed_at: DateTime<Utc>,
    /// Wire name of the document's kind.
    pub doc_kind: String,
    /// The document's number, sealed.
    #[sqlx(try_from = "Vec<u8>")]
    pub doc_number: Sealed,
    /// The name as written.
    pub name: String,
    /// Wire name of the sex.
    pub sex: String,
    /// Day of birth.
    pub birth: Option<NaiveDate>,
    /// The phone, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub phone: SealedOption,
    /// 工作单位/服务平台.
    pub employer: Option<String>,
    /// 会员标签.
    pub label: Option<String>,
    /// Wire name of 干部/工人 on record.
    pub staff: Option<String>,
    /// Day of retirement on record.
    pub retired_on: Option<NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<NaiveDate>,
    /// The union.
    pub org_id: i64,
    /// 类型 of the union, as written.
    pub org_kind: Option<String>,
}

const COLUMNS: &str = "comparisons.id, comparisons.upload_id, comparisons.org_id, organizations.code AS org_code, \
    organizations.path AS org_path, comparisons.status, comparisons.n_read, comparisons.n_same, comparisons.n_changed, \
    comparisons.n_absent, comparisons.n_not_in_registry, comparisons.n_in_other_union, comparisons.n_near, \
    comparisons.n_duplicate, comparisons.n_rejected, comparisons.requested_at, comparisons.finished_at \
    FROM comparisons JOIN organizations ON organizations.id = comparisons.org_id";

/// Writes down that a roster is to be compared; the id under which it is, which is an earlier one's if there is one.
pub async fn request(unit: &mut Unit, new: NewComparison) -> Result<Uuid, StoreError> {
    let sql = "INSERT INTO comparisons (id, upload_id, org_id, status, requested_at) VALUES ($1, $2, $3, 'requested', $4) \
        ON CONFLICT (upload_id) DO UPDATE SET status = comparisons.status RETURNING id";
    Ok(on!(unit, conn => {
        sqlx::query_scalar(sql).bind(new.id).bind(new.upload_id).bind(new.org_id).bind(new.requested_at).fetch_one(conn).await
    })?)
}

/// The comparison of that id.
pub async fn find(session: &mut impl Session, id: Uuid) -> Result<Option<Comparison>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT {COLUMNS} WHERE comparisons.id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// The last that was asked for first, of organizations below (and with) a path, at most `most`.
pub async fn list(session: &mut impl Session, below: Option<&str>, most: i64) -> Result<Vec<Comparison>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} WHERE (CAST($1 AS TEXT) IS NULL OR (organizations.path >= $1 AND organizations.path < $2)) \
         ORDER BY comparisons.requested_at DESC, comparisons.id DESC LIMIT $3"
    ));
    let end = below.map(crate::organizations::path_end);
    Ok(on!(session, conn => sqlx::query_as(sql).bind(below).bind(end).bind(most).fetch_all(conn).await)?)
}

/// The persons who are members of a union or of one below it, in the order of their numbers.
pub async fn subject_ids(session: &mut impl Session, path: &str) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT memberships.person_id FROM organizations JOIN memberships ON memberships.org_id = organizations.id \
        WHERE memberships.until IS NULL AND organizations.path >= $1 AND organizations.path < $2 ORDER BY memberships.person_id";
    let end = crate::organizations::path_end(path);
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(path).bind(end).fetch_all(conn).await)?)
}

/// What is on record of these persons, in the order of their numbers; those who are members nowhere by now are left out. They are
/// named and not counted off from the union: of a union of a million every page would else go through all of them.
pub async fn subjects(session: &mut impl Session, persons: &[i64]) -> Result<Vec<Subject>, StoreError> {
    let kind = session.kind();
    let membership =
        kind.each("memberships", "memberships", "memberships.person_id = r.named AND memberships.until IS NULL");
    let person = kind.each("persons", "persons", "persons.id = r.named");
    let org = kind.each("organizations", "organizations", "organizations.id = memberships.org_id");
    let known = kind.each_or_none("facts", "facts", "facts.doc_key = persons.doc_key");
    let sql = format!(
        "SELECT persons.id AS person_id, persons.changed_at AS person_changed_at, memberships.id AS membership_id, \
         memberships.changed_at AS membership_changed_at, persons.doc_kind, persons.doc_number, persons.name, persons.sex, \
         persons.birth, memberships.phone, memberships.employer, memberships.label, facts.staff, facts.retired_on, \
         facts.deceased_on, memberships.org_id, organizations.kind AS org_kind \
         FROM r{membership}{person}{org}{known} ORDER BY persons.id"
    );
    Rows::new().int("named", persons.iter().copied()).fetch(session, &sql).await
}

/// Ends a comparison with its counts; false when it had ended before.
pub async fn finish(unit: &mut Unit, id: Uuid, counts: Counts, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE comparisons SET status = 'done', n_read = $2, n_same = $3, n_changed = $4, n_absent = $5, \
        n_not_in_registry = $6, n_in_other_union = $7, n_near = $8, n_duplicate = $9, n_rejected = $10, finished_at = $11 \
        WHERE id = $1 AND status = 'requested'";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(id).bind(counts.n_read).bind(counts.n_same).bind(counts.n_changed).bind(counts.n_absent)
            .bind(counts.n_not_in_registry).bind(counts.n_in_other_union).bind(counts.n_near).bind(counts.n_duplicate)
            .bind(counts.n_rejected).bind(now).execute(conn).await.map(|done| done.rows_affected())
    })? == 1)
}

/// A workbook with choices that was just accepted.
#[derive(Debug, Clone)]
pub struct NewApplication {
    /// Its id.
    pub id: Uuid,
    /// The comparison that it is about.
    pub comparison_id: Uuid,
    /// Who asks.
    pub account: String,
    /// The file's name as the clerk knows it.
    pub file_name: String,
    /// Where the file lies.
    pub object_key: String,
    /// The message that started it.
    pub correlation_id: Uuid,
    /// When (business clock).
    pub received_at: DateTime<Utc>,
}

/// A workbook with choices on record.
#[derive(Debug, Clone, FromRow)]
pub struct Application {
    /// Its id.
    pub id: Uuid,
    /// The comparison that it is about.
    pub comparison_id: Uuid,
    /// Who asked.
    pub account: String,
    /// The file's name as the clerk knows it.
    pub file_name: String,
    /// Where the file lies.
    pub object_key: String,
    /// `received`, `done`, `rejected` or `failed`.
    pub status: String,
    /// Code of the reason.
    pub reason_code: Option<String>,
    /// The same as a sentence for the clerk.
    pub reason: Option<String>,
    /// Items for which something was chosen.
    pub n_chosen: i64,
    /// Those carried out.
    pub n_done: i64,
    /// Those refused.
    pub n_refused: i64,
    /// The outcome of each item, masked, as JSON; the first thousand.
    pub results: String,
    /// The message that started it.
    pub correlation_id: Uuid,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// How an application ended.
#[derive(Debug, Clone)]
pub struct ApplicationEnding {
    /// Its id.
    pub id: Uuid,
    /// Wire name of the status.
    pub status: &'static str,
    /// Code of the reason.
    pub reason_code: Option<String>,
    /// The sentence for the clerk.
    pub reason: Option<String>,
    /// Items for which something was chosen, carried out, refused.
    pub counts: [i64; 3],
    /// The outcome of each item, masked, as JSON.
    pub results: String,
    /// When.
    pub finished_at: DateTime<Utc>,
}

/// Writes an accepted workbook with choices.
pub async fn accept_application(unit: &mut Unit, new: &NewApplication) -> Result<(), StoreError> {
    let sql = "INSERT INTO comparison_applications (id, comparison_id, account, file_name, object_key, status, correlation_id, \
        received_at) VALUES ($1, $2, $3, $4, $5, 'received', $6, $7)";
    on!(unit, conn => {
        sqlx::query(sql).bind(new.id).bind(new.comparison_id).bind(&new.account).bind(&new.file_name).bind(&new.object_key)
            .bind(new.correlation_id).bind(new.received_at).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// The application of that id.
pub async fn find_application(session: &mut impl Session, id: Uuid) -> Result<Option<Application>, StoreError> {
    let sql = "SELECT id, comparison_id, account, file_name, object_key, status, reason_code, reason, n_chosen, n_done, n_refused, \
        results, correlation_id, received_at, finished_at FROM comparison_applications WHERE id = $1";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// Writes how an application ended; false when it had ended before.
pub async fn end_application(unit: &mut Unit, ending: &ApplicationEnding) -> Result<bool, StoreError> {
    let sql = "UPDATE comparison_applications SET status = $2, reason_code = $3, reason = $4, n_chosen = $5, n_done = $6, \
        n_refused = $7, results = $8, finished_at = $9 WHERE id = $1 AND status = 'received'";
    let [chosen, done, refused] = ending.counts;
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(ending.id).bind(ending.status).bind(&ending.reason_code).bind(&ending.reason).bind(chosen)
            .bind(done).bind(refused).bind(&ending.results).bind(ending.finished_at).execute(conn).await
            .map(|done| done.rows_affected())
    })? == 1)
}

/// Marks as failed every open application whose message is dead and that nothing works on any more; their number.
pub async fn fail_dead(unit: &mut Unit, reason: &str, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "UPDATE comparison_applications SET status = 'failed', reason_code = 'internal', reason = $1, finished_at = $2 \
        WHERE status = 'received' AND correlation_id IN \
        (SELECT correlation_id FROM messages WHERE state = 'dead' AND queue = 'comparisons') \
        AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.correlation_id = comparison_applications.correlation_id \
        AND messages.state IN ('ready', 'running'))";
    Ok(on!(unit, conn => sqlx::query(sql).bind(reason).bind(now).execute(conn).await.map(|d| d.rows_affected()))?)
}

/// Failed applications whose message runs again (`dead replay`) are open again; their number.
pub async fn reopen_replayed(unit: &mut Unit) -> Result<u64, StoreError> {
    let sql = "UPDATE comparison_applications SET status = 'received', reason_code = NULL, reason = NULL, finished_at = NULL \
        WHERE status = 'failed' AND EXISTS (SELECT 1 FROM messages \
        WHERE messages.correlation_id = comparison_applications.correlation_id \
        AND messages.state = 'ready' AND messages.queue = 'comparisons')";
    Ok(on!(unit, conn => sqlx::query(sql).execute(conn).await.map(|d| d.rows_affected()))?)
}
