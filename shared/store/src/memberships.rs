//! Memberships: a person in a union from a moment on; at most one is open per person.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{DocKey, Rows, Sealed, Session, StoreError, Unit, Value, Vault, organizations::SealedOption};

/// What a row of an import says of a membership. `None` says nothing.
#[derive(Debug, Clone, Default, FromRow)]
pub struct MembershipData {
    /// 手机号码, sealed.
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
}

/// A membership to be opened for the person with this document.
#[derive(Debug, Clone)]
pub struct NewMembership {
    /// The person's document.
    pub doc_key: DocKey,
    /// The union.
    pub org_id: i64,
    /// The import that opens it.
    pub upload: Option<Uuid>,
    /// What is known of it.
    pub data: MembershipData,
}

/// A member as listed.
#[derive(Debug, Clone, FromRow)]
pub struct Member {
    /// The member's number (会员编号).
    pub person_id: i64,
    /// The open membership.
    pub membership_id: i64,
    /// Its union.
    pub org_id: i64,
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
    /// The union's number.
    pub org_code: String,
    /// The union's place in the tree.
    pub org_path: String,
    /// The phone, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub phone: SealedOption,
    /// 工作单位/服务平台.
    pub employer: Option<String>,
    /// 会员标签.
    pub label: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The service card, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub card: SealedOption,
    /// Whether social insurance is paid; none: no fact.
    pub social_insurance: Option<bool>,
    /// Day of retirement on record.
    pub retired_on: Option<NaiveDate>,
    /// Day of death on record.
    pub deceased_on: Option<NaiveDate>,
    /// Wire name of 干部/工人 on record.
    pub staff: Option<String>,
}

/// One stay of a person in a union.
#[derive(Debug, Clone, FromRow)]
pub struct Stay {
    /// The union's number.
    pub org_code: String,
    /// The union's place in the tree.
    pub org_path: String,
    /// From when.
    pub since: DateTime<Utc>,
    /// To when; none: it is open.
    pub until: Option<DateTime<Utc>>,
    /// Why it ended.
    pub end_reason: Option<String>,
    /// What the reason of a removal rests on.
    pub end_basis: Option<String>,
}

impl From<Vec<u8>> for Sealed {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

pub(crate) const MEMBER_COLUMNS: &str = "persons.id AS person_id, memberships.id AS membership_id, memberships.org_id, persons.doc_kind, persons.doc_number, persons.name, persons.sex, persons.birth, \
    organizations.code AS org_code, organizations.path AS org_path, memberships.phone, memberships.employer, memberships.label, \
    memberships.since, facts.card, facts.social_insurance, facts.retired_on, facts.deceased_on, facts.staff";

const MEMBER_JOINS: &str = "FROM memberships JOIN persons ON persons.id = memberships.person_id \
    JOIN organizations ON organizations.id = memberships.org_id \
    LEFT JOIN facts ON facts.doc_key = persons.doc_key WHERE memberships.until IS NULL";

/// Opens memberships for persons who are on record and have none.
pub async fn open(unit: &mut Unit, new: &[NewMembership], now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = data_columns(Rows::new(), new.iter().map(|m| &m.data), &unit.vault())?
        .id("upload_id", new.iter().map(|m| m.upload))
        .bytes("doc_key", new.iter().map(|m| m.doc_key.to_vec()))
        .int("org_id", new.iter().map(|m| m.org_id))
        .every("at", Value::Instant(Some(now)));
    let person = unit.kind().each("persons", "persons", "persons.doc_key = r.doc_key");
    let sql = format!(
        "INSERT INTO memberships (person_id, org_id, upload_id, phone, phone_key, employer, label, household, address, card_wanted, data_type, \
         since, changed_at) SELECT persons.id, r.org_id, r.upload_id, r.phone, r.phone_key, r.employer, r.label, r.household, r.address, r.card_wanted, r.data_type, r.at, r.at \
         FROM r{person}"
    );
    rows.execute(unit, &sql).await?;
    Ok(())
}

/// Writes what is new of open memberships: what is `None` stays as it is (decisions 3).
pub async fn update(unit: &mut Unit, changed: &[(i64, MembershipData)], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut sorted: Vec<&(i64, MembershipData)> = changed.iter().collect();
    sorted.sort_unstable_by_key(|(id, _)| *id);
    let rows = data_columns(Rows::new(), sorted.iter().map(|(_, data)| data), &unit.vault())?
        .int("named", sorted.iter().map(|(id, _)| *id))
        .every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE memberships SET phone = COALESCE(r.phone, memberships.phone), \
         phone_key = CASE WHEN r.phone IS NULL THEN memberships.phone_key ELSE r.phone_key END, employer = COALESCE(r.employer, memberships.employer), \
         label = COALESCE(r.label, memberships.label), household = COALESCE(r.household, memberships.household), \
         address = COALESCE(r.address, memberships.address), card_wanted = COALESCE(r.card_wanted, memberships.card_wanted), \
         data_type = COALESCE(r.data_type, memberships.data_type), changed_at = r.at FROM r WHERE memberships.id = r.named",
    )
    .await?;
    Ok(())
}

