//! Statutory retirement: the month in which somebody reaches it, and the years within which one may choose.
//!
//! Until 2024 men retire at 60, women at 55 (干部) or 50 (工人); from January 2025 a delay grows month by month
//! (`product.md`, and decision 27 for the years of choice).

use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::person::{Sex, Staff};

/// A month of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since the year 0.
    count: i32,
}

impl Month {
    /// The month of a year; months past 12 run on into the next years.
    #[must_use]
    pub const fn new(year: i32, month: u32) -> Self {
        Self { count: year * 12 + month as i32 - 1 }
    }

    /// The month of a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self::new(day.year(), day.month())
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.count.div_euclid(12)
    }

    /// 1 to 12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.count.rem_euclid(12) as u32 + 1
    }

    /// So many months later, or earlier.
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self { count: self.count + months }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The first month of the progressive schedule.
const REFORM: Month = Month::new(2025, 1);

/// How many months one may retire earlier or later than the statutory month, since the reform.
const YEARS_OF_CHOICE_MONTHS: i32 = 36;

/// Whose original age applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// Men: 60.
    Men60,
    /// Women who are 干部: 55.
    Women55,
    /// Women who are 工人: 50.
    Women50,
}

impl Track {
    /// The tracks that may apply: of a woman of unknown 干部/工人 both, the earlier one first.
    #[must_use]
    pub fn of(sex: Sex, staff: Option<Staff>) -> &'static [Self] {
        match (sex, staff) {
            (Sex::Male, _) => &[Self::Men60],
            (Sex::Female, Some(Staff::Cadre)) => &[Self::Women55],
            (Sex::Female, Some(Staff::Worker)) => &[Self::Women50],
            (Sex::Female, None) => &[Self::Women50, Self::Women55],
        }
    }

    /// Whom it is for, as clerks read it.
    #[must_use]
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Men60 => "男职工",
            Self::Women55 => "女干部",
            Self::Women50 => "女工人",
        }
    }

    fn original_age_years(self) -> i32 {
        match self {
            Self::Men60 => 60,
            Self::Women55 => 55,
            Self::Women50 => 50,
        }
    }

    /// Every so many months of birth delay retirement by one, up to the cap.
    fn step_and_cap(self) -> (i32, i32) {
        match self {
            Self::Men60 | Self::Women55 => (4, 36),
            Self::Women50 => (2, 60),
        }
    }
}

/// The months that matter for somebody on one track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The month in which the original age is reached.
    pub original: Month,
    /// The statutory month.
    pub statutory: Month,
    /// The first and last month that one may choose; none where the statutory month lies before 2025.
    pub choice: Option<(Month, Month)>,
}

/// The answer for a coverage year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Nobody of this age retires before the year.
    NotReached,
    /// Some do, some don't: the clerk decides.
    Choice,
    /// Everybody of this age has: worth a warning, and no exclusion.
    Passed,
}

impl Retirement {
    /// The months of somebody born on `birth`.
    #[must_use]
    pub fn of(birth: NaiveDate, track: Track) -> Self {
        let original = Month::of(birth).plus(track.original_age_years() * 12);
        let (step, cap) = track.step_and_cap();
        // Months from the last one before the reform: 1 for January 2025.
        let late = original.count - REFORM.count + 1;
        let delay = if late <= 0 { 0 } else { cap.min((late + step - 1) / step) };
        let statutory = original.plus(delay);
        let choice = (statutory >= REFORM)
            .then(|| (original.max(statutory.plus(-YEARS_OF_CHOICE_MONTHS)), statutory.plus(YEARS_OF_CHOICE_MONTHS)));
        Self { original, statutory, choice }
    }

    /// Whether the statutory month lies before coverage year `year`: in December of the year before, or earlier.
    #[must_use]
    pub fn is_before(&self, year: i32) -> bool {
        self.statutory <= Month::new(year - 1, 12)
    }

    /// The answer for coverage year `year`.
    #[must_use]
    pub fn answer(&self, year: i32) -> Answer {
        let last = Month::new(year - 1, 12);
        let (first_choice, last_choice) = self.choice.unwrap_or((self.statutory, self.statutory.plus(-1)));
        if last < first_choice {
            Answer::NotReached
        } else if last <= last_choice {
            Answer::Choice
        } else {
            Answer::Passed
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(track: Track, year: i32, month: u32) -> Retirement {
        Retirement::of(NaiveDate::from_ymd_opt(year, month, 15).unwrap(), track)
    }

    #[test]
    fn the_vectors_of_the_handbook() {
        for (track, year, month, statutory) in [
            (Track::Men60, 1965, 1, "2025-02"),
            (Track::Men60, 1965, 12, "2026-03"),
            (Track::Women55, 1971, 4, "2026-08"),
            (Track::Women50, 1995, 12, "2050-12"),
            (Track::Women55, 2000, 12, "2058-12"),
            (Track::Men60, 2000, 12, "2063-12"),
            (Track::Men60, 1963, 12, "2023-12"),
            (Track::Men60, 1964, 12, "2024-12"),
        ] {
            assert_eq!(of(track, year, month).statutory.to_string(), statutory, "{track:?} {year}-{month}");
        }
    }

    #[test]
    fn before_the_reform_there_is_no_choice() {
        let december = of(Track::Men60, 1962, 12);
        assert_eq!(december.choice, None);
        assert_eq!((december.answer(2022), december.answer(2023)), (Answer::NotReached, Answer::Passed));
        assert!(december.is_before(2023));
        assert!(!of(Track::Men60, 1963, 1).is_before(2023));
    }

    #[test]
    fn the_years_of_choice_begin_at_the_original_age_at_the_earliest() {
        // Born 1965-01: original 2025-01, statutory 2025-02.
        let early = of(Track::Men60, 1965, 1);
        assert_eq!(early.choice, Some((Month::new(2025, 1), Month::new(2028, 2))));
        let answers = [2025, 2026, 2028, 2029].map(|year| early.answer(year));
        assert_eq!(answers, [Answer::NotReached, Answer::Choice, Answer::Choice, Answer::Passed]);
        // Born 1995-12, 工人: original 2045-12, statutory 2050-12, so three years before it.
        assert_eq!(of(Track::Women50, 1995, 12).choice, Some((Month::new(2047, 12), Month::new(2053, 12))));
    }

    #[test]
    fn a_woman_of_unknown_staff_has_two_dates() {
        assert_eq!(Track::of(Sex::Female, None), [Track::Women50, Track::Women55]);
        assert_eq!(Track::of(Sex::Female, Some(Staff::Cadre)), [Track::Women55]);
        assert_eq!(Track::of(Sex::Male, Some(Staff::Worker)), [Track::Men60]);
    }

    proptest! {
        #[test]
        fn who_is_born_later_retires_no_earlier(months in 0_i32..1200) {
            for track in [Track::Men60, Track::Women55, Track::Women50] {
                let birth = |count: i32| {
                    let month = Month::new(1900, 1).plus(count);
                    of(track, month.year(), month.month())
                };
                let (elder, younger) = (birth(months), birth(months + 1));
                prop_assert!(elder.statutory <= younger.statutory);
                let (_, cap) = track.step_and_cap();
                prop_assert!((0..=cap).contains(&(younger.statutory.count - younger.original.count)));
            }
        }
    }
}
