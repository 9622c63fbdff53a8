//! Start dates, gaps, drafts and states of instant enrolments.

use proptest::prelude::*;

use super::*;
use crate::money::Yuan;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn at(written: &str) -> DateTime<Utc> {
    written.parse().unwrap()
}

#[test]
fn cover_begins_on_the_day_after_and_ends_with_the_year() {
    for (year, handled_on, first, days) in [
        (2023, day(2023, 1, 25), day(2023, 1, 26), 340),
        (2023, day(2023, 1, 1), day(2023, 1, 2), 364),
        // Handled before the year: from its first day.
        (2023, day(2022, 12, 30), day(2023, 1, 1), 365),
        (2023, day(2022, 12, 31), day(2023, 1, 1), 365),
        (2023, day(2023, 12, 30), day(2023, 12, 31), 1),
        // Leap day.
        (2024, day(2024, 2, 28), day(2024, 2, 29), 307),
        (2024, day(2024, 2, 29), day(2024, 3, 1), 306),
        (2023, day(2023, 2, 28), day(2023, 3, 1), 306),
    ] {
        let cover = Cover::of(year, handled_on).unwrap();
        assert_eq!((cover.first, cover.last, cover.days()), (first, day(year, 12, 31), days), "{handled_on}");
    }
    assert_eq!(Cover::of(2023, day(2023, 12, 31)), None);
    assert_eq!(Cover::of(2023, day(2024, 1, 1)), None);
}

#[test]
fn gaps_are_right_across_the_end_of_a_year_and_the_leap_day() {
    for (handled_on, covered_until, gap) in [
        // Covered until the end of the year before, as most are.
        (day(2024, 1, 1), Some(day(2023, 12, 31)), 1),
        (day(2024, 1, 25), Some(day(2023, 12, 31)), 25),
        (day(2024, 2, 28), Some(day(2023, 12, 31)), 59),
        (day(2024, 2, 29), Some(day(2023, 12, 31)), 60),
        (day(2024, 12, 30), Some(day(2023, 12, 31)), 365),
        // Never covered: since 1 January.
        (day(2024, 2, 29), None, 60),
        // Covered until the autumn before: 31 days of December, 31 of January, 29 of February.
        (day(2024, 2, 29), Some(day(2023, 11, 30)), 91),
        // Covered still.
        (day(2024, 2, 29), Some(day(2024, 2, 29)), 0),
        (day(2024, 2, 29), Some(day(2024, 12, 31)), 0),
    ] {
        let cover = Cover::of(2024, handled_on).unwrap();
        assert_eq!(cover.gap_days(covered_until), gap, "{handled_on} {covered_until:?}");
    }
    let cover = Cover::of(2023, day(2023, 2, 28)).unwrap();
    assert_eq!(cover.gap_days(Some(day(2022, 12, 31))), 59);
}

#[test]
fn the_year_says_what_cover_begins_after() {
    let (submitted_at, approved_at) = (at("2023-01-25T23:59:59+08:00"), at("2023-01-28T00:00:00+08:00"));
    let on = |rule, approved_at| handled_on(rule, submitted_at, approved_at);
    assert_eq!(on(InstantCoverFrom::Submission, None), Some(day(2023, 1, 25)));
    assert_eq!(on(InstantCoverFrom::Submission, Some(approved_at)), Some(day(2023, 1, 25)));
    assert_eq!(on(InstantCoverFrom::Approval, None), None);
    assert_eq!(on(InstantCoverFrom::Approval, Some(approved_at)), Some(day(2023, 1, 28)));
    // The day is Shanghai's.
    assert_eq!(handled_on(InstantCoverFrom::Submission, at("2023-01-25T16:00:00Z"), None), Some(day(2023, 1, 26)));
    assert_eq!(voucher_deadline(submitted_at, 15), Some(at("2023-02-10T00:00:00+08:00")));
}

