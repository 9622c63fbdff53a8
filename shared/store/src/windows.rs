//! Windows of a year, as levels: whether one is open is computed from its row and an instant, never stored. What was acted
//! on is a transition: a row that is unique by window, version and transition.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};

use crate::{EngineKind, Session, StoreError, Unit};

/// A window: for all, or for one organization with all below it.
#[derive(Debug, Clone, FromRow)]
pub struct Window {
    /// Our id.
    pub id: i64,
    /// The coverage year.
    pub year: i32,
    /// Wire name of the window.
    pub name: String,
    /// The organization that it was extended for; none: for all.
    pub org_id: Option<i64>,
    /// That organization's number.
    pub org_code: Option<String>,
    /// That organization's place in the tree.
    pub org_path: Option<String>,
    /// Open from this instant on.
    pub opens_at: DateTime<Utc>,
    /// Closed from this instant on.
    pub closes_at: DateTime<Utc>,
    /// Grows with each move.
    pub version: i64,
    /// Why it was moved.
    pub reason: Option<String>,
    /// Who loaded or moved it.
    pub changed_by: String,
    /// When (business clock).
    pub changed_at: DateTime<Utc>,
}

/// A window to be written over the one that is there.
#[derive(Debug, Clone)]
pub struct NewWindow {
    /// The coverage year.
    pub year: i32,
    /// Wire name of the window.
    pub name: &'static str,
    /// The organization that it is extended for; none: for all.
    pub org_id: Option<i64>,
    /// Open from this instant on.
    pub opens_at: DateTime<Utc>,
    /// Closed from this instant on.
    pub closes_at: DateTime<Utc>,
    /// Why it is moved.
    pub reason: Option<String>,
}

/// An opening or closing that came due.
#[derive(Debug, Clone, FromRow)]
pub struct Transition {
    /// Our id.
    pub id: i64,
    /// The window.
    pub window_id: i64,
    /// The version of the window that was seen.
    pub version: i64,
    /// `opened` or `closed`.
    pub transition: String,
    /// The instant at which the window did.
    pub due_at: DateTime<Utc>,
    /// When that was noticed (business clock).
    pub seen_at: DateTime<Utc>,
    /// How much later that was, in seconds.
    pub late_by_s: i64,
    /// When it was acted on.
    pub done_at: Option<DateTime<Utc>>,
    /// What was done, or why nothing was.
    pub outcome: Option<String>,
}

const WINDOW: &str = "SELECT windows.id, windows.year, windows.name, windows.org_id, organizations.code AS org_code, \
    organizations.path AS org_path, windows.opens_at, windows.closes_at, windows.version, windows.reason, windows.changed_by, \
    windows.changed_at FROM windows LEFT JOIN organizations ON organizations.id = windows.org_id";
const TRANSITION: &str =
    "SELECT id, window_id, version, transition, due_at, seen_at, late_by_s, done_at, outcome FROM window_transitions";

