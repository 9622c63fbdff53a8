//! Settings that belong to the data: the mark of the data key and of the file store, the place, where a simulated clock
//! stands, when the books were checked, what holds the mails.

use crate::{Session, StoreError, Unit};

/// The value of a setting.
pub async fn find(session: &mut impl Session, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM settings WHERE key = $1";
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(key).fetch_optional(conn).await)?)
}

/// The value of a setting, which nobody else changes until this unit ends.
pub async fn lock(unit: &mut Unit, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "UPDATE settings SET value = value WHERE key = $1 RETURNING value";
    Ok(on!(unit, conn => sqlx::query_scalar(sql).bind(key).fetch_optional(conn).await)?)
}

/// Writes a setting, over an older value.
pub async fn put(unit: &mut Unit, key: &str, value: &str) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    on!(unit, conn => sqlx::query(sql).bind(key).bind(value).execute(conn).await.map(drop))?;
    Ok(())
}

/// Takes a setting away; false where there is none.
pub async fn forget(unit: &mut Unit, key: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM settings WHERE key = $1";
    Ok(on!(unit, conn => sqlx::query(sql).bind(key).execute(conn).await.map(|done| done.rows_affected()))? == 1)
}

/// Writes a setting unless it is there; the value that holds now.
pub async fn keep(unit: &mut Unit, key: &str, value: &str) -> Result<String, StoreError> {
    let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    on!(unit, conn => sqlx::query(sql).bind(key).bind(value).execute(conn).await.map(drop))?;
    Ok(find(unit, key).await?.unwrap_or_else(|| value.to_owned()))
}

/// Writes a setting over a lesser value, as text compares; false where it is as great already: of several who do it at once
/// one is told that it was his.
pub async fn raise(unit: &mut Unit, key: &str, value: &str) -> Result<bool, StoreError> {
    let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value \
        WHERE settings.value < excluded.value";
    Ok(on!(unit, conn => sqlx::query(sql).bind(key).bind(value).execute(conn).await.map(|done| done.rows_affected()))?
        == 1)
}
