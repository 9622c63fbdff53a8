//! Organizations: the tree of unions, with every one's place as a path of ids.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};

use crate::{Rows, Sealed, Session, StoreError, Unit, Value};

/// An organization on record.
#[derive(Debug, Clone, FromRow)]
pub struct Organization {
    /// Our own number.
    pub id: i64,
    /// 工会编号.
    pub code: String,
    /// 工会组织名称.
    pub name: String,
    /// The organization above; none for the root.
    pub parent_id: Option<i64>,
    /// Wire name of the level.
    pub level: String,
    /// 类型, as written.
    pub kind: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// 经济类型.
    pub economy: Option<String>,
    /// 所属行业.
    pub industry: Option<String>,
    /// 企业名称.
    pub enterprise: Option<String>,
    /// 联系人.
    pub contact: Option<String>,
    /// 手机号码, sealed.
    #[sqlx(try_from = "Option<Vec<u8>>")]
    pub phone: SealedOption,
    /// 电子邮箱.
    pub email: String,
    /// The ids from the root to here, as `/1/5/12/`.
    pub path: String,
}

/// A sealed value that may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealedOption(pub Option<Sealed>);

impl From<Option<Vec<u8>>> for SealedOption {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self(bytes.map(Sealed))
    }
}

impl SealedOption {
    /// The bytes for the database.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        self.0.as_ref().map(|sealed| sealed.0.clone())
    }
}

/// What is written of an organization. Fields that are `None` erase nothing on an update.
#[derive(Debug, Clone)]
pub struct OrganizationData {
    /// 工会编号.
    pub code: String,
    /// 工会组织名称.
    pub name: String,
    /// The organization above, which is on record already; none for the root.
    pub parent_id: Option<i64>,
    /// Wire name of the level.
    pub level: String,
    /// 类型, as written.
    pub kind: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    /// 经济类型.
    pub economy: Option<String>,
    /// 所属行业.
    pub industry: Option<String>,
    /// 企业名称.
    pub enterprise: Option<String>,
    /// 联系人.
    pub contact: Option<String>,
    /// 手机号码, sealed.
    pub phone: SealedOption,
    /// 电子邮箱.
    pub email: String,
}

const COLUMNS: &str = "organizations.id, organizations.code, organizations.name, organizations.parent_id, organizations.level, \
    organizations.kind, organizations.uscc, organizations.economy, organizations.industry, organizations.enterprise, \
    organizations.contact, organizations.phone, organizations.email, organizations.path";

/// The organization with that number (工会编号).
pub async fn find(session: &mut impl Session, code: &str) -> Result<Option<Organization>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM organizations WHERE code = $1 AND removed_at IS NULL"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(code).fetch_optional(conn).await)?)
}

/// The organization with that id of ours.
pub async fn get(session: &mut impl Session, id: i64) -> Result<Option<Organization>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM organizations WHERE id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// Those of the named organizations that are on record, in no order.
pub async fn find_many(session: &mut impl Session, codes: &[String]) -> Result<Vec<Organization>, StoreError> {
    let mut sorted = codes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().text("named", sorted);
    let sql = format!(
        "SELECT {COLUMNS} FROM r CROSS JOIN organizations WHERE organizations.code = r.named AND organizations.removed_at IS NULL"
    );
    rows.fetch(session, &sql).await
}

/// The organizations with these ids of ours, in no order.
pub async fn get_many(session: &mut impl Session, ids: &[i64]) -> Result<Vec<Organization>, StoreError> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().int("named", sorted);
    rows.fetch(session, &format!("SELECT {COLUMNS} FROM r CROSS JOIN organizations WHERE organizations.id = r.named"))
        .await
}

/// The organizations above these that are not among them, in no order.
pub async fn get_above(session: &mut impl Session, of: &[Organization]) -> Result<Vec<Organization>, StoreError> {
    let own: std::collections::HashSet<i64> = of.iter().map(|org| org.id).collect();
    let mut ids: Vec<i64> = (of.iter().flat_map(|org| org.path.split('/')))
        .filter_map(|id| id.parse().ok())
        .filter(|id| !own.contains(id))
        .collect();
    ids.sort_unstable();
    get_many(session, &ids).await
}

/// The organizations directly below these whose 类型 may mean a temporary union, in no order: what it means is the
/// domain's to say.
pub async fn temporaries_under(session: &mut impl Session, parents: &[i64]) -> Result<Vec<Organization>, StoreError> {
    let mut sorted = parents.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().int("named", sorted);
    let sql = format!(
        "SELECT {COLUMNS} FROM r CROSS JOIN organizations WHERE organizations.parent_id = r.named \
         AND organizations.removed_at IS NULL AND organizations.kind LIKE '%临%时%'"
    );
    rows.fetch(session, &sql).await
}

