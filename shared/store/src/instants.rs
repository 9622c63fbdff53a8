//! Instant enrolments: drafts that failures left, and requests of their own, with their people.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, FromRow};

use crate::{
    EngineKind, Rows, Session, StoreError, Unit, Value,
    organizations::{bureau_on, path_end},
    submissions::Fen,
};

/// An instant enrolment on record.
#[derive(Debug, Clone, FromRow)]
pub struct Instant {
    /// Our id.
    pub id: i64,
    /// The coverage year.
    pub year: i32,
    /// The unit.
    pub org_id: i64,
    /// The unit's number.
    pub org_code: String,
    /// The unit's name.
    pub org_name: String,
    /// The unit's place in the tree.
    pub org_path: String,
    /// Where the unit's mails go.
    pub org_email: String,
    /// The bureau that it was made under, by whose split it is priced.
    pub bureau_id: i64,
    /// Wire name of where it comes from.
    pub kind: String,
    /// Wire name of the status.
    pub status: String,
    /// The submission whose failure left it.
    pub submission_id: Option<i64>,
    /// The plan's code.
    pub plan: String,
    /// People in it.
    pub people: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
    /// The first day of cover.
    pub cover_from: NaiveDate,
    /// The last day of cover.
    pub cover_to: NaiveDate,
    /// Why it was returned or cancelled.
    pub reason: Option<String>,
    /// When it was made (business clock).
    pub created_at: DateTime<Utc>,
    /// Who submitted.
    pub submitted_by: Option<String>,
    /// When.
    pub submitted_at: Option<DateTime<Utc>>,
    /// Which account decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Until when the voucher is due.
    pub voucher_until: Option<DateTime<Utc>>,
    /// When the voucher came that counts; none where none has, or the centre has rejected it.
    pub voucher_at: Option<DateTime<Utc>>,
    /// When the centre confirmed the payment.
    pub paid_at: Option<DateTime<Utc>>,
}

impl Instant {
    /// The bureau that its unit stands below now.
    #[must_use]
    pub fn bureau(&self) -> i64 {
        bureau_on(&self.org_path).unwrap_or(self.bureau_id)
    }
}

/// A person of an instant enrolment.
#[derive(Debug, Clone, FromRow)]
pub struct InstantPerson {
    /// The instant enrolment.
    pub instant_id: i64,
    /// The member's number.
    pub person_id: i64,
    /// The name as it was written then.
    pub name: String,
    /// Wire name of the document's kind.
    pub doc_kind: String,
    /// The document's number, masked.
    pub id_masked: String,
    /// The service card, masked.
    pub card_masked: Option<String>,
    /// Days without cover before it begins.
    pub gap_days: i64,
}

/// Which instant enrolments are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct InstantSelection {
    /// The coverage year.
    pub year: i32,
    /// Of units below (and with) this path.
    pub below: String,
    /// Of this status.
    pub status: Option<String>,
}

const INSTANT: &str = "SELECT instants.id, instants.year, instants.org_id, organizations.code AS org_code, organizations.name AS org_name, \
    organizations.path AS org_path, organizations.email AS org_email, instants.bureau_id, instants.kind, instants.status, \
    instants.submission_id, instants.plan, instants.people, instants.total_fen, instants.municipal_fen, instants.bureau_fen, \
    instants.unit_fen, instants.cover_from, instants.cover_to, instants.reason, instants.created_at, instants.submitted_by, \
    instants.submitted_at, instants.decided_by, instants.decided_at, instants.voucher_until, instants.voucher_at, instants.paid_at \
    FROM instants JOIN organizations ON organizations.id = instants.org_id";

/// Adds instant enrolments of which each is of another unit; the id of each with its unit.
pub async fn add(unit: &mut Unit, new: &[Instant]) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = Rows::new()
        .int("year", new.iter().map(|one| i64::from(one.year)))
        .int("org_id", new.iter().map(|one| one.org_id))
        .int("bureau_id", new.iter().map(|one| one.bureau_id))
        .text("kind", new.iter().map(|one| one.kind.clone()))
        .text("status", new.iter().map(|one| one.status.clone()))
        .int("submission_id", new.iter().map(|one| one.submission_id))
        .text("plan", new.iter().map(|one| one.plan.clone()))
        .int("people", new.iter().map(|one| one.people))
        .int("total_fen", new.iter().map(|one| one.fen.total))
        .int("municipal_fen", new.iter().map(|one| one.fen.municipal))
        .int("bureau_fen", new.iter().map(|one| one.fen.bureau))
        .int("unit_fen", new.iter().map(|one| one.fen.unit))
        .date("cover_from", new.iter().map(|one| one.cover_from))
        .date("cover_to", new.iter().map(|one| one.cover_to))
        .instant("created_at", new.iter().map(|one| one.created_at));
    rows.fetch(
        unit,
        "INSERT INTO instants (year, org_id, bureau_id, kind, status, submission_id, plan, people, total_fen, municipal_fen, \
         bureau_fen, unit_fen, cover_from, cover_to, created_at, changed_at) \
         SELECT year, org_id, bureau_id, kind, status, submission_id, plan, people, total_fen, municipal_fen, bureau_fen, unit_fen, \
         cover_from, cover_to, created_at, created_at FROM r RETURNING id, org_id",
    )
    .await
}

