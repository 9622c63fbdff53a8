//! The table of kinds: wire name, version, queue and policy of every message.

use chrono::TimeDelta;

use crate::Queue;

/// What a message is about. The wire name is a string of its own; it never changes when the Rust name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A file was accepted and is to be read.
    UploadReceived,
    /// A held upload was released by a person.
    UploadReleased,
    /// A foreign system has put a file under `inbound/` (decisions 12).
    UploadOffered,
    /// A roster was read and is to be compared with the registry.
    ComparisonRequested,
    /// A clerk's choices in a difference workbook are to be carried out.
    ComparisonApplied,
    /// A unit submitted its enrolment; totals, conflicts, receipt and notice follow.
    EnrollmentSubmitted,
    /// A submission was approved, or taken off the submission list; totals and the unit are told.
    EnrollmentReviewed,
    /// A submission was returned with a reason; totals and the unit are told.
    EnrollmentReturned,
    /// A submission failed by a closing; totals follow.
    EnrollmentFailed,
    /// A bureau submitted its list to the centre; totals, statistics and the bureau's notice follow.
    BatchSubmitted,
    /// Cover of a paid batch has begun; totals follow.
    BatchEffective,
    /// A payment voucher was uploaded; the centre is told.
    PaymentUploaded,
    /// The centre confirmed a payment; cover starts, and its bureau is told.
    PaymentConfirmed,
    /// The centre rejected a voucher with a reason; the bureau is told.
    PaymentRejected,
    /// An instant enrolment was submitted; its bureau is told.
    InstantSubmitted,
    /// An instant enrolment was decided about, or has ended for want of a voucher; those whom it concerns are told.
    InstantApproved,
    /// A failure was undone; the batch goes on as if it had been in time, and all touched are told.
    FailureUndone,
    /// A notice document is to be rendered, and its mail queued.
    NoticeRequested,
    /// A window has opened; those concerned are told.
    WindowOpened,
    /// A window has closed; what that means is enforced.
    WindowClosed,
    /// What should be is compared with what is, and the gap is closed.
    DeadlineCheck,
    /// A closing comes near; those who are still to act are reminded.
    ReminderDue,
    /// A mail stands in the ledger and is to be sent.
    MailQueued,
    /// Nothing is to be done: the path from outbox to worker is being tried or measured.
    ProbeSent,
}

/// How often a kind is tried and how its waiting grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Failed runs after which the message is dead.
    pub attempts: u32,
    /// Days for which it is tried, however often it has failed; 0: the runs alone decide.
    pub days: i64,
    /// The first delay, in milliseconds; it doubles with each failure.
    pub base_ms: u64,
    /// No delay is longer, in milliseconds (24 h at the most).
    pub cap_ms: u64,
}

impl RetryPolicy {
    /// Whether a message that is so old and has failed so often is not tried any more.
    #[must_use]
    pub fn is_spent(&self, attempts: u32, age: TimeDelta) -> bool {
        attempts >= self.attempts && age >= TimeDelta::days(self.days)
    }
}

/// One row of the table of kinds.
#[derive(Debug, Clone, Copy)]
pub struct KindRow {
    /// The kind.
    pub kind: Kind,
    /// The string on the wire.
    pub name: &'static str,
    /// The version of its payload.
    pub version: u16,
    /// The queue that it goes to.
    pub queue: Queue,
    /// How it is retried.
    pub retry: RetryPolicy,
    /// One sentence for the AsyncAPI document and the README.
    pub about: &'static str,
}

const FILE_WORK: RetryPolicy = RetryPolicy { attempts: 10, days: 0, base_ms: 500, cap_ms: 300_000 };
/// By time and not by tries: a mail may wait for days (RFC 5321, 4.5.4.1).
const MAIL_WORK: RetryPolicy = RetryPolicy { attempts: 3, days: 5, base_ms: 5_000, cap_ms: 3_600_000 };
const BOOK_WORK: RetryPolicy = RetryPolicy { attempts: 20, days: 0, base_ms: 500, cap_ms: 300_000 };