/// The organization of that path and everything below it, from the top down.
pub async fn list_below(session: &mut impl Session, path: &str) -> Result<Vec<Organization>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM organizations WHERE path >= $1 AND path < $2 AND removed_at IS NULL ORDER BY path"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// The bureaus and secondary unions below (and with) a path, from the top down.
pub async fn upper_below(session: &mut impl Session, path: &str) -> Result<Vec<Organization>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM organizations WHERE path >= $1 AND path < $2 AND removed_at IS NULL \
         AND level IN ('bureau', 'secondary') ORDER BY path"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// The insurance centres of the federation.
pub async fn centres(session: &mut impl Session) -> Result<Vec<Organization>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM organizations WHERE level = 'centre' AND removed_at IS NULL ORDER BY path"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).fetch_all(conn).await)?)
}

/// How many organizations there are of each level below (and with) that path.
pub async fn count_below(session: &mut impl Session, path: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT level, COUNT(*) FROM organizations WHERE path >= $1 AND path < $2 AND removed_at IS NULL GROUP BY level ORDER BY level";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// Organizations of one level and 类型 below (and with) a path.
#[derive(Debug, Clone, FromRow)]
pub struct KindCount {
    /// Wire name of the level.
    pub level: String,
    /// 类型, as written.
    pub kind: Option<String>,
    /// How many there are.
    pub unions: i64,
    /// Those of them that name neither a credit code nor an enterprise.
    pub unnamed: i64,
}

/// Organizations below (and with) a path, by level and 类型.
pub async fn kinds_below(session: &mut impl Session, path: &str) -> Result<Vec<KindCount>, StoreError> {
    let sql = "SELECT level, kind, COUNT(*) AS unions, COUNT(CASE WHEN uscc IS NULL AND enterprise IS NULL THEN 1 END) AS unnamed \
        FROM organizations WHERE path >= $1 AND path < $2 AND removed_at IS NULL GROUP BY level, kind";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(path).bind(path_end(path)).fetch_all(conn).await)?)
}

/// Enterprises of the grassroots unions below (and with) a path: different credit codes, or names where there is none.
pub async fn count_enterprises(session: &mut impl Session, path: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(DISTINCT COALESCE(uscc, enterprise)) FROM organizations \
        WHERE path >= $1 AND path < $2 AND removed_at IS NULL AND level = 'grassroots'";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(path).bind(path_end(path)).fetch_one(conn).await)?)
}

/// Marks an organization as removed; it stays on record, and its number may come back. The caller has seen, holding it,
/// that nobody and nothing is there.
pub async fn remove(unit: &mut Unit, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE organizations SET removed_at = $2, changed_at = $2 WHERE id = $1 AND removed_at IS NULL";
    on!(unit, conn => sqlx::query(sql).bind(id).bind(now).execute(conn).await.map(drop))?;
    Ok(())
}

/// The root; none while no organization is on record.
pub async fn root(session: &mut impl Session) -> Result<Option<Organization>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM organizations WHERE parent_id IS NULL AND removed_at IS NULL ORDER BY id LIMIT 1"
    ));
    Ok(on!(session, conn => sqlx::query_as(sql).fetch_optional(conn).await)?)
}

/// Makes units of work on one of these organizations wait for each other. Ids are locked in their order, and in a way
/// that lets other units refer to them.
pub async fn lock(unit: &mut Unit, ids: &[i64]) -> Result<(), StoreError> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().int("named", sorted);
    let sql = format!(
        "SELECT organizations.id FROM r CROSS JOIN organizations WHERE organizations.id = r.named ORDER BY organizations.id{}",
        match unit.kind() {
            crate::EngineKind::Postgres => " FOR NO KEY UPDATE OF organizations",
            crate::EngineKind::Sqlite => "",
        }
    );
    let _: Vec<(i64,)> = rows.fetch(unit, &sql).await?;
    Ok(())
}

/// Waits for units of work that have locked this organization, and keeps others from it until this one ends; those that
/// share it don't wait for each other.
pub async fn share(unit: &mut Unit, id: i64) -> Result<(), StoreError> {
    if unit.kind() == crate::EngineKind::Postgres {
        let sql = "SELECT id FROM organizations WHERE id = $1 FOR SHARE";
        let _: Option<i64> = on!(unit, conn => sqlx::query_scalar(sql).bind(id).fetch_optional(conn).await)?;
    }
    Ok(())
}