/// Adds the people of instant enrolments.
pub async fn add_people(unit: &mut Unit, people: &[InstantPerson]) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("instant_id", people.iter().map(|one| one.instant_id))
        .int("person_id", people.iter().map(|one| one.person_id))
        .text("name", people.iter().map(|one| one.name.clone()))
        .text("doc_kind", people.iter().map(|one| one.doc_kind.clone()))
        .text("id_masked", people.iter().map(|one| one.id_masked.clone()))
        .text("card_masked", people.iter().map(|one| one.card_masked.clone()))
        .int("gap_days", people.iter().map(|one| one.gap_days));
    rows.execute(
        unit,
        "INSERT INTO instant_people (instant_id, person_id, name, doc_kind, id_masked, card_masked, gap_days) \
         SELECT instant_id, person_id, name, doc_kind, id_masked, card_masked, gap_days FROM r",
    )
    .await?;
    Ok(())
}

/// Puts other people into an instant enrolment: who it is made anew for.
pub async fn replace_people(unit: &mut Unit, id: i64, people: &[InstantPerson]) -> Result<(), StoreError> {
    let sql = "DELETE FROM instant_people WHERE instant_id = $1";
    on!(unit, conn => sqlx::query(sql).bind(id).execute(conn).await.map(drop))?;
    add_people(unit, people).await
}

/// Writes how an instant enrolment stands.
pub async fn update(unit: &mut Unit, changed: &Instant, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE instants SET status = $1, people = $2, total_fen = $3, municipal_fen = $4, bureau_fen = $5, unit_fen = $6, \
        cover_from = $7, reason = $8, submitted_by = $9, submitted_at = $10, decided_by = $11, decided_at = $12, voucher_until = $13, \
        voucher_at = $14, paid_at = $15, changed_at = $16 WHERE id = $17";
    on!(unit, conn => {
        sqlx::query(sql).bind(&changed.status).bind(changed.people).bind(changed.fen.total).bind(changed.fen.municipal)
            .bind(changed.fen.bureau).bind(changed.fen.unit).bind(changed.cover_from).bind(&changed.reason)
            .bind(&changed.submitted_by).bind(changed.submitted_at).bind(&changed.decided_by).bind(changed.decided_at)
            .bind(changed.voucher_until).bind(changed.voucher_at).bind(changed.paid_at).bind(now).bind(changed.id)
            .execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Cancels instant enrolments, with the reason; those that are approved stay. The ids of those cancelled.
pub async fn cancel(unit: &mut Unit, ids: &[i64], reason: &str, now: DateTime<Utc>) -> Result<Vec<(i64,)>, StoreError> {
    cancel_where(unit, ids, reason, now, "instants.status IN ('draft', 'submitted', 'returned')").await
}

/// Cancels those of these that still have no voucher, approved ones included; the cancelled ones.
pub async fn expire(unit: &mut Unit, ids: &[i64], reason: &str, now: DateTime<Utc>) -> Result<Vec<(i64,)>, StoreError> {
    cancel_where(unit, ids, reason, now, "instants.status IN ('submitted', 'approved') AND instants.voucher_at IS NULL")
        .await
}

async fn cancel_where(
    unit: &mut Unit,
    ids: &[i64],
    reason: &str,
    now: DateTime<Utc>,
    still: &str,
) -> Result<Vec<(i64,)>, StoreError> {
    let rows = Rows::new()
        .int("named", ids.iter().copied())
        .every("reason", Value::Text(Some(reason.to_owned())))
        .every("at", Value::Instant(Some(now)));
    let sql = format!(
        "UPDATE instants SET status = 'cancelled', reason = r.reason, changed_at = r.at FROM r \
         WHERE instants.id = r.named AND {still} RETURNING instants.id"
    );
    rows.fetch(unit, &sql).await
}

/// The instant enrolments with these ids, in no order.
pub async fn get_many(session: &mut impl Session, ids: &[i64]) -> Result<Vec<Instant>, StoreError> {
    let rows = Rows::new().int("named", ids.iter().copied());
    let from = INSTANT.replace("FROM instants JOIN", "FROM r CROSS JOIN instants JOIN");
    rows.fetch(session, &format!("{from} WHERE instants.id = r.named")).await
}

/// The same, locked until the unit ends, in the order of their ids.
pub async fn lock(unit: &mut Unit, ids: &[i64]) -> Result<Vec<Instant>, StoreError> {
    if unit.kind() == EngineKind::Postgres {
        let rows = Rows::new().int("named", ids.iter().copied());
        let sql = "SELECT instants.id FROM r CROSS JOIN instants WHERE instants.id = r.named ORDER BY instants.id FOR UPDATE OF instants";
        let _: Vec<(i64,)> = rows.fetch(unit, sql).await?;
    }
    get_many(unit, ids).await
}

/// Instant enrolments by id.
pub async fn list(session: &mut impl Session, wanted: &InstantSelection) -> Result<Vec<Instant>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{INSTANT} WHERE instants.year = $1 AND organizations.path >= $2 AND organizations.path < $3 \
         AND (CAST($4 AS TEXT) IS NULL OR instants.status = $4) ORDER BY instants.id"
    ));
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(wanted.year).bind(&wanted.below).bind(path_end(&wanted.below)).bind(&wanted.status)
            .fetch_all(conn).await
    })?)
}

