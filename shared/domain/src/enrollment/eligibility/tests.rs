//! The classes and the manual's counters.

use proptest::prelude::*;

use super::*;
use crate::{card::CardNumber, enrollment::premium::Plan, money::Yuan};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn cut() -> NaiveDate {
    day(2023, 1, 1)
}

fn card() -> Option<CardNumber> {
    CardNumber::parse("6222020200000000006")
}

#[test]
fn the_first_class_that_holds_is_the_class() {
    let none = Facts::default();
    let carded = Facts { card: card(), ..none };
    let insured = Facts { social_insurance: Some(true), ..none };
    let uninsured = Facts { social_insurance: Some(false), ..none };
    let retired = |on| Facts { retired_on: Some(on), ..carded };
    let dead = Facts { deceased_on: Some(day(2022, 5, 1)), ..retired(day(2020, 1, 1)) };
    for (facts, confirmed, decision, class) in [
        (dead, true, Some(RetirementDecision::Stays), Class::Deceased),
        (retired(day(2022, 12, 31)), false, None, Class::Retired),
        (retired(day(2023, 1, 1)), false, None, Class::Enrolled),
        (retired(day(2022, 12, 31)), false, Some(RetirementDecision::Stays), Class::Retired),
        (retired(day(2023, 1, 1)), false, Some(RetirementDecision::Retired), Class::Enrolled),
        (carded, false, Some(RetirementDecision::Retired), Class::Retired),
        (carded, false, Some(RetirementDecision::Stays), Class::Enrolled),
        (none, false, None, Class::Pending),
        (uninsured, false, None, Class::Pending),
        (uninsured, true, None, Class::Enrolled),
        (none, true, None, Class::Enrolled),
        (insured, false, None, Class::NoCard),
        (insured, true, None, Class::NoCard),
        (carded, false, None, Class::Enrolled),
    ] {
        assert_eq!(classify(&facts, cut(), confirmed, decision), class, "{facts:?} {confirmed} {decision:?}");
    }
}

#[test]
fn nothing_known_is_pending_for_a_reason_of_its_own() {
    let none = Facts::default();
    assert_eq!(PendingReason::of(&none), Some(PendingReason::Unknown));
    assert_eq!(PendingReason::of(&Facts { social_insurance: Some(false), ..none }), Some(PendingReason::NotInsured));
    assert_eq!(PendingReason::of(&Facts { social_insurance: Some(true), ..none }), None);
    assert_eq!(PendingReason::of(&Facts { card: card(), ..none }), None);
}

#[test]
fn the_counters_of_the_manual() {
    let none = Facts::default();
    let carded = Facts { card: card(), ..none };
    let insured = Facts { social_insurance: Some(true), ..none };
    let people = std::iter::repeat_n(carded, 95).chain(std::iter::repeat_n(insured, 32)).chain([none]);
    let counts: ClassCounts = people.map(|facts| classify(&facts, cut(), false, None)).collect();
    let expected = ClassCounts { total: 128, enrolled: 95, no_card: 32, pending: 1, retired: 0, deceased: 0 };
    assert_eq!(counts, expected);
    let plan = Plan {
        code: "A".to_owned(),
        name: "示例保障".to_owned(),
        fee_fen: 2600,
        municipal_fen: 1300,
        bureau_fen: 1300,
        unit_fen: 0,
    };
    assert_eq!(Yuan(plan.money(plan.split(), counts.enrolled).unwrap().total_fen).to_string(), "2470.00");
}

#[test]
fn the_calendar_suggests_and_the_clerk_decides() {
    // September to December 2022: the months that the federation's system does not see.
    let autumn = prospects(day(1962, 9, 3), Sex::Male, None, 2023);
    assert_eq!(autumn.iter().map(|one| one.answer).collect::<Vec<_>>(), [Answer::Passed]);
    let december = prospects(day(1962, 12, 31), Sex::Male, None, 2023);
    assert_eq!(december.len(), 1);
    assert!(prospects(day(1963, 1, 1), Sex::Male, None, 2023).is_empty());
    let carded = Facts { card: card(), ..Facts::default() };
    assert!(is_undecided(Class::Enrolled, &carded, None, &autumn));
    assert!(!is_undecided(Class::Enrolled, &carded, Some(RetirementDecision::Stays), &autumn));
    assert!(!is_undecided(Class::Deceased, &carded, None, &autumn));
    let on_record = Facts { retired_on: Some(day(2023, 6, 1)), ..carded };
    assert!(!is_undecided(Class::Enrolled, &on_record, None, &autumn));
    assert!(!is_undecided(Class::Enrolled, &carded, None, &[]));
}