/// Open memberships per union, for the unions named.
pub async fn count_in(session: &mut impl Session, org_ids: &[i64]) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut sorted = org_ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().int("named", sorted);
    rows.fetch(
        session,
        "SELECT memberships.org_id, COUNT(*) FROM r CROSS JOIN memberships \
         WHERE memberships.org_id = r.named AND memberships.until IS NULL GROUP BY memberships.org_id",
    )
    .await
}

/// Open memberships of all unions below (and with) a path.
pub async fn count_below(session: &mut impl Session, path: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM memberships JOIN organizations ON organizations.id = memberships.org_id \
        WHERE memberships.until IS NULL AND organizations.path >= $1 AND organizations.path < $2";
    let end = crate::organizations::path_end(path);
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(path).bind(end).fetch_one(conn).await)?)
}

/// Which members are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct MemberFilter {
    /// Whose name contains this.
    pub name: Option<String>,
    /// With a service card, or without one.
    pub card: Option<bool>,
    /// Whose social insurance is paid (`yes`), is not (`no`), or is on no record (`unknown`).
    pub social: Option<&'static str>,
    /// Whose retirement is on record by this day.
    pub retired_by: Option<NaiveDate>,
    /// With this 会员标签.
    pub label: Option<String>,
}

/// Members of all unions below (and with) a path, by number, from a number on: page by page.
pub async fn list_below(
    session: &mut impl Session,
    path: &str,
    after: i64,
    most: i64,
) -> Result<Vec<Member>, StoreError> {
    list(session, path, &MemberFilter::default(), after, most).await
}

/// The same of those whom a filter lets through.
pub async fn list(
    session: &mut impl Session,
    path: &str,
    wanted: &MemberFilter,
    after: i64,
    most: i64,
) -> Result<Vec<Member>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {MEMBER_COLUMNS} {MEMBER_JOINS} AND organizations.path >= $1 AND organizations.path < $2 AND persons.id > $3 \
         AND (CAST($5 AS TEXT) IS NULL OR persons.name LIKE $5 ESCAPE '!') \
         AND ($6 IS NULL OR (facts.card IS NOT NULL) = $6) \
         AND (CAST($7 AS TEXT) IS NULL OR $7 = CASE WHEN facts.social_insurance IS NULL THEN 'unknown' \
         WHEN facts.social_insurance THEN 'yes' ELSE 'no' END) \
         AND ($8 IS NULL OR facts.retired_on <= $8) AND (CAST($9 AS TEXT) IS NULL OR memberships.label = $9) \
         ORDER BY persons.id LIMIT $4"
    ));
    let name = wanted.name.as_deref().map(containing);
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(path).bind(crate::organizations::path_end(path)).bind(after).bind(most).bind(name)
            .bind(wanted.card).bind(wanted.social).bind(wanted.retired_by).bind(&wanted.label).fetch_all(conn).await
    })?)
}

/// The pattern of texts that contain this one, whatever characters are in it.
fn containing(text: &str) -> String {
    let plain = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}

/// The member with that number; none when the number is unknown or the member has left.
pub async fn find(session: &mut impl Session, person_id: i64) -> Result<Option<Member>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT {MEMBER_COLUMNS} {MEMBER_JOINS} AND persons.id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(person_id).fetch_optional(conn).await)?)
}

/// What rows say of memberships, as columns; with the keyed hash of each phone.
pub(crate) fn data_columns<'d>(
    rows: Rows,
    data: impl Iterator<Item = &'d MembershipData> + Clone,
    vault: &Vault,
) -> Result<Rows, StoreError> {
    let key = |d: &MembershipData| {
        let phone = d.phone.0.as_ref().map(|phone| vault.open(phone)).transpose()?;
        Ok::<_, StoreError>(phone.map(|phone| vault.phone_key(&phone)))
    };
    let keys = data.clone().map(key).collect::<Result<Vec<_>, _>>()?;
    let rows = rows
        .bytes("phone", data.clone().map(|d| d.phone.bytes()))
        .bytes("phone_key", keys)
        .text("employer", data.clone().map(|d| d.employer.clone()))
        .text("label", data.clone().map(|d| d.label.clone()))
        .text("household", data.clone().map(|d| d.household.clone()))
        .text("address", data.clone().map(|d| d.address.clone()))
        .bool("card_wanted", data.clone().map(|d| d.card_wanted))
        .text("data_type", data.map(|d| d.data_type.clone()));
    Ok(rows)
}

/// All stays of a person in unions, the first one first.
pub async fn stays(session: &mut impl Session, person_id: i64) -> Result<Vec<Stay>, StoreError> {
    let sql = "SELECT organizations.code AS org_code, organizations.path AS org_path, memberships.since, memberships.until, \
        memberships.end_reason, memberships.end_basis FROM memberships \
        JOIN organizations ON organizations.id = memberships.org_id WHERE memberships.person_id = $1 ORDER BY memberships.id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(person_id).fetch_all(conn).await)?)
}