/// Adds organizations whose parents are on record already, and gives them their paths. One that was removed comes back
/// under its number. `Conflict` when one of the numbers is taken.
pub async fn insert(unit: &mut Unit, new: &[OrganizationData], now: DateTime<Utc>) -> Result<(), StoreError> {
    let added = columns(new, now)
        .execute(
            unit,
            "INSERT INTO organizations (code, name, parent_id, level, kind, uscc, economy, industry, enterprise, contact, phone, \
             email, path, created_at, changed_at) \
             SELECT r.code, r.name, r.parent_id, r.level, r.kind, r.uscc, r.economy, r.industry, r.enterprise, r.contact, r.phone, \
             r.email, '', r.at, r.at FROM r WHERE TRUE ON CONFLICT (code) DO UPDATE SET name = excluded.name, \
             parent_id = excluded.parent_id, level = excluded.level, kind = excluded.kind, uscc = excluded.uscc, \
             economy = excluded.economy, industry = excluded.industry, enterprise = excluded.enterprise, \
             contact = excluded.contact, phone = excluded.phone, email = excluded.email, changed_at = excluded.changed_at, \
             removed_at = NULL WHERE organizations.removed_at IS NOT NULL",
        )
        .await?;
    if added != new.len() as u64 {
        return Err(StoreError::Conflict("an organization of that number has appeared meanwhile".to_owned()));
    }
    let rows = Rows::new().text("code", new.iter().map(|org| org.code.clone()));
    rows.execute(
        unit,
        "UPDATE organizations SET path = COALESCE((SELECT above.path FROM organizations AS above \
         WHERE above.id = organizations.parent_id), '/') || organizations.id || '/' FROM r WHERE organizations.code = r.code",
    )
    .await?;
    Ok(())
}

/// Writes what is new of organizations on record: a field that is `None` stays as it is. Places in the tree stay
/// too: `replace_parent` moves.
pub async fn update(unit: &mut Unit, changed: &[OrganizationData], now: DateTime<Utc>) -> Result<(), StoreError> {
    columns(changed, now)
        .execute(
            unit,
            "UPDATE organizations SET name = r.name, level = r.level, kind = COALESCE(r.kind, organizations.kind), \
             uscc = COALESCE(r.uscc, organizations.uscc), economy = COALESCE(r.economy, organizations.economy), \
             industry = COALESCE(r.industry, organizations.industry), \
             enterprise = COALESCE(r.enterprise, organizations.enterprise), \
             contact = COALESCE(r.contact, organizations.contact), phone = COALESCE(r.phone, organizations.phone), \
             email = r.email, changed_at = r.at FROM r WHERE organizations.code = r.code",
        )
        .await?;
    Ok(())
}

/// Moves an organization with everything below it under another one.
pub async fn replace_parent(
    unit: &mut Unit,
    moved: &Organization,
    parent: &Organization,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let path = format!("{}{}/", parent.path, moved.id);
    let sql = "UPDATE organizations SET path = $1 || SUBSTR(path, $2), changed_at = $3 WHERE path >= $4 AND path < $5";
    let rest = i32::try_from(moved.path.len() + 1).unwrap_or(i32::MAX);
    on!(unit, conn => {
        sqlx::query(sql).bind(path).bind(rest).bind(now).bind(&moved.path).bind(path_end(&moved.path)).execute(conn).await.map(drop)
    })?;
    let sql = "UPDATE organizations SET parent_id = $1 WHERE id = $2";
    on!(unit, conn => sqlx::query(sql).bind(parent.id).bind(moved.id).execute(conn).await.map(drop))?;
    Ok(())
}

fn columns(data: &[OrganizationData], now: DateTime<Utc>) -> Rows {
    Rows::new()
        .text("code", data.iter().map(|org| org.code.clone()))
        .text("name", data.iter().map(|org| org.name.clone()))
        .int("parent_id", data.iter().map(|org| org.parent_id))
        .text("level", data.iter().map(|org| org.level.clone()))
        .text("kind", data.iter().map(|org| org.kind.clone()))
        .text("uscc", data.iter().map(|org| org.uscc.clone()))
        .text("economy", data.iter().map(|org| org.economy.clone()))
        .text("industry", data.iter().map(|org| org.industry.clone()))
        .text("enterprise", data.iter().map(|org| org.enterprise.clone()))
        .text("contact", data.iter().map(|org| org.contact.clone()))
        .bytes("phone", data.iter().map(|org| org.phone.bytes()))
        .text("email", data.iter().map(|org| org.email.clone()))
        .every("at", Value::Instant(Some(now)))
}

/// The bureau on a path of the tree: it stands directly below the root, and everything below it on its path.
#[must_use]
pub fn bureau_on(path: &str) -> Option<i64> {
    path.split('/').filter(|id| !id.is_empty()).nth(1)?.parse().ok()
}

/// The first path that is not below `path`: its last `/` becomes the character after it.
pub(crate) fn path_end(path: &str) -> String {
    format!("{}0", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_path_takes_in_all_below_and_no_neighbour() {
        let (start, end) = ("/1/5/", path_end("/1/5/"));
        let inside = |path: &str| path >= start && path < end.as_str();
        assert!(inside("/1/5/") && inside("/1/5/12/") && inside("/1/5/12/9/"));
        assert!(!inside("/1/50/") && !inside("/1/6/") && !inside("/1/"));
    }
}
