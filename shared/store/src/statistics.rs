//! Statistics of a year: units with what they submitted, units that have yet to, and the totals as a campaign is watched by them.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::{Session, StoreError, organizations::path_end, submissions::Fen};

/// A unit with the version of its submission that counts.
#[derive(Debug, Clone, FromRow)]
pub struct UnitFigures {
    /// The unit's number.
    pub org_code: String,
    /// The unit's name.
    pub org_name: String,
    /// The unit's place in the tree.
    pub org_path: String,
    /// The plan's code.
    pub plan: String,
    /// Wire name of the status.
    pub status: String,
    /// When the version was received.
    pub received_at: DateTime<Utc>,
    /// People enrolled.
    pub people: i64,
    /// Members without a card.
    pub no_card: i64,
    /// Members to be confirmed.
    pub pending: i64,
    /// Retired members.
    pub retired: i64,
    /// Deceased members.
    pub deceased: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
}

/// A unit with members whose submission is not there, or was returned.
#[derive(Debug, Clone, FromRow)]
pub struct OutstandingUnit {
    /// The unit's number.
    pub org_code: String,
    /// The unit's name.
    pub org_name: String,
    /// The unit's place in the tree.
    pub org_path: String,
    /// Its members now.
    pub members: i64,
    /// Who is to be asked.
    pub contact: Option<String>,
    /// Where.
    pub email: String,
}

/// What submissions come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromRow)]
pub struct Sums {
    /// Units that have submitted, those included whose submission failed.
    pub units: i64,
    /// People enrolled; of what failed none.
    pub people: i64,
    /// Money by payer; of what failed none.
    #[sqlx(flatten)]
    pub fen: Fen,
}

/// What the totals hold of an organization, by status.
#[derive(Debug, Clone, FromRow)]
pub struct StatusTotals {
    /// The organization.
    pub org_id: i64,
    /// Wire name of the status.
    pub status: String,
    /// Units.
    pub units: i64,
    /// People.
    pub people: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
}

/// The units below (and with) a path that have submitted and were not returned, in no order.
pub async fn submitted(session: &mut impl Session, year: i32, path: &str) -> Result<Vec<UnitFigures>, StoreError> {
    let sql = "SELECT organizations.code AS org_code, organizations.name AS org_name, organizations.path AS org_path, \
        submissions.plan, submissions.status, submissions.received_at, submissions.people, submission_versions.no_card, \
        submission_versions.pending, submission_versions.retired, submission_versions.deceased, submissions.total_fen, \
        submissions.municipal_fen, submissions.bureau_fen, submissions.unit_fen \
        FROM organizations JOIN submissions ON submissions.org_id = organizations.id AND submissions.year = $1 \
        JOIN submission_versions ON submission_versions.id = submissions.version_id \
        WHERE organizations.path >= $2 AND organizations.path < $3 AND submissions.status <> 'returned'";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// What [`submitted`] comes to, added up by the database.
pub async fn sums(session: &mut impl Session, year: i32, path: &str) -> Result<Sums, StoreError> {
    let sql = "SELECT COUNT(*) AS units, \
        CAST(COALESCE(SUM(CASE submissions.status WHEN 'failed' THEN 0 ELSE people END), 0) AS BIGINT) AS people, \
        CAST(COALESCE(SUM(CASE submissions.status WHEN 'failed' THEN 0 ELSE total_fen END), 0) AS BIGINT) AS total_fen, \
        CAST(COALESCE(SUM(CASE submissions.status WHEN 'failed' THEN 0 ELSE municipal_fen END), 0) AS BIGINT) AS municipal_fen, \
        CAST(COALESCE(SUM(CASE submissions.status WHEN 'failed' THEN 0 ELSE bureau_fen END), 0) AS BIGINT) AS bureau_fen, \
        CAST(COALESCE(SUM(CASE submissions.status WHEN 'failed' THEN 0 ELSE unit_fen END), 0) AS BIGINT) AS unit_fen \
        FROM submissions JOIN organizations ON organizations.id = submissions.org_id \
        WHERE submissions.year = $1 AND organizations.path >= $2 AND organizations.path < $3 AND submissions.status <> 'returned'";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).fetch_one(conn).await)?)
}

/// The grassroots unions with members below (and with) a path that have yet to submit, in no order.
pub async fn outstanding(
    session: &mut impl Session,
    year: i32,
    path: &str,
) -> Result<Vec<OutstandingUnit>, StoreError> {
    let sql = "SELECT organizations.code AS org_code, organizations.name AS org_name, organizations.path AS org_path, \
        counts.members, organizations.contact, organizations.email FROM organizations JOIN \
        (SELECT memberships.org_id, COUNT(*) AS members FROM memberships JOIN organizations AS own ON own.id = memberships.org_id \
         WHERE memberships.until IS NULL AND own.path >= $2 AND own.path < $3 GROUP BY memberships.org_id) AS counts \
        ON counts.org_id = organizations.id WHERE organizations.level = 'grassroots' AND organizations.removed_at IS NULL \
        AND NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.year = $1 AND submissions.org_id = organizations.id \
        AND submissions.status <> 'returned')";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// How many of [`outstanding`] are below (and with) each organization of these levels that is below (and with) a path; those
/// with none are left out.
pub async fn count_outstanding(
    session: &mut impl Session,
    year: i32,
    path: &str,
    levels: [&str; 2],
) -> Result<Vec<(i64, i64)>, StoreError> {
    let sql = "SELECT above.id, COUNT(*) FROM organizations AS above JOIN organizations AS own ON own.path >= above.path \
        AND own.path < SUBSTR(above.path, 1, LENGTH(above.path) - 1) || '0' \
        WHERE above.path >= $2 AND above.path < $3 AND above.level IN ($4, $5) AND above.removed_at IS NULL \
        AND own.level = 'grassroots' AND own.removed_at IS NULL \
        AND EXISTS (SELECT 1 FROM memberships WHERE memberships.org_id = own.id AND memberships.until IS NULL) \
        AND NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.year = $1 AND submissions.org_id = own.id \
        AND submissions.status <> 'returned') GROUP BY above.id";
    let [upper, lower] = levels;
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).bind(upper).bind(lower).fetch_all(conn).await
    })?)
}

/// The totals of the organizations of these levels below (and with) a path, all plans together.
pub async fn totals_of(
    session: &mut impl Session,
    year: i32,
    path: &str,
    levels: [&str; 2],
) -> Result<Vec<StatusTotals>, StoreError> {
    let sql = "SELECT totals.org_id, totals.status, CAST(SUM(totals.units) AS BIGINT) AS units, \
        CAST(SUM(totals.people) AS BIGINT) AS people, CAST(SUM(totals.total_fen) AS BIGINT) AS total_fen, \
        CAST(SUM(totals.municipal_fen) AS BIGINT) AS municipal_fen, CAST(SUM(totals.bureau_fen) AS BIGINT) AS bureau_fen, \
        CAST(SUM(totals.unit_fen) AS BIGINT) AS unit_fen FROM totals JOIN organizations ON organizations.id = totals.org_id \
        WHERE totals.year = $1 AND organizations.path >= $2 AND organizations.path < $3 AND organizations.level IN ($4, $5) \
        GROUP BY totals.org_id, totals.status";
    let [upper, lower] = levels;
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).bind(upper).bind(lower).fetch_all(conn).await
    })?)
}
