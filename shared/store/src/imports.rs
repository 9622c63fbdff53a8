//! What an import of members has brought, what came after it, and taking it back.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Rows, Sealed, Session, StoreError, Unit, Value, memberships::MembershipData, organizations::SealedOption};

/// Why the membership of an import that was taken back has ended.
pub const UNDONE: &str = "undone";

/// A membership that an import has opened.
#[derive(Debug, Clone, FromRow)]
pub struct Added {
    /// The membership.
    pub membership_id: i64,
    /// The member's number.
    pub person_id: i64,
    /// The name as written.
    pub name: String,
    /// The document's number, sealed.
    #[sqlx(try_from = "Vec<u8>")]
    pub doc_number: Sealed,
    /// Its union.
    pub org_id: i64,
    /// The union's number.
    pub org_code: String,
    /// The union's place in the tree.
    pub org_path: String,
    /// Whether it is open still.
    pub is_open: bool,
    /// Why it has ended.
    pub end_reason: Option<String>,
}

/// A field that an import has changed.
#[derive(Debug, Clone, FromRow)]
pub struct Changed {
    /// Whose.
    pub person_id: i64,
    /// The name as written.
    pub name: String,
    /// The document's number, sealed.
    #[sqlx(try_from = "Vec<u8>")]
    pub doc_number: Sealed,
    /// Which field.
    pub field: String,
    /// What it was, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub before: SealedOption,
    /// What it became, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub after: SealedOption,
    /// The open membership; none: the person has left.
    pub membership_id: Option<i64>,
    /// Its union.
    pub org_id: Option<i64>,
    /// The union's number.
    pub org_code: Option<String>,
    /// The union's place in the tree.
    pub org_path: Option<String>,
}

/// A request to move in that an import has made.
#[derive(Debug, Clone, FromRow)]
pub struct Requested {
    /// The request.
    pub transfer_id: i64,
    /// Who was to move.
    pub person_id: i64,
    /// The name as written.
    pub name: String,
    /// The document's number, sealed.
    #[sqlx(try_from = "Vec<u8>")]
    pub doc_number: Sealed,
    /// Wire name of the status.
    pub status: String,
    /// The union that the person was to leave.
    pub from_org_id: i64,
    /// The union to be.
    pub org_id: i64,
    /// Its number.
    pub org_code: String,
    /// Its place in the tree.
    pub org_path: String,
}

/// The memberships that an import has opened, by number.
pub async fn added(session: &mut impl Session, upload: Uuid) -> Result<Vec<Added>, StoreError> {
    let sql = "SELECT memberships.id AS membership_id, memberships.person_id, persons.name, persons.doc_number, memberships.org_id, \
        organizations.code AS org_code, organizations.path AS org_path, memberships.until IS NULL AS is_open, memberships.end_reason \
        FROM memberships CROSS JOIN persons CROSS JOIN organizations WHERE memberships.upload_id = $1 \
        AND persons.id = memberships.person_id AND organizations.id = memberships.org_id ORDER BY memberships.person_id, memberships.id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(upload).fetch_all(conn).await)?)
}

/// The fields of members that an import has changed, by number and in the order of the changes.
pub async fn changed(session: &mut impl Session, upload: Uuid) -> Result<Vec<Changed>, StoreError> {
    let kind = session.kind();
    let open = kind.each_or_none(
        "memberships",
        "memberships",
        "memberships.person_id = person_changes.person_id AND memberships.until IS NULL",
    );
    let org = kind.each_or_none("organizations", "organizations", "organizations.id = memberships.org_id");
    let sql = AssertSqlSafe(format!(
        "SELECT person_changes.person_id, persons.name, persons.doc_number, person_changes.field, person_changes.before, \
         person_changes.after, memberships.id AS membership_id, memberships.org_id, organizations.code AS org_code, \
         organizations.path AS org_path FROM person_changes JOIN persons ON persons.id = person_changes.person_id{open}{org} \
         WHERE person_changes.upload_id = $1 ORDER BY person_changes.person_id, person_changes.id"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(upload).fetch_all(conn).await)?)
}

/// The requests to move in that an import has made, by number.
pub async fn requested(session: &mut impl Session, upload: Uuid) -> Result<Vec<Requested>, StoreError> {
    let sql = "SELECT transfers.id AS transfer_id, transfers.person_id, persons.name, persons.doc_number, transfers.status, \
        transfers.from_org_id, transfers.to_org_id AS org_id, organizations.code AS org_code, organizations.path AS org_path \
        FROM transfers CROSS JOIN persons CROSS JOIN organizations WHERE transfers.upload_id = $1 \
        AND persons.id = transfers.person_id AND organizations.id = transfers.to_org_id ORDER BY transfers.person_id, transfers.id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(upload).fetch_all(conn).await)?)
}

/// What came after an import: a person and what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub struct Later {
    /// Whose.
    pub person_id: i64,
    /// `changed`, `transfer`, `submission`, `confirmed`, `instant` or `card`.
    pub what: String,
}

