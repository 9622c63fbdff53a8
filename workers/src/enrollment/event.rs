//! What the messages of the queue say, and which submissions each is about.

use messages::{
    BatchEffective, BatchSubmitted, EnrollmentFailed, EnrollmentReturned, EnrollmentReviewed, EnrollmentSubmitted,
    FailureUndone, InstantApproved, InstantSubmitted, Kind, PaymentConfirmed, PaymentRejected, PaymentUploaded,
};
use store::{StoreError, Unit, messages::Job};
use uuid::Uuid;

use crate::WorkError;

/// A message of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A version was received, or made anew.
    Submitted { submission: i64, version: Uuid },
    /// On the submission list.
    Reviewed(i64),
    /// Back at the unit.
    Returned(i64),
    /// Failed by a closing.
    Failed(i64),
    /// A bureau's list is at the centre.
    BatchSubmitted(i64),
    /// The cover of a batch has begun.
    BatchEffective(i64),
    /// A voucher came.
    Uploaded(Uuid),
    /// The centre has the money.
    Confirmed(Uuid),
    /// The voucher won't do.
    Rejected(Uuid),
    /// An instant enrolment waits for its bureau.
    InstantSubmitted(i64),
    /// The bureau has decided about it.
    InstantDecided(i64),
    /// Failures were undone.
    Undone(Vec<i64>),
}

impl Event {
    /// The kinds that it reads.
    pub(super) const KINDS: &'static [Kind] = &[
        Kind::EnrollmentSubmitted,
        Kind::EnrollmentReviewed,
        Kind::EnrollmentReturned,
        Kind::EnrollmentFailed,
        Kind::BatchSubmitted,
        Kind::BatchEffective,
        Kind::PaymentUploaded,
        Kind::PaymentConfirmed,
        Kind::PaymentRejected,
        Kind::InstantSubmitted,
        Kind::InstantApproved,
        Kind::FailureUndone,
    ];

    pub(super) fn read(job: &Job) -> Result<Self, WorkError> {
        let of = &job.envelope;
        Ok(match of.known_kind() {
            Some(Kind::EnrollmentSubmitted) => {
                let EnrollmentSubmitted { submission_id, version_id } = of.read()?;
                Self::Submitted { submission: submission_id, version: version_id }
            }
            Some(Kind::EnrollmentReviewed) => Self::Reviewed(of.read::<EnrollmentReviewed>()?.submission_id),
            Some(Kind::EnrollmentReturned) => Self::Returned(of.read::<EnrollmentReturned>()?.submission_id),
            Some(Kind::EnrollmentFailed) => Self::Failed(of.read::<EnrollmentFailed>()?.submission_id),
            Some(Kind::BatchSubmitted) => Self::BatchSubmitted(of.read::<BatchSubmitted>()?.batch_id),
            Some(Kind::BatchEffective) => Self::BatchEffective(of.read::<BatchEffective>()?.batch_id),
            Some(Kind::PaymentUploaded) => Self::Uploaded(of.read::<PaymentUploaded>()?.voucher_id),
            Some(Kind::PaymentConfirmed) => Self::Confirmed(of.read::<PaymentConfirmed>()?.voucher_id),
            Some(Kind::PaymentRejected) => Self::Rejected(of.read::<PaymentRejected>()?.voucher_id),
            Some(Kind::InstantSubmitted) => Self::InstantSubmitted(of.read::<InstantSubmitted>()?.instant_id),
            Some(Kind::InstantApproved) => Self::InstantDecided(of.read::<InstantApproved>()?.instant_id),
            Some(Kind::FailureUndone) => Self::Undone(of.read::<FailureUndone>()?.failure_ids),
            _ => return Err(WorkError::UnknownKind(of.kind.clone())),
        })
    }
}

/// The submissions that events may have changed, in the order of their ids.
pub(super) async fn submissions(unit: &mut Unit, events: &[Event]) -> Result<Vec<i64>, StoreError> {
    let (mut ids, mut batches, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Submitted { submission: id, .. } | Event::Reviewed(id) | Event::Returned(id) | Event::Failed(id) => {
                ids.push(*id);
            }
            Event::BatchSubmitted(id) | Event::BatchEffective(id) => batches.push(*id),
            Event::Undone(undone) => failures.extend(undone),
            // Payments and instant enrolments leave submissions as they are: what takes effect says so itself.
            Event::Uploaded(_)
            | Event::Confirmed(_)
            | Event::Rejected(_)
            | Event::InstantSubmitted(_)
            | Event::InstantDecided(_) => {}
        }
    }
    ids.extend(store::totals::submissions_of(unit, &batches).await?);
    ids.extend(store::failures::get_many(unit, &failures).await?.into_iter().map(|one| one.submission_id));
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
