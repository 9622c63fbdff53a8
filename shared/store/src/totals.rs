//! Totals of organizations by year, plan and status, and what of each submission stands in them.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::{EngineKind, Rows, Session, StoreError, Unit, Value, organizations::path_end, submissions::Fen};

/// What a submission is, or was when it was counted.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Counted {
    /// The submission.
    pub submission_id: i64,
    /// The coverage year.
    pub year: i32,
    /// The unit's place in the tree.
    pub path: String,
    /// Wire name of the status.
    pub status: String,
    /// The plan's code.
    pub plan: String,
    /// Units: one.
    pub units: i64,
    /// People enrolled.
    pub people: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
}

/// A row of the totals, or what is to be added to one.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Total {
    /// The coverage year.
    pub year: i32,
    /// The organization.
    pub org_id: i64,
    /// The plan's code.
    pub plan: String,
    /// Wire name of the status.
    pub status: String,
    /// Units.
    pub units: i64,
    /// People enrolled.
    pub people: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
}

const NOW: &str = "SELECT submissions.id AS submission_id, submissions.year, organizations.path, submissions.status, \
    submissions.plan, CAST(1 AS BIGINT) AS units, submissions.people, submissions.total_fen, submissions.municipal_fen, \
    submissions.bureau_fen, submissions.unit_fen";

const COUNTED: &str = "SELECT counted.submission_id, submissions.year, counted.path, counted.status, counted.plan, counted.units, \
    counted.people, counted.total_fen, counted.municipal_fen, counted.bureau_fen, counted.unit_fen";

const TOTAL: &str =
    "SELECT year, org_id, plan, status, units, people, total_fen, municipal_fen, bureau_fen, unit_fen FROM totals";

/// What these submissions, which are locked, are now.
pub async fn now(unit: &mut Unit, ids: &[i64]) -> Result<Vec<Counted>, StoreError> {
    let rows = Rows::new().int("named", ids.iter().copied());
    let from = "FROM r CROSS JOIN submissions JOIN organizations ON organizations.id = submissions.org_id";
    rows.fetch(unit, &format!("{NOW} {from} WHERE submissions.id = r.named")).await
}

/// What of these submissions, which are locked, stands in the totals.
pub async fn counted(unit: &mut Unit, ids: &[i64]) -> Result<Vec<Counted>, StoreError> {
    let rows = Rows::new().int("named", ids.iter().copied());
    let from = "FROM r CROSS JOIN counted JOIN submissions ON submissions.id = counted.submission_id";
    rows.fetch(unit, &format!("{COUNTED} {from} WHERE counted.submission_id = r.named")).await
}

/// The ids of the submissions of unions below (and with) a path, of all years, in their order.
pub async fn submissions_below(session: &mut impl Session, path: &str) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT submissions.id FROM organizations JOIN submissions ON submissions.org_id = organizations.id \
        WHERE organizations.path >= $1 AND organizations.path < $2 ORDER BY submissions.id";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// The ids of the submissions in these batches, in their order.
