//! Persons: who has which document, and the history of what changed.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{DocKey, EngineKind, Rows, Sealed, Session, StoreError, Unit, Value, organizations::SealedOption};

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Wire name of the document's kind.
    pub doc_kind: &'static str,
    /// The document's key.
    pub doc_key: DocKey,
    /// The document's number, sealed.
    pub doc_number: Sealed,
    /// The name as written.
    pub name: String,
    /// Day of birth, where the document or the row tells it.
    pub birth: Option<NaiveDate>,
    /// Wire name of the sex.
    pub sex: &'static str,
}

/// What the registry knows of a document: the person, and the open membership if there is one.
#[derive(Debug, Clone, FromRow)]
pub struct Known {
    /// The document's key.
    pub doc_key: Vec<u8>,
    /// The person.
    pub person_id: i64,
    /// The person's name.
    pub name: String,
    /// The open membership.
    pub membership_id: Option<i64>,
    /// Its union.
    pub org_id: Option<i64>,
    /// Its phone, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub phone: SealedOption,
    /// 工作单位/服务平台.
    pub employer: Option<String>,
    /// 会员标签.
    pub label: Option<String>,
    /// 户籍类型.
    pub household: Option<String>,
    /// 工作单位详细地址.
    pub address: Option<String>,
    /// 是否办卡.
    pub card_wanted: Option<bool>,
    /// How the member came in.
    pub data_type: Option<String>,
    /// Whether a request to move into `wanted_org` is pending; see `known`.
    pub transfer_pending: bool,
}

impl Known {
    /// The document's key.
    pub fn key(&self) -> Result<DocKey, StoreError> {
        Ok(DocKey::read(&self.doc_key)?)
    }
}

/// A change to be kept in a person's history.
#[derive(Debug, Clone)]
pub struct NewChange {
    /// Whose.
    pub person_id: i64,
    /// Which field.
    pub field: &'static str,
    /// What it was, sealed.
    pub before: SealedOption,
    /// What it is, sealed.
    pub after: SealedOption,
}

/// A change in a person's history.
#[derive(Debug, Clone, FromRow)]
pub struct Change {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub account: String,
    /// By which upload.
    pub upload_id: Option<Uuid>,
    /// Which field.
    pub field: String,
    /// What it was, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub before: SealedOption,
    /// What it became, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub after: SealedOption,
}

/// What the registry knows of these documents; each with the union that the row names, so that a request which is
/// pending already is seen. They are looked up one by one: a page of a large file else goes through everybody.
pub async fn known(session: &mut impl Session, wanted: &[(DocKey, i64)]) -> Result<Vec<Known>, StoreError> {
    let kind = session.kind();
    let person = kind.each("persons", "persons", "persons.doc_key = r.doc_key");
    let membership = kind.each_or_none(
        "memberships",
        "memberships",
        "memberships.person_id = persons.id AND memberships.until IS NULL",
    );
    let sql = format!(
        "SELECT persons.doc_key, persons.id AS person_id, persons.name, memberships.id AS membership_id, memberships.org_id, \
         memberships.phone, memberships.employer, memberships.label, memberships.household, memberships.address, \
         memberships.card_wanted, memberships.data_type, \
         (SELECT EXISTS (SELECT 1 FROM transfers WHERE transfers.person_id = persons.id AND transfers.to_org_id = r.wanted_org \
         AND transfers.status = 'pending')) AS transfer_pending FROM r{person}{membership}"
    );
    let rows = Rows::new()
        .bytes("doc_key", wanted.iter().map(|(key, _)| key.to_vec()))
        .int("wanted_org", wanted.iter().map(|(_, org)| *org));
    rows.fetch(session, &sql).await
}

/// Adds persons, whose numbers follow the order in which they are given: that of a list is that of its numbers. `Conflict`
/// when another unit has added one of them meanwhile.
pub async fn insert(unit: &mut Unit, new: &[NewPerson], now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = Rows::new()
        .text("doc_kind", new.iter().map(|p| p.doc_kind.to_owned()))
        .bytes("doc_key", new.iter().map(|p| p.doc_key.to_vec()))
        .bytes("doc_number", new.iter().map(|p| p.doc_number.0.clone()))
        .text("name", new.iter().map(|p| p.name.clone()))
        .date("birth", new.iter().map(|p| p.birth))
        .text("sex", new.iter().map(|p| p.sex.to_owned()))
        .every("at", Value::Instant(Some(now)));
    // Plainly: somebody who is there already is a conflict, which throws the unit away; ON CONFLICT would cost a third more.
    let statement = match unit.kind() {
        // One who writes: nobody to wait for.
        EngineKind::Sqlite => {
            "INSERT INTO persons (doc_kind, doc_key, doc_number, name, birth, sex, created_at, changed_at) \
             SELECT doc_kind, doc_key, doc_number, name, birth, sex, at, at FROM r"
        }
        // Numbered as given, written in the order of the keys: two units with the same people don't wait for each other.
        EngineKind::Postgres => {
            "INSERT INTO persons (id, doc_kind, doc_key, doc_number, name, birth, sex, created_at, changed_at) \
             SELECT id, doc_kind, doc_key, doc_number, name, birth, sex, at, at FROM \
             (SELECT nextval(pg_get_serial_sequence('persons', 'id')) AS id, r.* FROM r) AS numbered ORDER BY doc_key"
        }
    };
    rows.execute(unit, statement).await?;
    Ok(())
}

