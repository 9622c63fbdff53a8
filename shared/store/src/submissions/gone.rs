//! People of lists who are known to have died or retired: what a feed, or the unit's own clerk, has told since.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Value};

/// A person on a list of whom something is known; whether it is before the cover year is the domain's to say.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Gone {
    /// The submission whose counting version holds the person.
    pub submission_id: i64,
    /// The member's number.
    pub person_id: i64,
    /// The name as it stands on the list.
    pub name: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// Day of retirement on record.
    pub retired_on: Option<NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<NaiveDate>,
    /// What a clerk decided about the retirement: for the year, or in an earlier one that the person has retired.
    pub decision: Option<String>,
}

/// Those of these versions, each of which counts, by version and number: the people of the lists are looked up one by one.
pub async fn gone_in(session: &mut impl Session, versions: &[Uuid], year: i32) -> Result<Vec<Gone>, StoreError> {
    let kind = session.kind();
    let list = kind.each("submissions", "list", "list.version_id = r.named");
    let held = kind.each("submission_people", "held", "held.version_id = r.named");
    let person = kind.each("persons", "persons", "persons.id = held.person_id");
    let known = kind.each_or_none("facts", "facts", "facts.doc_key = persons.doc_key");
    let sql = format!(
        "SELECT list.id AS submission_id, held.person_id, held.name, held.id_masked, facts.retired_on, facts.deceased_on, \
         (SELECT CASE WHEN retirement_decisions.year = r.year OR decision = 'retired' THEN decision END \
         FROM retirement_decisions WHERE retirement_decisions.person_id = held.person_id AND retirement_decisions.year <= r.year \
         ORDER BY retirement_decisions.year DESC, retirement_decisions.id DESC LIMIT 1) AS decision \
         FROM r{list}{held}{person}{known} WHERE facts.deceased_on IS NOT NULL OR facts.retired_on IS NOT NULL \
         OR EXISTS (SELECT 1 FROM retirement_decisions WHERE retirement_decisions.person_id = held.person_id \
         AND retirement_decisions.decision = 'retired') ORDER BY list.id, held.person_id"
    );
    let rows = Rows::new().id("named", versions.iter().copied()).every("year", Value::Int(Some(i64::from(year))));
    rows.fetch(session, &sql).await
}

const TOLD: &str =
    "list.id AS submission_id, held.person_id, held.name, held.id_masked, facts.retired_on, facts.deceased_on";

/// Those of whom a feed or a clerk has told since an instant (business clock), in all lists that were neither returned nor
/// failed, by submission and number. It costs what was told, however long the lists are.
pub async fn gone_since(session: &mut impl Session, since: DateTime<Utc>) -> Result<Vec<Gone>, StoreError> {
    let kind = session.kind();
    let of_facts = kind.each("persons", "persons", "persons.doc_key = facts.doc_key");
    let decided = kind.each("persons", "persons", "persons.id = told.person_id");
    let known = kind.each_or_none("facts", "facts", "facts.doc_key = persons.doc_key");
    let held = kind.each("submission_people", "held", "held.person_id = persons.id");
    let list = kind.each("submissions", "list", "list.version_id = held.version_id");
    let sql = AssertSqlSafe(format!(
        "SELECT {TOLD}, CAST(NULL AS TEXT) AS decision FROM facts{of_facts}{held}{list} WHERE facts.changed_at >= $1 \
         AND (facts.deceased_on IS NOT NULL OR facts.retired_on IS NOT NULL) AND list.status NOT IN ('returned', 'failed') \
         UNION SELECT {TOLD}, (SELECT newest.decision FROM retirement_decisions AS newest \
         WHERE newest.person_id = told.person_id AND newest.year = told.year ORDER BY newest.id DESC LIMIT 1) AS decision \
         FROM retirement_decisions AS told{decided}{known}{held}{list} WHERE told.decided_at >= $1 AND told.decision = 'retired' \
         AND list.year >= told.year AND facts.deceased_on IS NULL AND facts.retired_on IS NULL \
         AND list.status NOT IN ('returned', 'failed') ORDER BY 1, 2"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(since).fetch_all(conn).await)?)
}

/// Those of whom one upload has brought the news, in all lists that were neither returned nor failed, by submission and
/// number; `since` is the moment of its writing (business clock).
pub async fn gone_by(session: &mut impl Session, upload: Uuid, since: DateTime<Utc>) -> Result<Vec<Gone>, StoreError> {
    let kind = session.kind();
    let person = kind.each("persons", "persons", "persons.doc_key = facts.doc_key");
    let held = kind.each("submission_people", "held", "held.person_id = persons.id");
    let list = kind.each("submissions", "list", "list.version_id = held.version_id");
    let sql = AssertSqlSafe(format!(
        "SELECT {TOLD}, CAST(NULL AS TEXT) AS decision FROM facts{person}{held}{list} WHERE facts.changed_at >= $1 \
         AND (facts.deceased_on IS NOT NULL OR facts.retired_on IS NOT NULL) AND facts.gone_upload_id = $2 \
         AND list.status NOT IN ('returned', 'failed') ORDER BY list.id, held.person_id"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(since).bind(upload).fetch_all(conn).await)?)
}