pub async fn submissions_of(session: &mut impl Session, batches: &[i64]) -> Result<Vec<i64>, StoreError> {
    let rows = Rows::new().int("named", batches.iter().copied());
    let sql = "SELECT submissions.id FROM r CROSS JOIN submissions WHERE submissions.batch_id = r.named ORDER BY submissions.id";
    let found: Vec<(i64,)> = rows.fetch(session, sql).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Writes down what of submissions stands in the totals from now on.
pub async fn count(unit: &mut Unit, parts: &[Counted], at: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("submission_id", parts.iter().map(|one| one.submission_id))
        .text("path", parts.iter().map(|one| one.path.clone()))
        .text("status", parts.iter().map(|one| one.status.clone()))
        .text("plan", parts.iter().map(|one| one.plan.clone()))
        .int("units", parts.iter().map(|one| one.units))
        .int("people", parts.iter().map(|one| one.people))
        .int("total_fen", parts.iter().map(|one| one.fen.total))
        .int("municipal_fen", parts.iter().map(|one| one.fen.municipal))
        .int("bureau_fen", parts.iter().map(|one| one.fen.bureau))
        .int("unit_fen", parts.iter().map(|one| one.fen.unit))
        .every("at", Value::Instant(Some(at)));
    rows.execute(
        unit,
        "INSERT INTO counted (submission_id, path, status, plan, units, people, total_fen, municipal_fen, bureau_fen, unit_fen, \
         counted_at) SELECT submission_id, path, status, plan, units, people, total_fen, municipal_fen, bureau_fen, unit_fen, at \
         FROM r WHERE TRUE ON CONFLICT (submission_id) DO UPDATE SET path = excluded.path, status = excluded.status, \
         plan = excluded.plan, units = excluded.units, people = excluded.people, total_fen = excluded.total_fen, \
         municipal_fen = excluded.municipal_fen, bureau_fen = excluded.bureau_fen, unit_fen = excluded.unit_fen, \
         counted_at = excluded.counted_at",
    )
    .await?;
    Ok(())
}

/// Adds differences to the totals. They come sorted by year, organization, plan and status, so that two units that touch the
/// same rows wait for each other and never both for ever.
pub async fn add(unit: &mut Unit, differences: &[Total]) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("year", differences.iter().map(|one| i64::from(one.year)))
        .int("org_id", differences.iter().map(|one| one.org_id))
        .text("plan", differences.iter().map(|one| one.plan.clone()))
        .text("status", differences.iter().map(|one| one.status.clone()))
        .int("units", differences.iter().map(|one| one.units))
        .int("people", differences.iter().map(|one| one.people))
        .int("total_fen", differences.iter().map(|one| one.fen.total))
        .int("municipal_fen", differences.iter().map(|one| one.fen.municipal))
        .int("bureau_fen", differences.iter().map(|one| one.fen.bureau))
        .int("unit_fen", differences.iter().map(|one| one.fen.unit));
    rows.execute(
        unit,
        "INSERT INTO totals (year, org_id, plan, status, units, people, total_fen, municipal_fen, bureau_fen, unit_fen) \
         SELECT CAST(year AS INTEGER), org_id, plan, status, units, people, total_fen, municipal_fen, bureau_fen, unit_fen FROM r \
         WHERE TRUE ORDER BY 1, 2, 3, 4 ON CONFLICT (year, org_id, plan, status) DO UPDATE SET \
         units = totals.units + excluded.units, people = totals.people + excluded.people, \
         total_fen = totals.total_fen + excluded.total_fen, municipal_fen = totals.municipal_fen + excluded.municipal_fen, \
         bureau_fen = totals.bureau_fen + excluded.bureau_fen, unit_fen = totals.unit_fen + excluded.unit_fen",
    )
    .await?;
    Ok(())
}

/// The totals of organizations below (and with) a path: every one's that has any.
pub async fn below(session: &mut impl Session, year: i32, path: &str) -> Result<Vec<Total>, StoreError> {
    let sql = "SELECT totals.year, totals.org_id, totals.plan, totals.status, totals.units, totals.people, totals.total_fen, \
        totals.municipal_fen, totals.bureau_fen, totals.unit_fen FROM organizations \
        JOIN totals ON totals.org_id = organizations.id AND totals.year = $1 \
        WHERE organizations.path >= $2 AND organizations.path < $3 ORDER BY totals.org_id, totals.plan, totals.status";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// The totals of these organizations.
pub async fn of(session: &mut impl Session, year: i32, orgs: &[i64]) -> Result<Vec<Total>, StoreError> {
    let rows = Rows::new().int("named", orgs.iter().copied()).every("wanted", Value::Int(Some(i64::from(year))));
    let from = TOTAL.replace("FROM totals", "FROM r CROSS JOIN totals");
    rows.fetch(session, &format!("{from} WHERE totals.year = r.wanted AND totals.org_id = r.named")).await
}

/// All totals of a year.
pub async fn all(session: &mut impl Session, year: i32) -> Result<Vec<Total>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{TOTAL} WHERE year = $1 ORDER BY org_id, plan, status"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).fetch_all(conn).await)?)
}

/// Keeps everybody else from counting until the unit ends, so that a recount sees books that nobody writes in.
pub async fn hold_still(unit: &mut Unit) -> Result<(), StoreError> {
    if unit.kind() == EngineKind::Postgres {
        on!(unit, conn => {
            sqlx::query("LOCK TABLE counted, totals IN SHARE ROW EXCLUSIVE MODE").execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// What the submissions of a year are now, a page by id.
pub async fn page_of_now(unit: &mut Unit, year: i32, after: i64, most: i64) -> Result<Vec<Counted>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{NOW} FROM submissions JOIN organizations ON organizations.id = submissions.org_id \
         WHERE submissions.year = $1 AND submissions.id > $2 ORDER BY submissions.id LIMIT $3"
    ));
    Ok(on!(unit, conn => sqlx::query_as(sql).bind(year).bind(after).bind(most).fetch_all(conn).await)?)
}

/// Throws away what is counted of a year, for a recount to write it anew.
pub async fn forget(unit: &mut Unit, year: i32) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM counted WHERE submission_id IN (SELECT id FROM submissions WHERE year = $1)",
        "DELETE FROM totals WHERE year = $1",
    ] {
        on!(unit, conn => sqlx::query(sql).bind(year).execute(conn).await.map(drop))?;
    }
    Ok(())
}