/// What a clerk had put right about a person. `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Correction {
    /// Who.
    pub person_id: i64,
    /// The name as written.
    pub name: Option<String>,
    /// Wire name of the sex.
    pub sex: Option<&'static str>,
}

/// Writes corrections, in the order of the persons.
pub async fn correct(unit: &mut Unit, corrections: &[Correction], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut sorted: Vec<&Correction> = corrections.iter().collect();
    sorted.sort_unstable_by_key(|one| one.person_id);
    let rows = Rows::new()
        .int("named", sorted.iter().map(|c| c.person_id))
        .text("name", sorted.iter().map(|c| c.name.clone()))
        .text("sex", sorted.iter().map(|c| c.sex.map(str::to_owned)))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE persons SET name = COALESCE(r.name, persons.name), sex = COALESCE(r.sex, persons.sex), changed_at = r.at \
         FROM r WHERE persons.id = r.named",
    )
    .await?;
    Ok(())
}

/// A person's name, as far as it matters to whoever goes through all of them.
#[derive(Debug, Clone, FromRow)]
pub struct Named {
    /// Who.
    pub person_id: i64,
    /// The name as it is stored.
    pub name: String,
}

/// Names of all persons after a number, in the order of their numbers, page by page.
pub async fn names_after(session: &mut impl Session, after: i64, most: i64) -> Result<Vec<Named>, StoreError> {
    let sql = "SELECT id AS person_id, name FROM persons WHERE id > $1 ORDER BY id LIMIT $2";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(after).bind(most).fetch_all(conn).await)?)
}

/// Stores names in another writing of the same name: nothing about the persons has changed by it.
pub async fn rewrite_names(unit: &mut Unit, names: &[Named]) -> Result<(), StoreError> {
    let rows =
        Rows::new().int("named", names.iter().map(|n| n.person_id)).text("name", names.iter().map(|n| n.name.clone()));
    rows.execute(unit, "UPDATE persons SET name = r.name FROM r WHERE persons.id = r.named").await?;
    Ok(())
}

/// Keeps what changed.
pub async fn record_changes(
    unit: &mut Unit,
    changes: &[NewChange],
    account: &str,
    upload: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = Rows::new()
        .int("person_id", changes.iter().map(|c| c.person_id))
        .text("field", changes.iter().map(|c| c.field.to_owned()))
        .bytes("before", changes.iter().map(|c| c.before.bytes()))
        .bytes("after", changes.iter().map(|c| c.after.bytes()))
        .every("at", Value::Instant(Some(now)))
        .every("account", Value::Text(Some(account.to_owned())))
        .every("upload_id", Value::Id(upload));
    rows.execute(
        unit,
        "INSERT INTO person_changes (person_id, at, account, upload_id, field, before, after) \
         SELECT person_id, at, account, upload_id, field, before, after FROM r",
    )
    .await?;
    Ok(())
}

/// A person's history, the oldest change first.
pub async fn changes(session: &mut impl Session, person_id: i64) -> Result<Vec<Change>, StoreError> {
    let sql =
        "SELECT at, account, upload_id, field, before, after FROM person_changes WHERE person_id = $1 ORDER BY id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(person_id).fetch_all(conn).await)?)
}

/// A person, whether or not a member today.
#[derive(Debug, Clone, FromRow)]
pub struct Person {
    /// The member's number (会员编号).
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
    /// Day of retirement on record.
    pub retired_on: Option<NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<NaiveDate>,
}

/// The person with that number, whether or not a member today.
pub async fn find(session: &mut impl Session, person_id: i64) -> Result<Option<Person>, StoreError> {
    let sql = "SELECT persons.id AS person_id, persons.doc_kind, persons.doc_number, persons.name, persons.sex, \
        facts.retired_on, facts.deceased_on FROM persons LEFT JOIN facts ON facts.doc_key = persons.doc_key WHERE persons.id = $1";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(person_id).fetch_optional(conn).await)?)
}
