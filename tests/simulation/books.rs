//! What must hold of a campaign that is over, each as a count that must be 0; asked past the store, by statements of their
//! own.

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

/// What must not be found, and the statement that counts it.
const NEVER: &[(&str, &str)] = &[
    (
        "a person covered twice",
        "SELECT COUNT(*) FROM (SELECT person_id FROM (SELECT person_id FROM submission_people JOIN submissions \
         ON submissions.version_id = submission_people.version_id WHERE status IN ('finalized', 'effective') \
         UNION ALL SELECT person_id FROM instant_people JOIN instants ON instants.id = instant_id WHERE status = 'approved') \
         GROUP BY person_id HAVING COUNT(*) > 1)",
    ),
    (
        "a version whose people are not those that it counts",
        "SELECT COUNT(*) FROM submission_versions AS v WHERE people <> \
         (SELECT COUNT(*) FROM submission_people WHERE version_id = v.id)",
    ),
    (
        "a submission that differs from its version",
        "SELECT COUNT(*) FROM submissions AS s JOIN submission_versions AS v ON v.id = s.version_id WHERE s.people <> v.people \
         OR s.total_fen <> v.total_fen OR s.plan <> v.plan OR s.received_at <> v.received_at OR v.submission_id <> s.id",
    ),
    (
        "shares that don't make up the fee",
        "SELECT COUNT(*) FROM (SELECT people, plan, total_fen, municipal_fen, bureau_fen, unit_fen FROM submission_versions \
         UNION ALL SELECT people, plan, total_fen, municipal_fen, bureau_fen, unit_fen FROM instants) \
         WHERE total_fen <> municipal_fen + bureau_fen + unit_fen OR municipal_fen <> people * 1300 \
         OR total_fen <> people * CASE plan WHEN 'A' THEN 2600 ELSE 7600 END",
    ),
    (
        "a batch that differs from its units",
        "SELECT COUNT(*) FROM batches AS b JOIN (SELECT batch_id, COUNT(*) AS units, SUM(people) AS people, SUM(total_fen) AS total_fen, \
         SUM(municipal_fen) AS municipal_fen, SUM(bureau_fen) AS bureau_fen, SUM(unit_fen) AS unit_fen FROM submissions \
         WHERE batch_id IS NOT NULL GROUP BY batch_id) AS s ON s.batch_id = b.id WHERE b.units <> s.units OR b.people <> s.people \
         OR b.total_fen <> s.total_fen OR b.municipal_fen <> s.municipal_fen OR b.bureau_fen <> s.bureau_fen OR b.unit_fen <> s.unit_fen \
         OR b.due_fen <> b.bureau_fen + b.unit_fen - b.credit_fen",
    ),
    (
        "a batch without units",
        "SELECT COUNT(*) FROM batches WHERE id NOT IN (SELECT batch_id FROM submissions WHERE batch_id IS NOT NULL)",
    ),
    (
        "a submission whose last received version does not count",
        "SELECT COUNT(*) FROM submissions AS s WHERE received_at <> (SELECT MAX(received_at) FROM submission_versions \
         WHERE submission_id = s.id AND cause = 'submit')",
    ),
    (
        "a submission that is neither effective nor failed",
        "SELECT COUNT(*) FROM submissions WHERE status NOT IN ('effective', 'failed')",
    ),
    (
        "an effective submission without a paid batch, or a failed one with it",
        "SELECT COUNT(*) FROM submissions AS s LEFT JOIN batches AS b ON b.id = s.batch_id \
         WHERE (s.status = 'effective') <> (COALESCE(b.status, '') = 'confirmed')",
    ),
    ("a batch that waits", "SELECT COUNT(*) FROM batches WHERE status NOT IN ('confirmed', 'failed')"),
    (
        "a failed submission without one open failure, or an open failure of another",
        "SELECT COUNT(*) FROM submissions AS s WHERE (status = 'failed') <> \
         (SELECT COUNT(*) FROM failures WHERE submission_id = s.id AND undone_at IS NULL)",
    ),
    (
        "a failure within the year without a draft, though somebody is left",
        "SELECT COUNT(*) FROM failures AS f JOIN submissions AS s ON s.id = f.submission_id \
         WHERE f.instant_id IS NULL AND s.people > 0 AND f.undone_at IS NULL AND f.failed_at < '2023-12-30'",
    ),
    (
        "a draft with nobody, or with others than it counts",
        "SELECT COUNT(*) FROM instants AS i WHERE people <> (SELECT COUNT(*) FROM instant_people WHERE instant_id = i.id) OR people = 0",
    ),
    (
        "a failure that unit and bureau were not told of once each",
        "SELECT COUNT(*) FROM failures AS f WHERE 2 <> (SELECT COUNT(*) FROM mails WHERE kind = 'enrollment-failed' \
         AND about = 'failure:' || f.id) OR 2 <> (SELECT COUNT(DISTINCT recipient) FROM mails WHERE kind = 'enrollment-failed' \
         AND about = 'failure:' || f.id)",
    ),
    (
        "numbers of batches with gaps or doubles",
        "SELECT COUNT(*) FROM (SELECT 1 FROM batches GROUP BY substr(batch_no, 3, 8) \
         HAVING MAX(CAST(substr(batch_no, 11) AS INTEGER)) <> COUNT(DISTINCT batch_no))",
    ),
    (
        "a bureau's list outside its window",
        "SELECT COUNT(*) FROM batches AS b WHERE supplement = 0 AND NOT EXISTS (SELECT 1 FROM windows AS w \
         LEFT JOIN organizations AS o ON o.id = w.org_id JOIN organizations AS own ON own.id = b.org_id \
         WHERE w.name = 'final-submission' AND own.path LIKE COALESCE(o.path, '') || '%' \
         AND b.submitted_at >= w.opens_at AND b.submitted_at < w.closes_at)",
    ),
    (
        "credit that was used twice, or kept by a failed batch",
        "SELECT COUNT(*) FROM batches AS b WHERE COALESCE((SELECT SUM(amount_fen) FROM credit_uses WHERE batch_id = b.id \
         AND released_at IS NULL), 0) <> CASE status WHEN 'failed' THEN 0 ELSE credit_fen END",
    ),
    (
        "more credit used than there was",
        "SELECT COUNT(*) FROM organizations AS o WHERE (SELECT COALESCE(SUM(amount_fen), 0) FROM credits WHERE org_id = o.id) < \
         (SELECT COALESCE(SUM(amount_fen), 0) FROM credit_uses WHERE org_id = o.id AND released_at IS NULL)",
    ),
    (
        "an instant enrolment that waits for a voucher in vain",
        "SELECT COUNT(*) FROM instants WHERE status IN ('submitted', 'approved') AND voucher_at IS NULL",
    ),
    (
        "an instant enrolment that is paid, by a voucher that was not confirmed, or that ended for want of one",
        "SELECT COUNT(*) FROM instants AS i WHERE (paid_at IS NOT NULL) <> EXISTS (SELECT 1 FROM vouchers \
         WHERE instant_id = i.id AND verdict = 'confirmed') \
         OR paid_at IS NOT NULL AND status = 'cancelled' AND reason = '缴费凭证未在期限内上传'",
    ),
    ("a transition that was not acted on", "SELECT COUNT(*) FROM window_transitions WHERE done_at IS NULL"),
    ("a reminder that was not acted on", "SELECT COUNT(*) FROM reminders WHERE done_at IS NULL"),
    ("a message that is dead", "SELECT COUNT(*) FROM messages WHERE state = 'dead'"),
    (
        "a message that is not done",
        "SELECT COUNT(*) FROM messages WHERE queue IN ('deadlines', 'enrollments') AND state <> 'done'",
    ),
    (
        "totals that are not those of a recount",
        "WITH counted AS (SELECT o.id, s.plan, s.status, COUNT(*), SUM(s.people), SUM(s.total_fen), SUM(s.municipal_fen), \
         SUM(s.bureau_fen), SUM(s.unit_fen) FROM submissions AS s JOIN organizations AS own ON own.id = s.org_id \
         JOIN organizations AS o ON own.path LIKE o.path || '%' GROUP BY o.id, s.plan, s.status), \
         kept AS (SELECT org_id, plan, status, units, people, total_fen, municipal_fen, bureau_fen, unit_fen FROM totals \
         WHERE units <> 0 OR people <> 0 OR total_fen <> 0) \
         SELECT (SELECT COUNT(*) FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept)) \
         + (SELECT COUNT(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted))",
    ),
    (
        "a conflict between lists that one union was told of and the other not",
        "SELECT COUNT(*) FROM (SELECT 1 FROM mails WHERE kind = 'enrollment-conflict' GROUP BY about \
         HAVING COUNT(DISTINCT version) <> 2)",
    ),
    (
        "a voucher that was decided on without a word to its bureau or unit",
        "SELECT COUNT(*) FROM vouchers AS v WHERE verdict IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mails \
         WHERE kind = CASE WHEN v.batch_id IS NULL THEN 'instant-' ELSE '' END || 'voucher-' || v.verdict AND replace(about, '-', '') = 'voucher:' || lower(hex(v.id)))",
    ),
    (
        "a mail of the ledger without its message",
        "SELECT ABS((SELECT COUNT(*) FROM mails) - (SELECT COUNT(*) FROM messages WHERE kind = 'mail.queued'))",
    ),
    (
        "a version without its message",
        "SELECT ABS((SELECT COUNT(*) FROM submission_versions) - \
      (SELECT COUNT(*) FROM messages WHERE kind = 'enrollment.submitted'))",
    ),
    (
        "a failure without its message",
        "SELECT ABS((SELECT COUNT(*) FROM failures) - \
      (SELECT COUNT(*) FROM messages WHERE kind = 'enrollment.failed'))",
    ),
];

