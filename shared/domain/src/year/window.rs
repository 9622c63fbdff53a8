//! Windows are levels: whether one is open at an instant follows from its two instants, and from nothing that ran or did
//! not run.
//!
//! Intervals are half-open. The last day counts whole, so a window "to 12-25" closes at 12-26 00:00 in Shanghai: what is
//! received in the last nanosecond of 12-25 is in time, what is received at midnight is late.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{calendar, named::named, organization::Level};

named! {
    /// What a window is for, in the order in which a year goes through them. The wire name is the key in the year file.
    WindowKind {
        /// Bureaus set how the part that the federation does not pay is split.
        PremiumSetting "premium-setting" "参保金额比例设置",
        /// Units confirm, choose a plan and submit.
        Submission "submission" "集中参保提交",
        /// Secondary unions and bureaus review.
        Review "review" "集中参保审核",
        /// Units pay their share to the bureau.
        UnitPayment "unit-payment" "基层单位缴费",
        /// The second period of the review, for the bureau alone.
        ReviewBureau "review-bureau" "区局(产业)工会补审",
        /// Bureaus submit their list to the centre.
        FinalSubmission "final-submission" "提交职保中心",
        /// Bureaus pay and upload the voucher.
        BureauPayment "bureau-payment" "区局(产业)工会缴费",
        /// Cover runs; instant enrolment is possible.
        Cover "cover" "保障期",
    }
}

impl WindowKind {
    /// The windows within which a union of this level may review: the bureau also in its second period.
    #[must_use]
    pub fn reviewing(level: Level) -> &'static [Self] {
        match level {
            Level::Bureau => &[Self::Review, Self::ReviewBureau],
            Level::Secondary => &[Self::Review],
            Level::Municipal | Level::Grassroots | Level::Centre => &[],
        }
    }
}

named! {
    /// How a window stands at an instant.
    WindowState {
        /// Not yet open.
        Upcoming "upcoming" "未开始",
        /// What is received now counts.
        Open "open" "进行中",
        /// What is received now is late.
        Closed "closed" "已截止",
    }
}

/// The first and last day of a window, as the year file has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Days {
    /// The first day.
    pub first: NaiveDate,
    /// The last day, which counts whole.
    pub last: NaiveDate,
}

/// When a window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The first instant of it.
    pub opens_at: DateTime<Utc>,
    /// The first instant after it.
    pub closes_at: DateTime<Utc>,
}

/// Why an extension is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionError {
    /// A deadline is moved out, never in: what somebody relied on stays.
    #[error("an extension makes a window longer; it closes at {} already", closes_at.with_timezone(&calendar::ZONE).to_rfc3339())]
    Shorter {
        /// When the window closes as it stands.
        closes_at: DateTime<Utc>,
    },
    /// A deadline that has passed already would come back for a moment that has passed as well.
    #[error("{} has passed: name an instant that is to come", until.with_timezone(&calendar::ZONE).to_rfc3339())]
    Passed {
        /// The instant that was asked for.
        until: DateTime<Utc>,
    },
}

impl Window {
    /// The window of some days; `None` past the end of the calendar.
    #[must_use]
    pub fn of(days: Days) -> Option<Self> {
        let (opens_at, closes_at) = (calendar::starts_at(days.first)?, calendar::starts_at(days.last.succ_opt()?)?);
        Some(Self { opens_at, closes_at })
    }

    /// How it stands for what is received at `at`.
    #[must_use]
    pub fn state(&self, at: DateTime<Utc>) -> WindowState {
        if at < self.opens_at {
            WindowState::Upcoming
        } else if at < self.closes_at {
            WindowState::Open
        } else {
            WindowState::Closed
        }
    }

    /// Whether what is received at `at` counts.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.state(at) == WindowState::Open
    }

    /// The window as it holds for one organization: extensions for all and for it alone, of which the latest wins. One
    /// that would close it earlier than the year file says has no effect.
    #[must_use]
    pub fn extended(self, until: impl IntoIterator<Item = DateTime<Utc>>) -> Self {
        let closes_at = until.into_iter().fold(self.closes_at, DateTime::max);
        Self { closes_at, ..self }
    }

    /// Whether the window, as it stands, may be extended to `until` at the instant `at`. A window that has closed may be
    /// opened again like this; what was late in between stays late, because it was judged when it was received.
    pub fn may_extend(&self, until: DateTime<Utc>, at: DateTime<Utc>) -> Result<(), ExtensionError> {
        if until <= self.closes_at {
            return Err(ExtensionError::Shorter { closes_at: self.closes_at });
        }
        if until <= at {
            return Err(ExtensionError::Passed { until });
        }
        Ok(())
    }

    /// The last day that counts, as clerks write it: "to 12-25".
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        calendar::day_of(self.closes_at - TimeDelta::nanoseconds(1))
    }

    /// Whether a payment of this value date is in time: up to the window's last day, and the earlier the better (decision 31).
    #[must_use]
    pub fn takes_payment_of(&self, day: NaiveDate) -> bool {
        day <= self.last_day()
    }
}

/// Whether a reviewer of this level may review at `at`, given the windows of its organization.
#[must_use]
pub fn may_review(level: Level, at: DateTime<Utc>, window: impl Fn(WindowKind) -> Option<Window>) -> bool {
    WindowKind::reviewing(level).iter().any(|kind| window(*kind).is_some_and(|window| window.is_open(at)))
}

