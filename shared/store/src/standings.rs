//! How things stand that mails tell of, asked right before a mail is sent: what events have overtaken is not sent.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Rows, Session, StoreError, Value};

/// What can be asked for by a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A unit's submission: version and status.
    Submission,
    /// A person in two submissions: `open` or `settled`.
    Conflict,
    /// Something that failed: `failed` or `undone`.
    Failure,
    /// A bureau's batch: its status.
    Batch,
    /// An instant enrolment: its status.
    Instant,
    /// A window: `open` until it closes, then `closed`.
    Window,
}

impl Thing {
    /// The column of the version and of the status, and the table.
    fn columns(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Submission => ("version", "status", "submissions"),
            Self::Conflict => ("0", "CASE WHEN settled_at IS NULL THEN 'open' ELSE 'settled' END", "conflicts"),
            Self::Failure => ("0", "CASE WHEN undone_at IS NULL THEN 'failed' ELSE 'undone' END", "failures"),
            Self::Batch => ("0", "status", "batches"),
            Self::Instant => ("0", "status", "instants"),
            Self::Window => ("0", "CASE WHEN closes_at <= r.now THEN 'closed' ELSE 'open' END", "windows"),
        }
    }
}

/// How a thing stands.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Standing {
    /// Its number.
    pub id: i64,
    /// The version that counts; zero where there are none.
    pub version: i64,
    /// Its status.
    pub status: String,
}

/// How these stand at `now` (business clock), in no order; what is not on record is left out.
pub async fn of(
    session: &mut impl Session,
    thing: Thing,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<Vec<Standing>, StoreError> {
    let (version, status, table) = thing.columns();
    let rows = Rows::new().int("named", ids.iter().copied()).every("now", Value::Instant(Some(now)));
    let sql = format!(
        "SELECT {table}.id, CAST({version} AS BIGINT) AS version, {status} AS status FROM r CROSS JOIN {table} WHERE {table}.id = r.named"
    );
    rows.fetch(session, &sql).await
}

/// The status of the batch, or else of the instant enrolment, of each of these vouchers.
pub async fn of_vouchers(session: &mut impl Session, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, StoreError> {
    let rows = Rows::new().id("named", ids.iter().copied());
    let sql = "SELECT vouchers.id, COALESCE(batches.status, instants.status) AS status FROM r CROSS JOIN vouchers \
        LEFT JOIN batches ON batches.id = vouchers.batch_id LEFT JOIN instants ON instants.id = vouchers.instant_id \
        WHERE vouchers.id = r.named AND COALESCE(batches.status, instants.status) IS NOT NULL";
    rows.fetch(session, sql).await
}

/// A reminder whose matter may be done by now.
#[derive(Debug, Clone)]
pub struct Reminded {
    /// The mail.
    pub mail: Uuid,
    /// The window that it reminds of.
    pub window_id: i64,
    /// 工会编号 of whom it reminds.
    pub org_code: String,
    /// When the reminder was written; what was done since is what it reminds of.
    pub since: DateTime<Utc>,
}

/// The mails of those reminders whose matter is done: the unit has submitted or paid since, nothing is left to review, the
/// bureau has submitted, its voucher is there, the split was set.
pub async fn done_since(session: &mut impl Session, reminded: &[Reminded]) -> Result<Vec<(Uuid,)>, StoreError> {
    let rows = Rows::new()
        .id("mail", reminded.iter().map(|one| one.mail))
        .int("window_id", reminded.iter().map(|one| one.window_id))
        .text("org_code", reminded.iter().map(|one| one.org_code.clone()))
        .instant("since", reminded.iter().map(|one| one.since));
    rows.fetch(
        session,
        "SELECT r.mail FROM r CROSS JOIN windows AS w CROSS JOIN organizations AS o \
         WHERE w.id = r.window_id AND o.code = r.org_code AND o.removed_at IS NULL AND CASE REPLACE(w.name, 'review-bureau', 'review') \
         WHEN 'submission' THEN EXISTS (SELECT 1 FROM submissions WHERE submissions.year = w.year \
             AND submissions.org_id = o.id AND submissions.received_at > r.since) \
         WHEN 'premium-setting' THEN EXISTS (SELECT 1 FROM premium_splits WHERE premium_splits.year = w.year \
             AND premium_splits.org_id = o.id AND premium_splits.set_at > r.since) \
         WHEN 'unit-payment' THEN EXISTS (SELECT 1 FROM unit_payments WHERE unit_payments.year = w.year \
             AND unit_payments.org_id = o.id AND unit_payments.recorded_at > r.since) \
         WHEN 'review' THEN NOT EXISTS (SELECT 1 FROM organizations AS u JOIN submissions ON submissions.org_id = u.id \
             AND submissions.year = w.year WHERE submissions.status = 'submitted' AND u.path >= o.path \
             AND u.path < SUBSTR(o.path, 1, LENGTH(o.path) - 1) || '0') \
         WHEN 'final-submission' THEN EXISTS (SELECT 1 FROM batches WHERE batches.year = w.year AND batches.org_id = o.id) \
         WHEN 'bureau-payment' THEN EXISTS (SELECT 1 FROM batches WHERE batches.year = w.year AND batches.org_id = o.id \
             AND batches.status IN ('voucher_uploaded', 'confirmed')) \
         ELSE FALSE END",
    )
    .await
}
