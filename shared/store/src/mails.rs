//! The mail ledger: one row per mail, unique by kind, subject matter, version and recipient.
//!
//! The attempt is written before the mail server is spoken to. A process that dies in between leaves `sending`; who
//! takes the mail up again turns that into `unknown` or sends again, as the policy of the mail's kind says.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Unit, Value};

/// A mail to be queued.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Its id; the Message-ID of every attempt is made of it.
    pub id: Uuid,
    /// Wire name of the mail's kind.
    pub kind: &'static str,
    /// What it is about, as `upload:<id>`.
    pub about: String,
    /// Which version of that.
    pub version: i64,
    /// The address; none: nobody is known, and the row says so.
    pub recipient: Option<String>,
    /// The subject.
    pub subject: String,
    /// What the template needs, as JSON; masked where it is personal.
    pub params: String,
    /// The chain of messages that it belongs to.
    pub correlation_id: Uuid,
    /// The organization concerned.
    pub org_code: Option<String>,
    /// Files that go with it.
    pub files: Vec<MailFile>,
    /// When (business clock).
    pub queued_at: DateTime<Utc>,
}

/// A file of the file store that goes with a mail. Its content is masked as mails are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MailFile {
    /// File name as the reader sees it.
    pub name: String,
    /// Where its bytes are.
    pub object_key: String,
    /// Media type, as `application/pdf`.
    pub content_type: String,
}

/// A mail in the ledger.
#[derive(Debug, Clone, FromRow)]
pub struct Mail {
    /// Its id.
    pub id: Uuid,
    /// Wire name of the mail's kind.
    pub kind: String,
    /// What it is about.
    pub about: String,
    /// Which version of that.
    pub version: i64,
    /// The address; empty where nobody is known.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// What the template needs, as JSON.
    pub params: String,
    /// Wire name of the status.
    pub status: String,
    /// Attempts to send it.
    pub attempts: i32,
    /// The organization concerned.
    pub org_code: Option<String>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When it was sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// The last failure, or why it is not sent.
    pub last_error: Option<String>,
    /// Files that go with it, as JSON.
    pub files: Option<String>,
}

impl Mail {
    /// The files that go with it; none where the column can't be read.
    #[must_use]
    pub fn files(&self) -> Vec<MailFile> {
        self.files.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

/// Which mails are asked for. Empty fields mean all.
#[derive(Debug, Clone, Default)]
pub struct MailSelection {
    /// Of this status.
    pub status: Option<String>,
    /// To this address.
    pub recipient: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of organizations below (and with) this path.
    pub below: Option<String>,
}

const COLUMNS: &str = "mails.id, mails.kind, mails.about, mails.version, mails.recipient, mails.subject, mails.params, mails.status, \
    mails.attempts, mails.org_code, mails.queued_at, mails.sent_at, mails.last_error, mails.files";

/// Queues mails; one that is in the ledger already is left alone. The ids of those that are new and have an address:
/// the ones to send.
pub async fn queue(unit: &mut Unit, new: &[NewMail]) -> Result<Vec<Uuid>, StoreError> {
    let rows = Rows::new()
        .id("id", new.iter().map(|m| m.id))
        .text("kind", new.iter().map(|m| m.kind.to_owned()))
        .text("about", new.iter().map(|m| m.about.clone()))
        .int("version", new.iter().map(|m| m.version))
        .text("recipient", new.iter().map(|m| m.recipient.clone().unwrap_or_default()))
        .text("subject", new.iter().map(|m| m.subject.clone()))
        .text("params", new.iter().map(|m| m.params.clone()))
        .id("correlation_id", new.iter().map(|m| m.correlation_id))
        .text("org_code", new.iter().map(|m| m.org_code.clone()))
        .instant("queued_at", new.iter().map(|m| m.queued_at))
        .text("files", new.iter().map(|m| files_json(&m.files)));
    let added: Vec<(Uuid, String)> = rows
        .fetch(
            unit,
            "INSERT INTO mails (id, kind, about, version, recipient, subject, params, status, correlation_id, org_code, queued_at, files) \
             SELECT id, kind, about, version, recipient, subject, params, \
             CASE WHEN recipient = '' THEN 'no_address' ELSE 'queued' END, correlation_id, org_code, queued_at, files \
             FROM r WHERE TRUE ON CONFLICT (kind, about, version, recipient) DO NOTHING RETURNING id, status",
        )
        .await?;
    Ok(added.into_iter().filter(|(_, status)| status == "queued").map(|(id, _)| id).collect())
}

fn files_json(files: &[MailFile]) -> Option<String> {
    if files.is_empty() { None } else { serde_json::to_string(files).ok() }
}

/// The mails of these ids, held for this unit, in no order.
pub async fn lock(unit: &mut Unit, ids: &[Uuid]) -> Result<Vec<Mail>, StoreError> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let rows = Rows::new().id("named", sorted);
    let lock = match unit.kind() {
        crate::EngineKind::Postgres => " FOR UPDATE OF mails",
        crate::EngineKind::Sqlite => "",
    };
    rows.fetch(
        unit,
        &format!("SELECT {COLUMNS} FROM r CROSS JOIN mails WHERE mails.id = r.named ORDER BY mails.id{lock}"),
    )
    .await
}

/// The mail of that id.
pub async fn find(session: &mut impl Session, id: Uuid) -> Result<Option<Mail>, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT {COLUMNS} FROM mails WHERE id = $1"));
    Ok(on!(session, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await)?)
}