/// Acts that the record must hold as often as the rows that they made.
const RECORDED: &[(&str, &str)] = &[
    ("submit-enrollment", "SELECT COUNT(*) FROM submission_versions WHERE cause = 'submit'"),
    ("make-anew", "SELECT COUNT(*) FROM submission_versions WHERE cause <> 'submit'"),
    ("submit-batch", "SELECT COUNT(*) FROM batches"),
    ("upload-voucher", "SELECT COUNT(*) FROM vouchers"),
    ("record-unit-payment", "SELECT COUNT(*) FROM unit_payments"),
    ("add-credit", "SELECT COUNT(*) FROM credits"),
    ("set-premium", "SELECT COUNT(*) FROM premium_splits"),
    ("check-voucher", "SELECT COUNT(*) FROM vouchers WHERE verdict IS NOT NULL"),
    ("fail-submission", "SELECT COUNT(*) FROM failures"),
    ("fail-batch", "SELECT COUNT(DISTINCT batch_id || ':' || failed_at) FROM failures WHERE batch_id IS NOT NULL"),
    ("cancel-instant", "SELECT COUNT(*) FROM instants WHERE reason = '缴费凭证未在期限内上传'"),
    (
        "undo-failure",
        "SELECT COUNT(DISTINCT undone_at || COALESCE(batch_id, -submission_id)) FROM failures WHERE undone_at IS NOT NULL",
    ),
];

