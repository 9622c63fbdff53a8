//! Each closing, to the instant.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::enrollment::{batch::BatchEvent, submission::SubmissionEvent};

fn at(written: &str) -> DateTime<Utc> {
    written.parse().unwrap()
}

fn lists_close() -> DateTime<Utc> {
    at("2023-01-01T00:00:00+08:00")
}

fn payment_closes() -> DateTime<Utc> {
    at("2023-01-21T00:00:00+08:00")
}

fn submission(id: u32, status: SubmissionStatus) -> SubmissionFacts<u32, u32> {
    let deadline = lists_close();
    SubmissionFacts { id, status, batch: None, bureau_submitted: false, unit_share: UnitShare::Settled, deadline }
}

fn in_batch(id: u32, batch: u32) -> SubmissionFacts<u32, u32> {
    let bureau_submitted = true;
    SubmissionFacts { batch: Some(batch), bureau_submitted, ..submission(id, SubmissionStatus::Finalized) }
}

fn batch(id: u32, status: BatchStatus) -> BatchFacts<u32> {
    BatchFacts { id, status, deadline: payment_closes() }
}

/// The outcomes in short: `B1 no-voucher`, `S2 unit-late?` where it is only threatened.
fn short(outcomes: &[Outcome<u32, u32>]) -> Vec<String> {
    let subject = |subject| match subject {
        Subject::Batch(id) => format!("B{id}"),
        Subject::Submission(id) => format!("S{id}"),
    };
    outcomes
        .iter()
        .map(|outcome| match outcome.effect {
            Effect::Fails(reason) => format!("{} {}", subject(outcome.subject), reason.name()),
            Effect::Threatened(reason) => format!("{} {}?", subject(outcome.subject), reason.name()),
        })
        .collect()
}

#[test]
fn what_is_in_no_batch_when_the_lists_close_fails_with_its_reason() {
    use SubmissionStatus::{Approved, Failed, Returned, Submitted};
    let unpaid = SubmissionFacts { unit_share: UnitShare::Open(FailureReason::UnitUnpaid), ..submission(4, Approved) };
    let left_out = SubmissionFacts { bureau_submitted: true, ..submission(5, Approved) };
    let all = [
        submission(1, Submitted),
        submission(2, Returned),
        submission(3, Approved),
        unpaid,
        left_out,
        in_batch(6, 1),
        submission(7, Failed),
    ];
    let batches = [batch(1, BatchStatus::VoucherAwaited)];
    assert_eq!(
        short(&close(WindowKind::FinalSubmission, lists_close(), &all, &batches)),
        ["S1 not-reviewed", "S2 returned", "S3 bureau-absent", "S4 unit-unpaid", "S5 left-out"]
    );
}

#[test]
fn closings_act_at_their_instant_and_not_one_nanosecond_before() {
    let all = [submission(1, SubmissionStatus::Submitted), in_batch(2, 1)];
    let batches = [batch(1, BatchStatus::VoucherAwaited)];
    for (kind, closes_at, failing) in
        [(WindowKind::FinalSubmission, lists_close(), 1), (WindowKind::BureauPayment, payment_closes(), 2)]
    {
        let count = |at| close(kind, at, &all, &batches).len();
        assert_eq!((count(closes_at - TimeDelta::nanoseconds(1)), count(closes_at)), (0, failing), "{kind:?}");
    }
}

#[test]
fn an_extension_for_one_organization_spares_it() {
    let later =
        SubmissionFacts { deadline: at("2023-01-03T00:00:00+08:00"), ..submission(2, SubmissionStatus::Submitted) };
    let all = [submission(1, SubmissionStatus::Submitted), later];
    let closing = |at| short(&close(WindowKind::FinalSubmission, at, &all, &[]));
    assert_eq!(closing(lists_close()), ["S1 not-reviewed"]);
    assert_eq!(closing(later.deadline), ["S1 not-reviewed", "S2 not-reviewed"]);
}