/// Writes down that these are about to be sent.
pub async fn attempt(unit: &mut Unit, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), StoreError> {
    let rows = Rows::new().id("named", ids.iter().copied()).every("at", Value::Instant(Some(now)));
    rows.execute(
        unit,
        "UPDATE mails SET status = 'sending', attempts = attempts + 1, attempted_at = r.at FROM r WHERE mails.id = r.named",
    )
    .await?;
    Ok(())
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct MailEnding {
    /// The mail.
    pub id: Uuid,
    /// Wire name of the status that it has now.
    pub status: &'static str,
    /// What went wrong.
    pub error: Option<String>,
    /// When it was sent.
    pub sent_at: Option<DateTime<Utc>>,
}

/// Writes how attempts ended.
pub async fn settle(unit: &mut Unit, endings: &[MailEnding]) -> Result<(), StoreError> {
    let rows = Rows::new()
        .id("named", endings.iter().map(|e| e.id))
        .text("status", endings.iter().map(|e| e.status.to_owned()))
        .text("error", endings.iter().map(|e| e.error.clone()))
        .instant("sent_at", endings.iter().map(|e| e.sent_at));
    rows.execute(
        unit,
        "UPDATE mails SET status = r.status, last_error = r.error, sent_at = r.sent_at FROM r WHERE mails.id = r.named",
    )
    .await?;
    Ok(())
}

/// Makes a mail ready to be sent again by hand; false for one that was sent, never had an address, or is on its way: a
/// second message about it could send it a second time at the same moment.
pub async fn requeue(unit: &mut Unit, id: Uuid) -> Result<bool, StoreError> {
    let sql = "UPDATE mails SET status = 'queued' WHERE id = $1 AND (status IN ('unknown', 'refused') \
        OR (status IN ('queued', 'sending') AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.queue = 'mails' \
            AND messages.state IN ('ready', 'running') AND messages.payload LIKE $2)))";
    let carries = format!("%{id}%");
    Ok(on!(unit, conn => sqlx::query(sql).bind(id).bind(&carries).execute(conn).await.map(|d| d.rows_affected()))? == 1)
}

/// What a sending by hand concerns: refused and unknown mails alone, whatever else is selected.
const BY_HAND: &str = "mails.status IN ('unknown', 'refused') AND (CAST($1 AS TEXT) IS NULL OR mails.status = $1) \
    AND (CAST($2 AS TEXT) IS NULL OR mails.recipient = $2) AND (CAST($3 AS TEXT) IS NULL OR mails.kind = $3)";

/// The recipients of what [`requeue_many`] would send again, and how many mails each would get; the most first.
pub async fn count_by_hand(
    session: &mut impl Session,
    wanted: &MailSelection,
) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT mails.recipient, COUNT(*) FROM mails WHERE {BY_HAND} GROUP BY mails.recipient ORDER BY COUNT(*) DESC, mails.recipient"
    ));
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(&wanted.status).bind(&wanted.recipient).bind(&wanted.kind).fetch_all(conn).await
    })?)
}