/// Whether a unit could still submit again after a return at `at`. Where it could not, the return is refused unless it is
/// insisted on, for the submission then fails (decision 30).
#[must_use]
pub fn return_leaves_time(submission: Window, at: DateTime<Utc>) -> bool {
    at < submission.closes_at
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use proptest::prelude::*;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn at(written: &str) -> DateTime<Utc> {
        written.parse().unwrap()
    }

    fn submission() -> Window {
        Window::of(Days { first: day(2022, 11, 1), last: day(2022, 12, 25) }).unwrap()
    }

    #[test]
    fn closing_is_inclusive_to_the_last_instant_of_the_last_day() {
        for (instant, state) in [
            ("2022-10-31T23:59:59.999999999+08:00", WindowState::Upcoming),
            ("2022-11-01T00:00:00+08:00", WindowState::Open),
            ("2022-12-25T23:59:59+08:00", WindowState::Open),
            ("2022-12-25T23:59:59.999999999+08:00", WindowState::Open),
            ("2022-12-26T00:00:00+08:00", WindowState::Closed),
            ("2022-12-26T00:00:01+08:00", WindowState::Closed),
            // Midnight is Shanghai's, not Greenwich's.
            ("2022-12-25T16:00:00Z", WindowState::Closed),
        ] {
            assert_eq!(submission().state(at(instant)), state, "{instant}");
        }
        assert_eq!(submission().last_day(), day(2022, 12, 25));
    }

    #[test]
    fn the_latest_extension_wins_and_none_shortens() {
        let (all, one) = (at("2022-12-28T00:00:00+08:00"), at("2022-12-27T12:00:00+08:00"));
        assert_eq!(submission().extended([]), submission());
        assert_eq!(submission().extended([all, one]).closes_at, all);
        assert_eq!(submission().extended([one]).closes_at, one);
        assert_eq!(submission().extended([at("2022-12-01T00:00:00+08:00")]), submission());
        assert_eq!(submission().extended([one]).last_day(), day(2022, 12, 27));
    }

    #[test]
    fn an_extension_is_longer_and_still_to_come() {
        let closes_at = submission().closes_at;
        let before = at("2022-12-20T00:00:00+08:00");
        assert_eq!(submission().may_extend(closes_at, before), Err(ExtensionError::Shorter { closes_at }));
        let shorter = ExtensionError::Shorter { closes_at }.to_string();
        assert_eq!(shorter, "an extension makes a window longer; it closes at 2022-12-26T00:00:00+08:00 already");
        assert_eq!(submission().may_extend(closes_at + TimeDelta::nanoseconds(1), before), Ok(()));
        let until = at("2022-12-27T00:00:00+08:00");
        assert_eq!(submission().may_extend(until, until), Err(ExtensionError::Passed { until }));
        assert_eq!(submission().may_extend(until, closes_at), Ok(()));
    }

    #[test]
    fn value_dates_count_by_day() {
        for (value_date, in_time) in
            [(day(2022, 10, 31), true), (day(2022, 11, 1), true), (day(2022, 12, 25), true), (day(2022, 12, 26), false)]
        {
            assert_eq!(submission().takes_payment_of(value_date), in_time, "{value_date}");
        }
    }

    #[test]
    fn the_second_period_of_the_review_is_the_bureaus_alone() {
        let window = |kind| {
            let (first, last) = match kind {
                WindowKind::Review => (day(2022, 11, 1), day(2022, 12, 25)),
                WindowKind::ReviewBureau => (day(2022, 12, 26), day(2022, 12, 31)),
                _ => return None,
            };
            Window::of(Days { first, last })
        };
        let (autumn, late, after) =
            ("2022-12-25T23:59:59+08:00", "2022-12-26T00:00:00+08:00", "2023-01-01T00:00:00+08:00");
        let may = |level| [autumn, late, after].map(|instant| may_review(level, at(instant), window));
        assert_eq!(may(Level::Bureau), [true, true, false]);
        assert_eq!(may(Level::Secondary), [true, false, false]);
        assert_eq!(may(Level::Grassroots), [false; 3]);
        assert!(return_leaves_time(submission(), at(autumn)) && !return_leaves_time(submission(), at(late)));
    }

    proptest! {
        #[test]
        fn a_window_holds_its_days_and_nothing_else(start in 700_000..760_000_i32, length in 0..400_i32, off in -3..404_i32) {
            let first = NaiveDate::from_num_days_from_ce_opt(start).unwrap();
            let last = NaiveDate::from_num_days_from_ce_opt(start + length).unwrap();
            let window = Window::of(Days { first, last }).unwrap();
            let probe = NaiveDate::from_num_days_from_ce_opt(start + off).unwrap();
            let noon = calendar::at(probe, chrono::NaiveTime::from_hms_opt(12, 0, 0).unwrap()).unwrap();
            prop_assert_eq!(window.is_open(noon), (first..=last).contains(&probe));
            prop_assert_eq!(window.state(noon) != WindowState::Closed, window.takes_payment_of(probe));
            prop_assert_eq!(window.last_day().num_days_from_ce(), start + length);
        }
    }
}