/// What came of these persons, members of these unions, after an import that was done at an instant (business clock), by
/// number; each of the tables is asked person by person. What has an id of its own is put in order by it, whatever clocks
/// said. An import that was taken back is no change.
pub async fn later(
    session: &mut impl Session,
    upload: Uuid,
    people: &[(i64, i64)],
    done: DateTime<Utc>,
) -> Result<Vec<Later>, StoreError> {
    let rows = Rows::new()
        .int("person_id", people.iter().map(|(person, _)| *person))
        .int("org_id", people.iter().map(|(_, org)| *org))
        .every("upload", Value::Id(Some(upload)))
        .every("done", Value::Instant(Some(done)));
    rows.fetch(
        session,
        "SELECT r.person_id, 'changed' AS what FROM r WHERE EXISTS (SELECT 1 FROM person_changes LEFT JOIN uploads \
         ON uploads.id = person_changes.upload_id WHERE person_changes.person_id = r.person_id AND uploads.undone_at IS NULL \
         AND (uploads.id IS NULL OR uploads.id <> r.upload) AND (uploads.id > r.upload \
         OR (uploads.id IS NULL AND person_changes.at >= r.done) OR person_changes.id > (SELECT MAX(own.id) \
         FROM person_changes AS own WHERE own.person_id = r.person_id AND own.upload_id = r.upload))) \
         UNION ALL SELECT r.person_id, 'transfer' FROM r WHERE EXISTS (SELECT 1 FROM transfers \
         WHERE transfers.person_id = r.person_id AND transfers.status = 'pending' \
         AND (transfers.upload_id IS NULL OR transfers.upload_id <> r.upload)) \
         UNION ALL SELECT r.person_id, 'submission' FROM r WHERE EXISTS (SELECT 1 FROM submissions WHERE submissions.org_id = r.org_id \
         AND submissions.status NOT IN ('returned', 'failed') AND submissions.version_id > r.upload) \
         UNION ALL SELECT r.person_id, 'confirmed' FROM r WHERE EXISTS (SELECT 1 FROM confirmations \
         WHERE confirmations.person_id = r.person_id AND confirmations.confirmed_at >= r.done) \
         OR EXISTS (SELECT 1 FROM retirement_decisions WHERE retirement_decisions.person_id = r.person_id \
         AND retirement_decisions.decided_at >= r.done) \
         UNION ALL SELECT r.person_id, 'instant' FROM r WHERE EXISTS (SELECT 1 FROM instant_people \
         JOIN instants ON instants.id = instant_people.instant_id WHERE instant_people.person_id = r.person_id \
         AND instants.status NOT IN ('returned', 'cancelled') AND instants.created_at >= r.done) \
         UNION ALL SELECT r.person_id, 'card' FROM r WHERE EXISTS (SELECT 1 FROM persons JOIN facts ON facts.doc_key = persons.doc_key \
         WHERE persons.id = r.person_id AND facts.card_at >= r.done)",
    )
    .await
}

/// Ends memberships as taken back. `Conflict` when one has ended meanwhile.
pub async fn close(unit: &mut Unit, memberships: &[i64], now: DateTime<Utc>) -> Result<(), StoreError> {
    crate::moves::close(unit, memberships.iter().map(|id| (*id, UNDONE, None)).collect(), now).await
}

/// What a membership was before an import changed it: of the fields named, with nothing where there was nothing.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// The membership.
    pub membership_id: i64,
    /// Which of `phone`, `employer`, `label`, `household`, `address`, `wants_card`, `data_type` are put back.
    pub fields: Vec<String>,
    /// What they were.
    pub data: MembershipData,
}

/// Puts fields of open memberships back.
pub async fn restore(unit: &mut Unit, before: &[Before], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut sorted: Vec<&Before> = before.iter().collect();
    sorted.sort_unstable_by_key(|one| one.membership_id);
    let vault = unit.vault();
    let has = |field: &'static str| sorted.iter().map(move |one| one.fields.iter().any(|own| own == field));
    let rows = crate::memberships::data_columns(Rows::new(), sorted.iter().map(|one| &one.data), &vault)?
        .int("named", sorted.iter().map(|one| one.membership_id))
        .bool("has_phone", has("phone"))
        .bool("has_employer", has("employer"))
        .bool("has_label", has("label"))
        .bool("has_household", has("household"))
        .bool("has_address", has("address"))
        .bool("has_card", has("wants_card"))
        .bool("has_type", has("data_type"))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE memberships SET phone = CASE WHEN r.has_phone THEN r.phone ELSE memberships.phone END, \
         phone_key = CASE WHEN r.has_phone THEN r.phone_key ELSE memberships.phone_key END, \
         employer = CASE WHEN r.has_employer THEN r.employer ELSE memberships.employer END, \
         label = CASE WHEN r.has_label THEN r.label ELSE memberships.label END, \
         household = CASE WHEN r.has_household THEN r.household ELSE memberships.household END, \
         address = CASE WHEN r.has_address THEN r.address ELSE memberships.address END, \
         card_wanted = CASE WHEN r.has_card THEN r.card_wanted ELSE memberships.card_wanted END, \
         data_type = CASE WHEN r.has_type THEN r.data_type ELSE memberships.data_type END, changed_at = r.at \
         FROM r WHERE memberships.id = r.named AND memberships.until IS NULL",
    )
    .await?;
    Ok(())
}

/// Makes the pending requests of an import void; their numbers.
pub async fn void_requests(
    unit: &mut Unit,
    upload: Uuid,
    reason: &str,
    account: &str,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, StoreError> {
    let sql = "UPDATE transfers SET status = 'void', decided_by = $2, decided_at = $3, decision_reason = $4 \
        WHERE upload_id = $1 AND status = 'pending' RETURNING id";
    let mut void: Vec<i64> = on!(unit, conn => {
        sqlx::query_scalar(sql).bind(upload).bind(account).bind(now).bind(reason).fetch_all(conn).await
    })?;
    void.sort_unstable();
    Ok(void)
}

/// Marks an import as taken back, and holds it for this unit. False where it is not done, or was taken back before.
pub async fn mark(unit: &mut Unit, upload: Uuid, account: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql =
        "UPDATE uploads SET undone_at = $1, undone_by = $2 WHERE id = $3 AND status = 'done' AND undone_at IS NULL";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(now).bind(account).bind(upload).execute(conn).await.map(|d| d.rows_affected())
    })? == 1)
}