/// Writes a window over the one of its year, name and organization. One whose instants stay keeps its version.
pub async fn put(unit: &mut Unit, new: &NewWindow, account: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "INSERT INTO windows (year, name, org_id, opens_at, closes_at, version, reason, changed_by, changed_at) \
        VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8) ON CONFLICT (year, name, COALESCE(org_id, 0)) DO UPDATE SET \
        opens_at = excluded.opens_at, closes_at = excluded.closes_at, version = windows.version + 1, \
        reason = excluded.reason, changed_by = excluded.changed_by, changed_at = excluded.changed_at \
        WHERE windows.opens_at <> excluded.opens_at OR windows.closes_at <> excluded.closes_at";
    on!(unit, conn => {
        sqlx::query(sql).bind(new.year).bind(new.name).bind(new.org_id).bind(new.opens_at).bind(new.closes_at)
            .bind(&new.reason).bind(account).bind(now).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// All windows of a year, those for all before those of single organizations.
pub async fn of_year(session: &mut impl Session, year: i32) -> Result<Vec<Window>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{WINDOW} WHERE windows.year = $1 ORDER BY windows.opens_at, windows.name, COALESCE(windows.org_id, 0)"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).fetch_all(conn).await)?)
}

/// The window with that id of ours.
pub async fn get(session: &mut impl Session, id: i64) -> Result<Option<Window>, StoreError> {
    let sql = AssertSqlSafe(format!("{WINDOW} WHERE windows.id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// Notices an opening or closing: its row, unless it was noticed before. The first to write it is the one to act.
pub async fn notice(
    unit: &mut Unit,
    window: &Window,
    transition: &str,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let sql = "INSERT INTO window_transitions (window_id, version, transition, due_at, seen_at, late_by_s) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (window_id, version, transition) DO NOTHING RETURNING id";
    Ok(on!(unit, conn => {
        sqlx::query_scalar(sql).bind(window.id).bind(window.version).bind(transition).bind(due_at).bind(now)
            .bind((now - due_at).num_seconds().max(0)).fetch_optional(conn).await
    })?)
}

/// The transitions of a year, the oldest due first.
pub async fn transitions(session: &mut impl Session, year: i32) -> Result<Vec<Transition>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{TRANSITION} WHERE window_id IN (SELECT id FROM windows WHERE year = $1) ORDER BY due_at, id"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).fetch_all(conn).await)?)
}

/// A transition, locked until the unit ends.
pub async fn lock_transition(unit: &mut Unit, id: i64) -> Result<Option<Transition>, StoreError> {
    let lock = match unit.kind() {
        EngineKind::Postgres => " FOR UPDATE",
        EngineKind::Sqlite => "",
    };
    let sql = AssertSqlSafe(format!("{TRANSITION} WHERE id = $1{lock}"));
    Ok(on!(unit, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// Marks a transition as acted on.
pub async fn finish(unit: &mut Unit, id: i64, outcome: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE window_transitions SET done_at = $1, outcome = $2 WHERE id = $3 AND done_at IS NULL";
    on!(unit, conn => sqlx::query(sql).bind(now).bind(outcome).bind(id).execute(conn).await.map(drop))?;
    Ok(())
}

/// Notices that a reminder is due: false when it was noticed before.
pub async fn notice_reminder(
    unit: &mut Unit,
    window: &Window,
    days_before: i32,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO reminders (window_id, version, days_before, due_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (window_id, version, days_before) DO NOTHING";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(window.id).bind(window.version).bind(days_before).bind(due_at).execute(conn).await
            .map(|done| done.rows_affected())
    })? == 1)
}

/// Marks a reminder as acted on; false when it was before.
pub async fn finish_reminder(
    unit: &mut Unit,
    window_id: i64,
    version: i64,
    days_before: i32,
    outcome: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE reminders SET done_at = $1, outcome = $2 \
        WHERE window_id = $3 AND version = $4 AND days_before = $5 AND done_at IS NULL";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(now).bind(outcome).bind(window_id).bind(version).bind(days_before).execute(conn).await
            .map(|done| done.rows_affected())
    })? == 1)
}

/// The reminders of a year that were noticed: window, version, days before the closing.
pub async fn reminders(
    session: &mut impl Session,
    year: i32,
) -> Result<std::collections::HashSet<(i64, i64, i32)>, StoreError> {
    let sql = "SELECT reminders.window_id, reminders.version, reminders.days_before FROM reminders \
        JOIN windows ON windows.id = reminders.window_id WHERE windows.year = $1";
    let found: Vec<(i64, i64, i32)> = on!(session, conn => sqlx::query_as(sql).bind(year).fetch_all(conn).await)?;
    Ok(found.into_iter().collect())
}

/// The transition with that id of ours.
pub async fn transition(session: &mut impl Session, id: i64) -> Result<Option<Transition>, StoreError> {
    let sql = AssertSqlSafe(format!("{TRANSITION} WHERE id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}
