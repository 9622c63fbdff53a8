//! Persons whom two submissions of a year hold: found, told once, settled.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::sorted;
use crate::{Rows, Session, StoreError, Unit, Value};

/// A person whom two submissions of a year hold.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Shared {
    /// The person.
    pub person_id: i64,
    /// One submission.
    pub submission_id: i64,
    /// The other.
    pub other_id: i64,
    /// The other's status.
    pub other_status: String,
    /// The union that the person is registered in today; none: in none.
    pub registered_in: Option<i64>,
}

/// A conflict that was not known before.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Conflict {
    /// Our id.
    pub id: i64,
    /// The person.
    pub person_id: i64,
    /// One submission.
    pub first_submission_id: i64,
    /// The other.
    pub second_submission_id: i64,
}

/// The people of these submissions whom another one of the year holds, too (those returned or failed hold nobody).
pub async fn shared(session: &mut impl Session, ids: &[i64]) -> Result<Vec<Shared>, StoreError> {
    let kind = session.kind();
    let mine = kind.each("submissions", "mine", "mine.id = r.named");
    let held = kind.each("submission_people", "held", "held.version_id = mine.version_id");
    let other = kind.each(
        "submission_people",
        "other",
        "other.person_id = held.person_id AND other.version_id <> held.version_id",
    );
    // `year + 0`: by no index of the year, which picks all lists of it.
    let theirs = kind.each(
        "submissions",
        "theirs",
        "theirs.version_id = other.version_id AND theirs.year + 0 = mine.year AND theirs.id <> mine.id \
         AND theirs.status NOT IN ('returned', 'failed')",
    );
    let sql = format!(
        "SELECT held.person_id, mine.id AS submission_id, theirs.id AS other_id, theirs.status AS other_status, \
         (SELECT memberships.org_id FROM memberships WHERE memberships.person_id = held.person_id \
         AND memberships.until IS NULL) AS registered_in FROM r{mine}{held}{other}{theirs} ORDER BY held.person_id"
    );
    Rows::new().int("named", sorted(ids)).fetch(session, &sql).await
}

/// Keeps conflicts; those that were known before are left out of what comes back.
pub async fn record_conflicts(
    unit: &mut Unit,
    year: i32,
    found: &[Shared],
    now: DateTime<Utc>,
) -> Result<Vec<Conflict>, StoreError> {
    let rows = Rows::new()
        .int("person_id", found.iter().map(|one| one.person_id))
        .int("first_id", found.iter().map(|one| one.submission_id.min(one.other_id)))
        .int("second_id", found.iter().map(|one| one.submission_id.max(one.other_id)))
        .every("year", Value::Int(Some(i64::from(year))))
        .every("at", Value::Instant(Some(now)));
    rows.fetch(
        unit,
        "INSERT INTO conflicts (year, person_id, first_submission_id, second_submission_id, found_at) \
         SELECT DISTINCT CAST(year AS INTEGER), person_id, first_id, second_id, at FROM r WHERE TRUE ORDER BY 2, 3, 4 \
         ON CONFLICT (person_id, first_submission_id, second_submission_id) DO NOTHING \
         RETURNING id, person_id, first_submission_id, second_submission_id",
    )
    .await
}

/// Marks conflicts as settled: who kept the person.
pub async fn settle_conflicts(
    unit: &mut Unit,
    settled: &[(i64, i64, i64)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("person_id", settled.iter().map(|(person, ..)| *person))
        .int("kept_by", settled.iter().map(|(_, kept, _)| *kept))
        .int("left_by", settled.iter().map(|(.., left)| *left))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE conflicts SET settled_at = r.at, kept_by_submission_id = r.kept_by FROM r WHERE conflicts.person_id = r.person_id \
         AND conflicts.settled_at IS NULL AND ((conflicts.first_submission_id = r.kept_by AND conflicts.second_submission_id = r.left_by) \
         OR (conflicts.first_submission_id = r.left_by AND conflicts.second_submission_id = r.kept_by))",
    )
    .await?;
    Ok(())
}