#[test]
fn a_unit_that_has_not_paid_is_threatened_first_and_fails_when_the_lists_close() {
    let closes_at = at("2022-12-26T00:00:00+08:00");
    let open = |id, status| SubmissionFacts {
        unit_share: UnitShare::Open(FailureReason::UnitLate),
        deadline: closes_at,
        ..submission(id, status)
    };
    let all = [
        open(1, SubmissionStatus::Approved),
        open(2, SubmissionStatus::Failed),
        submission(3, SubmissionStatus::Approved),
    ];
    assert_eq!(short(&close(WindowKind::UnitPayment, closes_at, &all, &[])), ["S1 unit-late?"]);
    assert!(close(WindowKind::UnitPayment, closes_at - TimeDelta::nanoseconds(1), &all, &[]).is_empty());
    assert!(!may_finalize(SubmissionStatus::Approved, all[0].unit_share));
    assert!(may_finalize(SubmissionStatus::Approved, UnitShare::Settled));
    assert!(!may_finalize(SubmissionStatus::Submitted, UnitShare::Settled));
}

#[test]
fn a_unit_share_is_settled_by_what_came_in_time() {
    for (owed, in_time, late, share) in [
        (0, 0, 0, UnitShare::Settled),
        (1000, 1000, 0, UnitShare::Settled),
        (1000, 1001, 5, UnitShare::Settled),
        (1000, 0, 0, UnitShare::Open(FailureReason::UnitUnpaid)),
        (1000, 999, 0, UnitShare::Open(FailureReason::UnitShort)),
        (1000, 999, 1, UnitShare::Open(FailureReason::UnitLate)),
        (1000, 0, 1000, UnitShare::Open(FailureReason::UnitLate)),
    ] {
        assert_eq!(UnitShare::of(owed, in_time, late), share, "{owed} {in_time} {late}");
    }
}

#[test]
fn a_batch_without_a_voucher_fails_with_all_that_is_in_it() {
    let all = [in_batch(1, 1), in_batch(2, 2), in_batch(3, 1), in_batch(4, 3)];
    let batches = [
        batch(1, BatchStatus::VoucherAwaited),
        batch(2, BatchStatus::VoucherUploaded),
        batch(3, BatchStatus::VoucherRejected),
        batch(4, BatchStatus::Confirmed),
    ];
    assert_eq!(
        short(&close(WindowKind::BureauPayment, payment_closes(), &all, &batches)),
        ["B1 no-voucher", "B3 voucher-rejected", "S1 no-voucher", "S3 no-voucher", "S4 voucher-rejected"]
    );
}

#[test]
fn a_voucher_in_time_and_rejected_later_gives_five_days_more() {
    let rejected_at = at("2023-01-25T15:00:00+08:00");
    let until = deadline(payment_closes(), Some(rejected_at), 5);
    assert_eq!(until, at("2023-01-31T00:00:00+08:00"));
    let rejected = [BatchFacts { deadline: until, ..batch(1, BatchStatus::VoucherRejected) }];
    let closing = |at| short(&close(WindowKind::BureauPayment, at, &[in_batch(1, 1)], &rejected));
    assert!(closing(until - TimeDelta::nanoseconds(1)).is_empty());
    assert_eq!(closing(until), ["B1 voucher-rejected", "S1 voucher-rejected"]);
    // Long before the closing it changes nothing; near it, the days reach past it.
    assert_eq!(deadline(payment_closes(), Some(at("2023-01-02T10:00:00+08:00")), 5), payment_closes());
    assert_eq!(deadline(payment_closes(), Some(at("2023-01-20T23:59:59+08:00")), 5), at("2023-01-26T00:00:00+08:00"));
    assert_eq!(deadline(payment_closes(), None, 5), payment_closes());
}

#[test]
fn cover_takes_effect_for_what_is_paid() {
    let cover = at("2023-01-01T00:00:00+08:00");
    let all = [in_batch(1, 1), in_batch(2, 2), submission(3, SubmissionStatus::Approved)];
    let batches = [batch(1, BatchStatus::Confirmed), batch(2, BatchStatus::VoucherUploaded)];
    assert!(taking_effect(cover - TimeDelta::nanoseconds(1), cover, &all, &batches).is_empty());
    assert_eq!(taking_effect(cover, cover, &all, &batches), [1]);
    let paid = batches.map(|facts| BatchFacts { status: BatchStatus::Confirmed, ..facts });
    assert_eq!(taking_effect(payment_closes(), cover, &all, &paid), [1, 2]);
}