/// Makes all refused and unknown mails of a selection (status, recipient, kind) ready to be sent again by hand; their ids.
pub async fn requeue_many(unit: &mut Unit, wanted: &MailSelection) -> Result<Vec<Uuid>, StoreError> {
    let sql = AssertSqlSafe(format!("UPDATE mails SET status = 'queued' WHERE {BY_HAND} RETURNING id"));
    Ok(on!(unit, conn => {
        sqlx::query_scalar(sql).bind(&wanted.status).bind(&wanted.recipient).bind(&wanted.kind).fetch_all(conn).await
    })?)
}

/// Counts attempts of this minute, by domain; an empty one stands for all mails. The numbers so far, these included. All who
/// count name domains in the same order, so that none waits for one that waits for it.
pub async fn count_attempts(
    unit: &mut Unit,
    minute: DateTime<Utc>,
    attempts: &[(String, i64)],
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = Rows::new()
        .text("domain", attempts.iter().map(|(domain, _)| domain.clone()))
        .int("more", attempts.iter().map(|(_, count)| *count))
        .every("minute", Value::Instant(Some(minute)));
    rows.fetch(
        unit,
        "INSERT INTO mail_rates (minute, domain, attempts) SELECT minute, domain, more FROM r WHERE TRUE ORDER BY domain \
         ON CONFLICT (minute, domain) DO UPDATE SET attempts = mail_rates.attempts + excluded.attempts \
         RETURNING domain, attempts",
    )
    .await
}

/// Forgets the rates of minutes that are over.
pub async fn forget_rates(unit: &mut Unit, before: DateTime<Utc>) -> Result<(), StoreError> {
    on!(unit, conn => sqlx::query("DELETE FROM mail_rates WHERE minute < $1").bind(before).execute(conn).await.map(drop))?;
    Ok(())
}

/// The last queued first, at most `most`.
pub async fn list(session: &mut impl Session, wanted: &MailSelection, most: i64) -> Result<Vec<Mail>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM mails LEFT JOIN organizations ON organizations.code = mails.org_code \
         WHERE (CAST($1 AS TEXT) IS NULL OR mails.status = $1) AND (CAST($2 AS TEXT) IS NULL OR mails.recipient = $2) \
         AND (CAST($3 AS TEXT) IS NULL OR (organizations.path >= $3 AND organizations.path < $4)) \
         AND (CAST($5 AS TEXT) IS NULL OR mails.kind = $5) ORDER BY mails.queued_at DESC, mails.id DESC LIMIT $6"
    ));
    let end = wanted.below.as_deref().map(crate::organizations::path_end);
    Ok(on!(session, conn => {
        sqlx::query_as(sql).bind(&wanted.status).bind(&wanted.recipient).bind(&wanted.below).bind(end).bind(&wanted.kind).bind(most).fetch_all(conn).await
    })?)
}

/// Mails per status.
pub async fn count_by_status(session: &mut impl Session) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT status, COUNT(*) FROM mails GROUP BY status ORDER BY status";
    Ok(on!(session, conn => sqlx::query_as(sql).fetch_all(conn).await)?)
}
