//! The units that submit before the last evening: their submissions are written straight into the database, as their members
//! are, and counted by a recount.

use sqlx::{Connection as _, PgConnection};

use super::{OPERATOR, YEAR, scene::Scene};
use crate::Outcome;

/// The people whom the rules of the year cover, as the members were made: with card and insurance, not retired.
const PEOPLE: &str = "INSERT INTO submission_people (version_id, person_id, name, doc_kind, id_masked, card_masked) \
    SELECT CAST('018f0000-0000-7000-8000-' || LPAD(TO_HEX(organizations.id), 12, '0') AS UUID), persons.id, persons.name, \
    persons.doc_kind, '3101 **** **** 0014', '6231 **** **** 0996' FROM organizations \
    JOIN memberships ON memberships.org_id = organizations.id AND memberships.until IS NULL \
    JOIN persons ON persons.id = memberships.person_id JOIN facts ON facts.doc_key = persons.doc_key \
    WHERE organizations.level = 'grassroots' AND NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.year = $1 \
    AND submissions.org_id = organizations.id) AND facts.card IS NOT NULL AND facts.social_insurance \
    AND facts.retired_on IS NULL ORDER BY organizations.id";

/// A submission for each list that has none, at the price that a submitted person has.
const SUBMISSIONS: &str = "INSERT INTO submissions (year, org_id, bureau_id, number, status, version_id, version, plan, people, \
    total_fen, municipal_fen, bureau_fen, unit_fen, received_at, submitted_at, changed_at) \
    SELECT price.year, organizations.id, organizations.parent_id, 'DW' || price.year || '-' || organizations.code || '-1', 'submitted', \
    lists.version_id, 1, price.plan, lists.people, lists.people * price.total, lists.people * price.municipal, \
    lists.people * price.bureau, lists.people * price.unit, price.at, price.at, price.at FROM organizations \
    JOIN (SELECT version_id, COUNT(*) AS people FROM submission_people GROUP BY version_id) AS lists \
    ON lists.version_id = CAST('018f0000-0000-7000-8000-' || LPAD(TO_HEX(organizations.id), 12, '0') AS UUID) \
    CROSS JOIN (SELECT year, plan, total_fen / people AS total, municipal_fen / people AS municipal, bureau_fen / people AS bureau, \
    unit_fen / people AS unit, received_at AS at FROM submissions WHERE year = $1 ORDER BY id LIMIT 1) AS price \
    ORDER BY organizations.id";

const VERSIONS: &str = "INSERT INTO submission_versions (id, submission_id, version, plan, members, no_card, pending, retired, \
    deceased, people, total_fen, municipal_fen, bureau_fen, unit_fen, sha256, undecided, cause, account, received_at) \
    SELECT version_id, id, 1, plan, people, 0, 0, 0, 0, people, total_fen, municipal_fen, bureau_fen, unit_fen, REPEAT('0', 64), \
    '[]', 'submit', $2, received_at FROM submissions WHERE year = $1 \
    AND NOT EXISTS (SELECT 1 FROM submission_versions WHERE submission_versions.id = submissions.version_id)";

impl Scene {
    /// Writes the submissions of all units that have none; how many.
    pub async fn submit_the_rest(&self) -> Outcome<u64> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let mut unit = connection.begin().await?;
        sqlx::query(PEOPLE).bind(YEAR).execute(&mut *unit).await?;
        let written = sqlx::query(SUBMISSIONS).bind(YEAR).execute(&mut *unit).await?.rows_affected();
        sqlx::query(VERSIONS).bind(YEAR).bind(OPERATOR).execute(&mut *unit).await?;
        unit.commit().await?;
        connection.close().await?;
        // What no message has led to is counted by a recount, which puts the totals right.
        self.desk.recount(OPERATOR, YEAR, true).await?;
        Ok(written)
    }
}
