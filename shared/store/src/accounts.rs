//! Accounts and their roles at organizations.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::{Rows, Session, StoreError, Unit};

/// An account.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct Account {
    /// Its name, as in `--as NAME`.
    pub name: String,
    /// Where its mails go; the organization's address otherwise.
    pub email: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Since when it may do nothing any more.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// A role that an account has.
#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct Grant {
    /// The account.
    pub account: String,
    /// The role's wire name.
    pub role: String,
    /// The organization's number; none for the root.
    pub org_code: Option<String>,
    /// The organization's place in the tree; none for the root.
    #[serde(skip)]
    pub org_path: Option<String>,
}

/// Adds an account; false when one of that name is there.
pub async fn add(unit: &mut Unit, name: &str, email: Option<&str>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO accounts (name, email, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(name).bind(email).bind(now).execute(conn).await.map(|done| done.rows_affected())
    })? == 1)
}

/// The account of that name.
pub async fn find(session: &mut impl Session, name: &str) -> Result<Option<Account>, StoreError> {
    let sql = "SELECT name, email, created_at, disabled_at FROM accounts WHERE name = $1";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(name).fetch_optional(conn).await)?)
}

/// The addresses of those of the named accounts that have one, in no order: `(name, address)`.
pub async fn addresses(session: &mut impl Session, names: &[&str]) -> Result<Vec<(String, String)>, StoreError> {
    let mut sorted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().text("named", sorted);
    let sql = "SELECT accounts.name, accounts.email FROM r CROSS JOIN accounts \
        WHERE accounts.name = r.named AND accounts.email IS NOT NULL";
    rows.fetch(session, sql).await
}

/// All accounts by name.
pub async fn list(session: &mut impl Session) -> Result<Vec<Account>, StoreError> {
    let sql = "SELECT name, email, created_at, disabled_at FROM accounts ORDER BY name";
    Ok(on!(session, conn => sqlx::query_as(sql).fetch_all(conn).await)?)
}

/// The roles of one account, or of all.
pub async fn grants(session: &mut impl Session, account: Option<&str>) -> Result<Vec<Grant>, StoreError> {
    let sql = "SELECT account_roles.account, account_roles.role, organizations.code AS org_code, organizations.path AS org_path \
        FROM account_roles LEFT JOIN organizations ON organizations.id = account_roles.org_id \
        WHERE (CAST($1 AS TEXT) IS NULL OR account_roles.account = $1) ORDER BY account_roles.account, account_roles.id";
    Ok(on!(session, conn => sqlx::query_as(sql).bind(account).fetch_all(conn).await)?)
}

/// Gives a role at an organization (none: at the root); false when the account has it.
pub async fn grant(
    unit: &mut Unit,
    account: &str,
    role: &str,
    org_id: Option<i64>,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO account_roles (account, role, org_id, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (account, role, COALESCE(org_id, 0)) DO NOTHING";
    Ok(on!(unit, conn => {
        sqlx::query(sql)
            .bind(account)
            .bind(role)
            .bind(org_id)
            .bind(by)
            .bind(now)
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })? == 1)
}

/// Takes a role away; false when the account doesn't have it.
pub async fn revoke(unit: &mut Unit, account: &str, role: &str, org_id: Option<i64>) -> Result<bool, StoreError> {
    let sql = "DELETE FROM account_roles WHERE account = $1 AND role = $2 AND COALESCE(org_id, 0) = COALESCE($3, 0)";
    Ok(on!(unit, conn => {
        sqlx::query(sql).bind(account).bind(role).bind(org_id).execute(conn).await.map(|done| done.rows_affected())
    })? == 1)
}