#[test]
fn of_a_woman_of_unknown_staff_both_dates_are_shown() {
    let both = prospects(day(1971, 4, 1), Sex::Female, None, 2023);
    let shown: Vec<_> = both.iter().map(|one| (one.retirement.statutory.to_string(), one.answer)).collect();
    assert_eq!(shown, [("2021-04".to_owned(), Answer::Passed), ("2026-08".to_owned(), Answer::NotReached)]);
    assert!(prospects(day(1971, 4, 1), Sex::Female, Some(Staff::Cadre), 2023).is_empty());
}

#[test]
fn the_years_of_choice_are_an_answer_of_their_own() {
    // Born 1965-01: statutory 2025-02, and until 2028-02 by choice.
    let answers = [2025, 2026, 2028, 2029]
        .map(|year| prospects(day(1965, 1, 15), Sex::Male, None, year).first().map(|one| one.answer));
    assert_eq!(answers, [None, Some(Answer::Choice), Some(Answer::Choice), Some(Answer::Passed)]);
}

proptest! {
    #[test]
    fn the_classes_always_make_up_the_total(picks in prop::collection::vec(0..5_usize, 0..200)) {
        let counts: ClassCounts = picks.iter().map(|pick| Class::ALL[*pick]).collect();
        prop_assert!(counts.is_whole());
        prop_assert_eq!(counts.total, picks.len() as u64);
        let mut halves: ClassCounts = picks[..picks.len() / 2].iter().map(|pick| Class::ALL[*pick]).collect();
        halves += picks[picks.len() / 2..].iter().map(|pick| Class::ALL[*pick]).collect();
        prop_assert_eq!(halves, counts);
    }

    #[test]
    fn a_confirmation_only_ever_moves_somebody_out_of_pending(
        carded: bool, insured in proptest::option::of(any::<bool>()), retired: bool, dead: bool,
    ) {
        let facts = Facts {
            card: if carded { card() } else { None },
            social_insurance: insured,
            retired_on: retired.then(|| day(2022, 8, 1)),
            deceased_on: dead.then(|| day(2022, 8, 1)),
            staff: None,
        };
        let (before, after) = (classify(&facts, cut(), false, None), classify(&facts, cut(), true, None));
        prop_assert_ne!(after, Class::Pending);
        prop_assert!(before == after || before == Class::Pending && after == Class::Enrolled);
    }
}

#[test]
fn who_is_gone_from_a_list_is_told_with_the_day() {
    let day = |month, day| NaiveDate::from_ymd_opt(2022, month, day);
    let cut = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap();
    let facts = |retired_on, deceased_on| Facts { retired_on, deceased_on, ..Facts::default() };
    assert_eq!(gone(&facts(None, None), cut, None), None, "without a card he is on a list all the same: confirmed");
    assert_eq!(gone(&facts(None, day(11, 5)), cut, None), Some(Class::Deceased));
    assert_eq!(gone(&facts(day(12, 31), None), cut, None), Some(Class::Retired));
    let later = NaiveDate::from_ymd_opt(2023, 1, 1);
    assert_eq!(gone(&facts(later, None), cut, Some(RetirementDecision::Retired)), None, "the record settles it");
    assert_eq!(gone(&facts(None, None), cut, Some(RetirementDecision::Retired)), Some(Class::Retired));
    assert_eq!(gone_zh(Class::Deceased, day(11, 5)), "2022年11月5日已登记死亡");
    assert_eq!(gone_zh(Class::Retired, None), "单位已认定退休");
}

#[test]
fn three_answers_have_three_sentences() {
    let born = |year, month| NaiveDate::from_ymd_opt(year, month, 15).unwrap();
    let said = |birth, sex, staff, year| undecided_zh(&prospects(birth, sex, staff, year), year);
    // Before the reform there is nothing to choose.
    assert_eq!(said(born(1962, 11), Sex::Male, None, 2023), "已达到法定退休年龄（法定退休年月2022年11月）");
    assert_eq!(said(born(1963, 1), Sex::Male, None, 2023), "");
    // Born 1965-01: original 2025-01, statutory 2025-02, the last choice 2028-02.
    assert_eq!(
        said(born(1965, 1), Sex::Male, None, 2026),
        "可在2025年1月至2028年2月之间选择退休，是否已退休须由单位认定（法定退休年月2025年2月）"
    );
    assert_eq!(
        said(born(1965, 1), Sex::Male, None, 2029),
        "已过可选择的最晚退休年月2028年2月（法定退休年月2025年2月）"
    );
    // Of a woman of whom nobody knows what she is, both.
    assert_eq!(
        said(born(1975, 6), Sex::Female, None, 2026),
        "按女工人：可在2025年6月至2028年9月之间选择退休，是否已退休须由单位认定（法定退休年月2025年9月）；\
         按女干部：2026年1月1日前尚未到可退休的年龄（法定退休年月2031年11月）"
    );
    for year in [2023, 2026, 2029] {
        assert!(!undecided_head_zh(year).contains("达到"), "of the years of choice nobody says that they are reached");
    }
}
