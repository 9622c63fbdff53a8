//! The mail ledger against its messages: a mail waits only while a message about it does, and what holds all of them is on
//! record.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Unit, Value, settings};

/// The setting that says why no mail goes out.
const HOLD: &str = "mail-hold";

/// Why no mail goes out, and since when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hold {
    /// When it began (machine clock).
    pub since: DateTime<Utc>,
    /// What the mail server said, without addresses.
    pub why: String,
}

/// Dead messages about mails: the message, and the mail that it names.
pub async fn dead(session: &mut impl Session) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let sql = "SELECT id, payload FROM messages WHERE queue = 'mails' AND state = 'dead'";
    let found: Vec<(Uuid, String)> = on!(session, conn => sqlx::query_as(sql).fetch_all(conn).await)?;
    Ok(found.into_iter().filter_map(|(id, payload)| Some((id, mail_of(&payload)?))).collect())
}

/// Mails that wait or are under way though their message is dead are refused, or unknown where a server may have them: so
/// they are listed, and sent again by hand. Their number.
pub async fn abandon_dead(unit: &mut Unit) -> Result<u64, StoreError> {
    let dead: HashSet<Uuid> = dead(unit).await?.into_iter().map(|(_, mail)| mail).collect();
    if dead.is_empty() {
        return Ok(0);
    }
    let mails: Vec<Uuid> = stranded(unit).await?.into_iter().filter(|mail| dead.contains(mail)).collect();
    let why = "its message is dead: `dead list` says why".to_owned();
    let rows = Rows::new().id("named", mails).every("why", Value::Text(Some(why)));
    rows.execute(
        unit,
        "UPDATE mails SET status = CASE WHEN mails.status = 'sending' THEN 'unknown' ELSE 'refused' END, \
         last_error = COALESCE(mails.last_error || '; ', '') || r.why FROM r \
         WHERE mails.id = r.named AND mails.status IN ('queued', 'sending')",
    )
    .await
}

/// Mails of the given ids that were given up wait again, since their messages do (`dead replay`).
pub async fn reopen(unit: &mut Unit, mails: &[Uuid]) -> Result<u64, StoreError> {
    let rows = Rows::new().id("named", mails.iter().copied());
    let sql =
        "UPDATE mails SET status = 'queued' FROM r WHERE mails.id = r.named AND mails.status IN ('refused', 'unknown')";
    rows.execute(unit, sql).await
}

/// Dead messages about these mails count as done: others take their place. Their number.
pub async fn discard_dead(unit: &mut Unit, mails: &[Uuid], now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mails: HashSet<&Uuid> = mails.iter().collect();
    let replaced: Vec<Uuid> =
        dead(unit).await?.into_iter().filter(|(_, mail)| mails.contains(mail)).map(|(id, _)| id).collect();
    let rows = Rows::new().id("named", replaced).every("at", Value::Instant(Some(now)));
    let sql = "UPDATE messages SET state = 'done', ended_at = r.at FROM r WHERE messages.id = r.named AND messages.state = 'dead'";
    rows.execute(unit, sql).await
}

/// Mails that wait or are under way and that no open message is about: nobody would ever send them.
pub async fn stranded(session: &mut impl Session) -> Result<Vec<Uuid>, StoreError> {
    // The mails first: one that is queued between the two questions has its message in the second answer.
    let sql = "SELECT id FROM mails WHERE status IN ('queued', 'sending') ORDER BY id";
    let waiting: Vec<Uuid> = on!(session, conn => sqlx::query_scalar(sql).fetch_all(conn).await)?;
    if waiting.is_empty() {
        return Ok(waiting);
    }
    let sql = "SELECT payload FROM messages WHERE queue = 'mails' AND state IN ('ready', 'running')";
    let open: Vec<String> = on!(session, conn => sqlx::query_scalar(sql).fetch_all(conn).await)?;
    let open: HashSet<Uuid> = open.iter().filter_map(|payload| mail_of(payload)).collect();
    Ok(waiting.into_iter().filter(|id| !open.contains(id)).collect())
}

/// How many mails wait, and since when the oldest of them does (business clock).
pub async fn waiting(session: &mut impl Session) -> Result<(i64, Option<DateTime<Utc>>), StoreError> {
    let sql = "SELECT COUNT(*), MIN(queued_at) FROM mails WHERE status IN ('queued', 'sending')";
    Ok(on!(session, conn => sqlx::query_as(sql).fetch_one(conn).await)?)
}

/// What holds all mails, if anything does.
pub async fn held(session: &mut impl Session) -> Result<Option<Hold>, StoreError> {
    Ok(settings::find(session, HOLD).await?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Puts on record that no mail goes out. Where that was so already, since when is kept.
pub async fn hold(unit: &mut Unit, why: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let since = held(unit).await?.map_or(now, |hold| hold.since);
    let hold = Hold { since, why: why.to_owned() };
    let text = serde_json::to_string(&hold).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    settings::put(unit, HOLD, &text).await
}

/// Mails go out again; false where nothing held them.
pub async fn release(unit: &mut Unit) -> Result<bool, StoreError> {
    settings::forget(unit, HOLD).await
}

fn mail_of(payload: &str) -> Option<Uuid> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    payload.get("mail_id")?.as_str()?.parse().ok()
}
