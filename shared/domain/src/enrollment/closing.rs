//! What a closing means. The forecast and the enforcement call the same function with the same facts and differ in the
//! instant alone, so that what the one foretells the other does.
//!
//! | closing | what fails then |
//! |---|---|
//! | `unit-payment` | nothing yet: payments may be put on record until the bureau submits (decision 31). What is not paid is threatened |
//! | `final-submission` | every submission in no batch: not reviewed, returned, unpaid by its unit, left out, or its bureau absent (decision 29) |
//! | `bureau-payment` | every batch for which the centre waits for a voucher, with its submissions |
//! | the others | nothing: what is late there is refused when it is received |
//!
//! Each fact has its own deadline, for windows are extended for single organizations, a voucher that was in time and is
//! rejected later gives some days more (decision 32), and so does a failure that is undone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Utc};

use super::{batch::BatchStatus, reason::FailureReason, submission::SubmissionStatus};
use crate::{
    calendar,
    year::window::{Window, WindowKind},
};

/// Whether a unit has borne its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitShare {
    /// It owes nothing, or has paid all of it in time.
    Settled,
    /// Something is missing, for this reason.
    Open(FailureReason),
}

impl UnitShare {
    /// From what a unit owes, and what its bureau has on record of it: with a value date in time
    /// ([`crate::year::window::Window::takes_payment_of`]), and with a later one.
    #[must_use]
    pub fn of(owed_fen: i64, in_time_fen: i64, late_fen: i64) -> Self {
        if in_time_fen >= owed_fen {
            Self::Settled
        } else if late_fen > 0 {
            Self::Open(FailureReason::UnitLate)
        } else if in_time_fen > 0 {
            Self::Open(FailureReason::UnitShort)
        } else {
            Self::Open(FailureReason::UnitUnpaid)
        }
    }
}

/// What is known of a submission. Ids are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmissionFacts<S, B> {
    /// Its id.
    pub id: S,
    /// How it stands.
    pub status: SubmissionStatus,
    /// The batch that it is in.
    pub batch: Option<B>,
    /// Whether its bureau has submitted a list.
    pub bureau_submitted: bool,
    /// Whether the unit has borne its share.
    pub unit_share: UnitShare,
    /// When the window in question closes for it; see [`deadline`].
    pub deadline: DateTime<Utc>,
}

/// What is known of a batch. Ids are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchFacts<B> {
    /// Its id.
    pub id: B,
    /// How it stands.
    pub status: BatchStatus,
    /// When the time for its voucher is up; see [`deadline`].
    pub deadline: DateTime<Utc>,
}

/// Whom an outcome is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject<S, B> {
    /// A batch.
    Batch(B),
    /// A submission.
    Submission(S),
}

/// What a closing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It has failed, and becomes a draft of an instant enrolment.
    Fails(FailureReason),
    /// It will fail for this reason when the lists close, unless what is missing is put on record: worth a warning.
    Threatened(FailureReason),
}

/// One outcome of a closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome<S, B> {
    /// Whom it is about.
    pub subject: Subject<S, B>,
    /// What it does.
    pub effect: Effect,
}

/// The outcomes of a window's closing, judged at `at`: the enforcer passes now, the forecast the instant of the closing.
/// Batches come first, each thing once.
#[must_use]
pub fn close<S: Copy + Ord, B: Copy + Ord>(
    kind: WindowKind,
    at: DateTime<Utc>,
    submissions: &[SubmissionFacts<S, B>],
    batches: &[BatchFacts<B>],
) -> Vec<Outcome<S, B>> {
    let failing: BTreeMap<B, FailureReason> = batches
        .iter()
        .filter(|batch| kind == WindowKind::BureauPayment && at >= batch.deadline)
        .filter_map(|batch| Some((batch.id, unpaid(batch.status)?)))
        .collect();
    let of_batches = failing.iter().map(|(id, reason)| (Subject::Batch(*id), Effect::Fails(*reason)));
    let of_submissions = submissions.iter().filter_map(|submission| {
        let effect = match kind {
            WindowKind::UnitPayment if at >= submission.deadline => threat(submission),
            WindowKind::FinalSubmission if at >= submission.deadline => not_in_a_batch(submission).map(Effect::Fails),
            WindowKind::BureauPayment if submission.status == SubmissionStatus::Finalized => {
                submission.batch.and_then(|batch| failing.get(&batch)).map(|reason| Effect::Fails(*reason))
            }
            _ => None,
        };
        Some((Subject::Submission(submission.id), effect?))
    });
    of_batches.chain(of_submissions).map(|(subject, effect)| Outcome { subject, effect }).collect()
}

