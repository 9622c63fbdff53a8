//! Transfers: requests to move a member into another union. Until they are decided they are pending.
//!
//! One side asks and the other one decides. A request that events have overtaken (the member moved elsewhere, left, or
//! the union is gone) is `void`.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{EngineKind, Rows, Sealed, Session, StoreError, Unit, Value, memberships::MembershipData};

/// A request to be written.
#[derive(Debug, Clone)]
pub struct NewTransfer {
    /// Who is to move.
    pub person_id: i64,
    /// The union that the person is in.
    pub from_org_id: i64,
    /// The union that the person is to be in.
    pub to_org_id: i64,
    /// `from` or `to`: the side that asks; the other one decides.
    pub asked_by: &'static str,
    /// Why, in the words of who asks.
    pub reason: Option<String>,
    /// What the row of an import said of the membership that is to be.
    pub data: MembershipData,
}

/// A request on record.
#[derive(Debug, Clone, FromRow)]
pub struct Transfer {
    /// Its number.
    pub id: i64,
    /// Who is to move.
    pub person_id: i64,
    /// The person's name.
    pub name: String,
    /// The document's number, sealed.
    #[sqlx(try_from = "Vec<u8>")]
    pub doc_number: Sealed,
    /// The union that the person was in when it was asked for.
    pub from_org_id: i64,
    /// Its number.
    pub from_code: String,
    /// Its place in the tree.
    pub from_path: String,
    /// The union that the person is to be in.
    pub to_org_id: i64,
    /// Its number.
    pub to_code: String,
    /// Its place in the tree.
    pub to_path: String,
    /// Whether the receiving union is still there.
    pub to_stands: bool,
    /// `pending`, `approved`, `rejected` or `void`.
    pub status: String,
    /// `from` or `to`: the side that asked.
    pub asked_by: String,
    /// Why, in the words of who asked.
    pub reason: Option<String>,
    /// What the row of an import said of the membership that is to be.
    #[sqlx(flatten)]
    pub data: MembershipData,
    /// The upload that asked.
    pub upload_id: Option<Uuid>,
    /// Who asked.
    pub account: String,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why, in the words of who decided.
    pub decision_reason: Option<String>,
}

impl Transfer {
    /// Number and place of the union that decides.
    #[must_use]
    pub fn decider(&self) -> (&str, &str) {
        if self.asked_by == "from" { (&self.to_code, &self.to_path) } else { (&self.from_code, &self.from_path) }
    }

    /// Number and place of the union that asked.
    #[must_use]
    pub fn asker(&self) -> (&str, &str) {
        if self.asked_by == "from" { (&self.from_code, &self.from_path) } else { (&self.to_code, &self.to_path) }
    }
}

/// Which requests are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct TransferSelection {
    /// From or into organizations below (and with) this path.
    pub below: Option<String>,
    /// Of this status.
    pub status: Option<String>,
    /// That were asked for by this upload.
    pub upload: Option<Uuid>,
    /// That this side asked for: `from` or `to`.
    pub asked_by: Option<&'static str>,
    /// With numbers below this one: the next page.
    pub before: Option<i64>,
}

const SELECT: &str = "SELECT transfers.id, transfers.person_id, persons.name, persons.doc_number, \
    transfers.from_org_id, giver.code AS from_code, giver.path AS from_path, \
    transfers.to_org_id, taker.code AS to_code, taker.path AS to_path, taker.removed_at IS NULL AS to_stands, \
    transfers.status, transfers.asked_by, transfers.reason, transfers.phone, transfers.employer, transfers.label, \
    transfers.household, transfers.address, transfers.card_wanted, transfers.data_type, transfers.upload_id, \
    transfers.account, transfers.requested_at, transfers.decided_by, transfers.decided_at, transfers.decision_reason";

const JOINS: &str = "persons.id = transfers.person_id AND giver.id = transfers.from_org_id \
    AND taker.id = transfers.to_org_id";

/// Writes requests; one that is pending already stays as it is. The numbers of those that are new.
pub async fn request(
    unit: &mut Unit,
    new: &[NewTransfer],
    account: &str,
    upload: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, StoreError> {
    let rows = crate::memberships::data_columns(Rows::new(), new.iter().map(|t| &t.data), &unit.vault())?
        .int("person_id", new.iter().map(|t| t.person_id))
        .int("from_org_id", new.iter().map(|t| t.from_org_id))
        .int("to_org_id", new.iter().map(|t| t.to_org_id))
        .text("asked_by", new.iter().map(|t| t.asked_by.to_owned()))
        .text("reason", new.iter().map(|t| t.reason.clone()))
        .every("account", Value::Text(Some(account.to_owned())))
        .every("upload_id", Value::Id(upload))
        .every("at", Value::Instant(Some(now)));
    let added: Vec<(i64,)> = rows
        .fetch(
            unit,
            "INSERT INTO transfers (person_id, from_org_id, to_org_id, status, asked_by, reason, phone, employer, label, \
             household, address, card_wanted, data_type, upload_id, account, requested_at) \
             SELECT person_id, from_org_id, to_org_id, 'pending', asked_by, reason, phone, employer, label, household, address, \
             card_wanted, data_type, upload_id, account, at FROM r WHERE TRUE \
             ON CONFLICT (person_id, to_org_id) WHERE status = 'pending' DO NOTHING RETURNING id",
        )
        .await?;
    Ok(ids(added))
}

/// The requests with these numbers, in no order.
pub async fn find_many(session: &mut impl Session, numbers: &[i64]) -> Result<Vec<Transfer>, StoreError> {
    select(session, numbers, "transfers.id = r.named", "").await
}

/// The pending requests about these persons, in no order.
pub async fn pending_of(session: &mut impl Session, person_ids: &[i64]) -> Result<Vec<Transfer>, StoreError> {
    select(session, person_ids, "transfers.person_id = r.named AND transfers.status = 'pending'", "").await
}

/// The requests with these numbers, held for this unit: who decides on one at the same time waits.
pub async fn lock(unit: &mut Unit, numbers: &[i64]) -> Result<Vec<Transfer>, StoreError> {
    let held = match unit.kind() {
        EngineKind::Postgres => " ORDER BY transfers.id FOR UPDATE OF transfers",
        EngineKind::Sqlite => "",
    };
    select(unit, numbers, "transfers.id = r.named", held).await
}

async fn select(
    session: &mut impl Session,
    named: &[i64],
    condition: &str,
    end: &str,
) -> Result<Vec<Transfer>, StoreError> {
    let mut sorted = named.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().int("named", sorted);
    let from = "FROM r CROSS JOIN transfers CROSS JOIN persons CROSS JOIN organizations AS giver \
        CROSS JOIN organizations AS taker";
    rows.fetch(session, &format!("{SELECT} {from} WHERE {condition} AND {JOINS}{end}")).await
}

/// How a request is decided.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Its number.
    pub id: i64,
    /// `approved`, `rejected` or `void`.
    pub status: &'static str,
    /// Why, in the words of who decided.
    pub reason: Option<String>,
}

