//! Bounces: addresses that mails came back from. Nothing more is sent there until somebody takes the entry away.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::{Rows, Session, StoreError, Unit};

/// An address that mails came back from, with who has it: a union, or an account at the union of its role. A row for each of
/// those, one without where nobody has it any more.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct Bounce {
    /// The address, in small letters.
    pub address: String,
    /// Why, as the mail server or a person said it.
    pub reason: String,
    /// Who recorded it.
    pub recorded_by: String,
    /// When (business clock).
    pub bounced_at: DateTime<Utc>,
    /// 工会编号 of a union that has the address, or at which the account that has it acts; none at the root.
    pub org_code: Option<String>,
    /// Its name.
    pub org_name: Option<String>,
    /// An account that has the address.
    pub account: Option<String>,
}

/// Records a bounce; the last reason counts.
pub async fn record(
    unit: &mut Unit,
    address: &str,
    reason: &str,
    account: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO bounces (address, reason, recorded_by, bounced_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (address) DO UPDATE SET reason = $2, recorded_by = $3, bounced_at = $4";
    on!(unit, conn => {
        let address = address.to_lowercase();
        sqlx::query(sql).bind(address).bind(reason).bind(account).bind(now).execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Takes an entry away; false where there is none.
pub async fn forget(unit: &mut Unit, address: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM bounces WHERE address = $1";
    let address = address.to_lowercase();
    Ok(on!(unit, conn => sqlx::query(sql).bind(&address).execute(conn).await.map(|d| d.rows_affected()))? == 1)
}

/// Those of these addresses that have bounced, with the reason: `(address in small letters, reason)`.
pub async fn among(session: &mut impl Session, addresses: &[&str]) -> Result<Vec<(String, String)>, StoreError> {
    let mut sorted: Vec<String> = addresses.iter().map(|address| address.to_lowercase()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().text("named", sorted);
    let sql = "SELECT bounces.address, bounces.reason FROM r CROSS JOIN bounces WHERE bounces.address = r.named";
    rows.fetch(session, sql).await
}

/// The newest first; of unions below (and with) a path only, if one is given.
pub async fn list(session: &mut impl Session, below: Option<&str>) -> Result<Vec<Bounce>, StoreError> {
    let sql = "SELECT bounces.address, bounces.reason, bounces.recorded_by, bounces.bounced_at, organizations.code AS org_code, \
        organizations.name AS org_name, holders.account FROM bounces LEFT JOIN \
        (SELECT LOWER(email) AS address, id AS org_id, NULL AS account FROM organizations WHERE removed_at IS NULL \
         UNION SELECT LOWER(accounts.email), account_roles.org_id, accounts.name FROM accounts \
         LEFT JOIN account_roles ON account_roles.account = accounts.name WHERE accounts.email IS NOT NULL) AS holders \
        ON holders.address = bounces.address LEFT JOIN organizations ON organizations.id = holders.org_id \
        WHERE CAST($1 AS TEXT) IS NULL OR (organizations.path >= $1 AND organizations.path < $2) \
        ORDER BY bounces.bounced_at DESC, bounces.address, organizations.code, holders.account";
    let end = below.map(crate::organizations::path_end);
    Ok(on!(session, conn => sqlx::query_as(sql).bind(below).bind(end).fetch_all(conn).await)?)
}