impl Kind {
    /// Every kind with all that is known of it.
    pub const TABLE: [KindRow; 24] = [
        KindRow {
            kind: Self::UploadReceived,
            name: "upload.received",
            version: 1,
            queue: Queue::Uploads,
            retry: FILE_WORK,
            about: "A file was accepted; it is read, checked and stored.",
        },
        KindRow {
            kind: Self::UploadReleased,
            name: "upload.released",
            version: 1,
            queue: Queue::Uploads,
            retry: FILE_WORK,
            about: "A held upload was released by a person and is carried out.",
        },
        KindRow {
            kind: Self::UploadOffered,
            name: "upload.offered",
            version: 1,
            queue: Queue::Uploads,
            retry: FILE_WORK,
            about: "Another system has put a file under inbound/ and offers it as an upload.",
        },
        KindRow {
            kind: Self::ComparisonRequested,
            name: "comparison.requested",
            version: 1,
            queue: Queue::Comparisons,
            retry: FILE_WORK,
            about: "A roster was read; it is compared with the registry, and the difference workbook is made.",
        },
        KindRow {
            kind: Self::ComparisonApplied,
            name: "comparison.applied",
            version: 1,
            queue: Queue::Comparisons,
            retry: FILE_WORK,
            about: "A clerk has chosen in a difference workbook; each choice is carried out or refused by name.",
        },
        KindRow {
            kind: Self::EnrollmentSubmitted,
            name: "enrollment.submitted",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "A unit submitted its enrolment; totals, conflicts, receipt and notice follow.",
        },
        KindRow {
            kind: Self::EnrollmentReviewed,
            name: "enrollment.reviewed",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "A submission was approved, or taken off the submission list; totals and the unit are told.",
        },
        KindRow {
            kind: Self::EnrollmentReturned,
            name: "enrollment.returned",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "A submission was returned with a reason; totals and the unit are told.",
        },
        KindRow {
            kind: Self::EnrollmentFailed,
            name: "enrollment.failed",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "A submission failed by a closing; totals follow.",
        },
        KindRow {
            kind: Self::BatchSubmitted,
            name: "batch.submitted",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "A bureau submitted its list to the centre; totals, statistics and the bureau's notice follow.",
        },
        KindRow {
            kind: Self::BatchEffective,
            name: "batch.effective",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "Cover of a paid batch has begun; totals follow.",
        },
        KindRow {
            kind: Self::PaymentUploaded,
            name: "payment.uploaded",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "A payment voucher was uploaded; the centre is told.",
        },
        KindRow {
            kind: Self::PaymentConfirmed,
            name: "payment.confirmed",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "The centre confirmed a payment; cover starts, and its bureau is told.",
        },
        KindRow {
            kind: Self::PaymentRejected,
            name: "payment.rejected",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "The centre rejected a voucher with a reason; the bureau is told.",
        },
        KindRow {
            kind: Self::InstantSubmitted,
            name: "instant.submitted",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "An instant enrolment was submitted; its bureau is told.",
        },
        KindRow {
            kind: Self::InstantApproved,
            name: "instant.approved",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "An instant enrolment was decided about, or has ended for want of a voucher; those whom it concerns are told.",
        },
        KindRow {
            kind: Self::FailureUndone,
            name: "failure.undone",
            version: 1,
            queue: Queue::Enrollments,
            retry: BOOK_WORK,
            about: "A failure was undone; the batch goes on as if it had been in time, and all touched are told.",
        },
        KindRow {
            kind: Self::NoticeRequested,
            name: "notice.requested",
            version: 1,
            queue: Queue::Notices,
            retry: FILE_WORK,
            about: "A notice document is to be rendered, and its mail queued.",
        },
        KindRow {
            kind: Self::WindowOpened,
            name: "window.opened",
            version: 1,
            queue: Queue::Deadlines,
            retry: BOOK_WORK,
            about: "A window has opened; those concerned are told.",
        },
        KindRow {
            kind: Self::WindowClosed,
            name: "window.closed",
            version: 1,
            queue: Queue::Deadlines,
            retry: BOOK_WORK,
            about: "A window has closed; what that means is enforced.",
        },
        KindRow {
            kind: Self::DeadlineCheck,
            name: "deadline.check",
            version: 1,
            queue: Queue::Deadlines,
            retry: BOOK_WORK,
            about: "What should be is compared with what is, and the gap is closed.",
        },
        KindRow {
            kind: Self::ReminderDue,
            name: "reminder.due",
            version: 1,
            queue: Queue::Deadlines,
            retry: BOOK_WORK,
            about: "A closing comes near; those who are still to act are reminded.",
        },
        KindRow {
            kind: Self::MailQueued,
            name: "mail.queued",
            version: 1,
            queue: Queue::Mails,
            retry: MAIL_WORK,
            about: "A mail stands in the ledger and is sent.",
        },
        KindRow {
            kind: Self::ProbeSent,
            name: "probe.sent",
            version: 1,
            queue: Queue::Deadlines,
            retry: BOOK_WORK,
            about: "Nothing is done: tries or measures the path from outbox to worker.",
        },
    ];

    /// The row of this kind.
    #[must_use]
    pub fn row(self) -> &'static KindRow {
        // The table is in the order of the enum; the test below holds it there.
        &Self::TABLE[self as usize]
    }

    /// The string on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The kind of that wire name; `None` for one that a newer program may know.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.name == name).map(|row| row.kind)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_names_are_unique() {
        for (place, row) in Kind::TABLE.iter().enumerate() {
            assert_eq!(row.kind as usize, place);
            assert_eq!(Kind::parse(row.name), Some(row.kind));
        }
    }

    #[test]
    fn a_mail_is_tried_for_five_days_however_often_that_is() {
        let mail = Kind::MailQueued.row().retry;
        assert!(!mail.is_spent(500, TimeDelta::days(5) - TimeDelta::seconds(1)));
        assert!(!mail.is_spent(2, TimeDelta::days(90)), "after a long outage it is still tried a few times");
        assert!(mail.is_spent(3, TimeDelta::days(5)));
        assert!(Kind::UploadReceived.row().retry.is_spent(10, TimeDelta::zero()));
    }

    #[test]
    fn no_kind_waits_longer_than_a_day() {
        for row in &Kind::TABLE {
            assert!(row.retry.cap_ms <= 24 * 3_600_000, "{}", row.name);
            assert!(row.retry.base_ms > 0 && row.retry.attempts > 0, "{}", row.name);
        }
    }
}
