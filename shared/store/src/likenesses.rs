//! Members who are likely registered already under another document: looked up by phone, and by name within a union.

use chrono::NaiveDate;
use sqlx::{AssertSqlSafe, FromRow};

use crate::{Rows, Sealed, Session, StoreError, Unit, organizations::path_end};

/// A member who may be the same person as another.
#[derive(Debug, Clone, FromRow)]
pub struct Lookalike {
    /// The member's number.
    pub person_id: i64,
    /// The name as written.
    pub name: String,
    /// Wire name of the document's kind.
    pub doc_kind: String,
    /// The document's number, sealed.
    #[sqlx(try_from = "Vec<u8>")]
    pub doc_number: Sealed,
    /// Wire name of the sex.
    pub sex: String,
    /// Day of birth.
    pub birth: Option<NaiveDate>,
    /// The union.
    pub org_id: i64,
    /// Its number.
    pub org_code: String,
    /// Its place in the tree.
    pub org_path: String,
    /// The keyed hash of the phone.
    pub phone_key: Option<Vec<u8>>,
}

const COLUMNS: &str = "persons.id AS person_id, persons.name, persons.doc_kind, persons.doc_number, persons.sex, persons.birth, \
    memberships.org_id, organizations.code AS org_code, organizations.path AS org_path, memberships.phone_key";

/// The members who have one of these phones, by keyed hash.
pub async fn by_phone(session: &mut impl Session, keys: &[Vec<u8>]) -> Result<Vec<Lookalike>, StoreError> {
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let kind = session.kind();
    let open = kind.each("memberships", "memberships", "memberships.phone_key = r.named AND memberships.until IS NULL");
    let person = kind.each("persons", "persons", "persons.id = memberships.person_id");
    let org = kind.each("organizations", "organizations", "organizations.id = memberships.org_id");
    let sql = format!("SELECT {COLUMNS} FROM r{open}{person}{org} ORDER BY persons.id");
    Rows::new().bytes("named", sorted).fetch(session, &sql).await
}

/// The members with these numbers.
pub async fn named(session: &mut impl Session, persons: &[i64]) -> Result<Vec<Lookalike>, StoreError> {
    let mut sorted = persons.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let kind = session.kind();
    let open = kind.each("memberships", "memberships", "memberships.person_id = r.named AND memberships.until IS NULL");
    let person = kind.each("persons", "persons", "persons.id = memberships.person_id");
    let org = kind.each("organizations", "organizations", "organizations.id = memberships.org_id");
    let sql = format!("SELECT {COLUMNS} FROM r{open}{person}{org} ORDER BY persons.id");
    Rows::new().int("named", sorted).fetch(session, &sql).await
}

/// A member of a union by name.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Namesake {
    /// The member's number.
    pub person_id: i64,
    /// The union.
    pub org_id: i64,
    /// The name as written.
    pub name: String,
}

/// The members of these unions by name; it costs what they are many.
pub async fn names_in(session: &mut impl Session, orgs: &[i64]) -> Result<Vec<Namesake>, StoreError> {
    let mut sorted = orgs.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let kind = session.kind();
    let open = kind.each("memberships", "memberships", "memberships.org_id = r.named AND memberships.until IS NULL");
    let person = kind.each("persons", "persons", "persons.id = memberships.person_id");
    let sql = format!("SELECT persons.id AS person_id, memberships.org_id, persons.name FROM r{open}{person}");
    Rows::new().int("named", sorted).fetch(session, &sql).await
}

/// Pairs of members of the same name and phone, of whom the first is below (or in) that path; by number, after a first one
/// and at most so many.
pub async fn pairs_by_phone(
    session: &mut impl Session,
    path: &str,
    after: i64,
    most: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let kind = session.kind();
    let twin = kind.each(
        "memberships",
        "twin",
        "twin.phone_key = memberships.phone_key AND twin.until IS NULL AND twin.person_id <> memberships.person_id",
    );
    let other = kind.each("persons", "other", "other.id = twin.person_id AND other.name = persons.name");
    let sql = AssertSqlSafe(format!(
        "SELECT persons.id, other.id FROM organizations JOIN memberships ON memberships.org_id = organizations.id \
         JOIN persons ON persons.id = memberships.person_id{twin}{other} WHERE organizations.path >= $1 AND organizations.path < $2 \
         AND memberships.until IS NULL AND memberships.phone_key IS NOT NULL AND persons.id > $3 ORDER BY persons.id, other.id LIMIT $4"
    ));
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(path).bind(path_end(path)).bind(after).bind(most).fetch_all(conn).await
    })?)
}

/// Members below (and in) a path who share their union and name with another one, union by union and name by name.
pub async fn namesakes(session: &mut impl Session, path: &str) -> Result<Vec<Namesake>, StoreError> {
    let sql = "SELECT person_id, org_id, name FROM (SELECT persons.id AS person_id, memberships.org_id, persons.name, \
        COUNT(*) OVER (PARTITION BY memberships.org_id, persons.name) AS people FROM organizations \
        JOIN memberships ON memberships.org_id = organizations.id JOIN persons ON persons.id = memberships.person_id \
        WHERE organizations.path >= $1 AND organizations.path < $2 AND memberships.until IS NULL) AS named \
        WHERE people > 1 ORDER BY org_id, name, person_id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// A page of open memberships whose phone has no keyed hash yet: of before there was one. By number, after a first one.
pub async fn unkeyed(session: &mut impl Session, after: i64, most: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let sql = "SELECT id, phone FROM memberships WHERE id > $1 AND until IS NULL AND phone IS NOT NULL AND phone_key IS NULL \
        ORDER BY id LIMIT $2";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(after).bind(most).fetch_all(conn).await)?)
}

/// Writes the keyed hashes of a page; what has one by now, or another phone, stays as it is.
pub async fn key_phones(unit: &mut Unit, page: &[(i64, Vec<u8>)]) -> Result<u64, StoreError> {
    let vault = unit.vault();
    let key = |sealed: &Vec<u8>| Ok::<_, StoreError>(vault.phone_key(&vault.open(&Sealed(sealed.clone()))?));
    let keys = page.iter().map(|(_, phone)| key(phone)).collect::<Result<Vec<_>, _>>()?;
    let rows = Rows::new()
        .int("named", page.iter().map(|(id, _)| *id))
        .bytes("sealed", page.iter().map(|(_, phone)| phone.clone()))
        .bytes("key", keys);
    let sql = "UPDATE memberships SET phone_key = r.key FROM r \
        WHERE memberships.id = r.named AND memberships.phone = r.sealed AND memberships.phone_key IS NULL";
    rows.execute(unit, sql).await
}
