//! Versions of submissions: every submit makes one, and all are kept with their people.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::Fen;
use crate::{Rows, Session, StoreError, Unit, Value};

/// A version on record.
#[derive(Debug, Clone, FromRow)]
pub struct Version {
    /// Its id.
    pub id: Uuid,
    /// The submission.
    pub submission_id: i64,
    /// Its number, from 1, in the order of acceptance.
    pub version: i64,
    /// The plan's code.
    pub plan: String,
    /// The union's members then; in a list made anew, without those whom another cover has.
    pub members: i64,
    /// 未办卡.
    pub no_card: i64,
    /// 待确认.
    pub pending: i64,
    /// 退休.
    pub retired: i64,
    /// 死亡.
    pub deceased: i64,
    /// People enrolled.
    pub people: i64,
    /// Money by payer.
    #[sqlx(flatten)]
    pub fen: Fen,
    /// SHA-256 of the list and the figures, 64 hexadecimal digits.
    pub sha256: String,
    /// Those whose retirement was undecided: name, masked number and months, as JSON.
    pub undecided: String,
    /// What made it: `submit` or `conflict`.
    pub cause: String,
    /// Who submitted.
    pub account: String,
    /// The instant by which it is judged (business clock).
    pub received_at: DateTime<Utc>,
}

/// A person of a version, as notices show it.
#[derive(Debug, Clone, FromRow)]
pub struct Enrolled {
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
}

const VERSION: &str = "SELECT id, submission_id, version, plan, members, no_card, pending, retired, deceased, people, total_fen, \
    municipal_fen, bureau_fen, unit_fen, sha256, undecided, cause, account, received_at FROM submission_versions";

/// Keeps a version with its people.
pub async fn add_version(unit: &mut Unit, new: &Version, people: &[Enrolled]) -> Result<(), StoreError> {
    let sql = "INSERT INTO submission_versions (id, submission_id, version, plan, members, no_card, pending, retired, deceased, \
        people, total_fen, municipal_fen, bureau_fen, unit_fen, sha256, undecided, cause, account, received_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    on!(unit, conn => {
        sqlx::query(sql).bind(new.id).bind(new.submission_id).bind(new.version).bind(&new.plan).bind(new.members)
            .bind(new.no_card).bind(new.pending).bind(new.retired).bind(new.deceased).bind(new.people).bind(new.fen.total)
            .bind(new.fen.municipal).bind(new.fen.bureau).bind(new.fen.unit).bind(&new.sha256).bind(&new.undecided)
            .bind(&new.cause).bind(&new.account).bind(new.received_at).execute(conn).await.map(drop)
    })?;
    let rows = Rows::new()
        .int("person_id", people.iter().map(|one| one.person_id))
        .text("name", people.iter().map(|one| one.name.clone()))
        .text("doc_kind", people.iter().map(|one| one.doc_kind.clone()))
        .text("id_masked", people.iter().map(|one| one.id_masked.clone()))
        .text("card_masked", people.iter().map(|one| one.card_masked.clone()))
        .every("version_id", Value::Id(Some(new.id)));
    rows.execute(
        unit,
        "INSERT INTO submission_people (version_id, person_id, name, doc_kind, id_masked, card_masked) \
         SELECT version_id, person_id, name, doc_kind, id_masked, card_masked FROM r",
    )
    .await?;
    Ok(())
}

/// All versions of a submission, the first first.
pub async fn versions(session: &mut impl Session, submission_id: i64) -> Result<Vec<Version>, StoreError> {
    let sql = AssertSqlSafe(format!("{VERSION} WHERE submission_id = $1 ORDER BY version"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(submission_id).fetch_all(conn).await)?)
}

/// One version.
pub async fn version(session: &mut impl Session, id: Uuid) -> Result<Option<Version>, StoreError> {
    let sql = AssertSqlSafe(format!("{VERSION} WHERE id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// The versions with these ids, in no order.
pub async fn versions_named(session: &mut impl Session, ids: &[Uuid]) -> Result<Vec<Version>, StoreError> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().id("named", sorted);
    let from = VERSION.replace("FROM submission_versions", "FROM r CROSS JOIN submission_versions");
    rows.fetch(session, &format!("{from} WHERE id = r.named")).await
}

/// Some people of a version, by number.
pub async fn people_named(
    session: &mut impl Session,
    version_id: Uuid,
    persons: &[i64],
) -> Result<Vec<Enrolled>, StoreError> {
    let rows = Rows::new().int("named", persons.iter().copied()).every("version", Value::Id(Some(version_id)));
    let sql = "SELECT person_id, name, doc_kind, id_masked, card_masked FROM r CROSS JOIN submission_people \
        WHERE version_id = r.version AND person_id = r.named ORDER BY person_id";
    rows.fetch(session, sql).await
}

/// The people of a version, by number.
pub async fn people(session: &mut impl Session, version_id: Uuid) -> Result<Vec<Enrolled>, StoreError> {
    let sql = "SELECT person_id, name, doc_kind, id_masked, card_masked FROM submission_people WHERE version_id = $1 ORDER BY person_id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(version_id).fetch_all(conn).await)?)
}

/// The people of many versions, each with the version, by number.
pub async fn people_of(session: &mut impl Session, versions: &[Uuid]) -> Result<Vec<(Uuid, Enrolled)>, StoreError> {
    #[derive(FromRow)]
    struct Row {
        version_id: Uuid,
        #[sqlx(flatten)]
        person: Enrolled,
    }
    let rows = Rows::new().id("named", versions.iter().copied());
    let people = session.kind().each("submission_people", "people", "people.version_id = r.named");
    let sql = format!(
        "SELECT version_id, person_id, name, doc_kind, id_masked, card_masked FROM r{people} ORDER BY version_id, person_id"
    );
    let found: Vec<Row> = rows.fetch(session, &sql).await?;
    Ok(found.into_iter().map(|row| (row.version_id, row.person)).collect())
}
