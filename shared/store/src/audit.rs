//! The audit record: who did what, when, to which organization, with what outcome.

use chrono::{DateTime, Utc};

use crate::{Rows, Session, StoreError, Unit};

/// An act to be recorded. No field holds a document number, a phone or a card.
#[derive(Debug, Clone)]
pub struct NewAct {
    /// When (business clock).
    pub at: DateTime<Utc>,
    /// The account that acted.
    pub account: String,
    /// What was done, as `upload members`.
    pub act: &'static str,
    /// The organization concerned.
    pub org_code: Option<String>,
    /// The thing concerned, as `upload:<id>`.
    pub about: Option<String>,
    /// `done`, `refused: …`, `rejected: …`.
    pub outcome: String,
    /// Figures or a reason, as JSON.
    pub detail: Option<String>,
}

/// An act on record.
#[derive(Debug, Clone, sqlx::FromRow, serde::Serialize)]
pub struct Act {
    /// Its place in the record.
    pub id: i64,
    /// When (business clock).
    pub at: DateTime<Utc>,
    /// The account that acted.
    pub account: String,
    /// What was done.
    pub act: String,
    /// The organization concerned.
    pub org_code: Option<String>,
    /// The thing concerned.
    pub about: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// Figures or a reason, as JSON.
    pub detail: Option<String>,
}

/// Which acts are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct ActSelection {
    /// Concerning this organization.
    pub org_code: Option<String>,
    /// Since this instant.
    pub since: Option<DateTime<Utc>>,
    /// By this account.
    pub account: Option<String>,
}

/// The place of the last act on record; 0 before the first.
pub async fn last(session: &mut impl Session) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(MAX(id), 0) FROM audit";
    Ok(on!(session, conn => sqlx::query_scalar(sql).fetch_one(conn).await)?)
}

/// Records acts.
pub async fn record(unit: &mut Unit, acts: &[NewAct]) -> Result<(), StoreError> {
    let rows = Rows::new()
        .instant("at", acts.iter().map(|act| act.at))
        .text("account", acts.iter().map(|act| act.account.clone()))
        .text("act", acts.iter().map(|act| act.act.to_owned()))
        .text("org_code", acts.iter().map(|act| act.org_code.clone()))
        .text("about", acts.iter().map(|act| act.about.clone()))
        .text("outcome", acts.iter().map(|act| act.outcome.clone()))
        .text("detail", acts.iter().map(|act| act.detail.clone()));
    rows.execute(
        unit,
        "INSERT INTO audit (at, account, act, org_code, about, outcome, detail) \
         SELECT at, account, act, org_code, about, outcome, detail FROM r",
    )
    .await?;
    Ok(())
}

/// The newest acts, at most `most`, oldest of them first.
pub async fn list(session: &mut impl Session, wanted: &ActSelection, most: i64) -> Result<Vec<Act>, StoreError> {
    let sql = "SELECT id, at, account, act, org_code, about, outcome, detail FROM audit \
        WHERE (CAST($1 AS TEXT) IS NULL OR org_code = $1) AND at >= $2 \
        AND (CAST($3 AS TEXT) IS NULL OR account = $3) ORDER BY id DESC LIMIT $4";
    let since = wanted.since.unwrap_or(DateTime::UNIX_EPOCH);
    let mut acts: Vec<Act> = on!(session, conn => {
        sqlx::query_as(sql).bind(&wanted.org_code).bind(since).bind(&wanted.account).bind(most).fetch_all(conn).await
    })?;
    acts.reverse();
    Ok(acts)
}
