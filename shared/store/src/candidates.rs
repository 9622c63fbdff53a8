//! Candidates: the members of a union with all that decides whether a year covers them, and what clerks said about them.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, FromRow};

use crate::{Rows, Sealed, Session, StoreError, Unit, Value, organizations::SealedOption};

/// A member with what is known for a coverage year.
#[derive(Debug, Clone, FromRow)]
pub struct Candidate {
    /// The member's number.
    pub person_id: i64,
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
    /// The service card, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub card: SealedOption,
    /// Whether social insurance is paid; none: no fact.
    pub social_insurance: Option<bool>,
    /// Day of retirement on record.
    pub retired_on: Option<NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<NaiveDate>,
    /// Wire name of 干部/工人.
    pub staff: Option<String>,
    /// When a feed last said something of the document (business clock).
    pub facts_at: Option<DateTime<Utc>>,
    /// When the unit confirmed the person for the year.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// What a clerk decided about the retirement: for the year, or in an earlier one that the person has retired.
    pub decision: Option<String>,
    /// Another union's submission of the year that holds the person: that union's number.
    pub held_by: Option<String>,
}

/// The members of one union, by number.
pub async fn of_union(session: &mut impl Session, org_id: i64, year: i32) -> Result<Vec<Candidate>, StoreError> {
    let kind = session.kind();
    let person = kind.each("persons", "persons", "persons.id = memberships.person_id");
    let known = kind.each_or_none("facts", "facts", "facts.doc_key = persons.doc_key");
    let confirmed = kind.each_or_none(
        "confirmations",
        "confirmations",
        "confirmations.person_id = memberships.person_id AND confirmations.year = $1",
    );
    let sql = AssertSqlSafe(format!(
        "SELECT {CANDIDATE} FROM memberships{person}{known}{confirmed} \
         WHERE memberships.org_id = $2 AND memberships.until IS NULL ORDER BY persons.id"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(org_id).fetch_all(conn).await)?)
}

/// The same of these persons, in whichever unions they are members now, in no order; of those in none, nothing.
pub async fn of_persons(session: &mut impl Session, persons: &[i64], year: i32) -> Result<Vec<Candidate>, StoreError> {
    let rows = Rows::new().int("named", persons.iter().copied()).every("year", Value::Int(Some(i64::from(year))));
    let kind = session.kind();
    let open = kind.each("memberships", "memberships", "memberships.person_id = r.named AND memberships.until IS NULL");
    let person = kind.each("persons", "persons", "persons.id = memberships.person_id");
    let known = kind.each_or_none("facts", "facts", "facts.doc_key = persons.doc_key");
    let confirmed = kind.each_or_none(
        "confirmations",
        "confirmations",
        "confirmations.person_id = memberships.person_id AND confirmations.year = r.year",
    );
    let columns = CANDIDATE.replace("$1", "r.year");
    rows.fetch(session, &format!("SELECT {columns} FROM r{open}{person}{known}{confirmed}")).await
}

/// `held_by` is asked list by list, by scalar queries that no planner joins: where its statistics are of the time before the
/// season it would else go through all submissions of the year for every member (`year + 0`: by no index of the year).
const CANDIDATE: &str = "persons.id AS person_id, persons.doc_kind, persons.doc_number, persons.name, persons.sex, persons.birth, \
    facts.card, facts.social_insurance, facts.retired_on, facts.deceased_on, facts.staff, facts.changed_at AS facts_at, confirmations.confirmed_at, \
    (SELECT CASE WHEN retirement_decisions.year = $1 OR decision = 'retired' THEN decision END FROM retirement_decisions \
     WHERE retirement_decisions.person_id = persons.id AND retirement_decisions.year <= $1 \
     ORDER BY retirement_decisions.year DESC, retirement_decisions.id DESC LIMIT 1) AS decision, \
    (SELECT MIN((SELECT organizations.code FROM submissions JOIN organizations ON organizations.id = submissions.org_id \
     WHERE submissions.version_id = submission_people.version_id AND submissions.year + 0 = $1 \
     AND submissions.status NOT IN ('returned', 'failed') AND submissions.org_id <> memberships.org_id)) \
     FROM submission_people WHERE submission_people.person_id = persons.id) AS held_by";

/// Confirms persons for a year; the number that were not confirmed before. It can't be withdrawn.
pub async fn confirm(
    unit: &mut Unit,
    year: i32,
    org_id: i64,
    persons: &[i64],
    account: &str,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let rows = Rows::new()
        .int("person_id", persons.iter().copied())
        .every("year", Value::Int(Some(i64::from(year))))
        .every("org_id", Value::Int(Some(org_id)))
        .every("account", Value::Text(Some(account.to_owned())))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "INSERT INTO confirmations (person_id, year, org_id, confirmed_by, confirmed_at) \
         SELECT person_id, year, org_id, account, at FROM r WHERE TRUE ON CONFLICT (person_id, year) DO NOTHING",
    )
    .await
}

/// Keeps what a clerk decided about retirements; the newest decision counts.
pub async fn decide(
    unit: &mut Unit,
    year: i32,
    org_id: i64,
    decisions: &[(i64, &'static str)],
    account: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("person_id", decisions.iter().map(|(person, _)| *person))
        .text("decision", decisions.iter().map(|(_, decision)| (*decision).to_owned()))
        .every("year", Value::Int(Some(i64::from(year))))
        .every("org_id", Value::Int(Some(org_id)))
        .every("account", Value::Text(Some(account.to_owned())))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "INSERT INTO retirement_decisions (person_id, year, org_id, decision, decided_by, decided_at) \
         SELECT person_id, year, org_id, decision, account, at FROM r",
    )
    .await?;
    Ok(())
}