/// Decides pending requests; the numbers of those that were pending until now.
pub async fn decide(
    unit: &mut Unit,
    decisions: &[Decision],
    account: &str,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, StoreError> {
    let rows = Rows::new()
        .int("named", decisions.iter().map(|d| d.id))
        .text("status", decisions.iter().map(|d| d.status.to_owned()))
        .text("reason", decisions.iter().map(|d| d.reason.clone()))
        .every("account", Value::Text(Some(account.to_owned())))
        .every("at", Value::Instant(Some(now)));
    let decided: Vec<(i64,)> = rows
        .fetch(
            unit,
            "UPDATE transfers SET status = r.status, decided_by = r.account, decided_at = r.at, decision_reason = r.reason \
             FROM r WHERE transfers.id = r.named AND transfers.status = 'pending' RETURNING transfers.id",
        )
        .await?;
    Ok(ids(decided))
}

/// Makes the pending requests about these persons void; their numbers.
pub async fn void_of(
    unit: &mut Unit,
    person_ids: &[i64],
    reason: &str,
    account: &str,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, StoreError> {
    let mut sorted = person_ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new()
        .int("person", sorted)
        .every("reason", Value::Text(Some(reason.to_owned())))
        .every("account", Value::Text(Some(account.to_owned())))
        .every("at", Value::Instant(Some(now)));
    let voided: Vec<(i64,)> = rows
        .fetch(
            unit,
            "UPDATE transfers SET status = 'void', decided_by = r.account, decided_at = r.at, decision_reason = r.reason \
             FROM r WHERE transfers.person_id = r.person AND transfers.status = 'pending' RETURNING transfers.id",
        )
        .await?;
    Ok(ids(voided))
}

/// Makes the pending requests into an organization void; their numbers.
pub async fn void_into(
    unit: &mut Unit,
    org_id: i64,
    reason: &str,
    account: &str,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, StoreError> {
    let sql = "UPDATE transfers SET status = 'void', decided_by = $2, decided_at = $3, decision_reason = $4 \
        WHERE to_org_id = $1 AND status = 'pending' RETURNING id";
    let voided: Vec<(i64,)> = on!(unit, conn => {
        sqlx::query_as(sql).bind(org_id).bind(account).bind(now).bind(reason).fetch_all(conn).await
    })?;
    Ok(ids(voided))
}

/// The last requests first, by when they were made; at most `most`. A page goes on after the request that the last one ended with.
pub async fn list(
    session: &mut impl Session,
    wanted: &TransferSelection,
    most: i64,
) -> Result<Vec<Transfer>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "{SELECT} FROM transfers JOIN persons ON persons.id = transfers.person_id \
         JOIN organizations AS giver ON giver.id = transfers.from_org_id \
         JOIN organizations AS taker ON taker.id = transfers.to_org_id \
         WHERE (CAST($1 AS TEXT) IS NULL OR (giver.path >= $1 AND giver.path < $2) \
         OR (taker.path >= $1 AND taker.path < $2)) AND (CAST($3 AS TEXT) IS NULL OR transfers.status = $3) \
         AND (CAST($4 AS TEXT) IS NULL OR transfers.asked_by = $4) AND (CAST($5 AS BIGINT) IS NULL \
         OR (transfers.requested_at, transfers.id) < (SELECT shown.requested_at, shown.id FROM transfers AS shown WHERE shown.id = $5)) \
         AND ($6 IS NULL OR transfers.upload_id = $6) ORDER BY transfers.requested_at DESC, transfers.id DESC LIMIT $7"
    ));
    let end = wanted.below.as_deref().map(crate::organizations::path_end);
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(&wanted.below).bind(end).bind(&wanted.status).bind(wanted.asked_by).bind(wanted.before)
            .bind(wanted.upload).bind(most).fetch_all(conn).await
    })?)
}

/// Pending requests into unions below (and with) a path.
pub async fn count_pending_into(session: &mut impl Session, path: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM transfers JOIN organizations ON organizations.id = transfers.to_org_id \
        WHERE transfers.status = 'pending' AND organizations.path >= $1 AND organizations.path < $2";
    let end = crate::organizations::path_end(path);
    Ok(on!(session, conn => sqlx::query_scalar(sql).bind(path).bind(end).fetch_one(conn).await)?)
}

fn ids(rows: Vec<(i64,)>) -> Vec<i64> {
    let mut ids: Vec<i64> = rows.into_iter().map(|(id,)| id).collect();
    ids.sort_unstable();
    ids
}