#[test]
fn a_rejection_gives_days_once() {
    let (days_until, rejected_at) = (at("2023-02-10T00:00:00+08:00"), at("2023-02-09T18:00:00+08:00"));
    let after = |due_until, uploaded_at| {
        voucher_deadline_after_rejection(due_until, days_until, at(uploaded_at), rejected_at, 5)
    };
    assert_eq!(after(days_until, "2023-02-09T17:00:00+08:00"), at("2023-02-15T00:00:00+08:00"));
    // One that came in the days that had been given leaves them as they are.
    let given = at("2023-02-12T00:00:00+08:00");
    assert_eq!(after(given, "2023-02-10T00:00:00+08:00"), given);
    // A rejection early on takes no day away.
    assert_eq!(
        voucher_deadline_after_rejection(
            days_until,
            days_until,
            at("2023-01-26T09:00:00+08:00"),
            at("2023-01-27T09:00:00+08:00"),
            5
        ),
        days_until
    );
}

#[test]
fn a_draft_says_who_from_when_with_which_gap_and_for_how_much() {
    let name = "示例保障".to_owned();
    let plan = Plan { code: "A".to_owned(), name, fee_fen: 2600, municipal_fen: 1300, bureau_fen: 1300, unit_fen: 0 };
    let people = [
        Candidate { id: 1, covered_until: Some(day(2022, 12, 31)) },
        Candidate { id: 2, covered_until: None },
        Candidate { id: 3, covered_until: Some(day(2022, 6, 30)) },
    ];
    let draft = Draft::of(2023, day(2023, 1, 21), people, &plan, plan.split()).unwrap();
    assert_eq!(draft.cover, Cover { first: day(2023, 1, 22), last: day(2023, 12, 31) });
    assert_eq!(draft.people, [(1, 21), (2, 21), (3, 184 + 21)]);
    assert_eq!(Yuan(draft.money.total_fen).to_string(), "78.00");
    let nobody = Draft::<u32>::of(2023, day(2023, 1, 21), [], &plan, plan.split());
    assert_eq!(nobody, Err(DraftError::Nobody));
    assert_eq!(Draft::of(2023, day(2023, 12, 31), people, &plan, plan.split()), Err(DraftError::YearOver(2023)));
}

#[test]
fn the_table_of_transitions() {
    let columns: Vec<_> = std::iter::once(None).chain(InstantStatus::ALL.iter().copied().map(Some)).collect();
    let table: Vec<String> = InstantEvent::ALL
        .iter()
        .map(|event| {
            let to = columns.iter().map(|from| {
                InstantStatus::after(*from, *event, None).map_or(".", |row| row.to.map_or("?", InstantStatus::name))
            });
            format!("{}: {}", event.name(), to.collect::<Vec<_>>().join(" "))
        })
        .collect();
    // nothing yet, draft, submitted, approved, returned, cancelled
    assert_eq!(
        table,
        [
            "draw: draft . . . . .",
            "submit: . submitted . . submitted .",
            "approve: . . approved . . .",
            "return: . . returned . . .",
            "withdraw: . cancelled cancelled . cancelled .",
            "cancel: . cancelled cancelled . cancelled .",
            "expire: . . cancelled cancelled . .",
        ]
    );
    let approve = |role| InstantStatus::after(Some(InstantStatus::Submitted), InstantEvent::Approve, Some(role));
    assert!(approve(Bureau).is_ok() && approve(Clerk).is_err());
}

proptest! {
    #[test]
    fn the_year_is_cover_and_gap_and_nothing_else(year in 2000..2100_i32, offset in 0..365_i64) {
        let handled_on = day(year, 1, 1) + chrono::TimeDelta::days(offset);
        let whole = (day(year, 12, 31) - day(year, 1, 1)).num_days() + 1;
        if let Some(cover) = Cover::of(year, handled_on) {
            prop_assert_eq!(cover.gap_days(None) + cover.days(), whole);
            prop_assert_eq!(cover.gap_days(Some(day(year - 1, 12, 31))), cover.gap_days(None));
            prop_assert_eq!(cover.first, handled_on.succ_opt().unwrap());
        } else {
            prop_assert_eq!(handled_on, day(year, 12, 31));
        }
    }
}