fn unpaid(status: BatchStatus) -> Option<FailureReason> {
    match status {
        BatchStatus::VoucherAwaited => Some(FailureReason::NoVoucher),
        BatchStatus::VoucherRejected => Some(FailureReason::VoucherRejected),
        BatchStatus::VoucherUploaded | BatchStatus::Confirmed | BatchStatus::Failed => None,
    }
}

fn threat<S, B>(submission: &SubmissionFacts<S, B>) -> Option<Effect> {
    let waits = matches!(
        submission.status,
        SubmissionStatus::Submitted | SubmissionStatus::Approved | SubmissionStatus::Returned
    );
    match submission.unit_share {
        UnitShare::Open(reason) if waits => Some(Effect::Threatened(reason)),
        UnitShare::Open(_) | UnitShare::Settled => None,
    }
}

/// Why a submission is in no batch, if it is in none.
fn not_in_a_batch<S, B>(submission: &SubmissionFacts<S, B>) -> Option<FailureReason> {
    match submission.status {
        SubmissionStatus::Submitted => Some(FailureReason::NotReviewed),
        SubmissionStatus::Returned => Some(FailureReason::Returned),
        SubmissionStatus::Approved => Some(match submission.unit_share {
            UnitShare::Open(reason) => reason,
            UnitShare::Settled if submission.bureau_submitted => FailureReason::LeftOut,
            UnitShare::Settled => FailureReason::BureauAbsent,
        }),
        SubmissionStatus::Finalized | SubmissionStatus::Effective | SubmissionStatus::Failed => None,
    }
}

/// Whether a bureau's batch takes a submission along: approved, and paid by its unit.
#[must_use]
pub fn may_finalize(status: SubmissionStatus, unit_share: UnitShare) -> bool {
    status == SubmissionStatus::Approved && unit_share == UnitShare::Settled
}

/// The closing that the forecast looks at: of those by which something fails, the first that is still to come. Where two
/// close at once, the earlier step of the year.
#[must_use]
pub fn next_to_fail(at: DateTime<Utc>, window: impl Fn(WindowKind) -> Option<Window>) -> Option<(WindowKind, Window)> {
    [WindowKind::FinalSubmission, WindowKind::BureauPayment]
        .into_iter()
        .filter_map(|kind| Some((kind, window(kind)?)))
        .filter(|(_, window)| at < window.closes_at)
        .min_by_key(|(kind, window)| (window.closes_at, *kind))
}

/// When a closing acts on one thing: when its window closes for its organization, or so many whole days after the day of
/// what gave it more time, whichever is later. What gives more time is the rejection of a voucher that had been uploaded
/// before the window closed (not of one that came in the extra days: the time is given once), and the undoing of a
/// failure.
#[must_use]
pub fn deadline(closes_at: DateTime<Utc>, more_time_from: Option<DateTime<Utc>>, extra_days: u32) -> DateTime<Utc> {
    let extended = more_time_from.and_then(|from| {
        let last = calendar::day_of(from).checked_add_days(Days::new(extra_days.into()))?;
        calendar::starts_at(last.succ_opt()?)
    });
    extended.map_or(closes_at, |extended| closes_at.max(extended))
}

/// The submissions that take effect at `at`: cover has begun, and their batch is paid. Those whose batch is paid later take
/// effect then, from the first day of cover all the same.
#[must_use]
pub fn taking_effect<S: Copy + Ord, B: Copy + Ord>(
    at: DateTime<Utc>,
    cover_opens_at: DateTime<Utc>,
    submissions: &[SubmissionFacts<S, B>],
    batches: &[BatchFacts<B>],
) -> Vec<S> {
    if at < cover_opens_at {
        return Vec::new();
    }
    let paid: BTreeSet<B> =
        batches.iter().filter(|batch| batch.status == BatchStatus::Confirmed).map(|batch| batch.id).collect();
    submissions
        .iter()
        .filter(|submission| submission.status == SubmissionStatus::Finalized)
        .filter(|submission| submission.batch.is_some_and(|batch| paid.contains(&batch)))
        .map(|submission| submission.id)
        .collect()
}

#[cfg(test)]
mod tests;
