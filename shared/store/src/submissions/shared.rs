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
    let rows = Rows::new().int("named", sorted(ids));
    // Few people are held twice. They are found first, person by person and list by list, by scalar queries that no planner
    // joins (see `candidates`): else, with statistics from before the season, every call goes through all lists of the year.
    rows.fetch(
        session,
        ", own AS MATERIALIZED (SELECT mine.id, mine.year, mine.version_id, held.person_id FROM r CROSS JOIN submissions AS mine \
         CROSS JOIN submission_people AS held WHERE mine.id = r.named AND held.version_id = mine.version_id \
         AND (SELECT COUNT(*) FROM submission_people AS other WHERE other.person_id = held.person_id \
         AND other.version_id <> held.version_id AND (SELECT theirs.id FROM submissions AS theirs \
         WHERE theirs.version_id = other.version_id AND theirs.year + 0 = mine.year \
         AND theirs.status NOT IN ('returned', 'failed')) IS NOT NULL) > 0) \
         SELECT own.person_id, own.id AS submission_id, theirs.id AS other_id, theirs.status AS other_status, \
         memberships.org_id AS registered_in FROM own CROSS JOIN submission_people AS other CROSS JOIN submissions AS theirs \
         LEFT JOIN memberships ON memberships.person_id = own.person_id AND memberships.until IS NULL \
         WHERE other.person_id = own.person_id AND other.version_id <> own.version_id AND theirs.version_id = other.version_id \
         AND theirs.year = own.year AND theirs.id <> own.id AND theirs.status NOT IN ('returned', 'failed') \
         ORDER BY own.person_id",
    )
    .await
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