#[test]
fn the_forecast_looks_at_the_next_closing_by_which_something_fails() {
    let window = |kind| {
        let closes_at = match kind {
            WindowKind::FinalSubmission => lists_close(),
            WindowKind::BureauPayment => payment_closes(),
            _ => return None,
        };
        Some(Window { opens_at: at("2022-12-26T00:00:00+08:00"), closes_at })
    };
    let next = |at| next_to_fail(at, window).map(|(kind, _)| kind);
    assert_eq!(next(at("2022-11-01T00:00:00+08:00")), Some(WindowKind::FinalSubmission));
    assert_eq!(next(lists_close() - TimeDelta::nanoseconds(1)), Some(WindowKind::FinalSubmission));
    assert_eq!(next(lists_close()), Some(WindowKind::BureauPayment));
    assert_eq!(next(payment_closes()), None);
}

#[test]
fn the_other_closings_fail_nothing() {
    let all = [submission(1, SubmissionStatus::Submitted), in_batch(2, 1)];
    let batches = [batch(1, BatchStatus::VoucherAwaited)];
    for kind in [
        WindowKind::PremiumSetting,
        WindowKind::Submission,
        WindowKind::Review,
        WindowKind::ReviewBureau,
        WindowKind::Cover,
    ] {
        assert!(close(kind, at("2024-01-01T00:00:00Z"), &all, &batches).is_empty(), "{kind:?}");
    }
}

fn any_submission() -> impl Strategy<Value = SubmissionFacts<u32, u32>> {
    let status = prop::sample::select(SubmissionStatus::ALL);
    (any::<u32>(), status, prop::option::of(0..4_u32), any::<bool>(), 0..3_i64, 0..3_i64, 0..3_i64, 0..3_i64).prop_map(
        |(id, status, batch, bureau_submitted, owed, in_time, late, days)| SubmissionFacts {
            id,
            status,
            batch: batch.filter(|_| status == SubmissionStatus::Finalized),
            bureau_submitted,
            unit_share: UnitShare::of(owed, in_time, late),
            deadline: lists_close() + TimeDelta::days(days),
        },
    )
}

fn any_batches() -> impl Strategy<Value = Vec<BatchFacts<u32>>> {
    prop::collection::vec((prop::sample::select(BatchStatus::ALL), 0..3_i64), 4).prop_map(|all| {
        let facts = |(id, (status, days)): (usize, (BatchStatus, i64))| BatchFacts {
            id: id as u32,
            status,
            deadline: payment_closes() + TimeDelta::days(days),
        };
        all.into_iter().enumerate().map(facts).collect()
    })
}

proptest! {
    #[test]
    fn a_second_closing_finds_nothing_and_everything_fails_by_the_table(
        mut submissions in prop::collection::vec(any_submission(), 0..30), mut batches in any_batches(), hours in 0..100_i64,
    ) {
        submissions.sort_by_key(|facts| facts.id);
        submissions.dedup_by_key(|facts| facts.id);
        for (kind, closes_at) in
            [(WindowKind::FinalSubmission, lists_close()), (WindowKind::BureauPayment, payment_closes())]
        {
            let at = closes_at + TimeDelta::hours(hours);
            for outcome in close(kind, at, &submissions, &batches) {
                let failed = match outcome.subject {
                    Subject::Submission(id) => {
                        let facts = submissions.iter_mut().find(|facts| facts.id == id).unwrap();
                        let row = SubmissionStatus::after(Some(facts.status), SubmissionEvent::Fail, None);
                        facts.status = row.unwrap().to.unwrap();
                        facts.status == SubmissionStatus::Failed
                    }
                    Subject::Batch(id) => {
                        let facts = batches.iter_mut().find(|facts| facts.id == id).unwrap();
                        let row = BatchStatus::after(Some(facts.status), BatchEvent::Fail, None);
                        facts.status = row.unwrap().to.unwrap();
                        facts.status == BatchStatus::Failed
                    }
                };
                prop_assert!(failed && matches!(outcome.effect, Effect::Fails(_)));
            }
            prop_assert_eq!(close(kind, at, &submissions, &batches), vec![]);
        }
        // Once it has closed for everybody, nothing goes on waiting for a list.
        let waits = |facts: &&SubmissionFacts<u32, u32>| {
            matches!(facts.status, SubmissionStatus::Submitted | SubmissionStatus::Approved | SubmissionStatus::Returned)
        };
        let end = payment_closes() + TimeDelta::days(30);
        let failing = close(WindowKind::FinalSubmission, end, &submissions, &[]).len();
        prop_assert_eq!(failing, submissions.iter().filter(waits).count());
    }
}