/// The people of an instant enrolment, by number.
pub async fn people(session: &mut impl Session, id: i64) -> Result<Vec<InstantPerson>, StoreError> {
    let sql = "SELECT instant_id, person_id, name, doc_kind, id_masked, card_masked, gap_days FROM instant_people \
        WHERE instant_id = $1 ORDER BY person_id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_all(conn).await)?)
}

/// Submitted and approved ones whose time for a voucher is up and that have none.
pub async fn overdue(session: &mut impl Session, year: i32, now: DateTime<Utc>) -> Result<Vec<Instant>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{INSTANT} WHERE instants.year = $1 AND instants.status IN ('submitted', 'approved') AND instants.voucher_at IS NULL \
         AND instants.voucher_until <= $2 ORDER BY instants.id"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(year).bind(now).fetch_all(conn).await)?)
}

/// What else covers a person in a year.
#[derive(Debug, Clone, FromRow)]
pub struct Covered {
    /// The person.
    pub person_id: i64,
    /// Number of the union whose submission or instant enrolment it is.
    pub org_code: String,
    /// `submission` or `instant`.
    pub what: String,
    /// Our id of that.
    pub id: i64,
    /// Its status.
    pub status: String,
    /// The last day of that cover; none: of a submission, which runs through the year.
    pub cover_to: Option<NaiveDate>,
}

/// What covers these persons in a year, or will: submissions that have not failed, and instant enrolments on their way.
pub async fn covered(session: &mut impl Session, year: i32, persons: &[i64]) -> Result<Vec<Covered>, StoreError> {
    let kind = session.kind();
    let people = kind.each("submission_people", "people", "people.person_id = r.named");
    let of = kind.each(
        "submissions",
        "submissions",
        "submissions.version_id = people.version_id AND submissions.year + 0 = r.year AND submissions.status <> 'failed'",
    );
    let org = kind.each("organizations", "organizations", "organizations.id = submissions.org_id");
    let sql = format!(
        "SELECT people.person_id, organizations.code AS org_code, 'submission' AS what, submissions.id, submissions.status, \
         CAST(NULL AS DATE) AS cover_to FROM r{people}{of}{org}"
    );
    let mut found: Vec<Covered> = of_year(year, persons).fetch(session, &sql).await?;
    found.extend(covered_by_instants(session, year, persons).await?);
    Ok(found)
}

/// The same of instant enrolments alone.
pub async fn covered_by_instants(
    session: &mut impl Session,
    year: i32,
    persons: &[i64],
) -> Result<Vec<Covered>, StoreError> {
    let kind = session.kind();
    let people = kind.each("instant_people", "people", "people.person_id = r.named");
    let of = kind.each(
        "instants",
        "instants",
        "instants.id = people.instant_id AND instants.year + 0 = r.year AND instants.status <> 'cancelled'",
    );
    let org = kind.each("organizations", "organizations", "organizations.id = instants.org_id");
    let sql = format!(
        "SELECT people.person_id, organizations.code AS org_code, 'instant' AS what, instants.id, instants.status, \
         instants.cover_to FROM r{people}{of}{org}"
    );
    of_year(year, persons).fetch(session, &sql).await
}

fn of_year(year: i32, persons: &[i64]) -> Rows {
    Rows::new().int("named", persons.iter().copied()).every("year", Value::Int(Some(i64::from(year))))
}

/// The last day on which each of these persons was covered in an earlier year.
pub async fn covered_until(
    session: &mut impl Session,
    before_year: i32,
    persons: &[i64],
) -> Result<Vec<(i64, i32)>, StoreError> {
    let rows = of_year(before_year, persons);
    let kind = session.kind();
    let submitted = kind.each("submission_people", "people", "people.person_id = r.named");
    let of = kind.each(
        "submissions",
        "submissions",
        "submissions.version_id = people.version_id AND submissions.year + 0 < r.year AND submissions.status = 'effective'",
    );
    let instant = kind.each("instant_people", "people", "people.person_id = r.named");
    let of_instant = kind.each(
        "instants",
        "instants",
        "instants.id = people.instant_id AND instants.year + 0 < r.year AND instants.status = 'approved'",
    );
    let sql = format!(
        "SELECT person_id, MAX(year) FROM (SELECT people.person_id, submissions.year FROM r{submitted}{of} \
         UNION ALL SELECT people.person_id, instants.year FROM r{instant}{of_instant}) AS covered GROUP BY person_id"
    );
    rows.fetch(session, &sql).await
}