/// What campaigns come to that are worth the name; seeds of which none gets there would show nothing.
pub const REACHED: &[(&str, &str)] = &[
    ("effective submissions", "SELECT COUNT(*) FROM submissions WHERE status = 'effective'"),
    ("failed submissions", "SELECT COUNT(*) FROM submissions WHERE status = 'failed'"),
    ("submissions of several versions", "SELECT COUNT(*) FROM submissions WHERE version > 1"),
    ("people in two lists", "SELECT COUNT(*) FROM conflicts"),
    (
        "people in two lists of which one is effective",
        "SELECT COUNT(*) FROM conflicts AS c JOIN submissions AS s ON s.id IN (c.first_submission_id, c.second_submission_id) \
         WHERE s.status = 'effective'",
    ),
    ("lists made anew over a conflict", "SELECT COUNT(*) FROM submission_versions WHERE cause = 'conflict'"),
    // A list that is made anew over an instant cover is not among them: it takes a final submission that is extended into the
    // time of instant enrolment. (An undone failure leaves those people out at once.)
    ("undone failures", "SELECT COUNT(*) FROM failures WHERE undone_at IS NOT NULL"),
    ("supplementary batches", "SELECT COUNT(*) FROM batches WHERE supplement > 0"),
    ("used credit", "SELECT COUNT(*) FROM credit_uses"),
    ("rejected vouchers", "SELECT COUNT(*) FROM vouchers WHERE verdict = 'rejected'"),
    ("approved instant enrolments", "SELECT COUNT(*) FROM instants WHERE status = 'approved'"),
    ("extended windows", "SELECT COUNT(*) FROM windows WHERE version > 1 OR org_id IS NOT NULL"),
    ("late transitions", "SELECT COUNT(*) FROM window_transitions WHERE late_by_s > 3600"),
];

/// Asks all of it of the database in this folder; how often each of [`REACHED`] was reached.
pub async fn check(folder: &Path) -> Vec<i64> {
    let url = format!("sqlite:{}", folder.join(super::FILE).display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let mut found = Vec::new();
    for (what, sql) in NEVER {
        let count: i64 = sqlx::query_scalar(*sql).fetch_one(&mut database).await.unwrap();
        if count != 0 {
            found.push(format!("{what}: {count}"));
        }
    }
    for (act, sql) in RECORDED {
        let rows: i64 = sqlx::query_scalar(*sql).fetch_one(&mut database).await.unwrap();
        let on_record = "SELECT COUNT(*) FROM audit WHERE act = $1 AND outcome LIKE 'done%'";
        let acts: i64 = sqlx::query_scalar(on_record).bind(act).fetch_one(&mut database).await.unwrap();
        if acts != rows {
            found.push(format!("{act}: {acts} on record, {rows} rows"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let mut reached = Vec::new();
    for (_, sql) in REACHED {
        reached.push(sqlx::query_scalar(*sql).fetch_one(&mut database).await.unwrap());
    }
    reached
}
